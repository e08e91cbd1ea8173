"""A lived-in community behind a real port, and a real Chromium in front of it."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from fediverse_support.accounts import sessions
from fediverse_support.community.posts import posts
from fediverse_support.core import clock
from fediverse_support.core.models import Account, Actor
from fediverse_support.core.settings import Settings
from fediverse_support.database import actors, community, groups
from fediverse_support.database.pool import Pool, acquire
from fediverse_support.network.client import Client
from fediverse_support.network.documents import Documents
from fediverse_support.policy.document import Document, RuleText
from fediverse_support.policy.engine import compile_policy
from tests.web.conftest import Village, World, private_key, quick_keys, quick_passwords

__all__ = ["quick_keys", "quick_passwords"]

CHROMIUM = os.environ.get("TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.localhost 127.0.0.1, MAP * ~NOTFOUND",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what drives a browser, and skip it where there is none."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium found (set TEST_CHROMIUM)"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class House:
    """The community, its people, and pages opened in Chromium as one of them."""

    def __init__(self, world: World, chromium: Browser) -> None:
        self.world = world
        self.village = Village(world)
        self.chromium = chromium
        self.people: dict[str, Account] = {}
        self.paths: dict[str, str] = {}

    async def context(self, name: str | None = None, **options: object) -> BrowserContext:
        context = await self.chromium.new_context(base_url=self.world.site.origin, **options)
        if name:
            async with acquire(self.world.pool) as db:
                opened = await sessions.begin(db, self.people[name], clock.now())
            await context.add_cookies(
                [{"name": "session", "value": opened.token, "url": self.world.site.origin, "httpOnly": True}]
            )
        return context

    async def open(self, path: str, name: str | None = None, **options: object) -> Page:
        page = await (await self.context(name, **options)).new_page()
        await page.goto(path)
        return page


async def furnish(house: House) -> None:
    """Some kind words in a few groups."""
    world, village = house.world, house.village
    async with acquire(world.pool) as db:
        await community.describe(
            db,
            title="The Garden",
            tagline="People who carry something heavy, carrying it together.",
            about_source="",
            about_html="<p>We are a small community of people who have lost someone, who live with pain, or "
            "who look after somebody. Nobody here is an expert. We listen.</p>",
        )
    for name, role in (("ada", "owner"), ("ben", "member"), ("carla", "moderator"), ("dev", "member")):
        house.people[name] = await world.member(name, role=role)
    owls = await village.group(
        "night_owls",
        title="Night owls",
        summary="For the hours when nobody else is awake.",
        rules="- Listen first.\n- No advice unless somebody asks.\n- What is said here is not repeated.",
    )
    await village.group(
        "slow_grief", title="Slow grief", summary="For losses that others think should be over by now."
    )
    await village.group(
        "carers", title="Carers' kitchen", summary="For those who look after someone at home."
    )
    closed = await village.group(
        "twelve_steps", title="One day at a time", summary="Recovery, among ourselves.",
        seeing="members", speaking="members", reach="members", joining="approval",
    )  # fmt: skip
    async with acquire(world.pool) as db:
        await groups.add_moderator(db, owls.actor.id, house.people["carla"].actor_id)
    for name in ("ada", "ben", "dev"):
        await village.joins(house.people[name], owls)
    await village.joins(house.people["dev"], closed)
    first = await village.writes(
        house.people["ben"],
        owls.actor,
        "It is ten past three and the house is very quiet. Since my father died I wake at the same minute "
        "every night, the one when the phone rang.\n\nI am not looking for a solution. I would just like to "
        "know that somebody else is awake.\n\n> Grief is love with nowhere to go.\n\n"
        "That line helped for a while.",
        title="Awake at the same minute every night",
    )
    warned = await village.writes(
        house.people["dev"],
        owls.actor,
        "I had another one of those nights, and I was close to the old habit. I went for a walk instead.",
        title="I walked instead",
        content_warning="Mentions drinking",
    )
    rosa = await village.remote("https://harbour.example/users/rosa")
    await remote_answer(house, rosa, first, owls)
    await answer(house, "ada", first, "I am here. The kettle is on. You do not have to write anything back.")
    house.paths = {"thread": f"/posts/{first.public_id}", "warned": f"/posts/{warned.public_id}"}
    await one_that_waits(house, owls.actor)
    async with acquire(world.pool) as db:
        await db.execute("update posts set published_at = published_at - interval '3 hours'")
        await db.execute(
            "insert into decisions (id, activity_uri, actor_uri, host, activity_type, outcome, rules, "
            "reason, policy_version) values (1, 'https://harbour.example/1', "
            "'https://harbour.example/users/rosa', 'harbour.example', 'Create', 'accept', '{default}', "
            "'Nothing speaks against it.', 1)"
        )
        await db.execute(
            "insert into reports (id, reporter_uri, object_uris, reason) values "
            "(5, 'https://harbour.example/users/rosa', '{https://garden.localhost/posts/1}', "
            "'This frightened me.')"
        )
    await world.member("newcomer", state="waiting")
    async with acquire(world.pool) as db:
        await db.execute(
            "update accounts set request = 'My sister told me about you. I look after our mother.' "
            "where state = 'waiting'"
        )


async def one_that_waits(house: House, group: Actor) -> None:
    """A post that a moderator has to look at first."""
    world, reason = house.world, "Two of us read what is written at night before everybody does."
    rule = RuleText(name="Nights", when={}, then="hold", reason=reason)
    usual, world.policy = world.policy, compile_policy(2, (), Document(rules=(rule,)))
    held = await house.village.writes(
        house.people["ben"], group, "I do not want to say much. It was a hard night.", title="Four o'clock"
    )
    world.policy = usual
    async with acquire(world.pool) as db:
        number = await db.fetchval("select id from holds where post_id = $1", held.id)
    house.paths |= {"held": f"/posts/{held.public_id}", "hold": f"/desk/holds/{number}"}


async def answer(house: House, name: str, parent: posts.Post, source: str) -> posts.Post:
    async with acquire(house.world.pool) as db, db.transaction():
        author = await actors.by_id(db, house.people[name].actor_id)
        found = await sessions.sessions.live(
            db,
            sessions.hash_of((await sessions.begin(db, house.people[name], clock.now())).token),
            clock.now() - timedelta(days=1),
            clock.now() - timedelta(days=1),
        )
        return await posts.reply(
            db,
            house.world.site,
            author,
            found.viewer,
            parent.id,
            posts.Words(source=source),
            clock.now(),
            policy=house.world.policy,
        )


async def remote_answer(house: House, author, parent, group) -> None:
    async with acquire(house.world.pool) as db:
        await db.execute(
            """
            insert into posts (id, uri, author_id, group_id, root_id, parent_id, in_reply_to, content_html,
                               reach, url, published_at, active_at)
            values (77, 'https://harbour.example/notes/1', $1, $2, $3, $3, $4,
                    '<p>Awake too, two time zones away. For me it is the hour when the dog used to ask to go '
                    'out.</p>', 'open', 'https://harbour.example/@rosa/1', now(), now())
            """,
            author.id,
            group.actor.id,
            parent.id,
            parent.uri,
        )


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def house(database: Pool, settings: Settings, chromium: Browser) -> AsyncIterator[House]:
    """The Garden, furnished, at http://garden.localhost and a free port."""
    port = free_port()
    here = msgspec.structs.replace(
        settings,
        domain=f"garden.localhost:{port}",
        origin=f"http://garden.localhost:{port}",
        outbound_allow_private="127.0.0.0/8",
        outbound_allow_http=True,
    )
    async with acquire(database) as db:
        await community.make(db, "The Garden")
    async with Client(here) as client:
        world = World(database, here, Documents(client, private_key()))
        server = uvicorn.Server(
            uvicorn.Config(world.app, host="127.0.0.1", port=port, log_config=None, lifespan="off")
        )
        running = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110  (uvicorn has no event for it)
            await asyncio.sleep(0.01)
        house = House(world, chromium)
        await furnish(house)
        yield house
        server.should_exit = True
        await running
