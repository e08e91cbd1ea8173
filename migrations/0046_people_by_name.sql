-- no-transaction
-- People and groups are found by the beginnings of their names.

create index concurrently if not exists actors_by_name_words on actors
    using gin (to_tsvector('simple', search_text(left(name, 200) || ' ' || left(display_name, 200))));
create index concurrently if not exists actors_by_plain_name on actors (lower(name) text_pattern_ops);
