"""What the inbox takes, and what it does not: each kind of bad input has its status, and leaves nothing."""

import asyncio
import gzip
import json
from datetime import UTC, datetime, timedelta

import asyncpg

from fediverse_support.core import clock
from fediverse_support.core.errors import Gone, Unavailable
from fediverse_support.core.identifiers import new_id
from fediverse_support.core.metrics import INBOX
from fediverse_support.database import actors, inbox
from fediverse_support.inbox import reception
from fediverse_support.web.federation import inbox as door
from tests.support.remote import PUBLIC, RemoteActor

ORIGIN = "http://garden.localhost:8000"
MEBIBYTE = 1_048_576


async def refused(home, answer, status):
    """Assert that this is the answer, that it is no 410, and that nothing was kept."""
    assert answer.status_code == status, answer.text
    assert await home.arrivals() == []
    assert home.stored == 0


def follow(actor, group="sober", **more):
    return actor.activity("Follow", f"{ORIGIN}/groups/{group}", **more)


BROKEN = {
    "empty": b"",
    "no JSON": b"{",
    "no object": b"[]",
    "not UTF-8": '{"id": "ü"}'.encode("utf-16"),
    "NaN": b'{"id": NaN}',
    "deep nesting": b'{"a":' * 40 + b"1" + b"}" * 40,
    "very deep nesting": b"[" * 10_000,
    "no actor": b'{"id": "https://peer.example/1", "type": "Follow", "object": "https://g.example/x"}',
    "two actors": b'{"actor": ["https://peer.example/a", "https://peer.example/b"], "type": "Like"}',
    "a huge number": b'{"id": 1e400}',
}


async def test_a_body_that_cannot_be_read_is_400(home, alice):
    for name, body in BROKEN.items():
        answer = await home.deliver(alice, body)
        assert answer.status_code == 400, name
    await refused(home, answer, 400)


async def test_a_name_that_stands_twice_is_400(home, alice):
    """Two readers of one signature must not see two different actors."""
    body = json.dumps(follow(alice)).encode()
    twice = body[:-1] + b', "actor": "https://peer.example/users/mallory"}'
    await refused(home, await home.deliver(alice, twice), 400)


async def test_another_content_type_is_415(home, alice):
    signed = alice.sign_post(f"{ORIGIN}/inbox", follow(alice))
    for type in ("application/json", "text/html", "text/plain", "", None, "multipart/form-data"):
        # The type is signed too, so that this also shows what is looked at first.
        answer = await home.send(signed, content_type=type)
        assert answer.status_code == 415, type
    await refused(home, answer, 415)


async def test_a_compressed_body_is_415_and_never_inflated(home, alice):
    bomb = gzip.compress(b" " * 10_000_000)
    for coding in ("gzip", "br", "deflate", "gzip, gzip", "x-unknown"):
        answer = await home.send(alice.sign_post(f"{ORIGIN}/inbox", bomb), content_encoding=coding)
        assert answer.status_code == 415, coding
    await refused(home, answer, 415)


async def test_a_body_announced_as_too_large_is_413_before_it_is_read(home):
    async def never():
        raise AssertionError("the body was read")
        yield b""

    headers = {"content-length": str(MEBIBYTE + 1), "content-type": "application/activity+json"}
    await refused(home, await home.client.post("/inbox", content=never(), headers=headers), 413)


async def test_a_body_that_grows_too_large_is_413_and_no_more_of_it_is_read(home):
    read = 0

    async def endless():
        nonlocal read
        while True:
            read += 65_536
            assert read <= MEBIBYTE + 2 * 65_536
            yield b" " * 65_536

    answer = await home.client.post(
        "/inbox", content=endless(), headers={"content-type": "application/activity+json"}
    )
    await refused(home, answer, 413)
    assert answer.headers["connection"] == "close"


async def test_a_body_of_just_the_limit_is_read(home, alice):
    body = json.dumps(follow(alice)).encode()
    fitting = body + b" " * (MEBIBYTE - len(body))
    assert (await home.deliver(alice, fitting)).status_code == 202
    await home.pool.execute("delete from inbox")
    home.stored = 0
    await refused(home, await home.deliver(alice, fitting + b" "), 413)


async def test_a_body_that_does_not_come_is_408(home, monkeypatch):
    monkeypatch.setattr(door, "SLOWEST_BODY", 0.01)
    waiting = asyncio.Event()

    async def slow():
        yield b"{"
        await waiting.wait()

    answer = await home.client.post(
        "/inbox", content=slow(), headers={"content-type": "application/activity+json"}
    )
    await refused(home, answer, 408)


async def test_who_hangs_up_leaves_nothing(home, alice):
    signed = alice.sign_post(f"{ORIGIN}/inbox", follow(alice))
    messages = [
        {"type": "http.request", "body": signed.body[:10], "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    headers = [(name.lower().encode(), value.encode()) for name, value in signed.headers.items()]
    scope = {
        "type": "http", "method": "POST", "path": "/inbox", "raw_path": b"/inbox", "query_string": b"",
        "headers": headers,
    }  # fmt: skip
    await home.app(scope, receive, send)
    assert sent == []
    assert await home.arrivals() == []


async def test_without_a_good_signature_it_is_401(home, alice):
    def signed(**options):
        return alice.sign_post(f"{ORIGIN}/inbox", follow(alice), **options)

    forger = RemoteActor(key_name="mallory")
    other = alice.sign_post(f"{ORIGIN}/inbox", follow(alice)).headers["Digest"]
    cases = {
        "none": await home.send(signed(), signature=None),
        "digest of another body": await home.send(signed(), digest=other),
        "no digest": await home.send(signed(), digest=None),
        "no date": await home.send(signed(), date=None),
        "stale": await home.send(signed(age=timedelta(hours=2))),
        "from the future": await home.send(signed(age=timedelta(hours=-2))),
        "for another host": await home.send(alice.sign_post("https://other.example/inbox", follow(alice))),
        "stale, RFC 9421": await home.send(signed(age=timedelta(hours=2), style="rfc9421")),
    }
    for name, answer in cases.items():
        assert answer.status_code == 401, f"{name}: {answer.text}"
    # A key that was just fetched and does not fit is not asked for again.
    await home.meet(alice, met=timedelta())
    home.foundation.known_keys.forget(alice.key.key_id)
    await refused(home, await home.deliver(forger, follow(forger)), 401)


async def test_a_signature_for_one_inbox_opens_no_other(home, alice):
    await home.group()
    signed = alice.sign_post(f"{ORIGIN}/inbox", follow(alice))
    await home.meet(alice, met=timedelta())
    answer = await home.client.post("/groups/sober/inbox", content=signed.body, headers=signed.headers)
    await refused(home, answer, 401)


async def test_two_signatures_are_400(home, alice):
    signed = alice.sign_post(f"{ORIGIN}/inbox", follow(alice))
    answer = await home.send(signed, authorization=f"Signature {signed.headers['Signature']}")
    await refused(home, answer, 400)


async def test_a_changed_body_is_401(home, alice):
    signed = alice.sign_post(f"{ORIGIN}/inbox", follow(alice))
    signed.body = signed.body.replace(b"sober", b"other")
    await refused(home, await home.send(signed), 401)


async def test_a_signature_of_one_cannot_speak_for_another(home, alice):
    """O1, with a key that we know and with one that we do not; nobody's server is asked."""
    mallory = RemoteActor("mallory", "https://evil.example")
    forged = follow(alice)
    await refused(home, await home.deliver(mallory, forged), 401)
    await home.meet(mallory)
    await refused(home, await home.deliver(mallory, forged), 401)
    neighbour = RemoteActor("bob")
    await home.meet(neighbour)
    await refused(home, await home.deliver(neighbour, forged), 401)


async def test_ids_of_foreign_origin_are_400(home, alice):
    foreign = follow(alice, id="https://other.example/activities/1")
    await refused(home, await home.deliver(alice, foreign), 400)
    for actor in ("https://peer.example./users/alice", "https://PEER.example/users/alice", "acct:a@b", 7):
        await refused(home, await home.deliver(alice, follow(alice) | {"actor": actor}), 400)


async def test_an_inbox_that_nobody_has_is_404_and_never_410(home, alice):
    """410 would tell PieFed and Misskey that this whole server is gone (federation notes 8.4)."""
    gone = await home.member("bob")
    await actors.mark_gone(home.pool, gone.id, clock.now())
    await home.member("eve", state="waiting")
    await home.group("secret", reach="sealed")
    club = await home.group("club")
    await actors.mark_gone(home.pool, club.actor.id, clock.now())
    answers = []
    for path in (
        "/people/nobody/inbox", "/people/bob/inbox", "/people/eve/inbox", "/people/secret/inbox",
        "/groups/club/inbox", "/elsewhere/inbox", "/groups/a/b/inbox", "/groups/NOBODY/inbox",
        "/groups/%00/inbox",
    ):  # fmt: skip
        answers.append(await home.deliver(alice, follow(alice), path))
        await refused(home, answers[-1], 404)
    assert len({(answer.content, str(answer.headers)) for answer in answers}) == 1


async def test_the_inbox_of_a_group_that_may_be_hidden_is_answered_like_one_that_is(home, alice):
    """Its members' servers must reach it, and nobody else may learn from the answer that it is there."""
    await home.group("cellar", seeing="members", joining="invite")
    await home.group("room", reach="sealed")
    answers = []
    for name in ("cellar", "room", "nobody"):
        answers.append(await home.deliver(alice, follow(alice, name), f"/groups/{name}/inbox"))
    assert [answer.status_code for answer in answers] == [202, 202, 202]
    await home.process()
    outcomes = {row["outcome"] for row in await home.arrivals()}
    assert len(outcomes) == 1
    assert await home.pool.fetchval("select count(*) from follows") == 0


async def test_only_post_is_for_an_inbox(home):
    await home.group()
    for path in ("/inbox", "/groups/sober/inbox"):
        answer = await home.client.get(path)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_a_blocked_server_is_403_without_a_word(home, alice):
    await home.set_level("peer.example", "blocked")
    answer = await home.deliver(alice, follow(alice))
    await refused(home, answer, 403)
    assert answer.content == b""
    below = RemoteActor("carol", "https://sub.peer.example")
    await refused(home, await home.deliver(below, follow(below)), 403)


async def test_a_blocked_server_cannot_come_in_by_the_key_of_another(home, alice):
    await home.set_level("evil.example", "blocked")
    mallory = RemoteActor("mallory", "https://evil.example")
    await refused(home, await home.deliver(alice, follow(mallory)), 403)
    await refused(home, await home.deliver(mallory, follow(alice)), 403)


async def test_a_suspended_actor_is_403(home, alice):
    await home.pool.execute("update actors set state = 'suspended' where uri = $1", alice.uri)
    home.foundation.known_keys.forget(alice.key.key_id)
    await refused(home, await home.deliver(alice, follow(alice)), 403)


async def test_a_deleted_actor_changes_nothing(home, alice):
    """Its words are acknowledged, because its key is good, and then refused with a reason."""
    group = await home.group()
    known = await actors.by_uri(home.pool, alice.uri)
    await actors.mark_gone(home.pool, known.id, clock.now())
    assert (await home.deliver(alice, alice.create(alice.note(group.actor.uri)))).status_code == 202
    await home.process()
    assert await home.outcomes() == [("Create", "refused")]
    assert await home.pool.fetchval("select count(*) from posts") == 0
    assert await home.pool.fetchval("select count(*) from deliveries") == 0


async def test_too_much_from_one_server_is_429_and_others_do_not_notice(home, alice):
    home.app._inbox.app._reception._rates._burst = 3.0
    home.app._inbox.app._reception._rates._rate = 0.001
    for _ in range(3):
        assert (await home.deliver(alice, follow(alice))).status_code == 202
    answer = await home.deliver(alice, follow(alice))
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert len(await home.arrivals()) == 3
    other = RemoteActor("carol", "https://other.example")
    await home.meet(other)
    assert (await home.deliver(other, follow(other))).status_code == 202


async def test_nobody_can_use_up_the_rate_of_another_server(home, alice):
    """Only what is proved to come from a server counts."""
    home.app._inbox.app._reception._rates._burst = 2.0
    await home.meet(alice, met=timedelta())
    forger = RemoteActor(key_name="mallory")
    for _ in range(5):
        assert (await home.deliver(forger, follow(forger))).status_code == 401
    assert (await home.deliver(alice, follow(alice))).status_code == 202


async def test_a_known_key_is_acknowledged_when_it_is_on_disk(home, alice):
    await home.group()
    activity = follow(alice)
    for path in ("/inbox", "/groups/sober/inbox", "/actor/inbox"):
        answer = await home.deliver(alice, activity | {"id": f"{alice.origin}/activities{path}"}, path)
        assert (answer.status_code, answer.content) == (202, b"")
    rows = await home.arrivals()
    assert [(row["state"], row["actor_uri"], row["type"]) for row in rows] == [
        ("waiting", alice.uri, "Follow")
    ] * 3
    assert json.loads(rows[0]["body"])["object"] == activity["object"]
    assert home.stored == 3


async def test_both_kinds_of_signature_are_taken(home, alice):
    assert (await home.deliver(alice, follow(alice), style="rfc9421")).status_code == 202
    assert (await home.deliver(alice, follow(alice), style="cavage")).status_code == 202
    assert {row["state"] for row in await home.arrivals()} == {"waiting"}


async def test_a_member_has_an_inbox_too(home, alice):
    await home.member("ada")
    assert (await home.deliver(alice, follow(alice), "/people/ada/inbox")).status_code == 202


async def test_a_query_behind_the_inbox_is_part_of_what_is_signed(home, alice):
    assert (await home.deliver(alice, follow(alice), "/inbox?from=piefed")).status_code == 202


async def test_the_same_activity_is_stored_once_and_acknowledged_each_time(home, alice):
    activity = follow(alice)
    answers = await asyncio.gather(*(home.deliver(alice, activity) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {202}
    assert len(await home.arrivals()) == 1


async def test_an_unknown_key_waits_to_be_checked_and_nothing_is_asked_meanwhile(home, peer):
    await home.group()
    bob = peer.actor("bob")
    answer = await home.deliver(bob, follow(bob))
    assert (answer.status_code, answer.content) == (202, b"")
    (row,) = await home.arrivals()
    assert row["state"] == "unverified"
    assert peer.asked == []
    await home.process()
    assert await home.outcomes() == [("Follow", "done")]
    assert 1 <= len(peer.fetched) <= 4
    assert peer.fetched.count("/users/bob") == 1


async def test_a_forged_signature_with_an_unknown_key_leaves_nothing_in_the_end(home, peer):
    peer.actor("bob")
    forger = RemoteActor("bob", peer.origin, key_name="mallory")
    assert (await home.deliver(forger, follow(forger))).status_code == 202
    await home.process()
    assert await home.arrivals() == []
    assert await home.pool.fetchval("select count(*) from follows") == 0


async def test_a_document_that_lies_about_its_id_lets_nobody_in(home, peer):
    bob = peer.actor("bob")
    peer.serve(bob.document() | {"id": "https://good.example/users/alice"}, at=bob.uri)
    assert (await home.deliver(bob, follow(bob))).status_code == 202
    await home.process()
    assert await home.arrivals() == []
    assert await actors.by_uri(home.pool, "https://good.example/users/alice") is None
    assert await actors.by_uri(home.pool, bob.uri) is None


async def test_a_key_that_was_rotated_is_asked_for_again(home, peer):
    await home.group()
    bob = peer.actor("bob")
    await home.meet(bob, met=timedelta(hours=1))
    peer.asked.clear()
    rotated = RemoteActor("bob", peer.origin, key_name="bob's new key")
    peer.show(rotated)
    assert (await home.deliver(rotated, follow(rotated))).status_code == 202
    assert [row["state"] for row in await home.arrivals()] == ["unverified"]
    await home.process()
    assert await home.outcomes() == [("Follow", "done")]
    # What was signed with the old key is refused now.
    assert (await home.deliver(bob, follow(bob))).status_code == 401


async def test_what_one_server_may_leave_unchecked_is_bounded(home, monkeypatch):
    monkeypatch.setattr(reception, "MOST_UNVERIFIED", 3)
    strangers = [
        RemoteActor(f"stranger{number}", "https://evil.example", key_name="one") for number in range(4)
    ]
    statuses = [(await home.deliver(stranger, follow(stranger))).status_code for stranger in strangers]
    assert statuses == [202, 202, 202, 429]
    assert len(await home.arrivals()) == 3
    elsewhere = RemoteActor("bob", "https://good.example", key_name="one")
    assert (await home.deliver(elsewhere, follow(elsewhere))).status_code == 202


async def test_an_id_that_a_stranger_guessed_does_not_keep_the_real_one_out(home, alice):
    """PieFed remembers ids before it checks signatures (federation notes 13.2); we do not."""
    real = follow(alice)
    mallory = RemoteActor("mallory", alice.origin)
    forged = await home.deliver(mallory, real | {"actor": mallory.uri})
    assert forged.status_code == 202
    assert (await home.deliver(alice, real)).status_code == 202
    assert [(row["actor_uri"], row["state"]) for row in await home.arrivals()] == [
        (mallory.uri, "unverified"),
        (alice.uri, "waiting"),
    ]


async def test_the_farewell_of_a_stranger_is_acknowledged_and_forgotten(home, peer):
    """Mastodon tells every server when an account goes (O13): no row, and no storm of look-ups."""
    nobody = RemoteActor("nobody", peer.origin)
    answer = await home.deliver(nobody, nobody.farewell())
    await refused(home, answer, 202)
    assert peer.asked == []


async def test_the_farewell_of_somebody_we_know_is_kept(home, alice):
    assert (await home.deliver(alice, alice.farewell())).status_code == 202
    await home.process()
    assert await home.outcomes() == [("Delete", "done")]
    assert (await actors.by_uri(home.pool, alice.uri)).state == "gone"


async def test_while_the_database_is_away_nothing_is_acknowledged(home, alice, monkeypatch):
    await home.deliver(alice, follow(alice))  # The key is at hand now.

    async def away(*_):
        raise asyncpg.CannotConnectNowError("starting up")

    with monkeypatch.context() as patched:
        patched.setattr(inbox, "add_many", away)
        answer = await home.deliver(alice, follow(alice))
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
    assert len(await home.arrivals()) == 1
    assert (await home.deliver(alice, follow(alice))).status_code == 202


async def test_without_any_database_every_inbox_says_later(home, alice):
    home.pool.terminate()
    home.foundation.known_keys.forget(alice.key.key_id)
    for path in ("/inbox", "/groups/sober/inbox"):
        answer = await home.deliver(alice, follow(alice), path)
        assert answer.status_code == 503, path
        assert int(answer.headers["retry-after"]) >= 1


async def test_one_arrival_that_cannot_be_stored_takes_no_other_along(home):
    """They share one commit; the bad one is refused, the good ones are kept (D9)."""

    def row(number, activity_uri):
        return inbox.Arrived(
            id=new_id(), activity_uri=activity_uri, actor_uri="https://peer.example/users/alice",
            type="Follow", host="peer.example", state="waiting", forwarded=False, body=b"{}", request=None,
            received_at=datetime.now(UTC),
        )  # fmt: skip

    committer = home.app._inbox.app._reception._committer
    rows = [row(number, f"https://peer.example/{number}") for number in range(5)]
    rows[2] = row(2, "https://peer.example/" + "x" * 3000)
    async with asyncio.timeout(30):
        results = await asyncio.gather(*(committer.store(one) for one in rows), return_exceptions=True)
    assert [type(result).__name__ for result in results] == [
        "NoneType",
        "NoneType",
        "Malformed",
        "NoneType",
        "NoneType",
    ]
    assert len(await home.arrivals()) == 4


async def test_an_activity_without_an_id_gets_one_of_bounded_length(home):
    """Old Mastodon and Akkoma send Flag so; the actor's own id may be as long as a URL can be."""
    long = RemoteActor("a" * 2_000, "https://peer.example")
    flag = long.activity("Flag", f"{ORIGIN}/groups/sober", content="Please look.")
    del flag["id"]
    assert (await home.deliver(long, flag)).status_code == 202
    assert (await home.deliver(long, flag)).status_code == 202
    assert {len(row["activity_uri"]) <= 2048 for row in await home.arrivals()} == {True}


async def test_outcomes_are_counted_and_no_label_names_anybody(home, alice):
    def counted(outcome):
        return INBOX.labels(outcome)._value.get()

    before = {outcome: counted(outcome) for outcome in ("accepted", "refused_401", "refused_413")}
    await home.deliver(alice, follow(alice))
    await home.send(alice.sign_post(f"{ORIGIN}/inbox", follow(alice)), signature=None)
    await home.client.post("/inbox", content=b" " * (MEBIBYTE + 1))
    assert {outcome: counted(outcome) - value for outcome, value in before.items()} == {
        "accepted": 1, "refused_401": 1, "refused_413": 1,
    }  # fmt: skip
    labels = {sample.labels.get("outcome") for metric in INBOX.collect() for sample in metric.samples}
    assert not any("." in label or "/" in label for label in labels)


async def test_a_post_from_elsewhere_goes_all_the_way(home, peer):
    """Met for the first time, checked, stored, announced: the whole way in one test."""
    group = await home.group()
    bob = peer.actor("bob")
    note = bob.note(group.actor.uri, to=[PUBLIC, group.actor.uri])
    assert (await home.deliver(bob, bob.create(note), "/groups/sober/inbox")).status_code == 202
    await home.process()
    assert await home.outcomes() == [("Create", "done")]
    (announce,) = (await home.get("/groups/sober/outbox")).json()["orderedItems"]
    assert announce["object"]["object"]["id"] == note["id"]


async def test_whatever_goes_wrong_it_is_never_410_and_later_is_said_with_a_time(home, alice, monkeypatch):
    expected = [(Gone(), 404, None), (Unavailable("Full.", retry_after=7), 503, "7")]
    for trouble, status, wait in expected:

        async def fails(*_, trouble=trouble):
            raise trouble

        monkeypatch.setattr(home.app._inbox.app._reception, "receive", fails)
        answer = await home.deliver(alice, follow(alice))
        assert (answer.status_code, answer.headers.get("retry-after")) == (status, wait)
