-- What people say of themselves and how they write, and what they keep for themselves about others.

alter table actors
    add column header_url text check (length(header_url) <= 2048),
    add column icon_alt text not null default '' check (length(icon_alt) <= 1500),
    add column header_alt text not null default '' check (length(header_alt) <= 1500),
    -- Lines of the table on a profile, in order: {name, source, html}; `source` is there for our own only.
    add column fields jsonb not null default '[]',
    add column is_bot boolean not null default false,
    -- Whom they follow and who follows them is for nobody else to read.
    add column hides_network boolean not null default true;
alter table actors
    add constraint actors_fields check (jsonb_array_length(fields) <= 50) not valid;

alter table accounts
    -- How a new post outside of groups goes out unless its author says otherwise.
    add column posting_reach text not null default 'quiet'
        check (posting_reach in ('open', 'quiet', 'followers', 'direct')),
    add column posting_sensitive boolean not null default false,
    add column posting_language text check (length(posting_language) <= 35);

create table personal_notes (
    -- What somebody has written down for themselves about somebody else.
    actor_id bigint not null references actors (id) on delete cascade,
    about_id bigint not null references actors (id) on delete cascade,
    note text not null check (length(note) between 1 and 2000),
    primary key (actor_id, about_id)
);

create table endorsements (
    -- Whom somebody points others to on their own profile.
    id bigint generated always as identity unique,
    actor_id bigint not null references actors (id) on delete cascade,
    endorsed_id bigint not null references actors (id) on delete cascade,
    primary key (actor_id, endorsed_id)
);
