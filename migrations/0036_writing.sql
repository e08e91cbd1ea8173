-- What people keep of posts, silence, write beforehand and send twice by mistake.

create table bookmarks (
    id bigint generated always as identity unique,
    actor_id bigint not null references actors (id) on delete cascade,
    post_id bigint not null references posts (id) on delete cascade,
    bookmarked_at timestamptz not null default now(),
    primary key (actor_id, post_id)
);

create table thread_mutes (
    -- A thread of which somebody wants to hear nothing more, by its first post.
    actor_id bigint not null references actors (id) on delete cascade,
    root_id bigint not null references posts (id) on delete cascade,
    muted_at timestamptz not null default now(),
    primary key (actor_id, root_id)
);

create table scheduled_posts (
    -- Written now, sent later; without a time it is a draft, perhaps because it could not be sent.
    id bigint primary key,
    actor_id bigint not null references actors (id) on delete cascade,
    -- Who signed in: a group's posts are written by somebody.
    account_id bigint not null references accounts (id) on delete cascade,
    wish jsonb not null,
    scheduled_at timestamptz,
    -- Why it was not sent when its time came.
    trouble text not null default '' check (length(trouble) <= 1000),
    created_at timestamptz not null default now()
);
create index scheduled_posts_due on scheduled_posts (scheduled_at) where scheduled_at is not null;
create index scheduled_posts_of on scheduled_posts (actor_id, id desc);

create table sent_once (
    -- The keys with which apps say that they send the same thing again (`Idempotency-Key`), for an hour.
    actor_id bigint not null references actors (id) on delete cascade,
    key text not null check (length(key) between 1 and 255),
    -- What came of it: a post, or one that is scheduled.
    post_id bigint,
    scheduled_id bigint,
    sent_at timestamptz not null default now(),
    primary key (actor_id, key)
);
create index sent_once_old on sent_once (sent_at);

alter table reactions
    -- The order in which somebody liked things, for turning pages.
    -- squawk-ignore adding-field-with-default
    add column id bigint generated always as identity;
-- squawk-ignore require-concurrent-index-creation
create unique index reactions_by_number on reactions (id);
-- squawk-ignore require-concurrent-index-creation
create index reactions_of_actor on reactions (actor_id, id desc);

alter table post_versions
    add column sensitive boolean not null default false,
    add column attachments jsonb not null default '[]',
    -- The answers of a poll, as they were.
    add column answers text[] not null default '{}';

-- squawk-ignore require-concurrent-index-creation
create index posts_naming on posts using gin (named) where named <> '{}';
