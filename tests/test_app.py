"""The application as a whole: the table of addresses, the way through it, and a real server around it."""

import asyncio
import json
import socket
from contextlib import asynccontextmanager

import httpx
import msgspec
import pytest
import uvicorn
from starlette.routing import Route

from fediverse_support import app
from fediverse_support.core.errors import Misconfigured
from fediverse_support.web import health
from fediverse_support.web.federation import actors, answers
from fediverse_support.web.pages.routes import ROUTES as PAGES
from tests.support.home import TEST_NETWORK, Home, at_home
from tests.support.remote import RemoteActor


@pytest.fixture
async def home(database_url, tmp_path):
    async with at_home(TEST_NETWORK, database_url, str(tmp_path / "data")) as found:
        yield found


@asynccontextmanager
async def running(home: Home):
    """The application behind a real server; the address of it."""
    config = uvicorn.Config(
        home.app, host="127.0.0.1", port=0, log_level="error", lifespan="off", proxy_headers=False
    )
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    task = asyncio.create_task(server.serve([listening]))
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        await task


def undeclared(request):
    return None


def test_an_address_that_does_not_say_who_may_call_it_stops_the_start():
    with pytest.raises(Misconfigured, match="/open"):
        answers.check_documents([Route("/open", undeclared)])
    with pytest.raises(Misconfigured, match="POST"):
        answers.check_documents([Route("/actor", actors.instance, methods=["POST"])])
    answers.check_documents([*app.DOCUMENTS, *app.DOCUMENTS_OF_PAGES])


async def test_the_start_looks_at_every_address(home, monkeypatch):
    for place in ("DOCUMENTS", "DOCUMENTS_OF_PAGES", "DESK", "PAGES"):
        with monkeypatch.context() as patched:
            patched.setattr(app, place, [*getattr(app, place), Route("/open", undeclared)])
            with pytest.raises(Misconfigured, match="/open"):
                app.build(home.foundation)


def test_every_document_that_shares_an_address_finds_its_page():
    pages = {app._shape(route.path) for route in PAGES if "GET" in (route.methods or ())}
    assert {app._shape(route.path) for route in app.DOCUMENTS_OF_PAGES} <= pages


def test_no_address_is_hidden_by_another():
    """The first route that fits a path answers, so that none may stand behind one that always fits first."""
    routes = app.table()
    for place, route in enumerate(routes):
        path = app._shape(route.path).replace("{}", "x")
        for earlier in routes[:place]:
            if earlier.path_regex.match(path):
                assert not (earlier.methods or set()) & (route.methods or set()), (earlier.path, route.path)


def test_every_address_of_the_contract_is_there():
    wanted = (
        "/.well-known/webfinger",
        "/.well-known/nodeinfo",
        "/.well-known/host-meta",
        "/nodeinfo/2.0",
        "/nodeinfo/2.1",
        "/actor",
        "/groups/x",
        "/groups/x/outbox",
        "/groups/x/followers",
        "/groups/x/moderators",
        "/groups/x/featured",
        "/people/x",
        "/people/x/outbox",
        "/people/x/followers",
        "/people/x/following",
        "/posts/x",
        "/posts/x/replies",
        "/posts/x/context",
        "/activities/x",
        "/about",
        "/about/policy",
        "/healthz",
        "/readyz",
    )
    routes = app.table()
    for path in wanted:
        assert any(route.path_regex.match(path) and "GET" in route.methods for route in routes), path


async def test_what_is_nowhere_is_404_as_page_and_as_document(home):
    page = await home.get("/no/such/place", accept="text/html")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    document = await home.get("/no/such/place")
    assert (document.status_code, document.headers["content-type"]) == (404, "application/json")


async def test_what_nobody_foresaw_is_500_and_says_nothing(home, monkeypatch):
    async def broken(*_):
        raise RuntimeError("a secret word")

    await home.group()
    monkeypatch.setattr("fediverse_support.community.posts.published.group", broken)
    for answer in (
        await home.get("/groups/sober"),
        await home.client.post("/groups/sober/inbox", content=b"{}"),
    ):
        assert answer.status_code == 500
        assert "secret" not in answer.text


async def test_health_asks_nobody_and_readiness_asks_the_database(home):
    assert (await home.get("/healthz")).status_code == 200
    assert (await home.get("/readyz")).json() == {"ready": True}
    home.pool.terminate()
    assert (await home.get("/healthz")).status_code == 200
    answer = await home.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (503, False)


async def test_it_is_not_ready_while_migrations_wait(home, tmp_path, monkeypatch):
    for file in health.migrations.folder().glob("*.sql"):
        (tmp_path / file.name).write_text(file.read_text())
    number = len(list(tmp_path.glob("*.sql"))) + 1
    (tmp_path / f"{number:04}_more.sql").write_text("select 1;\n")
    monkeypatch.setattr(health.migrations, "folder", lambda: tmp_path)
    answer = await home.get("/readyz")
    assert answer.status_code == 503
    assert "1 migrations wait" in answer.json()["why"]


async def test_documents_say_later_while_the_database_is_away(home):
    await home.group()
    home.pool.terminate()
    for path in ("/groups/sober", "/posts/" + "0" * 32, "/.well-known/webfinger?resource=acct:a@b"):
        answer = await home.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5"), path
    assert (await home.get("/.well-known/nodeinfo")).status_code == 200


async def test_a_secure_server_says_so_for_a_year(database_url, tmp_path):
    secure = msgspec.structs.replace(TEST_NETWORK, domain="garden.example", origin="https://garden.example")
    async with at_home(secure, database_url, str(tmp_path / "data")) as home:
        answer = await home.get("/actor")
        assert answer.headers["strict-transport-security"] == "max-age=31536000"


async def test_a_real_server_passes_on_exactly_what_was_signed(home):
    """Raw path, query, header bytes, chunks, HEAD: what only a real server can show."""
    alice = RemoteActor()
    await home.meet(alice)
    await home.member("ada")
    async with running(home) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        for path in ("/inbox", "/people/ada/inbox", "/inbox?a=%C3%BC&b"):
            signed = alice.sign_post(
                f"{home.site.origin}{path}", alice.activity("Follow", home.site.person("ada"))
            )
            answer = await client.post(path, content=signed.body, headers=signed.headers)
            assert (answer.status_code, answer.content) == (202, b""), (path, answer.text)
        head = await client.head("/people/ada", headers={"accept": "application/activity+json"})
        got = await client.get("/people/ada", headers={"accept": "application/activity+json"})
        assert (head.content, head.headers["content-length"]) == (b"", str(len(got.content)))
    assert len(await home.arrivals()) == 3


async def test_a_real_server_stops_reading_what_is_too_large(home):
    """The body never ends; the answer comes with the first byte above the limit."""
    async with running(home) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = "POST /inbox HTTP/1.1\r\nhost: x\r\ncontent-type: application/activity+json\r\n"
        writer.write(f"{head}transfer-encoding: chunked\r\n\r\n".encode())
        for size in [65_536] * 16 + [1]:
            writer.write(b"%x\r\n%s\r\n" % (size, b" " * size))
            await writer.drain()
        answer = await reader.read(100)
        writer.close()
        assert answer.startswith(b"HTTP/1.1 413")
    assert await home.arrivals() == []


async def test_the_worker_of_this_process_is_woken_once_for_each_commit(home):
    alice = RemoteActor()
    await home.meet(alice)
    activities = [alice.activity("Like", "https://x.example/1") for _ in range(20)]
    answers = await asyncio.gather(*(home.deliver(alice, activity) for activity in activities))
    assert {answer.status_code for answer in answers} == {202}
    assert 1 <= home.stored < 20
    assert len({json.loads(row["body"])["id"] for row in await home.arrivals()}) == 20
