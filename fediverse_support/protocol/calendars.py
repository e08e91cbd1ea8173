"""An event as a file that calendars take (RFC 5545), made by the `icalendar` package: it escapes and folds.

What a calendar is given leaves our hands: it may go to servers of others. So the way in is in it only for
who was let in, and under a content warning there is the warning and nothing of what is said below it.
"""

from icalendar import Calendar, vText, vUri
from icalendar import Event as Entry

from fediverse_support.core.events import Event
from fediverse_support.core.markup import plain_text
from fediverse_support.core.models import Post

PRODUCER = "-//fediverse-support//events//EN"
LONGEST_DESCRIPTION = 4_000


def calendar(post: Post, event: Event, *, domain: str, page: str, join_link: str = "") -> bytes:
    """The file for one event; `page` is the address of its page here, `join_link` empty but for guests.

    Times are in UTC, so that no time zone has to be described. `SEQUENCE` grows with every change.
    """
    changed = post.edited_at or post.published_at
    entry = Entry()
    entry.add("uid", vText(f"{post.public_id}@{domain}"))
    entry.add("dtstamp", changed)
    entry.add("last-modified", changed)
    entry.add("sequence", max(0, int((changed - post.published_at).total_seconds())) % 2**31)
    entry.add("dtstart", event.starts_at)
    if event.ends_at is not None:
        entry.add("dtend", event.ends_at)
    entry.add("summary", vText(_line(post.title)))
    entry.add("description", vText(_description(post, join_link)))
    if event.place:
        entry.add("location", vText(_line(event.place)))
    entry.add("url", vUri(page))
    entry.add("status", "CANCELLED" if event.is_cancelled else "CONFIRMED")
    made = Calendar()
    made.add("prodid", PRODUCER)
    made.add("version", "2.0")
    made.add_component(entry)
    found: bytes = made.to_ical()
    return found


def _description(post: Post, join_link: str) -> str:
    words = post.content_warning or plain_text(post.content_html)
    lines = [_line(line) for line in words[:LONGEST_DESCRIPTION].splitlines()]
    return "\n".join([*lines, *([join_link] if join_link else [])])


def _line(text: str) -> str:
    """`text` without control characters, which RFC 5545 does not allow in it."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
