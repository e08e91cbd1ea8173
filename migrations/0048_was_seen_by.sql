-- Who could see a post that is gone learns of its end: the same question as `is_seen_by`, as if it were live.

create function was_seen_by(post bigint, viewer bigint) returns boolean language sql stable as $$
    select may_see(
        'live', p.reach, p.group_id, p.author_id, p.named, viewer,
        array(select f.followed_id from follows f
               where f.follower_id = viewer and f.followed_id in (p.group_id, p.author_id)
                 and f.state = 'accepted' and v.type <> 'Group')
            || case when v.type = 'Group' then viewer end,
        array(select m.group_id from group_moderators m
               where m.actor_id = viewer and m.group_id = p.group_id)
            || case when v.type = 'Group' then viewer end,
        false,
        v.is_local,
        array(select p.author_id from personal_blocks b
               where (b.actor_id = viewer and b.blocked_id = p.author_id)
                  or (b.actor_id = p.author_id and b.blocked_id = viewer)))
      from posts p, actors v
     where p.id = post and v.id = viewer
$$;
