"""A thread in a group on another server, with other servers that have more of it."""

import pytest

from fediverse_support.database import follows, gatherings
from fediverse_support.database.pool import acquire
from fediverse_support.inbox.acquaintance import Acquaintance
from fediverse_support.inbox.gathering.gatherer import Gatherer
from fediverse_support.network.documents import Documents
from fediverse_support.protocol.signatures.keys import PrivateKey

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


class Search:
    """A group on another server that somebody here is in, and a thread in it."""

    def __init__(self, world, group, ana, ben):
        self.world, self.group, self.ana, self.ben = world, group, ana, ben
        self.internet = world.internet
        self.hour = 0
        self.key = PrivateKey("http://here.localhost:1/actor#main-key", ana.key.key)

    def note(self, author, parent=None, **more):
        """A post in the group that stands at its id, with a `replies` collection that is served, too."""
        self.hour += 1
        found = author.note(
            self.group.uri,
            audience=self.group.uri,
            published=f"2026-01-{1 + self.hour // 24:02d}T{self.hour % 24:02d}:00:00Z",
            **({"inReplyTo": parent["id"]} if parent else {}),
        )
        found |= {"replies": f"{found['id']}/replies"} | more
        self.internet.documents[found["id"]] = found
        return found

    def serve(self, url, *items, type="OrderedCollection", **more):
        """A collection at `url`."""
        key = "orderedItems" if type.startswith("Ordered") else "items"
        document = {"id": url, "type": type, key: [i["id"] if "content" in i else i for i in items]} | more
        self.internet.documents[url] = document
        return url

    def context(self, *items, **more):
        """The list that the group's own server keeps of the thread."""
        owner = {"attributedTo": self.group.uri, "totalItems": len(items)}
        return self.serve(self.internet.url("hub", "/threads/1"), *items, **(owner | more))

    def outbox(self, *announced, **more):
        """What the group's own server shows of what it has passed on."""
        url = f"{self.group.uri}/outbox"
        items = [self.group.does("Announce", one) for one in announced]
        self.serve(url, **more)
        self.internet.documents[url]["orderedItems"] = items
        return url

    async def arrives(self, note):
        """The group announces a post."""
        await self.world.send(self.group, self.group.does("Announce", note["id"], to=[PUBLIC], cc=[]))
        return await self.world.post(note["id"])

    def gatherer(self, documents=None, **options):
        world = self.world
        documents = documents or Documents(world.client, self.key)
        acquaintance = Acquaintance(world.pool, world.site, documents, lambda: world.policy, world.clock)
        return Gatherer(
            world.pool, world.site, documents, acquaintance, lambda: world.policy,
            pause=0, now=world.clock, **options,
        )  # fmt: skip

    async def ask(self, root, **more):
        async with acquire(self.world.pool) as db:
            now = self.world.clock()
            return await gatherings.ask(db, [root["id"]], now, due_at=now, not_since=now, **more)

    async def gather(self, note, **options):
        """Look for the rest of the thread that `note` begins; how it stands then."""
        root = await self.world.post(note["id"])
        assert root is not None
        await self.ask(root)
        return await self.gatherer(**options).step(root_id=root["root_id"])

    async def tree(self):
        """Each post with what it is stored below, and the thread that it is in."""
        rows = await self.world.rows(
            """
            select p.uri, q.uri as parent, r.uri as root from posts p
              join posts r on r.id = p.root_id left join posts q on q.id = p.parent_id
            """
        )
        return {row["uri"]: (row["parent"], row["root"]) for row in rows}

    def asked(self, note_or_url):
        url = note_or_url if isinstance(note_or_url, str) else note_or_url["id"]
        return self.internet.asked.count(url)


@pytest.fixture
async def search(world):
    """The thread is in a group at hub, by people at peer and other."""
    world.client.now = world.clock
    group = await world.known("sober", "hub", type="Group")
    mira = await world.member()
    async with acquire(world.pool) as db:
        await follows.ask(db, mira.id, group.actor.id, f"{mira.uri}#joins")
        await follows.accept(db, mira.id, group.actor.id, world.clock())
    return Search(world, group, await world.known("ana", "peer"), await world.known("ben", "other"))
