"""What somebody might try who means ill: to learn what is not theirs, and to keep this server busy."""

import io
from datetime import timedelta

import pytest
from PIL import Image

from fediverse_support.accounts import grants
from fediverse_support.community.people import scheduling
from fediverse_support.community.pictures import media
from fediverse_support.community.reading import filter_keeping
from fediverse_support.core import clock
from fediverse_support.core.errors import TooMany
from fediverse_support.database import actor_counts
from fediverse_support.database import grants as stored_grants
from fediverse_support.database.pool import acquire
from fediverse_support.web import streams
from fediverse_support.web.client_api import door
from fediverse_support.web.streams import Listener, Streams


async def looks_after(world, account, group) -> None:
    await world.pool.execute("insert into group_moderators values ($1, $2)", group.actor.id, account.actor_id)


async def follows(world, follower_id: int, followed_id: int) -> None:
    await world.pool.execute(
        """
        insert into follows (follower_id, followed_id, state, activity_uris, accepted_at)
        values ($1, $2, 'accepted', '{}', now())
        """,
        follower_id,
        followed_id,
    )


async def test_who_looks_after_nothing_any_more_reads_no_reports(world, village, api, ada, ben) -> None:
    owls, cleo = await village.group(), await world.member("cleo")
    for account in (ada, ben, cleo):
        await village.joins(account, owls)
    await looks_after(world, cleo, owls)
    post = await village.writes(ben, owls.actor, "Words.")
    sam = await world.member("sam", role="moderator")
    report = {"account_id": str(ben.actor_id), "comment": "quokka"}
    await (await api(ada)).post("/api/v1/reports", report | {"status_ids": [str(post.id)]})
    await (await api(ada)).post("/api/v1/reports", report)
    theirs, house = await api(cleo), await api(sam)
    (told,) = await theirs.get("/api/v1/notifications")
    assert (told["type"], told["report"]["comment"]) == ("admin.report", "quokka")
    (other,) = await house.get("/api/v1/notifications")
    assert other["type"] == "admin.report"
    await world.pool.execute("delete from group_moderators")
    await world.pool.execute("update accounts set role = 'member' where id = $1", sam.id)
    for app, number, key in (
        (theirs, told["id"], told["group_key"]),
        (house, other["id"], other["group_key"]),
    ):
        assert await app.get("/api/v1/notifications") == []
        assert (await app.get("/api/v2/notifications"))["notification_groups"] == []
        assert await app.get("/api/v1/notifications/unread_count") == {"count": 0}
        await app.refused(404, "GET", f"/api/v1/notifications/{number}")
        await app.refused(404, "GET", f"/api/v2/notifications/{key}")


async def test_numbers_beside_a_name_tell_nothing_of_what_is_private(world, village, api, ada, ben) -> None:
    cleo = await world.member("cleo")
    hidden = await village.group("hidden", title="Hidden", joining="invite", seeing="members")
    for account in (ada, cleo):
        await village.joins_by_hand(account, hidden)
    await follows(world, ada.actor_id, cleo.actor_id)
    app, stranger = await api(ada), await api(ben)
    await village.writes(ada, hidden.actor, "In here.")
    await app.post("/api/v1/statuses", {"status": "@cleo to you", "visibility": "direct"})
    await app.post("/api/v1/statuses", {"status": "to some", "visibility": "private"})

    async def seen() -> tuple[int, int, str | None]:
        found = await stranger.get(f"/api/v1/accounts/{ada.actor_id}")
        return found["statuses_count"], found["following_count"], found["last_status_at"]

    async def counted() -> None:
        async with acquire(world.pool) as db:
            ids = [row["id"] for row in await db.fetch("select id from actors")]
            await actor_counts.count(db, ids, clock.now())

    assert await seen() == (0, 1, None)
    await counted()
    assert await seen() == (0, 1, None)
    await app.post("/api/v1/statuses", {"status": "to everybody", "visibility": "public"})
    await counted()
    number, following, last = await seen()
    assert (number, following) == (1, 1)
    assert last is not None


async def test_an_answer_in_private_does_not_tell_other_servers_of_a_sealed_thread(
    world, village, api, ada
) -> None:
    sealed = await village.group("sealed", title="Sealed", seeing="members", reach="sealed")
    await village.joins_by_hand(ada, sealed)
    await village.remote("https://far.example/users/rosa")
    start = await village.writes(ada, sealed.actor, "In here.")
    await (await api(ada)).post(
        "/api/v1/statuses",
        {"status": "@rosa@far.example look", "visibility": "direct", "in_reply_to_id": str(start.id)},
    )
    bodies = [row["body"] for row in await world.pool.fetch("select body from activities")]
    assert any("rosa" in body for body in bodies)
    assert not any(start.uri in body or sealed.actor.uri in body for body in bodies)


async def test_limits_are_not_passed_by_writing_for_later(world, api, ada, monkeypatch) -> None:
    monkeypatch.setattr(scheduling, "MOST_A_DAY", 3, raising=False)
    app, day = await api(ada), clock.now() + timedelta(days=2)
    kept = [
        await app.post(
            "/api/v1/statuses",
            {"status": f"{number}", "scheduled_at": (day + timedelta(seconds=number)).isoformat()},
        )
        for number in range(3)
    ]
    one_more = {"status": "4", "scheduled_at": day.isoformat()}
    assert "day" in await app.refused(422, "POST", "/api/v1/statuses", json=one_more)
    far = (day + timedelta(days=3)).isoformat()
    other = await app.post("/api/v1/statuses", {"status": "4", "scheduled_at": far})
    moved = {"scheduled_at": day.isoformat()}
    await app.refused(422, "PUT", f"/api/v1/scheduled_statuses/{other['id']}", json=moved)
    answer = await app.call("PUT", f"/api/v1/scheduled_statuses/{kept[0]['id']}", json=moved)
    assert answer.status_code == 200, "what is there already may move within its day"


async def test_nobody_has_so_many_words_looked_for_that_others_wait(world, api, ada, monkeypatch) -> None:
    monkeypatch.setattr(filter_keeping, "MOST_WORDS_IN_ALL", 3)
    app = await api(ada)

    def wish(*words: str) -> dict:
        return {
            "title": "x",
            "context": ["home"],
            "keywords_attributes": [{"keyword": word} for word in words],
        }

    first = await app.post("/api/v2/filters", wish("one", "two"))
    await app.refused(422, "POST", "/api/v2/filters", json=wish("three", "four"))
    await app.post("/api/v2/filters", wish("three"))
    await app.refused(422, "POST", f"/api/v2/filters/{first['id']}/keywords", json={"keyword": "four"})
    assert len(await app.get("/api/v1/filters")) == 3


async def test_pins_do_not_ring_all_followers_without_end(world, api, ada) -> None:
    app = await api(ada)
    post = await app.post("/api/v1/statuses", {"status": "mine"})
    statuses = set()
    for _ in range(40):
        for deed in ("pin", "unpin"):
            answer = await app.call("POST", f"/api/v1/statuses/{post['id']}/{deed}")
            statuses.add(answer.status_code)
    assert statuses == {200, 429}


async def test_another_token_each_time_is_no_way_past_the_limit(world, ada, api, monkeypatch) -> None:
    monkeypatch.setattr(door, "BAD_PER_CLIENT", type(door.BAD_PER_CLIENT)(3, 5))
    nobody, app = await api(), await api(ada)
    seen = []
    for number in range(5):
        headers = {"Authorization": f"Bearer guess-{number}"}
        seen.append((await nobody.call("GET", "/api/v1/preferences", headers=headers)).status_code)
    assert seen == [401, 401, 401, 429, 429]
    assert (await app.call("GET", "/api/v1/preferences")).status_code == 200, "a good token is not held up"
    assert (await (await api(address="192.0.2.77")).call("GET", "/api/v1/instance")).status_code == 200


async def test_a_member_opens_no_more_streams_with_more_tokens(world, ada, ben, monkeypatch) -> None:
    monkeypatch.setattr(streams, "MOST_OF_MEMBER", 3)
    open_now = Streams()
    open_now.is_open = True

    async def listener(account) -> Listener:
        async with acquire(world.pool) as db:
            token = await grants.issue(
                db, account=account, actor_id=account.actor_id, application_id=None,
                scopes=("read",), now=clock.now(),
            )  # fmt: skip
            grant = await stored_grants.live(db, grants.hash_of(token))
        assert grant is not None
        return Listener(grant, grants.hash_of(token))

    mine = [await listener(ada) for _ in range(4)]
    for one in mine[:3]:
        open_now.add(one)
    with pytest.raises(TooMany):
        open_now.add(mine[3])
    open_now.add(await listener(ben))
    open_now.remove(mine[0])
    open_now.remove(mine[0])
    open_now.add(mine[3])


async def test_nobody_fills_the_disk_with_pictures_that_stand_nowhere(
    world, api, ada, ben, monkeypatch
) -> None:
    monkeypatch.setattr(media, "MOST_LOOSE", 2)
    target = io.BytesIO()
    Image.new("RGB", (8, 8)).save(target, "PNG")
    app = await api(ada)

    async def upload(who) -> int:
        sent = {"file": ("a.png", target.getvalue())}
        answer = await who.call("POST", "/api/v1/media", files=sent)
        return answer.status_code

    assert [await upload(app) for _ in range(3)] == [200, 200, 422]
    assert await upload(await api(ben)) == 200
    first = await world.pool.fetchval("select id from media where owner_id = $1 order by id", ada.actor_id)
    await app.post("/api/v1/statuses", {"status": "look", "media_ids": [str(first)]})
    assert await upload(app) == 200
