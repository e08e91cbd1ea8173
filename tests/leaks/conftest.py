"""A community with something to hide, and everybody who must not find it."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from fediverse_support.accounts import sessions
from fediverse_support.community import visibility
from fediverse_support.community.groups import wiki
from fediverse_support.community.people import personal_posts
from fediverse_support.community.pictures import media
from fediverse_support.community.posts import posts
from fediverse_support.community.posts.events import NewEvent
from fediverse_support.community.posts.polls import NewPoll
from fediverse_support.core import clock
from fediverse_support.core.identifiers import new_id, new_public_id
from fediverse_support.core.models import Actor, Group, Post
from fediverse_support.core.pictures import Picture, Sized
from fediverse_support.database import accounts, follows, groups
from fediverse_support.database import media as stored_media
from fediverse_support.database.media import Media
from fediverse_support.database.pool import acquire
from fediverse_support.network.media_files import OWN
from fediverse_support.policy.document import Document, RuleText
from fediverse_support.policy.engine import Policy, compile_policy
from tests.support.home import TEST_NETWORK, Home, at_home
from tests.support.remote import RemoteActor

CANARY = "quokka"
"""Stands in everything that outsiders must not learn, and nowhere else."""
_VARIES = re.compile(rb'name="csrf_token" value="[^"]*"|[0-9a-f]{32}|[0-9]{16,20}')


@dataclass
class Scene:
    """What is hidden, and who looks for it."""

    home: Home
    groups: dict[str, Group] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    people: dict[str, Actor] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    remotes: dict[str, RemoteActor] = field(default_factory=dict)
    holds: list[str] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)

    async def sign_in(self, name: str) -> None:
        """Let a person here have a session."""
        async with acquire(self.home.pool) as db, db.transaction():
            account = await accounts.by_name(db, name)
            session = await sessions.begin(db, account, clock.now())
        self.cookies[name] = session.token


def masked(body: bytes) -> bytes:
    """A body without what differs from one answer to the next: ids, numbers of rows and tokens of forms."""
    return _VARIES.sub(b"", body)


@pytest.fixture
async def home(database_url: str, tmp_path) -> AsyncIterator[Home]:
    """Our side."""
    async with at_home(TEST_NETWORK, database_url, str(tmp_path / "data")) as found:
        yield found


@pytest.fixture
async def scene(home: Home) -> Scene:
    """Three groups with doors and one without; posts in each that are not for everybody."""
    found = Scene(home)
    for name in ("ada", "ben", "otto", "pia"):
        found.people[name] = await home.member(name)
        await found.sign_in(name)
    await _groups(found)
    await _words(found)
    await _pictures(found)
    await _others(found)
    return found


async def _groups(scene: Scene) -> None:
    """`circle` may be known of; `room` not outside this server; `cellar` to nobody but who is in it."""
    home = scene.home
    scene.groups = {
        "circle": await home.group("circle", title="Evening circle", seeing="members", joining="approval"),
        "room": await home.group("room", title=f"{CANARY} room", reach="sealed", summary=f"{CANARY} summary"),
        "cellar": await home.group(
            "cellar", title=f"{CANARY} cellar", seeing="members", joining="invite", summary=f"{CANARY} about"
        ),
        "plain": await home.group("plain", title="Open house"),
    }
    for group in scene.groups.values():
        for name in ("ada", "ben"):
            await home.join(scene.people[name], group.actor)
    async with acquire(home.pool) as db:
        for group in scene.groups.values():
            await groups.add_moderator(db, group.actor.id, scene.people["ada"].id)
        await follows.ask(db, scene.people["pia"].id, scene.groups["circle"].actor.id, "urn:pia")


async def _words(scene: Scene) -> None:
    home, ada, ben = scene.home, scene.people["ada"], scene.people["ben"]
    for name, group in scene.groups.items():
        post = await _written(scene, name, reach="members")
        post = await home.edit(ada, post, f"{CANARY} later in {name}")
        scene.posts[name] = post
        scene.posts[f"answer in {name}"] = await home.reply(ben, post, f"{CANARY} answer in {name}")
        async with acquire(home.pool) as db:
            await groups.pin(db, group.actor.id, post.uri)
    scene.posts["sealed in plain"] = await _written(scene, "plain", reach="sealed")
    await _outside_of_groups(scene)
    await _held(scene)
    in_a_day = clock.now() + timedelta(days=1)
    poll = NewPoll(answers=(f"{CANARY} yes", f"{CANARY} no"), ends_after=timedelta(days=1))
    event = NewEvent(
        starts_at=in_a_day,
        ends_at=in_a_day + timedelta(hours=1),
        time_zone="UTC",
        place=f"{CANARY} place",
        join_link=f"https://{CANARY}.example/join",
    )
    for name, addition in (("poll", poll), ("event", event)):
        scene.posts[name] = await _written(scene, "circle", addition=addition)
    async with acquire(home.pool) as db, db.transaction():
        for group in scene.groups.values():
            if visibility.is_closed(group):
                page = wiki.Words(title=f"{CANARY} page", source=f"{CANARY} on the page", why=CANARY)
                await wiki.create(db, group, ada, page, clock.now())


async def _outside_of_groups(scene: Scene) -> None:
    """What ada says to those whom she lets follow her, and to ben alone."""
    ada = scene.people["ada"]
    await scene.home.pool.execute("update actors set approves_followers = true where id = $1", ada.id)
    for name, reach in (("for followers", "followers"), ("letter", "direct")):
        words = posts.Words(source=f"@ben {CANARY} {name} #{CANARY}tag", content_warning=CANARY, reach=reach)
        async with acquire(scene.home.pool) as db, db.transaction():
            scene.posts[name] = await personal_posts.write(
                db, scene.home.site, ada, words, clock.now(), policy=scene.home.policy
            )


async def _held(scene: Scene) -> None:
    """An open post that waits for a moderator, and new words of another one that wait too."""
    home, ada, plain = scene.home, scene.people["ada"], scene.groups["plain"].actor
    shown = await home.write(ada, plain, "Come in.", "Welcome")
    hold = RuleText(name="All of it", when={}, then="hold", reason=f"{CANARY} reason")
    waits = compile_policy(2, (), Document(rules=(hold,)))
    scene.posts["held"] = await _written(scene, "plain", reach="open", policy=waits)
    async with acquire(home.pool) as db, db.transaction():
        later = clock.now() + timedelta(seconds=1)
        changed = posts.Words(title=f"{CANARY} door", source=f"{CANARY} words that wait")
        await posts.edit(db, home.site, ada, shown.id, changed, later, policy=waits)
    scene.holds = [str(row["id"]) for row in await home.pool.fetch("select id from holds order by id")]
    assert len(scene.holds) == 2
    decided = (
        "select max(id) as id from decisions where group_name in ('circle', 'cellar') group by group_name"
    )
    scene.decisions = [str(row["id"]) for row in await home.pool.fetch(decided)]
    assert len(scene.decisions) == 2


async def _pictures(scene: Scene) -> None:
    """A picture beside posts that are not for everybody: what its files say is as hidden as the words."""
    home, ada = scene.home, scene.people["ada"]
    file = Sized("image/jpeg", 1, 1, f"{CANARY} in pixels".encode())
    picture = Picture(file, file, "LEHV6nWB2yk8pyo0adR*.7kCMdnj")
    for name in ("circle", "sealed in plain", "held"):
        number = new_id()
        kept = Media(
            id=number, public_id=new_public_id(), secret=new_public_id(), owner_id=ada.id, purpose="post",
            state="waiting", alt=f"{CANARY} alt",
        )  # fmt: skip
        await home.foundation.pictures.files.keep(OWN, kept.public_id, picture)
        async with acquire(home.pool) as db, db.transaction():
            await stored_media.insert(db, kept, clock.now())
            await stored_media.finish(db, number, picture, None)
            items = list(await media.attach(db, home.site, ada.id, [number]))
            await db.execute("update posts set attachments = $2 where id = $1", scene.posts[name].id, items)
        scene.pictures.append(kept.public_id)


async def _written(
    scene: Scene,
    name: str,
    reach: str = "members",
    addition: object = None,
    policy: Policy | None = None,
) -> Post:
    words = posts.Words(
        title=f"{CANARY} title in {name}",
        source=f"{CANARY} body in {name} #{CANARY}tag",
        content_warning=f"{CANARY} warning",
        reach=reach,
    )
    async with acquire(scene.home.pool) as db, db.transaction():
        group = scene.groups[name].actor
        return await posts.write(
            db,
            scene.home.site,
            scene.people["ada"],
            group,
            words,
            clock.now(),
            addition=addition,
            policy=policy or scene.home.policy,
        )


async def _others(scene: Scene) -> None:
    """Servers that ask: an unknown one, one with somebody who only asked to join, and a blocked one."""
    home = scene.home
    for name, host in (("stranger", "stranger"), ("asker", "asker"), ("blocked", "blocked")):
        remote = RemoteActor(name=name, origin=f"https://{host}.example")
        scene.remotes[name] = remote
        scene.people[name] = await home.meet(remote)
    async with acquire(home.pool) as db:
        circle = scene.groups["circle"].actor.id
        await follows.ask(db, scene.people["asker"].id, circle, "https://asker.example/follow")
        await follows.ask(db, scene.people["blocked"].id, circle, "https://blocked.example/follow")
        await follows.accept(db, scene.people["blocked"].id, circle, clock.now())
    await home.set_level("blocked.example", "blocked")
