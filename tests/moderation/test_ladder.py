"""The ladder in the database: set by hand, excluded, expired, settled, and what that does to follows."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from fediverse_support.core.errors import Conflict, Malformed
from fediverse_support.database import (
    deliveries,
    domains,
    hosts,
    list_entries,
    policy_versions,
    severances,
)
from fediverse_support.database import domain_lists as lists
from fediverse_support.database.pool import acquire
from fediverse_support.moderation import deeds, domain_levels, ladder
from fediverse_support.moderation.domain_levels import Setting
from fediverse_support.policy.document import Document, DomainText, ListText
from fediverse_support.policy.ladder import ladder_of
from fediverse_support.policy.levels import level_of, word_of
from fediverse_support.policy.lists.rows import Listed
from fediverse_support.policy.precedence import resolve
from fediverse_support.protocol.site import site_of
from tests.support.remote import RemoteActor

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def site(settings):
    return site_of(settings)


@pytest.fixture
def put(connection, site):
    async def change(now=NOW, is_sure=False, kind="change", **levels):
        return await ladder.put(
            connection,
            site,
            {name.replace("_", "."): level_of(word) if word else None for name, word in levels.items()},
            by=None,
            why="",
            now=now,
            is_sure=is_sure,
            kind=kind,
        )

    return change


async def holds(db):
    return {one.domain: word_of(one.level, one.no_media, one.no_reports) for one in await domains.listed(db)}


async def listed(db, name, site, entries, **how):
    """A list that says this, as if it had been fetched."""
    await lists.put(db, name, ListText(url=f"https://{name}.example/list", **how), None, NOW)
    found = await lists.by_name(db, name)
    await list_entries.store(
        db, found.id, [Listed(domain=domain, level=level) for domain, level in entries.items()]
    )
    await ladder.settle(db, site, NOW, None, await policy_versions.latest(db))
    return found


@pytest.mark.parametrize(
    ("domain", "error"),
    [
        ("garden.example", Conflict),
        ("GARDEN.Example.", Conflict),
        ("garden.example:443", Conflict),
        ("co.uk", Malformed),
        ("com", Malformed),
        ("192.0.2.1", Malformed),
        ("[2001:db8::1]", Malformed),
        ("ba*.example", Malformed),
        ("no domain", Malformed),
        ("https://x.example/", Malformed),
    ],
)
async def test_what_cannot_stand_on_the_ladder_is_refused(connection, site, domain, error):
    with pytest.raises(error) as refusal:
        await ladder.put(connection, site, {domain: level_of("held")}, by=None, why="", now=NOW)
    assert refusal.value.message.endswith(".")
    assert (await holds(connection), await policy_versions.latest(connection)) == ({}, 1)


async def test_bad_values_are_refused_and_change_nothing(connection, site):
    for text in (
        DomainText(level="odd"),
        DomainText(level="held", reason="x" * 1001),
        DomainText(level="held", note="x" * 5001),
        DomainText(level="held", expires=date(2026, 3, 9)),
    ):
        with pytest.raises(Malformed):
            await ladder.put(connection, site, {"a.example": text}, by=None, why="", now=NOW)
    twice = {"a.example": level_of("held"), "A.example.": level_of("limited")}
    with pytest.raises(Malformed):
        await ladder.put(connection, site, twice, by=None, why="", now=NOW)
    setting = Setting(domain="a.example", level="held+no-fun")
    with pytest.raises(Malformed):
        await domain_levels.put(connection, site, setting, None, NOW)
    assert (await holds(connection), await policy_versions.latest(connection)) == ({}, 1)


async def test_one_deed_is_one_version_that_says_what_was_and_what_is(connection, put):
    settled = await put(a_example="held+no-media", BÜCHER_example="limited")
    assert (settled.version, settled.changed) == (2, ("a.example", "xn--bcher-kva.example"))
    assert await holds(connection) == {"a.example": "held+no-media", "xn--bcher-kva.example": "limited"}
    assert (await put(a_example="held+no-media")).version == 2, "what is as it was makes no version"
    assert (await put(a_example="blocked", c_example="trusted")).newly_blocked == ("a.example",)
    noted = {one.key: (one.before, one.after) for one in await policy_versions.changes(connection, 3)}
    assert noted == {
        "a.example": ({"level": "held", "no_media": True}, {"level": "blocked"}),
        "c.example": (None, {"level": "trusted"}),
    }
    settled = await put(a_example=None, gone_example=None)
    assert (settled.version, settled.changed, settled.newly_open) == (4, ("a.example",), ("a.example",))
    assert [(one.deed, one.object) for one in await deeds.latest(connection)][:2] == [
        ("remove domain level", "a.example"),
        ("set domain to trusted", "c.example"),
    ]
    many = {f"d{n}_example": "held" for n in range(30)}
    await put(**many)
    (first, *_) = await deeds.latest(connection)
    assert (first.deed, first.object) == ("set domains", "30 domains")


async def test_whoever_is_sure_may_block_a_suffix(connection, put):
    await put(is_sure=True, co_uk="blocked")
    assert await holds(connection) == {"co.uk": "blocked"}
    # It was there before: taking it back and bringing it back needs no second thought.
    await put(co_uk=None)
    await put(kind="undo", co_uk="blocked")
    assert await holds(connection) == {"co.uk": "blocked"}


async def test_what_has_had_its_last_day_is_taken_away_as_a_version(connection, site, put):
    last = DomainText(level="held", expires=NOW.date(), review=date(2026, 3, 1))
    review = DomainText(level="limited", review=date(2026, 3, 11))
    texts = {"a.example": last, "b.example": review}
    await ladder.put(connection, site, texts, by=None, why="", now=NOW)
    assert await ladder.expire(connection, site, NOW.replace(hour=23)) is None
    due = await domains.due_for_review(connection, NOW.date())
    assert [one.domain for one in due] == ["a.example"]
    settled = await ladder.expire(connection, site, NOW + timedelta(days=1))
    assert (settled.version, settled.changed) == (3, ("a.example",))
    (version, *_) = await policy_versions.history(connection)
    assert (version.kind, version.by) == ("expiry", None)
    assert await ladder.expire(connection, site, NOW + timedelta(days=1)) is None
    assert [one.domain for one in await domains.due_for_review(connection, date(2026, 3, 11))] == [
        "b.example"
    ]


async def test_no_list_touches_what_is_excluded(connection, site, put):
    await listed(connection, "one", site, {"a.example": "blocked", "x.b.example": "held"})
    assert await holds(connection) == {"a.example": "blocked", "x.b.example": "held"}
    settled = await ladder.exclude(
        connection, site, {"y.a.example": "friends", "b.example": ""}, by=None, why="", now=NOW
    )
    assert (settled.version, settled.newly_open) == (2, ("y.a.example",))
    assert await holds(connection) == {"a.example": "blocked", "y.a.example": "default"}
    shielded = {one.domain: (one.is_by_hand, one.list_name) for one in await domains.listed(connection)}
    assert shielded == {"a.example": (False, "one"), "y.a.example": (False, None)}
    assert (await ladder.exclude(connection, site, {"b.example": ""}, by=None, why="", now=NOW)).version == 2
    (change, *_) = await policy_versions.changes(connection, 2)
    assert (change.kind, change.before, change.after) == ("exclude", None, {"note": ""})
    gone = {"y.a.example": None, "b.example": None}
    assert (await ladder.exclude(connection, site, gone, by=None, why="", now=NOW)).version == 3
    assert await holds(connection) == {"a.example": "blocked", "x.b.example": "held"}
    assert (await lists.statements(connection, "y.x.b.example"))[0].list_name == "one"


async def test_a_part_worked_out_anew_is_what_the_whole_would_be(connection, site):
    chance = random.Random(7)
    names = ["a.example", "b.a.example", "c.b.a.example", "d.example", "e.d.example"]
    hosts_asked = [*names, "z.c.b.a.example", "y.e.d.example", "new.example"]
    await connection.execute("insert into community (title, epoch) values ('Garden', 1)")
    for number in range(3):
        said = {name: chance.choice(["blocked", "limited", "allowed"]) for name in chance.sample(names, 3)}
        await listed(connection, f"l{number}", site, said, together=number > 0)
    for _ in range(25):
        name = chance.choice(names)
        if chance.random() < 0.3:
            note = chance.choice(["x", None])
            await ladder.exclude(connection, site, {name: note}, by=None, why="", now=NOW)
        else:
            word = chance.choice(["blocked", "held", "allowed+no-media", None])
            text = level_of(word) if word else None
            await ladder.put(connection, site, {name: text}, by=None, why="", now=NOW)
        speaking = await domains.speaking(connection)
        whole = resolve(speaking.by_hand, speaking.said, speaking.sources, speaking.excludes, 2)
        assert await domains.effective(connection) == whole
        mode = chance.choice(["open", "allow-list"])
        await domains.set_mode(connection, mode)
        ladder_now = ladder_of(await domains.rungs(connection), mode)
        closed = {one.host for one in await severances.coverings(connection, hosts_asked) if one.is_blocked}
        assert closed == {host for host in hosts_asked if ladder_now.blocks(host)}
        await domains.set_mode(connection, "open")


async def acquainted(scene, *servers):
    """Somebody on each of these servers in our group, and one of ours who follows somebody there."""
    ada = await scene.home.member("ada")
    for number, host in enumerate(servers):
        await scene.meets(f"p{number}", host)
        stored = await scene.home.meet(RemoteActor(name=f"q{number}", origin=f"https://{host}"))
        await scene.home.join(ada, stored)


async def reached(scene):
    async with acquire(scene.home.pool) as db:
        return await deliveries.hosts_reached(db, scene.group.actor.id)


async def severing(scene):
    rows = await scene.home.pool.fetch("select domain from severances where state = 'waiting' order by 1")
    return [row["domain"] for row in rows]


async def test_the_nearest_level_decides_about_deliveries_and_follows(scene):
    await acquainted(scene, "bad.example", "ok.bad.example", "x.ok.bad.example", "notbad.example")
    author = await scene.account("ida")
    await scene.home.join(await scene.actor(author), scene.group.actor)
    await scene.home.write(await scene.actor(author), scene.group.actor)
    pending = "select distinct host from deliveries where state = 'waiting' order by 1"
    before = [row["host"] for row in await scene.home.pool.fetch(pending)]
    assert {"bad.example", "ok.bad.example", "notbad.example"} <= set(before)
    await scene.home.set_level("ok.bad.example", "held")
    await scene.home.set_level("bad.example", "blocked")
    assert [row["host"] for row in await scene.home.pool.fetch(pending)] == [
        host for host in before if host != "bad.example"
    ]
    assert "bad.example" not in await reached(scene)
    assert {"ok.bad.example", "x.ok.bad.example", "notbad.example"} <= set(await reached(scene))
    assert await severing(scene) == ["bad.example"]
    async with acquire(scene.home.pool) as db:
        found = await hosts.neighbours(
            db, ["bad.example", "x.ok.bad.example", "new.example"], scene.group.actor.id
        )
    assert {one.name: one.level for one in found} == {
        "bad.example": "blocked",
        "x.ok.bad.example": "held",
        "new.example": None,
    }
    await scene.does(_put, {"ok.bad.example": None})
    assert await severing(scene) == ["bad.example", "ok.bad.example", "x.ok.bad.example"]
    await scene.does(_put, {"bad.example": None})
    assert await severing(scene) == []
    assert "bad.example" in await reached(scene)


async def _put(db, site, changes, now):
    await ladder.put(db, site, changes, by=None, why="", now=now)


async def switch(db, site, mode, now):
    await domains.alone(db)
    version = await policy_versions.begin(db, by=None, why="", document=Document(mode=mode))
    return await ladder.settle(db, site, now, None, version)


async def test_on_an_allow_list_only_who_is_on_it_is_let_in(scene):
    await acquainted(scene, "good.example", "x.good.example", "bad.good.example", "other.example")
    await scene.home.set_level("good.example", "limited")
    await scene.home.set_level("bad.good.example", "blocked")
    before = await reached(scene)
    assert "other.example" in before
    await scene.does(switch, "allow-list")
    assert await reached(scene) == ["good.example", "x.good.example"]
    assert await severing(scene) == sorted(
        {"bad.good.example", "other.example"} | {host for host in before if not host.endswith("good.example")}
    )
    async with acquire(scene.home.pool) as db:
        (found,) = await hosts.neighbours(db, ["other.example"], scene.group.actor.id)
        assert (found.level, await domains.mode(db)) == ("blocked", "allow-list")
    # Who is put on the list is let in at once, with those below; who is taken off is not.
    await scene.does(_put, {"other.example": level_of("allowed")})
    assert "other.example" in await reached(scene)
    assert "other.example" not in await severing(scene)
    await scene.does(_put, {"other.example": None})
    assert "other.example" in await severing(scene)
    await scene.does(switch, "open")
    assert await reached(scene) == before
    assert await severing(scene) == ["bad.good.example"]


async def test_the_policy_that_runs_knows_the_levels(scene):
    await scene.home.set_level("bad.example", "limited+no-reports")
    found = scene.home.foundation.policies.current().ladder.of("x.bad.example")
    assert (found.level, found.no_reports, found.admits) == ("limited", True, True)
