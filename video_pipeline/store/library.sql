-- video: One video that is not erased.
select * from videos where id = %(id)s and erased_at is null

-- videos_by_ids: Videos that can be shown.
select * from videos where id = any(%(ids)s) and erased_at is null

-- erased: Videos that nobody may see any more.
select id from videos where id = any(%(ids)s) and erased_at is not null

-- transcript: The record of a video's transcript.
select record from transcripts join videos on videos.id = video_id where video_id = %(id)s and erased_at is null

-- lock_video: Holds a video's row until the transaction ends.
select * from videos where id = %(id)s for update

-- ask_erasure: One open erasure for each video.
insert into erasures (id, video_id, requested_by)
values (coalesce(%(request)s, gen_random_uuid()), %(id)s, %(requested_by)s)
on conflict (video_id) where completed_at is null do nothing

-- carried_out: Whether this request was carried out.
select 1 from erasures where id = %(request)s and completed_at is not null

-- open_erasure: The erasure that is to be carried out.
select id from erasures where video_id = %(id)s and completed_at is null

-- at_work: Whether some job is at work on this video.
select 1 from jobs where video_id = %(id)s and status in ('queued', 'processing') limit 1

-- hide: Gone for everybody from here on.
update videos set erased_at = coalesce(erased_at, now()) where id = %(id)s

-- pending_erasures: Asked for and not carried out.
select video_id from erasures where completed_at is null order by requested_at

-- objects: What held the content of a video, and whether a job of a video that stays names the same key.
select jobs.id, held.ref, held.captions, exists (
    select 1
    from jobs as other
    join videos on videos.id = other.video_id and videos.erased_at is null
    where other.video_id <> %(id)s
      and (other.media_bucket, other.media_key) = (held.ref ->> 'bucket', held.ref ->> 'key')
    union all
    select 1
    from jobs as other
    join videos on videos.id = other.video_id and videos.erased_at is null
    where other.video_id <> %(id)s
      and other.options @> jsonb_build_object(
          'captions', jsonb_build_object('bucket', held.ref -> 'bucket', 'key', held.ref -> 'key'))
) as shared
from jobs
cross join lateral (values (source -> 'media', false), (options -> 'captions', true)) as held (ref, captions)
where jobs.video_id = %(id)s and held.ref is not null

-- forget_chunks: A video's passages and where their words are.
with words as (delete from lexicon where video_id = %(id)s)
delete from chunks where video_id = %(id)s

-- forget_transcript: Its transcript's record.
delete from transcripts where video_id = %(id)s

-- forget_summary: Its summary.
delete from summaries where video_id = %(id)s

-- forget_questions: Answers that quote it or show a passage of it, and what was asked further in their conversation.
delete from questions
where asked ->> 'conversation_id' in (
        select conversation_id::text from conversation_turns where %(id)s = any(video_ids))
   or answer -> 'citations' @> jsonb_build_array(jsonb_build_object('video_id', %(id)s::text))
   or answer -> 'results' @> jsonb_build_array(jsonb_build_object('video', jsonb_build_object('id', %(id)s::text)))

-- forget_conversations: Whole ones, since later questions may have been understood by what it said.
delete from conversation_turns as turns
using conversation_turns as showing
where %(id)s = any(showing.video_ids)
  and (turns.conversation_id, turns.owner) = (showing.conversation_id, showing.owner)

-- forget_video: Its identity stays, everything that says what it was about goes.
update videos
set title = '(erased)', filename = '(erased)', metadata = '{}', info = null, poster = null, thumbnails = '[]',
    language = null, recorded_on = null, media = jsonb_build_object('bucket', media ->> 'bucket', 'key', '(erased)')
where id = %(id)s

-- forget_jobs: The same for its jobs. Their ids stay, so that it can be told what happened.
update jobs
set options = '{}', notes = '{}', media_key = '(erased)',
    failure = failure - 'trace' - 'message' || '{"message": "(erased)"}',
    source = source || jsonb_build_object(
        'filename', '(erased)', 'media', jsonb_build_object('bucket', media_bucket, 'key', '(erased)'))
where video_id = %(id)s

-- forget_attempts: What their stages found out; that they ran, and when, stays.
update stage_attempts
set detail = '{}', failure = failure - 'trace' - 'message' || '{"message": "(erased)"}'
where job_id in (select id from jobs where video_id = %(id)s)

-- close_erasure: With its receipt.
update erasures set completed_at = now(), receipt = %(receipt)s where video_id = %(id)s and completed_at is null

-- chunks_of_video: Those of the serving index, in order.
select chunks.* from chunks
join indexes on indexes.id = index_id and indexes.state = 'serving'
where video_id = %(id)s order by position

-- chunks_by_ids: Passages by id.
select * from chunks where id = any(%(ids)s)

-- save_question: The first answer stays.
insert into questions (id, asked, answer) values (%(id)s, %(asked)s, %(answer)s) on conflict do nothing

-- question: What was asked and answered.
select id, asked, answer, created_at from questions where id = %(id)s

-- turns: The last ones of a conversation, the oldest of them first.
select asked, query, answer, chunk_ids, video_ids from (
    select * from conversation_turns
    where conversation_id = %(conversation_id)s and owner = %(owner)s
      and created_at > now() - make_interval(days => %(days)s)
    order by id desc limit %(most)s
) as last order by id

-- add_turn: The one that was just had, unless what it shows is being erased.
insert into conversation_turns (conversation_id, owner, asked, query, answer, chunk_ids, video_ids)
select %(conversation_id)s, %(owner)s, %(asked)s, %(query)s, %(answer)s, %(chunk_ids)s::uuid[], %(video_ids)s::uuid[]
where not exists (select 1 from videos where id = any(%(video_ids)s::uuid[]) and erased_at is not null)

-- trim_turns: Those of a conversation that are not read any more.
delete from conversation_turns
where conversation_id = %(conversation_id)s and owner = %(owner)s
  and id <= (select id from conversation_turns
             where conversation_id = %(conversation_id)s and owner = %(owner)s
             order by id desc offset %(most)s limit 1)

-- prune_turns: Conversations' time is over.
delete from conversation_turns where created_at < now() - make_interval(days => %(days)s)

-- create_key: Of the secret, only its hash is kept.
insert into api_keys (name, prefix, sha256, scopes) values (%(name)s, %(prefix)s, %(sha256)s, %(scopes)s)
returning id, name, prefix, scopes, created_at, last_used_at, revoked_at

-- use_key: Its last use is noted once a minute, not at every request, which would wait for a disk each time.
with known as (
    select id, name, prefix, scopes, created_at, last_used_at, revoked_at from api_keys
    where sha256 = %(sha256)s and revoked_at is null
), used as (
    update api_keys set last_used_at = now() from known
    where api_keys.id = known.id and coalesce(known.last_used_at < now() - interval '1 minute', true)
    returning 1
)
select * from known

-- take_turn: A request more of a key, or the seconds until it may ask again.
-- What it has asked for is paid off at its pace; at most a burst may be owed. What is refused costs nothing.
with taken as (
    insert into key_allowances as known (key_id, paid_until)
    values (%(key_id)s, now() + make_interval(secs => %(pace)s))
    on conflict (key_id) do update
    set paid_until = greatest(known.paid_until, now()) + make_interval(secs => %(pace)s)
    where greatest(known.paid_until, now()) <= now() + make_interval(secs => %(pace)s * (%(burst)s - 1))
    returning 1)
select case
    when exists (select 1 from taken) then 0
    else greatest(0.001, extract(epoch from (select paid_until from key_allowances where key_id = %(key_id)s) - now())::float8
                         - %(pace)s * (%(burst)s - 1))
    end::float8 as wait

-- keys: All of them.
select id, name, prefix, scopes, created_at, last_used_at, revoked_at from api_keys order by created_at

-- revoke_key: From now on.
update api_keys set revoked_at = now() where id = %(id)s and revoked_at is null

-- reject: A refusal, once for each record.
insert into rejections (id, consumer, source, position, failure, sha256, size)
values (%(id)s, %(consumer)s, %(source)s, %(position)s, %(failure)s, %(sha256)s, %(size)s)
on conflict (id) do nothing

-- unpublished: The next messages, in order; another publisher's are passed over.
select id, destination, key, body, delay from outbox
where published_at is null order by id limit %(limit)s for update skip locked

-- published: They are out.
update outbox set published_at = now() where id = any(%(ids)s)

-- prune: Old published messages go.
delete from outbox where published_at < now() - make_interval(days => %(days)s)
