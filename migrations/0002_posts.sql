-- What is said: posts in threads, their history, what people answered them with, and what is gone.

create table posts (
    id bigint primary key,
    uri text not null unique check (length(uri) <= 2048),
    -- The random id in the URL of our page about it, and in the post's own id if it is from here.
    public_id text not null unique default replace(gen_random_uuid()::text, '-', '')
        check (length(public_id) = 32),
    author_id bigint not null references actors (id),
    group_id bigint references actors (id),
    -- The first post of the thread; its own id for that post, and for a reply whose parent is missing.
    root_id bigint not null references posts (id) deferrable initially deferred,
    parent_id bigint references posts (id) deferrable initially deferred,
    in_reply_to text check (length(in_reply_to) <= 2048),
    type text not null default 'Note' check (length(type) <= 60),
    title text not null default '' check (length(title) <= 400),
    content_html text not null check (length(content_html) <= 400000),
    source text check (length(source) <= 50000),
    content_warning text not null default '' check (length(content_warning) <= 1000),
    sensitive boolean not null default false,
    language text check (length(language) <= 35),
    reach text not null check (reach in ('open', 'quiet', 'members', 'sealed')),
    state text not null default 'live' check (state in ('live', 'held', 'hidden', 'deleted')),
    url text check (length(url) <= 2048),
    attachments jsonb not null default '[]',
    mentions jsonb not null default '[]',
    published_at timestamptz not null,
    received_at timestamptz not null default now(),
    edited_at timestamptz,
    -- Who took the post out of view: only they, or a moderator here, bring it back.
    hidden_by bigint references actors (id),
    -- For a root: when the thread last had something new that is live.
    active_at timestamptz not null
);

create index posts_threads_of_group on posts (group_id, active_at desc, id desc)
    where root_id = id and state = 'live';
create index posts_of_thread on posts (root_id, published_at, id);
create index posts_of_author on posts (author_id, id desc);
create index posts_waiting_for_parent on posts (in_reply_to) where parent_id is null and in_reply_to is not null;
create index posts_by_parent on posts (parent_id);
create index posts_not_live on posts (state, id desc) where state in ('held', 'hidden');

create table post_versions (
    -- What a post said before each edit.
    post_id bigint not null references posts (id) on delete cascade,
    edited_at timestamptz not null,
    title text not null,
    content_html text not null,
    source text,
    content_warning text not null,
    primary key (post_id, edited_at)
);

create table reactions (
    -- Keyed by what was reacted to, not by our row: a Like may arrive before its post.
    actor_id bigint not null references actors (id) on delete cascade,
    object_uri text not null check (length(object_uri) <= 2048),
    kind text not null check (length(kind) between 1 and 64),
    activity_uri text not null check (length(activity_uri) <= 2048),
    created_at timestamptz not null default now(),
    primary key (actor_id, object_uri, kind)
);

create index reactions_to on reactions (object_uri);

create table boosts (
    -- Announces by others of something: kept so that their Undo finds them.
    actor_id bigint not null references actors (id) on delete cascade,
    object_uri text not null check (length(object_uri) <= 2048),
    activity_uris text[] not null,
    created_at timestamptz not null default now(),
    primary key (actor_id, object_uri)
);

create table tombstones (
    -- What was deleted, and by whom: a late Create of it stores nothing.
    uri text not null check (length(uri) <= 2048),
    by_uri text not null check (length(by_uri) <= 2048),
    former_type text not null default 'Note' check (length(former_type) <= 60),
    deleted_at timestamptz not null default now(),
    -- A neighbour on the same server cannot take the place of the author's own deletion.
    primary key (uri, by_uri)
);

create table undone (
    -- Activities whose Undo has arrived, perhaps before themselves.
    activity_uri text not null check (length(activity_uri) <= 2048),
    by_uri text not null check (length(by_uri) <= 2048),
    created_at timestamptz not null default now(),
    primary key (activity_uri, by_uri)
);

create table pins (
    group_id bigint not null references actors (id) on delete cascade,
    object_uri text not null check (length(object_uri) <= 2048),
    pinned_at timestamptz not null default now(),
    primary key (group_id, object_uri)
);

create table reports (
    id bigint primary key,
    activity_uri text unique check (length(activity_uri) <= 2048),
    reporter_uri text not null check (length(reporter_uri) <= 2048),
    object_uris text[] not null,
    reason text not null default '' check (length(reason) <= 5000),
    state text not null default 'open' check (state in ('open', 'closed')),
    created_at timestamptz not null default now(),
    closed_at timestamptz,
    closed_by bigint references actors (id)
);

create index reports_open on reports (created_at) where state = 'open';

-- The one answer to "may this viewer see this post" (community/visibility.py). An expression without
-- sub-selects, so that the planner inlines it. `member_of`: the groups whose members see together.
create function may_see(
    state text, reach text, group_id bigint, author_id bigint,
    viewer bigint, member_of bigint[], is_staff boolean
) returns boolean language sql immutable parallel safe as $$
    select case
        when state = 'live' then
            reach in ('open', 'quiet')
            or coalesce(author_id = viewer, false)
            or coalesce(group_id = any (member_of), false)
        when state in ('held', 'hidden') then is_staff or coalesce(author_id = viewer, false)
        else false
    end
$$;
