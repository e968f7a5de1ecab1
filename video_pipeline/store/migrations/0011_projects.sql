-- Pictures and a sound of which a film is made. Their files, and the manifest that rendering reads, lie in the bucket.
create table projects (
    id              uuid primary key,
    -- Not jsonb: the text whose SHA-256 stands beside it is kept letter by letter. Null when it was removed.
    manifest        json,
    manifest_sha256 text not null check (manifest_sha256 ~ '^[0-9a-f]{64}$'),
    job_id          uuid references jobs,
    film            jsonb,
    ask             boolean not null default false,
    video_job_id    uuid references jobs,
    created_by      text not null,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    expires_at      timestamptz,
    removed_at      timestamptz,
    receipt         jsonb,
    check ((manifest is null) = (receipt is not null)),
    check (receipt is null or removed_at is not null)
);
create index projects_newest on projects (created_at desc, id desc) where removed_at is null;
create index projects_expiring on projects (expires_at) where removed_at is null;
create index projects_going on projects (removed_at) where removed_at is not null and receipt is null;

-- The audit trail; it stays when the project goes.
create table project_events (
    id         bigint generated always as identity primary key,
    project_id uuid not null references projects,
    at         timestamptz not null default clock_timestamp(),
    who        text not null,
    what       text not null,
    detail     jsonb not null default '{}'
);
create index project_events_in_order on project_events (project_id, id);
