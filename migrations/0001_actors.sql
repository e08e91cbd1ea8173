-- Who there is: people, groups and servers, ours and others', their keys, and who follows whom.

create table community (
    -- The one row that describes this community.
    only_row boolean primary key default true check (only_row),
    title text not null check (length(title) <= 200),
    tagline text not null default '' check (length(tagline) <= 500),
    about_source text not null default '' check (length(about_source) <= 50000),
    about_html text not null default '' check (length(about_html) <= 200000),
    epoch bigint not null,
    created_at timestamptz not null default now()
);

create table hosts (
    -- Other servers: what they run, and the circuit that opens when they stop answering.
    name text primary key check (length(name) between 1 and 260),
    software text check (length(software) <= 100),
    software_version text check (length(software_version) <= 100),
    nodeinfo_at timestamptz,
    first_seen_at timestamptz not null default now(),
    last_inbound_at timestamptz,
    last_success_at timestamptz,
    last_failure_at timestamptz,
    last_error text check (length(last_error) <= 500),
    failures integer not null default 0 check (failures >= 0),
    -- The circuit: open since, not called before, and closed again since.
    opened_at timestamptz,
    paused_until timestamptz,
    recovered_at timestamptz,
    leased_until timestamptz not null default '-infinity',
    -- When the host next has something due; the end of the lease while it is leased.
    next_due_at timestamptz,
    signature_style text not null default 'cavage' check (signature_style in ('cavage', 'rfc9421')),
    signature_style_until timestamptz,
    blocked_us_at timestamptz
);

-- The scheduler asks "which host has something due and may be leased".
create index hosts_due on hosts (next_due_at) where next_due_at is not null;

create table actors (
    id bigint primary key,
    uri text not null unique check (length(uri) <= 2048),
    type text not null check (type in ('Person', 'Group', 'Application', 'Service', 'Organization')),
    is_local boolean not null,
    name text not null check (length(name) <= 2048),
    host text not null check (length(host) <= 260),
    display_name text not null default '' check (length(display_name) <= 2048),
    summary_html text not null default '' check (length(summary_html) <= 200000),
    summary_source text not null default '' check (length(summary_source) <= 50000),
    url text check (length(url) <= 2048),
    icon_url text check (length(icon_url) <= 2048),
    inbox_url text check (length(inbox_url) <= 2048),
    shared_inbox_url text check (length(shared_inbox_url) <= 2048),
    outbox_url text check (length(outbox_url) <= 2048),
    followers_url text check (length(followers_url) <= 2048),
    moderators_url text check (length(moderators_url) <= 2048),
    featured_url text check (length(featured_url) <= 2048),
    approves_followers boolean not null default false,
    discoverable boolean not null default false,
    indexable boolean not null default false,
    also_known_as text[] not null default '{}',
    moved_to text check (length(moved_to) <= 2048),
    handle_confirmed boolean not null default false,
    -- 'gone' is for ever: a name that was deleted is never given out again (O17).
    state text not null default 'active' check (state in ('active', 'suspended', 'gone')),
    published_at timestamptz,
    created_at timestamptz not null default now(),
    fetched_at timestamptz,
    gone_at timestamptz
);

-- People and groups share one name space, so that WebFinger has exactly one answer.
create unique index actors_local_name on actors (name) where is_local;
create index actors_by_host on actors (host);

create table actor_keys (
    id text primary key check (length(id) <= 2048),
    actor_id bigint not null references actors (id) on delete cascade,
    algorithm text not null check (algorithm in ('rsa', 'ed25519')),
    public_key text not null check (length(public_key) <= 8192),
    -- Encrypted with the key in FS_SECRET_KEY_FILE; only for our own actors.
    private_key bytea,
    created_at timestamptz not null default now(),
    fetched_at timestamptz not null default now(),
    retired_at timestamptz
);

create index actor_keys_by_actor on actor_keys (actor_id);

create table groups (
    actor_id bigint primary key references actors (id) on delete cascade,
    joining text not null default 'open' check (joining in ('open', 'approval', 'invite')),
    seeing text not null default 'everyone' check (seeing in ('everyone', 'members')),
    speaking text not null default 'everyone' check (speaking in ('everyone', 'members', 'moderators')),
    reach text not null default 'open' check (reach in ('open', 'quiet', 'members', 'sealed')),
    rules_source text not null default '' check (length(rules_source) <= 50000),
    rules_html text not null default '' check (length(rules_html) <= 200000),
    position integer not null default 0
);

create table group_moderators (
    group_id bigint not null references actors (id) on delete cascade,
    actor_id bigint not null references actors (id) on delete cascade,
    added_at timestamptz not null default now(),
    primary key (group_id, actor_id)
);

create table follows (
    follower_id bigint not null references actors (id) on delete cascade,
    followed_id bigint not null references actors (id) on delete cascade,
    state text not null check (state in ('pending', 'accepted')),
    -- Every id under which this follow was asked for: an Undo names one of them.
    activity_uris text[] not null,
    created_at timestamptz not null default now(),
    accepted_at timestamptz,
    primary key (follower_id, followed_id)
);

create index follows_of on follows (followed_id, state, follower_id);

create table blocks (
    -- `blocker` does not want `blocked` in `target` (a group), or at all (target = blocker).
    blocker_uri text not null check (length(blocker_uri) <= 2048),
    blocked_uri text not null check (length(blocked_uri) <= 2048),
    target_uri text not null check (length(target_uri) <= 2048),
    activity_uri text not null check (length(activity_uri) <= 2048),
    reason text not null default '' check (length(reason) <= 5000),
    ends_at timestamptz,
    created_at timestamptz not null default now(),
    primary key (blocker_uri, blocked_uri, target_uri)
);

create index blocks_of on blocks (blocked_uri, target_uri);
