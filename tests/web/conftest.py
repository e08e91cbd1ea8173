"""A community with a real database behind its pages, and a browser without scripts to walk through them."""

import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import httpx
import msgspec
import pytest
from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.types import ASGIApp

from fediverse_support.accounts import members, passwords, sessions
from fediverse_support.community.groups import groups
from fediverse_support.community.joining import memberships
from fediverse_support.community.posts import posts
from fediverse_support.core import clock
from fediverse_support.core.identifiers import new_id
from fediverse_support.core.models import Account, Actor, Group, Post, Role
from fediverse_support.core.sealing import Seal
from fediverse_support.core.settings import Settings
from fediverse_support.database import accounts, actors, community
from fediverse_support.database.pool import Pool, acquire
from fediverse_support.inbox.acquaintance import Acquaintance
from fediverse_support.inbox.known_keys import KnownKeys
from fediverse_support.inbox.lookups import Lookups
from fediverse_support.inbox.members_elsewhere import MembersElsewhere
from fediverse_support.inbox.requesters import Requesters
from fediverse_support.network.client import Client
from fediverse_support.network.documents import Documents
from fediverse_support.network.pictures import Pictures
from fediverse_support.policy.engine import compile_policy
from fediverse_support.protocol.signatures.keys import PrivateKey, generate_rsa
from fediverse_support.protocol.site import site_of
from fediverse_support.web.client_api.door import Door
from fediverse_support.web.client_api.routes import ROUTES as CLIENT_API
from fediverse_support.web.client_api.table import Table
from fediverse_support.web.desk.routes import ROUTES as DESK
from fediverse_support.web.middleware import HANDLERS, LastResort, SecurityHeaders
from fediverse_support.web.pages.routes import ROUTES as PAGES
from fediverse_support.web.rendering import Renderer
from fediverse_support.web.security import check_routes
from fediverse_support.web.services import Services

POLICY = compile_policy(1, [])
PASSWORD = "three quiet green lamps"


class Forms(HTMLParser):
    """The forms of a page: where they go and what a browser would send with them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[dict[str, str], dict[str, str]]] = []
        self._area: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append((given, {}))
        elif tag == "input" and given.get("type") == "radio" and "checked" not in given:
            return
        elif tag == "input" and "name" in given and self.found:
            self.found[-1][1][given["name"]] = given.get("value", "")
        elif tag == "textarea" and self.found:
            self._area = given["name"]
            self.found[-1][1][self._area] = ""
        elif tag == "select" and self.found:
            self.found[-1][1][given["name"]] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            # HTML drops the first line end in a textarea.
            self.found[-1][1][self._area] += data.removeprefix("\n")


class Browser:
    """A browser without scripts: it keeps cookies and fills in forms, as an old phone would."""

    def __init__(self, app: ASGIApp, origin: str, address: str = "192.0.2.7") -> None:
        self.origin = origin
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 1)),
            base_url=origin,
        )
        self.page = httpx.Response(200, text="")

    async def get(self, path: str, **headers: str) -> httpx.Response:
        self.page = await self.client.get(path, headers=headers)
        return self.page

    async def post(self, path: str, fields: dict[str, str], **headers: str) -> httpx.Response:
        """A POST as a modern browser sends it from our own page, unless `headers` say something else."""
        sent = {"sec-fetch-site": "same-origin", "origin": "null"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        self.page = await self.client.post(
            path, data=fields, headers={name: value for name, value in sent.items() if value}
        )
        return self.page

    async def submit(self, action: str, **fields: str) -> httpx.Response:
        """Fill in the form of this page that goes to `action`, and send it."""
        found = [(form, values) for form, values in self.forms() if form.get("action") == action]
        assert found, f"no form for {action} among {[form.get('action') for form, _ in self.forms()]}"
        return await self.post(action, found[0][1] | fields)

    def forms(self) -> list[tuple[dict[str, str], dict[str, str]]]:
        return Forms(self.page.text).found

    async def follow(self) -> httpx.Response:
        """Go where the last answer points."""
        assert self.page.status_code == 303, self.page.text
        return await self.get(urljoin(self.origin, self.page.headers["location"]))


class World:
    """One community with its pages."""

    def __init__(self, pool: Pool, settings: Settings, documents: Documents) -> None:
        self.pool = pool
        self.settings = settings
        self.site = site_of(settings)
        self.seal = Seal(b"k" * 32)
        self.policy = POLICY
        acquaintance = Acquaintance(pool, self.site, documents, lambda: self.policy)
        self.services = Services(
            settings=settings,
            site=self.site,
            pool=pool,
            seal=self.seal,
            documents=documents,
            pictures=Pictures(settings, documents.client),
            lookups=Lookups(pool, self.site, documents, acquaintance, lambda: self.policy),
            requesters=Requesters(
                pool,
                self.site,
                lambda: self.policy,
                KnownKeys(pool),
                acquaintance,
                MembersElsewhere(documents, lambda: self.policy),
            ),
            policy=lambda: self.policy,
            templates=Renderer(self.site.domain),
        )
        check_routes([*PAGES, *DESK])
        starlette = Starlette(routes=[*PAGES, *DESK], exception_handlers=HANDLERS)
        starlette.state.services = self.services
        door = Door(Table(CLIENT_API), starlette, LastResort(starlette))
        self.app = SecurityHeaders(door, is_secure=settings.is_secure)

    def browser(self, address: str = "192.0.2.7") -> Browser:
        return Browser(self.app, self.site.origin, address)

    async def member(
        self, name: str, role: Role = "member", state: str = "active", password: str | None = None
    ) -> Account:
        """A member; only with `password` (it costs time to hash) one that can sign in by it."""
        async with acquire(self.pool) as db, db.transaction():
            account = await members.add_hashed(
                db,
                self.site,
                self.seal,
                name=name,
                email=None,
                password_hash=await passwords.hashed(password) if password else None,
                role=role,
                display_name=name.capitalize(),
                state=state,
                request="",
                now=clock.now(),
            )
        return account

    async def signed_in(self, account: Account, now: datetime | None = None) -> Browser:
        """A browser in which this account is signed in."""
        browser = self.browser()
        async with acquire(self.pool) as db:
            opened = await sessions.begin(db, account, now or clock.now())
        name = "__Host-session" if self.settings.is_secure else "session"
        browser.client.cookies.set(name, opened.token, domain=self.site.host.partition(":")[0])
        return browser

    async def set_state(self, account: Account, state: str) -> None:
        async with acquire(self.pool) as db:
            await accounts.set_state(db, account.id, state)


Changed = Callable[..., Awaitable[World]]


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost next to nothing: what the real ones cost is tested in tests/accounts."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", cheap)
    monkeypatch.setattr(passwords, "_hash_of_nobody", lambda: cheap.hash("nobody"))


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """One RSA key for all actors of a test: making one takes a tenth of a second."""
    monkeypatch.setattr(actors, "generate_rsa", lambda: private_key().key)


@pytest.fixture
async def documents(settings: Settings) -> AsyncIterator[Documents]:
    client = Client(settings)
    await client.open()
    yield Documents(client, private_key())
    await client.close()


@functools.cache
def private_key() -> PrivateKey:
    """One key for the whole run: making one takes a tenth of a second."""
    return PrivateKey("https://garden.example/actor#main-key", generate_rsa())


@pytest.fixture
async def world(database: Pool, settings: Settings, documents: Documents) -> World:
    """The community at https://garden.example."""
    async with acquire(database) as db:
        await community.make(db, "The Garden")
    return World(database, settings, documents)


@pytest.fixture
async def world_with(database: Pool, settings: Settings, documents: Documents, tmp_path: Path) -> Changed:
    """The same community with other settings."""

    async def changed(**values: object) -> World:
        async with acquire(database) as db:
            await community.make(db, "The Garden")
        return World(database, msgspec.structs.replace(settings, **values), documents)

    return changed


class Village:
    """The world with its inhabitants: deeds by function call, so that a test walks only where it looks."""

    def __init__(self, world) -> None:
        self.world = world

    async def group(self, name: str = "night_owls", **answers: str) -> Group:
        given = {"title": "Night owls", "summary": "For the hours when nobody else is awake."} | answers
        async with acquire(self.world.pool) as db, db.transaction():
            return await groups.create(db, self.world.site, self.world.seal, name, groups.Answers(**given))

    async def joins(self, account: Account, group: Group) -> None:
        async with acquire(self.world.pool) as db, db.transaction():
            member = await actors.by_id(db, account.actor_id)
            await memberships.join(db, self.world.site, member, group, clock.now())

    async def joins_by_hand(self, account: Account, group: Group) -> None:
        """Make somebody a member, whatever the doors say."""
        async with acquire(self.world.pool) as db:
            await db.execute(
                """
                insert into follows (follower_id, followed_id, state, activity_uris, accepted_at)
                values ($1, $2, 'accepted', '{}', now())
                """,
                account.actor_id,
                group.actor.id,
            )

    async def writes(self, account: Account, group: Actor, source: str, **words: str) -> Post:
        async with acquire(self.world.pool) as db, db.transaction():
            author = await actors.by_id(db, account.actor_id)
            return await posts.write(
                db,
                self.world.site,
                author,
                group,
                posts.Words(source=source, **words),
                clock.now(),
                policy=self.world.policy,
            )

    async def remote(self, uri: str, type: str = "Person", name: str = "rosa") -> Actor:
        """An actor of another server, as it is stored after it was met."""
        host = uri.split("/")[2]
        async with acquire(self.world.pool) as db:
            await db.execute(
                """
                insert into actors (id, uri, type, is_local, name, host, display_name, inbox_url,
                                    followers_url, handle_confirmed)
                values ($1, $2, $3, false, $4, $5, $4, $2 || '/inbox', $2 || '/followers', true)
                """,
                new_id(),
                uri,
                type,
                name,
                host,
            )
            return await actors.by_uri(db, uri)

    async def set_post_state(self, post: Post, state: str) -> None:
        async with acquire(self.world.pool) as db:
            await db.execute("update posts set state = $2 where id = $1", post.id, state)


@pytest.fixture
async def village(world) -> Village:
    return Village(world)


@pytest.fixture
async def ada(world) -> Account:
    return await world.member("ada")


@pytest.fixture
async def ben(world) -> Account:
    return await world.member("ben")
