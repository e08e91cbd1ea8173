-- What policy or a moderator gave a post along: a later version of it gets the same.

create table post_amendments (
    post_id bigint primary key references posts (id) on delete cascade,
    amendments text[] not null
);
