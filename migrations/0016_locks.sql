-- Whether a post may be answered: it may not if it, or any post above it, is locked.

create function is_below_lock(post bigint, root bigint) returns boolean language plpgsql stable as $$
declare
    here bigint := post;
    above bigint;
    locked timestamptz;
begin
    -- One look into an index of locked posts only: threads without a lock pay next to nothing.
    if not exists (select from posts l where l.root_id = root and l.locked_at is not null) then
        return false;
    end if;
    if exists (select from posts r where r.id = root and r.locked_at is not null) then
        return true;
    end if;
    -- Upwards to a lock or to the top; the bound ends a walk that goes round.
    for step in 1..10000 loop
        select p.parent_id, p.locked_at into above, locked from posts p where p.id = here;
        if locked is not null then
            return true;
        end if;
        if above is null then
            return false;
        end if;
        here := above;
    end loop;
    return false;
end
$$;
