"""The tree of topics: no circles, nothing lost."""

import asyncio

import pytest

from fediverse_support.community.house import topics
from fediverse_support.core.errors import Conflict, Malformed, Missing
from fediverse_support.database import directory
from fediverse_support.database.pool import acquire


async def grown(db, *names: str) -> None:
    """Each name below the one before it."""
    below = ""
    for name in names:
        below = (await topics.add(db, name, below=below)).slug


async def outline(db) -> list[str]:
    return ["-" * branch.depth + branch.topic.slug for branch in await topics.tree(db)]


async def topic(db, slug):
    return await topics.by_slug(db, slug)


async def test_a_topic_never_stands_below_itself(connection):
    async with connection.transaction():
        await grown(connection, "a", "b", "c")
        for target in ("a", "b", "c"):
            with pytest.raises(Malformed, match="below itself"):
                await topics.move(connection, await topic(connection, "a"), target)
        assert await outline(connection) == ["a", "-b", "--c"]


async def test_two_moves_at_once_make_no_circle(database):
    async with acquire(database) as db, db.transaction():
        await topics.add(db, "a")
        await topics.add(db, "b")

    async def move(slug: str, below: str) -> None:
        async with acquire(database) as db, db.transaction():
            await topics.move(db, await topics.by_slug(db, slug), below)

    done = await asyncio.gather(move("a", "b"), move("b", "a"), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["Malformed", "NoneType"]
    async with acquire(database) as db:
        assert len(await outline(db)) == 2


async def test_the_tree_has_a_limit_in_depth_also_for_what_is_moved(connection):
    async with connection.transaction():
        await grown(connection, "a", "b", "c", "d")
        await grown(connection, "x", "y")
        with pytest.raises(Malformed, match="deep"):
            await topics.add(connection, "e", below="d")
        with pytest.raises(Malformed, match="deep"):
            await topics.move(connection, await topic(connection, "x"), "c")
        await topics.move(connection, await topic(connection, "x"), "b")
        assert await outline(connection) == ["a", "-b", "--c", "---d", "--x", "---y"]


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "???"])
async def test_names_that_make_no_topic_are_refused(connection, name):
    async with connection.transaction():
        with pytest.raises(Malformed):
            await topics.add(connection, name)


async def test_a_slug_is_given_once(connection):
    async with connection.transaction():
        await grown(connection, "Grief & Loss")
        with pytest.raises(Conflict):
            await topics.add(connection, "grief loss")
        await topics.add(connection, "Sleep")
        with pytest.raises(Conflict):
            await topics.describe(
                connection, await topic(connection, "sleep"), "Sleep", description="", slug="grief-loss"
            )


async def test_what_is_not_there_is_missing(connection):
    async with connection.transaction():
        with pytest.raises(Missing):
            await topics.add(connection, "a", below="nowhere")
        with pytest.raises(Missing):
            await topics.put_group(connection, 1, ["nowhere"])


async def test_topics_change_places_with_their_neighbours_only(connection):
    async with connection.transaction():
        for name in "abc":
            await topics.add(connection, name)
        await topics.add(connection, "a1", below="a")
        await topics.shift(connection, await topic(connection, "c"), -1)
        assert await outline(connection) == ["a", "-a1", "c", "b"]
        for _ in range(2):
            await topics.shift(connection, await topic(connection, "b"), 1)
            await topics.shift(connection, await topic(connection, "a"), -1)
            await topics.shift(connection, await topic(connection, "a1"), 1)
        assert await outline(connection) == ["a", "-a1", "c", "b"]


async def test_what_stood_below_a_removed_topic_moves_up(home):
    group = await home.group()
    async with acquire(home.pool) as db, db.transaction():
        await grown(db, "a", "b", "c")
        await topics.put_group(db, group.actor.id, ["b"])
        middle = await topic(db, "b")
        for _ in range(2):
            await topics.remove(db, middle)
        assert await outline(db) == ["a", "-c"]
        places = await directory.places(db, [group.actor.id])
        assert places == {group.actor.id: [(await topic(db, "a")).id]}


async def test_a_group_stands_under_a_few_topics_at_most(home):
    group = await home.group()
    async with acquire(home.pool) as db, db.transaction():
        for name in "abcd":
            await topics.add(db, name)
        with pytest.raises(Malformed):
            await topics.put_group(db, group.actor.id, ["a", "b", "c", "d"])
        await topics.put_group(db, group.actor.id, ["a", "b", "a"])
        await topics.put_group(db, group.actor.id, ["b", "c"])
        found = {(await topic(db, slug)).id for slug in "bc"}
        assert set((await directory.places(db, [group.actor.id]))[group.actor.id]) == found


async def test_a_slug_is_made_of_the_name():
    assert topics.slug_of("Grief & Loss") == "grief-loss"
    assert topics.slug_of("Über Ängste!") == "uber-angste"
    assert topics.slug_of("睡眠") == ""
    assert len(topics.slug_of("a " * 100)) <= 80
