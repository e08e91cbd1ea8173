"""Deliveries that wait and must not go out any more: for former members, or to a server that is blocked."""

from fediverse_support.database.covering import REFUSED
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import changed

_FROM_BLOCKED = "".join(
    (
        """
    with named as (select distinct host as name from deliveries where state = 'waiting'), """,
        REFUSED,
        """
    update deliveries
       set state = 'refused', finished_at = now(), last_error = 'This server is blocked.'
     where state = 'waiting' and host in (select name from refused)
""",
    )
)


async def hold_membership(db: Connection, group_id: int) -> None:
    """Let nobody's membership of this group end before the caller's transaction does.

    What is published then goes to who is a member, and is there to be taken back from who is one no longer.
    """
    await db.execute("select pg_advisory_xact_lock_shared($1)", group_id)


async def end_membership(db: Connection, group_id: int) -> None:
    """Wait until what is being published to the members of this group is there to be taken back."""
    await db.execute("select pg_advisory_xact_lock($1)", group_id)


async def still_waits(db: Connection, delivery_id: int) -> bool:
    """Whether a delivery that was taken in hand is still to go out."""
    return bool(
        await db.fetchval(
            "select exists (select from deliveries where id = $1 and state = 'waiting')", delivery_id
        )
    )


async def from_former_member(db: Connection, follower_id: int, group_id: int | None = None) -> int:
    """Take back what waits for somebody who has left a group of ours, or follows one of our people no longer,
    or (None) any; how many deliveries.

    Only what is for members or followers, and does not name them: the rest is public. An inbox that others
    share who may read it stays. Call it when the follow is gone. Safe to run twice.
    """
    return changed(
        await db.execute(
            """
            update deliveries d
               set state = 'refused', finished_at = now(), last_error = 'Not a member any more.'
              from activities a
              join posts p on p.uri = a.object_uri
              join actors c on c.id = coalesce(p.group_id, p.author_id) and c.is_local
             where d.host = (select split_part(inbox_url, '/', 3) from actors
                              where id = $1 and not is_local)
               and d.state = 'waiting' and a.id = d.activity_id
               and (p.reach = 'members' and p.group_id is not null
                    or p.reach = 'followers')
               and not exists (select from actors x
                                where x.id = any(p.named)
                           and d.inbox_url in (x.inbox_url, x.shared_inbox_url))
               and ($2::bigint is null or c.id = $2)
               and not exists (select from follows f join actors x on x.id = f.follower_id
                                where f.followed_id = c.id and f.state = 'accepted'
                                  and x.state = 'active'
                                  and d.inbox_url in (x.inbox_url, x.shared_inbox_url))
            """,
            follower_id,
            group_id,
        )
    )


async def from_blocked(db: Connection) -> int:
    """Take back all that waits for hosts which are blocked now; how many deliveries. Safe to run twice."""
    return changed(await db.execute(_FROM_BLOCKED))
