"""Mobilizon: events and articles of groups, whose author and actor are two."""

from tests.compatibility.checks import TEXT, Checks
from tests.compatibility.peers import Peer, of_type
from tests.support.remote import PUBLIC


class Mobilizon(Peer):
    """People at `/@name`, comments as Notes, reports by the relay of the server."""

    software, version, takes = "mobilizon", "5.1.0", "object"
    person_path, post_path = "/@", "/comments/"
    reports_by_server = True

    def follow(self, street):
        return super().follow(street) | {"to": [street.group.actor.uri], "cc": [PUBLIC]}

    def note(self, street, text, sender=None):
        note = super().note(street, text, sender)
        return note | {"actor": note["attributedTo"], "uuid": "6d7bb8fc-0c3c-4d53-9f3c-3f0a5b6f8f51"}

    def report(self, street, post, author):
        return self.activity(
            street, "Flag", [author.uri, post.uri], content="This worries me.", to=[author.uri]
        )


class TestMobilizon(Checks):
    """All of the common checks, and what is special."""

    peer = Mobilizon()

    async def test_an_event_for_the_group_becomes_a_thread(self, street):
        await self.joined(street)
        event = self.peer.note(street, TEXT) | {
            "type": "Event",
            "name": "Evening walk",
            "startTime": "2099-05-01T18:00:00Z",
            "endTime": "2099-05-01T20:00:00Z",
            "joinMode": "free",
        }
        create = self.peer._create(street, event)
        assert (await street.send(create))[0] == "done"
        post = await street.post_of(event["id"])
        assert (post["type"], post["title"]) == ("Event", "Evening walk")

    async def test_our_boost_names_the_post_by_its_id(self, street):
        await self.joined(street)
        post = await street.home.write(street.ours, street.group.actor, TEXT)
        (announce,) = of_type(await street.arrived(), "Announce")
        assert announce["object"] == post.uri
        assert announce["published"]
