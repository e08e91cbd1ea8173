"""Following from elsewhere and finding what is elsewhere, with another server on a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from fediverse_support.core.settings import Settings
from fediverse_support.database.pool import acquire

AS2 = "application/activity+json"
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"


class Harbour:
    """Another server with a group, a person and a post. Answers plain HTTP on loopback."""

    def __init__(self) -> None:
        self.documents: dict[str, tuple[str, object]] = {}
        self.asked: list[str] = []
        self.port = 0
        self.waits = False

    @property
    def host(self) -> str:
        return f"harbour.localhost:{self.port}"

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split(" ")[1]
        self.asked.append(path)
        if self.waits:
            await asyncio.Event().wait()
        kind, document = self.documents.get(path.split("?")[0], ("text/plain", None))
        body = json.dumps(document).encode() if document is not None else b"nothing"
        status = "200 OK" if document is not None else "404 Not Found"
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n".encode()
            + body
        )
        await writer.drain()
        writer.close()

    def furnish(self) -> None:
        def actor(path: str, kind: str, name: str) -> dict[str, object]:
            uri = self.url(path)
            return {
                "@context": "https://www.w3.org/ns/activitystreams", "id": uri, "type": kind,
                "preferredUsername": name, "name": name.capitalize(), "inbox": f"{uri}/inbox",
                "outbox": f"{uri}/outbox", "followers": f"{uri}/followers", "url": uri,
            }  # fmt: skip

        self.documents["/groups/tides"] = (AS2, actor("/groups/tides", "Group", "tides"))
        self.documents["/users/rosa"] = (AS2, actor("/users/rosa", "Person", "rosa"))
        public = "https://www.w3.org/ns/activitystreams#Public"
        self.documents["/notes/1"] = (AS2, {
            "@context": "https://www.w3.org/ns/activitystreams", "id": self.url("/notes/1"), "type": "Note",
            "attributedTo": self.url("/users/rosa"), "content": "<p>Words from afar</p>", "name": "Afar",
            "to": [public], "cc": [self.url("/groups/tides")], "audience": self.url("/groups/tides"),
            "published": "2026-11-20T10:00:00Z",
        })  # fmt: skip

    def finger(self, name: str, path: str) -> None:
        self.documents["/.well-known/webfinger"] = ("application/jrd+json", {
            "subject": f"acct:{name}@{self.host}",
            "links": [
                {"rel": "self", "type": AS2, "href": self.url(path)},
                {"rel": SUBSCRIBE, "template": self.url("/authorize_interaction") + "?uri={uri}"},
            ],
        })  # fmt: skip


@pytest.fixture
async def harbour() -> AsyncIterator[Harbour]:
    harbour = Harbour()
    server = await asyncio.start_server(harbour.answer, "127.0.0.1", 0)
    harbour.port = server.sockets[0].getsockname()[1]
    harbour.furnish()
    yield harbour
    server.close()


@pytest.fixture
def settings(tmp_path) -> Settings:
    """A community on a test network, so that the other server may live on loopback."""
    return Settings(
        domain="garden.localhost:1",
        origin="http://garden.localhost:1",
        data_dir=str(tmp_path),
        outbound_allow_private="127.0.0.0/8",
        outbound_allow_http=True,
    )


async def test_a_visitor_is_sent_to_their_own_server_with_the_group_in_hand(world, village, harbour):
    await village.group()
    harbour.finger("rosa", "/users/rosa")
    browser = world.browser()
    await browser.get("/groups/night_owls")
    page = await browser.submit("/groups/night_owls/follow", handle=f"@rosa@{harbour.host}")
    assert page.status_code == 200
    target = harbour.url("/authorize_interaction?uri=http%3A%2F%2Fgarden.localhost%3A1%2Fgroups%2Fnight_owls")
    assert f'content="0; url={target}"' in page.text
    assert f'href="{target}"' in page.text
    assert f"On to {harbour.host}" in page.text
    assert not browser.client.cookies


@pytest.mark.parametrize(
    ("handle", "status"),
    [
        ("not a handle", 400),
        ("", 400),
        ("@ada@garden.localhost:1", 400),
        ("@x@169.254.169.254", 502),
        ("@x@user:pass@harbour.localhost", 400),
        ("@x@nowhere.localhost:9", 502),
    ],
)
async def test_a_handle_that_leads_nowhere_says_so(world, village, handle, status):
    await village.group()
    browser = world.browser()
    await browser.get("/groups/night_owls")
    page = await browser.submit("/groups/night_owls/follow", handle=handle)
    assert page.status_code == status
    assert "http-equiv" not in page.text


async def test_a_server_that_offers_no_way_says_so(world, village, harbour):
    await village.group()
    harbour.documents["/.well-known/webfinger"] = ("application/jrd+json", {"subject": "x", "links": []})
    browser = world.browser()
    await browser.get("/groups/night_owls")
    page = await browser.submit("/groups/night_owls/follow", handle=f"@rosa@{harbour.host}")
    assert page.status_code == 400
    assert "does not say where" in page.text


async def test_a_template_of_another_kind_is_not_followed(world, village, harbour):
    await village.group()
    browser = world.browser()
    for template in ("javascript:alert(1)//{uri}", "http://evil.localhost/x", "data:text/html,{uri}"):
        harbour.documents["/.well-known/webfinger"] = ("application/jrd+json", {
            "subject": f"acct:rosa@{harbour.host}", "links": [{"rel": SUBSCRIBE, "template": template}],
        })  # fmt: skip
        await browser.get("/groups/night_owls")
        page = await browser.submit("/groups/night_owls/follow", handle=f"@rosa@{harbour.host}")
        assert page.status_code == 400
        assert "javascript:" not in page.text


async def test_looking_up_is_limited_for_each_client(world, village):
    await village.group()
    browser = world.browser()
    statuses = [
        (await browser.post("/groups/night_owls/follow", {"handle": "nonsense"})).status_code
        for _ in range(22)
    ]
    assert statuses[19] == 400
    assert statuses[21] == 429


async def test_a_member_finds_a_group_by_its_address_and_may_follow_it(world, ada, harbour):
    harbour.finger("tides", "/groups/tides")
    browser = await world.signed_in(ada)
    await browser.get("/find")
    await browser.submit("/find", address=f"!tides@{harbour.host}")
    page = await browser.follow()
    assert page.url.path == f"/groups/tides@{harbour.host}"
    assert "Follow this group" in page.text
    before = len(harbour.asked)
    await browser.get("/find")
    await browser.submit("/find", address=harbour.url("/groups/tides"))
    assert len(harbour.asked) == before  # known by now


async def test_a_member_sent_here_by_another_server_is_asked_nothing_and_nothing_is_done(world, ada, harbour):
    """Following is a deed with a button of its own (O16): the link alone must not do it."""
    harbour.finger("tides", "/groups/tides")
    path = "/authorize_interaction?uri=" + harbour.url("/groups/tides").replace(":", "%3A").replace(
        "/", "%2F"
    )
    guest = await world.browser().get(path)
    assert guest.headers["location"].startswith("/sign-in?next=/authorize_interaction%3Furi%3D")
    browser = await world.signed_in(ada)
    answer = await browser.get(path)
    assert answer.headers["location"] == f"/groups/tides@{harbour.host}"
    async with acquire(world.pool) as db:
        assert await db.fetchval("select count(*) from follows") == 0
        assert await db.fetchval("select count(*) from activities") == 0


async def test_a_member_reads_a_post_of_another_server_by_its_link(world, ada, harbour):
    harbour.finger("rosa", "/users/rosa")
    browser = await world.signed_in(ada)
    await browser.get("/find")
    await browser.submit("/find", address=harbour.url("/notes/1"))
    page = await browser.follow()
    assert "Words from afar" in page.text
    assert f"@rosa@{harbour.host}" in page.text
    assert f"original on {harbour.host}" in page.text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("", 400),
        ("hello", 400),
        ("http://garden.localhost:1/nothing", 404),
        ("@nobody@garden.localhost:1", 404),
        ("http://169.254.169.254/x", 502),
        ("http://user:pass@harbour.localhost/x", 400),
        ("javascript:alert(1)", 400),
        ("https://nowhere.localhost:9/x", 502),
    ],
)
async def test_an_address_that_leads_nowhere_says_so_and_stays_in_the_box(world, ada, address, status):
    browser = await world.signed_in(ada)
    await browser.get("/find")
    page = await browser.submit("/find", address=address)
    assert page.status_code == status
    kept = next(values for form, values in browser.forms() if form["action"] == "/find")
    assert kept["address"] == address


async def test_what_is_out_of_view_here_is_not_found_by_its_address(world, village, ada, ben):
    group = await village.group("calm", seeing="members", speaking="members", reach="members")
    await village.joins(ada, group)
    secret = await village.writes(ada, group.actor, "MARKER")
    browser = await world.signed_in(ben)
    await browser.get("/find")
    known = await browser.submit("/find", address=secret.uri)
    kept = known.text.replace(secret.uri, "")
    unknown = await browser.submit("/find", address="http://garden.localhost:1/posts/" + "0" * 32)
    assert "MARKER" not in known.text
    assert known.status_code == unknown.status_code == 404
    assert kept == unknown.text.replace("http://garden.localhost:1/posts/" + "0" * 32, "")
