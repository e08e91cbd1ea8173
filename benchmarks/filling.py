"""Fills a database with a community of any size, in a few statements."""

import asyncpg

PEOPLE = 200

_PEOPLE = """
    insert into actors (id, uri, type, is_local, name, host, display_name, inbox_url, handle_confirmed)
    select n, $1 || '/users/p' || n, 'Person', false, 'p' || n, 'peer.example', 'Person ' || n,
           $1 || '/users/p' || n || '/inbox', true
      from generate_series(1, $2::int) as n
        on conflict do nothing
"""

_ROOTS = """
    insert into posts (id, uri, public_id, author_id, group_id, root_id, title, content_html, reach,
                       published_at, received_at, active_at)
    select $3::bigint + n, 'https://peer.example/posts/' || ($3::bigint + n), md5(($3::bigint + n)::text),
           1 + n % $4::int, $1::bigint, $3::bigint + n, 'Evening ' || n,
           '<p>It is quiet in the house and I do not know what to do with the evenings. ' || n || '</p>', 'open',
           moment, moment, moment
      from generate_series(1, $2::int) as n,
           lateral (select now() - interval '400 days' + n * interval '20 seconds') as t (moment)
"""

_ANSWERS = """
    insert into posts (id, uri, public_id, author_id, group_id, root_id, parent_id, in_reply_to, content_html,
                       reach, published_at, received_at, active_at)
    select $3::bigint + n, 'https://peer.example/posts/' || ($3::bigint + n), md5(($3::bigint + n)::text),
           1 + n % $4::int, $1::bigint, root.id, root.id, root.uri,
           '<p>I know those evenings. Thank you for saying it. ' || n || '</p>', 'open',
           root.published_at + n % 1000 * interval '1 second', now(), now()
      from generate_series(1, $2::int) as n
      join lateral (select p.id, p.uri, p.published_at from posts p
                     where p.id = $5::bigint + 1 + n % $6::int) as root on true
"""


async def people(db: "asyncpg.Connection[asyncpg.Record]") -> None:
    """People on another server, numbered from 1. Safe to run twice."""
    await db.execute(_PEOPLE, "https://peer.example", PEOPLE)


async def group(db: "asyncpg.Connection[asyncpg.Record]", group_id: int, first: int, posts: int) -> None:
    """`posts` posts in a group, of which every tenth starts a thread; ids from `first` on."""
    roots = posts // 10
    await db.execute(_ROOTS, group_id, roots, first, PEOPLE)
    await db.execute(_ANSWERS, group_id, posts - roots, first + roots, PEOPLE, first, roots)


async def thread(db: "asyncpg.Connection[asyncpg.Record]", group_id: int, first: int, answers: int) -> str:
    """One thread with so many answers, the newest of its group; the random id of its first post."""
    await db.execute(_ROOTS, group_id, 1, first, PEOPLE)
    await db.execute(_ANSWERS, group_id, answers, first + 1, PEOPLE, first, 1)
    await db.execute("update posts set active_at = now(), published_at = now() where id = $1", first + 1)
    found: str = await db.fetchval("select public_id from posts where id = $1", first + 1)
    return found
