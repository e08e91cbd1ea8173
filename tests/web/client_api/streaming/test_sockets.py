"""Following along over a real WebSocket: who is let in, who hears what, and when it ends."""

import asyncio
import json

import httpx
import pytest
import websockets

from fediverse_support.community.notifying import happenings
from fediverse_support.core import clock
from fediverse_support.database import grants as stored_grants
from fediverse_support.database.pool import acquire
from fediverse_support.web.streams import MOST_OF_GRANT


async def test_only_who_has_a_right_to_listen_is_let_in(home, running, hears, waits):
    ada = await home.member("ada")
    good, narrow = await running.token(ada), await running.token(ada, ["write"])
    for query, protocols in (("", None), ("?access_token=wrong", None), ("", ["wrong"])):
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(running.address(query), subprotocols=protocols)
        assert refused.value.response.status_code == 401
        assert "error" in json.loads(refused.value.response.body)
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(running.address(f"?access_token={narrow}&stream=user"))
    assert refused.value.response.status_code == 403
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(running.address(f"?access_token={good}&stream=nonsense"))
    assert refused.value.response.status_code == 422
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.port}") as client:
        plain = await client.get("/api/v1/streaming")
        assert plain.status_code == 404
        assert "error" in plain.json()
        assert (await client.get("/api/v1/streaming/health")).text == "OK"
        assert (await client.get("/api/v1/streaming/user")).status_code == 401
    # Wrong words are answered or overheard; the socket stays open.
    async with running.socket(good, "user") as opened:
        for word in ("{", "[]", '{"type": 3}', "17", '{"type": "subscribe"}'):
            await opened.send(word)
        assert (await hears(opened))[2] == {"error": "Unknown stream type", "status": 400}
        await opened.send(json.dumps({"type": "subscribe", "stream": "list", "list": "99999999999999999999"}))
        assert (await hears(opened))[2]["status"] == 404
        await opened.send(json.dumps({"type": "subscribe", "stream": "hashtag"}))
        assert (await hears(opened))[2]["status"] == 400
        assert {tuple(one) for one in running.of(good)[0].streams} == {("user",)}
        await opened.send(b"binary")
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await opened.recv()
        assert closed.value.rcvd.code == 1003
    await waits(lambda: not running.of(good))
    many = [await websockets.connect(running.address(f"?access_token={good}")) for _ in range(MOST_OF_GRANT)]
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(running.address(f"/?access_token={good}"))
    assert refused.value.response.status_code == 429
    await asyncio.gather(*(one.close() for one in many))


async def test_each_hears_what_is_for_them_and_nothing_else(home, running, hears):
    ada, ben, eve = [await home.member(name) for name in ("ada", "ben", "eve")]
    group = await home.group("sober", seeing="members", reach="members")
    open_group = await home.group("tea")
    for member in (ada, ben):
        await home.join(member, group.actor)
        await home.join(member, open_group.actor)
    bens, eves = await running.token(ben), await running.token(eve)
    follows = {"stream": "list", "list": str(group.actor.id)}
    tag = {"stream": "hashtag", "tag": "Tea"}
    async with (
        running.socket(bens, "user", "public", "direct", "user:notification", follows, tag) as his,
        running.socket(eves, "user", "public", "public:local", tag) as hers,
    ):
        post = await home.write(ada, group.actor, "Only for us, @ben.")
        got = [await hears(his) for _ in range(4)]
        by_stream = {(stream, event): payload for stream, event, payload in got}
        boost = by_stream[("user",), "update"]
        assert (boost["reblog"]["id"], boost["account"]["id"]) == (str(post.id), str(group.actor.id))
        assert by_stream[("list", str(group.actor.id)), "update"]["id"] == str(post.id)
        for stream in (("user",), ("user:notification",)):
            assert by_stream[stream, "notification"]["type"] == "mention"
        assert boost["reblog"]["favourited"] is False

        said = await home.write(ada, open_group.actor, "All of you: #tea")
        got = {(await hears(his))[:2] for _ in range(3)}
        assert got == {(("user",), "update"), (("public",), "update"), (("hashtag", "tea"), "update")}
        got = [await hears(hers) for _ in range(3)]
        assert {one[0] for one in got} == {("public",), ("public:local",), ("hashtag", "tea")}, (
            "and not before"
        )
        assert {one[2]["id"] for one in got} == {str(said.id)}

        await home.edit(ada, said, "All of you: #tea, please")
        changed = [await hears(hers) for _ in range(3)]
        assert {one[1] for one in changed} == {"status.update"}
        assert "please" in changed[0][2]["content"]
        assert {(await hears(his))[1] for _ in range(3)} == {"status.update"}
        await home.delete(ada, said)
        gone = [(await hears(hers)) for _ in range(3)]
        assert {one[1:] for one in gone} == {("delete", str(said.id))}
        assert {one[0] for one in gone} == {("public",), ("public:local",), ("hashtag", "tea")}
        await home.delete(ada, post)
        gone = set()
        while ("delete", str(post.id)) not in gone:
            gone.add((await hears(his))[1:])
        with pytest.raises(TimeoutError):
            await hears(hers, 0.3)


async def test_rights_that_end_end_the_stream(home, running, hears):
    ada, ben = [await home.member(name) for name in ("ada", "ben")]
    group = await home.group("sober", seeing="members", reach="members")
    for member in (ada, ben):
        await home.join(member, group.actor)
    follows = {"stream": "list", "list": str(group.actor.id)}
    first, second = await running.token(ben), await running.token(ben)
    async with running.socket(first, "user", follows) as one, running.socket(second, "user") as other:
        await home.write(ada, group.actor, "For members.")
        assert {(await hears(one))[1] for _ in range(2)} == {"update"}
        await home.pool.execute("delete from follows where follower_id = $1", ben.id)
        await home.write(ada, group.actor, "He has left.")
        with pytest.raises(TimeoutError):
            await hears(one, 0.3)
        async with acquire(home.pool) as db:
            number = running.of(first)[0].grant_id
            await stored_grants.remove(db, number)
        async with asyncio.timeout(5):
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await one.recv()
            assert closed.value.rcvd.code == 1008
        assert len(running.of(second)) == 1
        await home.pool.execute("update accounts set state = 'disabled' where actor_id = $1", ben.id)
        async with asyncio.timeout(5):
            await other.wait_closed()


async def test_who_comes_back_hears_what_was_missed_once_also_from_another_process(
    home, running, another, hears
):
    ada, ben = [await home.member(name) for name in ("ada", "ben")]
    group = await home.group()
    for member in (ada, ben):
        await home.join(member, group.actor)
    token = await running.token(ben)
    async with running.socket(token, "user") as opened:
        await home.write(ada, group.actor, "One.")
        last = json.loads(await opened.recv())["id"]
    missed = [await home.write(ada, group.actor, f"While away {number}.") for number in range(3)]
    async with another.socket(token, query=f"?stream=user&since={last}") as opened:
        got = [(await hears(opened))[2]["reblog"]["id"] for _ in range(3)]
        assert got == [str(one.id) for one in missed]
        live = await home.write(ada, group.actor, "Now.")
        assert (await hears(opened))[2]["reblog"]["id"] == str(live.id)
        with pytest.raises(TimeoutError):
            await hears(opened, 0.3)


async def test_server_sent_events_carry_the_same(home, running):
    ada, ben = [await home.member(name) for name in ("ada", "ben")]
    group = await home.group()
    for member in (ada, ben):
        await home.join(member, group.actor)
    token = await running.token(ben)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.port}", headers=headers) as client:

        async def lines(path, count, **more):
            found = []
            async with asyncio.timeout(8), client.stream("GET", path, headers=more) as stream:
                assert stream.status_code == 200
                assert stream.headers["content-type"].startswith("text/event-stream")
                assert "content-length" not in stream.headers
                deed = None
                async for line in stream.aiter_lines():
                    if not found and deed is None and not more:
                        assert line == ":)"
                        deed = asyncio.create_task(home.write(ada, group.actor, "Hello @ben."))
                    found.append(line)
                    if sum(one.startswith("data: ") for one in found) == count:
                        break
                if deed:
                    await deed
            return found

        found = await lines("/api/v1/streaming/user", 2)
        events = [line for line in found if line.startswith("event: ")]
        assert sorted(events) == ["event: notification", "event: update"]
        (retry,) = [at for at, line in enumerate(found) if line.startswith("retry: ")]
        assert found[retry + 1].startswith("id: "), "Mastodon.py gives up on what is no event"
        payloads = [json.loads(line[6:]) for line in found if line.startswith("data: ")]
        assert {"type", "content"} & {*payloads[0], *payloads[1]}
        last = [line[4:] for line in found if line.startswith("id: ")][-1]
        missed = await home.write(ada, group.actor, "While away.")
        again = await lines("/api/v1/streaming/user", 1, **{"Last-Event-ID": last})
        (payload,) = [json.loads(line[6:]) for line in again if line.startswith("data: ")]
        assert payload["reblog"]["id"] == str(missed.id)
        listing = await client.get("/api/v1/streaming/list", params={"list": "7777"})
        assert listing.status_code == 404


async def test_filters_announcements_and_conversations_reach_those_whom_they_concern(home, running, hears):
    ada, ben = [await home.member(name) for name in ("ada", "ben")]
    group = await home.group()
    for member in (ada, ben):
        await home.join(member, group.actor)
    token = await running.token(ben)
    async with running.socket(token, "user", "direct") as opened:
        async with acquire(home.pool) as db, db.transaction():
            number = await db.fetchval(
                "insert into filters (actor_id, title, contexts, action) values ($1, 'x', '{home}', 'hide') "
                "returning id", ben.id,
            )  # fmt: skip
            await db.execute(
                "insert into filter_keywords (filter_id, keyword, whole_word) values ($1, 'wine', true)",
                number,
            )
        assert await hears(opened) == (("user",), "filters_changed", None)
        await home.write(ada, group.actor, "About wine.")
        tea = await home.write(ada, group.actor, "About tea.")
        assert (await hears(opened))[2]["reblog"]["id"] == str(tea.id)
        said = await home.pool.fetchval(
            "insert into announcements (source, html, published_at, updated_at) "
            "values ('Hi', '<p>Hi</p>', now(), now()) returning id"
        )
        assert (await hears(opened))[1] == "announcement"
        await home.pool.execute("delete from announcements")
        assert (await hears(opened))[1:] == ("announcement.delete", str(said))
        direct = await home.write(ada, group.actor, "Direct.")
        await hears(opened)
        async with acquire(home.pool) as db, db.transaction():
            await db.execute(
                """
                insert into posts
                       (id, uri, author_id, root_id, content_html, reach, named, published_at, active_at)
                select id + 1, uri || 'd', author_id, id + 1, '<p>Psst</p>', 'direct', array[$2::bigint],
                       now(), now() from posts where id = $1
                """,
                direct.id, ben.id,
            )  # fmt: skip
        stream, event, talk = await hears(opened)
        assert (stream, event, talk["unread"]) == (("direct",), "conversation", True)
        assert talk["last_status"]["id"] == str(direct.id + 1)
        async with acquire(home.pool) as db, db.transaction():
            await happenings.favourited(db, ada.id, tea, clock.now())
        with pytest.raises(TimeoutError):
            await hears(opened, 0.2)
