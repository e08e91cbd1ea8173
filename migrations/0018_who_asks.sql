-- What other servers may fetch when they say who they are, and where their people are found.

alter table activities
    -- In the outbox for who may see what it is about, though not everybody may.
    add column is_listed boolean not null default false;

-- squawk-ignore require-concurrent-index-deletion
drop index activities_of_actor;
-- squawk-ignore require-concurrent-index-creation
create index activities_in_outbox on activities (actor_id, id desc) where is_public or is_listed;

-- The people of one server, by their ids: the host of a handle may be another one, and proves nothing.
-- squawk-ignore require-concurrent-index-creation
create index actors_by_home on actors (split_part(uri, '/', 3)) where not is_local;
