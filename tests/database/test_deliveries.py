"""Queueing: who gets an activity, once each, without waiting for anybody."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from fediverse_support.core.identifiers import new_id
from fediverse_support.database import deliveries, hosts, leases
from fediverse_support.protocol import peers

GROUP = 1
LEASE = timedelta(seconds=60)


class Clock:
    """The time now, plus what a test has let pass."""

    def __init__(self):
        self.passed = timedelta()

    def __call__(self):
        return datetime.now(UTC) + self.passed

    def let_pass(self, **span):
        self.passed += timedelta(**span)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def group(connection):
    """A group of ours with the number 1."""
    await connection.execute(
        """
        insert into actors (id, uri, type, is_local, name, host, inbox_url)
        values (1, 'https://garden.example/groups/g', 'Group', true, 'g', 'garden.example',
                'https://garden.example/groups/g/inbox')
        """
    )
    return GROUP


async def follower(db, name, host, *, shared=True, state="active", follow="accepted", **columns):
    """Somebody who follows the group: `name@host` with an inbox there."""
    row = {
        "id": new_id(),
        "uri": f"https://{host}/u/{name}",
        "type": "Person",
        "is_local": False,
        "name": name,
        "host": host,
        "inbox_url": f"https://{host}/u/{name}/inbox",
        "shared_inbox_url": f"https://{host}/inbox" if shared else None,
        "state": state,
    } | columns
    names = ", ".join(row)
    places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    await db.execute(f"insert into actors ({names}) values ({places})", *row.values())
    await db.execute(
        "insert into follows (follower_id, followed_id, state, activity_uris) values ($1, 1, $2, '{}')",
        row["id"],
        follow,
    )


async def activity(db, about="https://garden.example/posts/1"):
    number = new_id()
    await db.execute(
        """
        insert into activities (id, uri, actor_id, type, object_uri, is_public, body)
        values ($1, $2, 1, 'Announce', $3, true, $4)
        """,
        number, f"https://garden.example/activities/{number}", about, json.dumps({}),
    )  # fmt: skip
    return number


async def inboxes(db):
    return [row["inbox_url"] for row in await db.fetch("select inbox_url from deliveries order by inbox_url")]


async def fan_out(db, **options):
    number = await activity(db)
    about = "https://garden.example/posts/1"
    count = await deliveries.enqueue_to_followers(db, number, GROUP, about, GROUP, **options)
    assert count == len(await inboxes(db))
    return await inboxes(db)


async def test_the_pending_the_gone_and_our_own_get_nothing(connection, group):
    await follower(connection, "yes", "a.example")
    await follower(connection, "pending", "b.example", follow="pending")
    await follower(connection, "gone", "c.example", state="gone")
    await follower(connection, "suspended", "d.example", state="suspended")
    await follower(connection, "ours", "garden.example", is_local=True)
    await follower(connection, "no-inbox", "e.example", inbox_url=None)
    assert await fan_out(connection) == ["https://a.example/inbox"]


async def test_a_blocked_domain_and_all_below_it_get_nothing(connection, group):
    await connection.execute(
        "insert into domain_levels (domain, level) values ('bad.example', 'blocked'), ('so.example', 'held')"
    )
    for host in ("bad.example", "deep.down.bad.example", "notbad.example", "bad.example.org", "so.example"):
        await follower(connection, "x", host)
    await follower(connection, "split", "handle.bad.example", uri="https://fine.example/u/split",
                   inbox_url="https://fine.example/i", shared_inbox_url=None)  # fmt: skip
    await follower(connection, "port", "bad.example:8443")
    assert await fan_out(connection) == [
        "https://bad.example.org/inbox", "https://notbad.example/inbox", "https://so.example/inbox",
    ]  # fmt: skip


async def test_followers_who_share_an_inbox_count_once(connection, group):
    for name in ("one", "two", "three"):
        await follower(connection, name, "a.example")
        await follower(connection, name, "gts.example", shared=False)
    assert await fan_out(connection) == [
        "https://a.example/inbox",
        "https://gts.example/u/one/inbox",
        "https://gts.example/u/three/inbox",
        "https://gts.example/u/two/inbox",
    ]


async def test_a_shared_inbox_on_another_server_is_not_believed(connection, group):
    await follower(connection, "x", "a.example", shared_inbox_url="https://victim.example/inbox")
    assert await fan_out(connection) == ["https://a.example/u/x/inbox"]


async def test_what_is_for_members_goes_to_each_of_them(connection, group):
    await follower(connection, "one", "a.example")
    await follower(connection, "two", "a.example")
    assert await fan_out(connection, personal=True) == [
        "https://a.example/u/one/inbox",
        "https://a.example/u/two/inbox",
    ]


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [("activity", ["lemmy.example"]), ("object", ["mastodon.example", "unknown.example"]),
     (None, ["lemmy.example", "mastodon.example", "unknown.example"])],
)  # fmt: skip
async def test_each_dialect_reaches_the_servers_that_speak_it(connection, group, clock, dialect, expected):
    for software in ("Lemmy", "mastodon"):
        await hosts.remember_software(connection, f"{software.lower()}.example", software, "1.0", clock())
    for host in ("lemmy.example", "mastodon.example", "unknown.example"):
        await follower(connection, "x", host)
    assert await fan_out(connection, dialect=dialect) == [f"https://{host}/inbox" for host in expected]


async def publish_private(db, keeps_private):
    """Where an activity for some kind of followers goes, and where we say that it goes."""
    await db.execute("delete from deliveries")
    number = await activity(db)
    written = deliveries.Written(id=number, followed_id=GROUP, keeps_private=keeps_private)
    await deliveries.publish(db, GROUP, "https://garden.example/posts/1", [written])
    said = await deliveries.hosts_reached(db, GROUP, keeps_private=keeps_private)
    assert said == sorted({url.split("/")[2] for url in await inboxes(db)})
    return said


SOFTWARE = [
    ("Mastodon", "4.5.0"), ("mbin", "1.8"), ("piefed", "1.6"), ("lemmy", "0.19.5"), ("Lemmy", "1.0.0-beta"),
    ("lemmy", None), ("fediverse-support", "0.2.0"), ("who-knows", "1"), (None, None),
]  # fmt: skip


@pytest.mark.parametrize("keeps_private", [True, False, None])
async def test_what_members_say_goes_to_no_software_that_cannot_keep_it(
    connection, group, clock, keeps_private
):
    expected = []
    for number, (software, version) in enumerate(SOFTWARE):
        host = f"s{number}.example"
        await hosts.remember_software(connection, host, software, version, clock())
        await follower(connection, "x", host)
        unable = peers.keeps_private(software, version) == "no"
        if keeps_private is None or keeps_private != unable:
            expected.append(host)
    assert await publish_private(connection, keeps_private) == expected


async def test_what_members_say_goes_to_no_inbox_on_a_third_server(connection, group):
    await follower(connection, "x", "a.example", inbox_url="https://third.example/in", shared_inbox_url=None)
    await follower(connection, "y", "b.example", shared_inbox_url="https://third.example/in")
    assert await publish_private(connection, True) == ["b.example"]
    assert await inboxes(connection) == ["https://b.example/u/y/inbox"]


async def test_the_servers_named_before_are_those_delivered_to(connection, group):
    await connection.execute("insert into domain_levels (domain, level) values ('bad.example', 'blocked')")
    await follower(connection, "one", "a.example")
    await follower(connection, "two", "a.example", shared=False)
    await follower(connection, "pending", "b.example", follow="pending")
    await follower(connection, "gone", "c.example", state="gone")
    await follower(connection, "x", "deep.bad.example")
    assert await publish_private(connection, True) == ["a.example"]


async def test_queueing_twice_adds_nothing(connection, group):
    await follower(connection, "x", "a.example")
    number = await activity(connection)
    about = "https://garden.example/posts/1"
    both = [("a.example", "https://a.example/inbox"), ("b.example", "https://b.example/inbox")]
    assert await deliveries.enqueue(connection, number, GROUP, about, both) == 2
    assert await deliveries.enqueue(connection, number, GROUP, about, both) == 0
    assert await deliveries.enqueue_to_followers(connection, number, GROUP, about, GROUP) == 0
    assert await deliveries.enqueue(connection, number, GROUP, about, []) == 0


async def test_what_is_rolled_back_is_neither_queued_nor_noticed(connection, group, clock):
    transaction = connection.transaction()
    await transaction.start()
    number = await activity(connection)
    await deliveries.enqueue(connection, number, GROUP, "o", [("a.example", "https://a.example/inbox")])
    await transaction.rollback()
    await leases.notice(connection, clock())
    assert await connection.fetchval("select count(*) from hosts") == 0


async def test_publishers_with_long_transactions_wait_neither_for_each_other_nor_for_workers(
    database_url, connection, group, clock
):
    """Two transactions queue for the same hosts in opposite orders while a worker leases and gives back."""
    numbers = [await activity(connection) for _ in range(5)]
    pair = [(f"{name}.example", f"https://{name}.example/inbox") for name in "ab"]
    await deliveries.enqueue(connection, numbers[4], GROUP, "o", pair)
    await leases.notice(connection, clock())
    one, two = await asyncpg.connect(database_url), await asyncpg.connect(database_url)
    for db in (one, two):
        await db.execute("set lock_timeout = '2s'")
    async with one.transaction(), two.transaction():
        await deliveries.enqueue(one, numbers[0], GROUP, "o", pair[:1])
        await deliveries.enqueue(two, numbers[1], GROUP, "o", pair[1:])
        await deliveries.enqueue(one, numbers[2], GROUP, "o", pair[1:])
        await deliveries.enqueue(two, numbers[3], GROUP, "o", pair[:1])
        leased = await leases.lease_hosts(connection, clock(), 10, LEASE)
        assert len(leased) == 2
        assert await give_back(connection, leased, clock())
    await one.close()
    await two.close()


# Leases


async def give_back(db, leased, now, **changes):
    returns = [leases.Return(name=host.name, leased_until=host.leased_until, **changes) for host in leased]
    return await leases.give_back(db, returns, now)


async def queued(db, clock, *names):
    number = await activity(db)
    await deliveries.enqueue(
        db, number, GROUP, f"o{number}", [(f"{n}.example", f"https://{n}.example/inbox") for n in names]
    )
    await leases.notice(db, clock())


async def test_a_leased_host_is_not_leased_again_before_the_lease_runs_out(connection, group, clock):
    await queued(connection, clock, "a", "b", "c")
    first = await leases.lease_hosts(connection, clock(), 2, LEASE)
    second = await leases.lease_hosts(connection, clock(), 2, LEASE)
    assert sorted(host.name for host in first + second) == ["a.example", "b.example", "c.example"]
    assert await leases.lease_hosts(connection, clock(), 2, LEASE) == []
    clock.let_pass(seconds=61)
    assert len(await leases.lease_hosts(connection, clock(), 5, LEASE)) == 3


async def test_the_longest_due_come_first(connection, group, clock):
    for name in ("c", "a", "b"):
        await queued(connection, clock, name)
        clock.let_pass(seconds=1)
    leased = await leases.lease_hosts(connection, clock(), 2, LEASE)
    assert {host.name for host in leased} == {"c.example", "a.example"}


async def test_something_queued_during_a_lease_is_due_when_it_ends(connection, group, clock):
    await queued(connection, clock, "a")
    leased = await leases.lease_hosts(connection, clock(), 5, LEASE)
    await connection.execute("update deliveries set state = 'delivered'")
    await queued(connection, clock, "a")
    assert await leases.lease_hosts(connection, clock(), 5, LEASE) == []
    assert await give_back(connection, leased, clock())
    assert len(await leases.lease_hosts(connection, clock(), 5, LEASE)) == 1


async def test_a_host_with_nothing_left_is_not_leased_any_more(connection, group, clock):
    await queued(connection, clock, "a")
    leased = await leases.lease_hosts(connection, clock(), 5, LEASE)
    await connection.execute("update deliveries set state = 'delivered'")
    assert not await give_back(connection, leased, clock())
    clock.let_pass(days=1)
    assert await leases.lease_hosts(connection, clock(), 5, LEASE) == []


async def test_who_was_late_cannot_give_back_what_another_has_leased(connection, group, clock):
    await queued(connection, clock, "a")
    late = await leases.lease_hosts(connection, clock(), 5, LEASE)
    clock.let_pass(seconds=61)
    (current,) = await leases.lease_hosts(connection, clock(), 5, LEASE)
    await give_back(connection, late, clock(), failures=3)
    row = await connection.fetchrow("select leased_until, failures from hosts")
    assert (row["leased_until"], row["failures"]) == (current.leased_until, 0)


async def test_a_late_result_never_undoes_a_delivery(connection, group, clock):
    await queued(connection, clock, "a")
    (due,) = await deliveries.due_of_hosts(connection, clock(), [("a.example", 5)])
    delivered = deliveries.Result(id=due.id, state="delivered", attempts=1, status=202)
    retried = deliveries.Result(id=due.id, state="waiting", attempts=1, due_at=clock(), status=500)
    await deliveries.finish(connection, [retried], clock())
    await deliveries.finish(connection, [delivered], clock())
    await deliveries.finish(connection, [retried, delivered], clock())
    row = await connection.fetchrow("select state, attempts, last_status from deliveries")
    assert tuple(row) == ("delivered", 1, 202)


async def test_two_workers_that_lease_at_once_share_the_hosts(database, connection, group, clock):
    await queued(connection, clock, *(f"h{number}" for number in range(40)))

    async def some():
        async with database.acquire() as db:
            return [host.name for host in await leases.lease_hosts(db, clock(), 10, LEASE)]

    taken = [name for names in await asyncio.gather(*(some() for _ in range(6))) for name in names]
    assert len(taken) == len(set(taken)) == 40


async def test_the_software_of_a_host_is_remembered_in_lower_case(connection, clock):
    await hosts.remember_software(connection, "a.example", "GoToSocial", "0.20", clock())
    await hosts.remember_software(connection, "a.example", None, None, clock())
    host = await hosts.by_name(connection, "a.example")
    assert (host.software, host.software_version) == ("gotosocial", "0.20")
    assert await hosts.by_name(connection, "b.example") is None


async def test_a_stranger_who_is_seen_gets_a_row_without_anything_due(connection, clock):
    await hosts.seen_inbound(connection, ["new.example", "new.example"], clock())
    host = await hosts.by_name(connection, "new.example")
    assert host.last_inbound_at is not None
    assert await connection.fetchval("select count(*) from host_wakes") == 0
