"""Trying a policy on what has arrived: what it predicts comes true, and what a try leaves behind."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from fediverse_support.core import clock
from fediverse_support.core.errors import Missing, TooMany
from fediverse_support.core.models import Account
from fediverse_support.database import accounts, actors, decisions, policy_tries, tombstones
from fediverse_support.database.pool import acquire
from fediverse_support.moderation import holds, policy, trying
from fediverse_support.moderation.trying import Draft, Tries
from fediverse_support.policy.arrivals import Arrival
from fediverse_support.policy.document import Document, DomainText, RuleText, Whole
from fediverse_support.policy.engine import compile_policy, judge
from fediverse_support.policy.replay import Report
from fediverse_support.worker import Worker
from tests.support.home import TEST_NETWORK, Home, at_home
from tests.support.remote import RemoteActor

STRANGERS_WAIT = RuleText(name="Strangers wait", when={"sender": "stranger"}, then="hold")
PICTURES_WAIT = RuleText(name="Pictures wait", when={"sender": "newcomer", "has_media": True}, then="hold")
NO_CASINOS = RuleText(name="No casinos", when={"words": "casino"}, then="refuse")
FIRST_TWO = RuleText(name="First two", when={"accepted_under": 2}, amendments=("quiet",))
EDITS = RuleText(name="Edits", scope="group:sober", when={"edit": True, "sender": "newcomer"}, then="hold")
LIMITED = {"lemmy.example": DomainText(level="limited")}
MONTH = timedelta(days=30)


async def nobody(done: int, total: int) -> None:
    return


async def put_in_force(home: Home, *rules: RuleText, **more: Any) -> None:
    async with acquire(home.pool) as db, db.transaction():
        whole = Whole(rules=rules, **more)
        await policy.apply(db, home.site, whole, by=None, why="", now=clock.now())
    async with acquire(home.pool) as db:
        await home.foundation.policies.refresh(db)


class Traffic:
    """The same arrivals, and the same deeds of a moderator, for two communities."""

    def __init__(self) -> None:
        self.rosa = RemoteActor(name="rosa", origin="https://masto.example")
        self.lea = RemoteActor(name="lea", origin="https://lemmy.example")
        self.group = "http://garden.localhost:8000/groups/sober"
        self.steps: list[tuple[RemoteActor, dict[str, Any]] | str] = []
        """Who sends what; or the id of a post that a moderator lets in if it waits."""
        self._make()

    def _make(self) -> None:
        image = {"type": "Image", "mediaType": "image/png", "url": "https://masto.example/a.png", "name": "A"}
        first = self._post(self.rosa)
        self._post(self.lea, attachment=[image])
        self._post(self.rosa)
        self.steps.append(first["id"])
        pictured = self._post(self.rosa, attachment=[image])
        self._edit(self.rosa, pictured, attachment=[])
        self._edit(self.rosa, first)
        self._post(self.rosa, content="<p>A CAS\u0130NO, a c\u0430sino, a casino</p>")
        # The words of what is deleted are gone at once: of these no rule here asks.
        self.steps.append((self.rosa, self.rosa.activity("Delete", self._post(self.rosa)["id"])))
        for person in (self.rosa, self.lea, self.rosa, self.lea):
            self._post(person)
            self.steps.append((person, person.activity("Like", first["id"])))
        self._edit(self.lea, self._post(self.lea, attachment=[image]))

    def _post(self, author: RemoteActor, **more: Any) -> dict[str, Any]:
        note = author.note(self.group, **more)
        self.steps.append((author, author.create(note)))
        return note

    def _edit(self, author: RemoteActor, note: dict[str, Any], **more: Any) -> None:
        changed = note | {"updated": "2027-01-01T00:00:00Z", "content": "<p>Other words.</p>"} | more
        self.steps.append((author, author.activity("Update", changed, to=note["to"], cc=note["cc"])))

    async def prepare(self, home: Home) -> None:
        await home.group("sober")
        for person in (self.rosa, self.lea):
            await home.meet(person)

    async def comes(self, home: Home) -> None:
        for step in self.steps:
            if isinstance(step, str):
                await self._let_in(home, step)
            else:
                assert (await home.deliver(*step)).status_code == 202
                await home.process()

    @staticmethod
    async def _let_in(home: Home, uri: str) -> None:
        query = """
            select h.id from holds h join posts p on p.id = h.post_id where p.uri = $1 and h.state = 'waiting'
        """
        number = await home.pool.fetchval(query, uri)
        if number is not None:
            async with acquire(home.pool) as db, db.transaction():
                await holds.accept(db, home.site, number, None, clock.now())


async def decided(home: Home) -> dict[str, str]:
    """What was decided about each activity the first time."""
    rows = await home.pool.fetch(
        """
        select distinct on (activity_uri) activity_uri, outcome, amendments from decisions
         order by activity_uri, id
        """
    )
    return {
        row["activity_uri"]: f"{row['outcome']} with {', '.join(row['amendments'])}"
        if row["outcome"] == "accept" and row["amendments"]
        else row["outcome"]
        for row in rows
    }


@pytest.fixture
async def two_homes(
    make_database_url: Callable[[], Awaitable[str]], tmp_path: Path
) -> AsyncIterator[tuple[Home, Home]]:
    """Two communities at the same address, as they never are outside of tests."""
    async with AsyncExitStack() as stack:
        homes = [
            await stack.enter_async_context(
                at_home(TEST_NETWORK, await make_database_url(), str(tmp_path / n))
            )
            for n in "ab"
        ]
        yield homes[0], homes[1]


async def test_what_is_predicted_is_what_the_inbox_does_with_the_same_traffic(
    two_homes: tuple[Home, Home],
) -> None:
    here, there = two_homes
    traffic = Traffic()
    await traffic.prepare(here)
    await traffic.prepare(there)
    await put_in_force(here, STRANGERS_WAIT)
    await traffic.comes(here)

    rules = (PICTURES_WAIT, NO_CASINOS, FIRST_TWO, EDITS)
    async with acquire(here.pool) as db, db.transaction():
        number = await trying.begin(
            db,
            scope="instance",
            document=Document(rules=rules),
            domains=LIMITED,
            since=clock.now() - MONTH,
            by=None,
            now=clock.now(),
        )
    assert await Tries(here.pool).step()
    async with acquire(here.pool) as db:
        predicted = (await trying.found(db, number, None, "instance")).report
    assert predicted is not None

    await put_in_force(there, *rules, domains=LIMITED)
    await traffic.comes(there)
    was, becomes = await decided(here), await decided(there)
    assert was.keys() == becomes.keys()
    truly = Counter((was[uri], becomes[uri]) for uri in was if was[uri] != becomes[uri])
    assert {(one.before, one.after): one.count for one in predicted.changes} == truly
    assert (len(truly), truly.total()) >= (3, 8)
    assert predicted.judged == len(was)
    assert predicted.totals_before == Counter(one.split()[0] for one in was.values())
    assert predicted.totals_after == Counter(one.split()[0] for one in becomes.values())


def an_arrival(number: int, **facts: Any) -> Arrival:
    uri = f"https://peer.example/{number}"
    given = {"activity_type": "Create", "actor_uri": "https://peer.example/u/ana", "hosts": ("peer.example",)}
    more = {"object_type": "Note", "object_uri": f"{uri}/note", "visibility": "open", "at": clock.now()}
    return Arrival(activity_uri=uri, **(given | more | facts))


async def keep(home: Home, *arrivals: Arrival) -> None:
    in_force = compile_policy(1, [])
    async with acquire(home.pool) as db:
        for arrival in arrivals:
            await decisions.record(db, arrival, judge(in_force, arrival))


async def an_account(home: Home, name: str) -> Account:
    await home.member(name)
    async with acquire(home.pool) as db:
        found = await accounts.by_name(db, name)
    assert found is not None
    return found


async def begin(home: Home, by: Account | None, scope: str, *rules: RuleText) -> int:
    async with acquire(home.pool) as db, db.transaction():
        since, now = clock.now() - MONTH, clock.now()
        document = Document(rules=rules)
        return await trying.begin(db, scope=scope, document=document, since=since, by=by, now=now)


async def test_a_try_is_run_once_for_whom_it_concerns_and_ends_in_words_if_it_cannot(home: Home) -> None:
    await home.group("sober")
    mo, ada = await an_account(home, "mo"), await an_account(home, "ada")
    text = {"text": "a casino", "length": 8}
    await keep(
        home,
        an_arrival(1, **text),
        an_arrival(2, group="sober", attachments=1, media_types=("image/png",), **text),
        an_arrival(3, at=clock.now() - timedelta(days=40), **text),
        an_arrival(4, **text),
        an_arrival(5, **text),
    )
    await home.pool.execute("update decisions set words = null where activity_uri like '%/4'")
    await home.pool.execute(
        """update decisions set facts = '{"mentions": "x"}' where activity_uri like '%/5'"""
    )
    ours = RuleText(name="Pictures", scope="group:sober", when={"has_media": True}, then="hold")
    broken = RuleText(name="Broken", when={"matches": "("}, then="hold")

    numbers = [
        await begin(home, mo, "instance", NO_CASINOS),
        await begin(home, mo, "group:sober", ours),
        await begin(home, mo, "instance", broken),
    ]
    runner = Tries(home.pool)
    # A worker that died had taken up the first: while its lease lasts nobody else does, then somebody does.
    async with acquire(home.pool) as db:
        dead = await policy_tries.lease(db, clock.now(), clock.now() + timedelta(seconds=60))
        assert dead is not None
        assert dead.id == numbers[0]
    assert [await runner.step() for _ in range(3)] == [True, True, False]
    async with acquire(home.pool) as db:
        assert (await trying.found(db, numbers[0], mo, "instance")).state == "running"
    assert await Tries(home.pool, lambda: clock.now() + timedelta(seconds=61)).step()

    async with acquire(home.pool) as db:
        whole, group, wrong = [await policy_tries.by_id(db, number) for number in numbers]
        for by, scope in ((ada, "instance"), (mo, "group:other")):
            with pytest.raises(Missing):
                await trying.found(db, numbers[0], by, scope)
    assert whole is not None
    assert group is not None
    assert wrong is not None
    assert isinstance(whole.report, Report)
    assert (whole.state, whole.done, whole.total, whole.attempts) == ("done", 4, 4, 2)
    assert (whole.report.judged, whole.report.changed) == (3, 2)
    assert (whole.report.without_words, whole.report.unreadable) == (1, 1)
    assert group.report is not None
    assert [(one.before, one.after, one.count) for one in group.report.changes] == [("accept", "hold", 1)]
    assert (wrong.state, wrong.report) == ("failed", None)
    assert "Broken" in wrong.error
    assert await home.pool.fetchval("select max(version) from policy_versions") == 1


async def test_nobody_fills_the_queue_and_what_brings_workers_down_is_given_up(home: Home) -> None:
    mo, runner = await an_account(home, "mo"), Tries(home.pool)
    for _ in range(5):
        await begin(home, mo, "instance", NO_CASINOS)
    with pytest.raises(TooMany):
        await begin(home, mo, "instance", NO_CASINOS)
    # A worker that is told to stop gives back what it has in hand.
    with mock.patch.object(trying, "replayed", side_effect=asyncio.CancelledError):
        with pytest.raises(asyncio.CancelledError):
            await runner.step()
    async with acquire(home.pool) as db:
        again = await policy_tries.lease(db, clock.now(), clock.now())
    assert again is not None
    assert (again.state, again.attempts) == ("running", 1)
    await home.pool.execute("update policy_tries set attempts = 3 where state in ('waiting', 'running')")
    assert await runner.step()
    assert (
        await home.pool.fetchval("select count(*) from policy_tries where error like 'This try was begun%'")
        == 1
    )
    async with acquire(home.pool) as db:
        await policy_tries.forget_old(db, clock.now() + timedelta(seconds=1))
    assert await home.pool.fetchval("select count(*) from policy_tries") == 0


async def test_what_would_end_is_told_with_a_block_and_with_an_allow_list(home: Home) -> None:
    ada, group = await home.member("ada"), await home.group("sober")
    elsewhere = RemoteActor(name="club", origin="https://club.example", type="Group")
    await home.join(ada, await home.meet(elsewhere))
    await home.join(await home.meet(RemoteActor(name="lea", origin="https://sub.lemmy.example")), group.actor)

    async def severed(**draft: Any) -> tuple[tuple[str, ...], int, int]:
        given = {"scope": "instance", "document": Document()} | draft
        report = await trying.replayed(home.pool, Draft(**given), clock.now() - MONTH, nobody)
        assert report.judged == 0
        return report.severed.domains, report.severed.members, report.severed.followers

    blocked = DomainText(level="blocked")
    assert await severed() == ((), 0, 0)
    assert await severed(domains={"lemmy.example": blocked}) == (("sub.lemmy.example",), 0, 1)
    assert await severed(domains={"club.example": blocked}) == (("club.example",), 1, 0)
    only = {"club.example": DomainText(level="allowed")}
    allow_list = Document(mode="allow-list")
    assert await severed(document=allow_list, domains=only) == (("sub.lemmy.example",), 0, 1)
    assert await home.pool.fetchval("select count(*) from domain_levels") == 0


async def test_words_go_with_their_post_their_author_or_their_time_and_facts_after_them(home: Home) -> None:
    ana, bob = "https://peer.example/u/ana", "https://peer.example/u/bob"
    days = [0, 0, 0, 8, 31]
    await keep(
        home,
        *(
            an_arrival(
                n,
                actor_uri=bob if n == 2 else ana,
                text="words",
                length=5,
                at=clock.now() - timedelta(days=age),
            )
            for n, age in enumerate(days)
        ),
    )

    async def left() -> list[int]:
        rows = await home.pool.fetch("select activity_uri from decisions where words is not null order by id")
        return [int(row["activity_uri"].rpartition("/")[2]) for row in rows]

    assert await left() == [0, 1, 2, 3, 4]
    async with acquire(home.pool) as db:
        await tombstones.bury(db, "https://peer.example/0/note", ana, "Note", clock.now())
        # Only who wrote them can make them forgotten.
        await tombstones.bury(
            db, "https://peer.example/1/note", "https://evil.example/u", "Note", clock.now()
        )
    assert await left() == [1, 2, 3, 4]
    worker = Worker(home.foundation)
    async with acquire(home.pool) as db:
        await worker._forget_facts(db, clock.now())
    assert await left() == [1, 2]
    assert await home.pool.fetchval("select count(*) from decisions") == 4
    gone = await home.meet(RemoteActor(name="bob", origin="https://peer.example"))
    assert gone.uri != bob
    await home.pool.execute("update decisions set actor_uri = $1 where actor_uri = $2", gone.uri, bob)
    async with acquire(home.pool) as db:
        await actors.mark_gone(db, gone.id, clock.now())
    assert await left() == [1]
