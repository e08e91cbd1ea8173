"""Events as calendar files: nobody gets a line of their own into one, and it is what RFC 5545 asks for."""

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from fediverse_support.core.events import Event
from fediverse_support.core.models import Post
from fediverse_support.protocol.calendars import calendar

NOW = datetime(2026, 11, 30, 18, 0, tzinfo=UTC)
LINK = "https://meet.example/SECRET-LINK"
POST = Post(
    id=1,
    uri="https://g.example/posts/1",
    public_id="a" * 32,
    author_id=2,
    root_id=1,
    type="Event",
    title="Listening circle",
    content_html="<p>Bring tea.</p>",
    published_at=NOW,
    received_at=NOW,
    active_at=NOW,
)
EVENT = Event(post_id=1, starts_at=NOW, ends_at=NOW + timedelta(hours=2), place="Old mill", join_link=LINK)
NASTY = "x\r\nATTENDEE:mailto:e@evil.example\r\nEND:VEVENT\nBEGIN:VALARM\rX-EVIL:1\u2028Y:2\x0b;,\\"


def made(post: Post = POST, event: Event = EVENT, **more: str) -> bytes:
    return calendar(post, event, domain="g.example", page="https://g.example/posts/1", **more)


def names_of(body: bytes) -> list[str]:
    """The names of all lines, after folded ones are joined."""
    lines = body.decode().replace("\r\n ", "").split("\r\n")
    return [line.partition(":")[0].partition(";")[0] for line in lines if line]


def test_the_join_link_is_in_it_only_for_who_was_let_in():
    assert b"SECRET" not in made()
    assert LINK in made(join_link=LINK).decode().replace("\r\n ", "")
    [event] = Calendar.from_ical(made(join_link=LINK)).walk("VEVENT")
    assert "SECRET" not in str(event["location"])


def test_a_line_end_in_a_title_a_place_or_a_text_begins_no_line_of_its_own():
    nasty = msgspec.structs.replace(POST, title=NASTY, content_html=f"<p>{NASTY}</p>", content_warning="")
    body = made(nasty, msgspec.structs.replace(EVENT, place=NASTY))
    assert names_of(body) == names_of(made())


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=300))
def test_whatever_is_said_the_file_has_the_same_lines_and_none_is_too_long(title, place, words):
    words = words.replace("&", "&amp;").replace("<", "&lt;")
    post = msgspec.structs.replace(POST, title=title, content_html=f"<p>{words}</p>")
    body = made(post, msgspec.structs.replace(EVENT, place=f"x{place}"))
    assert names_of(body) == names_of(made())
    assert body.endswith(b"\r\n")
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert b"\r" not in body.replace(b"\r\n", b"")
    [event] = Calendar.from_ical(body).walk("VEVENT")
    assert event.decoded("dtstart") == NOW


def test_under_a_content_warning_a_calendar_is_given_the_warning_only():
    body = made(msgspec.structs.replace(POST, content_warning="grief"))
    assert b"DESCRIPTION:grief" in body
    assert b"tea" not in body


def test_it_has_what_every_calendar_asks_for():
    [event] = Calendar.from_ical(made()).walk("VEVENT")
    assert event["uid"] == f"{'a' * 32}@g.example"
    assert event.decoded("dtstart") == NOW
    assert event.decoded("dtend") == NOW + timedelta(hours=2)
    assert (event["summary"], event["location"], event["status"]) == (
        "Listening circle",
        "Old mill",
        "CONFIRMED",
    )
    body = made()
    assert body.startswith(b"BEGIN:VCALENDAR\r\n")
    assert b"VERSION:2.0\r\n" in body
    assert b"PRODID:" in body
    assert b"DTSTART:20261130T180000Z\r\n" in body
    assert b"DTSTAMP:20261130T180000Z\r\n" in body


def test_a_change_counts_up_and_a_cancellation_is_told():
    changed = msgspec.structs.replace(POST, edited_at=NOW + timedelta(minutes=5))
    [event] = Calendar.from_ical(made(changed, msgspec.structs.replace(EVENT, is_cancelled=True))).walk(
        "VEVENT"
    )
    assert (event["sequence"], event["status"]) == (300, "CANCELLED")
