"""PieFed: the threadiverse with nulls, strict headers, batches and votes of its own."""

from tests.compatibility.checks import TEXT, Checks
from tests.compatibility.peers import of_type
from tests.compatibility.test_lemmy import Threadiverse
from tests.support.remote import PUBLIC


class PieFed(Threadiverse):
    """`to: null` inside of what it embeds; times with microseconds and an offset; no addresses on votes."""

    software, version = "piefed", "1.6.27"

    def leave(self, street, follow):
        undo = super().leave(street, follow)
        return undo | {"object": undo["object"] | {"to": None}}

    def note(self, street, text, sender=None):
        page = super().note(street, text, sender)
        published = page["published"].replace("Z", ".123456+00:00")
        return page | {"published": published, "to": [street.group.actor.uri, PUBLIC], "image": None}

    def edit(self, street, create, text):
        update = super().edit(street, create, text)
        update["object"]["updated"] = update["object"]["updated"].replace("Z", ".5+00:00")
        return update

    def like(self, street, uri):
        like = super().like(street, uri)
        del like["audience"]
        return like | {"content": "❤️"}

    def ban(self, street, person):
        block = super().ban(street, person)
        return block | {"expires": block["endTime"]}

    def check_actor(self, group):
        super().check_actor(group)
        assert group["endpoints"]["sharedInbox"]
        assert "source" not in group or group["source"] is not None

    def check_post(self, note):
        super().check_post(note)
        assert note["attributedTo"] == note["attributedTo"].lower()


class TestPieFed(Checks):
    """All of the common checks, and what is special."""

    peer = PieFed()

    async def test_an_emoji_vote_is_kept_as_the_emoji(self, street):
        await self.joined(street)
        post = await street.home.write(street.ours, street.group.actor, TEXT)
        await street.send(self.peer.like(street, post.uri))
        assert await street.home.pool.fetchval("select kind from reactions") == "❤️"

    async def test_a_batch_of_a_group_there_is_taken_apart(self, street):
        """What one of ours follows there comes in Announces of several activities at once."""
        club = street.server.actor("club", "Group")
        follow = await self._followed(street, club)
        creates = [self.peer.post(street, f"Number {number}.") for number in (1, 2)]
        for create in creates:
            create["object"] |= {"to": [PUBLIC], "cc": [club.uri], "audience": club.uri}
        batch = club.activity("Announce", creates, to=[PUBLIC], cc=[f"{club.uri}/followers"])
        state, _ = await street.send(batch, club)
        assert (state, follow) == ("done", "accepted")
        assert await street.home.pool.fetchval("select count(*) from posts") == 2

    async def _followed(self, street, club):
        """A member of ours is in that group; the state of the follow."""
        await street.home.meet(club)
        uri = await street.home.ask_elsewhere(street.ours, club)
        inner = {"actor": street.ours.uri, "to": None, "object": club.uri, "type": "Follow", "id": uri}
        await street.send(club.activity("Accept", inner, to=[street.ours.uri]), club)
        return await street.home.pool.fetchval(
            "select state from follows where activity_uris = array[$1]", uri
        )

    async def test_the_ban_of_a_whole_server_is_not_taken_from_a_moderator(self, street):
        await self.joined(street)
        await street.home.moderator(street.group, street.theirs)
        everywhere = self.peer.ban(street, street.friend) | {"target": f"{street.home.site.origin}/"}
        state, _ = await street.send(everywhere)
        assert state in ("refused", "done")
        create = self.peer.post(street, TEXT, street.friend)
        assert (await street.send(create, street.friend))[0] == "done"
        assert of_type(await street.arrived(), "Announce", "Block") == []
