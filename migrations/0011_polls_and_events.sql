-- Posts that ask something or call people together, and threads that begin again and again.

create table polls (
    post_id bigint primary key references posts (id) on delete cascade,
    is_multiple boolean not null default false,
    -- Counts are shown only when the poll has ended.
    hides_totals boolean not null default true,
    ends_at timestamptz,
    closed_at timestamptz,
    -- How many have voted, as the poll's own server says; ours are counted from `poll_votes`.
    voters integer not null default 0 check (voters >= 0)
);

create index polls_ending on polls (ends_at) where closed_at is null and ends_at is not null;

create table poll_options (
    post_id bigint not null references polls (post_id) on delete cascade,
    position integer not null check (position between 0 and 19),
    name text not null check (length(name) between 1 and 200),
    -- As the poll's own server says.
    votes integer not null default 0 check (votes >= 0),
    primary key (post_id, position)
);

create table poll_votes (
    post_id bigint not null references polls (post_id) on delete cascade,
    position integer not null,
    actor_id bigint not null references actors (id) on delete cascade,
    activity_uri text not null check (length(activity_uri) <= 2048),
    voted_at timestamptz not null default now(),
    primary key (post_id, actor_id, position)
);

create table events (
    post_id bigint primary key references posts (id) on delete cascade,
    starts_at timestamptz not null,
    ends_at timestamptz,
    time_zone text not null default 'UTC' check (length(time_zone) <= 60),
    place text not null default '' check (length(place) <= 500),
    -- Only for people who were accepted; never serialised.
    join_link text not null default '' check (length(join_link) <= 2000),
    joining text not null default 'open' check (joining in ('open', 'approval')),
    most_people integer check (most_people between 1 and 10000),
    is_cancelled boolean not null default false
);

create index events_by_start on events (starts_at);

create table event_guests (
    post_id bigint not null references events (post_id) on delete cascade,
    actor_id bigint not null references actors (id) on delete cascade,
    state text not null check (state in ('asked', 'accepted', 'declined')),
    activity_uri text not null default '' check (length(activity_uri) <= 2048),
    asked_at timestamptz not null default now(),
    primary key (post_id, actor_id)
);

create table repeating_threads (
    id bigint primary key,
    group_id bigint not null references actors (id) on delete cascade,
    author_id bigint not null references actors (id) on delete cascade,
    title text not null check (length(title) between 1 and 200),
    source text not null check (length(source) between 1 and 20000),
    content_warning text not null default '' check (length(content_warning) <= 500),
    frequency text not null check (frequency in ('daily', 'weekly', 'monthly')),
    -- Monday is 0; for weekly ones.
    weekday integer check (weekday between 0 and 6),
    day_of_month integer check (day_of_month between 1 and 28),
    at_time time not null,
    time_zone text not null check (length(time_zone) <= 60),
    next_at timestamptz not null,
    is_paused boolean not null default false,
    last_post_id bigint references posts (id) on delete set null,
    created_at timestamptz not null default now()
);

create index repeating_threads_due on repeating_threads (next_at) where not is_paused;
