"""A group moves from one community of ours to another, is archived, and ends: as the other servers see it."""

import httpx
import pytest

from fediverse_support.accounts import sessions
from fediverse_support.community.groups import ownership
from fediverse_support.community.joining import memberships
from fediverse_support.core import clock
from fediverse_support.database import accounts, actors, groups
from fediverse_support.database.pool import acquire


class Pages:
    """A member's browser at one community."""

    def __init__(self, community, token):
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(community.home.app),
            base_url=community.site.origin,
            cookies={"session": token},
            headers={"accept": "text/html", "sec-fetch-site": "same-origin"},
        )
        self.csrf = ""

    async def get(self, path):
        return await self.client.get(path)

    async def post(self, path, **fields):
        return await self.client.post(path, data=fields | {"csrf_token": self.csrf})


async def browser(community, member):
    async with acquire(community.pool) as db:
        account = next(one for one in await accounts.listed(db) if one.actor_id == member.id)
        opened = await sessions.begin(db, account, clock.now())
    found = Pages(community, opened.token)
    found.csrf = opened.csrf_token
    return found


async def owned_group(community, name, owner, **answers):
    group = await community.home.group(name, **answers)
    async with acquire(community.pool) as db, db.transaction():
        await ownership.assign(db, community.site, group, owner)
    return group


async def group_now(community, uri):
    async with acquire(community.pool) as db:
        actor = await actors.by_uri(db, uri)
        return actor, await groups.by_actor(db, actor.id) if actor else None


async def follows(community, follower, uri):
    return await community.pool.fetchval(
        """
        select f.state
          from follows f
          join actors a on a.id = f.follower_id
          join actors g on g.id = f.followed_id
         where a.uri = $1 and g.uri = $2
        """,
        follower.uri,
        uri,
    )


@pytest.fixture
async def town(make_fediverse):
    """garden has the group `sober` and a member of it; harbour has another, and the group it will become."""
    fediverse = await make_fediverse("garden", "harbour")
    garden, harbour = fediverse["garden"], fediverse["harbour"]
    ada, hugo = await garden.home.member("ada"), await harbour.home.member("hugo")
    old = await owned_group(garden, "sober", ada)
    new = await owned_group(harbour, "sober_too", hugo)
    await garden.home.join(ada, old.actor)
    found = await harbour.find(old.actor.handle)
    async with acquire(harbour.pool) as db, db.transaction():
        await memberships.join_elsewhere(db, harbour.site, hugo, found)
    await fediverse.settle()
    assert await follows(garden, hugo, old.actor.uri) == "accepted"
    return fediverse, garden, harbour, ada, hugo, old, new


async def test_a_group_does_not_move_to_one_that_does_not_say_so(town):
    fediverse, garden, harbour, ada, _, old, new = town
    page = await browser(garden, ada)
    answer = await page.post("/groups/sober/move", address=f"@{new.actor.handle}")
    assert answer.status_code == 400
    assert "does not say yet" in answer.text
    await fediverse.settle()
    assert (await group_now(garden, old.actor.uri))[0].moved_to is None
    assert (await group_now(harbour, old.actor.uri))[0].moved_to is None


async def test_a_group_moves_and_each_member_decides_to_go_with_it(town):
    fediverse, garden, harbour, ada, hugo, old, new = town
    hers, his = await browser(garden, ada), await browser(harbour, hugo)
    # What the new group says is asked at that moment: an older copy of it does not count.
    await garden.find(new.actor.handle)
    carried = await his.post("/groups/sober_too/aliases", address=f"@{old.actor.handle}")
    assert carried.status_code == 303, carried.text
    moved = await hers.post("/groups/sober/move", address=f"@{new.actor.handle}")
    assert moved.status_code == 303, moved.text
    await fediverse.settle()

    here, rules = await group_now(garden, old.actor.uri)
    assert (here.moved_to, rules.life) == (new.actor.uri, "archived")
    assert (await group_now(harbour, old.actor.uri))[0].moved_to == new.actor.uri
    # Nobody was taken along.
    assert await follows(garden, ada, new.actor.uri) is None
    assert await follows(harbour, hugo, new.actor.uri) is None

    page = await hers.get("/groups/sober")
    assert "This group has moved" in page.text
    assert "/groups/sober/write" not in page.text
    assert (await hers.post("/groups/sober/follow-there")).status_code == 303
    await fediverse.settle()
    assert await follows(harbour, ada, new.actor.uri) == "accepted"

    there = f"/groups/sober@{garden.site.domain}"
    assert "This group has moved" in (await his.get(there)).text
    answer = await his.post(f"{there}/follow-there")
    assert answer.headers["location"] == "/groups/sober_too"


async def test_a_move_that_only_one_side_tells_is_not_followed(town):
    _, garden, harbour, _, hugo, old, new = town
    await harbour.pool.execute(
        "update actors set moved_to = $2 where uri = $1", old.actor.uri, f"{garden.site.origin}/groups/trap"
    )
    await garden.home.group("trap")
    his = await browser(harbour, hugo)
    answer = await his.post(f"/groups/sober@{garden.site.domain}/follow-there")
    assert answer.status_code == 409
    assert await follows(harbour, hugo, f"{garden.site.origin}/groups/trap") is None
    assert new.actor.moved_to is None


async def test_an_archived_group_is_told_and_takes_nothing_from_elsewhere(town):
    fediverse, garden, harbour, ada, hugo, old, _ = town
    hers = await browser(garden, ada)
    assert (await hers.post("/groups/sober/life", deed="archive")).status_code == 303
    await fediverse.settle()
    sent = [one for one in harbour.heard if b'"postingRestrictedToMods":true' in one.body]
    assert sent
    await harbour.home.write(hugo, (await group_now(harbour, old.actor.uri))[0], "Too late.")
    await fediverse.settle()
    assert await garden.pool.fetchval("select count(*) from posts") == 0


async def test_a_deleted_group_is_gone_on_both_sides(town):
    fediverse, garden, harbour, ada, hugo, old, _ = town
    await garden.home.write(ada, old.actor, "MARKER of hers")
    await fediverse.settle()
    await harbour.home.write(hugo, (await group_now(harbour, old.actor.uri))[0], "MARKER of his")
    await fediverse.settle()
    assert await harbour.reads(hugo, "MARKER of hers")
    hers = await browser(garden, ada)
    wrong = await hers.post("/groups/sober/delete", name="sober_too")
    assert wrong.status_code == 400
    assert (await group_now(garden, old.actor.uri))[0].state == "active"
    assert (await hers.post("/groups/sober/delete", name="sober")).status_code == 303
    await fediverse.settle()

    assert (await group_now(harbour, old.actor.uri))[0].state == "gone"
    assert await follows(harbour, hugo, old.actor.uri) is None
    assert not await harbour.reads(hugo, "MARKER of hers")
    assert await harbour.reads(hugo, "MARKER of his")  # what he wrote is left to himself
    assert not await garden.reads(ada, "MARKER")
    gone = await hers.get("/groups/sober")
    assert gone.status_code == 410
    assert "deleted by who looked after it" in gone.text
    answer = await harbour.asks(old.actor.uri)
    assert answer.status == 410


async def test_a_group_elsewhere_stands_next_door_with_what_is_open_in_it(town):
    fediverse, garden, harbour, ada, hugo, old, _ = town
    await garden.home.write(ada, old.actor, "x", title="Over the fence")
    await fediverse.settle()
    his = await browser(harbour, hugo)
    await his.post("/groups/sober_too/sisters", address="@nobody@garden.localhost:1")
    assert "No group stands next door" in (await his.get("/groups/sober_too/sisters")).text
    added = await his.post("/groups/sober_too/sisters", address=f"@{old.actor.handle}")
    assert added.status_code == 303, added.text
    page = (await his.get("/groups/sober_too")).text
    assert page.index("Next door") < page.index(garden.site.domain) < page.index("Over the fence")
