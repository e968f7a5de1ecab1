-- Which answers went out by mail, so that each goes once and a reply finds its conversation. No text is kept.

create table mails (
    question_id     uuid not null,
    kind            text not null check (kind in ('answer', 'human')),
    recipient       text not null,
    conversation_id uuid not null,
    -- Nothing is ever sent again from `sending`: see docs/decisions/0021.
    state           text not null default 'sending' check (state in ('sending', 'sent', 'doubtful')),
    provider_id     text,
    claimed_at      timestamptz not null default now(),
    settled_at      timestamptz,
    primary key (question_id, kind),
    check ((settled_at is null) = (state = 'sending'))
);
create index mails_by_recipient on mails (recipient, claimed_at desc);
create index mails_open on mails (claimed_at) where state = 'sending';
create index mails_oldest on mails (claimed_at);
