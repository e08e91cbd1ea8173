-- Lists of domains that are asked whether they have changed since.

-- What the other server said the list's last change was, in its own words: for If-Modified-Since.
alter table domain_lists add column last_modified text check (length(last_modified) <= 100);
