"""The guards of the inbox, in their order, and that nothing which they refuse leaves a trace."""

import asyncio
import json
from datetime import timedelta

import msgspec
import pytest

from fediverse_support.core.errors import (
    Forbidden,
    Malformed,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
    WrongType,
)
from fediverse_support.database.pool import acquire
from fediverse_support.inbox import reception
from fediverse_support.inbox.committing import Committer
from fediverse_support.inbox.known_keys import KnownKeys
from fediverse_support.protocol.signatures.keys import PrivateKey


@pytest.fixture
async def nothing_changed(world):
    """Compares the whole database, the inbox included, before and after."""
    yield
    assert await world.one("select count(*) from inbox") == 0
    assert await world.one("select count(*) from posts") == 0


@pytest.mark.parametrize("size", [1_048_577, 3_000_000])
async def test_d1_a_large_body_is_refused_before_anything_is_read(world, nothing_changed, size):
    ana = await world.known()
    with pytest.raises(TooLarge):
        await world.receive(ana, b'{"a":"' + b"x" * size)


@pytest.mark.parametrize(
    "type", ["application/json", "text/html", "", "application/ld+jsonx", "image/png", "text/plain"]
)
async def test_another_content_type_is_refused(world, nothing_changed, type):
    ana = await world.known()
    with pytest.raises(WrongType):
        await world.receive(ana, ana.does("Like", ana.id()), Content_Type=type)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b'{"type":"Like","type":"Follow"}',
        b"\xff\xfe{\x00}\x00",
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b'{"a":NaN}',
        b'{"a":1e400}',
    ],
    ids=range(10),
)
async def test_d2_what_is_not_proper_json_is_refused(world, nothing_changed, body):
    ana = await world.known()
    with pytest.raises(Malformed):
        await world.receive(ana, body)


@pytest.mark.parametrize(
    "changes",
    [
        {"actor": None},
        {"actor": 1},
        {"actor": ["http://a.localhost/x", "http://b.localhost/x"]},
        {"actor": "not a url"},
        {"type": None},
        {"type": "Note"},
        {"id": 7},
        {"id": ["http://peer.localhost/1"]},
        {"id": {"id": "http://peer.localhost/1"}},
        {"id": "http://good.localhost/activities/1"},
        {"id": "javascript:alert(1)"},
    ],
    ids=str,
)
async def test_o6_an_activity_that_does_not_say_who_and_what_is_refused(world, nothing_changed, changes):
    ana = await world.known()
    with pytest.raises(Malformed):
        await world.receive(ana, ana.does("Like", ana.id()) | changes)


async def test_a_blocked_server_is_told_so_and_nothing_else(world, nothing_changed):
    ana = await world.known()
    world.set_levels(peer="blocked")
    with pytest.raises(Forbidden):
        await world.receive(ana, ana.does("Like", ana.id()))
    below = await world.known("bob", "sub.peer")
    with pytest.raises(Forbidden):
        await world.receive(below, below.does("Like", below.id()))


async def test_a_blocked_server_does_not_hide_behind_an_allowed_actor(world, nothing_changed):
    ana, eve = await world.known(), await world.known("eve", "evil")
    world.set_levels(evil="blocked")
    with pytest.raises(Forbidden):
        await world.receive(eve, ana.does("Like", ana.id()) | {"signature": {}})


@pytest.mark.parametrize("missing", ["signature", "date", "digest", "host"])
async def test_o8_a_request_that_lacks_a_part_of_its_signature_is_refused(world, nothing_changed, missing):
    ana = await world.known()
    with pytest.raises((Unauthenticated, Malformed)):
        await world.receive(ana, ana.does("Like", ana.id()), without=(missing,))


@pytest.mark.parametrize("style", ["cavage", "rfc9421"])
async def test_o8_another_body_under_a_good_signature_is_refused(world, nothing_changed, style):
    ana = await world.known()
    request = world.request(ana, ana.does("Like", ana.id()), style=style)
    other = msgspec.structs.replace(request, body=json.dumps(ana.does("Like", ana.id())).encode())
    with pytest.raises((Unauthenticated, Malformed)):
        await world.reception.receive(other)


@pytest.mark.parametrize("style", ["cavage", "rfc9421"])
@pytest.mark.parametrize("hours", [-13, 13, -24 * 30])
async def test_o8_a_stale_or_early_signature_is_refused(world, nothing_changed, style, hours):
    ana = await world.known()
    at = world.clock() + timedelta(hours=hours)
    with pytest.raises(Unauthenticated):
        await world.receive(ana, ana.does("Like", ana.id()), at=at, style=style)


async def test_o8_a_signature_for_another_server_is_refused(world, nothing_changed):
    ana = await world.known()
    with pytest.raises((Unauthenticated, Malformed)):
        await world.receive(ana, ana.does("Like", ana.id()), Host="elsewhere.localhost")


async def test_a_wrong_signature_by_a_known_key_is_refused_at_once(
    world, nothing_changed, other_rsa, internet
):
    ana = await world.known()
    internet.asked.clear()
    with pytest.raises(Unauthenticated):
        await world.receive(ana, ana.does("Like", ana.id()), key=PrivateKey(ana.key.key_id, other_rsa))
    assert internet.asked == []


@pytest.mark.parametrize("key_is_known", [True, False])
async def test_o1_a_key_of_one_server_does_not_speak_for_an_actor_of_another(
    world, nothing_changed, internet, key_is_known
):
    ana = await world.known()
    eve = await world.known("eve", "evil") if key_is_known else world.remote("eve", "evil")
    internet.asked.clear()
    with pytest.raises(Unauthenticated):
        await world.receive(eve, ana.does("Like", ana.id()))
    assert internet.asked == []


async def test_o1_a_neighbours_key_does_not_speak_for_an_actor(world, nothing_changed):
    ana, eve = await world.known(), await world.known("eve")
    with pytest.raises(Unauthenticated):
        await world.receive(eve, ana.does("Like", ana.id()))


async def test_a_suspended_actor_sends_nothing(world, nothing_changed):
    ana = await world.known()
    await world.pool.execute("update actors set state = 'suspended' where id = $1", ana.actor.id)
    with pytest.raises(Forbidden):
        await world.receive(ana, ana.does("Like", ana.id()))


async def test_a_server_that_sends_too_much_is_told_when_to_come_back(world):
    ana, ben = await world.known(), await world.known("ben", "other")
    world.reception = world.new_reception(rate=0.001, burst=2)
    for _ in range(2):
        await world.receive(ana, ana.does("Like", ana.id()))
    with pytest.raises(TooMany) as refusal:
        await world.receive(ana, ana.does("Like", ana.id()))
    assert refusal.value.retry_after > 60
    assert await world.receive(ben, ben.does("Like", ben.id())) == "waiting"


async def test_what_nobody_has_proved_empties_no_bucket(world, other_rsa):
    ana = await world.known()
    world.reception = world.new_reception(rate=0.001, burst=1)
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            await world.receive(ana, ana.does("Like", ana.id()), key=PrivateKey(ana.key.key_id, other_rsa))
    assert await world.receive(ana, ana.does("Like", ana.id())) == "waiting"


async def test_d8_a_server_has_so_many_places_for_what_is_not_verified(world, monkeypatch):
    monkeypatch.setattr(reception, "MOST_UNVERIFIED", 3)
    ana, ben = world.remote(), world.remote("ben", "other")
    for _ in range(3):
        assert await world.receive(ana, ana.does("Like", ana.id())) == "unverified"
    with pytest.raises(TooMany):
        await world.receive(ana, ana.does("Like", ana.id()))
    assert await world.receive(ben, ben.does("Like", ben.id())) == "unverified"


@pytest.mark.parametrize("style", ["cavage", "rfc9421"])
async def test_a_202_means_that_it_is_on_disk(world, style):
    ana = await world.known()
    like = ana.does("Like", ana.id())
    assert await world.receive(ana, like, style=style) == "waiting"
    (row,) = await world.rows("select * from inbox")
    assert json.loads(row["body"]) == like
    assert (row["activity_uri"], row["actor_uri"], row["type"]) == (like["id"], ana.uri, "Like")
    assert row["request"] is None


async def test_the_same_id_is_stored_once(world):
    ana = await world.known()
    like = ana.does("Like", ana.id())
    for path in ("/inbox", "/groups/carers/inbox", "/inbox"):
        assert await world.receive(ana, like, path=path) == "waiting"
    assert await world.one("select count(*) from inbox") == 1


async def test_o13_the_farewell_of_a_stranger_is_taken_without_a_word(world, internet):
    ana = world.remote()
    internet.asked.clear()
    assert await world.receive(ana, ana.does("Delete", ana.uri)) == "done"
    assert await world.one("select count(*) from inbox") == 0
    assert internet.asked == []


async def test_r15_nothing_is_acknowledged_while_the_database_is_away(world):
    ana = await world.known()
    await world.receive(ana, ana.does("Like", ana.id()))
    request = world.request(ana, ana.does("Like", ana.id()))
    world.pool.terminate()
    with pytest.raises(Unavailable):
        await world.reception.receive(request)


async def test_arrivals_that_come_together_share_commits(world):
    ana = await world.known()
    await world.receive(ana, ana.does("Like", ana.id()))
    before = world.round_trips()
    await asyncio.gather(*(world.receive(ana, ana.does("Like", ana.id())) for _ in range(64)))
    assert world.round_trips() - before < 16
    assert await world.one("select count(*) from inbox") == 65


async def test_whoever_waits_for_a_commit_is_told_whatever_happens(world, monkeypatch):
    """A defect in storing must not leave a request hanging, and never look like a 202."""

    class Defect(Exception):
        pass

    async def broken(*_):
        raise Defect

    ana = await world.known()
    monkeypatch.setattr("fediverse_support.database.inbox.add_many", broken)
    async with asyncio.timeout(5):
        with pytest.raises(Unavailable):
            await world.receive(ana, ana.does("Like", ana.id()))
    committer: Committer = world.reception._committer
    with pytest.raises(Defect):
        await committer._running


async def test_one_that_cannot_be_stored_does_not_take_its_neighbours_along(world, monkeypatch):
    ana = await world.known()
    good = [ana.does("Like", ana.id()) for _ in range(3)]
    bad = ana.does("Like", ana.id()) | {"type": "Li\x00ke"}
    monkeypatch.setattr("fediverse_support.protocol.json_gate._UNSTORABLE", __import__("re").compile(b"(?!)"))
    results = await asyncio.gather(
        *(world.receive(ana, activity) for activity in [*good, bad]), return_exceptions=True
    )
    assert results[:3] == ["waiting"] * 3
    assert isinstance(results[3], Malformed)


async def test_keys_are_read_from_the_database_once_in_five_minutes(world):
    ana = await world.known()
    passed = 0.0
    keys = KnownKeys(world.pool, clock=lambda: passed)
    assert await keys.get(ana.key.key_id) is not None
    before = world.round_trips()
    passed = 299.0
    assert await keys.get(ana.key.key_id) is not None
    assert world.round_trips() == before
    async with acquire(world.pool) as db:
        await db.execute("delete from actor_keys")
    passed = 301.0
    assert await keys.get(ana.key.key_id) is None


# Documents in unusual words (decision 12)


def unusual(document):
    return {
        "@context": document["@context"],
        "@id": document["id"],
        "@type": "as:" + document["type"],
        "as:actor": {"@id": document["actor"]},
        "as:object": {"@id": document["object"]},
    }


async def test_an_activity_in_prefixed_words_is_understood(world):
    ana, group = await world.known(), await world.group()
    follow = ana.does("Follow", group.actor.uri)
    await world.receive(ana, unusual(follow))
    await world.process()
    assert (await world.arrived(follow["id"])).outcome == "Let in."


async def test_prefixed_words_do_not_get_round_the_signature(world, nothing_changed):
    ana, eve = await world.known(), await world.known("eve", "evil")
    with pytest.raises(Unauthenticated):
        await world.receive(eve, unusual(ana.does("Follow", "http://here.localhost:1/groups/carers")))


async def test_one_document_cannot_be_two(world):
    ana, eve, group = await world.known(), await world.known("eve"), await world.group()
    follow = eve.does("Follow", group.actor.uri)
    two = follow | {"as:actor": {"@id": ana.uri}}
    await world.receive(eve, two)
    await world.process()
    assert (await world.arrived(follow["id"])).state == "refused"
    named = follow | {
        "id": eve.id(),
        "@context": [*follow["@context"], {"who": {"@id": "as:actor", "@type": "@id"}}],
        "who": ana.uri,
    }
    assert (await world.send(eve, named)).state == "refused"
    assert await world.one("select count(*) from follows") == 0


@pytest.mark.parametrize("keyword", ["@graph", "@included", "@reverse"])
async def test_o9_what_is_restructured_is_refused(world, keyword):
    ana, group = await world.known(), await world.group()
    follow = ana.does("Follow", group.actor.uri) | {keyword: {"actor": "x"}}
    assert (await world.send(ana, follow)).state == "refused"
    assert await world.one("select count(*) from follows") == 0
