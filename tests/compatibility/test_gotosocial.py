"""GoToSocial: no shared inbox, bare values where others have lists, a signature on every GET."""

from tests.compatibility.checks import TEXT, Checks
from tests.compatibility.peers import Peer


class GoToSocial(Peer):
    """Everything addressed by one value alone when there is one, and an id like `…#Create`."""

    software, version, takes = "gotosocial", "0.20.0", "object"
    has_shared_inbox = False
    key_part = "/main-key"
    post_path = "/users/alice/statuses/"
    reports_by_server = True

    def follow(self, street):
        return super().follow(street) | {"to": street.group.actor.uri}

    def note(self, street, text, sender=None):
        note = super().note(street, text, sender)
        return note | {
            "to": "as:Public",
            "cc": [f"{(sender or street.theirs).uri}/followers", street.group.actor.uri],
            "tag": note["tag"][0],
            "interactionPolicy": {"canReply": {"always": "as:Public", "approvalRequired": []}},
            "contentMap": {"en": note["content"]},
            "attachment": [],
        }

    def _create(self, street, note, sender=None):
        create = super()._create(street, note, sender)
        return create | {"id": f"{note['id']}/activity#Create"}

    def delete(self, street, create):
        return self.activity(street, "Delete", create["object"]["id"], to="as:Public")

    def check_post(self, note):
        assert note.get("updated", note["published"]) >= note["published"], "else it is malformed"


class TestGoToSocial(Checks):
    """All of the common checks, and what is special."""

    peer = GoToSocial()

    async def test_each_follower_is_written_to_at_their_own_inbox(self, street):
        await self.joined(street)
        await street.home.write(street.ours, street.group.actor, TEXT)
        assert {letter.target for letter in await street.arrived()} == {"/users/alice/inbox"}

    async def test_a_key_in_a_document_of_its_own_is_found(self, street):
        """The id of its key is a path, which answers with a stub of the actor."""
        actor = street.theirs
        stub = {name: actor.document()[name] for name in ("id", "type", "preferredUsername", "publicKey")}
        street.server.serve(stub, f"{actor.uri}/main-key")
        await self.joined(street)
        assert await street.home.pool.fetchval("select count(*) from follows where state = 'accepted'") == 2
