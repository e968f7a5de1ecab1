-- The ledger: what happened to every video, and what is to happen next.

create table videos (
    id          uuid primary key,
    sha256      text not null unique check (sha256 ~ '^[0-9a-f]{64}$'),
    title       text not null,
    filename    text not null,
    media       jsonb not null,
    job_id      uuid not null,
    info        jsonb,
    language    text,
    metadata    jsonb not null default '{}',
    poster      text,
    thumbnails  jsonb not null default '[]',
    created_at  timestamptz not null default now(),
    indexed_at  timestamptz,
    erased_at   timestamptz
);
create index videos_newest on videos (created_at desc, id desc) where erased_at is null;

create table jobs (
    id           uuid primary key,
    status       text not null default 'queued' check (status in ('queued', 'processing', 'completed', 'failed')),
    stage        text not null,
    progress     real not null default 0 check (progress between 0 and 1),
    source       jsonb not null,
    options      jsonb not null,
    media_bucket text not null,
    media_key    text not null,
    video_id     uuid references videos,
    -- False until the bytes are there: a grant not yet used, a raw upload with segments missing.
    ready        boolean not null,
    -- When and how often the message that carries this job on was sent; it may be lost, the sweeper sends it again.
    announced_at timestamptz,
    announced    integer not null default 0,
    received     integer not null default 0, -- raw segments that are here
    attempt      integer not null default 0,
    lease_owner  text,
    lease_until  timestamptz,
    not_before   timestamptz,
    waiting_for  text,
    notes        text[] not null default '{}',
    failure      jsonb,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    started_at   timestamptz,
    finished_at  timestamptz,
    check ((lease_owner is null) = (lease_until is null)),
    check ((finished_at is null) = (status in ('queued', 'processing'))),
    check ((failure is null) or status in ('failed', 'queued'))
);
create index jobs_newest on jobs (created_at desc, id desc);
create index jobs_by_status on jobs (status, created_at desc, id desc);
create index jobs_open on jobs (updated_at) where status in ('queued', 'processing');
create index jobs_leased on jobs (lease_until) where lease_until is not null;
create index jobs_by_media on jobs (media_bucket, media_key);
create index jobs_by_video on jobs (video_id);
create index jobs_waiting on jobs (waiting_for) where waiting_for is not null;
alter table videos add foreign key (job_id) references jobs deferrable initially deferred;

create table stage_attempts (
    job_id      uuid not null references jobs,
    stage       text not null,
    attempt     integer not null,
    status      text not null default 'running'
                check (status in ('running', 'completed', 'failed', 'skipped', 'abandoned')),
    worker      text not null,
    started_at  timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    failure     jsonb,
    detail      jsonb not null default '{}',
    primary key (job_id, stage, attempt),
    check ((finished_at is null) = (status = 'running'))
);

-- The raw segments of an upload that have arrived; the bytes lie in the bucket.
create table segments (
    job_id     uuid not null references jobs,
    index      integer not null,
    arrived_at timestamptz not null default now(),
    primary key (job_id, index)
);

create table transcripts (
    video_id   uuid primary key references videos,
    record     jsonb not null,
    created_at timestamptz not null default now()
);

create table chunks (
    id            uuid primary key,
    video_id      uuid not null references videos,
    position      integer not null,
    text          text not null,
    start_seconds double precision not null,
    end_seconds   double precision not null,
    tokens        integer not null,
    speakers      text[] not null default '{}',
    timings       jsonb not null,
    quality       text not null,
    -- "simple" knows no language: archives hold many.
    words         tsvector generated always as (to_tsvector('simple', text)) stored,
    unique (video_id, position)
);
create index chunks_words on chunks using gin (words);

create table summaries (
    video_id   uuid primary key references videos,
    document   jsonb not null,
    markdown   text not null,
    engine     text not null,
    created_at timestamptz not null default now()
);

create table questions (
    id         uuid primary key,
    asked      jsonb not null,
    answer     jsonb not null,
    created_at timestamptz not null default now()
);

-- Messages that a committed move has caused; published in order, then kept for a while as a record.
create table outbox (
    id           bigint generated always as identity primary key,
    destination  text not null,
    key          text not null,
    body         text not null,
    delay        integer not null default 0,
    created_at   timestamptz not null default now(),
    published_at timestamptz
);
create index outbox_unpublished on outbox (id) where published_at is null;
create index outbox_published on outbox (published_at) where published_at is not null;

create table rejections (
    id         uuid primary key,
    consumer   text not null,
    source     text not null,
    position   text not null,
    failure    jsonb not null,
    sha256     text not null,
    size       bigint not null,
    created_at timestamptz not null default now()
);

create table erasures (
    id           uuid primary key,
    video_id     uuid not null references videos,
    requested_by text not null,
    requested_at timestamptz not null default now(),
    completed_at timestamptz,
    receipt      jsonb
);
create unique index erasures_pending on erasures (video_id) where completed_at is null;

create table api_keys (
    id           uuid primary key default gen_random_uuid(),
    name         text not null,
    prefix       text not null,
    sha256       text not null unique,
    created_at   timestamptz not null default now(),
    last_used_at timestamptz,
    revoked_at   timestamptz
);
