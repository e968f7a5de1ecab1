-- claim: Once for each question and kind.
insert into mails (question_id, kind, recipient, conversation_id)
values (%(question_id)s, %(kind)s, %(recipient)s, %(conversation_id)s)
on conflict do nothing

-- release: As if it had never been claimed.
delete from mails where question_id = %(question_id)s and kind = %(kind)s and state = 'sending'

-- settle: Sent if the service named it, else doubtful; a mail that the sweeper doubted is sent all the same.
update mails
set state = case when %(provider_id)s::text is null then 'doubtful' else 'sent' end,
    provider_id = %(provider_id)s, settled_at = now()
where question_id = %(question_id)s and kind = %(kind)s and state <> 'sent'

-- of_question: The mails about one question.
select * from mails where question_id = %(question_id)s order by kind

-- conversation: The newest with this address.
select conversation_id from mails
where recipient = %(recipient)s and kind = 'answer'
  and (conversation_id = any(%(ids)s::uuid[]) or provider_id = any(%(provider_ids)s::text[]))
order by claimed_at desc limit 1

-- recent: Mails to one address.
select count(*) as mails from mails
where recipient = %(recipient)s and claimed_at > now() - make_interval(secs => %(seconds)s)

-- doubt: Whoever was handing these over is gone.
update mails set state = 'doubtful', settled_at = now()
where state = 'sending' and claimed_at < now() - make_interval(secs => %(seconds)s)
returning *

-- prune: Addresses of people are not kept for longer than needed.
delete from mails where claimed_at < now() - make_interval(days => %(days)s)
