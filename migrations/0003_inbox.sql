-- What arrives: stored before it is acknowledged, decided on before anybody sees it.

create table inbox (
    id bigint primary key,
    activity_uri text not null check (length(activity_uri) <= 2048),
    actor_uri text not null check (length(actor_uri) <= 2048),
    type text not null check (length(type) <= 60),
    host text not null check (length(host) <= 260),
    -- unverified: the signature waits for its key · waiting: verified, not yet processed
    -- done · refused: by policy or by a handler, see `outcome` · parked: cannot be digested
    state text not null check (state in ('unverified', 'waiting', 'done', 'refused', 'parked')),
    -- Whether the signer is the actor. If not, the object is fetched from its origin.
    forwarded boolean not null default false,
    body bytea not null,
    -- The signed request without its body, while the signature is unverified.
    request bytea,
    outcome text not null default '' check (length(outcome) <= 1000),
    attempts integer not null default 0,
    received_at timestamptz not null,
    due_at timestamptz not null,
    leased_until timestamptz not null default '-infinity',
    processed_at timestamptz
);

-- Only what its own actor has signed takes a place in the list of ids seen: otherwise a stranger who guesses
-- an id could make us drop the real activity (federation notes 13.2).
create unique index inbox_seen on inbox (activity_uri) where state <> 'unverified' and not forwarded;
create index inbox_forwarded on inbox (activity_uri) where forwarded;
create index inbox_due on inbox (due_at, id) where state in ('unverified', 'waiting');
create index inbox_order on inbox (actor_uri, id) where state in ('unverified', 'waiting');
create index inbox_unverified_by_host on inbox (host) where state = 'unverified';
create index inbox_parked on inbox (id) where state = 'parked';
create index inbox_old on inbox (received_at) where state in ('done', 'refused');

create table decisions (
    -- Every judgement of policy, with its reason. `facts` are what the rules looked at.
    id bigint primary key,
    activity_uri text not null check (length(activity_uri) <= 2048),
    actor_uri text not null check (length(actor_uri) <= 2048),
    host text not null check (length(host) <= 260),
    activity_type text not null check (length(activity_type) <= 60),
    outcome text not null check (outcome in ('accept', 'hold', 'refuse', 'block')),
    amendments text[] not null default '{}',
    rules text[] not null,
    reason text not null check (length(reason) <= 1000),
    policy_version integer not null,
    facts jsonb not null default '{}',
    decided_at timestamptz not null default now()
);

create index decisions_by_activity on decisions (activity_uri);
create index decisions_by_host on decisions (host, id desc);

create table held_activities (
    -- The activity that brought a held post, word for word, for the group to announce if it is let in.
    post_id bigint primary key references posts (id) on delete cascade,
    body text not null check (length(body) <= 1048576)
);
