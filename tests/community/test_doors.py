"""The table of doors: every answer to the four questions, every reach, every viewer, every way to read.

What may be read is told here in a list of who reads what (`READERS`), and not in the words of the program.
"""

import itertools
from datetime import UTC, datetime

import pytest

from fediverse_support.community import visibility
from fediverse_support.community.posts import posts
from fediverse_support.community.reading import threads
from fediverse_support.core import clock
from fediverse_support.core.errors import Missing
from fediverse_support.core.models import GUEST, REACHES, Account, Viewer
from fediverse_support.database import groups as stored
from fediverse_support.database import threads as reading
from fediverse_support.database.pool import acquire
from tests.support.remote import RemoteActor

ORIGIN = "http://garden.localhost:8000"
NOWHERE = f"/posts/{'0' * 32}"

EVERYBODY = {"guest", "stranger", "pending", "staff", "author", "member", "moderator", "micro", "far", "near"}
INSIDE = {"author", "member", "moderator"}
READERS = {"open": EVERYBODY, "quiet": EVERYBODY, "members": INSIDE | {"near"}, "sealed": INSIDE}
"""Who reads a live post of this reach. `near` is a server with a member; `far` one without; `micro` one whose
follower was let in, but whose software would show to others what members say."""

SERVERS = {"near": "members.example", "far": "other.example", "micro": "micro.example"}
JOINING = ("open", "approval", "invite")
SPEAKING = ("everyone", "members", "moderators")


def widest(seeing, reach):
    """How far a post in such a group goes at most."""
    return "members" if seeing == "members" and reach in ("open", "quiet") else reach


def knows(viewer, joining, seeing, reach):
    """Who learns on this community's pages that there is such a group."""
    if viewer in INSIDE | {"staff"}:
        return True
    if joining == "invite" and (seeing == "members" or reach in ("members", "sealed")):
        return False
    return reach != "sealed" or viewer in ("stranger", "pending")


def account(actor, role="member"):
    return Account(
        id=actor.id, actor_id=actor.id, name=actor.name, display_name="", email=None, role=role,
        state="active", created_at=datetime.now(UTC),
    )  # fmt: skip


class Table:
    """Nine groups that differ in who joins and who speaks, with a post of each reach that they allow."""

    def __init__(self, home, people, groups):
        self.home, self.people, self.groups = home, people, groups
        self.written = {}
        """(group, reach of the post) -> (the thread's start, an answer to it)."""
        self.signers = {}

    def viewers(self):
        """Those who look at pages here, and servers as the database sees them."""
        ids = tuple(group.actor.id for group in self.groups)
        who = self.people
        seen = {
            "guest": GUEST,
            "stranger": Viewer(actor_id=who["stranger"].id, account=account(who["stranger"])),
            "pending": Viewer(actor_id=who["pending"].id, account=account(who["pending"])),
            "staff": Viewer(actor_id=who["staff"].id, account=account(who["staff"], "admin")),
            "far": Viewer(server=SERVERS["far"]),
            "near": Viewer(server=SERVERS["near"], member_of=ids),
        }
        for name in ("author", "member"):
            seen[name] = Viewer(actor_id=who[name].id, account=account(who[name]), member_of=ids)
        moderator = who["moderator"]
        seen["moderator"] = Viewer(actor_id=moderator.id, account=account(moderator), moderates=ids)
        return seen

    async def get(self, asker, path):
        """A GET for ActivityStreams, signed by the actor of a server unless a guest asks."""
        signed = self.signers[asker].sign_get(ORIGIN + path) if asker in self.signers else {}
        return await self.home.client.get(path, headers={"accept": "application/activity+json", **signed})


@pytest.fixture(params=list(itertools.product(("everyone", "members"), REACHES)), ids="-".join)
async def table(request, home):
    seeing, reach = request.param
    names = ("author", "member", "moderator", "stranger", "pending", "staff")
    people = {name: await home.member(name) for name in names}
    groups = [
        await home.group(
            f"g_{joining}_{speaking}", joining=joining, seeing=seeing, speaking=speaking, reach=reach
        )
        for joining, speaking in itertools.product(JOINING, SPEAKING)
    ]
    found = Table(home, people, groups)
    remote = {}
    for name, host in SERVERS.items():
        found.signers[name] = RemoteActor("instance", f"https://{host}", "Application")
        await home.meet(found.signers[name])
        remote[name] = await home.meet(RemoteActor("rosa", f"https://{host}"))
        software = "mastodon" if name == "micro" else "fediverse-support"
        await home.pool.execute("insert into hosts (name, software) values ($1, $2)", host, software)
    states = [(people[name], "accepted") for name in ("author", "member")]
    states += [(people["pending"], "pending"), (remote["near"], "accepted"), (remote["micro"], "accepted")]
    async with acquire(home.pool) as db:
        for group in groups:
            for name in ("author", "moderator"):
                await stored.add_moderator(db, group.actor.id, people[name].id)
            for who, state in states:
                await db.execute(
                    """
                    insert into follows (follower_id, followed_id, state, activity_uris)
                    values ($1, $2, $3, '{x}')
                    """,
                    who.id,
                    group.actor.id,
                    state,
                )
    for group in groups:
        for asked in REACHES[: REACHES.index(widest(seeing, reach)) + 1]:
            found.written[group.actor.id, asked] = await write(home, people["author"], group, asked)
    found.answers = (seeing, reach)
    return found


async def write(home, author, group, asked):
    """A pinned thread of this reach with one answer; and one without, so that it waits for an answer."""
    viewer = Viewer(actor_id=author.id, member_of=(group.actor.id,))
    words = posts.Words(source="canary", title="canary", reach=asked)
    async with acquire(home.pool) as db, db.transaction():
        start = await posts.write(db, home.site, author, group.actor, words, clock.now(), policy=home.policy)
        answer = await posts.reply(
            db, home.site, author, viewer, start.id, words, clock.now(), policy=home.policy
        )
        await stored.pin(db, group.actor.id, start.uri)
    assert (start.reach, answer.reach) == (asked, asked)
    return start, answer


async def sees(db, viewer, public_id):
    try:
        await threads.visible_post(db, viewer, public_id)
    except Missing:
        return False
    return True


UNACQUAINTED = {"guest", "far", "micro"}
"""Neither people here nor servers that keep what members say: no list of theirs names what is quiet."""


def is_listed(who, asked, group_reach):
    """Whether a list names a post of this reach in a group of that."""
    is_named = asked != "quiet" or group_reach == "quiet" or who not in UNACQUAINTED
    return who in READERS[asked] and is_named


async def test_each_viewer_reads_on_pages_what_the_table_says(table):
    learns_of_groups(table)
    starts = {start.id: start for start, _ in table.written.values()}
    author = table.people["author"]
    for name, viewer in table.viewers().items():
        allowed = {start.id for start in starts.values() if name in READERS[start.reach]}
        reach = table.answers[1]
        named = {start.id for start in starts.values() if is_listed(name, start.reach, reach)}
        follows = name in ("author", "member")
        async with acquire(table.home.pool) as db:
            listed = set()
            for group in table.groups:
                page = await threads.of_group(db, viewer, group.actor)
                listed |= {shown.post.id for shown in page.threads}
                assert all(shown.answers == 1 for shown in page.threads)
            assert listed == named, name
            written = await reading.of_author(db, viewer, author.id, 1_000)
            assert {shown.post.id for shown in written if shown.post.is_root} == named, name
            waiting = await reading.unanswered(db, viewer, 1_000)
            # Nobody is asked to answer themselves.
            assert {shown.post.id for shown in waiting} == (set() if name == "author" else allowed), name
            if viewer.actor_id is not None:
                news = await reading.with_news_for(db, viewer, viewer.actor_id, 1_000)
                assert {shown.post.id for shown in news} == (allowed if follows else set()), name
            for start, answer in table.written.values():
                seen = start.id in allowed
                context = (name, start.reach)
                assert await sees(db, viewer, start.public_id) == seen, context
                assert await sees(db, viewer, answer.public_id) == seen, context
                assert len(await reading.whole(db, viewer, start.id, 10)) == 2 * seen, context
                assert len(await reading.uris_of_thread(db, viewer, start.id, 10)) == 2 * seen, context
                assert len(await reading.uris_of_replies(db, viewer, start.id, 10)) == seen, context
                assert await reading.total_of_thread(db, viewer, start.id) == 2 * seen, context


def learns_of_groups(table):
    """Assert who may know that there are these groups."""
    seeing, reach = table.answers
    for group in table.groups:
        for name, viewer in table.viewers().items():
            if name in SERVERS:
                continue
            known = knows(name, group.joining, seeing, reach)
            assert visibility.may_know(viewer, group) == known, (name, group.joining)
            assert visibility.may_know(viewer, group, is_invited=True)
            assert visibility.is_listed(viewer, group) == (
                known and (group.reach != "quiet" or name != "guest")
            )


async def test_each_server_reads_what_the_table_says(table):
    for asker in ("guest", *SERVERS):
        await fetches(table, asker)
        await finds_in_collections(table, asker)


async def fetches(table, asker):
    """Assert that this server gets each post, answer, collection and activity, or what never was."""
    missing = await table.get(asker, NOWHERE)
    assert missing.status_code == 404
    rows = await table.home.pool.fetch("select uri, object_uri, type from activities")
    for start, answer in table.written.values():
        allowed = asker in READERS[start.reach]
        said = [row["uri"] for row in rows if row["object_uri"] in (start.uri, answer.uri)]
        assert bool(said) == (start.reach != "sealed"), "what is sealed is in no activity at all"
        paths = [f"/posts/{post.public_id}{part}" for post in (start, answer) for part in ("", "/replies")]
        paths += [f"/posts/{start.public_id}/context", *(uri.removeprefix(ORIGIN) for uri in said)]
        for path in paths:
            found = await table.get(asker, path)
            context = (asker, start.reach, path)
            if allowed:
                assert found.status_code == 200, context
            else:
                assert (found.content, found.headers.raw) == (missing.content, missing.headers.raw), context


async def finds_in_collections(table, asker):
    """Assert what this server learns of each group, and what its collections list for it."""
    seeing, reach = table.answers
    missing = await table.get(asker, NOWHERE)
    for group in table.groups:
        at = f"/groups/{group.actor.name}"
        finger = f"/.well-known/webfinger?resource=acct:{group.actor.name}@garden.localhost:8000"
        parts = ("", "/outbox", "/outbox/newest", "/featured", "/moderators", "/followers")
        closed = seeing == "members" or reach == "members"
        is_hidden = closed and group.joining == "invite"
        if reach == "sealed" or (is_hidden and asker != "near"):
            for path in (*(at + part for part in parts), f"{at}/followers_synchronization"):
                found = await table.get(asker, path)
                assert (found.content, found.headers.raw) == (missing.content, missing.headers.raw), path
            assert (await table.get(asker, finger)).status_code == 404
            continue
        found = {part: (await table.get(asker, at + part)).json() for part in parts}
        document = found[""]
        assert document["manuallyApprovesFollowers"] == closed
        assert document["discoverable"] == (reach == "open" and seeing == "everyone")
        assert document["postingRestrictedToMods"] == (group.speaking == "moderators")
        assert (await table.get(asker, finger)).status_code == (404 if is_hidden else 200)
        own = [pair for (number, _), pair in table.written.items() if number == group.actor.id]
        shown = {start.uri for start, _ in own if is_listed(asker, start.reach, reach)}
        assert {item["id"] for item in found["/featured"]["orderedItems"]} == shown
        for part in ("/outbox", "/outbox/newest"):
            notes = [item["object"]["object"] for item in found[part]["orderedItems"]]
            assert {note["id"] for note in notes} == shown, (asker, part)
        assert found["/outbox"]["totalItems"] == len(shown)
        assert ("totalItems" in found["/followers"]) == (not closed or asker == "near")
        answer = await table.get(asker, f"{at}/followers?is_follower=https://members.example/users/rosa")
        assert answer.status_code == (400 if not closed else 200 if asker == "near" else 404)
        answer = await table.get(asker, f"{at}/followers_synchronization")
        assert answer.status_code == (200 if asker == "near" else 404)
    mine = (await table.get(asker, "/people/author/outbox")).json()
    assert mine["totalItems"] == sum(
        2 for _, asked in table.written if is_listed(asker, asked, table.answers[1])
    )
