"""Two servers of ours find out that they mean different people, and put it right (FEP-8fcf), both ways."""

import pytest

from fediverse_support.community.joining import memberships
from fediverse_support.core import clock
from fediverse_support.database.pool import acquire


async def members_of(community, group):
    rows = await community.pool.fetch(
        """
        select a.name from follows f
          join actors a on a.id = f.follower_id
          join actors g on g.id = f.followed_id
         where g.uri = $1 and f.state = 'accepted' order by 1
        """,
        group.actor.uri,
    )
    return [row["name"] for row in rows]


@pytest.fixture
async def lake_in_harbour(make_fediverse):
    """A members-only group on harbour, and two members of it on lake."""
    fediverse = await make_fediverse("harbour", "lake")
    harbour, lake = fediverse["harbour"], fediverse["lake"]
    group = await harbour.home.group("carers", seeing="members", joining="approval")
    ada = await harbour.home.member("ada")
    await harbour.home.join(ada, group.actor)
    people = [await lake.home.member(name) for name in ("cleo", "dora")]
    for member in people:
        found = await lake.find(group.actor.handle)
        async with acquire(lake.pool) as db, db.transaction():
            await memberships.join_elsewhere(db, lake.site, member, found)
        await fediverse.settle()
        asker = await harbour.known(member)
        async with acquire(harbour.pool) as db, db.transaction():
            await memberships.let_in(db, harbour.site, asker, group.actor, clock.now())
        await fediverse.settle()
    assert await members_of(harbour, group) == ["ada", "cleo", "dora"]
    assert await members_of(lake, group) == ["cleo", "dora"]
    return fediverse, group, ada, people


async def lose_deliveries(community):
    await community.pool.execute("delete from deliveries where state = 'waiting'")


async def test_where_both_mean_the_same_people_nothing_is_asked(lake_in_harbour):
    fediverse, group, ada, _ = lake_in_harbour
    harbour, lake = fediverse["harbour"], fediverse["lake"]
    since = len(harbour.heard)
    await harbour.home.write(ada, group.actor, "Good morning.")
    await fediverse.settle()
    told = await lake.pool.fetch("select synchronisation from inbox where type = 'Announce'")
    assert told
    assert all(row["synchronisation"] for row in told), "the digest came with what was said"
    assert [one.path for one in harbour.heard[since:] if "synchron" in one.path] == []


async def test_a_removal_of_which_the_word_was_lost_is_learnt_with_the_next_post(lake_in_harbour):
    fediverse, group, ada, (cleo, _dora) = lake_in_harbour
    harbour, lake = fediverse["harbour"], fediverse["lake"]
    async with acquire(harbour.pool) as db, db.transaction():
        await memberships.decline(db, harbour.site, await harbour.known(cleo), group.actor)
    await lose_deliveries(harbour)
    assert await members_of(lake, group) == ["cleo", "dora"], "lake does not know yet"
    await harbour.home.write(ada, group.actor, "Good morning.")
    await fediverse.settle()
    assert await members_of(lake, group) == ["dora"]


async def test_a_leaving_of_which_the_word_was_lost_is_told_again(lake_in_harbour):
    fediverse, group, ada, (cleo, _dora) = lake_in_harbour
    harbour, lake = fediverse["harbour"], fediverse["lake"]
    async with acquire(lake.pool) as db, db.transaction():
        await memberships.leave(db, lake.site, cleo, await lake.known(group.actor), clock.now())
    await lose_deliveries(lake)
    assert await members_of(harbour, group) == ["ada", "cleo", "dora"], "harbour does not know yet"
    await harbour.home.write(ada, group.actor, "Good morning.")
    await fediverse.settle()
    assert await members_of(harbour, group) == ["ada", "dora"]
