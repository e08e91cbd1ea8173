-- What the organiser of an event elsewhere wrote to a guest of ours, as the way in: for that guest alone.

alter table event_guests
    add column letter_html text not null default '' check (length(letter_html) <= 50000);

-- squawk-ignore require-concurrent-index-creation
create index event_guests_by_activity on event_guests (activity_uri) where activity_uri <> '';
