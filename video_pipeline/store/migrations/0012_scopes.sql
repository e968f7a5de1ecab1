-- What a key may do beyond putting videos in, reading and asking. Keys from before may do nothing beyond.
alter table api_keys add column scopes text[] not null default '{}' check (scopes <@ array['operate']);
