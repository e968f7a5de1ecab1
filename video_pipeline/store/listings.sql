-- jobs: A page of jobs. What stands in braces is one of our own orders, see listings.py.
select * from jobs
where (cardinality(%(statuses)s::text[]) = 0 or status = any(%(statuses)s::text[]))
  and (%(stage)s::text is null or stage = %(stage)s)
  and (%(video_id)s::uuid is null or video_id = %(video_id)s)
  and (%(code)s::text is null or status = 'failed' and failure ->> 'code' = %(code)s)
  and (%(date_from)s::date is null or created_at >= %(date_from)s::date::timestamp at time zone 'utc')
  and (%(date_to)s::date is null or created_at < (%(date_to)s::date + 1)::timestamp at time zone 'utc')
  and (%(text)s::text is null
       or strpos(lower(coalesce(options ->> 'title', '') || ' ' || (source ->> 'filename')), lower(%(text)s)) > 0)
  and (%(last)s::uuid is null or ({key}, id) {beyond} ({value}, %(last)s::uuid))
order by {key} {direction}, id {direction} limit %(limit)s

-- videos: A page of videos that are not erased.
select * from videos
where erased_at is null
  and (%(language)s::text is null
       or lower(language) = lower(%(language)s) or starts_with(lower(language), lower(%(language)s) || '-'))
  and (%(indexed)s::boolean is null or (indexed_at is not null) = %(indexed)s)
  and (%(date_from)s::date is null
       or coalesce(recorded_on, (created_at at time zone 'utc')::date) >= %(date_from)s::date)
  and (%(date_to)s::date is null
       or coalesce(recorded_on, (created_at at time zone 'utc')::date) <= %(date_to)s::date)
  and (%(text)s::text is null or strpos(lower(title || ' ' || filename), lower(%(text)s)) > 0)
  and (%(last)s::uuid is null or ({key}, id) {beyond} ({value}, %(last)s::uuid))
order by {key} {direction}, id {direction} limit %(limit)s
