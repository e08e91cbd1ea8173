"""Akkoma and Pleroma: emoji reactions as their own verb, `actor` on objects, `context` that is no address."""

from tests.compatibility.checks import TEXT, Checks
from tests.compatibility.peers import Peer, moment, of_type
from tests.support.remote import PUBLIC


class Akkoma(Peer):
    """A Follow with a state, posts with their actor, edits with what was said before."""

    software, version, takes = "akkoma", "3.15.0", "object"
    post_path = "/objects/"
    reports_by_server = False

    def follow(self, street):
        return super().follow(street) | {"state": "pending", "to": [street.group.actor.uri], "cc": []}

    def note(self, street, text, sender=None):
        note = super().note(street, text, sender)
        return note | {
            "actor": note["attributedTo"],
            "context": "tag:neighbour.localhost,2026:objectId=1:objectType=Conversation",
            "source": {"content": f"@sober {text}", "mediaType": "text/plain"},
            "summary": "",
            "sensitive": False,
            "emoji": {},
        }

    def edit(self, street, create, text):
        update = super().edit(street, create, text)
        former = {name: create["object"][name] for name in ("content", "published", "type")}
        update["object"]["formerRepresentations"] = {
            "type": "OrderedCollection", "totalItems": 1, "orderedItems": [former | {"updated": moment()}],
        }  # fmt: skip
        return update

    def delete(self, street, create):
        return self.activity(street, "Delete", create["object"]["id"], to=[PUBLIC], cc=[])

    def report(self, street, post, author):
        return super().report(street, post, author) | {"cc": [author.uri], "context": "tag:none"}


class TestAkkoma(Checks):
    """All of the common checks, and what is special."""

    peer = Akkoma()

    async def test_an_emoji_reaction_is_kept_as_the_emoji(self, street):
        await self.joined(street)
        post = await street.home.write(street.ours, street.group.actor, TEXT)
        await street.send(self.peer.activity(street, "EmojiReact", post.uri, content="🫂"))
        assert await street.home.pool.fetchval("select kind from reactions") == "🫂"

    async def test_a_boost_has_both_to_and_cc(self, street):
        await self.joined(street)
        await street.home.write(street.ours, street.group.actor, TEXT)
        (announce,) = of_type(await street.arrived(), "Announce")
        assert announce["to"]
        assert announce["cc"]
