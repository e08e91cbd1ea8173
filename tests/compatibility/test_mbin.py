"""Mbin: entries and microblog posts; a boost of its users is an upvote."""

from tests.compatibility.checks import TEXT, Checks
from tests.compatibility.peers import of_type
from tests.compatibility.test_lemmy import Threadiverse
from tests.support.remote import PUBLIC


class Mbin(Threadiverse):
    """Followers in `cc`, a summary that repeats the title and tags, reports with both texts."""

    software, version = "mbin", "1.8.0"
    person_path = "/u/"

    def note(self, street, text, sender=None):
        by = sender or street.theirs
        return super().note(street, text, sender) | {
            "cc": [f"{by.uri}/followers"],
            "summary": f"{text} #sober",
            "commentsEnabled": True,
            "stickied": False,
        }

    def report(self, street, post, author):
        return super().report(street, post, author) | {"content": "This worries me."}


class TestMbin(Checks):
    """All of the common checks, and what is special."""

    peer = Mbin()

    async def test_the_summary_of_an_entry_is_no_warning(self, street):
        await self.joined(street)
        create = self.peer.post(street, TEXT)
        await street.send(create)
        assert (await street.post_of(create["object"]["id"]))["content_warning"] == ""

    async def test_a_boost_by_its_user_is_remembered_and_shown_to_nobody(self, street):
        await self.joined(street)
        post = await street.home.write(street.ours, street.group.actor, TEXT)
        await street.arrived()
        boost = self.peer.activity(street, "Announce", post.uri, to=[PUBLIC], cc=[street.group.actor.uri])
        assert (await street.send(boost))[0] == "done"
        assert await street.home.pool.fetchval("select count(*) from boosts where activity_uris <> '{}'") == 1
        assert of_type(await street.arrived(), "Announce") == []
