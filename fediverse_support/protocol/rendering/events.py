"""Events: the Note of a post becomes an `Event` (FEP-8a8e). The join link is never in it.

The names are those of Mobilizon. PieFed reads thirteen of them without looking whether they are there, and
fails on an event that lacks one: so all are sent, the empty ones too. How many people come is nobody's
business: `participantCount` is always 0.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from fediverse_support.core.clock import wire_time
from fediverse_support.core.events import Event
from fediverse_support.core.markup.scanning import escape
from fediverse_support.core.models import Post
from fediverse_support.protocol.rendering import context
from fediverse_support.protocol.rendering.context import Json, without_nothing

CANCELLED = "https://schema.org/EventCancelled"
SCHEDULED = "https://schema.org/EventScheduled"


def event(note: Json, event: Event) -> Json:
    """The rendered `note` of a post, with its event."""
    return without_nothing(
        {
            **note,
            "@context": context.EVENT,
            "type": "Event",
            "startTime": wire_time(event.starts_at),
            "endTime": wire_time(event.ends_at or event.starts_at),
            "timezone": event.time_zone,
            "location": {"type": "Place", "name": event.place} if event.place else None,
            "eventStatus": CANCELLED if event.is_cancelled else SCHEDULED,
            "ical:status": "CANCELLED" if event.is_cancelled else "CONFIRMED",
            "joinMode": "free" if event.joining == "open" else "restricted",
            "maximumAttendeeCapacity": event.most_people or 0,
            "participantCount": 0,
            "anonymousParticipation": False,
            "isOnline": not event.place,
            "onlineLink": "",
            "externalParticipationUrl": "",
            "buyTicketsLink": "",
            "feeCurrency": "",
            "feeAmount": 0,
        }
    )


def worded(post: Post, event: Event) -> Post:
    """`post` with time and place as the first line of what it says, for servers that know no events.

    Of one that was called off the title says so: it is all that Mastodon shows.
    """
    title = f"Cancelled: {post.title}" if event.is_cancelled else post.title
    return msgspec.structs.replace(post, title=title, content_html=f"{first_line(event)}{post.content_html}")


def first_line(event: Event) -> str:
    """Time and place as the HTML with which the words of an event begin on the wire."""
    return f"<p>{escape(when_and_where(event))}</p>"


def when_and_where(event: Event) -> str:
    """Start, end, time zone and place on one line that every language reads: `2026-11-30 19:00–20:30 (…)`."""
    zone = ZoneInfo(event.time_zone)
    start = event.starts_at.astimezone(zone)
    line = f"{start:%Y-%m-%d %H:%M}"
    if event.ends_at is not None:
        line += f"–{_end(start, event.ends_at.astimezone(zone))}"
    line += f" ({event.time_zone})"
    return f"{line} · {event.place}" if event.place else line


def _end(start: datetime, end: datetime) -> str:
    return f"{end:%H:%M}" if end.date() == start.date() else f"{end:%Y-%m-%d %H:%M}"
