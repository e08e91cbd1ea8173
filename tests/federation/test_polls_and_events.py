"""A group of members on two servers asks something and comes together; a third server hears nothing of it."""

from datetime import timedelta

import pytest

from fediverse_support.community.joining import memberships
from fediverse_support.community.posts import coming_elsewhere, guests, posts, voting
from fediverse_support.community.posts.events import NewEvent
from fediverse_support.community.posts.polls import NewPoll
from fediverse_support.core import clock
from fediverse_support.database import events, polls
from fediverse_support.database import posts as stored
from fediverse_support.database.pool import acquire

LINK = "https://meet.example/SECRET-LINK"


@pytest.fixture
async def village(make_fediverse):
    """A members-only group on harbour; ada is in it there, cleo from lake; town has nothing to do with it."""
    fediverse = await make_fediverse("harbour", "lake", "town")
    harbour, lake = fediverse["harbour"], fediverse["lake"]
    group = await harbour.home.group("carers", seeing="members", reach="members", joining="approval")
    ada, cleo = await harbour.home.member("ada"), await lake.home.member("cleo")
    await harbour.home.join(ada, group.actor)
    found = await lake.find(group.actor.handle)
    async with acquire(lake.pool) as db, db.transaction():
        await memberships.join_elsewhere(db, lake.site, cleo, found)
    await fediverse.settle()
    async with acquire(harbour.pool) as db, db.transaction():
        await memberships.let_in(db, harbour.site, await harbour.known(cleo), group.actor, clock.now())
    await fediverse.settle()
    return fediverse, group, ada, cleo


async def write(community, author, group, addition, title):
    async with acquire(community.pool) as db, db.transaction():
        words = posts.Words(title=title, source="")
        return await posts.write(
            db,
            community.site,
            author,
            group,
            words,
            clock.now(),
            addition=addition,
            policy=community.home.foundation.policies.current(),
        )


async def there(community, post):
    async with acquire(community.pool) as db:
        found = await stored.by_uri(db, post.uri)
    assert found is not None, "it did not arrive"
    return found


async def test_a_poll_among_members_is_answered_from_both_servers_and_its_result_told(village):
    fediverse, group, ada, cleo = village
    harbour, lake, town = (fediverse[name] for name in ("harbour", "lake", "town"))
    asked = NewPoll(answers=("Mornings", "Evenings"), ends_after=timedelta(hours=1))
    post = await write(harbour, ada, group.actor, asked, "When do we meet?")
    await fediverse.settle()
    copy = await there(lake, post)
    async with acquire(lake.pool) as db, db.transaction():
        await voting.vote(db, lake.site, cleo, copy.id, [1], clock.now())
    async with acquire(harbour.pool) as db, db.transaction():
        await voting.vote(db, harbour.site, ada, post.id, [1], clock.now())
    await fediverse.settle()
    async with acquire(lake.pool) as db:
        poll = await polls.of_post(db, copy.id)
        assert [answer.votes for answer in poll.answers] == [0, 0], "hidden until the end"
        assert not any(
            one.body and b"Evenings" in one.body and b"/people/ada#" in one.body for one in lake.heard
        )
    async with acquire(harbour.pool) as db, db.transaction():
        assert await voting.close_next(db, harbour.site, clock.now() + timedelta(hours=2))
    await fediverse.settle()
    async with acquire(lake.pool) as db:
        poll = await polls.of_post(db, copy.id)
    assert [answer.votes for answer in poll.answers] == [0, 2]
    assert poll.voters == 2
    assert poll.closed_at is not None
    assert town.heard == []
    assert await town.fetch(post.uri) is None


async def test_an_event_among_members_tells_its_way_in_to_the_guest_alone(village):
    fediverse, group, ada, cleo = village
    harbour, lake, town = (fediverse[name] for name in ("harbour", "lake", "town"))
    start = clock.now() + timedelta(days=3)
    called = NewEvent(
        starts_at=start,
        ends_at=start + timedelta(hours=1),
        time_zone="Europe/Berlin",
        join_link=LINK,
        joining="approval",
    )
    post = await write(harbour, ada, group.actor, called, "Listening circle")
    await fediverse.settle()
    copy = await there(lake, post)
    async with acquire(lake.pool) as db, db.transaction():
        found = await events.of_post(db, copy.id)
        assert (found.starts_at, found.join_link) == (start.replace(microsecond=0), "")
        assert await coming_elsewhere.ask(db, lake.site, cleo, copy.id, clock.now()) == "asked"
    await fediverse.settle()
    assert not any(b"SECRET" in one.body for one in lake.heard)
    asker = await harbour.known(cleo)
    async with acquire(harbour.pool) as db, db.transaction():
        await guests.let_in(db, harbour.site, post.id, asker.id, clock.now())
    await fediverse.settle()
    async with acquire(lake.pool) as db:
        assert await events.state_of(db, copy.id, cleo.id) == "accepted"
        assert LINK in await events.letter_to(db, copy.id, cleo.id)
    carried = [one.path for one in lake.heard if b"SECRET" in one.body]
    assert carried == ["/people/cleo/inbox"], "to her own inbox, once"
    assert not any(b"SECRET" in one.body for one in town.heard)
    served = await lake.fetch(post.uri)
    assert served["type"] == "Event"
    assert "SECRET" not in str(served)
    assert await town.fetch(post.uri) is None
    async with acquire(lake.pool) as db, db.transaction():
        await coming_elsewhere.stay_away(db, lake.site, cleo, copy.id, clock.now())
    await fediverse.settle()
    async with acquire(harbour.pool) as db:
        assert await events.guests(db, post.id) == []
