-- Posts and people are found by their words, and tags are followed and shown on profiles.

-- The form in which words are looked for: without marks on letters, and in scripts that set no spaces between
-- words each sign for itself, so that a word there is found as a sequence of signs.
create function search_text(said text) returns text language sql immutable strict parallel safe as $$
    select regexp_replace(
        normalize(regexp_replace(normalize(said, nfkd), '[\u0300-\u036f]', '', 'g'), nfkc),
        '([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff])', ' \1 ', 'g')
$$;

-- What stored HTML says: blocks end words, other tags do not.
create function words_of_html(html text) returns text language sql immutable strict parallel safe as $$
    select replace(replace(replace(replace(replace(
        regexp_replace(
            regexp_replace(html, '</?(p|br|hr|pre|blockquote|ul|ol|li|h[1-6]|table|t[rdh])[^>]*>', ' ', 'gi'),
            '<[^>]*>', '', 'g'),
        '&lt;', '<'), '&gt;', '>'), '&quot;', '"'), '&nbsp;', ' '), '&amp;', '&')
$$;

-- By which rules the words of a language are brought to their stems.
create function search_rules(language text) returns regconfig language sql immutable parallel safe as $$
    select case lower(split_part(split_part(coalesce(language, ''), '-', 1), '_', 1))
        when 'ar' then 'pg_catalog.arabic'::regconfig
        when 'ca' then 'pg_catalog.catalan'::regconfig
        when 'da' then 'pg_catalog.danish'::regconfig
        when 'de' then 'pg_catalog.german'::regconfig
        when 'el' then 'pg_catalog.greek'::regconfig
        when 'en' then 'pg_catalog.english'::regconfig
        when 'es' then 'pg_catalog.spanish'::regconfig
        when 'eu' then 'pg_catalog.basque'::regconfig
        when 'fi' then 'pg_catalog.finnish'::regconfig
        when 'fr' then 'pg_catalog.french'::regconfig
        when 'ga' then 'pg_catalog.irish'::regconfig
        when 'hi' then 'pg_catalog.hindi'::regconfig
        when 'hu' then 'pg_catalog.hungarian'::regconfig
        when 'hy' then 'pg_catalog.armenian'::regconfig
        when 'id' then 'pg_catalog.indonesian'::regconfig
        when 'it' then 'pg_catalog.italian'::regconfig
        when 'lt' then 'pg_catalog.lithuanian'::regconfig
        when 'ne' then 'pg_catalog.nepali'::regconfig
        when 'nl' then 'pg_catalog.dutch'::regconfig
        when 'no' then 'pg_catalog.norwegian'::regconfig
        when 'nb' then 'pg_catalog.norwegian'::regconfig
        when 'nn' then 'pg_catalog.norwegian'::regconfig
        when 'pt' then 'pg_catalog.portuguese'::regconfig
        when 'ro' then 'pg_catalog.romanian'::regconfig
        when 'ru' then 'pg_catalog.russian'::regconfig
        when 'sr' then 'pg_catalog.serbian'::regconfig
        when 'sv' then 'pg_catalog.swedish'::regconfig
        when 'ta' then 'pg_catalog.tamil'::regconfig
        when 'tr' then 'pg_catalog.turkish'::regconfig
        when 'yi' then 'pg_catalog.yiddish'::regconfig
        else 'pg_catalog.simple'::regconfig
    end
$$;

create table post_words (
    -- The words of a post, as they stand and as stems. Who may find it by them is asked when it is looked for.
    post_id bigint primary key references posts (id) on delete cascade,
    words tsvector not null
);
create index post_words_found on post_words using gin (words);

create table posts_to_read (
    -- Posts whose words a worker has still to take: new ones, changed ones, and all that there were before.
    post_id bigint primary key
);

-- Only noted here, because taking the words costs more than storing the post does.
create function posts_are_read() returns trigger language plpgsql as $$
begin
    if new.state = 'deleted' then
        delete from post_words where post_id = new.id;
    else
        insert into posts_to_read (post_id) values (new.id) on conflict do nothing;
    end if;
    return null;
end
$$;
create trigger posts_are_read after insert on posts for each row execute function posts_are_read();
create trigger posts_are_read_anew after update on posts
    for each row when (
        old.content_html is distinct from new.content_html
        or old.title is distinct from new.title
        or old.content_warning is distinct from new.content_warning
        or old.language is distinct from new.language
        or old.attachments is distinct from new.attachments
        or old.state is distinct from new.state)
    execute function posts_are_read();
insert into posts_to_read (post_id) select id from posts where state <> 'deleted';

create table followed_tags (
    -- What is said in public under them is in Home too.
    id bigint generated always as identity unique,
    actor_id bigint not null references actors (id) on delete cascade,
    tag text not null check (length(tag) between 1 and 200),
    followed_at timestamptz not null default now(),
    primary key (actor_id, tag)
);

create table featured_tags (
    -- What somebody, or a group, shows on their profile.
    id bigint generated always as identity unique,
    actor_id bigint not null references actors (id) on delete cascade,
    tag text not null check (length(tag) between 1 and 200),
    featured_at timestamptz not null default now(),
    primary key (actor_id, tag)
);
