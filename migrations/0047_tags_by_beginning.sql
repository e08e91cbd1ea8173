-- no-transaction
-- Tags are found by their beginnings.

create index concurrently if not exists post_tags_by_beginning on post_tags (tag text_pattern_ops, post_id desc);
