"""What a stream of server-sent events says, as clients take it apart."""

from fediverse_support.web.client_api.streaming.sse import text_of
from fediverse_support.web.streams import Cursor, Frame


def test_an_event_without_a_payload_says_undefined_for_no_client_takes_empty_data() -> None:
    bare = Frame(("user",), "filters_changed", None, Cursor(7, 4))
    assert text_of(bare).splitlines()[1:] == ["event: filters_changed", "data: undefined", ""]
    full = Frame(("user",), "delete", "17", Cursor(8, 4))
    assert text_of(full).splitlines()[1:] == ["event: delete", "data: 17", ""]
