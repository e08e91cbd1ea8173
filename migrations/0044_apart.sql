-- Whether two people are kept apart, asked for each whom a post from elsewhere names and for each follow.

-- `here` is one of ours, `other` anybody, `other_uri` their id: either has blocked the other, or `here` wants
-- nothing of the server of `other`, named without its port, or of one above it.
create function are_apart(here bigint, other bigint, other_uri text) returns boolean
language sql stable parallel safe as $$
    select exists (select from personal_blocks b
                    where b.actor_id = here and b.blocked_id = other
                       or b.actor_id = other and b.blocked_id = here)
        or exists (select from personal_domain_blocks d
                    where d.actor_id = here
                      and right('.' || split_part(split_part(other_uri, '/', 3), ':', 1), length(d.domain) + 1)
                          = '.' || d.domain)
$$;
