-- add: What is paid once is noted once.
insert into expenses
    (job_id, question_id, service, model, calls, input_tokens, output_tokens, seconds, usd, reference)
values (%(job_id)s, %(question_id)s, %(service)s, %(model)s, %(calls)s, %(input_tokens)s, %(output_tokens)s,
        %(seconds)s, %(usd)s, %(reference)s)
on conflict (reference) do nothing

-- since: Dollars from a moment on.
select coalesce(sum(usd), 0)::float8 as usd from expenses where spent_at >= %(moment)s

-- of_job: Together, by service and model.
select service, model, sum(calls)::int as calls, sum(input_tokens)::int8 as input_tokens,
       sum(output_tokens)::int8 as output_tokens, sum(seconds)::float8 as seconds,
       coalesce(sum(usd), 0)::float8 as usd, (sum(calls) filter (where usd is null))::int as unpriced
from expenses where job_id = %(id)s
group by service, model order by service, model

-- of_question: Together, by service and model.
select service, model, sum(calls)::int as calls, sum(input_tokens)::int8 as input_tokens,
       sum(output_tokens)::int8 as output_tokens, sum(seconds)::float8 as seconds,
       coalesce(sum(usd), 0)::float8 as usd, (sum(calls) filter (where usd is null))::int as unpriced
from expenses where question_id = %(id)s
group by service, model order by service, model

-- days: Together, by day, service and model.
select (spent_at at time zone 'UTC')::date as day, service, model, sum(calls)::int as calls,
       sum(input_tokens)::int8 as input_tokens, sum(output_tokens)::int8 as output_tokens,
       sum(seconds)::float8 as seconds, coalesce(sum(usd), 0)::float8 as usd,
       (sum(calls) filter (where usd is null))::int as unpriced
from expenses
where spent_at >= (%(first)s::date)::timestamp at time zone 'UTC'
  and spent_at < (%(last)s::date + 1)::timestamp at time zone 'UTC'
group by day, service, model order by day desc, service, model

-- stored: Films that were not erased; the job that brought a film knows its size.
select count(*)::int as films, coalesce(sum((jobs.source ->> 'size')::int8), 0)::int8 as bytes
from videos join jobs on jobs.id = videos.job_id
where videos.erased_at is null
