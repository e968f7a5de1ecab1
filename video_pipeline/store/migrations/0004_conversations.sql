-- Questions that belong together, each with what was answered, so that the next one may refer to it.
create table conversation_turns (
    id              bigint generated always as identity primary key,
    conversation_id uuid not null,
    owner           text not null,
    asked           text not null,
    query           text not null,
    answer          text,
    chunk_ids       uuid[] not null default '{}',
    video_ids       uuid[] not null default '{}',
    created_at      timestamptz not null default now()
);
create index conversation_turns_last on conversation_turns (conversation_id, owner, id);
create index conversation_turns_old on conversation_turns (created_at);
