"""Groups of other servers that move or end: nothing is believed one-sided, nobody is taken along."""

import pytest

from fediverse_support.community.groups import lives
from fediverse_support.database import groups
from fediverse_support.database.pool import acquire


async def moved_to(world, remote):
    return await world.one("select moved_to from actors where uri = $1", remote.uri)


async def choir(world, **more):
    """A group elsewhere that a member of ours is in."""
    found = await world.known("choir", "harbour", "Group", **more)
    member = await world.member()
    await world.join_elsewhere(member, found)
    await world.pool.execute("update follows set state = 'accepted'")
    return found


async def test_o18_a_group_that_moves_takes_nobody_along(world):
    group = await choir(world)
    target = world.remote("choir", "island", "Group", alsoKnownAs=[group.uri])
    before = await world.rows("select follower_id, followed_id, state from follows")
    move = group.does("Move", group.uri, target=target.uri)
    assert (await world.send(group, move)).outcome == "Noted where this account has moved."
    assert await moved_to(world, group) == target.uri
    assert await world.rows("select follower_id, followed_id, state from follows") == before
    assert [one["type"] for one in await world.sent()] == ["Follow"]


async def test_o18_a_group_does_not_move_to_a_person(world):
    group = await choir(world)
    target = world.remote("eve", "island", "Person", alsoKnownAs=[group.uri])
    assert (await world.send(group, group.does("Move", group.uri, target=target.uri))).state == "refused"
    assert await moved_to(world, group) is None


async def test_o18_a_group_moves_to_one_of_ours_only_if_ours_says_so(world):
    group, ours = await choir(world), await world.group("singers")
    move = group.does("Move", group.uri, target=ours.actor.uri)
    assert (await world.send(group, move)).state == "refused"
    async with acquire(world.pool) as db, db.transaction():
        await lives.add_alias(db, world.site, ours, group.actor)
    again = group.does("Move", group.uri, target=ours.actor.uri)
    assert (await world.send(group, again)).outcome == "Noted where this account has moved."
    assert await moved_to(world, group) == ours.actor.uri
    nowhere = group.does("Move", group.uri, target=f"{world.site.origin}/groups/none")
    assert (await world.send(group, nowhere)).state == "refused"
    assert await world.one("select count(*) from follows where followed_id = $1", ours.actor.id) == 0


@pytest.mark.parametrize("object", ["group", "other"])
async def test_nobody_else_ends_a_group(world, object):
    group = await choir(world)
    eve = await world.known("eve", "island")
    await world.send(eve, eve.does("Delete", group.uri if object == "group" else eve.uri))
    assert await world.one("select state from actors where uri = $1", group.uri) == "active"


async def test_a_group_that_is_deleted_elsewhere_leaves_each_of_us_what_they_wrote(world):
    group = await choir(world)
    mira = await world.one("select id from actors where name = 'mira'")
    for number, author in ((1, mira), (2, group.actor.id)):
        await world.pool.execute(
            """
            insert into posts (id, uri, author_id, group_id, root_id, content_html, reach, published_at,
                               active_at)
            values ($1, $4, $2, $3, $1, 'MARKER', 'open', now(), now())
            """,
            number,
            author,
            group.actor.id,
            f"https://x.example/{number}",
        )
    for _ in range(2):
        await world.send(group, group.does("Delete", group.uri))
    rows = await world.rows("select id, state, content_html, hidden_by from posts order by id")
    assert rows == [
        {"id": 1, "state": "hidden", "content_html": "MARKER", "hidden_by": group.actor.id},
        {"id": 2, "state": "deleted", "content_html": "", "hidden_by": None},
    ]
    assert await world.one("select count(*) from follows") == 0
    assert await world.one("select state from actors where uri = $1", group.uri) == "gone"


async def test_a_group_of_ours_that_was_deleted_takes_nothing_any_more(world):
    ours, ana = await world.group(), await world.known()
    async with acquire(world.pool) as db, db.transaction():
        await lives.delete(db, world.site, ours, world.clock())
    before = await world.counts()
    await world.send(ana, ana.does("Follow", ours.actor.uri))
    await world.send(ana, ana.create(ours.actor.uri))
    after = await world.counts()
    assert (after["follows"], after["posts"]) == (before["follows"], before["posts"])
    async with acquire(world.pool) as db:
        gone = await groups.by_actor(db, ours.actor.id)
    assert gone is not None
    assert gone.actor.state == "gone"
