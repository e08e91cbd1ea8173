-- What a member does not want to read unwarned; and what rings on their devices.

create table filters (
    -- `contexts`: where it counts.
    id bigint generated always as identity primary key,
    actor_id bigint not null references actors (id) on delete cascade,
    title text not null check (length(title) between 1 and 300),
    contexts text[] not null check (
        cardinality(contexts) between 1 and 5
        and contexts <@ array['home', 'notifications', 'public', 'thread', 'account']
    ),
    action text not null check (action in ('warn', 'hide', 'blur')),
    ends_at timestamptz
);
create index filters_of on filters (actor_id);

create table filter_keywords (
    id bigint generated always as identity primary key,
    filter_id bigint not null references filters (id) on delete cascade,
    keyword text not null check (length(keyword) between 1 and 512),
    whole_word boolean not null
);
create index filter_keywords_of on filter_keywords (filter_id);

create table filter_posts (
    id bigint generated always as identity primary key,
    filter_id bigint not null references filters (id) on delete cascade,
    post_id bigint not null references posts (id) on delete cascade,
    unique (filter_id, post_id)
);
create index filter_posts_of on filter_posts (post_id);

create table server_keys (
    -- Keys of the server itself, each made once and never changed. The private half is sealed with the key in
    -- FS_SECRET_KEY_FILE.
    purpose text primary key check (length(purpose) between 1 and 60),
    public_key text not null check (length(public_key) <= 8192),
    private_key bytea not null,
    made_at timestamptz not null default now()
);

create table push_subscriptions (
    -- Where an application wants to be rung (RFC 8030): one for each token, gone with it.
    id bigint generated always as identity primary key,
    grant_id bigint not null unique references access_tokens (id) on delete cascade,
    -- As whom the application acts: what comes for them rings.
    actor_id bigint not null references actors (id) on delete cascade,
    account_id bigint not null references accounts (id) on delete cascade,
    endpoint text not null check (length(endpoint) <= 2048),
    public_key bytea not null check (length(public_key) = 65),
    auth_secret bytea not null check (length(auth_secret) = 16),
    -- The token, sealed: applications find by it for whom a ring is.
    sealed_token bytea not null check (length(sealed_token) <= 1000),
    -- Whether it reads RFC 8291; the others read the draft before it.
    is_standard boolean not null,
    policy text not null check (policy in ('all', 'followed', 'follower', 'none')),
    alerts text[] not null check (cardinality(alerts) <= 40),
    -- In which language its rings are worded.
    language text not null default 'en' check (length(language) <= 35),
    made_at timestamptz not null default now()
);
create index push_subscriptions_of on push_subscriptions (actor_id);
create index push_subscriptions_of_account on push_subscriptions (account_id);

create table push_jobs (
    -- One ring that is to be sent to one device.
    id bigint generated always as identity primary key,
    subscription_id bigint not null references push_subscriptions (id) on delete cascade,
    notification_id bigint not null,
    kind text not null check (length(kind) between 1 and 60),
    -- Who did it, and the post that it is about.
    from_id bigint references actors (id) on delete cascade,
    post_id bigint references posts (id) on delete cascade,
    made_at timestamptz not null,
    -- When it is next to be tried; a worker that takes it moves this on.
    due_at timestamptz not null,
    tries integer not null default 0,
    -- It came in the quiet hours: those that waited ring together, once.
    is_late boolean not null default false
);
create index push_jobs_due on push_jobs (due_at);
create index push_jobs_of on push_jobs (subscription_id);
create index push_jobs_from on push_jobs (from_id);
create index push_jobs_about on push_jobs (post_id);

create table push_wishes (
    -- What a member wants of rings; who has no row here is rung at any hour, in neutral words.
    account_id bigint primary key references accounts (id) on delete cascade,
    shows_words boolean not null default false,
    quiet_from time,
    quiet_until time,
    time_zone text not null default 'UTC' check (length(time_zone) <= 60),
    check ((quiet_from is null) = (quiet_until is null)),
    check (quiet_from <> quiet_until)
);
