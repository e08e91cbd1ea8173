-- Pictures: what people here add to their posts and profiles, and copies of what others show.

create table media (
    id bigint primary key,
    -- Random, and the name of its files. Of what is not for everybody, only with proof (`secret`) or by session.
    public_id text not null unique check (public_id ~ '^[0-9a-f]{32}$'),
    -- With this its short-lived addresses are signed: it stands in the post too, so that a list needs no join.
    secret text not null check (secret ~ '^[0-9a-f]{32}$'),
    -- Who uploaded it, or on whose post or profile it stands.
    owner_id bigint not null references actors (id) on delete cascade,
    purpose text not null check (purpose in ('post', 'icon', 'header')),
    post_id bigint references posts (id) on delete cascade,
    -- Where another server keeps it; none for our own.
    remote_url text check (length(remote_url) <= 2048),
    -- waiting: a file has come and nobody has looked at it; elsewhere: not copied, or no longer.
    state text not null check (state in ('waiting', 'ready', 'failed', 'elsewhere')),
    trouble text not null default '' check (length(trouble) <= 500),
    media_type text check (media_type in ('image/jpeg', 'image/png', 'image/webp')),
    width integer check (width between 1 and 8000),
    height integer check (height between 1 and 8000),
    preview_type text check (preview_type in ('image/jpeg', 'image/png', 'image/webp')),
    preview_width integer check (preview_width between 1 and 8000),
    preview_height integer check (preview_height between 1 and 8000),
    is_animated boolean not null default false,
    blurhash text check (length(blurhash) <= 200),
    alt text not null default '' check (length(alt) <= 1500),
    focus_x real not null default 0 check (focus_x between -1 and 1),
    focus_y real not null default 0 check (focus_y between -1 and 1),
    -- Changes with the files, so that a browser asks for the new ones.
    version integer not null default 1,
    added_at timestamptz not null default now(),
    -- Until when somebody works on it; who falls over is followed by the next.
    leased_until timestamptz,
    tries integer not null default 0,
    -- Of a copy: when it was made, and when it last could not be.
    copied_at timestamptz,
    failed_at timestamptz
);
create index media_of_owner on media (owner_id, purpose);
create index media_of_post on media (post_id) where post_id is not null;
create index media_loose on media (added_at) where post_id is null;
create index media_waiting on media (id) where state = 'waiting';
create index media_copied on media (copied_at) where copied_at is not null;
create unique index media_of_profiles on media (owner_id, purpose, remote_url)
    where purpose <> 'post' and remote_url is not null;

create table media_garbage (
    -- What has files and must not have any. Emptied by the workers, a moment after it was filled.
    public_id text primary key,
    since timestamptz not null default now()
);

create function media_leave_files() returns trigger language plpgsql as $$
begin
    insert into media_garbage (public_id) values (old.public_id) on conflict do nothing;
    perform pg_notify('media', '');
    return null;
end
$$;
create trigger media_leave_files after delete on media for each row execute function media_leave_files();

create function media_ask_for_work() returns trigger language plpgsql as $$
begin
    perform pg_notify('media', '');
    return null;
end
$$;
create trigger media_ask_for_work after insert on media
    for each row when (new.state = 'waiting') execute function media_ask_for_work();

-- A post's pictures come, change and go with it, on every way that a post can go.
create function media_follow_posts() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        delete from media m
         where m.post_id = new.id
           and (new.state = 'deleted'
                or not exists (select from jsonb_array_elements(new.attachments) a
                                where a ->> 'public_id' = m.public_id));
    end if;
    if new.state = 'deleted' then
        return null;
    end if;
    update media m set post_id = new.id
      from jsonb_array_elements(new.attachments) a
     where m.public_id = a ->> 'public_id' and m.owner_id = new.author_id and m.purpose = 'post'
       and m.post_id is null;
    insert into media (id, public_id, secret, owner_id, purpose, post_id, remote_url, state, alt)
    select (a.value ->> 'media_id')::bigint, a.value ->> 'public_id', a.value ->> 'secret', new.author_id,
           'post', new.id, left(a.value ->> 'url', 2048), 'elsewhere',
           left(coalesce(a.value ->> 'alt', ''), 1500)
      from jsonb_array_elements(new.attachments) a
     where a.value ->> 'public_id' is not null
       and exists (select from actors where id = new.author_id and not is_local)
        on conflict do nothing;
    return null;
end
$$;
create trigger media_follow_posts after insert on posts
    for each row when (new.attachments <> '[]'::jsonb) execute function media_follow_posts();
create trigger media_follow_posts_on after update of attachments, state on posts
    for each row when (
        (old.attachments <> '[]'::jsonb or new.attachments <> '[]'::jsonb)
        and (old.attachments is distinct from new.attachments or old.state is distinct from new.state))
    execute function media_follow_posts();

-- So does what stands on a profile. What is ours is replaced by hand, before the address changes.
create function media_follow_actors() returns trigger language plpgsql as $$
begin
    delete from media m
     where m.owner_id = new.id
       and (new.state = 'gone' and (m.purpose <> 'post' or m.post_id is null)
            or m.purpose = 'icon' and m.remote_url is not null and m.remote_url is distinct from new.icon_url
            or m.purpose = 'header' and m.remote_url is not null
               and m.remote_url is distinct from new.header_url);
    return null;
end
$$;
create trigger media_follow_actors after update of icon_url, header_url, state on actors
    for each row when (
        old.icon_url is distinct from new.icon_url
        or old.header_url is distinct from new.header_url
        or old.state is distinct from new.state)
    execute function media_follow_actors();

-- Pictures of posts that came before there were copies.
update posts p
   set attachments = (
           select jsonb_agg(
                      case when a.value ->> 'media_type' like 'image/%' or a.value ->> 'type' = 'Image'
                           then a.value || jsonb_build_object(
                                    'media_id', ((extract(epoch from p.published_at) * 1000)::bigint << 16
                                                 | nextval('boost_numbers'))::text,
                                    'public_id', replace(gen_random_uuid()::text, '-', ''),
                                    'secret', replace(gen_random_uuid()::text, '-', ''))
                           else a.value end
                      order by a.ordinality)
             from jsonb_array_elements(p.attachments) with ordinality a)
 where p.attachments <> '[]' and p.state <> 'deleted'
   and exists (select from actors where id = p.author_id and not is_local);
