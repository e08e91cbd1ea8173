-- What an application was allowed ends at once, whichever way it comes about, and open streams learn of it.

-- squawk-ignore require-concurrent-index-creation
create index access_tokens_acting on access_tokens (actor_id);

create function grants_have_ended() returns trigger language plpgsql as $$
begin
    perform pg_notify('grants_ended', gone.id::text) from gone;
    return null;
end
$$;
create trigger grants_have_ended after delete on access_tokens
    referencing old table as gone
    for each statement execute function grants_have_ended();

-- Who does not look after a group any more does not act as it either, not even once they do so again.
create function grants_of_the_group_end() returns trigger language plpgsql as $$
begin
    delete from access_tokens t using accounts a
     where a.actor_id = old.actor_id and t.account_id = a.id and t.actor_id = old.group_id;
    delete from authorization_codes c using accounts a
     where a.actor_id = old.actor_id and c.account_id = a.id and c.actor_id = old.group_id;
    return null;
end
$$;
create trigger grants_of_the_group_end after delete on group_moderators
    for each row execute function grants_of_the_group_end();
