"""The `reactions` and `boosts` tables: keyed by what they are to, for they may arrive before it."""

from datetime import datetime

from fediverse_support.core.identifiers import new_id
from fediverse_support.core.models import Post, Reach
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import changed


async def react(db: Connection, actor_id: int, object_uri: str, kind: str, activity_uri: str) -> bool:
    """Store a reaction; False when it is there, is to a post that was deleted or that they may not read.

    Safe to run twice.
    """
    return bool(
        changed(
            await db.execute(
                """
                insert into reactions (actor_id, object_uri, kind, activity_uri)
                select $1, $2, $3, $4
                 where not exists (
                       select from posts p
                         join actors a on a.id = $1
                        where p.uri = $2
                          and (p.state = 'deleted'
                               or p.author_id <> $1 and are_apart(p.author_id, $1, a.uri)
                               or p.reach in ('followers', 'direct') and p.author_id <> $1
                                  and not $1 = any(p.named)
                                  and not (p.reach = 'followers'
                                           and exists (
                                               select from follows f
                                                where f.follower_id = $1 and f.followed_id = p.author_id
                                                  and f.state = 'accepted'))))
                    on conflict do nothing
                """,
                actor_id,
                object_uri,
                kind,
                activity_uri,
            )
        )
    )


async def unreact(
    db: Connection, actor_id: int, activity_uri: str, object_uri: str | None, kind: str
) -> str | None:
    """Take a reaction back, by the id of its activity or by what it was to; what it was to.

    None when there was none. Safe to run twice.
    """
    found: str | None = await db.fetchval(
        """
        delete from reactions
         where actor_id = $1 and (activity_uri = $2 or (object_uri = $3 and kind = $4))
        returning object_uri
        """,
        actor_id,
        activity_uri,
        object_uri,
        kind,
    )
    return found


async def forget_strays(db: Connection, before: datetime) -> None:
    """Forget reactions from before then to what never came; at most 5,000 at a time (reliability D8)."""
    await db.execute(
        """
        delete from reactions where (actor_id, object_uri, kind) in (
            select actor_id, object_uri, kind from reactions r
             where created_at < $1 and not exists (select from posts p where p.uri = r.object_uri) limit 5000)
        """,
        before,
    )


async def boost(
    db: Connection, actor_id: int, object_uri: str, activity_uri: str, reach: Reach = "open", *, by_uri: str
) -> bool:
    """Remember that somebody elsewhere, `by_uri`, announced something; False for one whom the author blocked.

    With the reach *sealed* only its Undo finds it. Safe to run twice.
    """
    return bool(
        changed(
            await db.execute(
                """
                insert into boosts as b (actor_id, object_uri, post_id, reach, activity_uris)
                select $1, $2, case when $4 <> 'sealed' then p.id end, $4, array[$3]
                  from (values (1)) as once left join posts p on p.uri = $2
                 where p.id is null or not are_apart(p.author_id, $1, $5)
                    on conflict (actor_id, object_uri) do update
                   set activity_uris = case when $3 = any(b.activity_uris) then b.activity_uris
                                            else array_append(b.activity_uris, $3) end
                """,
                actor_id,
                object_uri,
                activity_uri,
                reach,
                by_uri,
            )
        )
    )


async def boost_of(db: Connection, actor_id: int, post_id: int) -> int | None:
    """The number of the boost of a post by this actor."""
    number: int | None = await db.fetchval(
        "select id from boosts where actor_id = $1 and post_id = $2", actor_id, post_id
    )
    return number


async def add_boost(
    db: Connection, actor_id: int, post: Post, reach: Reach, activity_uri: str, now: datetime
) -> int:
    """One of ours boosts a post that is here; the number of the boost. Safe to run twice."""
    return int(
        await db.fetchval(
            """
            insert into boosts (id, actor_id, object_uri, post_id, reach, activity_uris, boosted_at)
            values ($1, $2, $3, $4, $5, array[$6], $7)
                on conflict (actor_id, object_uri) do update set post_id = excluded.post_id
            returning id
            """,
            new_id(),
            actor_id,
            post.uri,
            post.id,
            reach,
            activity_uri,
            now,
        )
    )


async def is_boost_of(db: Connection, number: int, actor_id: int) -> bool:
    """Whether this number is that of a boost which this actor made."""
    found = await db.fetchval("select true from boosts where id = $1 and actor_id = $2", number, actor_id)
    return bool(found)


async def unboost(db: Connection, actor_id: int, activity_uri: str, object_uri: str | None) -> str | None:
    """Take an announce back; the id of what it was about, or None when there was none."""
    found: str | None = await db.fetchval(
        """
        delete from boosts where actor_id = $1 and ($2 = any(activity_uris) or object_uri = $3)
        returning object_uri
        """,
        actor_id,
        activity_uri,
        object_uri,
    )
    return found
