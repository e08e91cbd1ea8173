-- Who is reported does not learn by whom, also where they look after the group or the community.

create function report_is_about(report reports, actor bigint) returns boolean language sql stable as $$
    select coalesce((report).about_id = actor, false)
        or exists (select from posts p where p.uri = any ((report).object_uris) and p.author_id = actor)
        or exists (select from actors a where a.uri = any ((report).object_uris) and a.id = actor)
$$;
