"""The doors of a group close: what was said is for fewer people at once, and nothing of it is served."""

import json

import pytest

from fediverse_support.database import follows
from tests.support.followers import followed, letters, told
from tests.support.remote import RemoteActor

ORIGIN = "http://garden.localhost:8000"


async def standing(home, follower, group):
    """How a follow stands: `accepted`, `pending`, or None."""
    found = await follows.between(home.pool, follower.id, group.actor.id)
    return found.state if found else None


async def neighbours(home, group):
    """Followers on servers of every kind."""
    return {
        name: await followed(home, group, software=software, version=version, host=f"{name}.example")
        for name, software, version in (
            ("ours", "fediverse-support", "0.2"), ("lemmy", "lemmy", "1.0"), ("old", "lemmy", "0.19"),
            ("mastodon", "mastodon", "4.5"), ("mbin", "mbin", "1.8"), ("new", "who-knows", "1"),
        )
    }  # fmt: skip


async def since(home, host, number):
    return (await told(home, host))[number:]


async def served(home):
    """Every id that an activity of ours has, as a path."""
    rows = await home.pool.fetch("select uri from activities")
    return [row["uri"].removeprefix(ORIGIN) for row in rows]


@pytest.mark.parametrize(
    "answers", [{"seeing": "members"}, {"reach": "members"}, {"reach": "sealed"}], ids=str
)
async def test_nothing_of_what_was_open_stays_served(home, answers):
    ada, group = await home.member(), await home.group()
    await neighbours(home, group)
    post = await home.write(ada, group.actor, "canary-word")
    await home.edit(ada, post, "canary-changed")
    await home.reply(ada, post, "canary-answer")
    paths = [path for path in await served(home) if (await home.get(path)).status_code == 200]
    assert paths
    await home.edit_group(group, **answers)
    nothing = await home.get(f"/posts/{'0' * 32}")
    for path in (*paths, f"/posts/{post.public_id}", f"/posts/{post.public_id}/context"):
        answer = await home.get(path)
        assert (answer.status_code, answer.content) == (404, nothing.content), path
    for path in ("/groups/sober/outbox", "/people/ada/outbox", "/groups/sober/featured"):
        assert b"canary" not in (await home.get(path)).content


async def test_servers_of_members_keep_their_copy_and_the_others_are_asked_to_delete_it(home):
    ada, group = await home.member(), await home.group()
    await neighbours(home, group)
    post = await home.write(ada, group.actor)
    await home.edit_group(group, seeing="members")
    assert (await home.pool.fetchrow("select reach from posts"))["reach"] == "members"
    assert await since(home, "ours.example", 1) == [("Update", "Group")]
    assert await since(home, "lemmy.example", 1) == [("Update", "Group")]
    undone_and_deleted = [
        ("Undo", "Announce"),
        ("Delete", "Tombstone"),
        ("Reject", "Follow"),
        ("Create", "Note"),
    ]
    assert await since(home, "mastodon.example", 1) == undone_and_deleted
    for host in ("mbin.example", "old.example"):
        assert await since(home, host, 1) == [
            ("Announce", "Delete"),
            ("Reject", "Follow"),
            ("Create", "Note"),
        ]
    delete = (await letters(home, "mastodon.example"))[2]
    assert (delete["actor"], delete["object"]["id"]) == (ada.uri, post.uri)


async def test_sealing_asks_everybody_to_delete_and_parts_from_all(home):
    ada, group = await home.member(), await home.group()
    there = await neighbours(home, group)
    await home.write(ada, group.actor)
    await home.edit_group(group, reach="sealed")
    assert (await home.pool.fetchrow("select reach from posts"))["reach"] == "sealed"
    for host in ("ours.example", "lemmy.example", "old.example", "mbin.example"):
        assert await since(home, host, 1) == [("Announce", "Delete"), ("Reject", "Follow")], host
    assert await since(home, "mastodon.example", 1) == [
        ("Undo", "Announce"), ("Delete", "Tombstone"), ("Reject", "Follow"),
    ]  # fmt: skip
    for follower in there.values():
        assert await standing(home, follower, group) is None
    assert (await home.get("/groups/sober")).status_code == 404


async def test_sealing_what_was_for_members_asks_their_servers_to_delete_it(home):
    ada, group = await home.member(), await home.group(seeing="members")
    await home.join(ada, group.actor)
    await followed(home, group, software="fediverse-support")
    await home.write(ada, group.actor)
    await home.edit_group(group, reach="sealed")
    assert await told(home, "fediverse-support.example") == [
        ("Announce", "Create"), ("Announce", "Delete"), ("Reject", "Follow"),
    ]  # fmt: skip
    rows = await home.pool.fetch("select body from activities where type in ('Announce', 'Delete')")
    public = "https://www.w3.org/ns/activitystreams#Public"
    assert not any(public in row["body"] for row in rows)


async def test_who_can_keep_it_stays_who_cannot_goes_and_who_knows_waits(home):
    group = await home.group()
    there = await neighbours(home, group)
    await home.edit_group(group, seeing="members")
    found = {name: await standing(home, one, group) for name, one in there.items()}
    assert found == {
        "ours": "accepted", "lemmy": "accepted", "old": None,
        "mastodon": None, "mbin": None, "new": "pending",
    }  # fmt: skip
    waiting = await home.pool.fetch("select actor_id from join_requests where state = 'waiting'")
    assert [row["actor_id"] for row in waiting] == [there["new"].id]
    reject = (await letters(home, "mastodon.example"))[0]
    assert reject["type"] == "Reject"
    assert reject["object"]["id"] == f"{there['mastodon'].uri}#follows-sober"
    assert "cannot keep" in reject["summary"]


async def test_a_group_that_was_closed_already_parts_from_nobody_again(home):
    group = await home.group(seeing="members")
    new = await followed(home, group, software="who-knows")
    await home.edit_group(group, seeing="members", summary="Other words")
    assert await standing(home, new, group) == "accepted"


async def test_what_becomes_quiet_is_boosted_no_longer_and_stays_in_the_outbox(home):
    ada, group = await home.member(), await home.group()
    await neighbours(home, group)
    post = await home.write(ada, group.actor)
    await home.edit_group(group, reach="quiet")
    assert await since(home, "mastodon.example", 1) == [("Undo", "Announce"), ("Update", "Group")]
    assert await since(home, "lemmy.example", 1) == [("Update", "Group")]
    assert (await home.get(f"/posts/{post.public_id}")).status_code == 200
    outbox = (await home.get("/groups/sober/outbox")).json()
    assert [item["object"]["type"] for item in outbox["orderedItems"]] == ["Create"]


async def test_opening_the_doors_opens_nothing_that_was_said(home):
    ada, group = await home.member(), await home.group(seeing="members")
    await home.join(ada, group.actor)
    post = await home.write(ada, group.actor)
    await home.edit_group(group, seeing="everyone", reach="open")
    assert (await home.get(f"/posts/{post.public_id}")).status_code == 404


async def test_the_group_tells_what_it_is_now(home):
    group = await home.group()
    await followed(home, group, software="lemmy")
    await home.edit_group(group, seeing="members")
    await home.edit_group(group, speaking="moderators", reach="quiet")
    rows = await home.pool.fetch("select body from activities where type = 'Update' order by id")
    shown = [json.loads(row["body"])["object"] for row in rows]
    fields = ("manuallyApprovesFollowers", "discoverable", "postingRestrictedToMods")
    assert [[one[name] for name in fields] for one in shown] == [[True, False, False], [False, False, True]]


async def test_copies_of_what_was_said_in_a_group_elsewhere_close_with_it(home):
    ada, tea = await home.member(), RemoteActor("tea", "https://there.example", "Group")
    post = await home.write(ada, await home.meet(tea))
    assert (await home.get(f"/posts/{post.public_id}")).status_code == 200
    await home.meet(RemoteActor("tea", "https://there.example", "Group", {"manuallyApprovesFollowers": True}))
    assert await home.pool.fetchval("select reach from posts") == "members"
    assert (await home.get(f"/posts/{post.public_id}")).status_code == 404
