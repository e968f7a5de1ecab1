-- Where which words are said, kept beside the passages: what ranking by words (BM25) needs.
--
-- The full text index that was here could only find; ranking with it had to read every passage that holds any word.

-- Which rules of PostgreSQL for stems and stop words fit which language.
create table text_languages (
    tag        text primary key,
    config     regconfig not null,
    dictionary regdictionary not null
);
insert into text_languages (tag, config, dictionary)
select tag, cfgname::text::regconfig, (cfgname || '_stem')::regdictionary
from pg_ts_config
join (values
    ('ar', 'arabic'), ('ca', 'catalan'), ('da', 'danish'), ('de', 'german'), ('el', 'greek'), ('en', 'english'),
    ('es', 'spanish'), ('eu', 'basque'), ('fi', 'finnish'), ('fr', 'french'), ('ga', 'irish'), ('hi', 'hindi'),
    ('hu', 'hungarian'), ('hy', 'armenian'), ('id', 'indonesian'), ('it', 'italian'), ('lt', 'lithuanian'),
    ('ne', 'nepali'), ('nb', 'norwegian'), ('nl', 'dutch'), ('nn', 'norwegian'), ('no', 'norwegian'),
    ('pt', 'portuguese'), ('ro', 'romanian'), ('ru', 'russian'), ('sr', 'serbian'), ('sv', 'swedish'),
    ('ta', 'tamil'), ('tr', 'turkish'), ('yi', 'yiddish')
) as known (tag, cfgname) using (cfgname);

-- The rules for a language. Where none is named, those by which at least a quarter of the sample's words are stop
-- words, the most first (in speech it is every second word); else "simple", which takes words as they are.
create function text_config(language text, sample text) returns regconfig language sql stable as $$
    select coalesce(
        case when language is null then (
            select config
            from text_languages
            cross join lateral (
                select count(*) as words, count(*) filter (where ts_lexize(dictionary, word) = '{}') as stopped
                from regexp_split_to_table(lower(left(sample, 4000)), '[^[:alpha:]'']+') as word
                where word <> ''
            ) as told
            where stopped >= 20 and stopped * 4 >= words
            order by stopped desc, tag limit 1)
        else (
            select config from text_languages where tag = lower(split_part(replace(language, '_', '-'), '-', 1))
        ) end,
        'simple'::regconfig)
$$;

-- The passages of one video in one index, as far as words go. `tokens`: the length of each, in order of position.
create table lexicon (
    id       integer primary key generated always as identity,
    index_id uuid not null references indexes,
    video_id uuid not null references videos,
    config   regconfig not null,
    passages integer not null,
    tokens   bigint not null,
    speakers text[] not null,
    unique (index_id, video_id)
);

-- Where a word is said in a video: each place is 256 * position of the passage + how often (at most 255). A row is of 256
-- passages, so that it fits the key, and a word's places are read one after the other without the table.
create table postings (
    term     text not null,
    book     integer not null references lexicon on delete cascade,
    block    integer not null,
    passages integer not null,
    places   integer[] not null,
    primary key (term, book, block) include (passages, places)
);
create index postings_by_book on postings (book);

insert into lexicon (index_id, video_id, config, passages, tokens, speakers)
select index_id, video_id, text_config(videos.language, string_agg(text, ' ' order by position)), count(*), sum(tokens),
       coalesce((
           select array_agg(distinct speaker)
           from chunks as same, unnest(same.speakers) as speaker
           where (same.index_id, same.video_id) = (chunks.index_id, chunks.video_id)), '{}')
from chunks
join videos on videos.id = video_id
group by index_id, video_id, videos.language;

insert into postings (term, book, block, passages, places)
select lexeme, lexicon.id, position / 256, count(*),
       array_agg(256 * position + least(cardinality(positions), 255) order by position)
from chunks
join lexicon using (index_id, video_id)
cross join lateral unnest(to_tsvector(config, array_to_string(chunks.speakers, ' ') || ' ' || text))
where lexeme <> '' and octet_length(lexeme) <= 200
group by lexeme, lexicon.id, position / 256;

-- What may be searched: videos that are ready and not erased, as the serving index has them.
create view searchable as
select lexicon.id as book, video_id, config, passages, speakers, videos.created_at,
       lower(split_part(replace(videos.language, '_', '-'), '-', 1)) as language
from lexicon
join indexes on indexes.id = index_id and indexes.state = 'serving'
join videos on videos.id = video_id and erased_at is null and indexed_at is not null;

drop index chunks_words;
alter table chunks drop column words;

-- So that a question may be asked of videos in one language.
alter table embeddings add column language text;
update embeddings set language = lower(split_part(replace(videos.language, '_', '-'), '-', 1))
from videos where videos.id = video_id and videos.language is not null;

-- Nearest vectors of a large archive without reading all of them, for the widths that our models have. A query uses an
-- index only if it repeats these expressions.
create index embeddings_near_384 on embeddings
    using hnsw ((embedding::vector(384)) vector_cosine_ops) where vector_dims(embedding) = 384;
create index embeddings_near_1536 on embeddings
    using hnsw ((embedding::vector(1536)) vector_cosine_ops) where vector_dims(embedding) = 1536;
