-- What leaves: our own activities, kept fetchable by their id, and one delivery for each inbox.

create table activities (
    id bigint primary key,
    uri text not null unique check (length(uri) <= 2048),
    actor_id bigint not null references actors (id),
    type text not null check (length(type) <= 60),
    object_uri text not null check (length(object_uri) <= 2048),
    -- Whose outbox shows it; others can fetch it only by id.
    is_public boolean not null,
    body text not null check (length(body) <= 1048576),
    created_at timestamptz not null default now(),
    undone_at timestamptz
);

create index activities_of_actor on activities (actor_id, id desc) where is_public;
create index activities_about on activities (object_uri, actor_id, type);

create table deliveries (
    id bigint generated always as identity primary key,
    activity_id bigint not null references activities (id) on delete cascade,
    actor_id bigint not null references actors (id),
    host text not null check (length(host) <= 260),
    inbox_url text not null check (length(inbox_url) <= 2048),
    -- What must arrive in order: everything about one object goes to one host one after the other.
    object_uri text not null check (length(object_uri) <= 2048),
    state text not null default 'waiting' check (state in ('waiting', 'delivered', 'refused', 'expired')),
    attempts integer not null default 0,
    created_at timestamptz not null default now(),
    due_at timestamptz not null default now(),
    finished_at timestamptz,
    last_status integer,
    last_error text check (length(last_error) <= 500),
    unique (activity_id, inbox_url)
);

create index deliveries_waiting on deliveries (host, id) where state = 'waiting';
create index deliveries_order on deliveries (host, object_uri, id) where state = 'waiting';
create index deliveries_old on deliveries (finished_at) where state <> 'waiting';

-- What waits and is not held back by anything earlier about the same object: an earlier activity for the
-- same inbox, or for another inbox of that host where it was never tried. (One that was tried in vain must
-- not hold up its neighbours: GoToSocial answers 500 for the inbox of somebody who is gone.)
create view deliveries_next as
    select d.* from deliveries d
     where d.state = 'waiting'
       and not exists (
           select from deliveries earlier
            where earlier.host = d.host and earlier.object_uri = d.object_uri and earlier.state = 'waiting'
              and earlier.id < d.id and earlier.activity_id <> d.activity_id
              and (earlier.inbox_url = d.inbox_url or earlier.attempts = 0));

create table host_wakes (
    -- "This host has something new to be told." Only ever inserted by those who publish, so that a long
    -- transaction never holds a row of `hosts` that a worker or another publisher waits for.
    id bigint generated always as identity primary key,
    host text not null check (length(host) <= 260)
);
