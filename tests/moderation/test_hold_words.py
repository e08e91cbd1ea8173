"""What is read of what waits, and that nothing that others send can break the page."""

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core import clock
from fediverse_support.database.hold_lines import Line
from fediverse_support.database.holds import Hold
from fediverse_support.database.inbox import Arrived
from fediverse_support.moderation import hold_words

HOLD = Hold(
    id=1, kind="arrival", post_id=None, inbox_id=2, group_id=None, actor_uri="https://x.example/u",
    decision_id=None, rules=(), reason="", words=None, state="waiting", held_at=clock.now(), decided_at=None,
    decided_by=None, note="",
)  # fmt: skip


def arrival(body) -> Line:
    arrived = Arrived(
        id=2, activity_uri="https://x.example/a", actor_uri="https://x.example/u", type="Update",
        host="x.example", state="held", forwarded=False, body=body, request=None, received_at=clock.now(),
    )  # fmt: skip
    return Line(hold=HOLD, post=None, author=None, group=None, arrived=arrived, place=1)


def test_the_words_of_a_change_are_read_from_the_activity_also_from_one_inside_another():
    note = {
        "type": "Note",
        "name": "A title",
        "summary": "Food",
        "content": "<p>One<script>alert(1)</script></p><p>Two</p>",
        "attachment": {"type": "Image", "url": "https://x.example/1.png", "name": "A cake"},
    }
    update = {"type": "Update", "object": note}
    for body in (update, {"type": "Announce", "object": update}):
        words = hold_words.of(arrival(json.dumps(body).encode()))
        assert (words.title, words.content_warning) == ("A title", "Food")
        assert words.text.split() == ["One", "Two"]
        assert words.attachments == (("https://x.example/1.png", "A cake"),)
    like = hold_words.of(arrival(b'{"type": "Like", "object": "https://here.example/posts/1"}'))
    assert (like.text, like.about) == ("", "https://here.example/posts/1")


def test_the_words_of_a_members_change_are_those_of_the_form():
    hold = msgspec.structs.replace(HOLD, kind="edit", words={"post": {"source": "**New**", "title": None}})
    line = msgspec.structs.replace(arrival(b"{}"), hold=hold)
    assert hold_words.of(line) == hold_words.Words(text="**New**")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["object", "name", "summary", "content", "attachment", "url", "href"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.binary(max_size=60) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_no_activity_breaks_it(body):
    words = hold_words.of(arrival(body))
    assert isinstance(words.text, str)
