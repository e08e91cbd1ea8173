"""Smithereen: walls with a target, groups that ban as themselves, ids checked to the letter."""

from tests.compatibility.checks import TEXT, Checks
from tests.compatibility.peers import Peer


class Smithereen(Peer):
    """A post on a wall names the wall; it follows us by Follow, because we declare no Joins."""

    software, version, takes = "smithereen", "0.12", "object"
    bans_from_groups = False

    def note(self, street, text, sender=None):
        group = street.group.actor.uri
        note = super().note(street, text, sender)
        wall = {"type": "Collection", "id": f"{group}/wall", "attributedTo": group}
        return note | {"target": wall, "cc": [group], "sensitive": False}

    def delete(self, street, create):
        return self.activity(street, "Delete", create["object"]["id"], to=["as:Public"])

    def check_actor(self, group):
        assert "capabilities" not in group, "declared, it would send Joins that we do not need"


class TestSmithereen(Checks):
    """All of the common checks, and what is special."""

    peer = Smithereen()

    async def test_a_group_there_bans_as_itself_and_our_member_is_kept_from_writing_there(self, street):
        club = street.server.actor("club", "Group")
        await street.home.meet(club)
        block = club.activity("Block", street.ours.uri)
        assert (await street.send(block, club))[0] == "done"
        assert await street.home.pool.fetchval("select count(*) from blocks") == 1
        undo = club.activity("Undo", block)
        assert (await street.send(undo, club))[0] == "done"
        assert await street.home.pool.fetchval("select count(*) from blocks") == 0

    async def test_an_undone_acceptance_ends_the_membership_of_ours(self, street):
        club = street.server.actor("club", "Group")
        await street.home.meet(club)
        uri = await street.home.ask_elsewhere(street.ours, club)
        follow = {"type": "Follow", "id": uri, "actor": street.ours.uri, "object": club.uri}
        accept = club.activity("Accept", follow)
        await street.send(accept, club)
        state, _ = await street.send(club.activity("Undo", accept), club)
        assert state == "done"
        count = "select count(*) from follows where follower_id = $1 and followed_id <> $2"
        assert await street.home.pool.fetchval(count, street.ours.id, street.group.actor.id) == 0

    async def test_a_wall_post_is_taken_as_a_post_of_the_group(self, street):
        await self.joined(street)
        create = self.peer.post(street, TEXT)
        assert (await street.send(create))[0] == "done"
        assert (await street.post_of(create["object"]["id"]))["group_id"] == street.group.actor.id
