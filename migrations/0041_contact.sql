-- How strangers reach who looks after the community, and the languages that are spoken in it.

alter table community
    add column contact_email text not null default '' check (length(contact_email) <= 254),
    add column languages text[] not null default '{}' check (cardinality(languages) <= 20);
