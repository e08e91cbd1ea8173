import asyncio
import gzip
import os
import zlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fediverse_support.core.errors import Misconfigured, Refused, RemoteRefused, RemoteTrouble
from fediverse_support.core.settings import Settings
from fediverse_support.network.client import Client

ANY = {"accept": "*/*"}


# Slow peers (S6)


def drip(head: bytes, piece: bytes) -> Callable[[asyncio.StreamWriter], Awaitable[None]]:
    """Sends a byte now and then for ever, so that a timeout for each read would never come."""

    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)

    return write


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"", b""),
    ],
)
async def test_s6_a_dripping_peer_is_left_at_the_deadline(
    client: Client, peer: Any, head: bytes, piece: bytes
) -> None:
    peer.answers["/"] = drip(head, piece)
    with pytest.raises(RemoteTrouble, match=r"in time|broke off"):
        await asyncio.wait_for(client.get(peer.url(), total=0.2, **ANY), 5)


@pytest.mark.parametrize(("head", "piece"), [(b"HTTP/1.1 202 Accepted\r\n", b"X-A: b\r\n"), (b"", b"")])
async def test_s6_a_post_to_a_dripping_peer_ends_at_the_deadline(
    client: Client, peer: Any, head: bytes, piece: bytes
) -> None:
    peer.answers["/"] = drip(head, piece)
    with pytest.raises(RemoteTrouble, match=r"in time|broke off"):
        await asyncio.wait_for(client.post(peer.url(), b"{}", {}, total=0.2), 5)


async def test_s6_a_post_that_was_accepted_stays_so_when_the_body_drips(client: Client, peer: Any) -> None:
    peer.answers["/"] = drip(b"HTTP/1.1 202 Accepted\r\nContent-Length: 100000\r\n\r\n", b"x")
    reply = await asyncio.wait_for(client.post(peer.url(), b"{}", {}, total=0.2), 5)
    assert reply.status == 202


async def test_s6_redirects_share_one_deadline(client: Client, peer: Any, answer: Any) -> None:
    peer.answers["/1"] = answer(302, location="/2")
    peer.answers["/2"] = drip(b"", b"")
    with pytest.raises(RemoteTrouble, match="in time"):
        await asyncio.wait_for(client.get(peer.url("/1"), total=0.2, **ANY), 5)


# Size (S7)


async def test_s7_a_body_over_the_limit_is_refused(client: Client, peer: Any, answer: Any) -> None:
    peer.answers["/fits"] = answer(body=b"x" * 1000)
    peer.answers["/large"] = answer(body=b"x" * 1001)
    assert len((await client.get(peer.url("/fits"), limit=1000, **ANY)).body) == 1000
    with pytest.raises(RemoteRefused, match="larger"):
        await client.get(peer.url("/large"), limit=1000, **ANY)


async def test_s7_an_endless_body_is_left_at_the_limit(client: Client, peer: Any) -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x" * 4096)
            await writer.drain()

    peer.answers["/"] = endless
    with pytest.raises(RemoteRefused, match="larger"):
        await client.get(peer.url(), **ANY)


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate"])
async def test_one_coding_is_taken(client: Client, peer: Any, answer: Any, coding: str) -> None:
    body = b'{"id": "x"}' * 50
    packed = zlib.compress(body) if coding == "deflate" else gzip.compress(body, mtime=0)
    peer.answers["/"] = answer(body=packed, content_encoding=coding)
    assert (await client.get(peer.url(), **ANY)).body == body


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_s7_a_bomb_is_refused_before_it_unfolds(
    client: Client, peer: Any, answer: Any, coding: str
) -> None:
    zeros = bytes(20 << 20)
    packed = zlib.compress(zeros, 9) if coding == "deflate" else gzip.compress(zeros, 9, mtime=0)
    peer.answers["/"] = answer(body=packed, content_encoding=coding)
    with pytest.raises(RemoteRefused, match="larger"):
        await client.get(peer.url(), **ANY)


@pytest.mark.parametrize(
    "coding", ["gzip, gzip", "gzip,deflate", "br", "zstd", "compress", "gzip, identity", "nonsense"]
)
async def test_s7_other_and_several_codings_are_refused(
    client: Client, peer: Any, answer: Any, coding: str
) -> None:
    twice = gzip.compress(gzip.compress(b"{}"), mtime=0)
    peer.answers["/"] = answer(body=twice, content_encoding=coding)
    with pytest.raises(RemoteRefused, match="coded"):
        await client.get(peer.url(), **ANY)


async def test_s7_two_coding_headers_count_as_two_codings(client: Client, peer: Any) -> None:
    twice = gzip.compress(gzip.compress(b"{}"), mtime=0)
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-encoding: gzip\r\n"
    peer.answers["/"] = head + b"content-length: %d\r\n\r\n" % len(twice) + twice
    with pytest.raises(RemoteRefused, match="coded"):
        await client.get(peer.url(), **ANY)


@pytest.mark.parametrize(
    ("file", "coding"),
    [("bomb-300MiB.gz", "gzip"), ("bomb-300MiB.gz.gz", "gzip, gzip"), ("bomb-300MiB.gz.gz", "gzip")],
)
async def test_s7_the_bombs_of_the_corpus_do_not_unfold(
    client: Client, peer: Any, answer: Any, corpora: Path, file: str, coding: str
) -> None:
    peer.answers["/"] = answer(body=(corpora / "poison" / file).read_bytes(), content_encoding=coding)
    if (file, coding) == ("bomb-300MiB.gz.gz", "gzip"):
        assert len((await client.get(peer.url(), **ANY)).body) < 1 << 20
    else:
        with pytest.raises(RemoteRefused):
            await client.get(peer.url(), **ANY)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (gzip.compress(b"{}", mtime=0)[:-4], RemoteTrouble),
        (gzip.compress(b"{}", mtime=0) + b"more", RemoteRefused),
        (gzip.compress(b"{}", mtime=0) + gzip.compress(b"{}", mtime=0), RemoteRefused),
        (b"{} not gzip at all", RemoteRefused),
    ],
)
async def test_a_broken_coding_is_refused(
    client: Client, peer: Any, answer: Any, body: bytes, kind: type[Exception]
) -> None:
    peer.answers["/"] = answer(body=body, content_encoding="gzip")
    with pytest.raises(kind):
        await client.get(peer.url(), **ANY)


async def test_s7_a_large_header_block_is_refused(client: Client, peer: Any, answer: Any) -> None:
    peer.answers["/"] = answer(**{f"x-{number}": "y" * 7000 for number in range(12)})
    with pytest.raises(RemoteTrouble):
        await client.get(peer.url(), **ANY)
    with pytest.raises(RemoteTrouble):
        await client.post(peer.url(), b"", {})


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"SSH-2.0-OpenSSH_9\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nxxxxxx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\nconnection: close\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
    ],
)
async def test_nonsense_is_trouble_of_the_other_server_and_nothing_worse(
    client: Client, peer: Any, raw: bytes
) -> None:
    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()

    peer.answers["/"] = write
    with pytest.raises(RemoteTrouble):
        await client.get(peer.url(), **ANY)
    with suppress(RemoteTrouble):
        await client.post(peer.url(), b"{}", {})


# Redirects (O4, S3)


async def test_a_redirect_on_the_same_origin_is_followed(client: Client, peer: Any, answer: Any) -> None:
    peer.answers |= {"/1": answer(301, location="/2"), "/2": answer(308, location=peer.url("/3#part"))}
    peer.answers["/3"] = answer(body=b"here")
    reply = await client.get(peer.url("/1"), **ANY)
    assert (reply.url, reply.body) == (peer.url("/3"), b"here")


async def test_o4_a_redirect_to_another_origin_is_refused_and_not_asked(
    client: Client, peer: Any, other: Any, answer: Any
) -> None:
    peer.answers["/port"] = answer(302, location=other.url("/"))
    peer.answers["/name"] = answer(302, location=peer.url("/evil", "evil.localhost"))
    for path in ("/port", "/name"):
        with pytest.raises(RemoteRefused, match="another server"):
            await client.get(peer.url(path), **ANY)
    assert other.asked == []
    assert "/evil" not in peer.targets


async def test_o4_another_origin_is_reached_only_where_the_caller_allows_it(
    client: Client, peer: Any, other: Any, answer: Any
) -> None:
    peer.answers["/"] = answer(302, location=other.url("/there"))
    other.answers["/there"] = answer(body=b"there")
    assert (await client.get(peer.url(), same_origin=False, **ANY)).url == other.url("/there")


async def test_o4_a_redirect_in_a_circle_is_refused(client: Client, peer: Any, answer: Any) -> None:
    peer.answers |= {"/a": answer(302, location="/b"), "/b": answer(302, location="/a")}
    with pytest.raises(RemoteRefused, match="circle"):
        await client.get(peer.url("/a"), **ANY)
    assert peer.targets == ["/a", "/b"]


async def test_o4_a_fourth_redirect_is_refused(client: Client, peer: Any, answer: Any) -> None:
    peer.answers |= {f"/{number}": answer(302, location=f"/{number + 1}") for number in range(5)}
    with pytest.raises(RemoteRefused, match="too often"):
        await client.get(peer.url("/0"), **ANY)
    assert peer.targets == ["/0", "/1", "/2", "/3"]


@pytest.mark.parametrize(
    "location", ["http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://[::1]/"]
)
async def test_s3_a_redirect_into_a_private_network_is_refused(
    client: Client, peer: Any, answer: Any, location: str
) -> None:
    peer.answers["/"] = answer(302, location=location)
    with pytest.raises(RemoteRefused):
        await client.get(peer.url(), same_origin=False, **ANY)


async def test_o4_each_hop_is_signed_for_itself(client: Client, peer: Any, answer: Any) -> None:
    peer.answers |= {"/1": answer(307, location="/2"), "/2": answer()}
    await client.get(peer.url("/1"), signer=lambda url: {"Signature": f"for {url}"}, **ANY)
    assert [request.header("signature") for request in peer.asked] == [
        f"for {peer.url('/1')}",
        f"for {peer.url('/2')}",
    ]


async def test_a_redirect_without_location_comes_back_as_it_is(
    client: Client, peer: Any, answer: Any
) -> None:
    peer.answers["/"] = answer(304)
    assert (await client.get(peer.url(), **ANY)).status == 304


async def test_o4_a_post_is_not_redirected(client: Client, peer: Any, other: Any, answer: Any) -> None:
    peer.answers["/inbox"] = answer(307, location=other.url("/inbox"))
    assert (await client.post(peer.url("/inbox"), b"{}", {})).status == 307
    assert other.asked == []


# What goes out (S8)


async def test_s8_cookies_are_not_kept(client: Client, peer: Any, answer: Any) -> None:
    peer.answers["/"] = answer(set_cookie="spy=1; Path=/")
    await client.get(peer.url(), **ANY)
    await client.get(peer.url(), **ANY)
    assert [request.header("cookie") for request in peer.asked] == [None, None]


async def test_s8_the_environment_changes_nothing(
    test_network: Settings,
    peer: Any,
    other: Any,
    answer: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / ".netrc").write_text("default login spy password spy\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, other.url().rstrip("/"))
    peer.answers["/"] = answer()
    async with Client(test_network) as client:
        await client.get(peer.url(), **ANY)
    assert peer.asked[0].header("authorization") is None
    assert other.asked == []


async def test_s8_plain_http_is_refused_without_its_setting(
    test_network: Settings, peer: Any, open_network: Settings
) -> None:
    for settings in (msgspec.structs.replace(test_network, outbound_allow_http=False), open_network):
        async with Client(settings) as client:
            with pytest.raises(Refused):
                await client.get(peer.url(), **ANY)
            with pytest.raises(Refused):
                await client.post(peer.url(), b"{}", {})
    assert peer.connections == 0


async def test_a_get_says_who_we_are_and_carries_nothing_else(client: Client, peer: Any, answer: Any) -> None:
    peer.answers["/"] = answer()
    await client.get(peer.url(), accept="text/x")
    sent = dict(peer.asked[0].headers)
    assert sent.pop("user-agent").startswith("fediverse-support/")
    assert sent == {"host": peer.host(), "accept": "text/x", "accept-encoding": "gzip"}


async def test_the_user_agent_names_our_origin(client: Client, peer: Any, answer: Any) -> None:
    peer.answers["/inbox"] = answer(202)
    await client.post(peer.url("/inbox"), b"{}", {})
    assert str(peer.asked[0].header("user-agent")).endswith(" (+http://here.localhost:1/)")


@pytest.mark.parametrize("target", ["/%7Euser/a%2Fb?q=a+b%20c&x=%C3%A9", "/a//b;v=1,2?[]", "/~user/(x)!*'"])
async def test_the_target_is_sent_byte_for_byte_as_it_was_signed(
    client: Client, peer: Any, answer: Any, target: str
) -> None:
    peer.answers[target] = answer()
    await client.get(peer.url(target), **ANY)
    await client.post(peer.url(target), b"{}", {})
    assert peer.targets == [target, target]


async def test_a_fragment_is_not_sent(client: Client, peer: Any, answer: Any) -> None:
    peer.answers["/actor"] = answer()
    reply = await client.get(peer.url("/actor#main-key"), **ANY)
    assert (reply.url, peer.targets) == (peer.url("/actor"), ["/actor"])


# Posting


async def test_a_post_sends_body_and_headers_as_they_are(client: Client, peer: Any, answer: Any) -> None:
    peer.answers["/inbox"] = answer(202)
    sent = {"Host": peer.host(), "Date": "D", "Content-Type": "application/activity+json", "Signature": "s"}
    reply = await client.post(peer.url("/inbox"), b'{"a":1}', sent)
    asked = peer.asked[0]
    assert (reply.status, asked.method, asked.body) == (202, "POST", b'{"a":1}')
    assert [value for name, value in asked.headers if name == "host"] == [peer.host()]
    assert {name: asked.header(name) for name in ("date", "content-type", "signature")} == {
        "date": "D",
        "content-type": "application/activity+json",
        "signature": "s",
    }


async def test_a_post_reads_a_little_of_a_long_answer(client: Client, peer: Any, answer: Any) -> None:
    peer.answers["/inbox"] = answer(400, body=b"no! " * 100_000)
    reply = await client.post(peer.url("/inbox"), b"{}", {})
    assert (reply.status, reply.snippet) == (400, "no! " * 1024)


async def test_retry_after_comes_as_seconds(test_network: Settings, peer: Any, answer: Any) -> None:
    now = datetime(2026, 9, 1, 10, 0, tzinfo=UTC)
    peer.answers["/seconds"] = answer(429, retry_after="120")
    peer.answers["/date"] = answer(503, retry_after="Tue, 01 Sep 2026 10:01:00 GMT")
    peer.answers["/nonsense"] = answer(503, retry_after="soon")
    async with Client(test_network, now=lambda: now) as client:
        found = [await client.post(peer.url(path), b"{}", {}) for path in ("/seconds", "/date", "/nonsense")]
    assert [reply.retry_after for reply in found] == [120.0, 60.0, None]


async def test_connections_are_kept(client: Client, peer: Any, answer: Any) -> None:
    peer.answers |= {"/inbox": answer(202), "/large": answer(404, body=b"x" * 3000), "/": answer(body=b"y")}
    for _ in range(5):
        await client.post(peer.url("/inbox"), b"{}", {})
        await client.get(peer.url("/large"), **ANY)
        await client.get(peer.url(), **ANY)
    assert (peer.connections, len(peer.asked)) == (1, 15)


async def test_a_post_on_a_kept_connection_that_has_closed_goes_out_again(
    client: Client, peer: Any, answer: Any
) -> None:
    """The peer closes an idle connection at the very moment in which we use it."""
    peer.answers["/inbox"] = lambda asked: (
        answer(202) if asked.connection > 1 or len(peer.asked) == 1 else None
    )
    for _ in range(2):
        assert (await client.post(peer.url("/inbox"), b'{"a":1}', {})).status == 202
    assert [(asked.connection, asked.body) for asked in peer.asked] == [(1, b'{"a":1}')] * 2 + [
        (2, b'{"a":1}')
    ]


async def test_a_post_is_not_sent_a_third_time(client: Client, peer: Any) -> None:
    peer.answers["/inbox"] = None
    with pytest.raises(RemoteTrouble, match="broke off"):
        await client.post(peer.url("/inbox"), b"{}", {})
    assert len(peer.asked) == 2


async def test_an_unreachable_server_is_trouble(client: Client, peer: Any) -> None:
    await peer.stop()
    with pytest.raises(RemoteTrouble, match="could not be reached"):
        await client.get(peer.url(), **ANY)


# TLS


async def test_a_private_authority_is_trusted_when_its_file_is_set(
    tmp_path: Path, authority: Any, make_peer: Any, answer: Any, test_network: Settings
) -> None:
    file, context = authority(tmp_path, ["peer.localhost"])
    peer = make_peer({"/": answer(body=b"safe"), "/inbox": answer(202)})
    await peer.start(context)
    trusting = msgspec.structs.replace(test_network, outbound_ca_file=str(file), outbound_allow_http=False)
    async with Client(trusting) as client:
        assert (await client.get(peer.url(), **ANY)).body == b"safe"
        assert (await client.post(peer.url("/inbox"), b"{}", {})).status == 202
        with pytest.raises(RemoteTrouble, match="certificate"):
            await client.get(peer.url(name="stranger.localhost"), **ANY)
    async with Client(test_network) as client:
        with pytest.raises(RemoteTrouble, match="certificate"):
            await client.get(peer.url(), **ANY)
    await peer.stop()


async def test_o4_a_redirect_from_https_to_http_is_refused(
    tmp_path: Path, authority: Any, make_peer: Any, peer: Any, answer: Any, test_network: Settings
) -> None:
    file, context = authority(tmp_path, ["peer.localhost"])
    secure = make_peer({"/": answer(302, location=peer.url("/plain"))})
    await secure.start(context)
    settings = msgspec.structs.replace(test_network, outbound_ca_file=str(file))
    async with Client(settings) as client:
        with pytest.raises(RemoteRefused, match="https to http"):
            await client.get(secure.url(), same_origin=False, **ANY)
    assert peer.asked == []
    await secure.stop()


async def test_a_ca_file_that_cannot_be_read_stops_the_start(test_network: Settings, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    for file in ("missing.pem", "empty.pem"):
        settings = msgspec.structs.replace(test_network, outbound_ca_file=os.fspath(tmp_path / file))
        with pytest.raises(Misconfigured, match="FS_OUTBOUND_CA_FILE"):
            await Client(settings).open()


async def test_closing_twice_is_safe_and_a_closed_client_opens_again(
    test_network: Settings, peer: Any, answer: Any
) -> None:
    peer.answers["/"] = answer()
    client = Client(test_network)
    for _ in range(2):
        await client.open()
        assert (await client.get(peer.url(), **ANY)).status == 200
        await client.close()
        await client.close()
