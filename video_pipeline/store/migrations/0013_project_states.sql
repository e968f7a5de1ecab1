-- State follows from the job and from what the film shows, so that the two can't contradict each other.
create or replace view project_states as
select projects.*, case when projects.removed_at is not null then 'removed'
            when jobs.status in ('queued', 'processing') then 'rendering'
            when jobs.status = 'failed' and jobs.source ->> 'sha256' = projects.manifest_sha256 then 'failed'
            when projects.film ->> 'manifest' = projects.manifest_sha256 then 'rendered'
            else 'collecting' end as state
from projects left join jobs on jobs.id = projects.job_id;
