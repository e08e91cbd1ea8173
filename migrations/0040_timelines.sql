-- Timelines are read by number, newest first, straight from indexes; what is counted often is counted beforehand.

-- What somebody says to their followers, and the threads that they begin in groups.
-- squawk-ignore require-concurrent-index-creation
create index posts_at_home on posts (author_id, id desc)
    where state = 'live' and reach <> 'direct' and (group_id is null or root_id = id);
-- squawk-ignore require-concurrent-index-creation
create index posts_in_public on posts (id desc)
    where state = 'live' and reach = 'open' and root_id = id and in_reply_to is null;
-- The same of people here: only what they write has a source.
-- squawk-ignore require-concurrent-index-creation
create index posts_in_public_from_here on posts (id desc)
    where state = 'live' and reach = 'open' and root_id = id and in_reply_to is null and source is not null;
-- squawk-ignore require-concurrent-index-creation
create index posts_in_public_of_group on posts (group_id, id desc)
    where state = 'live' and reach = 'open' and root_id = id and in_reply_to is null;
-- squawk-ignore require-concurrent-index-creation
create index posts_of_group on posts (group_id, id desc) where state = 'live' and group_id is not null;
-- squawk-ignore require-concurrent-index-creation
create index posts_with_media on posts (author_id, id desc) where attachments <> '[]';

create table post_tags (
    -- The tags of posts that are in view or may come into it, for reading by tag in the order of numbers.
    tag text not null check (length(tag) <= 200),
    post_id bigint not null references posts (id) on delete cascade,
    author_id bigint not null,
    primary key (tag, post_id)
);
create index post_tags_of_author on post_tags (author_id, tag);
create index post_tags_of_post on post_tags (post_id);

create function posts_are_tagged() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        delete from post_tags where post_id = new.id and not tag = any (new.tags);
    end if;
    insert into post_tags (tag, post_id, author_id)
    select distinct t.tag, new.id, new.author_id from unnest(new.tags) as t (tag) where t.tag <> ''
        on conflict do nothing;
    return null;
end
$$;
create trigger posts_are_tagged after insert on posts
    for each row when (new.tags <> '{}') execute function posts_are_tagged();
create trigger posts_are_tagged_anew after update of tags on posts
    for each row when (old.tags is distinct from new.tags) execute function posts_are_tagged();
insert into post_tags (tag, post_id, author_id)
select distinct t.tag, p.id, p.author_id
  from posts p, unnest(p.tags) as t (tag)
 where p.tags <> '{}' and t.tag <> '';

create table actor_counts (
    -- How much somebody has written and who follows whom, as a worker last counted it (community/counting.py).
    -- Shown beside every post, where counting anew would cost more than all the rest.
    actor_id bigint primary key references actors (id) on delete cascade,
    followers integer not null,
    following integer not null,
    statuses integer not null,
    last_status_at timestamptz,
    counted_at timestamptz not null default now()
);
create index actor_counts_by_age on actor_counts (counted_at);
