-- What a group says before one goes in, once to each member, and beside the box in which one writes.

alter table groups
    add column entry_source text not null default '' check (length(entry_source) <= 2000),
    add column entry_html text not null default '' check (length(entry_html) <= 20000),
    add column posting_source text not null default '' check (length(posting_source) <= 2000),
    add column posting_html text not null default '' check (length(posting_html) <= 20000);

create or replace view our_groups as
    select a.*, g.joining, g.seeing, g.speaking, g.reach, g.rules_source, g.rules_html, g.position,
           g.default_reach, g.life, g.join_questions, g.rules_version, g.wiki_editors, g.offers_tags,
           g.entry_source, g.entry_html, g.posting_source, g.posting_html
      from groups g
      join actors a on a.id = g.actor_id;

create table entry_notices_seen (
    -- Who has read what a group says before one goes in; emptied when that changes.
    group_id bigint not null references actors (id) on delete cascade,
    actor_id bigint not null references actors (id) on delete cascade,
    seen_at timestamptz not null default now(),
    primary key (group_id, actor_id)
);
