-- An index is all passages and vectors that were made in one way. One serves; another may be in the making.

create table indexes (
    id           uuid primary key default gen_random_uuid(),
    space        text not null unique, -- the name under which the vector store keeps its vectors apart
    spec         jsonb not null,
    state        text not null check (state in ('building', 'serving', 'retired', 'dropped')),
    requested_by text not null,
    created_at   timestamptz not null default now(),
    serving_at   timestamptz,
    retired_at   timestamptz,
    dropped_at   timestamptz
);
create unique index indexes_serving on indexes ((true)) where state = 'serving';
create unique index indexes_building on indexes ((true)) where state = 'building';

-- What came of each video in an index that was built anew; kept as a record.
create table index_videos (
    index_id   uuid not null references indexes,
    video_id   uuid not null references videos,
    passages   integer,
    failure    jsonb,
    tries      integer not null default 1,
    updated_at timestamptz not null default now(),
    primary key (index_id, video_id),
    check ((passages is null) <> (failure is null))
);

-- What is here already was made in the one way that there was.
insert into indexes (space, spec, state, requested_by, serving_at)
select model,
       jsonb_build_object(
           'provider', case when model = 'all-MiniLM-L6-v2' then 'minilm' else 'openai' end,
           'model', split_part(model, '@', 1), 'dimensions', vector_dims(embedding), 'store', 'pgvector',
           'collection', 'embeddings', 'chunk_tokens', 240, 'chunk_minimum_tokens', 40),
       'serving', 'migration', now()
from embeddings group by model, vector_dims(embedding) order by count(*) desc limit 1;
insert into indexes (space, spec, state, requested_by, serving_at)
select 'text-embedding-3-small@1536',
       '{"provider": "openai", "model": "text-embedding-3-small", "dimensions": 1536, "store": "pinecone",
         "collection": "video-pipeline", "chunk_tokens": 240, "chunk_minimum_tokens": 40}',
       'serving', 'migration', now()
where exists (select 1 from chunks) and not exists (select 1 from indexes);

alter table chunks add column index_id uuid references indexes;
update chunks set index_id = (select id from indexes);
alter table chunks alter column index_id set not null;
alter table chunks drop constraint chunks_video_id_position_key;
alter table chunks add unique (index_id, video_id, position);
create index chunks_by_video on chunks (video_id);

alter table embeddings rename column model to space;
