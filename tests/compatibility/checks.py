"""What must work with every kind of server: join, leave, post, reply, like, edit, delete, report, ban.

A file of this folder makes a class of its own from `Checks` and says in `peer` which server it is; pytest
then runs all of this for it, and what the file adds.
"""

import base64
import hashlib
import json
import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest

from fediverse_support.community.joining import bans
from fediverse_support.core import clock
from fediverse_support.database.pool import acquire
from tests.compatibility.peers import Peer, Street, of_type
from tests.support.remote import PUBLIC, Asked

TEXT = "The nights are long again."
_SIGNATURE = re.compile(
    r'keyId="([^"]+)",algorithm="rsa-sha256",headers="\(request-target\) host date digest content-type",'
    r'signature="[A-Za-z0-9+/]+={0,2}"'
)


class Checks:
    """The common part; `street` is a fixture that asks for `peer`."""

    peer: Peer

    async def joined(self, street: Street) -> dict:
        """They follow the group and were let in; the Follow."""
        follow = self.peer.follow(street)
        assert (await street.send(follow))[0] == "done"
        street.kept["letters"] = await street.arrived()
        return follow

    async def test_the_group_is_as_they_want_it(self, street):
        document = (await street.home.get(f"/groups/{street.group.actor.name}")).json()
        assert document["@context"][0] == "https://www.w3.org/ns/activitystreams"
        assert document["type"] == "Group"
        assert document["preferredUsername"] == street.group.actor.name
        assert isinstance(document["publicKey"], dict)
        assert document["endpoints"]["sharedInbox"]
        assert document["name"]
        assert document["inbox"]
        assert document["outbox"]
        assert document["followers"]
        assert document["manuallyApprovesFollowers"] is False
        self.peer.check_actor(document)

    async def test_whoever_joins_is_let_in_under_the_id_that_they_know(self, street):
        follow = await self.joined(street)
        (letter,) = street.kept["letters"]
        accept = letter.activity
        assert accept["type"] == "Accept"
        assert accept["actor"] == street.group.actor.uri
        assert accept["object"]["id"] == follow["id"]
        assert accept["object"]["type"] == "Follow"
        assert accept["object"]["actor"] == street.theirs.uri
        assert accept["object"]["object"] == street.group.actor.uri

    async def test_every_letter_is_signed_as_all_servers_take_it(self, street):
        await self.joined(street)
        for letter in street.kept["letters"]:
            check_letter(letter, street)

    async def test_whoever_leaves_hears_no_more(self, street):
        follow = await self.joined(street)
        await street.send(self.peer.leave(street, follow))
        await street.home.write(street.ours, street.group.actor)
        assert await street.arrived() == []

    async def test_their_post_becomes_a_thread_and_the_group_passes_it_on(self, street):
        await self.joined(street)
        create = self.peer.post(street, TEXT)
        assert await street.send(create) == ("done", "Stored.")
        post = await street.post_of(create["object"]["id"])
        assert post["group_id"] == street.group.actor.id
        assert post["reach"] == "open"
        assert post["title"] == self.peer.title_of(TEXT)
        assert TEXT in post["content_html"] or TEXT in post["title"]
        self.check_announced(street, await street.arrived(), create)

    def check_announced(self, street, letters, create):
        # The author is told of the boost whatever their server takes; all others hear of a post in one way.
        announces = {letter["id"]: letter for letter in of_type(letters, "Announce")}
        wanted = dict if self.peer.takes == "activity" else str
        (announce,) = [one for one in announces.values() if isinstance(one["object"], wanted)]
        assert announce["actor"] == street.group.actor.uri
        assert PUBLIC in announce["to"]
        assert street.group.actor.followers_url in announce["cc"]
        if self.peer.takes == "activity":
            assert announce["object"] == create
        else:
            assert announce["object"] == create["object"]["id"]

    async def test_a_post_of_ours_reaches_them_as_they_read_it(self, street):
        await self.joined(street)
        post = await street.home.write(street.ours, street.group.actor, TEXT, "Long nights")
        (announce,) = of_type(await street.arrived(), "Announce")
        note = (await street.home.get(urlsplit(post.uri).path)).json()
        if self.peer.takes == "activity":
            create = announce["object"]
            assert create["type"] == "Create"
            assert create["actor"] == street.ours.uri
            assert create["object"]["id"] == note["id"]
            assert create["object"]["content"] == note["content"]
            again = await street.home.get(urlsplit(create["id"]).path)
            assert again.status_code == 200
            assert again.json()["id"] == create["id"]
        else:
            assert announce["object"] == post.uri
        assert moment_of(announce["published"]) >= moment_of(note["published"])
        check_post(note)
        self.peer.check_post(note)

    async def test_their_reply_finds_its_place(self, street):
        await self.joined(street)
        root = await street.home.write(street.ours, street.group.actor)
        await street.arrived()
        create = self.peer.reply(street, root, "Here too.")
        assert await street.send(create) == ("done", "Stored.")
        post = await street.post_of(create["object"]["id"])
        assert (post["parent_id"], post["root_id"]) == (root.id, root.id)
        assert post["title"] == ""
        announces = of_type(await street.arrived(), "Announce")
        if self.peer.takes == "activity":
            assert [one["object"]["id"] for one in announces] == [create["id"]]
        else:
            assert announces == [], "no comment is ever boosted"

    async def test_a_reply_of_ours_is_told_to_who_is_answered(self, street):
        await self.joined(street)
        create = self.peer.post(street, TEXT)
        await street.send(create)
        await street.arrived()
        parent = await street.home.post_by_uri(create["object"]["id"])
        reply = await street.home.reply(street.ours, parent, "You are not alone.")
        letters = await street.arrived()
        (sent,) = of_type(letters, "Create")
        assert sent["object"]["id"] == reply.uri
        assert sent["object"]["inReplyTo"] == parent.uri
        assert "name" not in sent["object"], "with a name, Misskey and PieFed count a vote"
        mentioned = [tag["href"] for tag in sent["object"]["tag"] if tag["type"] == "Mention"]
        assert {street.theirs.uri, street.group.actor.uri} <= set(mentioned)
        assert street.theirs.uri in [*sent["to"], *sent["cc"]]

    async def test_their_like_is_kept_once_and_can_be_taken_back(self, street):
        await self.joined(street)
        post = await street.home.write(street.ours, street.group.actor)
        like = self.peer.like(street, post.uri)
        for activity in (like, like):
            await street.home.deliver(street.theirs, activity)
        await street.home.process()
        assert await street.home.pool.fetchval("select count(*) from reactions") == 1
        state, _ = await street.send(self.peer.unlike(street, like))
        assert state == "done"
        assert await street.home.pool.fetchval("select count(*) from reactions") == 0

    async def test_their_edit_replaces_what_was_said(self, street):
        if not self.peer.edits:
            pytest.skip("its users delete and write anew")
        await self.joined(street)
        create = self.peer.post(street, TEXT)
        await street.send(create)
        await street.arrived()
        edit = self.peer.edit(street, create, "The nights are shorter now.")
        assert await street.send(edit) == ("done", "Changed.")
        post = await street.post_of(create["object"]["id"])
        assert "shorter" in post["content_html"]
        assert TEXT not in post["content_html"]
        announced = [one["object"]["type"] for one in of_type(await street.arrived(), "Announce")]
        assert announced == (["Update"] if self.peer.takes == "activity" else [])

    async def test_an_edit_of_ours_reaches_them(self, street):
        await self.joined(street)
        post = await street.home.write(street.ours, street.group.actor)
        await street.arrived()
        await street.home.edit(street.ours, post, "A better word.")
        letters = await street.arrived()
        if self.peer.takes == "activity":
            (announce,) = of_type(letters, "Announce", "Update")
            update = announce["object"]
        else:
            (update,) = of_type(letters, "Update")
        assert update["actor"] == street.ours.uri
        assert "A better word." in update["object"]["content"]
        assert moment_of(update["object"]["updated"]) > moment_of(update["object"]["published"])

    async def test_their_deletion_leaves_nothing_but_a_place(self, street):
        await self.joined(street)
        create = self.peer.post(street, TEXT)
        await street.send(create)
        await street.arrived()
        state, _ = await street.send(self.peer.delete(street, create))
        assert state == "done"
        post = await street.post_of(create["object"]["id"])
        assert (post["state"], post["content_html"], post["title"]) == ("deleted", "", "")
        letters = await street.arrived()
        if self.peer.takes == "activity":
            assert len(of_type(letters, "Announce", "Delete")) == 1
        else:
            (undo,) = of_type(letters, "Undo", "Announce")
            assert undo["object"]["object"] == create["object"]["id"]

    async def test_a_deletion_of_ours_reaches_them(self, street):
        await self.joined(street)
        post = await street.home.write(street.ours, street.group.actor)
        await street.arrived()
        await street.home.delete(street.ours, post)
        letters = await street.arrived()
        if self.peer.takes == "activity":
            (announce,) = of_type(letters, "Announce", "Delete")
            deleted = announce["object"]
        else:
            assert len(of_type(letters, "Undo", "Announce")) == 1
            (deleted,) = of_type(letters, "Delete")
        assert deleted["actor"] == street.ours.uri
        assert deleted["object"]["id"] == post.uri
        assert (await street.home.get(urlsplit(post.uri).path)).status_code == 410

    async def test_their_report_reaches_our_moderators(self, street):
        await self.joined(street)
        post = await street.home.write(street.ours, street.group.actor)
        flag = self.peer.report(street, post, street.ours)
        sender = self.reporter(street, flag)
        state, sentence = await street.send(flag, sender)
        assert state == "done", sentence
        report = await street.home.pool.fetchrow("select * from reports")
        assert post.uri in report["object_uris"]
        assert "worries" in report["reason"]
        assert of_type(await street.arrived(), "Announce", "Flag") == []

    def reporter(self, street, flag):
        """Who signs the report: somebody there, or their server itself."""
        if not self.peer.reports_by_server:
            return street.theirs
        server = street.server.actor("server", "Application")
        flag["actor"] = server.uri
        return server

    async def test_whom_we_ban_is_told_and_kept_out(self, street):
        await self.joined(street)
        decided = bans.Ban(person=street.theirs.uri, by=street.ours, activity_uri="urn:ban", reason="Rest.")
        async with acquire(street.home.pool) as db, db.transaction():
            await bans.ban(db, street.home.site, street.group.actor, decided, clock.now())
        (reject,) = of_type(await street.arrived(), "Reject")
        assert reject["object"]["type"] == "Follow"
        assert reject["actor"] == street.group.actor.uri
        state, _ = await street.send(self.peer.post(street, TEXT))
        assert state == "refused"
        await street.send(self.peer.follow(street))
        left = await street.home.pool.fetch("select follower_id from follows where state = 'accepted'")
        assert [row["follower_id"] for row in left] == [street.ours.id]

    async def test_a_ban_by_them_counts_as_far_as_it_is_theirs(self, street):
        await self.joined(street)
        person = street.friend
        if self.peer.bans_from_groups:
            refused, _ = await street.send(self.peer.ban(street, person))
            assert refused == "refused", "who is no moderator bans nobody"
            await street.home.moderator(street.group, street.theirs)
            state, sentence = await street.send(self.peer.ban(street, person))
            assert state == "done", sentence
            assert (await street.send(self.peer.post(street, TEXT, person), person))[0] == "refused"
            assert len(of_type(await street.arrived(), "Announce", "Block")) == 1
            return
        block = self.peer.activity(street, "Block", street.ours.uri)
        assert (await street.send(block))[0] == "done"
        banned = await street.home.pool.fetch("select target_uri from blocks")
        assert [row["target_uri"] for row in banned] == [street.theirs.uri]


def moment_of(text: str) -> datetime:
    """A time on the wire."""
    return datetime.fromisoformat(text)


def check_letter(letter: Asked, street: Street) -> None:
    """The one form that every peer takes (federation notes 3.1)."""
    signature = _SIGNATURE.fullmatch(letter.headers["signature"])
    assert signature, letter.headers["signature"]
    assert signature[1] == f"{letter.activity['actor']}#main-key"
    digest = base64.b64encode(hashlib.sha256(letter.body).digest()).decode()
    assert letter.headers["digest"] == f"SHA-256={digest}"
    assert letter.headers["date"].endswith(" GMT")
    assert parsedate_to_datetime(letter.headers["date"])
    assert letter.headers["content-type"] == "application/activity+json"
    assert letter.headers["host"] == urlsplit(street.server.origin).netloc
    assert "?" not in letter.target
    assert len(letter.body) < 65_536
    assert letter.headers["user-agent"].startswith("fediverse-support/")


def check_post(note: dict) -> None:
    """What all of them need of a post (federation notes 5.5, 6.2, 10)."""
    assert note["type"] == "Note"
    assert isinstance(note["attributedTo"], str)
    assert isinstance(note["to"], list)
    assert isinstance(note["cc"], list)
    assert isinstance(note["tag"], list)
    assert note["name"]
    assert "inReplyTo" not in note
    assert note["audience"] in note["to"]
    assert note["id"] == note["id"].lower()
    assert "#" not in note["id"]
    assert "?" not in note["id"]
    assert len(json.dumps(note)) < 65_536
    assert note["content"]
    assert note["published"].endswith("Z")
    assert note["source"]["mediaType"] == "text/markdown"
    assert note["name"] not in note["source"]["content"]
