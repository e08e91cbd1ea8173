-- Moderation across servers: whose deed it was where nobody here did it, bans that can be lifted with what they hid.

alter table deeds
    -- The actor on another server who did it; empty for people here and for the command line.
    add column by_uri text not null default '' check (length(by_uri) <= 2048),
    add column group_id bigint;
alter table deeds
    add constraint deeds_group foreign key (group_id) references actors (id) on delete set null not valid;

-- "Why was my post taken away" is asked by the post's id.
-- squawk-ignore require-concurrent-index-creation
create index deeds_about on deeds (object, id desc);

create table hidden_by_bans (
    -- Posts that a ban took out of view, so that lifting it can bring back these and no others.
    post_id bigint primary key references posts (id) on delete cascade,
    blocked_uri text not null check (length(blocked_uri) <= 2048),
    target_uri text not null check (length(target_uri) <= 2048)
);

create index hidden_by_bans_of on hidden_by_bans (blocked_uri, target_uri);

-- Bans end by themselves.
-- squawk-ignore require-concurrent-index-creation
create index blocks_ending on blocks (ends_at) where ends_at is not null;

-- Whether anything in a thread is locked is asked before every answer.
-- squawk-ignore require-concurrent-index-creation
create index posts_locked on posts (root_id) where locked_at is not null;

-- squawk-ignore require-concurrent-index-creation
create index reports_of_group on reports (group_id, created_at) where state = 'open' and group_id is not null;
