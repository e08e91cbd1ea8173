"""Follows that end because a server is blocked: what is kept, what is told, what is offered again."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.community.joining import severing
from fediverse_support.community.joining.severing import AGAIN, CONTINUES, ENDED, ENDS
from fediverse_support.core.models import Actor
from fediverse_support.database import follows, member_notices, severances
from fediverse_support.database.pool import acquire
from tests.support.home import Home
from tests.support.remote import RemoteActor

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOW + severing.GRACE
CLOSED = {"manuallyApprovesFollowers": True}


class Town:
    """Ada and Ben here, in groups on bad.example, and people from there in a group here."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.site = home.site

    async def settle(self) -> "Town":
        home = self.home
        self.ada, self.ben, self.cleo = [await home.member(name) for name in ("ada", "ben", "cleo")]
        self.sober = (await home.group("sober")).actor
        self.night = await self.elsewhere("night", "https://bad.example", "Group")
        self.quiet = await self.elsewhere("quiet", "https://bad.example", "Group", CLOSED)
        self.zoe = await self.elsewhere("zoe", "https://bad.example")
        self.below = await self.elsewhere("below", "https://good.bad.example", "Group")
        self.other = await self.elsewhere("other", "https://notbad.example", "Group")
        for member, group in (
            (self.ada, self.night), (self.ben, self.night), (self.ada, self.quiet), (self.ada, self.zoe),
            (self.ben, self.below), (self.cleo, self.other), (self.zoe, self.sober), (self.zoe, self.ada),
            (self.ada, self.sober),
        ):  # fmt: skip
            await home.join(member, group)
        await home.ask_elsewhere(self.ben, RemoteActor("quiet", "https://bad.example", "Group", CLOSED))
        return self

    async def elsewhere(
        self, name: str, origin: str, kind: str = "Person", more: dict[str, Any] | None = None
    ) -> Actor:
        return await self.home.meet(RemoteActor(name, origin, kind, more or {}))

    async def level(self, domain: str, level: str | None) -> None:
        """Set what the ladder says, and nothing that follows from it."""
        await self.home.pool.execute("delete from domain_levels where domain = $1", domain)
        if level is not None:
            await self.home.pool.execute(
                "insert into domain_levels (domain, level, admits) values ($1, $2, $2 <> 'blocked')",
                domain,
                level,
            )

    async def block(self, *domains: str, at: datetime = NOW) -> None:
        for domain in domains:
            await self.level(domain, "blocked")
        async with acquire(self.home.pool) as db, db.transaction():
            await severing.blocked(db, self.site, domains, None, at)

    async def unblock(self, *domains: str, at: datetime = NOW) -> None:
        for domain in domains:
            await self.level(domain, None)
        async with acquire(self.home.pool) as db, db.transaction():
            await severing.unblocked(db, self.site, domains, at)

    async def work(self, at: datetime) -> int:
        """What the worker does then; how many severances."""
        done = 0
        async with acquire(self.home.pool) as db:
            while await severing.sever_next(db, self.site, at):
                done += 1
        return done

    async def follows(self) -> set[tuple[int, int]]:
        rows = await self.home.pool.fetch("select follower_id, followed_id from follows")
        return {(row["follower_id"], row["followed_id"]) for row in rows}

    async def told(self, member: Actor) -> list[member_notices.Notice]:
        async with acquire(self.home.pool) as db:
            account = await db.fetchval("select id from accounts where actor_id = $1", member.id)
            return await member_notices.open_of(db, account)

    async def kinds(self, *people: Actor) -> list[list[str]]:
        return [[notice.kind for notice in await self.told(person)] for person in people]

    async def sent(self) -> int:
        return int(await self.home.pool.fetchval("select count(*) from activities"))


async def test_a_block_ends_follows_after_a_week_and_says_so_before(home: Home) -> None:
    town = await Town(home).settle()
    before, sent = await town.follows(), await town.sent()
    async with acquire(home.pool) as db:
        seen = await severing.preview(db, ["bad.example"])
    assert (seen.members, seen.followers, seen.unnamed) == (2, 1, 1)
    assert seen.groups == (("night@bad.example", 2), ("below@good.bad.example", 1)), "closed ones are counted"
    assert await town.follows() == before, "looking changes nothing"

    await town.level("good.bad.example", "allowed")
    async with acquire(home.pool) as db:
        assert (await severing.preview(db, ["bad.example"])).groups == (("night@bad.example", 2),)
    await town.block("bad.example")
    await town.block("bad.example", at=NOW + timedelta(days=1))
    assert await town.follows() == before, "the week has not passed"
    (told,) = await town.told(town.ada)
    assert told.kind == ENDS
    assert (told.data["groups"], told.data["people"]) == (["Night", "Quiet"], ["@zoe@bad.example"])
    assert told.data["day"] == LATER.isoformat(), "a second block does not put it off"
    (told,) = await town.told(town.ben)
    assert (told.data["groups"], told.data["asked"]) == (["Night"], ["Quiet"]), "the subdomain is let in"
    assert await town.told(town.cleo) == [], "she is in no group there"
    async with acquire(home.pool) as db:
        assert (await severing.preview(db, ["bad.example"])).members == 0, "nothing more would end"

    assert await town.work(LATER - timedelta(seconds=1)) == 0
    assert await town.follows() == before
    assert await town.work(LATER) == 1
    assert await town.work(LATER) == 0, "safe to run twice"
    kept = {(town.ben.id, town.below.id), (town.cleo.id, town.other.id), (town.ada.id, town.sober.id)}
    assert await town.follows() == kept, "both ways, and the other servers not"
    assert await town.sent() == sent, "the blocked server is told nothing"
    assert await town.kinds(town.ada, town.ben, town.cleo) == [[ENDED], [ENDED], []]

    await town.unblock("bad.example", at=LATER + timedelta(days=30))
    assert await town.follows() == kept, "nobody is made to come back"
    assert await town.kinds(town.ada, town.ben) == [[AGAIN], [AGAIN]]
    async with acquire(home.pool) as db:
        await member_notices.forget_read(db, LATER + timedelta(days=60))
        assert await db.fetchval("select count(*) from member_notices") == 2, "what is open stays"
    async with acquire(home.pool) as db:
        (lifted,) = await db.fetch("select id, state from severances")
        assert lifted["state"] == "lifted"
        offers = await severances.offers(db, town.ada.id, [lifted["id"]])
        assert [offer.handle for offer in offers] == [
            "night@bad.example", "quiet@bad.example", "zoe@bad.example",
        ]  # fmt: skip
        assert await severances.offers(db, town.cleo.id, [lifted["id"]]) == []
        assert await severances.offers(db, town.zoe.id, [lifted["id"]]) == [], "who is elsewhere asks anew"


async def test_what_is_taken_back_within_the_week_costs_nobody_anything(home: Home) -> None:
    town = await Town(home).settle()
    before = await town.follows()
    await town.level("good.bad.example", "limited")
    await town.block("bad.example")
    assert await town.kinds(town.ada, town.ben, town.cleo) == [[ENDS], [ENDS], []]
    await town.unblock("bad.example", at=NOW + timedelta(days=2))
    await town.unblock("bad.example", at=NOW + timedelta(days=2))
    assert await town.kinds(town.ada, town.ben, town.cleo) == [[CONTINUES], [CONTINUES], []]
    assert await town.work(LATER + timedelta(days=1)) == 0
    assert await town.follows() == before

    await town.block("bad.example", at=NOW + timedelta(days=3))
    await town.level("bad.example", None)
    assert await town.work(NOW + timedelta(days=10)) == 1, "nobody said so; it is looked at"
    assert await town.follows() == before
    assert await town.kinds(town.ada) == [[CONTINUES]]
    async with acquire(home.pool) as db:
        assert await follows.between(db, town.zoe.id, town.sober.id) is not None


LABELS = st.sampled_from(["a", "b", "ab"])
NAMES = st.lists(LABELS, min_size=1, max_size=4).map(".".join)


@given(st.frozensets(NAMES, max_size=5), NAMES, st.none() | NAMES)
def test_a_host_is_concerned_by_its_own_name_and_those_above_it_and_no_other(
    names: frozenset[str], host: str, nearest: str | None
) -> None:
    above = [name for name in names if host == name or host.endswith(f".{name}")]
    assert severing._reaches(names, host) == bool(above)
    if nearest is not None and not (host == nearest or host.endswith(f".{nearest}")):
        nearest = None
    longest = max(map(len, above), default=-1)
    assert severing._decides(names, host, nearest) == (bool(above) and longest >= len(nearest or ""))


async def test_in_whatever_order_things_happen_no_follow_is_lost_without_its_week(home: Home) -> None:
    """A walk through all that may happen to a server; follows end only a week after the last block."""
    town = await Town(home).settle()
    before = await town.follows()
    chance, day, blocked_on = random.Random(7), 0, None
    for _ in range(60):
        day += chance.randrange(4)
        at = NOW + timedelta(days=day)
        step = chance.choice(("block", "block", "unblock", "work", "work", "work"))
        if step == "block":
            if blocked_on is None:
                blocked_on = day
            await town.block("bad.example", at=at)
        elif step == "unblock":
            blocked_on = None
            await town.unblock("bad.example", at=at)
        else:
            await town.work(at)
        has_ended = len(await town.follows()) < len(before)
        assert not has_ended or (blocked_on is not None and day - blocked_on >= severing.GRACE.days), step
        if has_ended:
            break
    assert has_ended, "it came to an end"
    states = [row["state"] for row in await home.pool.fetch("select state from severances order by id")]
    assert states[-2:] == ["done", "done"], "the server and the one below it"
    assert set(states[:-2]) == {"undone"}
