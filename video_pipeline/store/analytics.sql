-- unhurried: This transaction waits for no disk; what a crash would lose of it is a count.
select set_config('synchronous_commit', 'off', true)

-- note: One question more.
insert into asked (channel, answered, engine, results, milliseconds, query)
values (%(channel)s, %(answered)s, %(engine)s, %(results)s, %(milliseconds)s,
        case when not %(answered)s then left(%(query)s, 500) end)

-- days: What happened on each day (UTC) of a range, the days of nothing too.
with bounds as (
    select %(first)s::date::timestamp at time zone 'utc' as begins,
           (%(last)s::date + 1)::timestamp at time zone 'utc' as ends
), questions as (
    select (at at time zone 'utc')::date as day, count(*)::int as questions,
           count(*) filter (where answered)::int as answered,
           percentile_disc(0.5) within group (order by milliseconds) as milliseconds_median,
           percentile_disc(0.95) within group (order by milliseconds) as milliseconds_p95
    from asked, bounds where at >= begins and at < ends group by 1
), ready as (
    select (indexed_at at time zone 'utc')::date as day, count(*)::int as videos,
           coalesce(sum((info ->> 'duration')::float8), 0) as video_seconds
    from videos, bounds where indexed_at >= begins and indexed_at < ends and erased_at is null group by 1
), ended as (
    select (finished_at at time zone 'utc')::date as day,
           count(*) filter (where status = 'completed')::int as jobs_completed,
           count(*) filter (where status = 'failed')::int as jobs_failed,
           percentile_cont(0.5) within group (order by took) as job_seconds_median,
           percentile_cont(0.95) within group (order by took) as job_seconds_p95
    from jobs, bounds,
         lateral (select case when status = 'completed' then extract(epoch from finished_at - started_at)::float8 end as took)
                 as timed
    where finished_at >= begins and finished_at < ends group by 1
)
select day, coalesce(questions, 0) as questions, coalesce(answered, 0) as answered, milliseconds_median, milliseconds_p95,
       coalesce(videos, 0) as videos, coalesce(video_seconds, 0) as video_seconds,
       coalesce(jobs_completed, 0) as jobs_completed, coalesce(jobs_failed, 0) as jobs_failed,
       job_seconds_median, job_seconds_p95
from (
    select day::date from generate_series(%(first)s::date::timestamp, %(last)s::date::timestamp, interval '1 day') as day
) as days
left join questions using (day)
left join ready using (day)
left join ended using (day)
order by day

-- failures: The jobs that failed in a range, by what stopped them; the most frequent first.
select failure ->> 'code' as code, stage, count(*)::int as jobs, max(finished_at) as last_at,
       (array_agg(failure ->> 'message' order by finished_at desc))[1] as message,
       (array_agg(coalesce(failure ->> 'hint', '') order by finished_at desc))[1] as hint
from jobs
where status = 'failed' and failure is not null
  and finished_at >= %(first)s::date::timestamp at time zone 'utc'
  and finished_at < (%(last)s::date + 1)::timestamp at time zone 'utc'
group by 1, 2
order by jobs desc, last_at desc limit %(limit)s

-- unanswered: The questions of a range that nothing answered, those asked most often first.
select min(query) as query, count(*)::int as times, max(at) as last_asked
from asked
where query is not null and at >= %(first)s::date::timestamp at time zone 'utc'
  and at < (%(last)s::date + 1)::timestamp at time zone 'utc'
group by btrim(lower(regexp_replace(query, '\W+', ' ', 'g')))
order by times desc, last_asked desc limit %(limit)s

-- forget_words: Of questions that were asked longer ago.
update asked set query = null where query is not null and at < now() - make_interval(days => %(days)s)

-- forget_counts: Of questions that were asked longer ago.
delete from asked where at < now() - make_interval(days => %(days)s)
