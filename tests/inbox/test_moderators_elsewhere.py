"""Moderators of our groups who live on other servers: what they may do, what follows, and what is refused."""

import contextlib
from datetime import timedelta

import pytest

from fediverse_support.core.errors import Refused

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


async def scene(world):
    """Ana has written in our group; mod looks after it from another server, boss owns it."""
    ana, mod, group = await world.known(), await world.known("mod", "other"), (await world.group()).actor
    boss = await world.member("boss")
    await world.pool.execute(
        "insert into group_moderators (group_id, actor_id, is_owner) values ($1, $2, false), ($1, $3, true)",
        group.id,
        mod.actor.id,
        boss.id,
    )
    create = ana.create(group.uri)
    await world.send(ana, create)
    return ana, mod, group, create["object"]["id"]


async def everything(world):
    """All rows that moderation could change, as they are."""
    tables = ("posts", "blocks", "pins", "group_moderators", "actors", "groups", "follows", "deeds", "undone")
    found = {}
    for table in tables:
        rows = await world.rows(f"select to_jsonb(t) as row from {table} t order by to_jsonb(t)::text")
        found[table] = [row["row"] for row in rows]
    return found


async def refused(world, sender, activity):
    """Send something that must change nothing and reach nobody."""
    before, sent = await everything(world), len(await world.sent())
    assert (await world.send(sender, activity)).state == "refused", activity
    assert await everything(world) == before
    assert len(await world.sent()) == sent


def lock_of(mod, uri, **more):
    return mod.does("Lock", uri, to=[PUBLIC], summary="Enough", **more)


async def test_a_lock_is_set_passed_on_and_taken_back(world):
    ana, mod, group, uri = await scene(world)
    before = len(await world.sent())
    lock = lock_of(mod, uri)
    for _ in range(2):
        await world.send(mod, lock)
    await world.send(mod, lock_of(mod, uri))
    post = await world.post(uri)
    assert (post["locked_by"], post["locked_at"] is not None) == (mod.actor.id, True)
    assert [row["body"]["object"] for row in (await world.sent())[before:]] == [lock]
    answer = ana.create(group.uri, inReplyTo=uri)
    assert (await world.send(ana, answer)).state == "refused"
    from_mod = mod.create(group.uri, inReplyTo=uri)
    assert (await world.send(mod, from_mod)).state == "done"
    await world.send(mod, mod.does("Undo", lock))
    assert (await world.post(uri))["locked_at"] is None
    assert (await world.send(ana, ana.create(group.uri, inReplyTo=uri))).state == "done"
    deeds = await world.rows("select deed, object, reason, by_uri, group_id from deeds order by id")
    assert [tuple(row.values()) for row in deeds] == [
        ("lock thread", uri, "Enough", mod.uri, group.id),
        ("unlock thread", uri, "Enough", mod.uri, group.id),
    ]


@pytest.mark.parametrize("verb", ["Lock", "Delete", "Block"])
async def test_what_is_taken_back_before_it_arrives_does_nothing(world, verb):
    ana, mod, group, uri = await scene(world)
    deed = mod.does(verb, ana.uri if verb == "Block" else uri, summary="x")
    if verb == "Block":
        deed |= {"target": group.uri}
    await world.send(mod, mod.does("Undo", deed))
    await world.send(mod, deed)
    post = await world.post(uri)
    assert (post["state"], post["locked_at"]) == ("live", None)
    assert await world.rows("select * from blocks") == []


@pytest.mark.parametrize("verb", ["Lock", "Delete"])
async def test_a_deed_is_taken_back_by_its_id_alone(world, verb):
    _, mod, _, uri = await scene(world)
    deed = mod.does(verb, uri, summary="x")
    await world.send(mod, deed)
    await world.send(mod, mod.does("Undo", deed["id"]))
    post = await world.post(uri)
    assert (post["state"], post["locked_at"]) == ("live", None)


async def test_another_moderator_lifts_and_restores(world):
    ana, mod, group, uri = await scene(world)
    other = await world.known("other", "third")
    await world.send(mod, mod.does("Add", other.uri, target=group.moderators_url))
    await world.send(mod, mod.does("Delete", uri, summary="x"))
    await world.send(mod, mod.does("Block", ana.uri, target=group.uri))
    await world.send(other, other.does("Undo", other.does("Delete", uri)))
    await world.send(other, other.does("Undo", other.does("Block", ana.uri, target=group.uri)))
    assert (await world.post(uri))["state"] == "live"
    assert await world.rows("select * from blocks") == []


async def test_what_staff_here_took_down_is_not_brought_back_from_elsewhere(world):
    _, mod, _, uri = await scene(world)
    staff = await world.member("staff")
    await world.pool.execute("update posts set state = 'hidden', hidden_by = $1", staff.id)
    await refused(world, mod, mod.does("Undo", mod.does("Delete", uri)))


async def test_a_ban_ends_membership_hides_posts_and_gives_them_back(world):
    ana, mod, group, uri = await scene(world)
    await world.follows_us(ana, group)
    ends = (world.clock() + timedelta(days=2)).isoformat()
    block = mod.does("Block", ana.uri, target=group.uri, summary="Spam", removeData=True, expires=ends)
    await world.send(mod, block)
    assert (await world.post(uri))["state"] == "hidden"
    assert await world.rows("select * from follows") == []
    (reject,) = await world.sent("Reject")
    assert reject["inboxes"] == [f"{ana.uri}/inbox"]
    assert (await world.send(ana, ana.does("Follow", group.uri))).outcome.startswith("Declined")
    undo = mod.does("Undo", block, restoreData=True)
    await world.send(mod, undo)
    assert (await world.post(uri))["state"] == "live"
    assert (await world.send(ana, ana.create(group.uri))).state == "done"


@pytest.mark.parametrize("form", ["title", "html", "source"])
async def test_a_moderator_changes_what_a_group_says_and_never_its_doors(world, form):
    _, mod, group, _ = await scene(world)
    fan = await world.known("fan", "third")
    await world.follows_us(fan, group)
    ours = {
        "id": group.uri,
        "type": "Group",
        "preferredUsername": group.name,
        "inbox": f"{group.uri}/inbox",
        "name": "Renamed",
        "manuallyApprovesFollowers": True,
        "postingRestrictedToMods": True,
    }
    if form == "html":
        ours |= {"summary": "<p>New <b>words</b><script>x</script></p>"}
    if form == "source":
        ours |= {"summary": "<p>y</p>", "source": {"content": "New *words*", "mediaType": "text/markdown"}}
    before = len(await world.sent())
    update = mod.does("Update", ours, to=[PUBLIC], cc=[group.uri])
    assert (await world.send(mod, update)).outcome == "Changed by a moderator."
    (row,) = await world.rows("select * from our_groups")
    assert (row["display_name"], row["joining"], row["speaking"]) == ("Renamed", "open", "everyone")
    if form != "title":
        assert "words" in row["summary_html"]
        assert "script" not in row["summary_html"]
    sent = (await world.sent())[before:]
    assert [line["type"] for line in sent] == ["Update"], "what speaks of doors is not passed on"
    assert sent[0]["body"]["actor"] == group.uri
    assert sent[0]["body"]["object"]["manuallyApprovesFollowers"] is False
    again = {**ours, "name": "Again"}
    del again["manuallyApprovesFollowers"], again["postingRestrictedToMods"]
    await world.send(mod, mod.does("Update", again, to=[PUBLIC], cc=[group.uri]))
    assert [line["type"] for line in (await world.sent())[before + 1 :]] == ["Update", "Announce"]


async def test_who_does_not_look_after_the_group_does_nothing_there(world):
    ana, mod, group, uri = await scene(world)
    eve, far = await world.known("eve", "evil"), await world.known("far", "far")
    another = (await world.group("another")).actor
    await world.pool.execute(
        "insert into group_moderators (group_id, actor_id) values ($1, $2)", another.id, far.actor.id
    )
    document = {"id": group.uri, "type": "Group", "preferredUsername": group.name,
                "inbox": f"{group.uri}/inbox", "name": "Mine now"}  # fmt: skip
    for sender in (eve, far, ana):
        deeds = [
            lock_of(sender, uri),
            sender.does("Undo", lock_of(sender, uri)),
            sender.does("Add", uri, target=group.featured_url),
            sender.does("Remove", uri, target=group.featured_url),
            sender.does("Add", sender.uri, target=group.moderators_url),
            sender.does("Remove", mod.uri, target=group.moderators_url),
            sender.does("Block", mod.uri, target=group.uri),
            sender.does("Undo", sender.does("Block", mod.uri, target=group.uri)),
            sender.does("Update", document),
        ]
        if sender is not ana:
            deeds.append(sender.does("Delete", uri, summary="x"))
        for deed in deeds:
            await refused(world, sender, deed)


async def test_a_forged_moderator_is_not_believed(world):
    """Eve signs for herself what claims to be by the moderator, or by the group."""
    _, mod, group, uri = await scene(world)
    eve = await world.known("eve", "evil")
    before = await everything(world)
    for actor in (mod.uri, group.uri):
        for forged in (
            eve.does("Lock", uri) | {"actor": actor},
            eve.does("Announce", eve.does("Lock", uri) | {"actor": actor}),
            eve.does("Undo", mod.does("Lock", uri)),
        ):
            with contextlib.suppress(Refused):
                await world.send(eve, forged)
    assert await everything(world) == before


async def test_what_makes_no_sense_is_refused_and_changes_nothing(world):
    ana, mod, group, uri = await scene(world)
    other = (await world.group("other_group")).actor
    elsewhere = ana.create(other.uri)
    await world.send(ana, elsewhere)
    there = elsewhere["object"]["id"]
    boss = "http://here.localhost:1/people/boss"
    past = (world.clock() - timedelta(hours=1)).isoformat()
    for deed in (
        lock_of(mod, there),
        lock_of(mod, ana.id("notes")),
        mod.does("Lock", None),
        mod.does("Add", there, target=group.featured_url),
        mod.does("Add", group.uri, target=group.moderators_url),
        mod.does("Remove", boss, target=group.moderators_url),
        mod.does("Block", ana.uri, target=group.uri, endTime=past),
        mod.does("Block", group.uri, target=group.uri),
        mod.does("Block", boss, target=group.uri),
        mod.does("Block", ana.uri, target=other.uri),
        mod.does("Block", boss, target="http://here.localhost:1/"),
        mod.does("Block", None, target=group.uri),
        mod.does("Delete", there, summary="x"),
        mod.does("Update", {"id": other.uri, "type": "Group", "preferredUsername": "other_group",
                            "inbox": f"{other.uri}/inbox", "name": "x"}),
    ):  # fmt: skip
        await refused(world, mod, deed)
    assert uri != there


async def test_what_is_hidden_is_not_pinned(world):
    _, mod, group, uri = await scene(world)
    await world.pool.execute("update posts set state = 'hidden' where uri = $1", uri)
    await refused(world, mod, mod.does("Add", uri, target=group.featured_url))


async def test_nobody_who_was_asked_to_stay_away_is_named(world):
    ana, mod, group, _ = await scene(world)
    await world.send(mod, mod.does("Block", ana.uri, target=group.uri))
    await refused(world, mod, mod.does("Add", ana.uri, target=group.moderators_url))
