"""Groups on other servers: what they say of themselves, and of our members."""

from datetime import timedelta

import pytest

from fediverse_support.community.posts import posts
from fediverse_support.core.errors import Forbidden
from fediverse_support.database import actors
from fediverse_support.database.pool import acquire

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


async def scene(world, internet):
    """Mira is in a group on Lemmy that mod looks after, and a thread by lea has come from there."""
    group = await world.known("harbour", "lemmy", "Group")
    await world.pool.execute(
        "update actors set moderators_url = uri || '/moderators' where uri = $1", group.uri
    )
    mira = await world.member()
    await world.join_elsewhere(mira, group)
    await world.pool.execute("update follows set state = 'accepted'")
    mod, lea = await world.known("mod", "lemmy"), await world.known("lea", "lemmy")
    create = lea.create(group.uri, audience=group.uri)
    await world.send(group, announce(group, create))
    return group, mira, mod, create["object"]["id"]


def announce(group, inner):
    return group.does("Announce", inner, to=[PUBLIC], cc=[group.followers])


async def writes(world, mira, group):
    async with acquire(world.pool) as db, db.transaction():
        stored = await actors.by_uri(db, group.uri)
        await posts.write(
            db,
            world.site,
            mira,
            stored,
            posts.Words(source="x", title="x"),
            world.clock(),
            policy=world.policy,
        )


async def test_a_lock_by_the_group_closes_the_thread_here(world, internet):
    group, mira, mod, uri = await scene(world, internet)
    lock = mod.does("Lock", uri, summary="x")
    await world.send(group, announce(group, lock))
    root = await world.post(uri)
    assert root["locked_at"] is not None
    async with acquire(world.pool) as db, db.transaction():
        viewer = posts.Viewer(actor_id=mira.id)
        with pytest.raises(Forbidden, match="closed this conversation"):
            await posts.reply(
                db,
                world.site,
                mira,
                viewer,
                root["id"],
                posts.Words(source="x"),
                world.clock(),
                policy=world.policy,
            )
    await world.send(group, announce(group, mod.does("Undo", lock)))
    assert (await world.post(uri))["locked_at"] is None
    await world.send(group, announce(group, lock | {"id": lock["id"]}))
    assert (await world.post(uri))["locked_at"] is None, "it was undone"


async def test_a_group_locks_and_pins_its_own_only(world, internet):
    _, _, _, uri = await scene(world, internet)
    other = await world.known("other", "piefed", "Group")
    member = await world.member("mika")
    await world.join_elsewhere(member, other)
    await world.pool.execute("update follows set state = 'accepted'")
    for inner in (other.does("Lock", uri), other.does("Undo", other.does("Lock", uri))):
        assert (await world.send(other, announce(other, inner))).state == "refused"
    assert (await world.post(uri))["locked_at"] is None


@pytest.mark.parametrize("way", ["announced", "by one of its server", "by one who is listed", "by eve"])
async def test_one_of_ours_is_named_and_may_moderate_there(world, internet, way):
    group, mira, mod, _ = await scene(world, internet)
    listed, eve = await world.known("listed", "far"), await world.known("eve", "evil")
    target = f"{group.uri}/moderators"
    internet.documents[target] = {"id": target, "type": "OrderedCollection", "orderedItems": [listed.uri]}
    add = {"type": "Add", "object": mira.uri, "target": target, "to": [PUBLIC]}
    sender = {"announced": group, "by one of its server": mod, "by one who is listed": listed}.get(way, eve)
    activity = sender.does("Add", mira.uri, target=target, to=[PUBLIC])
    if way == "announced":
        activity = announce(group, mod.does(**add))
    arrived = await world.send(sender, activity)
    named = await world.one("select count(*) from group_moderators where actor_id = $1", mira.id)
    assert (arrived.state, named) == (("refused", 0) if sender is eve else ("done", 1))
    await world.send(group, announce(group, mod.does("Remove", mira.uri, target=target)))
    assert await world.one("select count(*) from group_moderators") == 0


async def test_nobody_of_theirs_is_kept_as_a_moderator(world, internet):
    group, _, mod, _ = await scene(world, internet)
    for named in (mod.uri, "http://here.localhost:1/people/nobody"):
        await world.send(group, announce(group, mod.does("Add", named, target=f"{group.uri}/moderators")))
    assert await world.one("select count(*) from group_moderators") == 0


@pytest.mark.parametrize("way", ["announced", "directly", "from the whole server", "by the group itself"])
async def test_our_member_is_told_to_stay_away_and_nothing_is_sent_there(world, internet, way):
    group, mira, mod, _ = await scene(world, internet)
    ends = (world.clock() + timedelta(days=2)).isoformat()
    target = f"{mod.origin}/" if way == "from the whole server" else group.uri
    block = mod.does("Block", mira.uri, target=target, summary="Calm down", endTime=ends)
    if way == "by the group itself":
        block = group.does("Block", mira.uri, summary="Calm down", endTime=ends)
    sender = mod if way in ("directly", "from the whole server") else group
    assert (await world.send(sender, announce(group, block) if way == "announced" else block)).state == "done"
    (row,) = await world.rows("select * from blocks")
    assert (row["blocked_uri"], row["reason"], row["ends_at"] is not None) == (mira.uri, "Calm down", True)
    with pytest.raises(Forbidden, match="stay away"):
        await writes(world, mira, group)
    undo = (mod if way != "by the group itself" else group).does("Undo", block)
    await world.send(sender, announce(group, undo) if way == "announced" else undo)
    assert await world.rows("select * from blocks") == []
    await writes(world, mira, group)


async def test_what_a_ban_takes_down_in_a_group_elsewhere_goes_and_comes_back_here(world, internet):
    group, mira, mod, uri = await scene(world, internet)
    await writes(world, mira, group)
    own = await world.one("select uri from posts where author_id = $1", mira.id)
    lea = await world.one(
        "select a.uri from actors a join posts p on p.author_id = a.id where p.uri = $1", uri
    )
    for person, gone, stays in ((lea, uri, own), (mira.uri, own, uri)):
        block = mod.does("Block", person, target=group.uri, removeData=True)
        await world.send(group, announce(group, block))
        assert (await world.post(gone))["state"] == "hidden"
        assert (await world.post(stays))["state"] == "live"
        await world.send(group, announce(group, mod.does("Undo", block, restoreData=True)))
        assert (await world.post(gone))["state"] == "live"


async def test_a_stranger_does_not_keep_our_member_from_a_group(world, internet):
    group, mira, mod, _ = await scene(world, internet)
    eve = await world.known("eve", "evil")
    internet.documents[f"{group.uri}/moderators"] = {
        "id": f"{group.uri}/moderators", "type": "OrderedCollection", "orderedItems": [mod.uri],
    }  # fmt: skip
    for target in (group.uri, f"{mod.origin}/", "http://here.localhost:1/"):
        assert (await world.send(eve, eve.does("Block", mira.uri, target=target))).state == "refused"
    past = (world.clock() - timedelta(minutes=1)).isoformat()
    late = mod.does("Block", mira.uri, target=group.uri, endTime=past)
    assert (await world.send(mod, late)).state == "refused"
    assert await world.rows("select * from blocks") == []
    await writes(world, mira, group)


async def test_the_reason_of_a_group_is_kept_for_the_author(world, internet):
    group, mira, mod, _ = await scene(world, internet)
    await writes(world, mira, group)
    uri = await world.one("select uri from posts where author_id = $1", mira.id)
    await world.send(group, announce(group, mod.does("Delete", uri, summary="Rule 3")))
    assert (await world.post(uri))["state"] == "hidden"
    (deed,) = await world.rows("select deed, object, reason, by_uri from deeds")
    assert tuple(deed.values()) == ("hide post", uri, "Rule 3", group.uri)


async def test_an_undo_before_the_removal_by_a_group_keeps_the_post(world, internet):
    group, _, mod, uri = await scene(world, internet)
    internet.documents[uri] = {"id": uri, "type": "Note", "attributedTo": mod.uri}
    delete = mod.does("Delete", uri, summary="x")
    await world.send(group, announce(group, mod.does("Undo", delete)))
    await world.send(group, announce(group, delete))
    assert (await world.post(uri))["state"] == "live"


async def test_what_a_moderator_took_down_on_the_server_of_its_author_can_come_back(world, internet):
    group, _, mod, uri = await scene(world, internet)
    internet.documents.pop(uri, None)
    delete = mod.does("Delete", uri, summary="x")
    await world.send(group, announce(group, delete))
    assert (await world.post(uri))["state"] == "hidden", "its server answers that there is nothing"
    await world.send(group, announce(group, mod.does("Undo", delete)))
    assert (await world.post(uri))["state"] == "live"


async def test_what_our_moderator_took_down_there_the_group_brings_back(world, internet):
    group, mira, mod, uri = await scene(world, internet)
    await world.send(group, announce(group, mod.does("Add", mira.uri, target=f"{group.uri}/moderators")))
    await world.pool.execute("update posts set state = 'hidden', hidden_by = $1 where uri = $2", mira.id, uri)
    await world.send(group, announce(group, mod.does("Undo", mod.does("Delete", uri))))
    assert (await world.post(uri))["state"] == "live"


async def test_a_report_reaches_a_moderator_of_ours_and_no_other_server_sends_it(world, internet):
    group, mira, mod, uri = await scene(world, internet)
    flag = mod.does("Flag", uri, summary="Please look")
    assert (await world.send(group, announce(group, flag))).state == "refused", "nobody here looks after it"
    await world.send(group, announce(group, mod.does("Add", mira.uri, target=f"{group.uri}/moderators")))
    before = len(await world.sent())
    assert (await world.send(group, announce(group, flag))).state == "done"
    (report,) = await world.rows("select group_id, reason, reporter_uri from reports")
    assert tuple(report.values()) == (group.actor.id, "Please look", mod.uri)
    assert len(await world.sent()) == before


async def test_a_changed_group_is_read_anew_from_its_own_server(world, internet):
    group, _, mod, _ = await scene(world, internet)
    group.publish(name="New name")
    forged = group.document(name="Forged", inbox="http://evil.localhost:9/inbox")
    await world.send(group, announce(group, mod.does("Update", forged)))
    assert await world.one("select display_name from actors where uri = $1", group.uri) == "New name"
