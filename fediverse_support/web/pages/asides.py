"""What stands in a thread beside the words: the polls and events of its posts, as one visitor sees them.

Only posts of a thread that the visitor was found to see come in here.
"""

from collections.abc import Sequence

import msgspec

from fediverse_support.core import clock
from fediverse_support.core.events import Event, GuestState
from fediverse_support.core.models import Post
from fediverse_support.core.polls import Poll
from fediverse_support.database import events, polls
from fediverse_support.database.threads import Shown
from fediverse_support.protocol.rendering.events import first_line
from fediverse_support.web import moments
from fediverse_support.web.security import Visit


class PollView(msgspec.Struct, frozen=True):
    """A poll for one visitor: `chosen` are the positions of their own answers."""

    poll: Poll
    chosen: tuple[int, ...]
    is_over: bool
    may_vote: bool
    ends: str
    ends_at: str

    @property
    def shows_result(self) -> bool:
        """Whether the numbers are shown: at the end, or before it if they are not hidden.

        Servers like ours hide them by saying 0 of every answer.
        """
        is_told = self.poll.is_ours or any(answer.votes for answer in self.poll.answers)
        return self.is_over or (is_told and not self.poll.hides_totals)


class EventView(msgspec.Struct, frozen=True):
    """An event for one visitor. `join_link` is empty but for who was let in and the organiser.

    `repeated` is how servers like ours begin the words of an event, for those that know no events.
    `letter_html` is what an organiser elsewhere wrote to this visitor alone.
    """

    event: Event
    state: GuestState | None
    when: str
    starts_at: str
    is_over: bool
    is_organiser: bool
    may_look_after: bool
    may_ask: bool
    join_link: str
    repeated: str
    is_ours: bool
    letter_html: str = ""


class Asides(msgspec.Struct, frozen=True):
    """What stands beside the posts of a thread, by the numbers of the posts."""

    polls: dict[int, PollView]
    events: dict[int, EventView]


async def of(visit: Visit, shown: Sequence[Shown]) -> Asides:
    """The polls and events of these posts of a thread; of those whose place only is shown, nothing."""
    seen = [one.post for one in shown if _is_seen(visit, one.post)]
    asked = [post for post in seen if post.type == "Question"]
    called = [post for post in seen if post.type == "Event"]
    local = {one.post.id for one in shown if one.author.is_local}
    return Asides(await _polls(visit, asked), await _events(visit, called, local))


def _is_seen(visit: Visit, post: Post) -> bool:
    """Whether the visitor sees more of this post than that it was there."""
    if post.state in ("live", "deleted"):
        return post.state == "live"
    looks_after = visit.viewer.is_staff or post.group_id in visit.viewer.moderates
    return looks_after or visit.viewer.actor_id == post.author_id


async def _polls(visit: Visit, asked: Sequence[Post]) -> dict[int, PollView]:
    numbers, now = [post.id for post in asked], clock.now()
    if not numbers:
        return {}
    me = visit.viewer.actor_id
    found = await polls.of_posts(visit.db, numbers)
    mine = await polls.chosen_by(visit.db, me, numbers) if me is not None else {}
    states = {post.id: post.state for post in asked}
    return {
        number: PollView(
            poll=poll,
            chosen=mine.get(number, ()),
            is_over=poll.is_over(now),
            may_vote=me is not None
            and number not in mine
            and states[number] == "live"
            and not poll.is_over(now),
            ends=moments.in_a_while(poll.ends_at, now, visit.language) if poll.ends_at else "",
            ends_at=moments.machine(poll.ends_at) if poll.ends_at else "",
        )
        for number, poll in found.items()
    }


async def _events(visit: Visit, called: Sequence[Post], local: set[int]) -> dict[int, EventView]:
    numbers = [post.id for post in called]
    if not numbers:
        return {}
    me = visit.viewer.actor_id
    found = await events.of_posts(visit.db, numbers)
    mine = await events.guest_states(visit.db, me, numbers) if me is not None else {}
    views = {
        post.id: event_view(visit, post, found[post.id], mine.get(post.id), is_ours=post.id in local)
        for post in called
        if post.id in found
    }
    return {number: await _with_letter(visit, number, view) for number, view in views.items()}


async def _with_letter(visit: Visit, number: int, view: EventView) -> EventView:
    me = visit.viewer.actor_id
    if view.is_ours or view.state != "accepted" or me is None:
        return view
    return msgspec.structs.replace(view, letter_html=await events.letter_to(visit.db, number, me))


def event_view(
    visit: Visit, post: Post, event: Event, state: GuestState | None, *, is_ours: bool
) -> EventView:
    """One event for this visitor, who may see its post. `is_ours`: its organiser is here."""
    is_over = (event.ends_at or event.starts_at) <= clock.now()
    is_organiser = visit.viewer.actor_id is not None and visit.viewer.actor_id == post.author_id
    looks_after = visit.viewer.is_staff or post.group_id in visit.viewer.moderates
    is_open = post.state == "live" and not event.is_cancelled and not is_over
    return EventView(
        event=event,
        state=state,
        when=moments.when(event, visit.language),
        starts_at=moments.machine(event.starts_at),
        is_over=is_over,
        is_organiser=is_organiser,
        may_look_after=is_ours and (is_organiser or looks_after),
        may_ask=is_open and visit.viewer.account is not None and not is_organiser,
        join_link=event.join_link if is_organiser or (state == "accepted" and not event.is_cancelled) else "",
        repeated=first_line(event),
        is_ours=is_ours,
    )
