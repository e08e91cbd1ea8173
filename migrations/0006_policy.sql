-- The community's own policy: the domain ladder and its versions.

create table policy_versions (
    version integer primary key,
    made_at timestamptz not null default now(),
    made_by bigint references accounts (id),
    why text not null default '' check (length(why) <= 5000)
);

insert into policy_versions (version, why) values (1, 'The policy that every community starts with');

create table domain_levels (
    domain text primary key check (length(domain) between 1 and 253),
    level text not null check (level in ('allowed', 'limited', 'held', 'blocked')),
    public_reason text not null default '' check (length(public_reason) <= 1000),
    private_note text not null default '' check (length(private_note) <= 5000),
    set_by bigint references accounts (id),
    set_at timestamptz not null default now()
);
