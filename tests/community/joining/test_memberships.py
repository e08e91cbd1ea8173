"""Joining and leaving, here and elsewhere."""

import pytest

from fediverse_support.community.joining import memberships
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Forbidden, Missing
from fediverse_support.database.pool import acquire
from tests.support.remote import RemoteActor


async def call(home, function, *arguments, **more):
    async with acquire(home.pool) as db, db.transaction():
        return await function(db, home.site, *arguments, **more)


async def state(home):
    return [row["state"] for row in await home.pool.fetch("select state from follows")]


async def test_one_joins_an_open_group_at_once_and_without_a_word_on_the_wire(home):
    member, group = await home.member(), await home.group()
    for _ in range(2):
        await call(home, memberships.join, member, group, clock.now())
    assert await state(home) == ["accepted"]
    assert await home.pool.fetchval("select count(*) from activities") == 0


async def test_by_approval_one_waits_and_is_let_in_or_not(home):
    member, group = await home.member(), await home.group(joining="approval")
    await call(home, memberships.join, member, group, clock.now())
    assert await state(home) == ["pending"]
    await call(home, memberships.let_in, member, group.actor, clock.now())
    assert await state(home) == ["accepted"]
    await call(home, memberships.decline, member, group.actor)
    assert await state(home) == []
    with pytest.raises(Missing):
        await call(home, memberships.let_in, member, group.actor, clock.now())


async def test_by_invitation_nobody_joins_by_themselves(home):
    member, group = await home.member(), await home.group(joining="invite")
    with pytest.raises(Forbidden):
        await call(home, memberships.join, member, group, clock.now())
    assert await state(home) == []


async def test_who_was_asked_to_stay_away_does_not_join(home):
    member, group = await home.member(), await home.group()
    await home.pool.execute(
        "insert into blocks (blocker_uri, blocked_uri, target_uri, activity_uri) values ($1, $2, $1, 'x')",
        group.actor.uri,
        member.uri,
    )
    with pytest.raises(Forbidden):
        await call(home, memberships.join, member, group, clock.now())


async def test_o16_a_group_elsewhere_is_asked_once_and_is_pending_until_it_answers(home):
    member, there = await home.member(), await home.meet(RemoteActor("sober", type="Group"))
    for _ in range(2):
        await call(home, memberships.join_elsewhere, member, there)
    assert await state(home) == ["pending"]
    (follow,) = await home.published(member)
    assert (follow["type"], follow["object"]) == ("Follow", there.uri)


async def test_leaving_a_group_elsewhere_takes_the_follow_back(home):
    member, there = await home.member(), await home.meet(RemoteActor("sober", type="Group"))
    await call(home, memberships.join_elsewhere, member, there)
    for _ in range(2):
        await call(home, memberships.leave, member, there, clock.now())
    assert await state(home) == []
    follow, undo = await home.published(member)
    assert undo["type"] == "Undo"
    assert undo["object"]["id"] == follow["id"]


async def test_a_group_of_ours_is_not_joined_as_one_elsewhere(home):
    member, group = await home.member(), await home.group()
    with pytest.raises(Conflict):
        await call(home, memberships.join_elsewhere, member, group.actor)
