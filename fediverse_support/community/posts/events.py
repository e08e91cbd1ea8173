"""Events: called here, or arrived from another server. Coming to them is in `guests.py`."""

import re
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import msgspec

from fediverse_support.core.errors import Malformed
from fediverse_support.core.events import Event, Joining
from fediverse_support.core.local_times import is_time_zone
from fediverse_support.core.markup import safe_text
from fediverse_support.core.models import Post
from fediverse_support.database import events
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.vocabulary import PostDocument

LONGEST_PLACE = 500
LONGEST_LINK = 2_000
MOST_PEOPLE = 10_000
LONGEST = timedelta(days=31)
LATEST = timedelta(days=3 * 365)
_LINK = re.compile(r"https://[^\s\"<>\x00-\x1f\x7f]{3,}")
_EARLIEST_ELSEWHERE, _LATEST_ELSEWHERE = datetime(1970, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class NewEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What a member calls people together for. Only who was accepted is shown `join_link`."""

    type: ClassVar[str] = "Event"

    starts_at: datetime
    ends_at: datetime
    time_zone: str
    place: str = ""
    join_link: str = ""
    joining: Joining = "open"
    most_people: int | None = None


def check(new: NewEvent, now: datetime) -> NewEvent:
    """`new` with its words tidied up. Raises `Malformed`, in words for who made it."""
    if not is_time_zone(new.time_zone):
        raise Malformed("Please choose a time zone from the list.")
    if new.ends_at <= new.starts_at:
        raise Malformed("It ends before it begins. Look at the two times again.")
    if new.ends_at - new.starts_at > LONGEST or new.starts_at - now > LATEST:
        raise Malformed("An event lasts at most 31 days and begins within three years.")
    if new.ends_at <= now:
        raise Malformed("This time has passed already. Look at the date and the time zone again.")
    if new.joining not in ("open", "approval"):
        raise Malformed("Please say who may come.")
    if new.most_people is not None and not 1 <= new.most_people <= MOST_PEOPLE:
        raise Malformed("The number of people goes from 1 to 10,000.")
    link = new.join_link.strip()
    if link and (len(link) > LONGEST_LINK or not _LINK.fullmatch(link)):
        raise Malformed("The link to join begins with https:// and has no blanks in it.")
    if len(new.place) > LONGEST_PLACE:
        raise Malformed("The place has at most 500 characters.")
    return msgspec.structs.replace(new, place=safe_text(new.place, LONGEST_PLACE), join_link=link)


def of(post_id: int, new: NewEvent) -> Event:
    """The event that a checked `new` describes."""
    return Event(post_id=post_id, **msgspec.structs.asdict(new))


async def keep(db: Connection, post: Post, new: NewEvent) -> None:
    """Store the event of a new post of ours."""
    await events.put(db, of(post.id, check(new, post.published_at)))


async def arrived(db: Connection, post: Post, document: PostDocument) -> None:
    """Store the event of a post from another server, new or changed, if it can be one. Safe to run twice."""
    event = _described(post, document)
    if event is not None:
        await events.put(db, event)


def _described(post: Post, document: PostDocument) -> Event | None:
    """The event in a document; None if it does not say when. An end before the start is left out."""
    start, end = document.start_time, document.end_time
    if document.type != "Event" or start is None or not _EARLIEST_ELSEWHERE < start < _LATEST_ELSEWHERE:
        return None
    return Event(
        post_id=post.id,
        starts_at=start,
        ends_at=end if end is not None and start < end < _LATEST_ELSEWHERE else None,
        time_zone=document.time_zone if is_time_zone(document.time_zone) else "UTC",
        place=safe_text(document.place, LONGEST_PLACE),
        is_cancelled=document.is_cancelled,
    )
