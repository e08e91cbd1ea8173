"""What waits for a listener has an end, and so has how many of them there may be."""

import pytest

from fediverse_support.core.errors import TooMany, Unavailable
from fediverse_support.core.models import Viewer
from fediverse_support.database.grants import Grant
from fediverse_support.web import streams
from fediverse_support.web.streams import Cursor, Frame, Listener, Streams, cursor_in


def listener(grant: int = 1) -> Listener:
    return Listener(
        Grant(
            id=grant,
            application_id=None,
            scopes=frozenset({"read"}),
            account=None,
            viewer=Viewer(actor_id=7),
            used_at=None,
        ),
        b"",
    )


FRAME = Frame(("user",), "delete", "1", Cursor(1, 2))


async def test_who_reads_more_slowly_than_things_happen_is_let_go():
    slow, quick = listener(), listener()
    for _ in range(streams.MOST_WAITING):
        slow.put(FRAME)
        quick.put(FRAME)
        assert await quick.next() is FRAME
    assert slow.ending == ""
    slow.put(FRAME)
    assert slow.ending == "slow"
    assert slow.over.is_set()
    assert await slow.next() is None, "what waited takes no memory any more"
    slow.end("revoked")
    assert slow.ending == "slow", "it ended for one reason"
    assert quick.ending == ""


def test_so_many_may_listen_and_not_more(monkeypatch):
    found = Streams()
    with pytest.raises(Unavailable):
        found.add(listener())
    found.is_open = True
    many = [listener() for _ in range(streams.MOST_OF_GRANT)]
    for one in many:
        found.add(one)
    with pytest.raises(TooMany):
        found.add(listener())
    found.remove(many[0])
    found.remove(many[0])
    found.add(listener())
    monkeypatch.setattr(streams, "MOST_LISTENERS", len(found.listeners))
    with pytest.raises(Unavailable):
        found.add(listener(2))
    found.close()
    assert {one.ending for one in many[1:]} == {"stopping"}


@pytest.mark.parametrize("text", ["", "17", "-4", "17-", "a-b", "17-4-1", "1" * 19 + "-1", "١-١", None])
def test_what_is_no_cursor_is_as_if_nothing_was_sent(text):
    assert cursor_in(text) is None
    assert cursor_in("17-4") == Cursor(17, 4)
