-- What is new for somebody here: notifications, how far each conversation was read, and what open streams carry.

create table notifications (
    -- Small, because clients read it as a number of JavaScript's.
    id bigint generated always as identity primary key,
    -- Whom it is for: a member, or a group that somebody acts as.
    actor_id bigint not null references actors (id) on delete cascade,
    kind text not null check (kind in (
        'mention', 'status', 'reblog', 'favourite', 'follow', 'follow_request', 'poll', 'update',
        'admin.sign_up', 'admin.report', 'severed_relationships', 'moderation_warning')),
    -- Who did it.
    from_id bigint not null references actors (id) on delete cascade,
    post_id bigint references posts (id) on delete cascade,
    -- The report or the severance that it is about, and what has to be told of it.
    subject_id bigint,
    details jsonb not null default '{}',
    -- What is shown as one: the same deed to the same post within twelve hours. It stands in addresses.
    group_key text not null check (group_key ~ '^[a-z0-9_.-]{1,120}$'),
    -- From somebody whom the receiver does not know and wants to be asked about first.
    is_filtered boolean not null default false,
    made_at timestamptz not null,
    unique nulls not distinct (actor_id, kind, from_id, post_id, subject_id)
);
create index notifications_of on notifications (actor_id, id desc);
create index notifications_grouped on notifications (actor_id, group_key, id desc);
create index notifications_filtered on notifications (actor_id, from_id) where is_filtered;
create index notifications_about on notifications (post_id);
create index notifications_from on notifications (from_id);

create table notification_policies (
    -- What becomes of notifications by people whom somebody does not know. Who has no row has the defaults.
    actor_id bigint primary key references actors (id) on delete cascade,
    for_not_following text check (for_not_following in ('accept', 'filter', 'drop')),
    for_not_followers text check (for_not_followers in ('accept', 'filter', 'drop')),
    for_new_accounts text check (for_new_accounts in ('accept', 'filter', 'drop')),
    for_private_mentions text check (for_private_mentions in ('accept', 'filter', 'drop')),
    for_limited_accounts text check (for_limited_accounts in ('accept', 'filter', 'drop'))
);

create table notification_requests (
    -- Somebody whose notifications were filtered, until the receiver has said what becomes of them.
    id bigint generated always as identity primary key,
    actor_id bigint not null references actors (id) on delete cascade,
    from_id bigint not null references actors (id) on delete cascade,
    made_at timestamptz not null,
    updated_at timestamptz not null,
    unique (actor_id, from_id)
);
create index notification_requests_from on notification_requests (from_id);

create table notification_permissions (
    -- Whose notifications are taken whatever the policy says.
    actor_id bigint not null references actors (id) on delete cascade,
    from_id bigint not null references actors (id) on delete cascade,
    primary key (actor_id, from_id)
);

create table markers (
    -- How far somebody has read, for all their devices. `version` counts the changes.
    actor_id bigint not null references actors (id) on delete cascade,
    timeline text not null check (timeline in ('home', 'notifications')),
    last_read_id bigint not null,
    version integer not null default 1,
    updated_at timestamptz not null,
    primary key (actor_id, timeline)
);

create table conversation_marks (
    -- A conversation is the direct posts of one thread among the same people, named by the first of them. How
    -- far somebody has read it, and up to where they have put it away.
    actor_id bigint not null references actors (id) on delete cascade,
    conversation_id bigint not null references posts (id) on delete cascade,
    read_until bigint not null default 0,
    hidden_until bigint not null default 0,
    primary key (actor_id, conversation_id)
);
-- squawk-ignore require-concurrent-index-creation
create index posts_direct_naming on posts using gin (named) where reach = 'direct';
-- squawk-ignore require-concurrent-index-creation
create index posts_direct_by on posts (author_id, id desc) where reach = 'direct';

-- Whether somebody here, a member or a group of ours, may see a post as their rights stand now. What `may_see`
-- wants to know of a viewer is looked up, as far as it matters for this post.
create function is_seen_by(post bigint, viewer bigint) returns boolean language sql stable as $$
    select may_see(
        p.state, p.reach, p.group_id, p.author_id, p.named, viewer,
        array(select f.followed_id from follows f
               where f.follower_id = viewer and f.followed_id in (p.group_id, p.author_id)
                 and f.state = 'accepted' and v.type <> 'Group')
            || case when v.type = 'Group' then viewer end,
        array(select m.group_id from group_moderators m
               where m.actor_id = viewer and m.group_id = p.group_id)
            || case when v.type = 'Group' then viewer end,
        exists (select from accounts a
                 where a.actor_id = viewer and a.state = 'active' and a.role in ('owner', 'admin', 'moderator')),
        v.is_local,
        array(select p.author_id from personal_blocks b
               where (b.actor_id = viewer and b.blocked_id = p.author_id)
                  or (b.actor_id = p.author_id and b.blocked_id = viewer)))
      from posts p, actors v
     where p.id = post and v.id = viewer
$$;

-- Whether `viewer` wants nothing of somebody: blocked, muted, or on a server that they have blocked for
-- themselves; or the other has blocked them. A mute that lets notifications through counts elsewhere only.
create function is_shunned(viewer bigint, other bigint, for_notifications boolean) returns boolean
language sql stable as $$
    select exists (select from personal_blocks b
                    where (b.actor_id = viewer and b.blocked_id = other)
                       or (b.actor_id = other and b.blocked_id = viewer))
        or exists (select from personal_mutes m
                    where m.actor_id = viewer and m.muted_id = other
                      and (m.ends_at is null or m.ends_at > now())
                      and (m.hides_notifications or not for_notifications))
        or exists (select from personal_domain_blocks d join actors o on o.id = other and not o.is_local
                    where d.actor_id = viewer
                      and (split_part(o.uri, '/', 3) = d.domain
                           or split_part(o.uri, '/', 3) like '%.' || d.domain))
$$;

create table stream_events (
    -- What open streams are told of, for a day, so that who was away for a moment misses nothing. It names
    -- what has happened; who may learn of it is asked when it is sent.
    id bigint generated always as identity primary key,
    -- Numbers are given before a transaction ends, so a smaller one may appear later: whoever reads on looks
    -- at everything of transactions that had not ended when they last looked.
    txid xid8 not null default pg_current_xact_id(),
    kind text not null check (kind in (
        'update', 'status.update', 'delete', 'notification', 'conversation', 'filters_changed',
        'announcement', 'announcement.reaction', 'announcement.delete', 'notifications_merged')),
    -- The status (a post or a boost), the notification or the announcement.
    subject_id bigint,
    -- The post that is behind the status.
    post_id bigint,
    -- Who wrote or boosted it; or whom it is for.
    actor_id bigint,
    details jsonb not null default '{}',
    happened_at timestamptz not null default now()
);
create index stream_events_by_transaction on stream_events (txid);
create index stream_events_by_time on stream_events (happened_at);

create function stream_events_wake() returns trigger language plpgsql as $$
begin
    perform pg_notify('stream_events', '');
    return null;
end
$$;
create trigger stream_events_wake after insert on stream_events
    for each statement execute function stream_events_wake();

-- The database itself notes what becomes of posts, boosts and notifications, so that no way to change them can
-- forget it. What is old when it arrives is no news.
create function posts_are_streamed() returns trigger language plpgsql as $$
begin
    if new.state = 'live' and (tg_op = 'INSERT' or old.state <> 'live') then
        if tg_op = 'INSERT' and new.received_at - new.published_at > interval '1 hour' then
            return null;
        end if;
        insert into stream_events (kind, subject_id, post_id, actor_id)
        values (case when new.reach = 'direct' then 'conversation' else 'update' end,
                new.id, new.id, new.author_id);
        if tg_op = 'UPDATE' then
            -- Boosts of before it was out of view; one that came with it has its own event.
            insert into stream_events (kind, subject_id, post_id, actor_id)
            select 'update', b.id, b.post_id, b.actor_id from boosts b
             where b.post_id = new.id and b.boosted_at < now() order by b.id desc limit 100;
        end if;
    elsif tg_op = 'UPDATE' and old.state = 'live' and new.state <> 'live' then
        insert into stream_events (kind, subject_id, post_id, actor_id)
        values ('delete', new.id, new.id, new.author_id);
        insert into stream_events (kind, subject_id, post_id, actor_id)
        select 'delete', b.id, b.post_id, b.actor_id from boosts b
         where b.post_id = new.id order by b.id desc limit 100;
    elsif tg_op = 'UPDATE' and new.state = 'live' then
        insert into stream_events (kind, subject_id, post_id, actor_id)
        values ('status.update', new.id, new.id, new.author_id);
        if new.reach <> old.reach and now() - new.received_at < interval '7 days' then
            -- For those who may not see it any more.
            insert into stream_events (kind, subject_id, post_id, actor_id)
            values ('delete', new.id, new.id, new.author_id);
        end if;
    end if;
    if tg_op = 'UPDATE' and new.state = 'deleted' and old.state <> 'deleted' then
        delete from notifications where post_id = new.id;
    end if;
    return null;
end
$$;
create trigger posts_are_streamed after insert on posts
    for each row when (new.state = 'live') execute function posts_are_streamed();
create trigger posts_are_streamed_on after update on posts
    for each row when (
        old.state is distinct from new.state
        or old.edited_at is distinct from new.edited_at
        or old.content_warning is distinct from new.content_warning
        or old.sensitive is distinct from new.sensitive
        or old.attachments is distinct from new.attachments
        or old.reach is distinct from new.reach)
    execute function posts_are_streamed();

create function boosts_are_streamed() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        insert into stream_events (kind, subject_id, post_id, actor_id)
        values ('delete', old.id, old.post_id, old.actor_id);
        delete from notifications
         where kind = 'reblog' and from_id = old.actor_id and post_id = old.post_id;
    elsif now() - new.boosted_at < interval '1 hour' then
        insert into stream_events (kind, subject_id, post_id, actor_id)
        values ('update', new.id, new.post_id, new.actor_id);
    end if;
    return null;
end
$$;
create trigger boosts_are_streamed after insert on boosts
    for each row when (new.post_id is not null) execute function boosts_are_streamed();
create trigger boosts_are_streamed_found after update of post_id on boosts
    for each row when (old.post_id is null and new.post_id is not null)
    execute function boosts_are_streamed();
create trigger boosts_are_streamed_gone after delete on boosts
    for each row when (old.post_id is not null) execute function boosts_are_streamed();

create function notifications_are_streamed() returns trigger language plpgsql as $$
begin
    insert into stream_events (kind, subject_id, post_id, actor_id)
    values ('notification', new.id, new.post_id, new.actor_id);
    return null;
end
$$;
create trigger notifications_are_streamed after insert on notifications
    for each row when (not new.is_filtered) execute function notifications_are_streamed();
