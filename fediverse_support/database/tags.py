"""Tags: those that a group offers (`group_tags`), that somebody follows, and that stand on a profile."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediverse_support.core.models import OfferedTag, Viewer
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed, reader

_read = reader(OfferedTag)


async def offered(db: Connection, group_id: int) -> list[OfferedTag]:
    """The tags of a group, in its own order."""
    rows = await db.fetch(
        "select name, label, tone from group_tags where group_id = $1 order by position, name", group_id
    )
    return all_of(_read, rows)


async def replace(db: Connection, group_id: int, tags: Sequence[OfferedTag]) -> None:
    """Let a group offer these tags and no others. What was said under another keeps it. Safe to run twice."""
    await db.execute("delete from group_tags where group_id = $1", group_id)
    await db.execute("update groups set offers_tags = $2 where actor_id = $1", group_id, bool(tags))
    await db.executemany(
        "insert into group_tags (group_id, name, label, tone, position) values ($1, $2, $3, $4, $5)",
        [(group_id, tag.name, tag.label, tag.tone, position) for position, tag in enumerate(tags, start=1)],
    )


class FollowedTag(msgspec.Struct, frozen=True):
    """A tag that somebody follows, with the number by which lists of them are paged."""

    id: int
    tag: str


class FeaturedTag(msgspec.Struct, frozen=True, kw_only=True):
    """A tag that somebody shows on their profile: how often they used it, and when last."""

    id: int
    tag: str
    number: int
    last_at: datetime | None


class Mine(msgspec.Struct, frozen=True):
    """Which of some tags somebody follows, and which they show. None of it without a person."""

    followed: frozenset[str] | None = None
    featured: frozenset[str] = frozenset()


_read_followed = reader(FollowedTag)
_read_featured = reader(FeaturedTag)


async def of_mine(db: Connection, actor_id: int | None, names: Sequence[str]) -> Mine:
    """What an actor has to do with these tags; of nobody nothing, without a query."""
    if actor_id is None:
        return Mine()
    row = await db.fetchrow(
        """
        select array(select tag from followed_tags where actor_id = $1 and tag = any($2)) as followed,
               array(select tag from featured_tags where actor_id = $1 and tag = any($2)) as featured
        """,
        actor_id,
        list(names),
    )
    assert row is not None
    return Mine(frozenset(row["followed"]), frozenset(row["featured"]))


async def followed(
    db: Connection, actor_id: int, below: int, above: int, limit: int, *, is_upward: bool
) -> list[FollowedTag]:
    """A page of the tags that an actor follows, the latest first."""
    rows = await db.fetch(
        """
        select id, tag from followed_tags
         where actor_id = $1 and id < $2 and id > $3
         order by case when $5 then id else -id end limit $4
        """,
        actor_id,
        below,
        above,
        limit,
        is_upward,
    )
    found = all_of(_read_followed, rows)
    return found[::-1] if is_upward else found


async def number_followed(db: Connection, actor_id: int) -> int:
    """How many tags an actor follows; locks them, so that two at once do not go over a bound."""
    await db.execute("select from actors where id = $1 for no key update", actor_id)
    number: int = await db.fetchval("select count(*) from followed_tags where actor_id = $1", actor_id)
    return number


async def follow(db: Connection, actor_id: int, tag: str, now: datetime) -> None:
    """Let an actor follow a tag. Safe to run twice."""
    await db.execute(
        """
        insert into followed_tags (actor_id, tag, followed_at) values ($1, $2, $3)
            on conflict (actor_id, tag) do nothing
        """,
        actor_id,
        tag,
        now,
    )


async def unfollow(db: Connection, actor_id: int, tag: str) -> None:
    """Let an actor no longer follow a tag. Safe to run twice."""
    await db.execute("delete from followed_tags where actor_id = $1 and tag = $2", actor_id, tag)


async def featured(db: Connection, viewer: Viewer, actor_id: int) -> list[FeaturedTag]:
    """The tags on a profile, in their order, counted over what `viewer` may see of it."""
    rows = await db.fetch(
        """
        select f.id, f.tag, count(p.id)::int as number, max(p.published_at) as last_at
          from featured_tags f
          left join post_tags t on t.author_id = f.actor_id and t.tag = f.tag
          left join posts p on p.id = t.post_id and p.state = 'live' and p.reach <> 'direct'
               and may_see(p.state, p.reach, p.group_id, p.author_id, p.named, $1, $2, $3, $4, $5, $6)
               and is_on_show(p.reach, p.group_id, $1, $2)
         where f.actor_id = $7
         group by f.id, f.tag
         order by f.id
        """,
        *viewer.sight,
        actor_id,
    )
    return all_of(_read_featured, rows)


async def featured_names(db: Connection, actor_id: int) -> set[str]:
    """The tags on a profile."""
    rows = await db.fetch("select tag from featured_tags where actor_id = $1", actor_id)
    return {row["tag"] for row in rows}


async def feature(db: Connection, actor_id: int, tag: str, now: datetime) -> None:
    """Show a tag on a profile. Safe to run twice."""
    await db.execute(
        """
        insert into featured_tags (actor_id, tag, featured_at) values ($1, $2, $3)
            on conflict (actor_id, tag) do nothing
        """,
        actor_id,
        tag,
        now,
    )


async def unfeature(db: Connection, actor_id: int, featured_id: int) -> bool:
    """Show it no longer; False for what is not on this actor's profile."""
    status = await db.execute(
        "delete from featured_tags where id = $2 and actor_id = $1", actor_id, featured_id
    )
    return bool(changed(status))


async def unfeature_by_name(db: Connection, actor_id: int, tag: str) -> None:
    """Show a tag no longer. Safe to run twice."""
    await db.execute("delete from featured_tags where actor_id = $1 and tag = $2", actor_id, tag)


async def used_by(db: Connection, actor_id: int, limit: int) -> list[str]:
    """The tags that an actor has used most, apart from those on their profile."""
    rows = await db.fetch(
        """
        select t.tag from post_tags t
          join posts p on p.id = t.post_id and p.state = 'live' and p.reach in ('open', 'quiet')
         where t.author_id = $1
           and not exists (select from featured_tags f where f.actor_id = $1 and f.tag = t.tag)
         group by t.tag order by count(*) desc, t.tag limit $2
        """,
        actor_id,
        limit,
    )
    return [row["tag"] for row in rows]
