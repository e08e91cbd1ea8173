-- "The threads of this group under this tag": few posts have tags, so that the index is small.

-- squawk-ignore require-concurrent-index-creation
create index posts_by_tag on posts using gin (tags) where root_id = id and tags <> '{}';
