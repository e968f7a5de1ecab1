-- How much each key has asked for lately, as the moment until which its requests are paid for. Not logged: after a
-- crash everybody begins anew, and no request waits for a disk.
create unlogged table key_allowances (
    key_id     uuid primary key references api_keys on delete cascade,
    paid_until timestamptz not null
);

-- What was asked, for statistics. The words are kept where nothing answered, and only for a while: they tell what the
-- archive lacks.
create table asked (
    id           bigint generated always as identity primary key,
    at           timestamptz not null default now(),
    channel      text not null check (channel in ('api', 'record')),
    answered     boolean not null,
    engine       text not null,
    results      integer not null,
    milliseconds integer,
    query        text
);
create index asked_at on asked (at);
create index asked_unanswered on asked (at) where query is not null;

-- What was asked before there was this table.
insert into asked (at, channel, answered, engine, results, query)
select created_at, 'record', answer ->> 'answer' is not null, coalesce(answer ->> 'engine', ''),
       jsonb_array_length(coalesce(answer -> 'results', '[]')),
       case when answer ->> 'answer' is null then left(asked ->> 'query', 500) end
from questions;

-- How jobs ended, day by day.
create index jobs_finished on jobs (finished_at) where finished_at is not null;
