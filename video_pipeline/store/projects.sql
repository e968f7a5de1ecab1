-- create: A new project.
insert into projects (id, manifest, manifest_sha256, created_by, expires_at)
values (%(id)s, %(manifest)s::json, %(sha256)s, %(created_by)s, %(expires_at)s)

-- project: One that was not removed, with what became of its job.
select * from project_states
where id = %(id)s and removed_at is null

-- hold: Nobody else changes it until the transaction ends.
select 1 from projects where id = %(id)s and removed_at is null for update

-- page: The newest first.
select * from project_states
where removed_at is null
  and (%(last)s::uuid is null or (created_at, id) < (%(value)s::timestamptz, %(last)s::uuid))
order by created_at desc, id desc limit %(limit)s

-- change: Its next manifest.
update projects set manifest = %(manifest)s::json, manifest_sha256 = %(sha256)s, updated_at = now() where id = %(id)s

-- ordered: A job renders its film.
update projects set job_id = %(job_id)s, ask = ask or %(ask)s, updated_at = now() where id = %(id)s

-- rendered: Its film, if nobody has removed it.
update projects set film = %(film)s, updated_at = now() where id = %(id)s and removed_at is null
returning id

-- became_video: The film goes through the pipeline as a video of its own.
update projects set video_job_id = %(job_id)s, updated_at = now() where id = %(id)s

-- note: A line of the audit trail.
insert into project_events (project_id, who, what, detail) values (%(id)s, %(who)s, %(what)s, %(detail)s)

-- known: Whether there is or was one.
select 1 from projects where id = %(id)s

-- events: The audit trail.
select at, who, what, detail from project_events where project_id = %(id)s order by id

-- begin_removal: Nobody sees it from here on. One whose removal was broken off is begun again.
update projects set removed_at = coalesce(removed_at, now()), updated_at = now()
where id = %(id)s and receipt is null
returning *, 'removed' as state

-- end_removal: Forgets what it held.
update projects set receipt = %(receipt)s, manifest = null, film = null, updated_at = now()
where id = %(id)s and removed_at is not null and receipt is null
returning id

-- expired: Whose time is over, or whose removal was broken off a while ago.
select projects.id
from projects left join jobs on jobs.id = projects.job_id
where removed_at is null and expires_at < now() and coalesce(jobs.status in ('completed', 'failed'), true)
   or removed_at < now() - interval '10 minutes' and receipt is null
order by expires_at limit %(limit)s
