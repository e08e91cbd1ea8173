"""Lemmy: everything goes through the group, wrapped; `to` and `cc` on everything; moderators anywhere."""

from tests.compatibility.checks import TEXT, Checks
from tests.compatibility.peers import Peer, moment, of_type
from tests.support.remote import PUBLIC


class Threadiverse(Peer):
    """What Lemmy, PieFed and Mbin share: Pages and Notes addressed to the group, with `audience`."""

    takes = "activity"
    person_path = "/u/"
    post_path = "/post/"
    bans_from_groups = True

    def follow(self, street):
        return super().follow(street) | {"to": [street.group.actor.uri]}

    def leave(self, street, follow):
        return super().leave(street, follow) | {"to": [street.group.actor.uri]}

    def note(self, street, text, sender=None):
        group = street.group.actor.uri
        return {
            "id": self.id(street, "post"),
            "type": "Page",
            "attributedTo": (sender or street.theirs).uri,
            "to": [group, PUBLIC],
            "cc": [],
            "audience": group,
            "name": text,
            "content": f"<p>{text} And long.</p>",
            "mediaType": "text/html",
            "source": {"content": f"{text} And long.", "mediaType": "text/markdown"},
            "attachment": [],
            "sensitive": False,
            "language": {"identifier": "en", "name": "English"},
            "published": moment(),
            "tag": [],
        }

    def reply(self, street, parent, text):
        group = street.group.actor.uri
        note = self.note(street, text) | {
            "id": self.id(street, "comment"),
            "type": "Note",
            "content": f"<p>{text}</p>",
            "to": [PUBLIC],
            "cc": [group, street.ours.uri],
            "inReplyTo": parent.uri,
            "distinguished": False,
            "tag": [{"type": "Mention", "href": street.ours.uri, "name": f"@{street.ours.handle}"}],
        }
        del note["name"], note["attachment"]
        return self._create(street, note)

    def _create(self, street, note, sender=None):
        group = street.group.actor.uri
        return super()._create(street, note, sender) | {"cc": [group], "audience": group}

    def like(self, street, uri):
        return super().like(street, uri) | {"audience": street.group.actor.uri}

    def edit(self, street, create, text):
        return super().edit(street, create, text) | {"cc": [street.group.actor.uri]}

    def delete(self, street, create):
        group = street.group.actor.uri
        uri = create["object"]["id"]
        return self.activity(street, "Delete", uri, to=[PUBLIC], cc=[group], audience=group)

    def report(self, street, post, author):
        group = street.group.actor.uri
        return self.activity(street, "Flag", post.uri, to=[group], audience=group, summary="This worries me.")

    def check_actor(self, group):
        assert group["attributedTo"] == f"{group['id']}/moderators" == group["moderators"]
        assert group["postingRestrictedToMods"] is False
        assert group["featured"] == f"{group['id']}/featured"
        assert group["publicKey"]["id"].startswith(group["id"] + "#")

    def check_post(self, note):
        assert PUBLIC in note["to"]
        assert note["audience"] in note["to"], "Lemmy wants the group on the object as well"


class Lemmy(Threadiverse):
    """An Undo embeds its Follow under an id that nobody has seen."""

    software, version = "lemmy", "1.0.0"

    def leave(self, street, follow):
        undo = super().leave(street, follow)
        return undo | {"object": undo["object"] | {"id": self.id(street, "activities/follow")}}


class TestLemmy(Checks):
    """All of the common checks, and what is special."""

    peer = Lemmy()

    async def test_a_moderator_there_takes_a_post_down_and_brings_it_back(self, street):
        await self.joined(street)
        post = await street.home.write(street.ours, street.group.actor, TEXT)
        group = street.group.actor.uri
        addressed = {"to": [PUBLIC], "cc": [group], "audience": group}
        delete = self.peer.activity(street, "Delete", post.uri, summary="off topic", **addressed)
        assert (await street.send(delete))[0] == "refused"
        await street.home.moderator(street.group, street.theirs)
        delete = delete | {"id": self.peer.id(street, "activities")}
        assert (await street.send(delete))[0] == "done"
        assert (await street.post_of(post.uri))["state"] == "hidden"
        undo = self.peer.activity(street, "Undo", delete, **addressed)
        assert (await street.send(undo))[0] == "done"
        assert (await street.post_of(post.uri))["state"] == "live"

    async def test_a_moderator_there_locks_and_opens_a_thread(self, street):
        await self.joined(street)
        post = await street.home.write(street.ours, street.group.actor, TEXT)
        group = street.group.actor.uri
        addressed = {"to": [group, PUBLIC], "cc": [group], "audience": group}
        await street.home.moderator(street.group, street.theirs)
        lock = self.peer.activity(street, "Lock", post.uri, summary="to rest", **addressed)
        assert (await street.send(lock))[0] == "done"
        assert (await street.send(self.peer.reply(street, post, "One more.")))[0] == "done", "moderators may"
        assert (await street.post_of(post.uri))["locked_at"] is not None
        assert len(of_type(await street.arrived(), "Announce", "Lock")) == 1
        await street.send(self.peer.activity(street, "Undo", lock, **addressed))
        assert (await street.post_of(post.uri))["locked_at"] is None

    async def test_a_moderator_there_pins_and_unpins(self, street):
        await self.joined(street)
        post = await street.home.write(street.ours, street.group.actor, TEXT)
        group = street.group.actor.uri
        target = {"target": f"{group}/featured", "to": [PUBLIC], "cc": [group], "audience": group}
        await street.home.moderator(street.group, street.theirs)
        await street.send(self.peer.activity(street, "Add", post.uri, **target))
        featured = (await street.home.get("/groups/sober/featured")).json()
        assert [item["id"] for item in featured["orderedItems"]] == [post.uri], "embedded, as Lemmy wants it"
        assert featured["totalItems"] == 1
        await street.send(self.peer.activity(street, "Remove", post.uri, **target))
        assert (await street.home.get("/groups/sober/featured")).json()["totalItems"] == 0

    async def test_the_moderators_are_a_collection_of_ids(self, street):
        await self.joined(street)
        await street.home.moderator(street.group, street.theirs)
        found = (await street.home.get("/groups/sober/moderators")).json()
        assert (found["type"], found["orderedItems"]) == ("OrderedCollection", [street.theirs.uri])
        followers = (await street.home.get("/groups/sober/followers")).json()
        assert "orderedItems" not in followers
        assert not followers.get("items")
