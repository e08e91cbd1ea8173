"""NodeBB: categories that follow, numbers where ids belong, ids that it fetches to believe them."""

from urllib.parse import urlsplit

from tests.compatibility.checks import TEXT, Checks
from tests.compatibility.peers import Peer, of_type


class NodeBB(Peer):
    """Topics are Articles with a teaser; ids of activities have fragments."""

    software, version, takes = "nodebb", "4.15.1", "activity"
    person_path, key_part, post_path = "/uid/", "#key", "/post/"

    def note(self, street, text, sender=None):
        note = super().note(street, text, sender)
        return note | {
            "type": "Article",
            "name": text,
            "summary": text,
            "content": f"<p>{text} And more of it.</p>",
            "preview": {"type": "Note", "content": text},
            "context": f"{street.server.origin}/topic/1",
            "audience": street.group.actor.uri,
        }

    def reply(self, street, parent, text):
        create = super().reply(street, parent, text)
        note = create["object"] | {"type": "Note", "content": f"<p>{text}</p>"}
        for name in ("name", "summary", "preview"):
            del note[name]
        return create | {"object": note}

    def _create(self, street, note, sender=None):
        create = super()._create(street, note, sender)
        return create | {"id": f"{note['id']}#activity/create"}

    def like(self, street, uri):
        return super().like(street, uri) | {"cc": [2], "to": [2, street.ours.uri]}

    def report(self, street, post, author):
        return self.activity(street, "Flag", [post.uri, author.uri], content="This worries me.")


class TestNodeBB(Checks):
    """All of the common checks, and what is special."""

    peer = NodeBB()

    async def test_the_same_topic_announced_twice_is_one_thread(self, street):
        club = street.server.actor("club", "Group")
        await street.home.meet(club)
        uri = await street.home.ask_elsewhere(street.ours, club)
        await street.send(
            club.activity(
                "Accept", {"type": "Follow", "id": uri, "actor": street.ours.uri, "object": club.uri}
            ),
            club,
        )
        create = self.peer.post(street, TEXT)
        for inner in (create["object"], create):
            announce = club.activity(
                "Announce",
                inner,
                to=[f"{club.uri}/followers"],
                cc=[street.theirs.uri, "https://www.w3.org/ns/activitystreams#Public"],
            )
            await street.send(announce, club)
        assert await street.home.pool.fetchval("select count(*) from posts") == 1

    async def test_what_it_takes_from_us_it_can_fetch_by_its_id(self, street):
        await self.joined(street)
        await street.home.write(street.ours, street.group.actor, TEXT)
        (announce,) = of_type(await street.arrived(), "Announce")
        for uri in (announce["object"]["id"], announce["object"]["object"]["id"]):
            assert (await street.home.get(urlsplit(uri).path)).json()["id"] == uri

    async def test_a_category_that_follows_is_let_in_like_a_person(self, street):
        category = street.server.actor("general", "Group")
        follow = category.activity("Follow", street.group.actor.uri)
        assert await street.send(follow, category) == ("done", "Let in.")
        (accept,) = of_type(await street.arrived(), "Accept")
        assert accept["object"]["id"] == follow["id"]
