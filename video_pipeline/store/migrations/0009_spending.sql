-- What paid services took, for which job or question.
create table expenses (
    id            bigint generated always as identity primary key,
    spent_at      timestamptz not null default now(),
    -- No foreign keys: what was spent stays on record when the video is erased.
    job_id        uuid,
    question_id   uuid,
    service       text not null check (service in ('embedding', 'language', 'transcription')),
    model         text not null,
    calls         integer not null default 1 check (calls >= 0),
    input_tokens  bigint not null default 0 check (input_tokens >= 0),
    output_tokens bigint not null default 0 check (output_tokens >= 0),
    seconds       double precision not null default 0 check (seconds >= 0),
    usd           double precision check (usd >= 0),
    reference     text unique
);
create index expenses_by_time on expenses (spent_at);
create index expenses_of_job on expenses (job_id) where job_id is not null;
create index expenses_of_question on expenses (question_id) where question_id is not null;
