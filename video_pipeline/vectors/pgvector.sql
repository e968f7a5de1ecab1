-- upsert: Takes a passage in; one that this space has already gets the new values.
insert into embeddings (space, chunk_id, video_id, position, start_seconds, end_seconds, speakers, day, language,
                        embedding)
values (%(space)s, %(chunk_id)s, %(video_id)s, %(position)s, %(start)s, %(end)s, %(speakers)s, %(day)s,
        %(language)s, %(vector)s::vector)
on conflict (space, chunk_id) do update
set video_id = excluded.video_id, position = excluded.position, start_seconds = excluded.start_seconds,
    end_seconds = excluded.end_seconds, speakers = excluded.speakers, day = excluded.day,
    language = excluded.language, embedding = excluded.embedding

-- nearest: The passages closest in meaning, best first; an empty or missing filter lets everything through.
select chunk_id, video_id, 1 - (embedding <=> %(vector)s::vector) as score
from embeddings
where space = %(space)s
  and (cardinality(%(video_ids)s::uuid[]) = 0 or video_id = any(%(video_ids)s::uuid[]))
  and (cardinality(%(speakers)s::text[]) = 0 or speakers && %(speakers)s::text[])
  and (%(first_day)s::date is null or day >= %(first_day)s::date)
  and (%(last_day)s::date is null or day <= %(last_day)s::date)
  and (%(language)s::text is null or language = %(language)s::text)
order by embedding <=> %(vector)s::vector, chunk_id
limit %(limit)s

-- delete_video: Every vector of a video, in whichever space.
delete from embeddings where video_id = %(video_id)s

-- clear_video: A video's vectors in one space.
delete from embeddings where space = %(space)s and video_id = %(video_id)s

-- drop: All of one space.
delete from embeddings where space = %(space)s

-- count: How many vectors a space has.
select count(*) as count from embeddings where space = %(space)s

-- page: Vectors in order of their passages' ids, with everything that is known of them.
select chunk_id, video_id, position, start_seconds, end_seconds, speakers, day, language, embedding::real[] as vector
from embeddings where space = %(space)s and (%(after)s::uuid is null or chunk_id > %(after)s)
order by chunk_id limit %(limit)s

-- sample: Some vectors, the same ones each time.
select chunk_id, video_id, position, start_seconds, end_seconds, speakers, day, language, embedding::real[] as vector
from embeddings where space = %(space)s order by md5(chunk_id::text) limit %(limit)s

-- size: About how many vectors there are, in all spaces.
select reltuples::bigint as size from pg_class where oid = 'embeddings'::regclass

-- reach: How far the next statement looks around in the graph of neighbours, and that it goes on where a space is thin.
select set_config('hnsw.ef_search', %(reach)s::text, true), set_config('hnsw.iterative_scan', 'relaxed_order', true)

-- near_narrow: Like `nearest`, without a filter and by the graph: nearly all of them, found without reading every vector.
select chunk_id, video_id, 1 - (embedding::vector(384) <=> %(vector)s::vector(384)) as score
from embeddings
where space = %(space)s and vector_dims(embedding) = 384
order by embedding::vector(384) <=> %(vector)s::vector(384)
limit %(limit)s

-- near_wide: The same for wider vectors.
select chunk_id, video_id, 1 - (embedding::vector(1536) <=> %(vector)s::vector(1536)) as score
from embeddings
where space = %(space)s and vector_dims(embedding) = 1536
order by embedding::vector(1536) <=> %(vector)s::vector(1536)
limit %(limit)s
