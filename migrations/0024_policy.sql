-- Policy that can be tried before it is saved: rules and lists, their history, what is held, what was severed.

-- The rules, word lists and ways of a community at one moment, as canonical JSON; many versions share one.
create table policy_documents (
    digest text primary key check (length(digest) = 64),
    body text not null check (length(body) <= 16777216),
    made_at timestamptz not null default now()
);

alter table policy_versions
    -- Null: as in the version before (only domains or lists have changed).
    add column document text,
    -- change: by a person · undo: a person took one back · list: a subscription · expiry: its day had come
    add column kind text not null default 'change' check (kind in ('change', 'undo', 'list', 'expiry')),
    -- instance, or group:NAME for what a group's moderators did.
    add column scope text not null default 'instance' check (length(scope) <= 60),
    -- The version that was taken back.
    add column undoes integer;
alter table policy_versions
    add constraint policy_versions_document foreign key (document) references policy_documents (digest) not valid;

create table policy_changes (
    -- What a version changed beside the document: before and after, so that it can be taken back.
    version integer not null references policy_versions (version) on delete cascade,
    kind text not null check (kind in ('domain', 'exclude', 'list')),
    key text not null check (length(key) <= 2048),
    before jsonb,
    after jsonb,
    primary key (version, kind, key)
);

create table policy_drafts (
    -- What somebody is writing and has not applied: the document of one scope.
    account_id bigint not null references accounts (id) on delete cascade,
    scope text not null check (length(scope) <= 60),
    body text not null check (length(body) <= 16777216),
    based_on integer not null,
    saved_at timestamptz not null default now(),
    primary key (account_id, scope)
);

create table policy_tries (
    -- A draft that is run over what has arrived; `report` when it is done.
    id bigint primary key,
    account_id bigint references accounts (id) on delete cascade,
    scope text not null check (length(scope) <= 60),
    body text not null check (length(body) <= 16777216),
    -- Changes to domains that are tried along, as in `policy_changes`.
    domains jsonb not null default '[]',
    since timestamptz not null,
    state text not null default 'waiting' check (state in ('waiting', 'running', 'done', 'failed')),
    total integer not null default 0,
    done integer not null default 0,
    report jsonb,
    error text not null default '' check (length(error) <= 1000),
    made_at timestamptz not null default now(),
    finished_at timestamptz,
    leased_until timestamptz not null default '-infinity'
);

create index policy_tries_due on policy_tries (id) where state in ('waiting', 'running');

-- Domains. What was set by hand; what lists say; `domain_levels` is what follows from both (policy/precedence.py).
create table domain_entries (
    domain text primary key check (length(domain) between 1 and 253),
    level text not null check (level in ('trusted', 'allowed', 'default', 'limited', 'held', 'blocked')),
    no_media boolean not null default false,
    no_reports boolean not null default false,
    public_reason text not null default '' check (length(public_reason) <= 1000),
    private_note text not null default '' check (length(private_note) <= 5000),
    -- How the public page names it: in full, in part, or only as one of a number.
    shown text not null default 'open' check (shown in ('open', 'partly', 'hidden')),
    -- The last day on which it holds; the day on which somebody should look at it again.
    expires_on date,
    review_on date,
    set_by bigint references accounts (id),
    set_at timestamptz not null default now()
);

insert into domain_entries (domain, level, public_reason, private_note, set_by, set_at)
select domain, level, public_reason, private_note, set_by, set_at from domain_levels;

create index domain_entries_expiring on domain_entries (expires_on) where expires_on is not null;

create table domain_excludes (
    -- No list says anything about these domains and those below them.
    domain text primary key check (length(domain) between 1 and 253),
    note text not null default '' check (length(note) <= 5000),
    set_by bigint references accounts (id),
    set_at timestamptz not null default now()
);

create table domain_lists (
    -- Lists that are fetched by themselves.
    id bigint primary key,
    name text not null unique check (name ~ '^[a-z0-9][a-z0-9-]{0,59}$'),
    url text not null check (length(url) <= 2048),
    format text not null default 'auto' check (format in ('auto', 'csv', 'json', 'text', 'fires')),
    -- The higher goes before the lower.
    priority integer not null default 100 check (priority between 0 and 255),
    hours integer not null default 24 check (hours between 1 and 720),
    -- Each change waits for a person.
    drafts boolean not null default true,
    -- Counts only where enough lists of this kind agree.
    together boolean not null default false,
    -- What the list takes back is lifted; if not, it stays until somebody lifts it.
    lifts_retracted boolean not null default true,
    -- The most severe level that this list can set here.
    most text not null default 'blocked' check (most in ('limited', 'held', 'blocked')),
    is_on boolean not null default true,
    etag text check (length(etag) <= 500),
    -- Where a FIRES dataset is to be read on from.
    cursor text check (length(cursor) <= 2048),
    next_fetch_at timestamptz not null default now(),
    fetched_at timestamptz,
    changed_at timestamptz,
    failures integer not null default 0,
    failure text not null default '' check (length(failure) <= 1000),
    leased_until timestamptz not null default '-infinity',
    added_by bigint references accounts (id),
    added_at timestamptz not null default now()
);

create table list_entries (
    list_id bigint not null references domain_lists (id) on delete cascade,
    domain text not null check (length(domain) between 1 and 253),
    level text not null check (level in ('trusted', 'allowed', 'default', 'limited', 'held', 'blocked')),
    no_media boolean not null default false,
    no_reports boolean not null default false,
    public_reason text not null default '' check (length(public_reason) <= 1000),
    -- The list says it no longer, and it is kept all the same.
    retracted_at timestamptz,
    primary key (list_id, domain)
);

create index list_entries_of_domain on list_entries (domain);

create table list_changes (
    -- What a list wanted to change: the drafts that wait, and the history.
    id bigint primary key,
    list_id bigint not null references domain_lists (id) on delete cascade,
    domain text not null check (length(domain) between 1 and 253),
    kind text not null check (kind in ('add', 'change', 'retract')),
    before jsonb,
    after jsonb,
    state text not null check (state in ('waiting', 'applied', 'declined', 'overtaken')),
    seen_at timestamptz not null default now(),
    decided_at timestamptz,
    decided_by bigint references accounts (id)
);

create unique index list_changes_waiting on list_changes (list_id, domain) where state = 'waiting';
create index list_changes_of on list_changes (list_id, id desc);

create table list_fetches (
    -- What each fetch came to: the numbers and what was skipped and why.
    id bigint primary key,
    list_id bigint not null references domain_lists (id) on delete cascade,
    fetched_at timestamptz not null default now(),
    outcome text not null check (outcome in ('unchanged', 'changed', 'waits', 'failed', 'too-small')),
    numbers jsonb not null default '{}',
    message text not null default '' check (length(message) <= 1000)
);

create index list_fetches_of on list_fetches (list_id, id desc);

alter table domain_levels
    add column no_media boolean not null default false,
    add column no_reports boolean not null default false,
    add column shown text not null default 'open' check (shown in ('open', 'partly', 'hidden')),
    -- Whether it lets a domain in where only those on the list are let in.
    add column admits boolean not null default false,
    -- Null: by hand.
    add column list_id bigint;
alter table domain_levels drop constraint domain_levels_level_check;
alter table domain_levels
    add constraint domain_levels_level
        check (level in ('trusted', 'allowed', 'default', 'limited', 'held', 'blocked')) not valid;
update domain_levels set admits = level <> 'blocked';

alter table community
    -- open: all but the blocked are let in · allow-list: only those who are on the list
    add column federation_mode text not null default 'open' check (federation_mode in ('open', 'allow-list'));

-- Follows that end because a server is blocked: after a grace period, on the record, offered again when it is lifted.
create table severances (
    id bigint primary key,
    domain text not null check (length(domain) between 1 and 253),
    state text not null default 'waiting' check (state in ('waiting', 'undone', 'done', 'lifted')),
    blocked_at timestamptz not null,
    severs_at timestamptz not null,
    ended_at timestamptz,
    by_id bigint references accounts (id)
);

create unique index severances_standing on severances (domain) where state in ('waiting', 'done');
create index severances_due on severances (severs_at) where state = 'waiting';

create table severed_follows (
    severance_id bigint not null references severances (id) on delete cascade,
    follower_id bigint not null references actors (id) on delete cascade,
    followed_id bigint not null references actors (id) on delete cascade,
    severed_at timestamptz not null,
    -- Whether the member has joined again or wants to hear no more of it.
    answer text check (answer in ('joined', 'dismissed')),
    primary key (severance_id, follower_id, followed_id)
);

create index severed_follows_of on severed_follows (follower_id);

create table member_notices (
    -- What a member is told in plain words about something that concerns them. `data` has names, never texts.
    id bigint primary key,
    account_id bigint not null references accounts (id) on delete cascade,
    kind text not null check (length(kind) <= 60),
    data jsonb not null default '{}',
    made_at timestamptz not null default now(),
    read_at timestamptz
);

create index member_notices_of on member_notices (account_id, id desc) where read_at is null;

-- What waits for a moderator.
alter table inbox
    -- A moderator let it in: it is processed again, and no rule holds it a second time.
    add column released_at timestamptz;
alter table inbox drop constraint inbox_state_check;
alter table inbox
    add constraint inbox_state
        check (state in ('unverified', 'waiting', 'done', 'refused', 'parked', 'held')) not valid;

create table holds (
    -- post: a new post in state `held` · edit: a member's changed words for a live post · arrival: any other
    -- activity, kept in the inbox in state `held`
    id bigint primary key,
    kind text not null check (kind in ('post', 'edit', 'arrival')),
    post_id bigint references posts (id) on delete cascade,
    inbox_id bigint references inbox (id) on delete set null,
    group_id bigint references actors (id) on delete cascade,
    actor_uri text not null check (length(actor_uri) <= 2048),
    decision_id bigint,
    rules text[] not null default '{}',
    reason text not null default '' check (length(reason) <= 1000),
    -- The changed words of an edit that waits.
    words jsonb,
    -- returned: its author was asked to change it, and may send it again
    state text not null default 'waiting'
        check (state in ('waiting', 'accepted', 'amended', 'returned', 'refused', 'withdrawn')),
    held_at timestamptz not null default now(),
    decided_at timestamptz,
    decided_by bigint,
    -- What the author is told.
    note text not null default '' check (length(note) <= 2000)
);

create unique index holds_of_post on holds (post_id, kind) where state in ('waiting', 'returned');
create unique index holds_of_arrival on holds (inbox_id) where state = 'waiting';
create index holds_waiting on holds (group_id, held_at) where state = 'waiting';
create index holds_by_actor on holds (actor_uri, state);
create index holds_decided on holds (group_id, decided_at) where decided_at is not null;

insert into holds (id, kind, post_id, group_id, actor_uri, held_at)
select p.id, 'post', p.id, p.group_id, a.uri, p.received_at
  from posts p join actors a on a.id = p.author_id
 where p.state = 'held';

-- Every decision with the facts that it was made of, so that a change can be tried on them.
alter table decisions
    add column object_uri text not null default '' check (length(object_uri) <= 2048),
    -- The name of our group that it was for.
    add column group_name text not null default '' check (length(group_name) <= 60),
    -- The words, for as long as FS_FACTS_TEXT_DAYS says; gone at once when their author deletes them.
    add column words text check (length(words) <= 100000);

-- squawk-ignore require-concurrent-index-creation
create index decisions_by_actor on decisions (actor_uri, id desc);
-- squawk-ignore require-concurrent-index-creation
create index decisions_about on decisions (object_uri) where object_uri <> '';
-- squawk-ignore require-concurrent-index-creation
create index decisions_of_group on decisions (group_name, id desc) where group_name <> '';
-- squawk-ignore require-concurrent-index-creation
create index decisions_with_words on decisions (id) where words is not null;
-- squawk-ignore require-concurrent-index-creation
create index decisions_old on decisions (decided_at);
