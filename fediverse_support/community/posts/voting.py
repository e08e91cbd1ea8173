"""Answering polls, and their end.

One answer for each person (or several, where the poll lets one choose several), for good. Who chose what is
told to nobody: a vote in a poll elsewhere goes to its author alone, and a vote that arrives is announced to
nobody. Totals go out at the end, and now and then before it where they are not hidden.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from fediverse_support.community import visibility
from fediverse_support.community.notifying import happenings
from fediverse_support.community.posts import post_activities, taking_part
from fediverse_support.core.errors import Conflict, Malformed, Missing
from fediverse_support.core.identifiers import new_public_id
from fediverse_support.core.models import Actor, Post
from fediverse_support.core.polls import Poll
from fediverse_support.database import actors, polls, posts
from fediverse_support.database.pool import Connection
from fediverse_support.outbox.publishing import new_activity_uri, publish
from fediverse_support.protocol.rendering import activities, questions
from fediverse_support.protocol.site import Site

TELL_EVERY = timedelta(minutes=10)
"""How often other servers hear of new votes in one poll, at most."""
KEEP_CHOICES = timedelta(days=30)
"""How long after its end we still know who chose what in a poll."""


async def vote(
    db: Connection, site: Site, voter: Actor, post_id: int, positions: Sequence[int], now: datetime
) -> None:
    """A member chooses answers by their positions, from 0.

    Raises `Missing`, `Forbidden`, `Malformed`, and `Conflict` if the poll is over or was answered.
    """
    post = await taking_part.post_for(db, voter, post_id, now)
    poll = await _open_poll(db, post, now)
    if post_id in await polls.chosen_by(db, voter.id, [post_id]):
        raise Conflict("You have answered this poll already. An answer stays as it is.")
    chosen = sorted(set(positions))
    if not chosen:
        raise Malformed("Nothing was chosen yet. Choose an answer and send it again.")
    if not poll.is_multiple and len(chosen) > 1:
        raise Malformed("Only one answer can be chosen here.")
    if not 0 <= chosen[0] <= chosen[-1] < len(poll.answers):
        raise Malformed("This poll has no such answer.")
    await polls.add_votes(db, post.id, chosen, voter.id, f"{voter.uri}#vote", now)
    if not poll.is_ours:
        await _send(db, site, voter, post, [poll.answers[position].wire_name for position in chosen])


async def vote_arrived(
    db: Connection, voter: Actor, post: Post, answer: str, activity_uri: str, now: datetime
) -> str:
    """Somebody elsewhere chooses the answer of this name in a poll of ours; a sentence on what was done.

    Raises as `vote` does. Safe to run twice: the same answer counts once.
    """
    await taking_part.post_for(db, voter, post.id, now)
    poll = await _open_poll(db, post, now)
    if not poll.is_ours:
        raise Missing("This poll is not from here.")
    position = next((n for n, one in enumerate(poll.answers) if answer in (one.wire_name, one.name)), None)
    if position is None:
        raise Malformed("This poll has no such answer.")
    before = (await polls.chosen_by(db, voter.id, [post.id])).get(post.id, ())
    if position in before:
        return "Known."
    if before and not poll.is_multiple:
        raise Conflict("This poll was answered already by the same person.")
    await polls.add_votes(db, post.id, [position], voter.id, activity_uri, now)
    return "The vote counts."


async def _open_poll(db: Connection, post: Post, now: datetime) -> Poll:
    poll = await polls.of_post(db, post.id) if await polls.lock(db, post.id) else None
    if poll is None:
        raise Missing("There is no poll here.")
    if poll.is_over(now):
        raise Conflict("This poll has ended.")
    return poll


async def _send(db: Connection, site: Site, voter: Actor, post: Post, names: Sequence[str]) -> None:
    """One Create for each answer, to the author of the poll and to nobody else, as Mastodon does it."""
    author = await actors.by_id(db, post.author_id)
    if author is None:
        raise Missing("There is no poll here.")
    for name in names:
        note = questions.vote(
            f"{voter.uri}#vote-{new_public_id()}",
            voter=voter.uri,
            author=author.uri,
            poll_uri=post.uri,
            answer=name,
        )
        create = activities.create(new_activity_uri(site), note)
        await publish(db, site, voter, create, object_uri=note["id"], to=[author])


async def close_next(db: Connection, site: Site, now: datetime) -> bool:
    """End one poll whose time has come, and tell the result; False if there is none.

    The caller opened the transaction. Safe in several workers at once, and safe to run twice.
    """
    for post_id in await polls.due(db, now, 1):
        poll = await polls.of_post(db, post_id)
        assert poll is not None
        await polls.set_totals(db, msgspec.structs.replace(poll, closed_at=poll.ends_at))
        if poll.is_ours:
            await _tell(db, site, post_id, now, await polls.voters_elsewhere(db, post_id))
        post = await posts.by_id(db, post_id)
        if post is not None:
            await happenings.poll_ended(db, post, now)
        return True
    return False


async def tell_next(db: Connection, site: Site, now: datetime) -> bool:
    """Tell the totals so far of one poll that does not hide them; False if there is none to tell of."""
    for post_id in await polls.with_news(db, now - TELL_EVERY, 1):
        await _tell(db, site, post_id, now, [])
        return True
    return False


async def forget_choices(db: Connection, now: datetime) -> None:
    """Forget who chose what in polls that ended a while ago. Safe to run twice."""
    await polls.forget_choices(db, now - KEEP_CHOICES)


async def _tell(db: Connection, site: Site, post_id: int, now: datetime, also: Sequence[Actor]) -> None:
    await polls.mark_told(db, post_id, now)
    post = await posts.by_id(db, post_id)
    author = await actors.by_id(db, post.author_id) if post is not None else None
    if post is not None and author is not None and visibility.leaves(post):
        others = also if visibility.is_public(post) else []
        await post_activities.tell_of_change(db, site, author, post, now, only_numbers=True, also=others)
