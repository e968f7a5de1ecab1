-- forget: The words of one video in one index.
delete from lexicon where index_id = %(index_id)s and video_id = %(video_id)s

-- open: One video's passages, as far as words go.
insert into lexicon (index_id, video_id, config, passages, tokens, speakers)
select %(index_id)s, id, text_config(language, %(sample)s), %(passages)s, %(tokens)s, %(speakers)s
from videos where id = %(video_id)s
returning id

-- write: Which words are said where.
insert into postings (term, book, block, passages, places)
select lexeme, lexicon.id, position / 256, count(*),
       array_agg(256 * position + least(cardinality(positions), 255) order by position)
from lexicon
cross join unnest(%(positions)s::integer[], %(texts)s::text[]) as passage (position, said)
cross join lateral unnest(to_tsvector(config, said))
where lexicon.id = %(id)s and lexeme <> '' and octet_length(lexeme) <= 200
group by lexeme, lexicon.id, position / 256

-- terms: The words of a question by the rules of each language there is, and how many passages hold them.
with books as materialized (select book, config, passages from searchable),
asked as (
    select config, passages, lexeme as term,
           lexeme = any(tsvector_to_array(to_tsvector(config, %(topic)s))) as topical
    from (select config, sum(passages) as passages from books group by config) as languages
    cross join lateral unnest(to_tsvector(config, %(words)s))
)
-- Word by word: one join of all would be planned for a thousand times as many rows as there are.
select config::text as config, term, topical, passages,
       coalesce((select sum(postings.passages) from postings join books using (book)
                 where postings.term = asked.term and books.config = asked.config), 0) as holding
from asked
order by config::text, term

-- by_words: Videos by the best passage that each has for these words, best first.
with asked as (
    select config::regconfig, term, weight
    from unnest(%(configs)s::text[], %(terms)s::text[], %(weights)s::float[]) as asked (config, term, weight)
),
scored as (
    select video_id, place >> 8 as position, sum(weight * (place & 255) / ((place & 255) + %(k1)s::float)) as score
    from asked
    join postings using (term)
    join searchable using (book, config)
    cross join lateral unnest(places) as place
    where (cardinality(%(video_ids)s::uuid[]) = 0 or video_id = any(%(video_ids)s::uuid[]))
      and (cardinality(%(speakers)s::text[]) = 0 or speakers && %(speakers)s::text[])
      and (%(date_from)s::date is null or day >= %(date_from)s::date)
      and (%(date_to)s::date is null or day <= %(date_to)s::date)
      and (%(language)s::text is null or language = %(language)s::text)
    group by video_id, place >> 8
)
select video_id from scored group by video_id order by max(score) desc, video_id limit %(limit)s

-- sizes: The videos that may be searched and how many passages each has.
select video_id, passages
from searchable
where (cardinality(%(video_ids)s::uuid[]) = 0 or video_id = any(%(video_ids)s::uuid[]))
  and (cardinality(%(speakers)s::text[]) = 0 or speakers && %(speakers)s::text[])
  and (%(date_from)s::date is null or day >= %(date_from)s::date)
  and (%(date_to)s::date is null or day <= %(date_to)s::date)
  and (%(language)s::text is null or language = %(language)s::text)
order by video_id limit %(limit)s

-- outlines: The passages of some videos without their text, in order.
select chunks.id, chunks.video_id, config::text as config, position, chunks.tokens, chunks.speakers
from chunks
join lexicon using (index_id, video_id)
join indexes on indexes.id = index_id and indexes.state = 'serving'
where video_id = any(%(video_ids)s::uuid[])
order by video_id, position

-- places: Where in some videos these words are said.
select video_id, term, places
from searchable
join postings using (book)
where term = any(%(terms)s::text[]) and video_id = any(%(video_ids)s::uuid[])
