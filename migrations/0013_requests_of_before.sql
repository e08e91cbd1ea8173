-- Who asked to join before there were requests has one.

insert into join_requests (id, group_id, actor_id, created_at)
select (extract(epoch from f.created_at) * 1000)::bigint << 16
           | (row_number() over (order by f.created_at, f.follower_id) & 65535),
       f.followed_id, f.follower_id, f.created_at
  from follows f
  join groups g on g.actor_id = f.followed_id
 where f.state = 'pending'
    on conflict do nothing;
