"""The `holds` table: what waits for a moderator, and what came of it.

Only processing and pages that have checked who asks read it: whom a hold may be shown to is decided in
`moderation/holds.py`, not here.
"""

from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from fediverse_support.core.identifiers import new_id
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import changed, reader

Kind = Literal["post", "edit", "arrival"]
State = Literal["waiting", "accepted", "amended", "returned", "refused", "withdrawn"]


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `holds`. `words` are the changed words of an edit; `note` is what its author was told."""

    id: int
    kind: Kind
    post_id: int | None
    inbox_id: int | None
    group_id: int | None
    actor_uri: str
    decision_id: int | None
    rules: tuple[str, ...]
    reason: str
    words: dict[str, Any] | None
    state: State
    held_at: datetime
    decided_at: datetime | None
    decided_by: int | None
    note: str

    @property
    def is_open(self) -> bool:
        """Whether it waits for a moderator, or for its author who was asked to change it."""
        return self.state in ("waiting", "returned")


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """Whose it is, and what made it wait."""

    actor_uri: str
    decision_id: int | None
    rules: tuple[str, ...]
    reason: str


read = reader(Hold)


async def put_post(
    db: Connection,
    kind: Literal["post", "edit"],
    post_id: int,
    group_id: int | None,
    why: Why,
    now: datetime,
    words: dict[str, Any] | None = None,
) -> int:
    """Let a post, or the changed words of one, wait; the number of the hold. Safe to run twice.

    What waits already keeps its place in line; what was returned to its author begins at the end again.
    Of an edit the parts of `words` that are new take the place of the old ones, the others stay.
    """
    return int(
        await db.fetchval(
            """
            insert into holds (id, kind, post_id, group_id, actor_uri, decision_id, rules, reason, words,
                               held_at)
            values ($1, $2, $3, $4, $5, $6, $7, left($8, 1000), $9, $10)
                on conflict (post_id, kind) where state in ('waiting', 'returned') do update
               set state = 'waiting', decision_id = excluded.decision_id, rules = excluded.rules,
                   reason = excluded.reason, words = coalesce(holds.words, '{}') || excluded.words,
                   note = '', decided_at = null,
                   decided_by = null,
                   held_at = case when holds.state = 'returned' then excluded.held_at else holds.held_at end
            returning id
            """,
            new_id(),
            kind,
            post_id,
            group_id,
            why.actor_uri,
            why.decision_id,
            list(why.rules),
            why.reason,
            words,
            now,
        )
    )


async def put_arrival(
    db: Connection, inbox_id: int, post_id: int | None, group_id: int | None, why: Why, now: datetime
) -> int:
    """Let an arrival wait that is kept in the inbox; the number of the hold. Safe to run twice."""
    return int(
        await db.fetchval(
            """
            insert into holds (id, kind, inbox_id, post_id, group_id, actor_uri, decision_id, rules, reason,
                               held_at)
            values ($1, 'arrival', $2, $3, $4, $5, $6, $7, left($8, 1000), $9)
                on conflict (inbox_id) where state = 'waiting' do update
               set decision_id = excluded.decision_id, rules = excluded.rules, reason = excluded.reason
            returning id
            """,
            new_id(),
            inbox_id,
            post_id,
            group_id,
            why.actor_uri,
            why.decision_id,
            list(why.rules),
            why.reason,
            now,
        )
    )


async def overtake(db: Connection, post_id: int, inbox_id: int, now: datetime) -> None:
    """A later edit has come: the one that waited for this post has ended. Safe to run twice."""
    await db.execute(
        """
        with overtaken as (
            update holds set state = 'withdrawn', decided_at = $3
             where post_id = $1 and kind = 'arrival' and state in ('waiting', 'returned')
               and inbox_id is distinct from $2
            returning inbox_id
        )
        update inbox i set state = 'done', outcome = 'A later edit took its place.', processed_at = $3
          from overtaken where i.id = overtaken.inbox_id and i.state = 'held'
        """,
        post_id,
        inbox_id,
        now,
    )


async def wait_again(db: Connection, post_id: int, now: datetime) -> int | None:
    """A held post has other words: if it was returned, it waits at the end of the line. Safe to run twice.

    The number of its hold, None if there is none.
    """
    number: int | None = await db.fetchval(
        """
        update holds
           set state = 'waiting', note = '', decided_at = null, decided_by = null,
               held_at = case when state = 'returned' then $2 else held_at end
         where post_id = $1 and kind = 'post' and state in ('waiting', 'returned')
        returning id
        """,
        post_id,
        now,
    )
    return number


_WITHDRAWN = """
    with gone as (
        update holds set state = 'withdrawn', words = null, decided_at = now()
         where state in ('waiting', 'returned')
           and ($1::bigint is null or post_id = $1) and ($2::text is null or actor_uri = $2)
           and ($3::bigint is null or group_id = $3) and ($4::text is null or kind = $4)
        returning inbox_id
    )
    update inbox i
       set state = 'done', outcome = 'It was taken back while it waited for a moderator.',
           processed_at = now()
      from gone where i.id = gone.inbox_id and i.state = 'held'
"""


async def withdraw_of_post(db: Connection, post_id: int, kind: Kind | None = None) -> None:
    """Nothing about this post waits any more (or nothing of this kind). Safe to run twice."""
    await db.execute(_WITHDRAWN, post_id, None, None, kind)


async def withdraw_of_actor(db: Connection, actor_uri: str) -> None:
    """Nothing by this actor waits any more. Safe to run twice."""
    await db.execute(_WITHDRAWN, None, actor_uri, None, None)


async def withdraw_of_group(db: Connection, group_id: int) -> None:
    """Nothing in this group waits any more. Safe to run twice."""
    await db.execute(_WITHDRAWN, None, None, group_id, None)


async def lock(db: Connection, hold_id: int) -> Hold | None:
    """One hold, kept from others until the transaction ends."""
    row = await db.fetchrow("select * from holds where id = $1 for update", hold_id)
    return read(row) if row else None


async def follow_thread(db: Connection, root_id: int) -> None:
    """The posts of a thread have come into a group: what waits of them waits there. Safe to run twice."""
    await db.execute(
        """
        update holds h set group_id = p.group_id from posts p
         where p.root_id = $1 and h.post_id = p.id and h.state in ('waiting', 'returned')
           and h.group_id is distinct from p.group_id
        """,
        root_id,
    )


async def open_of(db: Connection, post_id: int) -> int | None:
    """The number of the hold of a post, or of a change of it, that nobody has decided about."""
    number: int | None = await db.fetchval(
        """
        select id from holds where post_id = $1 and state in ('waiting', 'returned') order by id limit 1
        """,
        post_id,
    )
    return number


async def decide(
    db: Connection, hold_id: int, state: State, by: int | None, note: str, now: datetime
) -> bool:
    """Say what came of a hold that waits, or was returned; False if somebody else was quicker.

    What is returned keeps its words; of everything else they are not kept here any longer.
    """
    return bool(
        changed(
            await db.execute(
                """
                update holds
                   set state = $2, decided_by = $3, note = left($4, 2000), decided_at = $5,
                       words = case when $2 = 'returned' then words end
                 where id = $1 and state in ('waiting', 'returned')
                """,
                hold_id,
                state,
                by,
                note,
                now,
            )
        )
    )


async def settle(
    db: Connection, post_id: int, state: State, by: int | None, note: str, now: datetime
) -> bool:
    """A moderator has shown or hidden a post that nobody was told of yet: its hold ends with that.

    Also one that was refused before; whether there was one. Safe to run twice.
    """
    return bool(
        changed(
            await db.execute(
                """
                update holds set state = $2, decided_by = $3, note = left($4, 2000), decided_at = $5
                 where post_id = $1 and kind = 'post' and state in ('waiting', 'returned', 'refused')
                """,
                post_id,
                state,
                by,
                note,
                now,
            )
        )
    )


async def typical_wait(db: Connection, group_id: int | None, now: datetime) -> timedelta | None:
    """How long it usually takes: the median of the last fifty that were decided within thirty days.

    None where nothing was. What was withdrawn was not decided.
    """
    found: timedelta | None = await db.fetchval(
        """
        select percentile_cont(0.5) within group (order by decided_at - held_at)
          from (select decided_at, held_at from holds
                 where group_id is not distinct from $1
                   and decided_at between $2::timestamptz - interval '30 days' and $2
                   and state not in ('waiting', 'withdrawn')
                 order by decided_at desc limit 50) decided
        """,
        group_id,
        now,
    )
    return found
