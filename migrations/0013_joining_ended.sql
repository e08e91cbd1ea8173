-- Who was removed is told why, as who was declined is; and who asked before there were requests has one.

alter table join_requests drop constraint join_requests_state_check;
alter table join_requests add constraint join_requests_state_check
    -- removed: was a member, until the moderators ended it; `note` says why.
    check (state in ('waiting', 'asked', 'approved', 'declined', 'withdrawn', 'removed'));

insert into join_requests (id, group_id, actor_id, created_at)
select (extract(epoch from f.created_at) * 1000)::bigint << 16
           | (row_number() over (order by f.created_at, f.follower_id) & 65535),
       f.followed_id, f.follower_id, f.created_at
  from follows f
  join groups g on g.actor_id = f.followed_id
 where f.state = 'pending'
    on conflict do nothing;
