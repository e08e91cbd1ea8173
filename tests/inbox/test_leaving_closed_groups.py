"""Whoever has left a members-only group, was removed, or is on a blocked server, gets nothing more of it."""

import pytest

from fediverse_support.community.joining import memberships
from fediverse_support.community.posts import removals
from fediverse_support.core import clock
from fediverse_support.database.pool import acquire
from fediverse_support.moderation import ladder
from fediverse_support.policy.document import DomainText

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


async def scene(world):
    """Ana and Ida on one server, Lea on another, and a word of Lea's that waits for all of them."""
    world.internet.software |= {"peer": "fediverse-support", "far": "fediverse-support"}
    group = await world.group(seeing="members")
    ana, ida = await world.known(), await world.known("ida")
    lea = await world.known("lea", "far")
    for one in (ana, ida, lea):
        await world.follows_us(one, group.actor)
    await say(world, lea, group)
    return ana, ida, lea, group


async def say(world, author, group):
    audience = {"to": [group.actor.uri, f"{group.actor.uri}/followers"], "cc": []}
    note = author.note(audience=group.actor.uri, **audience)
    assert (await world.send(author, author.wrap("Create", note))).state == "done"


async def waiting(world):
    """The hosts for which something waits, without ports."""
    rows = await world.rows("select distinct host from deliveries where state = 'waiting' order by 1")
    return [row["host"].partition(".")[0] for row in rows]


async def leaves(world, actor, group):
    await world.send(actor, actor.does("Undo", actor.does("Follow", group.actor.uri)))


async def is_removed(world, actor, group):
    async with acquire(world.pool) as db, db.transaction():
        await memberships.decline(db, world.site, actor.actor, group.actor)
    # The Reject itself is to arrive.
    await world.pool.execute(
        "delete from deliveries using activities a where a.id = activity_id and a.type = 'Reject'"
    )


async def is_gone(world, actor, group):
    async with acquire(world.pool) as db, db.transaction():
        await removals.forget_actor(db, world.site, actor.actor, world.clock())


@pytest.mark.parametrize("ends", [leaves, is_removed, is_gone])
async def test_with_the_last_member_of_a_server_all_that_waits_for_it_is_taken_back(world, ends):
    ana, ida, lea, group = await scene(world)
    assert await waiting(world) == ["far", "peer"]
    await ends(world, ana, group)
    assert await waiting(world) == ["far", "peer"], "somebody is still there"
    await ends(world, ida, group)
    assert await waiting(world) == ["far"]
    await say(world, lea, group)
    assert await waiting(world) == ["far"]


async def test_the_inbox_of_one_who_left_is_taken_back_where_members_do_not_share_one(world):
    ana, _, lea, group = await scene(world)
    await world.pool.execute("update actors set shared_inbox_url = null")
    await say(world, lea, group)
    await leaves(world, ana, group)
    rows = await world.rows("select distinct inbox_url from deliveries where state = 'waiting'")
    assert f"{ana.uri}/inbox" not in {row["inbox_url"] for row in rows}


async def test_what_is_public_still_reaches_who_has_left(world):
    ana, lea = await world.known(), await world.known("lea", "far")
    group = await world.group()
    world.internet.software["peer"] = "lemmy"
    await world.follows_us(ana, group.actor)
    await world.send(lea, lea.create(group.actor.uri))
    before = await waiting(world)
    await leaves(world, ana, group)
    assert await waiting(world) == before


async def test_what_waits_in_another_group_stays(world):
    ana, _, lea, _ = await scene(world)
    other = await world.group("parents", seeing="members")
    for one in (ana, lea):
        await world.follows_us(one, other.actor)
    await say(world, lea, other)
    before = await world.one("select count(*) from deliveries where state = 'waiting'")
    await leaves(world, ana, other)
    after = await world.one("select count(*) from deliveries where state = 'waiting'")
    assert before - after <= 1, "the shared inbox of the server waits for the first group still"
    assert "peer" in await waiting(world)


async def test_a_server_that_is_blocked_gets_nothing_of_what_waits(world):
    await scene(world)
    for host in ("peer.example", "deep.below.peer.example", "notpeer.example"):
        await world.pool.execute(
            """
            insert into deliveries (activity_id, actor_id, object_uri, host, inbox_url)
            select activity_id, actor_id, object_uri, $1, 'https://' || $1 || '/inbox' from deliveries limit 1
            """,
            host,
        )
    async with acquire(world.pool) as db, db.transaction():
        blocks = dict.fromkeys(("peer.localhost", "peer.example"), DomainText(level="blocked"))
        await ladder.put(db, world.site, blocks, by=None, why="", now=clock.now())
    assert await waiting(world) == ["far", "notpeer"]
