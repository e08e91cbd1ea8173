-- Notifications of a follow go with it; changes of filters and announcements reach open streams.

create function notifications_follow_follows() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        delete from notifications
         where actor_id = old.followed_id and from_id = old.follower_id and kind in ('follow', 'follow_request');
    else
        delete from notifications
         where actor_id = new.followed_id and from_id = new.follower_id and kind = 'follow_request';
    end if;
    return null;
end
$$;
create trigger notifications_follow_follows after delete on follows
    for each row execute function notifications_follow_follows();
create trigger notifications_follow_follows_on after update of state on follows
    for each row when (old.state = 'pending' and new.state = 'accepted')
    execute function notifications_follow_follows();

create function filters_are_streamed() returns trigger language plpgsql as $$
declare
    changed bigint;
begin
    if tg_table_name = 'filters' then
        changed := case when tg_op = 'DELETE' then old.actor_id else new.actor_id end;
    elsif tg_op = 'DELETE' then
        select f.actor_id into changed from filters f where f.id = old.filter_id;
    else
        select f.actor_id into changed from filters f where f.id = new.filter_id;
    end if;
    -- One word for all that a transaction changes.
    insert into stream_events (kind, actor_id)
    select 'filters_changed', changed
     where changed is not null
       and not exists (select from stream_events e
                        where e.txid = pg_current_xact_id() and e.kind = 'filters_changed'
                          and e.actor_id = changed);
    return null;
end
$$;
create trigger filters_are_streamed after insert or update or delete on filters
    for each row execute function filters_are_streamed();
create trigger filters_are_streamed after insert or update or delete on filter_keywords
    for each row execute function filters_are_streamed();
create trigger filters_are_streamed after insert or update or delete on filter_posts
    for each row execute function filters_are_streamed();

create function announcements_are_streamed() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        insert into stream_events (kind, subject_id) values ('announcement.delete', old.id);
    else
        insert into stream_events (kind, subject_id) values ('announcement', new.id);
    end if;
    return null;
end
$$;
create function announcement_reactions_are_streamed() returns trigger language plpgsql as $$
declare
    number bigint;
    emoji text;
begin
    if tg_op = 'DELETE' then
        number := old.announcement_id;
        emoji := old.emoji;
    else
        number := new.announcement_id;
        emoji := new.emoji;
    end if;
    insert into stream_events (kind, subject_id, details)
    select 'announcement.reaction', a.id, jsonb_build_object('name', emoji)
      from announcements a where a.id = number;
    return null;
end
$$;
create trigger announcements_are_streamed after insert or update or delete on announcements
    for each row execute function announcements_are_streamed();
create trigger announcement_reactions_are_streamed after insert or delete on announcement_reactions
    for each row execute function announcement_reactions_are_streamed();
