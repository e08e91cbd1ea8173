"""Reading threads and timelines: every query asks `may_see`, and pages by a stable cursor."""

from datetime import datetime

import msgspec

from fediverse_support.core.models import Actor, Post, Viewer
from fediverse_support.database import posts
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import Row


class Cursor(msgspec.Struct, frozen=True):
    """Where a page ended: the activity time and number of its last thread."""

    active_at: datetime
    post_id: int


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A post with its author, as a page shows it. `answers` is for thread starts only."""

    post: Post
    author: Actor
    answers: int = 0
    last_read_at: datetime | None = None


def _author(row: Row) -> Actor:
    return Actor(
        id=row["author_id"],
        uri=row["author_uri"],
        type=row["author_type"],
        is_local=row["author_is_local"],
        name=row["author_name"],
        host=row["author_host"],
        display_name=row["author_display_name"],
        url=row["author_url"],
        state=row["author_state"],
        created_at=row["author_created_at"],
    )


def read(row: Row) -> Shown:
    """A row of the view `shown_posts`."""
    return Shown(post=posts.read(row), author=_author(row))


async def of_group(
    db: Connection, viewer: Viewer, group_id: int, before: Cursor | None, limit: int
) -> list[Shown]:
    """Thread starts of a group, the most recently active first, with how many answers each has."""
    rows = await db.fetch(
        """
        select p.*, (select count(*) from posts r
             where r.root_id = p.id and r.id <> p.id
               and may_see(r.state, r.reach, r.group_id, r.author_id, r.named,
                    $2, $3, $4, $5, $6, $7)) as answers
          from shown_posts p
         where p.group_id = $1 and p.root_id = p.id and p.state = 'live'
           and may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                    $2, $3, $4, $5, $6, $7)
           and is_on_show(p.reach, p.group_id, $2, $3)
           and (p.active_at, p.id) < ($8, $9)
         order by p.active_at desc, p.id desc
         limit $10
        """,
        group_id,
        *viewer.sight,
        before.active_at if before else datetime.max,
        before.post_id if before else 2**63 - 1,
        limit,
    )
    return [Shown(post=posts.read(row), author=_author(row), answers=row["answers"]) for row in rows]


async def whole(db: Connection, viewer: Viewer, root_id: int, limit: int) -> list[Shown]:
    """A thread in the order it was written, with the places of deleted posts that have answers."""
    rows = await db.fetch(
        """
        select p.*
          from shown_posts p
         where p.root_id = $1
           and (may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                    $2, $3, $4, $5, $6, $7)
            or (p.state in ('deleted', 'hidden', 'held')
                and exists (select from posts c
                             where c.parent_id = p.id
                               and may_see(c.state, c.reach, c.group_id, c.author_id, c.named,
                    $2, $3, $4, $5, $6, $7))))
         order by p.published_at, p.id
         limit $8
        """,
        root_id,
        *viewer.sight,
        limit,
    )
    return [read(row) for row in rows]


async def beginning(db: Connection, viewer: Viewer, root_id: int) -> list[Shown]:
    """The first post of a thread, or its place if it was deleted or hidden; none for who may not see it."""
    rows = await db.fetch(
        """
        select p.*
          from shown_posts p
         where p.id = $1
           and (may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                    $2, $3, $4, $5, $6, $7)
            or p.state in ('deleted', 'hidden', 'held'))
        """,
        root_id,
        *viewer.sight,
    )
    return [read(row) for row in rows]


async def of_author(db: Connection, viewer: Viewer, author_id: int, limit: int) -> list[Shown]:
    """What an author has written that `viewer` may see, the newest first."""
    rows = await db.fetch(
        """
        select p.*
          from shown_posts p
         where p.author_id = $1 and p.state = 'live'
           and may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                    $2, $3, $4, $5, $6, $7)
           and is_on_show(p.reach, p.group_id, $2, $3)
         order by p.id desc
         limit $8
        """,
        author_id,
        *viewer.sight,
        limit,
    )
    return [read(row) for row in rows]


async def with_news_for(db: Connection, viewer: Viewer, account_id: int, limit: int) -> list[Shown]:
    """Threads of the viewer's groups that were active since the viewer read them, the newest first."""
    rows = await db.fetch(
        """
        select p.*, m.read_at
          from shown_posts p
          left join read_marks m on m.root_id = p.id and m.account_id = $1
         where p.group_id in (select f.followed_id from follows f
                           where f.follower_id = $2 and f.state = 'accepted')
           and p.root_id = p.id and p.state = 'live'
           and may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                    $2, $3, $4, $5, $6, $7)
           and (m.read_at is null or m.read_at < p.active_at)
           and p.active_at > now() - interval '60 days'
         order by p.active_at desc, p.id desc
         limit $8
        """,
        account_id,
        *viewer.sight,
        limit,
    )
    return [Shown(post=posts.read(row), author=_author(row), last_read_at=row["read_at"]) for row in rows]


async def unanswered(db: Connection, viewer: Viewer, limit: int) -> list[Shown]:
    """What others began in our groups and the viewer's and nobody has answered, the longest waiting first.

    What is locked, or in an archived group, waits for nobody.
    """
    rows = await db.fetch(
        """
        select p.*
          from shown_posts p
         where p.group_id in (select g.actor_id from groups g
                           union
                          select f.followed_id from follows f
                           where f.follower_id = $1 and f.state = 'accepted')
           and p.root_id = p.id and p.state = 'live' and p.author_id is distinct from $1
           and p.active_at > now() - interval '30 days'
           and may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                    $1, $2, $3, $4, $5, $6)
           and p.locked_at is null
           and not exists (select from groups g where g.actor_id = p.group_id and g.life = 'archived')
           and not exists (select from posts r where r.parent_id = p.id and r.state = 'live'
                                             and r.author_id <> p.author_id)
         order by p.published_at, p.id
         limit $7
        """,
        *viewer.sight,
        limit,
    )
    return [read(row) for row in rows]


async def hidden(db: Connection, limit: int) -> list[Shown]:
    """Hidden posts, the newest first: for moderators only, who may see all of these."""
    rows = await db.fetch(
        """
        select p.*
          from shown_posts p
         where p.state = 'hidden'
         order by p.id desc
         limit $1
        """,
        limit,
    )
    return [read(row) for row in rows]


async def uris_of_thread(
    db: Connection, viewer: Viewer, root_id: int, limit: int, offset: int = 0
) -> list[str]:
    """The ids of the posts of a thread that `viewer` may see, in order: for `context`."""
    rows = await db.fetch(
        """
        select uri from posts p
         where root_id = $1 and may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                    $2, $3, $4, $5, $6, $7)
         order by published_at, id limit $8 offset $9
        """,
        root_id,
        *viewer.sight,
        limit,
        offset,
    )
    return [row["uri"] for row in rows]


async def total_of_thread(db: Connection, viewer: Viewer, root_id: int) -> int:
    """How many posts of a thread `viewer` may see: for `context`."""
    return int(
        await db.fetchval(
            """
            select count(*) from posts p
             where root_id = $1 and may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                    $2, $3, $4, $5, $6, $7)
            """,
            root_id,
            *viewer.sight,
        )
    )


async def uris_of_replies(
    db: Connection, viewer: Viewer, parent_id: int, limit: int, offset: int = 0
) -> list[str]:
    """The ids of the direct answers to a post that `viewer` may see, in order: for `replies`."""
    rows = await db.fetch(
        """
        select uri from posts p
         where parent_id = $1 and may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                    $2, $3, $4, $5, $6, $7)
         order by published_at, id limit $8 offset $9
        """,
        parent_id,
        *viewer.sight,
        limit,
        offset,
    )
    return [row["uri"] for row in rows]


async def of_group_tagged(
    db: Connection, viewer: Viewer, group_id: int, tag: str, before: Cursor | None, limit: int
) -> list[Shown]:
    """As `of_group`, but only threads whose first post has a tag.

    A statement of its own, so that the planner may use the index of tags.
    """
    rows = await db.fetch(
        """
        select p.*, (select count(*) from posts r
             where r.root_id = p.id and r.id <> p.id
               and may_see(r.state, r.reach, r.group_id, r.author_id, r.named,
                    $2, $3, $4, $5, $6, $7)) as answers
          from shown_posts p
         where p.group_id = $1 and p.root_id = p.id and p.state = 'live'
           and p.tags <> '{}' and p.tags @> array[$11::text]
           and may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                    $2, $3, $4, $5, $6, $7)
           and is_on_show(p.reach, p.group_id, $2, $3)
           and (p.active_at, p.id) < ($8, $9)
         order by p.active_at desc, p.id desc
         limit $10
        """,
        group_id,
        *viewer.sight,
        before.active_at if before else datetime.max,
        before.post_id if before else 2**63 - 1,
        limit,
        tag,
    )
    return [Shown(post=posts.read(row), author=_author(row), answers=row["answers"]) for row in rows]


async def tagged(db: Connection, viewer: Viewer, tag: str, before: int | None, limit: int) -> list[Shown]:
    """The beginnings of threads with a tag, in groups and outside, that `viewer` may see, newest first."""
    rows = await db.fetch(
        """
        select p.* from shown_posts p
         where p.root_id = p.id and p.state = 'live' and p.tags <> '{}' and p.tags @> array[$1::text]
           and may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                    $2, $3, $4, $5, $6, $7)
           and is_on_show(p.reach, p.group_id, $2, $3)
           and p.id < coalesce($8, 9223372036854775807)
         order by p.id desc limit $9
        """,
        tag,
        *viewer.sight,
        before,
        limit,
    )
    return [read(row) for row in rows]
