-- Polls tell of news now and then and forget who chose what; a join link is sent once; a resting thread says why.

alter table polls
    -- Somebody has answered since the other servers were told.
    add column has_news boolean not null default false,
    add column told_at timestamptz,
    -- Who chose what is still known.
    add column keeps_votes boolean not null default true;

alter table poll_options
    -- The answer as its own server spells it, where that is not how it is shown: a vote must name it so.
    add column wire_name text check (length(wire_name) <= 2048);

alter table event_guests
    -- The join link that was sent to this person's server, so that each one is sent once.
    add column link_sent text not null default '' check (length(link_sent) <= 2000);

alter table repeating_threads
    add column why_paused text not null default ''
        check (why_paused in ('', 'by a moderator', 'author', 'refused')),
    -- How the date in the title is written, and what the posts are in.
    add column language text not null default 'en' check (length(language) <= 35);

-- squawk-ignore require-concurrent-index-creation
create index polls_with_news on polls (told_at) where has_news and closed_at is null;
-- squawk-ignore require-concurrent-index-creation
create index polls_remembering on polls (closed_at) where keeps_votes and closed_at is not null;
-- squawk-ignore require-concurrent-index-creation
create index poll_votes_of_actor on poll_votes (actor_id);
-- squawk-ignore require-concurrent-index-creation
create index event_guests_of_actor on event_guests (actor_id);
-- squawk-ignore require-concurrent-index-creation
create index repeating_threads_of_group on repeating_threads (group_id);
