"""Friendica: forums that unwrap what a group announces, and find members by its followers collection."""

from tests.compatibility.checks import TEXT, Checks
from tests.compatibility.peers import Peer, of_type


class Friendica(Peer):
    """Mentions groups with `!`, writes `diaspora` things beside, dislikes."""

    software, version, takes = "friendica", "2024.09", "activity"
    person_path, post_path = "/profile/", "/objects/"
    reports_by_server = False

    def note(self, street, text, sender=None):
        note = super().note(street, text, sender)
        tag = note["tag"][0] | {"name": f"!{street.group.actor.handle}"}
        return note | {
            "tag": [tag],
            "diaspora:guid": "0123456789abcdef",
            "conversation": f"{street.server.origin}/context/1",
            "context": f"{street.server.origin}/context/1",
            "directMessage": False,
            "attachment": [],
        }


class TestFriendica(Checks):
    """All of the common checks, and what is special."""

    peer = Friendica()

    async def test_the_announce_names_the_followers_of_the_group(self, street):
        await self.joined(street)
        await street.home.write(street.ours, street.group.actor, TEXT)
        (announce,) = of_type(await street.arrived(), "Announce")
        assert street.group.actor.followers_url in [*announce["to"], *announce["cc"]]

    async def test_following_a_thread_does_no_harm(self, street):
        await self.joined(street)
        post = await street.home.write(street.ours, street.group.actor, TEXT)
        state, _ = await street.send(self.peer.activity(street, "Follow", post.uri))
        assert state == "refused"
        assert await street.home.pool.fetchval("select count(*) from follows where state = 'accepted'") == 2

    async def test_a_dislike_is_kept_and_never_shown(self, street):
        await self.joined(street)
        post = await street.home.write(street.ours, street.group.actor, TEXT)
        await street.send(self.peer.activity(street, "Dislike", post.uri))
        assert await street.home.pool.fetchval("select kind from reactions") == "dislike"
        page = await street.home.get(f"/posts/{post.public_id}", accept="text/html")
        assert "islike" not in page.text
