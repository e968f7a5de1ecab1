-- serving: The index that questions are answered from.
select * from indexes where state = 'serving'

-- first: The very first one; whoever comes second finds it.
insert into indexes (id, space, spec, state, requested_by, serving_at)
select %(id)s, %(space)s, %(spec)s, 'serving', %(requested_by)s, now()
where not exists (select 1 from indexes where state = 'serving')
on conflict do nothing

-- building: The index that is to serve next.
select * from indexes where state = 'building'

-- one_at_a_time: Beginnings and switches come one after another.
select pg_advisory_xact_lock(7146203503)

-- begin: A new one.
insert into indexes (id, space, spec, state, requested_by)
values (%(id)s, %(space)s, %(spec)s, 'building', %(requested_by)s)
returning *

-- give_up: Nobody wants this one any more.
update indexes set state = 'retired', retired_at = now() where state = 'building'

-- forget_failures: They are tried again.
delete from index_videos where index_id = %(id)s and failure is not null

-- by_id: One index.
select * from indexes where id = %(id)s

-- live: All that hold something.
select * from indexes where state <> 'dropped' order by created_at

-- retired: What holds something that nobody reads.
select * from indexes where state = 'retired' order by created_at

-- waiting: Videos that can be asked about and are not in this index, in order.
select videos.id from videos
where erased_at is null and indexed_at is not null
  and (%(after)s::uuid is null or videos.id > %(after)s)
  and not exists (select 1 from index_videos where index_id = %(id)s and video_id = videos.id)
order by videos.id limit %(limit)s

-- counts: How far it is.
select count(*) filter (where made.passages is not null) as done,
       count(*) filter (where made.failure is not null) as failed,
       count(*) filter (where made.video_id is null) as waiting
from videos
left join index_videos as made on made.video_id = videos.id and made.index_id = %(id)s
where videos.erased_at is null and videos.indexed_at is not null

-- failures: The videos that could not be taken in.
select made.video_id, videos.title, made.failure, made.tries
from index_videos as made
join videos on videos.id = made.video_id and videos.erased_at is null
where made.index_id = %(id)s and made.failure is not null
order by made.updated_at desc limit %(limit)s

-- hold_video: Nobody erases it until the transaction ends.
select id from videos where id = %(video_id)s and erased_at is null for share

-- hold_building: Nobody switches or gives it up until the transaction ends.
select id from indexes where id = %(id)s and state = 'building' for share

-- drop_chunks: What this index had of the video.
delete from chunks where index_id = %(index_id)s and video_id = %(video_id)s

-- taken_in: The video is in the index.
insert into index_videos (index_id, video_id, passages) values (%(id)s, %(video_id)s, %(passages)s)
on conflict (index_id, video_id) do update
set passages = excluded.passages, failure = null, tries = index_videos.tries + 1, updated_at = now()

-- failed: Why it is not.
insert into index_videos (index_id, video_id, failure) values (%(id)s, %(video_id)s, %(failure)s)
on conflict (index_id, video_id) do update
set passages = null, failure = excluded.failure, tries = index_videos.tries + 1, updated_at = now()

-- hold_serving: Passages of jobs that are under way must not go into it any more.
select id from indexes where state = 'serving' for update

-- send_back: Jobs in the middle were cut for the old index; they are cut again for the new one.
update jobs
set stage = 'chunk', announced_at = now(), announced = 1, updated_at = now()
where status = 'processing' and stage = 'embed'
returning id, video_id

-- abandon_stages: What they had begun stays on record.
update stage_attempts set status = 'abandoned', finished_at = clock_timestamp()
where job_id = any(%(ids)s) and status = 'running'

-- move: Its vectors lie elsewhere from now on.
update indexes set spec = %(spec)s where id = %(id)s and state = 'serving' and spec = %(seen)s returning *

-- retire: It served until now.
update indexes set state = 'retired', retired_at = now() where state = 'serving'

-- serve: It serves from now on.
update indexes set state = 'serving', serving_at = now() where id = %(id)s and state = 'building'

-- videos_of: The videos that an index has passages of.
select distinct video_id from chunks where index_id = %(id)s

-- forget_chunks: The passages of an index that nobody reads, and where their words are.
with words as (
    delete from lexicon
    where index_id = %(id)s and exists (select 1 from indexes where id = %(id)s and state = 'retired')
)
delete from chunks where index_id = %(id)s and exists (select 1 from indexes where id = %(id)s and state = 'retired')

-- dropped: Only the record of it is left.
update indexes set state = 'dropped', dropped_at = now() where id = %(id)s and state = 'retired'
