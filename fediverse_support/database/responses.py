"""Who has liked, boosted or followed: numbers of actors in the order in which they did, for turning pages."""

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader
from fediverse_support.database.timeline_parts import Part


class Deed(msgspec.Struct, frozen=True):
    """That `actor_id` did it; `id` is the number by which pages of such deeds go."""

    id: int
    actor_id: int


_read = reader(Deed)


async def likes(db: Connection, post_uri: str, apart_from: tuple[int, ...], part: Part) -> list[Deed]:
    """Who liked a post, the last first. Whoever shows them has asked whether the post may be seen."""
    query = """
        select r.id, r.actor_id from reactions r
         where r.object_uri = $1 and r.kind <> 'dislike' and r.id < $2 and r.id > $3
           and not r.actor_id = any($4::bigint[])
         order by r.id desc limit $5
    """
    return all_of(_read, await db.fetch(query, post_uri, part.max_id, part.after, apart_from, part.limit))


async def boosts(db: Connection, post_id: int, apart_from: tuple[int, ...], part: Part) -> list[Deed]:
    """Who boosted a post, the last first; that its own group did says nothing."""
    query = """
        select b.id, b.actor_id from boosts b
          join posts p on p.id = b.post_id and p.group_id is distinct from b.actor_id
         where b.post_id = $1 and b.id < $2 and b.id > $3 and not b.actor_id = any($4::bigint[])
         order by b.id desc limit $5
    """
    return all_of(_read, await db.fetch(query, post_id, part.max_id, part.after, apart_from, part.limit))


async def followers(db: Connection, actor_id: int, part: Part) -> list[Deed]:
    """Who follows somebody, by their numbers."""
    query = """
        select f.follower_id as id, f.follower_id as actor_id from follows f
         where f.followed_id = $1 and f.state = 'accepted' and f.follower_id < $2 and f.follower_id > $3
         order by f.follower_id desc limit $4
    """
    return all_of(_read, await db.fetch(query, actor_id, part.max_id, part.after, part.limit))


async def followed(db: Connection, actor_id: int, part: Part, *, with_groups: bool) -> list[Deed]:
    """Whom somebody follows, by their numbers; in which groups they are is for themselves to know."""
    query = """
        select f.followed_id as id, f.followed_id as actor_id from follows f
          join actors a on a.id = f.followed_id and ($5 or a.type <> 'Group')
         where f.follower_id = $1 and f.state = 'accepted' and f.followed_id < $2 and f.followed_id > $3
         order by f.followed_id desc limit $4
    """
    return all_of(_read, await db.fetch(query, actor_id, part.max_id, part.after, part.limit, with_groups))
