"""Misskey and its forks: reactions as Likes, an own markup beside the HTML, no edits in most."""

import json
from urllib.parse import urlsplit

from tests.compatibility.checks import TEXT, Checks, moment_of
from tests.compatibility.peers import Peer, of_type


class Misskey(Peer):
    """The Follow's id is made of both people; reports name people only, the posts are in the text."""

    software, version, takes = "misskey", "2025.4.1", "object"
    post_path = "/notes/"
    edits = False
    reports_by_server = True

    def follow(self, street):
        return super().follow(street) | {"id": f"{street.server.origin}/follows/{street.theirs.name}/9group"}

    def note(self, street, text, sender=None):
        note = super().note(street, text, sender)
        return note | {
            "_misskey_content": f"@sober {text}",
            "source": {"content": f"@sober {text}", "mediaType": "text/x.misskeymarkdown"},
            "_misskey_summary": None,
            "sensitive": False,
        }

    def like(self, street, uri):
        emoji = {"id": f"{street.server.origin}/emojis/hug", "type": "Emoji", "name": ":hug:"}
        return super().like(street, uri) | {"_misskey_reaction": ":hug:", "content": ":hug:", "tag": [emoji]}

    def report(self, street, post, author):
        flag = super().report(street, post, author)
        return flag | {"object": [author.uri, post.uri]}

    def check_post(self, note):
        assert len(json.dumps(note)) < 57_344, "its inbox takes 64 kB, and the activity comes around it"

    def check_actor(self, group):
        host = urlsplit(group["id"]).netloc
        for name in ("inbox", "outbox", "followers", "following"):
            assert urlsplit(group[name]).netloc == host
        assert group["name"]


class TestMisskey(Checks):
    """All of the common checks, and what is special."""

    peer = Misskey()

    async def test_an_empty_warning_is_none_and_an_invisible_one_is_a_warning_without_words(self, street):
        await self.joined(street)
        plain, veiled = (
            self.peer.post(street, TEXT, summary=""),
            self.peer.post(street, TEXT, summary="\u200b", sensitive=True),
        )
        for create in (plain, veiled):
            await street.send(create)
        assert (await street.post_of(plain["object"]["id"]))["sensitive"] is False
        assert (await street.post_of(veiled["object"]["id"]))["sensitive"] is True

    async def test_no_announce_is_older_than_its_note(self, street):
        await self.joined(street)
        future = self.peer.post(street, TEXT)
        await street.send(future)
        announce = of_type(await street.arrived(), "Announce")[0]
        assert moment_of(announce["published"]) >= moment_of(future["object"]["published"])
