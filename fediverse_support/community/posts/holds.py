"""What waits for a moderator: kept, shown to nobody but its author and who looks after the group.

Every function takes the connection first and runs in the caller's transaction, the one that stores what
waits. What becomes of it is decided in `moderation/holds.py`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from fediverse_support.core.models import Post
from fediverse_support.database import hold_lines, holds
from fediverse_support.database.hold_lines import Line
from fediverse_support.database.holds import Why
from fediverse_support.database.pool import Connection
from fediverse_support.policy.decisions import Decision

SHOWN_REFUSED = timedelta(days=14)
"""How long an author finds at home what was not let in."""
MOST_OF_AN_AUTHOR = 100


class OwnHold(msgspec.Struct, frozen=True):
    """Something of an author's that waits, and how long it usually takes; None if nobody can say."""

    line: Line
    usual: timedelta | None


async def keep_post(
    db: Connection, post: Post, actor_uri: str, decision: Decision, decision_id: int | None, now: datetime
) -> int:
    """A post in state *held* waits for a moderator; the number of the hold. Safe to run twice.

    Called again after its words were replaced it keeps its place in line, except where it had been returned
    to its author: then it waits at the end of the line. What waits goes on waiting, with the reason that it
    had, also if policy would accept it by now: somebody wanted to look at it.
    """
    if not decision.is_held and (number := await holds.wait_again(db, post.id, now)):
        return number
    why = _why(actor_uri, decision, decision_id)
    return await holds.put_post(db, "post", post.id, post.group_id, why, now)


async def keep_arrival(
    db: Connection,
    inbox_id: int,
    post_id: int | None,
    group_id: int | None,
    actor_uri: str,
    decision: Decision,
    decision_id: int | None,
    now: datetime,
) -> int:
    """An arrival whose inbox row is in state *held* waits for a moderator; the number of the hold.

    `post_id` is given for the edit of a live post only: a later edit takes the place of one that waits, as
    it says all that the post shall say. Safe to run twice.
    """
    if post_id is not None:
        await holds.overtake(db, post_id, inbox_id, now)
    why = _why(actor_uri, decision, decision_id)
    return await holds.put_arrival(db, inbox_id, post_id, group_id, why, now)


async def keep_edit(
    db: Connection,
    post: Post,
    words: dict[str, Any],
    actor_uri: str,
    decision: Decision,
    decision_id: int | None,
    now: datetime,
) -> int:
    """The changed words of a live post wait, while it goes on to say what it said; the number of the hold.

    Another edit by then takes its place and keeps that in line.
    """
    why = _why(actor_uri, decision, decision_id)
    return await holds.put_post(db, "edit", post.id, post.group_id, why, now, words)


async def of_author(
    db: Connection, actor_uri: str, now: datetime, post_ids: Sequence[int] | None = None
) -> list[OwnHold]:
    """What of one author waits or was sent back, and what was not let in lately, the newest first.

    With `post_ids` only what is about these posts. For that author and nobody else.
    """
    lines = await hold_lines.of_author(db, actor_uri, now - SHOWN_REFUSED, post_ids, MOST_OF_AN_AUTHOR)
    usual = {
        group_id: await holds.typical_wait(db, group_id, now)
        for group_id in {line.hold.group_id for line in lines if line.place}
    }
    return [OwnHold(line, usual.get(line.hold.group_id)) for line in lines]


def _why(actor_uri: str, decision: Decision, decision_id: int | None) -> Why:
    return Why(actor_uri=actor_uri, decision_id=decision_id, rules=decision.rules, reason=decision.reason)
