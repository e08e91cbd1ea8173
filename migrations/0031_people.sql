-- People follow people, write to their followers and to each other, and keep out of each other's sight.

alter table posts
    -- Whom a post of reach `followers` or `direct` names: they see it whoever they follow.
    add column named bigint[] not null default '{}' check (cardinality(named) <= 200),
    -- The application that it was written with, for its author.
    add column application_id bigint;
alter table posts drop constraint posts_reach_check;
alter table posts
    add constraint posts_reach_check
    check (reach in ('open', 'quiet', 'members', 'sealed', 'followers', 'direct')) not valid;

alter table follows
    -- What of a group or person the follower wants to see at home, and whether each new post rings.
    add column in_home boolean not null default true,
    add column shows_boosts boolean not null default true,
    add column notifies boolean not null default false,
    add column languages text[] not null default '{}' check (cardinality(languages) <= 50);

alter table boosts
    -- In the client API a boost is a status with a number of its own.
    add column id bigint,
    -- squawk-ignore adding-foreign-key-constraint
    add column post_id bigint references posts (id) on delete cascade,
    add column reach text not null default 'open' check (reach in ('open', 'quiet', 'members', 'sealed')),
    add column boosted_at timestamptz;
update boosts b
   set boosted_at = b.created_at,
       post_id = (select p.id from posts p where p.uri = b.object_uri),
       id = (extract(epoch from b.created_at) * 1000)::bigint << 16 | n.number & 65535
  from (select actor_id, object_uri, row_number() over (order by created_at, actor_id, object_uri) as number
          from boosts) n
 where n.actor_id = b.actor_id and n.object_uri = b.object_uri;

-- A number that sorts by time, as `core/identifiers.new_id` makes them.
create sequence boost_numbers cycle maxvalue 65535 minvalue 0 start 0;
create function number_at(moment timestamptz) returns bigint language sql volatile as $$
    select (extract(epoch from moment) * 1000)::bigint << 16 | nextval('boost_numbers')
$$;

alter table boosts
    alter column id set default number_at(now()),
    -- squawk-ignore adding-not-nullable-field
    alter column id set not null,
    alter column boosted_at set default now(),
    -- squawk-ignore adding-not-nullable-field
    alter column boosted_at set not null;
-- squawk-ignore require-concurrent-index-creation
create unique index boosts_by_number on boosts (id);
-- squawk-ignore require-concurrent-index-creation
create index boosts_of_actor on boosts (actor_id, id desc) include (post_id);
-- squawk-ignore require-concurrent-index-creation
create index boosts_of_post on boosts (post_id);
-- squawk-ignore require-concurrent-index-creation
create index boosts_awaiting on boosts (object_uri) where post_id is null;

-- Whoever knows of a post may have boosted it before we knew it; and every thread start in a group is that
-- group's boost, for people who read by a client: it begins to exist when the post comes into view. What is
-- old when it arrives stands where it belongs in time, so that it does not flood what is new.
create function boosts_follow_posts() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        update boosts set post_id = new.id where object_uri = new.uri and post_id is null;
    end if;
    if tg_op = 'UPDATE' and old.root_id = new.id and new.root_id <> new.id then
        -- What it answers has arrived: it begins no thread, and its group did not boost it.
        delete from boosts where post_id = new.id and actor_id = old.group_id;
    end if;
    if new.group_id is not null and new.root_id = new.id and new.state = 'live' then
        insert into boosts (id, actor_id, object_uri, post_id, reach, activity_uris, boosted_at, created_at)
        select number_at(shown_at), new.group_id, new.uri, new.id,
               case when new.reach in ('followers', 'direct') then 'sealed' else new.reach end, '{}',
               shown_at, shown_at
          from (select case when new.received_at - new.published_at > interval '1 hour' and tg_op = 'INSERT'
                            then new.published_at else now() end as shown_at) as at
            on conflict (actor_id, object_uri) do update
           set post_id = excluded.post_id, reach = excluded.reach;
    end if;
    return null;
end
$$;
create trigger boosts_follow_posts after insert or update of state, group_id, root_id, reach on posts
    for each row execute function boosts_follow_posts();
insert into boosts (id, actor_id, object_uri, post_id, reach, activity_uris, boosted_at, created_at)
select number_at(p.published_at), p.group_id, p.uri, p.id, p.reach, '{}', p.published_at, p.published_at
  from posts p
 where p.group_id is not null and p.root_id = p.id and p.state = 'live'
    on conflict (actor_id, object_uri) do nothing;

-- Two people who want nothing of each other: neither sees what the other writes.
create table personal_blocks (
    id bigint generated always as identity unique,
    actor_id bigint not null references actors (id) on delete cascade,
    blocked_id bigint not null references actors (id) on delete cascade,
    blocked_at timestamptz not null default now(),
    primary key (actor_id, blocked_id),
    check (actor_id <> blocked_id)
);
create index personal_blocks_of on personal_blocks (blocked_id);

create table personal_mutes (
    id bigint generated always as identity unique,
    actor_id bigint not null references actors (id) on delete cascade,
    muted_id bigint not null references actors (id) on delete cascade,
    hides_notifications boolean not null default true,
    ends_at timestamptz,
    muted_at timestamptz not null default now(),
    primary key (actor_id, muted_id),
    check (actor_id <> muted_id)
);

create table personal_domain_blocks (
    id bigint generated always as identity unique,
    actor_id bigint not null references actors (id) on delete cascade,
    domain text not null check (length(domain) between 1 and 253),
    primary key (actor_id, domain)
);

-- The one answer to "may this viewer see this post" (community/visibility.py). An expression without
-- sub-selects, so that the planner inlines it. `named`: whom the post names; `member_of`: the groups whose
-- members see together, and the people whose followers do; `moderates`: the groups that the viewer looks
-- after; `is_here`: whether the viewer is on this server; `apart_from`: people whom the viewer has blocked or
-- who have blocked the viewer. Another server asks as a viewer without an id. What is for followers or for
-- named people is served to no server: it was sent to theirs.
create function may_see(
    state text, reach text, group_id bigint, author_id bigint, named bigint[],
    viewer bigint, member_of bigint[], moderates bigint[], is_staff boolean, is_here boolean,
    apart_from bigint[]
) returns boolean language sql immutable parallel safe as $$
    select case
        when state = 'live' then
            (not coalesce(author_id = any (apart_from), false)
                or is_staff or coalesce(group_id = any (moderates), false))
            and case
                when reach in ('open', 'quiet') then true
                when reach in ('followers', 'direct') then
                    is_here
                    and (coalesce(author_id = viewer, false)
                         or coalesce(viewer = any (named), false)
                         or reach = 'followers' and coalesce(author_id = any (member_of), false))
                else
                    (is_here or reach = 'members')
                    and (coalesce(author_id = viewer, false)
                         or coalesce(group_id = any (member_of), false)
                         or coalesce(group_id = any (moderates), false))
            end
        when state in ('held', 'hidden') then
            (reach not in ('followers', 'direct') and is_staff)
            or coalesce(group_id = any (moderates), false)
            or coalesce(author_id = viewer, false)
        else false
    end
$$;
drop function may_see(text, text, bigint, bigint, bigint, bigint[], bigint[], boolean, boolean);

-- Whether a list that is shown to `viewer` names a post that they may see. What is quiet is named to people
-- here, to its group's members and their servers, and where the whole group is for those who have its link.
-- What is for named people stands in no list but their conversations.
create or replace function is_on_show(reach text, in_group bigint, viewer bigint, member_of bigint[])
returns boolean language sql stable parallel safe as $$
    select reach <> 'direct'
       and (reach <> 'quiet' or viewer is not null or coalesce(in_group = any (member_of), false)
            or exists (select from groups g where g.actor_id = in_group and g.reach = 'quiet'))
$$;

drop view shown_posts;
create view shown_posts as
    select p.*, a.uri as author_uri, a.type as author_type, a.is_local as author_is_local,
           a.name as author_name, a.host as author_host, a.display_name as author_display_name,
           a.url as author_url, a.state as author_state, a.created_at as author_created_at
      from posts p
      join actors a on a.id = p.author_id;
