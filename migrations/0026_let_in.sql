-- What a moderator lets in of what waited in the inbox.

alter table inbox
    -- What they gave it along (policy/decisions.py: AMENDMENTS), beside what policy asks for.
    add column amendments text[] not null default '{}';
