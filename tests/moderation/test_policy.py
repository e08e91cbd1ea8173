"""Applying a policy, taking it back, and who may: on a real database."""

from collections.abc import Awaitable
from typing import Any

import msgspec
import pytest

from fediverse_support.community.house.policies import Policies
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Forbidden, Malformed, Missing
from fediverse_support.core.models import Account
from fediverse_support.database import accounts, policy_drafts, policy_versions
from fediverse_support.database.pool import acquire
from fediverse_support.moderation import ladder, policy
from fediverse_support.policy import file
from fediverse_support.policy.document import DomainText, ListText, RuleText, Whole, WordList
from tests.support.home import Home

HOLDS = RuleText(name="Strangers wait", when={"sender": "stranger"}, then="hold", reason="We look first.")
REFUSES = RuleText(name="No casinos", when={"list": "gambling"}, then="refuse")
GAMBLING = {"gambling": WordList(phrases=("casino", "roulette"))}
OURS = RuleText(name="Pictures wait", scope="group:sober", when={"has_media": True}, then="hold")
BLOCKED = DomainText(level="blocked", reason="Harassment")


class Hands:
    """Does what somebody does to the policy, each deed in a transaction of its own."""

    def __init__(self, home: Home) -> None:
        self.home = home

    async def _does(self, deed: Any, **more: Any) -> Any:
        given = {"by": None, "why": "", "now": clock.now()} | more
        whole = [given.pop("whole")] if "whole" in given else []
        async with acquire(self.home.pool) as db, db.transaction():
            return await deed(db, self.home.site, *whole, **given)

    async def apply(self, **more: Any) -> policy.Applied:
        """Fields of a `Whole`, and how it is applied."""
        given = {name: more.pop(name) for name in list(more) if name in Whole.__struct_fields__}
        return await self._does(policy.apply, whole=Whole(**given), **more)

    async def undo(self, **more: Any) -> policy.Undone:
        return await self._does(policy.undo, **more)

    async def levels(self) -> dict[str, str]:
        rows = await self.home.pool.fetch("select domain, level from domain_levels")
        return {row["domain"]: row["level"] for row in rows}

    async def current(self, scope: str = "instance") -> Whole:
        async with acquire(self.home.pool) as db:
            return await policy.current(db, scope)

    async def rules(self) -> list[str]:
        return sorted(rule.name for rule in (await self.current()).rules or ())

    async def history(self, scope: str | None = None) -> list[tuple[int, str, str, str | None]]:
        async with acquire(self.home.pool) as db:
            found = await policy.history(db, scope)
        return [(one.version, one.kind, one.scope, one.by) for one in found]

    async def account(self, name: str, role: str = "member") -> Account:
        actor = await self.home.member(name)
        await self.home.pool.execute("update accounts set role = $1 where actor_id = $2", role, actor.id)
        async with acquire(self.home.pool) as db:
            found = await accounts.by_name(db, name)
        assert found is not None
        return found


@pytest.fixture
def hands(home: Home) -> Hands:
    return Hands(home)


async def refused(deed: Awaitable[Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        await deed


async def test_what_cannot_be_put_in_force_changes_nothing(home: Home, hands: Hands) -> None:
    await home.group("sober")
    await hands.apply(rules=(HOLDS,), domains={"bad.example": BLOCKED})
    before = await hands.current(), await hands.history()
    bad = RuleText(name="x", when={"matches": "("}, then="hold")
    await refused(hands.apply(rules=(HOLDS, bad), domains={}), Malformed, "[Rr]ule|pattern")
    await refused(hands.apply(rules=(RuleText(name="x", when={"sendr": "stranger"}),)), Malformed, "sender")
    await refused(hands.apply(rules=(HOLDS, HOLDS)), Malformed, "Strangers wait")
    await refused(
        hands.apply(rules=(), domains={"garden.localhost": BLOCKED}), Malformed, "own|this community"
    )
    await refused(hands.apply(rules=(), domains={"a..b": BLOCKED}), Malformed, "domain|name")
    await refused(hands.apply(rules=(), why="x" * 5_001), Malformed, "5,000")
    await refused(hands.apply(rules=(), based_on=99), Malformed, "no version 99")
    for more in ({"mode": "open"}, {"domains": {}}, {"excludes": {}}, {"lists": {}}, {"consensus": 3}):
        await refused(hands.apply(scope="group:sober", **more), Forbidden, "no group does")
    await refused(hands.apply(scope="group:sober", rules=(HOLDS,)), Forbidden, "scope instance")
    await refused(hands.apply(scope="group:sober", words=GAMBLING), Forbidden, "scope instance")
    other = RuleText(name="y", scope="group:other", when={"has_media": True}, then="hold")
    await refused(hands.apply(scope="group:sober", rules=(other,)), Forbidden, "scope group:other")
    assert (await hands.current(), await hands.history()) == before
    await refused(hands.undo(scope="group:sober"), Missing, "taken back")


async def test_a_policy_is_applied_and_taken_back_step_by_step(home: Home, hands: Hands) -> None:
    ada = await hands.account("ada", "admin")
    assert (await hands.apply()).version is None
    first = await hands.apply(
        rules=(HOLDS, REFUSES), words=GAMBLING, domains={"bad.example": BLOCKED}, by=ada, why="To begin"
    )
    assert first.difference.added == ("instance: Strangers wait", "instance: No casinos")
    assert (first.beside, first.difference.words) == (("domain bad.example",), ("gambling",))
    assert await hands.levels() == {"bad.example": "blocked"}
    text = file.write(await hands.current())
    assert (
        await hands.apply(**{name: getattr(file.read(text), name) for name in Whole.__struct_fields__})
    ).version is None

    await hands.apply(
        mode="allow-list",
        rules=(HOLDS,),
        domains={"good.example": DomainText(level="allowed")},
        excludes={"friend.example": "We know them."},
        lists={"club": ListText(url="https://lists.example/club.csv")},
    )
    assert await home.pool.fetchval("select federation_mode from community") == "allow-list"
    assert await hands.rules() == ["Strangers wait"]
    assert (await hands.current()).words == GAMBLING
    assert await hands.levels() == {"good.example": "allowed"}

    undone = await hands.undo(by=ada)
    assert (undone.undoes, undone.version, undone.kept) == (3, 4, ())
    found = await hands.current()
    assert (found.mode, found.excludes, found.lists) == ("open", {}, {})
    assert await home.pool.fetchval("select federation_mode from community") == "open"
    assert await hands.rules() == ["No casinos", "Strangers wait"]
    assert await hands.levels() == {"bad.example": "blocked"}
    assert file.write(found) == text

    assert (await hands.undo()).undoes == 2
    assert (await hands.rules(), await hands.levels()) == ([], {})
    await refused(hands.undo(), Missing, "taken back")
    assert await hands.history() == [
        (5, "undo", "instance", None),
        (4, "undo", "instance", "ada"),
        (3, "change", "instance", None),
        (2, "change", "instance", "ada"),
        (1, "change", "instance", None),
    ]
    deeds = await home.pool.fetch("select deed, object, reason from deeds order by id")
    assert [tuple(row) for row in deeds][:2] == [
        ("change policy", "instance", "To begin"),
        ("change policy", "instance", ""),
    ]
    assert len(deeds) == 4


async def test_undo_keeps_what_somebody_has_changed_once_more(home: Home, hands: Hands) -> None:
    await hands.apply(
        rules=(HOLDS, REFUSES),
        words=GAMBLING,
        domains={"bad.example": BLOCKED, "odd.example": DomainText(level="held")},
    )
    async with acquire(home.pool) as db, db.transaction():
        changes = {"odd.example": DomainText(level="limited")}
        await ladder.put(db, home.site, changes, by=None, why="Better now", now=clock.now(), kind="list")
        softer = RuleText(name=HOLDS.name, when={"sender": "newcomer"}, then="hold")
        document = await policy_versions.document(db)
        await policy_versions.begin(
            db,
            by=None,
            why="",
            kind="list",
            document=msgspec.structs.replace(document, rules=(softer, REFUSES)),
        )
    undone = await hands.undo()
    assert undone.undoes == 2
    assert undone.kept == ("instance: Strangers wait", "domain odd.example")
    assert await hands.rules() == ["Strangers wait"]
    assert await hands.levels() == {"odd.example": "limited"}


async def test_two_who_change_at_once_do_not_undo_each_other(home: Home, hands: Hands) -> None:
    await home.group("sober")
    mo = await hands.account("mo")
    begun = (await hands.apply(rules=(HOLDS,), domains={"a.example": BLOCKED})).version
    await hands.apply(scope="group:sober", rules=(OURS,), by=mo)
    await hands.apply(domains={"a.example": BLOCKED, "b.example": BLOCKED})
    # Written from what was there before the two: it touches neither the group's rule nor b.example.
    done = await hands.apply(
        rules=(HOLDS, REFUSES), words=GAMBLING, domains={"a.example": BLOCKED}, based_on=begun
    )
    assert done.version == 5
    assert await hands.rules() == ["No casinos", "Pictures wait", "Strangers wait"]
    assert sorted(await hands.levels()) == ["a.example", "b.example"]
    # Both have changed the same rule, the same domain: neither is lost without a word.
    other = RuleText(name=HOLDS.name, when={"sender": "newcomer"}, then="hold")
    await hands.apply(rules=(other, REFUSES, OURS))
    mine = RuleText(name=HOLDS.name, when={"sender": "warned"}, then="hold")
    await refused(
        hands.apply(rules=(mine,), based_on=begun), Conflict, "Strangers wait.*6 by the command line"
    )
    softer = {"a.example": BLOCKED, "b.example": DomainText(level="held")}
    await refused(hands.apply(domains=softer, based_on=begun), Conflict, "domain b.example")
    assert (await hands.history())[0][0] == 6


async def test_a_group_changes_and_takes_back_only_what_is_its_own(home: Home, hands: Hands) -> None:
    await home.group("sober")
    mo = await hands.account("mo")
    await hands.apply(rules=(HOLDS,))
    words = {"ours": WordList(phrases=("relapse",), scope="group:sober")}
    await hands.apply(scope="group:sober", rules=(OURS,), words=words, by=mo)
    found = await hands.current("group:sober")
    assert (found.rules, found.words, found.mode, found.domains) == ((OURS,), words, None, None)
    await hands.apply(rules=(HOLDS, REFUSES, OURS), words={**words, **GAMBLING})
    taken = {"gambling": WordList(phrases=("x",), scope="group:sober")}
    await refused(hands.apply(scope="group:sober", words=taken), Conflict, "gambling")
    undone = await hands.undo(scope="group:sober", by=mo)
    assert (undone.undoes, undone.version) == (3, 5)
    assert await hands.rules() == ["No casinos", "Strangers wait"]
    assert [one[:3] for one in await hands.history("group:sober")] == [
        (5, "undo", "group:sober"),
        (3, "change", "group:sober"),
    ]
    assert await home.pool.fetchval("select count(*) from deeds where group_id is not null") == 2


async def test_a_draft_is_of_one_person_and_one_scope(home: Home, hands: Hands) -> None:
    await home.group("sober")
    mo, ada = await hands.account("mo"), await hands.account("ada")
    async with acquire(home.pool) as db:
        document = await policy_versions.document(db)
        await policy.save_draft(db, mo, "group:sober", document, 1, clock.now())
        await policy.save_draft(db, mo, "group:sober", document, 1, clock.now())
        found = await policy.load_draft(db, mo, "group:sober")
        assert isinstance(found, policy_drafts.Draft)
        assert (found.document, found.based_on) == (document, 1)
        assert await policy.load_draft(db, mo, "instance") is None
        assert await policy.load_draft(db, ada, "group:sober") is None
        assert await policy.discard_draft(db, mo, "group:sober")
        assert not await policy.discard_draft(db, mo, "group:sober")


async def test_the_last_policy_holds_where_a_later_one_cannot_be_read_and_none_lets_nobody_in(
    home: Home, hands: Hands
) -> None:
    await hands.apply(rules=(HOLDS,), domains={"bad.example": BLOCKED})
    async with acquire(home.pool) as db:
        running, fresh = Policies(), Policies()
        assert fresh.current().ladder.blocks("anybody.example")
        assert await running.refresh(db)
        assert not await running.refresh(db)
        await hands.apply(rules=(HOLDS, REFUSES), words=GAMBLING)
        await home.pool.execute("update policy_documents set body = '[]' where body like '%casino%'")
        for policies in (running, fresh):
            assert not await policies.refresh(db)
            assert policies.trouble is not None
            assert "policy undo" in policies.trouble.message
        assert running.current().version == 2
        assert [running.current().ladder.blocks(f"{name}.example") for name in ("bad", "good")] == [
            True,
            False,
        ]
        assert fresh.current().ladder.blocks("good.example")
        await hands.undo()
        for policies in (running, fresh):
            assert await policies.refresh(db)
            assert (policies.trouble, policies.current().version) == (None, 4)
            assert not policies.current().ladder.blocks("good.example")
