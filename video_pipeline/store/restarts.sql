-- hold: The job's row, held until the transaction ends.
select * from jobs where id = %(id)s for update

-- cancel: The end, on somebody's wish. Whoever has the lease loses it.
update jobs
set status = 'failed', failure = %(failure)s, lease_owner = null, lease_until = null, waiting_for = null,
    not_before = null, finished_at = now(), updated_at = now()
where id = %(id)s and status in ('queued', 'processing')
returning *

-- makes_video: Whether this job is the one that makes its video.
select 1 from videos where id = %(video_id)s and job_id = %(id)s

-- hold_video: Who makes a video, and whether it is erased or about to be.
select job_id, erased_at is not null
       or exists (select 1 from erasures where video_id = videos.id and completed_at is null) as erased
from videos where id = %(video_id)s for update

-- passages_serve: Whether the index that serves has passages of this video; it serves until the transaction ends.
select exists (select 1 from chunks where index_id = indexes.id and video_id = %(video_id)s) as cut
from indexes where state = 'serving' for share

-- queue_again: For a worker, as if it had just arrived; without its bytes it waits for them.
update jobs
set status = 'queued', stage = %(stage)s, progress = %(progress)s, attempt = 0, failure = null, finished_at = null,
    not_before = null, waiting_for = null, started_at = null, announced_at = case when ready then now() end,
    announced = ready::int,
    updated_at = now()
where id = %(id)s and status in ('completed', 'failed')
returning *

-- hand_on_again: For the functions, at the stage that is named.
update jobs
set status = 'processing', stage = %(stage)s, progress = %(progress)s, attempt = 0, failure = null,
    finished_at = null, not_before = null, waiting_for = null, started_at = null, announced_at = now(), announced = 1,
    updated_at = now()
where id = %(id)s and status in ('completed', 'failed')
returning *
