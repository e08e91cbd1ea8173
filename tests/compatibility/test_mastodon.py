"""Mastodon and its forks: boosts of thread starts, everything else by the thread."""

from tests.compatibility.checks import TEXT, Checks
from tests.compatibility.peers import Peer, of_type
from tests.support.remote import PUBLIC


class Mastodon(Peer):
    """Ids of activities that nobody can fetch, the group's followers in `cc`, reports by `/actor`."""

    software, version, takes = "mastodon", "4.5.0", "object"
    post_path = "/users/alice/statuses/"
    reports_by_server = True

    def actor_fields(self, server, actor):
        return {
            "manuallyApprovesFollowers": False,
            "discoverable": True,
            "featured": f"{actor.uri}/collections/featured",
            "attachment": [{"type": "PropertyValue", "name": "Pronouns", "value": "they"}],
        }

    def note(self, street, text, sender=None):
        note = super().note(street, text, sender)
        group = street.group.actor
        return note | {
            "cc": [*note["cc"], group.followers_url],
            "summary": None,
            "sensitive": False,
            "url": note["id"].replace("/users/", "/@"),
            "conversation": f"tag:neighbour.localhost,2026:objectId={len(text)}:objectType=Conversation",
            "contentMap": {"en": note["content"]},
            "attachment": [],
            "replies": {"id": f"{note['id']}/replies", "type": "Collection"},
        }

    def delete(self, street, create):
        return super().delete(street, create) | {
            "signature": {
                "type": "RsaSignature2017",
                "creator": street.theirs.key.key_id,
                "signatureValue": "AA==",
            }
        }

    def check_post(self, note):
        assert note["contentMap"] if note.get("language") else True
        assert note["interactionPolicy"]["canQuote"] == {"automaticApproval": [note["attributedTo"]]}
        assert note["content"].startswith("<p><strong>"), "it shows no name, so the title is in the text"


class TestMastodon(Checks):
    """All of the common checks, and what is special."""

    peer = Mastodon()

    async def test_a_warning_stays_a_warning(self, street):
        await self.joined(street)
        create = self.peer.post(street, TEXT, summary="about drink", sensitive=True)
        await street.send(create)
        assert (await street.post_of(create["object"]["id"]))["content_warning"] == "about drink"

    async def test_a_post_for_followers_only_never_becomes_a_post_of_the_group(self, street):
        await self.joined(street)
        group = street.group.actor
        private = {"to": [f"{street.theirs.uri}/followers"], "cc": [group.uri, group.followers_url]}
        create = self.peer.post(street, TEXT, **private)
        state, _ = await street.send(create | private)
        assert state == "refused"
        assert await street.post_of(create["object"]["id"]) is None
        assert of_type(await street.arrived(), "Announce") == []

    async def test_an_unlisted_post_stays_quiet(self, street):
        await self.joined(street)
        quiet = {"to": [f"{street.theirs.uri}/followers"], "cc": [PUBLIC, street.group.actor.uri]}
        create = self.peer.post(street, TEXT, **quiet)
        await street.send(create | quiet)
        assert (await street.post_of(create["object"]["id"]))["reach"] == "quiet"

    async def test_a_suspension_there_ends_what_one_of_ours_followed(self, street):
        await street.home.meet(street.theirs)
        follow = await street.home.ask_elsewhere(street.ours, street.theirs)
        reject = self.peer.activity(
            street,
            "Reject",
            {"type": "Follow", "id": follow, "actor": street.ours.uri, "object": street.theirs.uri},
        )
        assert (await street.send(reject))[0] == "done"
        count = "select count(*) from follows where follower_id = $1 and followed_id <> $2"
        assert await street.home.pool.fetchval(count, street.ours.id, street.group.actor.id) == 0
