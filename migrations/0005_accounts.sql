-- Members of this community: how they sign in, what they may do, and what was done in their name.

create table accounts (
    id bigint primary key,
    actor_id bigint not null unique references actors (id),
    email text check (length(email) <= 254),
    password_hash text check (length(password_hash) <= 400),
    role text not null default 'member' check (role in ('owner', 'admin', 'moderator', 'member')),
    state text not null check (state in ('waiting', 'active', 'disabled', 'declined')),
    -- What they wrote when they asked to join; deleted with the decision's retention.
    request text not null default '' check (length(request) <= 5000),
    created_at timestamptz not null default now(),
    decided_at timestamptz,
    decided_by bigint references accounts (id)
);

create unique index accounts_email on accounts (lower(email)) where email is not null;
create index accounts_waiting on accounts (created_at) where state = 'waiting';

create table sessions (
    -- SHA-256 of the cookie's value: a stolen dump signs nobody in.
    token_hash bytea primary key check (length(token_hash) = 32),
    account_id bigint not null references accounts (id) on delete cascade,
    csrf_token text not null check (length(csrf_token) <= 64),
    created_at timestamptz not null default now(),
    seen_at timestamptz not null default now()
);

create index sessions_of on sessions (account_id);

create table sign_in_failures (
    -- Counted by name, in the database, so that every process sees them. Hashed: the name may be a slip.
    name_hash bytea not null check (length(name_hash) = 32),
    failed_at timestamptz not null default now()
);

create index sign_in_failures_of on sign_in_failures (name_hash, failed_at);

create table drafts (
    -- What someone was writing when their session ended.
    account_id bigint not null references accounts (id) on delete cascade,
    place text not null check (length(place) <= 300),
    title text not null default '' check (length(title) <= 400),
    source text not null default '' check (length(source) <= 50000),
    saved_at timestamptz not null default now(),
    primary key (account_id, place)
);

create table read_marks (
    -- How far a member has read a thread.
    account_id bigint not null references accounts (id) on delete cascade,
    root_id bigint not null references posts (id) on delete cascade,
    read_at timestamptz not null,
    primary key (account_id, root_id)
);

create table deeds (
    -- What moderators and admins did: who, what, to whom, why. Only ever added to.
    id bigint primary key,
    account_id bigint references accounts (id),
    deed text not null check (length(deed) <= 60),
    object text not null check (length(object) <= 2048),
    reason text not null default '' check (length(reason) <= 5000),
    done_at timestamptz not null default now()
);
