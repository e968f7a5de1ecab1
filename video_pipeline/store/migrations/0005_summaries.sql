-- Summaries: the document alone is kept (Markdown and the like are written from it when somebody asks), of which
-- transcript it was made, and which request it answers, so that a message that comes twice makes no second one.

alter table summaries drop column markdown;
alter table summaries add column transcript text not null default '';
alter table summaries add column request uuid;
