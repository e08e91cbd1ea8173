"""Polls: made here, or arrived from another server with its totals. Answering them is in `voting.py`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

import msgspec

from fediverse_support.core.errors import Malformed
from fediverse_support.core.markup import safe_text
from fediverse_support.core.models import Post
from fediverse_support.core.polls import Answer, Poll
from fediverse_support.database import polls
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.vocabulary import PostDocument

FEWEST_ANSWERS, MOST_ANSWERS = 2, 8
LONGEST_ANSWER = 100
SHORTEST, LONGEST = timedelta(hours=1), timedelta(days=30)
MOST_ANSWERS_ELSEWHERE = 20
"""A poll of another server with more is shown as a post: its page there has the answers."""
LATEST_END = timedelta(days=5 * 365)


class NewPoll(msgspec.Struct, frozen=True, kw_only=True):
    """What a member asks: `answers` to choose from, for so long."""

    type: ClassVar[str] = "Question"

    answers: tuple[str, ...]
    ends_after: timedelta
    is_multiple: bool = False
    hides_totals: bool = True


def check(new: NewPoll) -> NewPoll:
    """`new` with its answers tidied up. Raises `Malformed`, in words for who made it."""
    names = tuple(name for name in (safe_text(answer, 1_000) for answer in new.answers) if name)
    if not FEWEST_ANSWERS <= len(names) <= MOST_ANSWERS:
        raise Malformed("A poll needs two to eight answers.")
    if max(map(len, names)) > LONGEST_ANSWER:
        raise Malformed("An answer has at most 100 characters.")
    if len({name.casefold() for name in names}) < len(names):
        raise Malformed("Two of the answers are the same.")
    if not SHORTEST <= new.ends_after <= LONGEST:
        raise Malformed("A poll is open for one hour to thirty days.")
    return msgspec.structs.replace(new, answers=names)


async def keep(db: Connection, post: Post, new: NewPoll) -> None:
    """Store the poll of a new post of ours."""
    poll = Poll(
        post_id=post.id,
        is_ours=True,
        is_multiple=new.is_multiple,
        hides_totals=new.hides_totals,
        ends_at=post.published_at + new.ends_after,
        answers=tuple(Answer(name) for name in check(new).answers),
    )
    await polls.insert(db, poll)


async def renew(db: Connection, post: Post, new: NewPoll, now: datetime) -> None:
    """Let a poll of ours ask something else: who chose what before is forgotten. The same question goes on.

    Raises `Malformed`.
    """
    known = await polls.of_post(db, post.id) if await polls.lock(db, post.id) else None
    names = check(new).answers
    if known is None or (
        known.is_multiple == new.is_multiple and names == tuple(answer.name for answer in known.answers)
    ):
        return
    poll = Poll(
        post_id=post.id,
        is_ours=True,
        is_multiple=new.is_multiple,
        hides_totals=new.hides_totals,
        ends_at=now + new.ends_after,
        answers=tuple(Answer(name) for name in names),
    )
    await polls.replace(db, poll)


async def arrived(db: Connection, post: Post, document: PostDocument, now: datetime) -> None:
    """Store the poll of a new post from another server, if it can be one. Safe to run twice."""
    poll = _described(post, document, now)
    if poll is not None:
        await polls.insert(db, poll)


async def changed(
    db: Connection, post: Post, document: PostDocument, now: datetime, *, is_newer: bool
) -> bool:
    """The author's server describes its poll again; whether anything is different now. Safe to run twice.

    The same version with other numbers: they only grow, so that the order in which they come does not matter.
    A newer version: its numbers count, and with other answers the votes for the old ones are forgotten.
    """
    known = await polls.of_post(db, post.id) if await polls.lock(db, post.id) else None
    poll = _described(post, document, now)
    if known is None or poll is None:
        return False
    if _question(known) != _question(poll):
        if is_newer:
            await polls.replace(db, poll)
        return is_newer
    return await polls.set_totals(db, _renewed(known, poll) if is_newer else _grown(known, poll))


def _described(post: Post, document: PostDocument, now: datetime) -> Poll | None:
    """The poll in a document; None if it has none that can be answered without doubt."""
    if document.type != "Question":
        return None
    answers = _answers(document)
    if answers is None:
        return None
    ends_at = document.end_time if document.end_time and document.end_time <= now + LATEST_END else None
    return Poll(
        post_id=post.id,
        is_ours=False,
        is_multiple=document.multiple,
        hides_totals=False,
        ends_at=ends_at,
        closed_at=now if document.closed else None,
        voters=max(document.voters, max(answer.votes for answer in answers)),
        answers=answers,
    )


def _answers(document: PostDocument) -> tuple[Answer, ...] | None:
    found = [Answer(safe_text(one.name, 200), one.votes, one.name) for one in document.options]
    names = {answer.name for answer in found if answer.name}
    if not FEWEST_ANSWERS <= len(found) <= MOST_ANSWERS_ELSEWHERE or len(names) < len(found):
        return None
    return tuple(found)


def _question(poll: Poll) -> tuple[bool, Sequence[str]]:
    """What makes an answer mean what it means."""
    return poll.is_multiple, [answer.wire_name for answer in poll.answers]


def _renewed(known: Poll, poll: Poll) -> Poll:
    was_closed = known.closed_at if poll.closed_at is not None else None
    return msgspec.structs.replace(poll, closed_at=was_closed or poll.closed_at)


def _grown(known: Poll, poll: Poll) -> Poll:
    answers = tuple(
        msgspec.structs.replace(old, votes=max(old.votes, new.votes))
        for old, new in zip(known.answers, poll.answers, strict=True)
    )
    return msgspec.structs.replace(
        known,
        answers=answers,
        voters=max(known.voters, poll.voters),
        closed_at=known.closed_at or poll.closed_at,
    )
