-- Asking to join, being invited, and the rules that one agrees to.

create table join_requests (
    id bigint primary key,
    group_id bigint not null references actors (id) on delete cascade,
    actor_id bigint not null references actors (id) on delete cascade,
    -- asked: the moderators have asked a question back and wait for the answer.
    -- removed: was a member, until the moderators ended it; `note` says why.
    state text not null default 'waiting'
        check (state in ('waiting', 'asked', 'approved', 'declined', 'withdrawn', 'removed')),
    -- [{"question": …, "answer": …}]; emptied 30 days after the decision.
    answers jsonb not null default '[]',
    -- The version of the rules that was agreed to; null where none were shown (a Follow from elsewhere).
    rules_version integer,
    -- What the moderators tell somebody whom they decline.
    note text not null default '' check (length(note) <= 2000),
    created_at timestamptz not null default now(),
    decided_at timestamptz,
    decided_by bigint references actors (id) on delete set null,
    emptied_at timestamptz
);

create unique index join_requests_open on join_requests (group_id, actor_id) where state in ('waiting', 'asked');
create index join_requests_of_actor on join_requests (actor_id, id desc);
create index join_requests_to_empty on join_requests (decided_at) where decided_at is not null and emptied_at is null;

create table join_request_messages (
    -- A question back and its answer; gone with the answers.
    id bigint primary key,
    request_id bigint not null references join_requests (id) on delete cascade,
    from_team boolean not null,
    author_id bigint references actors (id) on delete set null,
    text text not null check (length(text) <= 5000),
    -- The Note by which a question went to another server, so that the answer finds its way back.
    uri text unique check (length(uri) <= 2048),
    created_at timestamptz not null default now()
);

create index join_request_messages_of on join_request_messages (request_id, id);

create table invitations (
    id bigint primary key,
    group_id bigint not null references actors (id) on delete cascade,
    -- SHA-256 of the secret in the link; null for an invitation to one handle.
    code_hash bytea unique check (length(code_hash) = 32),
    -- `name@host`, in lower case: who follows under this handle is let in.
    handle text check (length(handle) <= 300),
    made_by bigint references actors (id) on delete set null,
    note text not null default '' check (length(note) <= 500),
    most_uses integer not null default 1 check (most_uses between 1 and 1000),
    uses integer not null default 0 check (uses >= 0 and uses <= most_uses),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz,
    check ((code_hash is null) <> (handle is null))
);

create index invitations_of_group on invitations (group_id, id desc);
create index invitations_by_handle on invitations (handle, group_id) where handle is not null;

create table invitation_uses (
    invitation_id bigint not null references invitations (id) on delete cascade,
    actor_id bigint not null references actors (id) on delete cascade,
    used_at timestamptz not null default now(),
    primary key (invitation_id, actor_id)
);

create table group_rules (
    -- Every version of the rules stays, because people have agreed to one of them.
    group_id bigint not null references actors (id) on delete cascade,
    version integer not null check (version > 0),
    position integer not null check (position between 1 and 40),
    title text not null check (length(title) between 1 and 200),
    details_source text not null default '' check (length(details_source) <= 5000),
    details_html text not null default '' check (length(details_html) <= 20000),
    primary key (group_id, version, position)
);

create table group_rule_versions (
    group_id bigint not null references actors (id) on delete cascade,
    version integer not null check (version > 0),
    made_by bigint references actors (id) on delete set null,
    why text not null default '' check (length(why) <= 1000),
    made_at timestamptz not null default now(),
    primary key (group_id, version)
);

create table rule_agreements (
    group_id bigint not null references actors (id) on delete cascade,
    actor_id bigint not null references actors (id) on delete cascade,
    version integer not null,
    agreed_at timestamptz not null default now(),
    primary key (group_id, actor_id, version)
);
