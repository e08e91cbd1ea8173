"""What clients send in every shape is one tree."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from fediverse_support.core.errors import Malformed, Missing, TooLarge
from fediverse_support.web.client_api import parameters
from fediverse_support.web.client_api.parameters import Params, expand


def request(method: str, query: str = "", body: bytes = b"", kind: str = "") -> Request:
    async def receive() -> dict:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-length", str(len(body)).encode())] if body else []
    if kind:
        headers.append((b"content-type", kind.encode()))
    scope = {
        "type": "http",
        "method": method,
        "path": "/",
        "query_string": query.encode(),
        "headers": headers,
    }
    return Request(scope, receive)


SENT = {
    "query": (
        "status=hi&media_ids[]=1&media_ids[]=2&poll[options][]=a&poll[options][]=b&poll[multiple]=1",
        b"",
        "",
    ),
    "form": (
        "",
        b"status=hi&media_ids%5B%5D=1&media_ids%5B%5D=2&poll[options][0]=a&poll[options][1]=b&poll[multiple]=true",
        "application/x-www-form-urlencoded",
    ),
    "JSON": (
        "",
        json.dumps(
            {
                "status": "hi",
                "media_ids": [1, 2],
                "poll": {"options": ["a", "b"], "multiple": True},
                "x": None,
            }
        ).encode(),
        "application/json; charset=utf-8",
    ),
    "JSON without its type": (
        "",
        b'{"status": "hi", "media_ids": ["1", "2"], '
        b'"poll": {"options": {"0": "a", "1": "b"}, "multiple": 1}}',
        "",
    ),
    "query and form": (
        "media_ids[]=1&media_ids[]=2&status=old",
        b"status=hi&poll[options][]=a&poll[options][]=b&poll[multiple]=on",
        "application/x-www-form-urlencoded",
    ),
    "multipart": (
        "",
        b"".join(
            b'--x\r\nContent-Disposition: form-data; name="' + name + b'"\r\n\r\n' + value + b"\r\n"
            for name, value in [
                (b"status", b"hi"),
                (b"media_ids[]", b"1"),
                (b"media_ids[]", b"2"),
                (b"poll[options][]", b"a"),
                (b"poll[options][]", b"b"),
                (b"poll[multiple]", b"1"),
            ]
        )
        + b"--x--\r\n",
        "multipart/form-data; boundary=x",
    ),
}


@pytest.mark.parametrize("shape", SENT)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_every_shape_says_the_same(shape: str, method: str) -> None:
    query, body, kind = SENT[shape]
    params = await parameters.read(request(method, query, body, kind))
    poll = params.within("poll")
    assert (params.text("status"), params.ids("media_ids")) == ("hi", [1, 2])
    assert (poll.texts("options"), poll.flag("multiple")) == (["a", "b"], True)
    assert not params.has("x")
    assert params.maybe("x") is None


def test_rows_come_in_every_shape() -> None:
    wanted = [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]
    for pairs in (
        [("f[0][name]", "a"), ("f[0][value]", "1"), ("f[1][name]", "b"), ("f[1][value]", "2")],
        [("f[][name]", "a"), ("f[][value]", "1"), ("f[][name]", "b"), ("f[][value]", "2")],
    ):
        assert Params(expand(pairs)).rows("f") == wanted
    assert Params({"f": {"1": wanted[1], "0": wanted[0]}}).rows("f") == wanted
    assert Params({"f": wanted}).rows("f") == wanted


def test_yes_and_no_are_read_as_rails_reads_them() -> None:
    for no in ("false", "0", "f", "F", "FALSE", "off", "OFF", 0, False):
        assert Params({"x": no}).flag("x") is False, no
    for yes in ("true", "1", "t", "on", "yes", 1, True):
        assert Params({"x": yes}).flag("x") is True, yes
    assert Params({"x": ""}).flag("x") is None
    assert Params({}).flag("x", False) is False


def test_numbers_are_kept_within_bounds_and_nonsense_is_refused() -> None:
    assert Params({"limit": "9" * 30}).number("limit", 20, 1, 40) == 40
    assert Params({"limit": -5}).number("limit", 20, 1, 40) == 1
    for bad in ("ten", "1.5", "1e9", "٣"):
        with pytest.raises(Malformed):
            Params({"limit": bad}).number("limit", 20, 1, 40)
    with pytest.raises(Malformed):
        Params({"status": {"a": "b"}}).text("status")
    for bad in ("9" * 30, "-1", "1; drop table", "９"):
        with pytest.raises(Missing):
            Params({"id": bad}).id("id")
    assert Params({"id": ["1", "x", "2", 1]}).ids("id") == [1, 2]


async def test_what_is_too_much_or_no_json_is_refused() -> None:
    with pytest.raises(Malformed):
        await parameters.read(request("POST", body=b"{nonsense", kind="application/json"))
    with pytest.raises(Malformed):
        await parameters.read(request("POST", body=b"[1]", kind="application/json"))
    with pytest.raises(Malformed):
        await parameters.read(request("POST", body=b'{"a":' * 40 + b"1" + b"}" * 40, kind="application/json"))
    with pytest.raises(Malformed):
        expand([("a" + "[b]" * 20, "1")])
    with pytest.raises(Malformed):
        await parameters.read(request("GET", "&".join(f"a{n}=1" for n in range(2_000))))
    with pytest.raises(TooLarge):
        await parameters.read(request("POST", body=b"a" * (parameters.LARGEST + 1)))


@given(st.lists(st.tuples(st.text(alphabet="ab[]01", max_size=12), st.text(max_size=3)), max_size=8))
def test_no_name_breaks_the_tree(pairs: list[tuple[str, str]]) -> None:
    params = Params(expand(pairs))
    for name in ("a", "b", "a[", "ab"):
        for reader in (params.rows, params.ids, params.within, params.flag):
            with contextlib.suppress(Malformed):
                reader(name)
