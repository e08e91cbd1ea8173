-- Joins that many queries share.

create view shown_posts as
    select p.*, a.uri as author_uri, a.type as author_type, a.is_local as author_is_local,
           a.name as author_name, a.host as author_host, a.display_name as author_display_name,
           a.url as author_url, a.state as author_state, a.created_at as author_created_at
      from posts p
      join actors a on a.id = p.author_id;

create view our_groups as
    select a.*, g.joining, g.seeing, g.speaking, g.reach, g.rules_source, g.rules_html, g.position
      from groups g
      join actors a on a.id = g.actor_id;

create view keys_in_use as
    select k.id, k.actor_id, a.uri as actor_uri, a.state as actor_state, k.algorithm, k.public_key,
           k.fetched_at
      from actor_keys k
      join actors a on a.id = k.actor_id
     where k.retired_at is null;
