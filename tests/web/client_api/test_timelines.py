"""Timelines: what stands in each, for whom, in which order, and in how many round trips."""

from typing import Any

import pytest

from fediverse_support.community.groups import groups
from fediverse_support.community.joining import memberships
from fediverse_support.community.posts import posts
from fediverse_support.community.posts.posts import Words
from fediverse_support.core import clock
from fediverse_support.core.identifiers import new_id, new_public_id
from fediverse_support.core.models import Account, Actor, Group, Post, Reach, Viewer
from fediverse_support.database import actors, pool
from fediverse_support.database import posts as stored
from fediverse_support.database.pool import acquire


class Village:
    """People, groups and posts, made straight in the database where the client API has no word for it."""

    def __init__(self, world: Any) -> None:
        self.world = world

    async def group(self, name: str, **answers: Any) -> Group:
        async with acquire(self.world.pool) as db, db.transaction():
            wanted = groups.Answers(title=name.capitalize(), **answers)
            return await groups.create(db, self.world.site, self.world.seal, name, wanted)

    async def join(self, account: Account, group: Group) -> None:
        async with acquire(self.world.pool) as db, db.transaction():
            actor = await self.actor(account.actor_id)
            await memberships.join(db, self.world.site, actor, group, clock.now(), is_invited=True)

    async def actor(self, number: int) -> Actor:
        async with acquire(self.world.pool) as db:
            found = await actors.by_id(db, number)
        assert found is not None
        return found

    async def write(self, account: Account, group: Group, text: str, **words: Any) -> Post:
        author = await self.actor(account.actor_id)
        async with acquire(self.world.pool) as db, db.transaction():
            return await posts.write(
                db,
                self.world.site,
                author,
                group.actor,
                Words(source=text, **words),
                clock.now(),
                policy=self.world.policy,
            )

    async def answer(self, account: Account, group: Group, parent: Post, text: str) -> Post:
        author = await self.actor(account.actor_id)
        viewer = Viewer(actor_id=author.id, account=account, member_of=(group.actor.id,))
        async with acquire(self.world.pool) as db, db.transaction():
            return await posts.reply(
                db,
                self.world.site,
                author,
                viewer,
                parent.id,
                Words(source=text),
                clock.now(),
                policy=self.world.policy,
            )

    async def say(self, author_id: int, text: str, reach: Reach = "open", **more: Any) -> Post:
        """Something outside of groups."""
        number, public_id, now = new_id(), new_public_id(), clock.now()
        parent = more.pop("parent", None)
        post = Post(
            id=number,
            uri=self.world.site.post(public_id),
            public_id=public_id,
            author_id=author_id,
            root_id=parent.root_id if parent else number,
            parent_id=parent.id if parent else None,
            in_reply_to=parent.uri if parent else None,
            content_html=f"<p>{text}</p>",
            source=text,
            reach=reach,
            published_at=now,
            received_at=now,
            active_at=now,
            **more,
        )
        async with acquire(self.world.pool) as db, db.transaction():
            assert await stored.insert(db, post)
        return post

    async def sql(self, statement: str, *values: object) -> None:
        async with acquire(self.world.pool) as db:
            await db.execute(statement, *values)

    async def follow(self, follower: int, followed: int) -> None:
        await self.sql(
            "insert into follows (follower_id, followed_id, state, activity_uris)"
            " values ($1, $2, 'accepted', '{}')",
            follower,
            followed,
        )

    async def boost(self, who: int, post: Post) -> None:
        await self.sql(
            "insert into boosts (actor_id, object_uri, post_id, activity_uris, id)"
            " values ($1, $2, $3, '{}', $4)",
            who,
            post.uri,
            post.id,
            new_id(),
        )

    async def stranger(self, name: str, host: str = "peer.example") -> int:
        number = new_id()
        await self.sql(
            """
            insert into actors (id, uri, type, is_local, name, host, handle_confirmed, url)
            values ($1, $2, 'Person', false, $3, $4, true, $5)
            """,
            number,
            f"https://{host}/users/{name}",
            name,
            host,
            f"https://{host}/@{name}",
        )
        return number


@pytest.fixture
def village(world: Any) -> Village:
    return Village(world)


def said(page: list[dict[str, Any]]) -> list[str]:
    """The words of a page; of a boost who boosted what."""
    return [
        f"{item['account']['acct']}: {_text(item['reblog'])}" if item["reblog"] else _text(item)
        for item in page
    ]


def _text(item: dict[str, Any]) -> str:
    return item["content"].replace("<p>", "").replace("</p>", "")


async def test_home_has_each_thread_once_and_nothing_that_does_not_belong_there(world, village, api) -> None:
    ada, ben, cleo = [await world.member(name) for name in ("ada", "ben", "cleo")]
    night = await village.group("night")
    quiet = await village.group("quiet")
    other = await village.group("other")
    for account in (ada, ben, cleo):
        await village.join(account, night)
    await village.join(ada, quiet)
    await village.join(ben, quiet)
    await village.join(ben, other)
    await village.follow(ada.actor_id, ben.actor_id)
    dora = await village.stranger("dora")
    eve = await village.stranger("eve", "bad.example")
    await village.follow(ada.actor_id, dora)
    await village.sql("update follows set in_home = false where followed_id = $1", quiet.actor.id)

    start = await village.write(cleo, night, "start of cleo")
    followed = await village.write(ben, night, "start of ben")
    await village.answer(ben, night, start, "comment of ben")
    await village.answer(ada, night, start, "comment of ada")
    await village.write(ben, quiet, "in a group that is not at home")
    elsewhere = await village.write(ben, other, "in a group of ben")
    mine = await village.write(ada, night, "start of ada")
    hers = await village.say(dora, "hello from afar", "followers")
    await village.say(dora, "to herself", parent=hers)
    stranger = await village.say(cleo.actor_id, "cleo outside of groups")
    await village.say(dora, "to a stranger", parent=stranger)
    await village.say(ben.actor_id, "to dora", parent=hers, reach="followers")
    await village.say(dora, "for ada only", "direct", named=(ada.actor_id,))
    await village.boost(ben.actor_id, stranger)
    await village.boost(dora, stranger)
    await village.boost(ben.actor_id, followed)
    await village.boost(dora, await village.say(eve, "by eve"))

    app = await api(ada)
    home = await app.get("/api/v1/timelines/home", limit=40)
    assert said(home) == [
        "dora@peer.example: by eve",
        "ben: cleo outside of groups",
        "to dora",
        "to herself",
        "hello from afar",
        "night: start of ada",
        "in a group of ben",
        "comment of ada",
        "night: start of ben",
        "night: start of cleo",
    ]
    assert home[5]["reblog"]["id"] == str(mine.id)
    assert home[5]["account"]["group"] is True
    assert home[4]["visibility"] == "private"
    assert home[6]["id"] == str(elsewhere.id)
    assert [int(item["id"]) for item in home] == sorted((int(item["id"]) for item in home), reverse=True)

    # Whom one has muted, and whose server one has blocked, is not there: not as a boosted author either.
    await village.sql(
        "insert into personal_mutes (actor_id, muted_id) values ($1, $2)", ada.actor_id, cleo.actor_id
    )
    await village.sql(
        "insert into personal_domain_blocks (actor_id, domain) values ($1, 'bad.example')", ada.actor_id
    )
    left = said(await app.get("/api/v1/timelines/home", limit=40))
    assert "night: start of cleo" not in left
    assert "ben: cleo outside of groups" not in left
    assert "dora@peer.example: by eve" not in left
    assert len(left) == 7
    await village.sql("update personal_mutes set ends_at = now() - interval '1 minute'")
    assert "night: start of cleo" in said(await app.get("/api/v1/timelines/home", limit=40))


async def test_home_has_what_one_wants_of_whom_one_follows(world, village, api) -> None:
    ada, ben = [await world.member(name) for name in ("ada", "ben")]
    night = await village.group("night")
    await village.join(ada, night)
    await village.join(ben, night)
    dora = await village.stranger("dora")
    await village.follow(ada.actor_id, ben.actor_id)
    await village.follow(ada.actor_id, dora)
    await village.say(dora, "hello from afar", "followers")
    await village.write(ben, night, "start of ben")
    await village.write(ada, night, "start of ada")
    await village.boost(dora, await village.say(await village.stranger("eve"), "by eve"))
    app = await api(ada)
    assert len(await app.get("/api/v1/timelines/home")) == 4
    fred = await village.stranger("fred")
    await village.say(fred, "of fred", tags=("sleep", "rest"))
    await village.say(fred, "quietly of fred", "quiet", tags=("sleep",))
    await village.write(ben, night, "in the group #sleep")
    await village.sql(
        "insert into followed_tags (actor_id, tag) values ($1, 'sleep'), ($1, 'rest')", ada.actor_id
    )
    tagged = said(await app.get("/api/v1/timelines/home"))
    assert tagged.count("of fred") == 1
    assert "quietly of fred" not in tagged
    assert [line.startswith("night: in the group") for line in tagged].count(True) == 1
    assert len(tagged) == 6
    await village.sql(
        "update follows set shows_boosts = false where followed_id in ($1, $2)", night.actor.id, dora
    )
    chosen = said(await app.get("/api/v1/timelines/home", limit=40))
    assert "start of ada" in chosen  # One's own is always there.
    assert "start of ben" not in chosen  # It stands in the group, which is not to boost at home.
    assert not any(line.startswith(("night:", "dora@peer.example:")) for line in chosen)
    await village.sql("update posts set language = 'de' where author_id = $1", dora)
    await village.sql("update follows set languages = '{en}' where followed_id = $1", dora)
    assert "hello from afar" not in said(await app.get("/api/v1/timelines/home", limit=40))


async def test_pages_meet_without_a_gap_or_a_repetition_and_in_three_round_trips(world, village, api) -> None:
    ada, ben = [await world.member(name) for name in ("ada", "ben")]
    night = await village.group("night")
    await village.join(ada, night)
    await village.join(ben, night)
    await village.follow(ada.actor_id, ben.actor_id)
    for number in range(6):
        await village.write(ben, night, f"thread {number}")
        await village.say(ben.actor_id, f"personal {number}")
    app = await api(ada)
    whole = await app.get("/api/v1/timelines/home", limit=40)
    assert len(whole) == 12
    ids = [item["id"] for item in whole]

    down: list[str] = []
    path, params = "/api/v1/timelines/home", {"limit": 5}
    while True:
        answer = await app.call("GET", path, params=params)
        page = [item["id"] for item in answer.json()]
        if not page:
            assert "link" not in answer.headers
            break
        down += page
        links = answer.headers["link"].split(", ")
        assert links[0].endswith('rel="next"')
        assert links[1].endswith('rel="prev"')
        assert links[0].startswith(f"<{world.site.origin}/api/v1/timelines/home?limit=5&max_id={page[-1]}")
        params = {"limit": 5, "max_id": page[-1]}
    assert down == ids

    up: list[str] = []
    least = ids[-1]
    while page := [item["id"] for item in await app.get(path, limit=4, min_id=least)]:
        up = page + up
        least = page[0]
    assert up == ids[:-1]
    assert [item["id"] for item in await app.get(path, limit=4, since_id=ids[-1])] == ids[:4]
    between = await app.get(path, limit=2, min_id=ids[6], max_id=ids[2])
    assert [item["id"] for item in between] == ids[4:6]
    for odd in ("9" * 30, "abc", "-1", "", "1' or 1=1"):
        assert isinstance(await app.get(path, max_id=odd, min_id="0"), list)
    assert "whole number" in await app.refused(422, "GET", path, params={"limit": "many"})

    list_path = f"/api/v1/timelines/list/{night.actor.id}"
    thread = whole[-1]["reblog"] or whole[-1]
    for address in (
        path,
        list_path,
        "/api/v1/timelines/public",
        "/api/v1/timelines/public?local=true",
        "/api/v1/timelines/tag/none",
        f"/api/v1/accounts/{ben.actor_id}/statuses",
        f"/api/v1/statuses/{thread['id']}/context",
    ):
        before = pool.spent.queries
        await app.call("GET", address)
        assert pool.spent.queries - before <= 3, address


async def test_what_a_page_looks_at_in_vain_does_not_end_it(world, village, api) -> None:
    ada, ben = [await world.member(name) for name in ("ada", "ben")]
    await village.follow(ada.actor_id, ben.actor_id)
    first = await village.say(ben.actor_id, "the one that counts")
    stranger = await village.stranger("dora")
    post = await village.say(stranger, "something")
    for number in range(60):
        await village.say(ben.actor_id, f"to a stranger {number}", parent=post)
    app = await api(ada)
    assert said(await app.get("/api/v1/timelines/home", limit=5)) == ["the one that counts"]
    assert await app.get("/api/v1/timelines/home", limit=5, min_id=str(first.id)) == []


async def test_public_has_open_threads_only_and_here_is_what_is_hosted_here(world, village, api) -> None:
    ada = await world.member("ada")
    night, inner = (
        await village.group("night"),
        await village.group("inner", seeing="members", reach="members"),
    )
    await village.join(ada, night)
    await village.join(ada, inner)
    dora = await village.stranger("dora")
    start = await village.write(ada, night, "in the open")
    await village.answer(ada, night, start, "an answer")
    await village.write(ada, inner, "for members #sleep")
    await village.say(ada.actor_id, "quietly", "quiet")
    await village.say(ada.actor_id, "followers only", "followers")
    far = await village.say(dora, "from afar", tags=("sleep",))
    await village.sql("update posts set source = null where id = $1", far.id)
    guest = await api()
    assert said(await guest.get("/api/v1/timelines/public")) == ["from afar", "in the open"]
    assert said(await guest.get("/api/v1/timelines/public", local="true")) == ["in the open"]
    assert said(await guest.get("/api/v1/timelines/public", remote="1")) == ["from afar"]
    assert await guest.get("/api/v1/timelines/public", only_media="true") == []
    assert said(await guest.get("/api/v1/timelines/tag/Sleep")) == ["from afar"]
    assert await guest.get("/api/v1/timelines/tag/sleep", **{"none[]": "sleep"}) == []
    member = await api(ada)
    tagged = await member.get("/api/v1/timelines/tag/sleep")
    assert len(tagged) == 2
    assert tagged[1]["visibility"] == "private"
    assert said(await member.get("/api/v1/timelines/tag/sleep", local="true"))[0].startswith("for members")
    assert await member.get("/api/v1/timelines/link", url="https://news.example") == []
    assert "authenticated" in await guest.refused(401, "GET", "/api/v1/timelines/home")
    item = (await guest.get("/api/v1/timelines/public"))[0]
    assert not {"favourited", "filtered", "muted"} & set(item)


async def test_a_group_is_a_list_and_a_profile_and_says_nothing_of_its_members(world, village, api) -> None:
    ada, ben = [await world.member(name) for name in ("ada", "ben")]
    inner = await village.group("inner", seeing="members", reach="members")
    secret = await village.group("secret", seeing="members", reach="members", joining="invite")
    await village.join(ada, inner)
    await village.join(ada, secret)
    start = await village.write(ada, inner, "the start", content_warning="Sleep")
    await village.answer(ada, inner, start, "the answer")
    app, other = await api(ada), await api(ben)
    listed = await app.get(f"/api/v1/timelines/list/{inner.actor.id}")
    assert said(listed) == ["the answer", "the start"]
    assert listed[0]["in_reply_to_id"] == listed[1]["id"] == str(start.id)
    assert listed[1]["spoiler_text"] == "Sleep"
    assert {item["visibility"] for item in listed} == {"private"}
    await other.refused(404, "GET", f"/api/v1/timelines/list/{inner.actor.id}")

    profile = f"/api/v1/accounts/{inner.actor.id}"
    boosts = await app.get(f"{profile}/statuses")
    assert said(boosts) == ["inner: the start"]
    assert boosts[0]["visibility"] == "private"
    plain = await app.get(f"{profile}/statuses", exclude_reblogs="true", exclude_replies="true")
    assert said(plain) == ["the start"]
    assert await other.get(f"{profile}/statuses") == []
    async with world.pool.acquire() as db:
        await db.execute("insert into group_moderators values ($1, $2)", inner.actor.id, ada.actor_id)
    as_group = await api(ada, acts_as=inner.actor.id)
    await as_group.post("/api/v1/statuses", {"status": "Tea at seven"})
    assert said(await app.get(f"{profile}/statuses", limit=1)) == ["inner: Tea at seven"]
    assert said(await app.get(f"{profile}/statuses")) == ["inner: Tea at seven", "inner: the start"]
    own = await app.get(f"{profile}/statuses", exclude_reblogs="true")
    assert said(own) == ["Tea at seven", "the start"]
    for app_of_whom in (app, other):
        assert await app_of_whom.get(f"{profile}/followers") == []
        assert await app_of_whom.get(f"{profile}/following") == []
    seen = await other.get(profile)
    assert seen["group"] is True
    assert seen["hide_collections"] is True
    assert seen["followers_count"] == 0
    assert (await app.get(profile))["followers_count"] == 1
    for status in (listed[0], boosts[0]):
        await other.refused(404, "GET", f"/api/v1/statuses/{status['id']}")
        await other.refused(404, "GET", f"/api/v1/statuses/{status['id']}/context")
    for path in (
        f"/api/v1/accounts/{secret.actor.id}",
        "/api/v1/accounts/lookup?acct=secret",
        f"/api/v1/accounts/{secret.actor.id}/statuses",
    ):
        await other.refused(404, "GET", path)
    for path in ("/api/v1/accounts", "/api/v1/accounts/relationships"):
        assert await other.get(path, **{"id[]": str(secret.actor.id)}) == []
        assert len(await app.get(path, **{"id[]": str(secret.actor.id)})) == 1
    assert (await app.get("/api/v1/accounts/lookup", acct="@secret"))["id"] == str(secret.actor.id)


async def test_filters_mark_or_hide_and_lists_follow_their_members(world, village, api) -> None:
    ada, ben, cleo = [await world.member(name) for name in ("ada", "ben", "cleo")]
    await village.follow(ada.actor_id, ben.actor_id)
    await village.follow(ada.actor_id, cleo.actor_id)
    await village.say(ben.actor_id, "about sleep")
    start = await village.say(cleo.actor_id, "about rain")
    await village.say(ben.actor_id, "to cleo", parent=start)
    app = await api(ada)
    for title, action in (("Rain", "warn"), ("Sleep", "hide")):
        await app.post(
            "/api/v2/filters",
            {
                "title": title,
                "context": ["home"],
                "filter_action": action,
                "keywords_attributes": [{"keyword": title, "whole_word": True}],
            },
        )
    answer = await app.call("GET", "/api/v1/timelines/home")
    assert said(answer.json()) == ["to cleo", "about rain"]
    assert answer.json()[0]["filtered"] == []
    result = answer.json()[1]["filtered"][0]
    assert result["filter"]["title"] == "Rain"
    assert result["filter"]["filter_action"] == "warn"
    assert result["keyword_matches"] == ["Rain"]
    assert result["status_matches"] is None

    made = await app.post("/api/v1/lists", {"title": "Close", "replies_policy": "none", "exclusive": True})
    await app.post(f"/api/v1/lists/{made['id']}/accounts", {"account_ids": [str(ben.actor_id)]})
    assert said(await app.get(f"/api/v1/timelines/list/{made['id']}")) == []
    assert said(await app.get("/api/v1/timelines/home")) == ["about rain"]
    await village.sql("delete from filters")
    assert said(await app.get(f"/api/v1/timelines/list/{made['id']}")) == ["about sleep"]
    await village.sql("update reading_lists set replies_policy = 'followed'")
    assert said(await app.get(f"/api/v1/timelines/list/{made['id']}")) == ["to cleo", "about sleep"]
    await app.refused(404, "GET", "/api/v1/timelines/list/4711")
    await (await api(ben)).refused(404, "GET", f"/api/v1/timelines/list/{made['id']}")
