"""The tables `polls`, `poll_options` and `poll_votes`.

Every vote and the end of a poll take the lock of its row first (`lock`), so that none counts after the end
and nobody is counted twice.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from fediverse_support.core.models import Actor
from fediverse_support.core.polls import Answer, Poll
from fediverse_support.database import actors
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import Row, all_of, changed

_POLLS = """
    select p.post_id, p.is_multiple, p.hides_totals, p.ends_at, p.closed_at, a.is_local as is_ours,
           case when live.counts then (select count(distinct v.actor_id)::int from poll_votes v
                                        where v.post_id = p.post_id)
                else p.voters end as voters,
           array(select o.name from poll_options o where o.post_id = p.post_id order by o.position) as names,
           array(select coalesce(o.wire_name, o.name) from poll_options o
                  where o.post_id = p.post_id order by o.position) as wire_names,
           array(select case when live.counts then (select count(*)::int from poll_votes v
                                  where v.post_id = o.post_id and v.position = o.position)
                             else o.votes end
                   from poll_options o where o.post_id = p.post_id order by o.position) as votes
      from polls p
      join posts t on t.id = p.post_id
      join actors a on a.id = t.author_id
     cross join lateral (select a.is_local and p.closed_at is null as counts) live
     where p.post_id = any($1::bigint[])
"""


def _read(row: Row) -> Poll:
    return Poll(
        post_id=row["post_id"],
        is_ours=row["is_ours"],
        is_multiple=row["is_multiple"],
        hides_totals=row["hides_totals"],
        ends_at=row["ends_at"],
        closed_at=row["closed_at"],
        voters=row["voters"],
        answers=tuple(
            Answer(*each) for each in zip(row["names"], row["votes"], row["wire_names"], strict=True)
        ),
    )


async def of_posts(db: Connection, post_ids: Sequence[int]) -> dict[int, Poll]:
    """The polls of these posts. Whoever shows one must have asked whether the post may be seen."""
    rows = await db.fetch(_POLLS, list(post_ids))
    return {row["post_id"]: _read(row) for row in rows}


async def of_post(db: Connection, post_id: int) -> Poll | None:
    """The poll of a post."""
    return (await of_posts(db, [post_id])).get(post_id)


async def insert(db: Connection, poll: Poll) -> None:
    """Store a new poll with its answers. Safe to run twice."""
    await db.execute(
        """
        insert into polls (post_id, is_multiple, hides_totals, ends_at, closed_at, voters)
        values ($1, $2, $3, $4, $5, $6) on conflict do nothing
        """,
        poll.post_id,
        poll.is_multiple,
        poll.hides_totals,
        poll.ends_at,
        poll.closed_at,
        poll.voters,
    )
    await _insert_answers(db, poll)


async def _insert_answers(db: Connection, poll: Poll) -> None:
    await db.execute(
        """
        insert into poll_options (post_id, position, name, votes, wire_name)
        select $1, o.number - 1, o.name, o.votes, nullif(o.wire_name, o.name)
          from unnest($2::text[], $3::int[], $4::text[]) with ordinality as o (name, votes, wire_name, number)
            on conflict do nothing
        """,
        poll.post_id,
        [answer.name for answer in poll.answers],
        [answer.votes for answer in poll.answers],
        [answer.wire_name or answer.name for answer in poll.answers],
    )


async def replace(db: Connection, poll: Poll) -> None:
    """Let a poll have other answers: who chose what of the old ones is forgotten. Safe to run twice."""
    await db.execute("delete from polls where post_id = $1", poll.post_id)
    await insert(db, poll)


async def remove(db: Connection, post_id: int) -> None:
    """A post has no poll any more. Safe to run twice."""
    await db.execute("delete from polls where post_id = $1", post_id)


async def lock(db: Connection, post_id: int) -> bool:
    """Let nobody else vote in or end this poll before the transaction ends; False if there is none."""
    row = await db.fetchrow("select post_id from polls where post_id = $1 for update", post_id)
    return row is not None


async def set_totals(db: Connection, poll: Poll) -> bool:
    """Keep totals and end as `poll` has them; whether anything changed. Safe to run twice."""
    status = await db.execute(
        """
        update polls set voters = $2, ends_at = $3, closed_at = $4
         where post_id = $1 and (voters, ends_at, closed_at) is distinct from ($2, $3, $4)
        """,
        poll.post_id,
        poll.voters,
        poll.ends_at,
        poll.closed_at,
    )
    options = await db.execute(
        """
        update poll_options o set votes = n.votes
          from unnest($2::int[]) with ordinality as n (votes, number)
         where o.post_id = $1 and o.position = n.number - 1 and o.votes <> n.votes
        """,
        poll.post_id,
        [answer.votes for answer in poll.answers],
    )
    return bool(changed(status) + changed(options))


async def add_votes(
    db: Connection, post_id: int, positions: Sequence[int], actor_id: int, activity_uri: str, now: datetime
) -> None:
    """Keep what somebody chose, and that there is news. Safe to run twice."""
    await db.execute(
        """
        with added as (
            insert into poll_votes (post_id, position, actor_id, activity_uri, voted_at)
            select $1, position, $3, $4, $5 from unnest($2::int[]) as position
                on conflict do nothing
            returning post_id
        )
        update polls set has_news = true where post_id in (select post_id from added)
        """,
        post_id,
        list(positions),
        actor_id,
        activity_uri,
        now,
    )


async def chosen_by(db: Connection, actor_id: int, post_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """What one actor chose in these polls: for that actor, and for counting; nobody else is shown it."""
    rows = await db.fetch(
        """
        select post_id, array_agg(position order by position) as positions from poll_votes
         where actor_id = $1 and post_id = any($2::bigint[])
         group by post_id
        """,
        actor_id,
        list(post_ids),
    )
    return {row["post_id"]: tuple(row["positions"]) for row in rows}


async def voters_elsewhere(db: Connection, post_id: int) -> list[Actor]:
    """The people on other servers who answered: their servers are told of the result."""
    rows = await db.fetch(
        """
        select a.* from actors a
         where a.id in (select v.actor_id from poll_votes v where v.post_id = $1)
           and not a.is_local and a.state = 'active'
        """,
        post_id,
    )
    return all_of(actors.read, rows)


async def prolong(db: Connection, post_id: int, by: timedelta) -> None:
    """Let a poll that waited for a moderator be open for as long as it should have been."""
    await db.execute(
        "update polls set ends_at = ends_at + $2, closed_at = null where post_id = $1", post_id, by
    )


async def due(db: Connection, now: datetime, limit: int) -> list[int]:
    """Polls whose end has come, locked; those that another worker has in hand are left out."""
    rows = await db.fetch(
        """
        select post_id from polls where closed_at is null and ends_at <= $1
         order by ends_at limit $2 for update skip locked
        """,
        now,
        limit,
    )
    return [row["post_id"] for row in rows]


async def with_news(db: Connection, told_before: datetime, limit: int) -> list[int]:
    """Open polls of ours that show their totals and have news, locked, told of longest ago first."""
    rows = await db.fetch(
        """
        select p.post_id from polls p
         where p.has_news and p.closed_at is null and not p.hides_totals
           and (p.told_at is null or p.told_at < $1)
           and exists (select from posts t join actors a on a.id = t.author_id
                        where t.id = p.post_id and a.is_local)
         order by p.told_at nulls first limit $2 for update skip locked
        """,
        told_before,
        limit,
    )
    return [row["post_id"] for row in rows]


async def mark_told(db: Connection, post_id: int, now: datetime) -> None:
    """The other servers were told of the totals. Safe to run twice."""
    await db.execute("update polls set has_news = false, told_at = $2 where post_id = $1", post_id, now)


async def forget_choices(db: Connection, closed_before: datetime) -> None:
    """Forget who chose what in polls that ended long ago; their totals stay. Safe to run twice."""
    await db.execute(
        """
        with old as (
            update polls set keeps_votes = false where keeps_votes and closed_at < $1 returning post_id
        )
        delete from poll_votes v using old where v.post_id = old.post_id
        """,
        closed_before,
    )


async def forget_actor(db: Connection, actor_id: int) -> None:
    """Somebody has left: their choices in polls that still run are taken back. Safe to run twice."""
    await db.execute(
        """
        delete from poll_votes v using polls p
         where v.actor_id = $1 and p.post_id = v.post_id and p.closed_at is null
        """,
        actor_id,
    )
