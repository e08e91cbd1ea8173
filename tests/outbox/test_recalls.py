"""What only members may see is taken back from who is no member any more, until the moment it is sent."""

import asyncio
import json

import pytest

from fediverse_support.core.identifiers import new_id
from fediverse_support.database import deliveries, follows, recalls
from fediverse_support.database.deliveries import Written
from fediverse_support.database.pool import acquire


@pytest.fixture
async def group(office, sink):
    """A group of ours (its number), and how to make somebody on a server a member of it."""
    await office.pool.execute(
        "insert into groups (actor_id, seeing, reach) values ($1, 'members', 'members')", office.actor_id
    )
    return office.actor_id


async def member(office, sink, group, name):
    number, host = new_id(), sink.host(name)
    await office.pool.execute(
        """
        insert into actors (id, uri, type, is_local, name, host, inbox_url, created_at)
        values ($1, $2 || '/users/a', 'Person', false, 'a', $3, $2 || '/inbox', now())
        """,
        number,
        f"http://{host}",
        host,
    )
    await office.pool.execute(
        """
        insert into follows (follower_id, followed_id, state, activity_uris)
        values ($1, $2, 'accepted', '{x}')
        """,
        number,
        group,
    )
    return number


async def say(db, group, number):
    """Publish something for members, about a post of its own."""
    uri = f"http://here.localhost:1/posts/{number}"
    await db.execute(
        """
        insert into posts (id, uri, public_id, author_id, group_id, root_id, content_html, reach,
                           published_at, received_at, active_at)
        values ($1, $2, $3, $4, $4, $1, 'canary', 'members', now(), now(), now())
        """,
        number,
        uri,
        f"{number:032x}",
        group,
    )
    our_group = "http://here.localhost:1/g"
    addressed = {"to": [our_group, f"{our_group}/followers"], "cc": []}
    note = {"id": uri, "type": "Note", "content": "canary"} | addressed
    body = {"id": f"{uri}#a", "type": "Announce", "actor": our_group, "object": note} | addressed
    written = Written(
        id=new_id(),
        uri=body["id"],
        type="Announce",
        body=json.dumps(body),
        followed_id=group,
        keeps_private=True,
    )
    return await deliveries.publish(db, group, uri, [written])


async def test_what_was_in_hand_already_is_not_sent_after_the_removal(office, sink, group):
    """A worker has packed three deliveries; the member goes while the first is under way."""
    left = await member(office, sink, group, "left")

    async def removes(_seen):
        async with acquire(office.pool) as db, db.transaction():
            await follows.remove(db, left, group)
        return 202

    sink.rules["left"] = removes
    async with acquire(office.pool) as db, db.transaction():
        for number in (1, 2, 3):
            assert await say(db, group, number) == 1
    worker = office.worker()
    while await worker.step():
        pass
    assert len(sink.at("left")) == 1
    assert await office.pool.fetchval("select count(*) from deliveries where state = 'waiting'") == 0


async def test_what_is_being_published_while_somebody_is_removed_is_taken_back(office, sink, group):
    left = await member(office, sink, group, "left")
    removal: asyncio.Task[bool]

    async def remove():
        async with acquire(office.pool) as db, db.transaction():
            return await follows.remove(db, left, group)

    async with acquire(office.pool) as db, db.transaction():
        assert await say(db, group, 1) == 1
        removal = asyncio.create_task(remove())
        done, _ = await asyncio.wait({removal}, timeout=0.2)
        assert not done, "the removal waits until it can see what is published"
    assert await removal
    while await office.worker().step():
        pass
    assert sink.at("left") == []


async def test_what_waits_still_goes_to_who_stays(office, sink, group):
    left, _ = await member(office, sink, group, "left"), await member(office, sink, group, "stays")
    async with acquire(office.pool) as db, db.transaction():
        assert await say(db, group, 1) == 2
        await follows.remove(db, left, group)
    while await office.worker().step():
        pass
    assert (len(sink.at("left")), len(sink.at("stays"))) == (0, 1)
    async with acquire(office.pool) as db:
        assert await recalls.from_former_member(db, left, group) == 0, "safe to run twice"
