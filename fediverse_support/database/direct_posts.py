"""Posts for named people only: receipts, and letters to those who look after a group."""

from collections.abc import Sequence

import msgspec

from fediverse_support.core.models import Actor, Post
from fediverse_support.database import actors, posts
from fediverse_support.database.pool import Connection


class Letter(msgspec.Struct, frozen=True):
    """A post to a group or by it, and who wrote it."""

    post: Post
    author: Actor


async def first_receipt(db: Connection, author_id: int, to_id: int) -> int | None:
    """The post with which the receipts of an actor to somebody began. Nobody has typed a receipt: it has no
    source."""
    number: int | None = await db.fetchval(
        """
        select root_id from posts
         where author_id = $1 and reach = 'direct' and named = array[$2]::bigint[] and state = 'live'
           and source is null
         order by id desc limit 1
        """,
        author_id,
        to_id,
    )
    return number


async def letters_of_group(db: Connection, group_id: int, before: int | None, limit: int) -> list[Letter]:
    """What people have written in private to those who look after a group, and what was answered, the newest
    first. For who looks after it and for nobody else: the caller has asked."""
    rows = await db.fetch(
        """
        select p as post, a as author
          from posts p join actors a on a.id = p.author_id
         where p.reach = 'direct' and p.state = 'live' and p.id < coalesce($2, 9223372036854775807)
           and (p.named @> array[$1::bigint] or p.author_id = $1 and p.source is not null)
         order by p.id desc limit $3
        """,
        group_id,
        before,
        limit,
    )
    return [Letter(posts.read(row["post"]), actors.read(row["author"])) for row in rows]


async def number_unanswered(db: Connection, group_id: int) -> int:
    """How many conversations with a group end with a letter to it, up to 100."""
    return int(
        await db.fetchval(
            """
            select count(*) from (
                select from posts p
                 where p.reach = 'direct' and p.named @> array[$1::bigint] and p.state = 'live'
                   and not exists (select from posts l
                                    where l.root_id = p.root_id and l.id > p.id and l.reach = 'direct'
                                      and l.state = 'live')
                 limit 100) as waiting
            """,
            group_id,
        )
    )


async def answered(db: Connection, group_id: int, root_ids: Sequence[int]) -> set[int]:
    """Those of these conversations in which a group has the last word."""
    rows = await db.fetch(
        """
        select root_id from (
            select distinct on (root_id) root_id, author_id from posts
             where root_id = any($2::bigint[]) and reach = 'direct' and state = 'live'
             order by root_id, id desc) last
         where author_id = $1
        """,
        group_id,
        list(root_ids),
    )
    return {row["root_id"] for row in rows}
