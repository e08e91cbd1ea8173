-- What a group keeps beside its threads, where one finds it, and who looks after it next.

create table wiki_pages (
    id bigint primary key,
    group_id bigint not null references actors (id) on delete cascade,
    slug text not null check (slug ~ '^[a-z0-9][a-z0-9-]{0,79}$'),
    created_at timestamptz not null default now(),
    deleted_at timestamptz,
    unique (group_id, slug)
);

create table wiki_revisions (
    page_id bigint not null references wiki_pages (id) on delete cascade,
    number integer not null check (number > 0),
    title text not null check (length(title) between 1 and 200),
    source text not null check (length(source) <= 50000),
    html text not null check (length(html) <= 400000),
    author_id bigint references actors (id) on delete set null,
    why text not null default '' check (length(why) <= 500),
    made_at timestamptz not null default now(),
    primary key (page_id, number)
);

create table group_tags (
    -- The tags that a group offers for its posts; `name` is what the hashtag says.
    group_id bigint not null references actors (id) on delete cascade,
    name text not null check (name ~ '^[a-z0-9_]{1,60}$'),
    label text not null check (length(label) between 1 and 60),
    tone text not null default 'plain' check (tone in ('plain', 'leaf', 'clay', 'sky', 'dusk')),
    position integer not null default 0,
    primary key (group_id, name)
);

create table sister_groups (
    group_id bigint not null references actors (id) on delete cascade,
    sister_id bigint not null references actors (id) on delete cascade,
    added_at timestamptz not null default now(),
    primary key (group_id, sister_id),
    check (group_id <> sister_id)
);

create table topics (
    -- What somebody may need: the tree by which the directory is ordered.
    id bigint primary key,
    parent_id bigint references topics (id) on delete cascade,
    slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,79}$'),
    name text not null check (length(name) between 1 and 100),
    description text not null default '' check (length(description) <= 500),
    position integer not null default 0,
    check (parent_id is null or parent_id <> id)
);

create table group_topics (
    group_id bigint not null references actors (id) on delete cascade,
    topic_id bigint not null references topics (id) on delete cascade,
    primary key (group_id, topic_id)
);

create index group_topics_of_topic on group_topics (topic_id);

create table handovers (
    -- The owner of a group has offered it to another moderator, who has not answered yet.
    group_id bigint primary key references actors (id) on delete cascade,
    from_id bigint not null references actors (id) on delete cascade,
    to_id bigint not null references actors (id) on delete cascade,
    offered_at timestamptz not null default now()
);
