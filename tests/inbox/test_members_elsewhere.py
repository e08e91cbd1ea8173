"""Who may read what ours say in a members-only group elsewhere: its server is asked, and only yes counts."""

import asyncio
from datetime import timedelta
from urllib.parse import quote

import msgspec
import pytest

from fediverse_support.inbox import members_elsewhere
from fediverse_support.inbox.members_elsewhere import MembersElsewhere


class Scene:
    """A group elsewhere that approves its followers, and a server that wants to read."""

    def __init__(self, world, group):
        self.world = world
        self.group = msgspec.structs.replace(group.actor, approves_followers=True)
        self.members = MembersElsewhere(world.documents, lambda: world.policy, world.clock)
        self.asker = world.internet.url("reader", "/actor")

    def url(self, asker=None):
        return f"{self.group.followers_url}?is_follower={quote(asker or self.asker, safe='')}"

    def answers(self, what, asker=None):
        self.world.internet.documents[self.url(asker)] = what
        self.world.internet.asked.clear()

    async def may_read(self, group=None, asker=None, said_at=None):
        said_at = said_at or self.world.clock() - timedelta(hours=1)
        return await self.members.may_read(group or self.group, asker or self.asker, said_at)

    @property
    def asked(self):
        return [url for url in self.world.internet.asked if "is_follower" in url]


@pytest.fixture
async def scene(world):
    return Scene(world, await world.known("sober", "lemmy", "Group"))


@pytest.mark.parametrize("status", [404, 400, 401, 403, 410, 500, 503, 204, 302])
async def test_everything_but_yes_is_no(scene, status):
    scene.answers(status)
    assert not await scene.may_read()
    assert scene.asked


@pytest.mark.parametrize(
    "change",
    [
        {"approves_followers": False},
        {"is_local": True},
        {"state": "gone"},
        {"followers_url": None},
        {"followers_url": "http://evil.localhost:1/followers"},
    ],
    ids=str,
)
async def test_a_group_that_cannot_be_asked_is_not_asked(scene, change):
    scene.answers({"id": "x"})
    group = msgspec.structs.replace(scene.group, **change)
    assert not await scene.may_read(group)
    assert scene.asked == []


@pytest.mark.parametrize("host", ["lemmy", "reader"])
async def test_a_blocked_server_neither_asks_nor_answers(scene, host):
    scene.answers({"id": "x"})
    scene.world.set_levels(**{host: "blocked"})
    assert not await scene.may_read()
    assert scene.asked == []


async def test_a_server_that_does_not_answer_in_time_says_no(scene, monkeypatch):
    monkeypatch.setattr(members_elsewhere, "SECONDS", 0.05)
    server = await asyncio.start_server(lambda *_: asyncio.sleep(0), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    origin = f"http://slow.localhost:{port}"
    group = msgspec.structs.replace(
        scene.group, uri=f"{origin}/users/sober", followers_url=f"{origin}/users/sober/followers"
    )
    async with server:
        assert not await scene.may_read(group)


async def test_yes_is_yes_and_is_asked_for_this_reader_alone(scene):
    scene.answers({"id": "x"})
    assert await scene.may_read()
    assert scene.asked == [scene.url()]
    assert not await scene.may_read(asker=scene.world.internet.url("other", "/actor"))


async def test_an_answer_is_kept_for_minutes_and_no_longer(scene):
    scene.answers({"id": "x"})
    for _ in range(3):
        assert await scene.may_read()
    assert len(scene.asked) == 1
    scene.answers(404)
    scene.world.clock.let_pass(minutes=6)
    assert not await scene.may_read()
    scene.answers({"id": "x"})
    assert not await scene.may_read()
    scene.world.clock.let_pass(minutes=2)
    assert await scene.may_read()


async def test_what_was_said_since_is_asked_for_anew(scene):
    scene.answers({"id": "x"})
    assert await scene.may_read()
    scene.answers(404)
    scene.world.clock.let_pass(seconds=10)
    assert await scene.may_read(), "what could be read before can still be read for a while"
    assert not await scene.may_read(said_at=scene.world.clock())
    assert scene.asked == [scene.url()]
    assert not await scene.may_read(), "and now we know"


async def test_many_who_want_to_know_at_once_ask_once(scene):
    scene.answers({"id": "x"})
    found = await asyncio.gather(*(scene.may_read() for _ in range(20)))
    assert found == [True] * 20
    assert len(scene.asked) == 1


async def test_one_server_does_not_make_us_ask_without_end(scene):
    scene.answers(404)
    for number in range(100):
        assert not await scene.may_read(asker=scene.world.internet.url("evil", f"/{number}"))
    assert len(scene.asked) <= members_elsewhere.AT_FIRST + 2
