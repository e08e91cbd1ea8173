"""The tables `events` and `event_guests`.

Who asks to come and who lets in take the lock of the event's row first (`lock`), so that there are never more
guests than places.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediverse_support.core.events import Event, GuestState
from fediverse_support.core.models import Actor
from fediverse_support.database import actors
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import changed, reader


class Guest(msgspec.Struct, frozen=True):
    """Somebody who wants to come, and what was answered."""

    actor: Actor
    state: GuestState
    activity_uri: str
    link_sent: str


read = reader(Event)


async def of_posts(db: Connection, post_ids: Sequence[int]) -> dict[int, Event]:
    """The events of these posts. Whoever shows one must have asked whether the post may be seen."""
    rows = await db.fetch("select * from events where post_id = any($1::bigint[])", list(post_ids))
    return {row["post_id"]: read(row) for row in rows}


async def of_post(db: Connection, post_id: int) -> Event | None:
    """The event of a post."""
    return (await of_posts(db, [post_id])).get(post_id)


async def put(db: Connection, event: Event) -> None:
    """Store an event, or change it. Safe to run twice."""
    await db.execute(
        """
        insert into events (post_id, starts_at, ends_at, time_zone, place, join_link, joining, most_people,
                            is_cancelled)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            on conflict (post_id) do update
           set starts_at = $2, ends_at = $3, time_zone = $4, place = $5, join_link = $6, joining = $7,
               most_people = $8, is_cancelled = $9
        """,
        event.post_id,
        event.starts_at,
        event.ends_at,
        event.time_zone,
        event.place,
        event.join_link,
        event.joining,
        event.most_people,
        event.is_cancelled,
    )


async def remove(db: Connection, post_id: int) -> None:
    """A post is no event any more. Safe to run twice."""
    await db.execute("delete from events where post_id = $1", post_id)


async def lock(db: Connection, post_id: int) -> Event | None:
    """The event, which nobody else joins or changes before the transaction ends."""
    row = await db.fetchrow("select * from events where post_id = $1 for update", post_id)
    return read(row) if row else None


async def last_time_zone(db: Connection, group_id: int) -> str | None:
    """The time zone of the last event that somebody here called to in a group: a good guess for the next."""
    found: str | None = await db.fetchval(
        """
        select e.time_zone from events e
          join posts p on p.id = e.post_id
          join actors a on a.id = p.author_id and a.is_local
         where p.group_id = $1 order by p.id desc limit 1
        """,
        group_id,
    )
    return found


async def guests(db: Connection, post_id: int) -> list[Guest]:
    """Everybody who asked to come, the first to ask first: for the organiser only."""
    rows = await db.fetch(
        """
        select a.*, g.state as guest_state, g.activity_uri, g.link_sent
          from event_guests g join actors a on a.id = g.actor_id
         where g.post_id = $1 and a.state = 'active'
         order by g.asked_at, a.id
        """,
        post_id,
    )
    return [
        Guest(actors.read(row), row["guest_state"], row["activity_uri"], row["link_sent"]) for row in rows
    ]


async def guest_states(db: Connection, actor_id: int, post_ids: Sequence[int]) -> dict[int, GuestState]:
    """How one actor stands with these events: for that actor."""
    rows = await db.fetch(
        "select post_id, state from event_guests where actor_id = $1 and post_id = any($2::bigint[])",
        actor_id,
        list(post_ids),
    )
    return {row["post_id"]: row["state"] for row in rows}


async def state_of(db: Connection, post_id: int, actor_id: int) -> GuestState | None:
    """How somebody stands with an event."""
    return (await guest_states(db, actor_id, [post_id])).get(post_id)


async def accepted_count(db: Connection, post_id: int) -> int:
    """How many places are taken: for deciding only, shown to nobody."""
    return int(
        await db.fetchval(
            "select count(*) from event_guests where post_id = $1 and state = 'accepted'", post_id
        )
    )


async def ask(db: Connection, post_id: int, actor_id: int, activity_uri: str, now: datetime) -> None:
    """Somebody asks to come; an earlier answer stays. Safe to run twice."""
    await db.execute(
        """
        insert into event_guests (post_id, actor_id, state, activity_uri, asked_at)
        values ($1, $2, 'asked', $3, $4)
            on conflict (post_id, actor_id) do update set activity_uri = $3
        """,
        post_id,
        actor_id,
        activity_uri,
        now,
    )


async def set_state(db: Connection, post_id: int, actor_id: int, state: GuestState) -> bool:
    """Answer somebody; False if they have not asked. Safe to run twice."""
    return bool(
        changed(
            await db.execute(
                "update event_guests set state = $3 where post_id = $1 and actor_id = $2",
                post_id,
                actor_id,
                state,
            )
        )
    )


async def mark_link_sent(db: Connection, post_id: int, actor_id: int, link: str) -> None:
    """This link went to a guest's server. Safe to run twice."""
    await db.execute(
        "update event_guests set link_sent = $3 where post_id = $1 and actor_id = $2", post_id, actor_id, link
    )


async def leave(db: Connection, post_id: int, actor_id: int) -> bool:
    """Somebody does not come after all; who was declined stays so. False if there is nothing to leave."""
    return bool(
        changed(
            await db.execute(
                "delete from event_guests where post_id = $1 and actor_id = $2 and state <> 'declined'",
                post_id,
                actor_id,
            )
        )
    )


async def answer_join(db: Connection, organiser_id: int, join_uri: str, state: GuestState) -> bool:
    """An organiser elsewhere answers the Join with this id of one of ours; False if there is none to them."""
    status = await db.execute(
        """
        update event_guests g set state = $3
          from posts p, actors a
         where g.activity_uri = $2 and p.id = g.post_id and p.author_id = $1
           and a.id = g.actor_id and a.is_local
        """,
        organiser_id,
        join_uri,
        state,
    )
    return bool(changed(status))


async def keep_letter(
    db: Connection, organiser_id: int, post_uri: str, guest_id: int, html: str, most: int
) -> bool:
    """Keep what an organiser wrote to a guest, the latest first, once; False if it is no guest of theirs."""
    status = await db.execute(
        """
        update event_guests g
           set letter_html = case when position($4 in g.letter_html) > 0 or length(g.letter_html) > $5
                                  then g.letter_html else $4 || g.letter_html end
          from posts p
         where p.uri = $2 and p.id = g.post_id and p.author_id = $1 and g.actor_id = $3
           and g.state <> 'declined'
        """,
        organiser_id,
        post_uri,
        guest_id,
        html,
        most,
    )
    return bool(changed(status))


async def letter_to(db: Connection, post_id: int, actor_id: int) -> str:
    """What the organiser elsewhere wrote to a guest: for that guest alone."""
    found: str | None = await db.fetchval(
        """
        select letter_html from event_guests
         where post_id = $1 and actor_id = $2 and state = 'accepted'
        """,
        post_id,
        actor_id,
    )
    return found or ""


async def forget_actor(db: Connection, actor_id: int) -> None:
    """Somebody has left for good: they are no guest of anything. Safe to run twice."""
    await db.execute("delete from event_guests where actor_id = $1", actor_id)
