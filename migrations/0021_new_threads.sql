-- After an outage also threads are missing that began meanwhile: the outbox of their group names them.

alter table gatherings
    -- Whether this search reads the outbox of the thread's group too.
    add column reads_outbox boolean not null default false;
