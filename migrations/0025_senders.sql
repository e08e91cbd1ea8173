-- What policy asks about who sends, at every arrival: answered from indexes.

alter table groups
    -- The zone in which this group's days and nights are.
    add column time_zone text not null default 'UTC' check (length(time_zone) <= 60);

-- How much of an author is shown here, and in one group.
-- squawk-ignore require-concurrent-index-creation
create index posts_shown_of_author on posts (author_id, group_id) where state = 'live';

-- What was taken down of an author. Deleting it afterwards does not make it unhappened.
-- squawk-ignore require-concurrent-index-creation
create index posts_taken_down on posts (author_id, id desc) where state in ('hidden', 'deleted');

-- Who looks after the whole community: few, among many members.
-- squawk-ignore require-concurrent-index-creation
create index accounts_staff on accounts (actor_id) where role <> 'member';
