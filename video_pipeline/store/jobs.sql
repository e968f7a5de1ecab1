-- submit: Adds the jobs that are not known yet; sorted, so that two batches with the same jobs can't deadlock.
insert into jobs (id, stage, source, options, media_bucket, media_key, ready, announced_at, announced)
select id,
       case when not ready then 'receive' when source ->> 'kind' = 'project' then 'render' else 'fetch' end, source, options, source -> 'media' ->> 'bucket',
       source -> 'media' ->> 'key', ready, case when ready then now() end, ready::int
from jsonb_to_recordset(%(jobs)s::jsonb) as new (id uuid, source jsonb, options jsonb, ready boolean)
order by id
on conflict (id) do nothing
returning *

-- import: A job whose transcript came with it; held by the process that writes it, until this transaction's end.
insert into jobs (id, status, stage, source, options, media_bucket, media_key, ready, attempt, lease_owner,
                  lease_until, started_at)
values (%(id)s, 'processing', 'transcribe', %(source)s, %(options)s, %(bucket)s, %(key)s, true, 1, %(worker)s,
        now() + interval '1 minute', now())

-- by_ids: Jobs by id.
select * from jobs where id = any(%(ids)s)

-- by_upload: The newest job of an upload that was granted for this place.
select * from jobs
where media_bucket = %(bucket)s and media_key = %(key)s and source ->> 'kind' = 'upload'
order by created_at desc limit 1

-- timeline: Every attempt at every stage, in the order they were begun.
select * from stage_attempts where job_id = %(id)s order by started_at, stage, attempt

-- uploaded: The bytes of a granted upload are there; also after the grant was given up.
update jobs
set source = jsonb_set(source, '{media}', %(media)s) || jsonb_build_object('size', %(size)s::bigint),
    ready = true, status = 'queued', stage = 'fetch', attempt = 0, not_before = null, failure = null,
    finished_at = null,
    announced_at = now(), announced = 1, updated_at = now()
where id = %(id)s and not ready and status in ('queued', 'failed')
  and failure ->> 'code' is distinct from 'cancelled'
returning id

-- lock: Holds a job's row until the transaction ends. Seconds by the database's clock, not a worker's.
select *, extract(epoch from lease_until - now())::float8 as lease_left,
       extract(epoch from not_before - now())::float8 as pause_left
from jobs where id = %(id)s for update

-- add_segment: A raw segment is here; a repeated one changes nothing.
insert into segments (job_id, index) values (%(id)s, %(index)s) on conflict do nothing

-- wants_segment: Whether the upload still waits for this segment.
select not ready and status in ('queued', 'failed') and failure ->> 'code' is distinct from 'cancelled'
       and not exists (select 1 from segments where job_id = jobs.id and index = %(index)s) as wanted
from jobs where id = %(id)s

-- count_segment: One more segment; the last one makes the job ready, also after the upload was given up.
update jobs
set received = received + 1,
    ready = received + 1 = %(count)s,
    stage = case when received + 1 = %(count)s then 'fetch' else 'receive' end,
    status = 'queued', attempt = 0, not_before = null, failure = null, finished_at = null,
    progress = greatest(progress, %(progress)s),
    announced_at = case when received + 1 = %(count)s then now() end,
    announced = (received + 1 = %(count)s)::int,
    updated_at = now()
where id = %(id)s and not ready
returning received, ready

-- drop_segments: None of them count any more.
delete from segments where job_id = %(id)s

-- reset_segments: The upload starts over.
update jobs set received = 0, ready = false where id = %(id)s

-- one_claim_at_a_time: Claims are counted one after another, or two workers could both take the last place.
select pg_advisory_xact_lock(7146203502)

-- leased: How many other jobs are being worked on.
select count(*) as active from jobs where lease_until > now() and id <> %(id)s

-- claim: The job is this worker's. A redriven failed job starts counting its attempts anew.
update jobs
set status = 'processing', attempt = case when status = 'failed' then 1 else attempt + 1 end,
    lease_owner = %(worker)s, lease_until = now() + make_interval(secs => %(lease)s),
    not_before = null, waiting_for = null, failure = null, finished_at = null,
    started_at = coalesce(started_at, now()), updated_at = now()
where id = %(id)s
returning *

-- beat: Extends a lease that is still held.
update jobs set lease_until = now() + make_interval(secs => %(lease)s)
where id = %(id)s and lease_owner = %(worker)s and status = 'processing'
returning id

-- abandon_stages: What was open when a worker vanished stays on record as abandoned.
update stage_attempts set status = 'abandoned', finished_at = clock_timestamp()
where job_id = %(id)s and status = 'running'

-- open_stage: A new line of the timeline.
insert into stage_attempts (job_id, stage, attempt, worker)
select %(id)s, %(stage)s, coalesce(max(attempt), 0) + 1, %(worker)s
from stage_attempts where job_id = %(id)s and stage = %(stage)s

-- close_stage: Ends the open line of a stage; null for every stage.
update stage_attempts
set status = %(status)s, finished_at = clock_timestamp(), failure = %(failure)s, detail = detail || %(detail)s
where job_id = %(id)s and status = 'running' and (%(stage)s::text is null or stage = %(stage)s)
  and (%(worker)s::text is null or worker = %(worker)s)

-- move_stage: A leased job goes on to the next stage.
update jobs set stage = %(stage)s, progress = greatest(progress, %(progress)s), updated_at = now()
where id = %(id)s and lease_owner = %(worker)s and status = 'processing'
returning id

-- enter_stage: Whether a job without a lease is in this stage now.
update jobs set not_before = null
where id = %(id)s and status = 'processing' and stage = %(stage)s and lease_owner is null
returning *

-- report: The progress bar only goes forward.
update jobs set progress = %(progress)s, updated_at = now()
where id = %(id)s and status = 'processing' and stage = %(stage)s and progress < %(progress)s

-- add_video: The first time that this content is seen.
insert into videos (id, sha256, title, filename, media, job_id, language, recorded_on, metadata)
values (%(id)s, %(sha256)s, %(title)s, %(filename)s, %(media)s, %(job_id)s, %(language)s, %(recorded_on)s, %(metadata)s)
on conflict (id) do nothing
returning *

-- maker: The job that makes a video.
select job_id from videos where id = %(id)s

-- lock_video: Holds a video's row until the transaction ends.
select * from videos where id = %(id)s for update

-- take_video: Another job makes this video now: the one before failed, or it had been erased.
update videos
set title = %(title)s, filename = %(filename)s, media = %(media)s, job_id = %(job_id)s, language = %(language)s,
    recorded_on = %(recorded_on)s, metadata = %(metadata)s, info = null, poster = null, thumbnails = '[]', indexed_at = null, erased_at = null
where id = %(id)s
returning *

-- erasing: Whether an erasure of this video has begun and not ended.
select 1 from erasures where video_id = %(id)s and completed_at is null

-- bind_video: The job is about this video.
update jobs set video_id = %(video_id)s, updated_at = now() where id = %(id)s

-- describe: Adds what was found out about a video.
update videos
set info = coalesce(%(info)s, info), poster = coalesce(%(poster)s, poster),
    thumbnails = coalesce(%(thumbnails)s, thumbnails), language = coalesce(%(language)s, language),
    recorded_on = coalesce(recorded_on, %(recorded_on)s)
where id = %(id)s and erased_at is null

-- note: A sentence for people, once.
update jobs set notes = array_append(notes, %(text)s), updated_at = now()
where id = %(id)s and not %(text)s = any(notes)

-- wait: Gives the lease back; whoever the token names reports.
update jobs
set lease_owner = null, lease_until = null, waiting_for = %(token)s, announced_at = now(), announced = 1,
    updated_at = now()
where id = %(id)s and lease_owner = %(worker)s and status = 'processing'
returning id

-- transcribed: From the worker's stages to the functions'; only once.
update jobs
set stage = 'chunk', progress = greatest(progress, %(progress)s), lease_owner = null, lease_until = null,
    waiting_for = null, announced_at = now(), announced = 1, updated_at = now()
where id = %(id)s and status = 'processing' and stage not in ('chunk', 'embed', 'summarise')
  and lease_owner is not distinct from %(worker)s
returning video_id

-- save_transcript: The newest transcript of a video.
insert into transcripts (video_id, record) values (%(video_id)s, %(record)s)
on conflict (video_id) do update set record = excluded.record, created_at = now()

-- chunked: From cutting to embedding; only once.
update jobs
set stage = 'embed', progress = greatest(progress, %(progress)s), announced_at = now(), announced = 1,
    updated_at = now()
where id = %(id)s and status = 'processing' and stage = 'chunk'
returning video_id

-- embedded: From embedding to summarising; only once.
update jobs
set stage = 'summarise', progress = greatest(progress, %(progress)s), announced_at = now(), announced = 1,
    updated_at = now()
where id = %(id)s and status = 'processing' and stage = 'embed'
returning id, video_id

-- hold_serving: Whether this index serves; it does until the transaction ends.
select 1 from indexes where id = %(index_id)s and state = 'serving' for share

-- drop_chunks: A video's passages of before.
delete from chunks where video_id = %(video_id)s and index_id = %(index_id)s

-- stale: An index in the making has an older transcript of this video.
delete from index_videos
where video_id = %(video_id)s and index_id in (select id from indexes where state = 'building')

-- add_chunk: One passage.
insert into chunks (id, index_id, video_id, position, text, start_seconds, end_seconds, tokens, speakers, timings, quality)
values (%(id)s, %(index_id)s, %(video_id)s, %(position)s, %(text)s, %(start)s, %(end)s, %(tokens)s, %(speakers)s, %(timings)s,
        %(quality)s)

-- complete: The end. A job that was finished stays as it was.
update jobs
set status = 'completed', progress = 1, lease_owner = null, lease_until = null, waiting_for = null, failure = null,
    finished_at = now(), updated_at = now()
where id = %(id)s and status = 'processing'
  -- Without a worker only once its passages are embedded; the summary may be missing.
  and (lease_owner = %(worker)s or %(worker)s::text is null and stage in ('embed', 'summarise'))
returning *

-- indexed: The video can be asked about, from the first time that it is said.
update videos set indexed_at = coalesce(indexed_at, now()) where id = %(video_id)s and job_id = %(id)s

-- complete_waiting: Jobs of the same film are done with it.
update jobs
set status = 'completed', progress = 1, waiting_for = null, finished_at = now(), updated_at = now(),
    notes = array_append(notes, %(note)s)
where waiting_for like 'job:%%' and video_id = %(video_id)s and status = 'processing'

-- fail: The end, with its reason.
update jobs
set status = 'failed', failure = %(failure)s, lease_owner = null, lease_until = null, waiting_for = null,
    finished_at = now(), updated_at = now()
where id = %(id)s and status in ('queued', 'processing') and (%(worker)s::text is null or lease_owner = %(worker)s)
  -- As it was when somebody decided that it is lost: no other attempt, no other stage, nobody at work.
  and (%(attempt)s::int is null
       or (attempt, stage) = (%(attempt)s, %(stage)s) and coalesce(lease_until < now(), true))
returning id, video_id

-- succeed_waiting: The oldest job that waited for this one takes its place.
update jobs
set status = 'queued', stage = 'fetch', attempt = 0, waiting_for = null, announced_at = now(), announced = 1,
    updated_at = now()
where id = (
    select id from jobs
    where waiting_for like 'job:%%' and video_id = %(video_id)s and status = 'processing'
    order by created_at limit 1)
returning id

-- wait_for_other: The rest wait for the one that took its place.
update jobs set waiting_for = %(other)s
where waiting_for like 'job:%%' and video_id = %(video_id)s and status = 'processing'

-- retry_later: Back to the queue after a passing failure.
update jobs
set status = 'queued', failure = %(failure)s, attempt = attempt - (not %(counts)s)::int, lease_owner = null, lease_until = null,
    not_before = now() + make_interval(secs => %(delay)s), announced_at = now(), announced = announced + 1,
    updated_at = now()
where id = %(id)s and lease_owner = %(worker)s and status = 'processing'
returning id

-- postpone: A job without a lease waits in its stage, however often it has to.
update jobs
set not_before = now() + make_interval(secs => %(delay)s), announced = 0, updated_at = now()
where id = %(id)s and status = 'processing' and stage = %(stage)s and lease_owner is null
returning id

-- expired: Jobs whose worker fell silent, with attempts left.
select id from jobs
where status = 'processing' and lease_until < now() and attempt < %(attempts)s
for update skip locked

-- requeue: Back to the queue, free for any worker.
update jobs
set status = 'queued', lease_owner = null, lease_until = null, announced_at = now(), announced = announced + 1,
    updated_at = now()
where id = any(%(ids)s)

-- unheard: Jobs that wait for a worker for so long that their message may be lost; each time twice as long.
update jobs
set announced_at = now(), announced = announced + 1
where status = 'queued' and ready and (not_before is null or not_before < now())
  and announced_at < now() - make_interval(secs => 600 * power(2, least(announced, 8)))
returning id

-- exhausted: Jobs whose last allowed attempt ended with the worker gone.
select * from jobs where status = 'processing' and lease_until < now() and attempt >= %(attempts)s

-- stalled: Jobs in the middle that nobody holds and nobody has spoken of for long.
select * from jobs
where status = 'processing' and lease_owner is null
  and coalesce(not_before, announced_at + make_interval(secs => %(seconds)s)) < now()
  and (waiting_for is null or waiting_for not like 'job:%%')

-- announced_again: Its message was sent once more.
update jobs set announced_at = now(), announced = announced + 1, not_before = null
where id = %(id)s and status = 'processing'

-- waits_for_service: Somebody answered to the announcement, only a service did not.
update jobs set announced_at = now(), announced = 1
where id = %(id)s and status = 'processing' and lease_owner is null
  and started_at > now() - make_interval(secs => %(seconds)s)

-- unfinished: Uploads whose bytes stopped coming.
select * from jobs
where status = 'queued' and not ready
  and updated_at < now() - make_interval(
      secs => case when source ->> 'kind' = 'segments' then %(segments_idle)s else %(grant)s end)

-- missing_segments: The first segments that are not here.
select index from generate_series(0, %(count)s - 1) as wanted (index)
where not exists (select 1 from segments where job_id = %(id)s and segments.index = wanted.index)
order by index limit 20

-- abandon_upload: Fails an upload unless its bytes came in the meantime.
update jobs set status = 'failed', failure = %(failure)s, finished_at = now(), updated_at = now()
where id = %(id)s and status = 'queued' and not ready
returning id
