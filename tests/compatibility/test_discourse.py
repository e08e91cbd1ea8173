"""Discourse: categories as actors; it takes both kinds of Announce and forgets follows that fail."""

from tests.compatibility.checks import TEXT, Checks
from tests.compatibility.peers import Peer, of_type
from tests.support.remote import PUBLIC


class Discourse(Peer):
    """Ids under `/ap/`, an `audience` of category followers, no reports of its own."""

    software, version, takes = "discourse", "3.5.0", "activity"
    person_path, post_path = "/ap/actor/", "/ap/object/"

    def note(self, street, text, sender=None):
        return super().note(street, text, sender) | {
            "audience": f"{street.server.origin}/ap/actor/category/followers",
            "name": text,
            "content": f"<p>{text} At length.</p>",
            "url": f"{street.server.origin}/t/1",
        }

    def reply(self, street, parent, text):
        create = super().reply(street, parent, text)
        note = create["object"] | {"content": f"<p>{text}</p>"}
        del note["name"]
        return create | {"object": note}


class TestDiscourse(Checks):
    """All of the common checks, and what is special."""

    peer = Discourse()

    async def test_what_we_announce_is_public(self, street):
        await self.joined(street)
        await street.home.write(street.ours, street.group.actor, TEXT)
        (announce,) = of_type(await street.arrived(), "Announce")
        assert PUBLIC in announce["to"]

    async def test_a_category_joins_and_leaves_like_a_person(self, street):
        category = street.server.actor("category", "Group")
        follow = category.activity("Follow", street.group.actor.uri)
        await street.send(follow, category)
        (accept,) = of_type(await street.arrived(), "Accept")
        assert accept["object"]["id"] == follow["id"], "the id that it stored, or the follow is dropped"
        await street.send(category.activity("Undo", follow), category)
        assert await street.home.pool.fetchval("select count(*) from follows") == 1
