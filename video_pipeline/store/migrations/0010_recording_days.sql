-- The day on which a film was recorded, where anyone has said so; searches by date go by it, else by the day it came.
alter table videos add column recorded_on date;

create or replace view searchable as
select lexicon.id as book, video_id, config, passages, speakers, videos.created_at,
       lower(split_part(replace(videos.language, '_', '-'), '-', 1)) as language,
       coalesce(videos.recorded_on, (videos.created_at at time zone 'utc')::date) as day
from lexicon
join indexes on indexes.id = index_id and indexes.state = 'serving'
join videos on videos.id = video_id and erased_at is null and indexed_at is not null;
