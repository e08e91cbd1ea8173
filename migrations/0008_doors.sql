-- Groups with doors that close: who joins, sees and speaks, how far words reach, and who is let in.

alter table groups
    -- How far a new post reaches unless its author says otherwise; null: as far as the group allows (`reach`).
    add column default_reach text check (default_reach in ('open', 'quiet', 'members', 'sealed')),
    -- Archived: everything stays readable, nobody joins or speaks.
    add column life text not null default 'running' check (life in ('running', 'archived')),
    add column join_questions text[] not null default '{}' check (cardinality(join_questions) <= 8),
    -- The version of the rules in force; 0 while there are none.
    add column rules_version integer not null default 0 check (rules_version >= 0),
    add column wiki_editors text not null default 'moderators' check (wiki_editors in ('moderators', 'members'));

alter table group_moderators
    -- The owner may hand over, archive, move and delete the group.
    add column is_owner boolean not null default false;

alter table posts
    add column tags text[] not null default '{}' check (cardinality(tags) <= 30),
    -- Nobody answers a locked post, nor anything below it.
    add column locked_at timestamptz,
    add column locked_by bigint,
    -- The collections where the post's own server keeps its thread and its answers.
    add column context_url text check (length(context_url) <= 2048),
    add column replies_url text check (length(replies_url) <= 2048);

alter table inbox
    -- The header of FEP-8fcf, if the signature covers it.
    add column synchronisation text check (length(synchronisation) <= 5000);

alter table reports
    add column group_id bigint,
    add column rule text not null default '' check (length(rule) <= 400),
    -- When the report was passed on to the server that it concerns, without naming who reported.
    add column forwarded_at timestamptz;
alter table reports
    add constraint reports_group foreign key (group_id) references actors (id) on delete set null not valid;

-- The one answer to "may this viewer see this post" (community/visibility.py). An expression without
-- sub-selects, so that the planner inlines it. `member_of`: the groups whose members see together; `moderates`:
-- the groups that the viewer looks after; `is_here`: whether the viewer is on this server. Another server asks
-- as a viewer without an id, who is a member of the groups that have approved members on that server.
create function may_see(
    state text, reach text, group_id bigint, author_id bigint,
    viewer bigint, member_of bigint[], moderates bigint[], is_staff boolean, is_here boolean
) returns boolean language sql immutable parallel safe as $$
    select case
        when state = 'live' then
            reach in ('open', 'quiet')
            or (is_here or reach = 'members')
               and (coalesce(author_id = viewer, false)
                    or coalesce(group_id = any (member_of), false)
                    or coalesce(group_id = any (moderates), false))
        when state in ('held', 'hidden') then
            is_staff
            or coalesce(group_id = any (moderates), false)
            or coalesce(author_id = viewer, false)
        else false
    end
$$;
drop function may_see(text, text, bigint, bigint, bigint, bigint[], boolean);

create or replace view our_groups as
    select a.*, g.joining, g.seeing, g.speaking, g.reach, g.rules_source, g.rules_html, g.position,
           g.default_reach, g.life, g.join_questions, g.rules_version, g.wiki_editors
      from groups g
      join actors a on a.id = g.actor_id;

drop view shown_posts;
create view shown_posts as
    select p.*, a.uri as author_uri, a.type as author_type, a.is_local as author_is_local,
           a.name as author_name, a.host as author_host, a.display_name as author_display_name,
           a.url as author_url, a.state as author_state, a.created_at as author_created_at
      from posts p
      join actors a on a.id = p.author_id;
