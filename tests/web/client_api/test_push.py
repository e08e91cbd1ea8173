"""Subscriptions to web push by the client API, and what then rings on a device, over real HTTP."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from fediverse_support.accounts import vapid
from fediverse_support.community.notifying import happenings, quiet
from fediverse_support.community.notifying.ringing import LEASE, Ringer
from fediverse_support.core import clock
from fediverse_support.database import push
from fediverse_support.database.pool import acquire
from fediverse_support.database.push import Wishes
from fediverse_support.network.client import Client
from fediverse_support.web.rendering import translations_for
from tests.support.push_service import Device, PushService, claims_of

ADDRESS = "/api/v1/push/subscription"
ALL = ("mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update")
OPEN = {"outbound_allow_private": "127.0.0.0/8", "outbound_allow_http": True}


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    one = PushService()
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
async def world(world_with) -> Any:
    return await world_with(**OPEN)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = clock.now()

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
async def ringer(world) -> AsyncIterator[tuple[Ringer, Clock]]:
    async with Client(world.settings) as client:
        at = Clock()
        yield (
            Ringer(
                world.pool,
                client,
                world.site,
                world.seal,
                say=lambda language, text: translations_for(language).gettext(text),
                icon="https://garden.example/icon.png",
                now=at,
            ),
            at,
        )


def wish(service: PushService, device: Device, **more: Any) -> dict[str, Any]:
    return {
        "subscription": {"endpoint": service.endpoint(), "keys": device.keys, **more},
        "data": {"alerts": dict.fromkeys(ALL, True)},
    }


async def count(world: Any, table: str) -> int:
    async with acquire(world.pool) as db:
        found: int = await db.fetchval(f"select count(*) from {table}")
        return found


async def test_a_subscription_is_made_changed_and_ended(world, ada, ben, api, service) -> None:
    app, other, device = await api(ada), await api(ben), Device()
    assert await app.refused(404, "GET", ADDRESS) == "Record not found"
    assert await app.refused(404, "PUT", ADDRESS, json={"data": {"policy": "all"}}) == "Record not found"
    # As Ice Cubes sends it, in the query; as browsers do, in a form without padding.
    made = await app.call(
        "POST",
        ADDRESS,
        params={
            "subscription[endpoint]": service.endpoint(),
            "subscription[keys][p256dh]": device.keys["p256dh"] + "=",
            "subscription[keys][auth]": device.keys["auth"] + "==",
            "data[alerts][mention]": "true",
            "data[alerts][follow]": "false",
            "policy": "followed",
        },
    )
    assert made.status_code == 200, made.text
    shown = made.json()
    async with acquire(world.pool) as db:
        key = await vapid.public_key(db, world.seal, clock.now())
    assert isinstance(shown["id"], int)
    assert (shown["server_key"], shown["standard"], shown["policy"]) == (key, False, "followed")
    assert {name for name, rings in shown["alerts"].items() if rings} == {"mention"}
    assert {"follow", "favourite", "reblog", "poll", "status", "admin.report"} <= set(shown["alerts"])
    assert await app.get(ADDRESS) == shown
    changed = await app.call(
        "PUT", ADDRESS, json={"data": {"policy": "none", "alerts": {"poll": True, "mention": 0}}}
    )
    assert changed.json()["policy"] == "none"
    assert [name for name, rings in changed.json()["alerts"].items() if rings] == ["poll"]
    again = await app.post(ADDRESS, wish(service, Device(), standard=True))
    assert (again["id"], again["standard"], again["policy"]) == (shown["id"], True, "all")
    assert await count(world, "push_subscriptions") == 1
    # Another member's token knows nothing of it, and ends nothing of it.
    assert await other.refused(404, "GET", ADDRESS) == "Record not found"
    assert (await other.call("DELETE", ADDRESS)).json() == {}
    assert await count(world, "push_subscriptions") == 1
    for _ in range(2):
        assert (await app.call("DELETE", ADDRESS)).json() == {}
    assert await count(world, "push_subscriptions") == 0
    async with acquire(world.pool) as db:
        await app.post(ADDRESS, wish(service, device))
        await db.execute("delete from access_tokens")
        assert await db.fetchval("select count(*) from push_subscriptions") == 0


async def test_bad_subscriptions_are_refused_and_nothing_is_kept(world, ada, api, service) -> None:
    app, device = await api(ada), Device()
    good = wish(service, device)
    endpoints = (
        "",
        "javascript:alert(1)",
        "ftp://push.example/x",
        "https://x y/",
        f"{world.site.origin}/inbox",
    )
    for endpoint in (*endpoints, "https://push.example/" + "x" * 3000):
        bad = {**good, "subscription": {"endpoint": endpoint, "keys": device.keys}}
        await app.refused(422, "POST", ADDRESS, json=bad)
    for keys in (
        {},
        {"p256dh": device.keys["p256dh"]},
        {"p256dh": "!!", "auth": device.keys["auth"]},
        {"p256dh": "é" * 40, "auth": device.keys["auth"]},
        {"p256dh": "B" * 87, "auth": device.keys["auth"]},
        {"p256dh": device.keys["p256dh"], "auth": "short"},
        {"p256dh": "A" * 10_000, "auth": device.keys["auth"]},
        {"p256dh": ["x"], "auth": {"a": "b"}},
    ):
        bad = {**good, "subscription": {"endpoint": service.endpoint(), "keys": keys}}
        await app.refused(422, "POST", ADDRESS, json=bad)
    await app.refused(422, "POST", ADDRESS, json={**good, "data": {"policy": "everybody"}})
    narrow = await api(ada, ["read", "write", "follow"])
    await narrow.refused(403, "POST", ADDRESS, json=good)
    await (await api()).refused(401, "POST", ADDRESS, json=good)
    assert await count(world, "push_subscriptions") == 0


async def test_a_ring_reaches_the_device_in_both_codings_and_says_nothing_of_what_was_written(
    world, village, ada, ben, api, service, ringer
) -> None:
    ring, at = ringer
    group = await village.group()
    for account in (ada, ben):
        await village.joins(account, group)
    old, new = Device(), Device()
    first, second = await api(ada), await api(ada)
    await first.post(ADDRESS, {**wish(service, old)})
    await second.post(ADDRESS, {**wish(service, new, standard=True, endpoint=service.endpoint("/send/2"))})
    start = await village.writes(ada, group.actor, "I cannot sleep.", title="Awake")
    async with acquire(world.pool) as db, db.transaction():
        await happenings.favourited(db, ben.actor_id, start, at())
        key = await vapid.public_key(db, world.seal, at())
        number = await db.fetchval("select id from notifications where actor_id = $1", ada.actor_id)
    assert await ring.step() == 2
    assert await ring.step() == 0
    by_path = {one.path: one for one in service.pushed}
    assert len(service.pushed) == 2
    for path, device, app in (("/send/1", old, first), ("/send/2", new, second)):
        one = by_path[path]
        said = json.loads(device.read(one.headers, one.body))
        assert said == {
            "access_token": app.token,
            "preferred_locale": "en",
            "notification_id": number,
            "notification_type": "favourite",
            "icon": "https://garden.example/icon.png",
            "title": "Something new",
            "body": "Something new in one of your groups.",
        }
        assert claims_of(one.headers, key)["aud"] == f"http://push.localhost:{service.port}"
    assert by_path["/send/1"].headers["content-encoding"] == "aesgcm"
    assert by_path["/send/2"].headers["content-encoding"] == "aes128gcm"
    # Somebody who wants to read it on the locked screen: who and what, but not what members only read.
    async with acquire(world.pool) as db, db.transaction():
        await push.put_wishes(db, ada.id, Wishes(shows_words=True))
        await push.unsubscribe(db, (await db.fetchval("select max(grant_id) from push_subscriptions")))
        await db.execute("delete from notifications")
        await happenings.favourited(db, ben.actor_id, start, at())
    await ring.step()
    said = json.loads(old.read(service.pushed[-1].headers, service.pushed[-1].body))
    assert (said["title"], said["body"]) == ("Ben liked your post", "I cannot sleep.")
    async with acquire(world.pool) as db, db.transaction():
        await db.execute("update posts set reach = 'members' where id = $1", start.id)
        await db.execute("delete from notifications")
        await happenings.favourited(db, ben.actor_id, start, at())
    await ring.step()
    said = json.loads(old.read(service.pushed[-1].headers, service.pushed[-1].body))
    assert (said["title"], said["body"]) == ("Ben liked your post", "Something new in one of your groups.")
    # What may not be seen any more, or was put away, does not ring.
    count_before = len(service.pushed)
    for statement in (
        "update posts set state = 'hidden', author_id = $2 where id = $1",
        "delete from notifications where post_id = $1 and from_id = $2",
    ):
        async with acquire(world.pool) as db, db.transaction():
            await db.execute("delete from notifications")
            await db.execute(
                "update posts set state = 'live', author_id = $2 where id = $1", start.id, ada.actor_id
            )
            await happenings.favourited(db, ben.actor_id, start, at())
            assert await db.fetchval("select count(*) from push_jobs") == 1
            await db.execute(statement, start.id, ben.actor_id)
        await ring.step()
        assert await count(world, "push_jobs") == 0
    assert len(service.pushed) == count_before


async def test_only_what_was_asked_for_rings(world, village, ada, ben, api, service, ringer) -> None:
    ring, at = ringer
    app = await api(ada)
    people = [ben, await world.member("cyd"), await world.member("dot")]
    async with acquire(world.pool) as db, db.transaction():
        for follower, followed in ((ada, people[1]), (people[2], ada)):
            await db.execute(
                "insert into follows (follower_id, followed_id, state, activity_uris, accepted_at)"
                " values ($1, $2, 'accepted', '{}', now())",
                follower.actor_id,
                followed.actor_id,
            )

    async def rung(policy: str, alerts: dict[str, bool]) -> int:
        await app.post(ADDRESS, {**wish(service, Device()), "data": {"policy": policy, "alerts": alerts}})
        async with acquire(world.pool) as db, db.transaction():
            await db.execute("delete from notifications")
            for person in people:
                await happenings.followed(db, person.actor_id, ada.actor_id, False, at())
            number: int = await db.fetchval("select count(*) from push_jobs")
            await db.execute("delete from push_jobs")
        return number

    assert await rung("all", {"follow": True}) == 3
    assert await rung("followed", {"follow": True}) == 1
    assert await rung("follower", {"follow": True}) == 1
    assert await rung("none", {"follow": True}) == 0
    assert await rung("all", {"follow": False, "mention": True}) == 0
    assert await ring.step() == 0


async def test_quiet_hours_gather_what_comes_into_one_ring(world, ada, ben, api, service, ringer) -> None:
    ring, at = ringer
    device = Device()
    app = await api(ada)
    await app.post(ADDRESS, wish(service, device))
    async with acquire(world.pool) as db:
        await push.put_wishes(
            db, ada.id, Wishes(quiet_from=time(22), quiet_until=time(7), time_zone="Europe/Berlin")
        )
    evening = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)  # half past eleven; in this night the clock jumps
    at.at = evening
    people = [ben, await world.member("cyd"), await world.member("dot")]
    async with acquire(world.pool) as db, db.transaction():
        for person in people:
            await happenings.followed(db, person.actor_id, ada.actor_id, False, evening)
    assert await ring.step() == 3
    at.at = datetime(2026, 3, 29, 4, 59, tzinfo=UTC)
    assert await ring.step() == 0
    assert service.pushed == []
    at.at = datetime(2026, 3, 29, 5, 0, tzinfo=UTC)  # seven in the morning, summer time
    assert await ring.step() == 3
    assert len(service.pushed) == 1
    said = json.loads(device.read(service.pushed[0].headers, service.pushed[0].body))
    assert (said["title"], said["body"]) == ("Something new", "3 new things came while it was quiet.")
    assert await count(world, "push_jobs") == 0

    async def choose(hours: tuple[time, time] | None) -> None:
        async with acquire(world.pool) as db, db.transaction():
            await quiet.choose(
                db, ada.id, shows_words=False, quiet=hours, time_zone="Europe/Berlin", now=at()
            )

    at.at = evening
    eve = await world.member("eve")
    async with acquire(world.pool) as db, db.transaction():
        await happenings.followed(db, eve.actor_id, ada.actor_id, False, evening)
    assert await ring.step() == 1
    await choose((time(21), time(8)))
    assert await ring.step() == 1  # looked at again, and it still is quiet
    assert len(service.pushed) == 1
    await choose(None)
    assert await ring.step() == 1
    assert len(service.pushed) == 2


async def test_a_push_service_that_fails_is_tried_again_and_one_that_says_no_is_not(
    world, ada, ben, api, service, ringer
) -> None:
    ring, at = ringer
    app = await api(ada)
    await app.post(ADDRESS, wish(service, Device()))

    async def one_follows() -> None:
        async with acquire(world.pool) as db, db.transaction():
            await db.execute("delete from notifications")
            await db.execute("delete from push_jobs")
            await happenings.followed(db, ben.actor_id, ada.actor_id, False, at())

    await one_follows()
    service.statuses += [503, 429]
    for tries in (1, 2, 3):
        assert await ring.step() == 1
        assert len(service.pushed) == tries
        assert await ring.step() == 0
        at.at += LEASE + timedelta(minutes=2)
    assert await count(world, "push_jobs") == 0
    # A worker that dies with it in hand: another sends it.
    await one_follows()
    async with acquire(world.pool) as db:
        await db.execute("update push_jobs set due_at = $1", at() + LEASE)
    assert await ring.step() == 0
    at.at += LEASE
    assert await ring.step() == 1
    # Two days of failing are enough.
    await one_follows()
    service.statuses += [500]
    async with acquire(world.pool) as db:
        await db.execute("update push_jobs set made_at = made_at - interval '48 hours'")
    assert await ring.step() == 1
    assert await count(world, "push_jobs") == 0
    for status in (413, 404, 410, 403, 301):
        if await count(world, "push_subscriptions") == 0:
            await app.post(ADDRESS, wish(service, Device()))
        await one_follows()
        service.statuses += [status]
        await ring.step()
        assert await count(world, "push_jobs") == 0
        assert await count(world, "push_subscriptions") == (1 if status == 413 else 0), status


async def test_who_no_longer_looks_after_a_group_is_not_rung_for_it(
    world, village, ada, ben, api, service, ringer
) -> None:
    ring, at = ringer
    group = await village.group()
    async with acquire(world.pool) as db:
        await db.execute(
            "insert into group_moderators (group_id, actor_id) values ($1, $2)", group.actor.id, ada.actor_id
        )
    app = await api(ada, acts_as=group.actor.id)
    await app.post(ADDRESS, wish(service, Device()))
    for rings in (1, 1):
        async with acquire(world.pool) as db, db.transaction():
            await db.execute("delete from notifications")
            await happenings.followed(db, ben.actor_id, group.actor.id, True, at())
        await ring.step()
        assert len(service.pushed) == rings
        async with acquire(world.pool) as db:
            await db.execute("delete from group_moderators")
