-- Applications that members use, and what they have been allowed.

create table applications (
    -- What an application says of itself; nothing of it is proved.
    id bigint generated always as identity primary key,
    name text not null check (length(name) between 1 and 200),
    website text check (length(website) <= 2000),
    -- Kept to the letter: a code goes only to an address that is the same in every character.
    redirect_uris text[] not null check (cardinality(redirect_uris) between 1 and 20),
    scopes text[] not null check (cardinality(scopes) <= 100),
    client_id text not null unique check (length(client_id) between 20 and 100),
    secret_hash bytea not null check (length(secret_hash) = 32),
    made_at timestamptz not null default now(),
    used_at timestamptz
);

create table authorization_codes (
    -- SHA-256 of the code. Used once; a second use takes back what the first was given (RFC 6749, 4.1.2).
    code_hash bytea primary key check (length(code_hash) = 32),
    application_id bigint not null references applications (id) on delete cascade,
    account_id bigint not null references accounts (id) on delete cascade,
    -- As whom the application will act: the member, or a group that they look after.
    actor_id bigint not null references actors (id) on delete cascade,
    redirect_uri text not null check (length(redirect_uri) <= 2000),
    scopes text[] not null,
    -- PKCE, S256 (RFC 7636).
    challenge text check (length(challenge) <= 128),
    made_at timestamptz not null,
    used_at timestamptz
);

create table access_tokens (
    id bigint generated always as identity primary key,
    -- SHA-256 of the token: a stolen dump lets nobody in.
    token_hash bytea not null unique check (length(token_hash) = 32),
    -- None: made by command.
    application_id bigint references applications (id) on delete cascade,
    -- None: the application itself, without a person.
    account_id bigint references accounts (id) on delete cascade,
    actor_id bigint references actors (id) on delete cascade,
    scopes text[] not null,
    code_hash bytea references authorization_codes (code_hash) on delete set null,
    made_at timestamptz not null default now(),
    used_at timestamptz,
    check ((account_id is null) = (actor_id is null)),
    check (application_id is not null or account_id is not null)
);
create index access_tokens_of_account on access_tokens (account_id);
create index access_tokens_of_application on access_tokens (application_id);
create index access_tokens_of_code on access_tokens (code_hash);
