-- Looking for the rest of a thread on the servers that it is spread over.

create table gatherings (
    -- One search at a time for each thread; the row stays, so that the next one comes not too soon.
    root_id bigint primary key references posts (id) on delete cascade,
    state text not null check (state in ('waiting', 'running', 'done', 'failed')),
    -- Collections and posts that are still to be looked at, and where in them the search is.
    cursor jsonb not null default '{}',
    fetched integer not null default 0 check (fetched >= 0),
    found integer not null default 0 check (found >= 0),
    asked_at timestamptz not null default now(),
    due_at timestamptz not null default now(),
    leased_until timestamptz not null default '-infinity',
    finished_at timestamptz,
    last_error text not null default '' check (length(last_error) <= 500)
);

create index gatherings_due on gatherings (due_at) where state in ('waiting', 'running');
