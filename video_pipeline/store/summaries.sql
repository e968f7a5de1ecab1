-- hold_video: Nobody erases it until the transaction ends.
select id from videos where id = %(video_id)s and erased_at is null for share

-- save: The newest one is kept.
insert into summaries (video_id, document, engine, transcript, request, created_at)
values (%(video_id)s, %(document)s, %(engine)s, %(transcript)s, %(request)s, %(created_at)s)
on conflict (video_id) do update
set document = excluded.document, engine = excluded.engine, transcript = excluded.transcript,
    request = excluded.request, created_at = excluded.created_at

-- summary: Of a video that is not erased.
select document, transcript, request, summaries.created_at
from summaries join videos on videos.id = video_id
where video_id = %(id)s and erased_at is null

-- transcribed: Whether there is something to summarise.
select 1 from transcripts join videos on videos.id = video_id where video_id = %(id)s and erased_at is null
