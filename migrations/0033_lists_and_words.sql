-- Lists that somebody keeps of whom they follow, what the community tells its members, its rules and its terms.

create table reading_lists (
    -- Numbers below 100 name the lists that everybody has (community/reading_lists.py); a group's list has the
    -- group's own number, which is far above any of these.
    id bigint generated always as identity (start with 100) primary key,
    actor_id bigint not null references actors (id) on delete cascade,
    title text not null check (length(title) between 1 and 200),
    replies_policy text not null default 'list' check (replies_policy in ('followed', 'list', 'none')),
    -- Whom it has is not in Home as well: kept in `follows.in_home`, so that Home need not ask here.
    exclusive boolean not null default false,
    made_at timestamptz not null default now(),
    unique (id, actor_id)
);
create index reading_lists_of on reading_lists (actor_id, id);

create table reading_list_members (
    -- Only whom one follows, and only as long as one does.
    id bigint generated always as identity unique,
    list_id bigint not null,
    owner_id bigint not null,
    member_id bigint not null,
    primary key (list_id, member_id),
    foreign key (list_id, owner_id) references reading_lists (id, actor_id) on delete cascade,
    foreign key (owner_id, member_id) references follows (follower_id, followed_id)
        on delete cascade on update cascade
);
create index reading_list_members_of on reading_list_members (owner_id, member_id);

create table dismissed_suggestions (
    -- Groups that somebody does not want to be pointed to again.
    actor_id bigint not null references actors (id) on delete cascade,
    suggested_id bigint not null references actors (id) on delete cascade,
    primary key (actor_id, suggested_id)
);

create table announcements (
    -- What the community tells its members, from when it is published until it ends or is taken back.
    id bigint generated always as identity primary key,
    source text not null check (length(source) between 1 and 5000),
    html text not null check (length(html) <= 50000),
    starts_at timestamptz,
    ends_at timestamptz,
    all_day boolean not null default false,
    published_at timestamptz not null,
    updated_at timestamptz not null,
    check (ends_at is null or starts_at is null or ends_at >= starts_at)
);

create table announcement_readers (
    announcement_id bigint not null references announcements (id) on delete cascade,
    actor_id bigint not null references actors (id) on delete cascade,
    primary key (announcement_id, actor_id)
);

create table announcement_reactions (
    announcement_id bigint not null references announcements (id) on delete cascade,
    actor_id bigint not null references actors (id) on delete cascade,
    emoji text not null check (length(emoji) between 1 and 40),
    reacted_at timestamptz not null default now(),
    primary key (announcement_id, actor_id, emoji)
);

-- One row of numbers for the rules of the community and of its groups: a report names them by these.
create sequence rule_numbers;

create table community_rules (
    id bigint primary key default nextval('rule_numbers'),
    position integer not null check (position between 1 and 40),
    title text not null check (length(title) between 1 and 200),
    details_source text not null default '' check (length(details_source) <= 5000),
    details_html text not null default '' check (length(details_html) <= 20000),
    -- A rule that was taken back stays, because reports name it.
    retired_at timestamptz
);
create index community_rules_in_force on community_rules (position) where retired_at is null;

alter table group_rules
    -- squawk-ignore adding-field-with-default
    add column id bigint not null default nextval('rule_numbers');
-- squawk-ignore require-concurrent-index-creation
create unique index group_rules_by_number on group_rules (id);

create table community_texts (
    -- How data is treated, and the terms; of the terms every version with the day from which it holds.
    kind text not null check (kind in ('privacy', 'terms')),
    effective_on date not null,
    source text not null check (length(source) between 1 and 100000),
    html text not null check (length(html) <= 400000),
    updated_at timestamptz not null,
    primary key (kind, effective_on)
);

alter table community
    -- When `about` was last changed.
    add column described_at timestamptz not null default now();

alter table reports
    -- In the words of apps; `rule` says in words what `rule_numbers` name, as it was when it was reported.
    add column category text not null default 'other'
        check (category in ('spam', 'legal', 'violation', 'other')),
    add column rule_numbers bigint[] not null default '{}',
    -- Whom it is about, where it is about somebody as a whole.
    add column about_id bigint;
alter table reports
    add constraint reports_about foreign key (about_id) references actors (id) on delete set null not valid;
