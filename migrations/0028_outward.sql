-- What policy says about what we serve: what is quiet is in no public list; who may answer is told.

-- Whether a list that is shown to `viewer` names a post that they may see. What is quiet is named to people
-- here, to its group's members and their servers, and where the whole group is for those who have its link.
create function is_on_show(reach text, in_group bigint, viewer bigint, member_of bigint[])
returns boolean language sql stable parallel safe as $$
    select reach <> 'quiet' or viewer is not null or coalesce(in_group = any (member_of), false)
           or exists (select from groups g where g.actor_id = in_group and g.reach = 'quiet')
$$;

create table reply_rights (
    -- What the policy of `version` makes of a plain answer in a group: by somebody whom nobody there knows,
    -- and by a member. What the group's own doors say counts besides.
    group_id bigint primary key references groups (actor_id) on delete cascade,
    version integer not null,
    outsiders text not null check (outsiders in ('may', 'wait', 'may not')),
    members text not null check (members in ('may', 'wait', 'may not'))
);
