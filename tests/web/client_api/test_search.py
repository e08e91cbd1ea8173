"""Searching: who may see it first, who has agreed next, and only then the words."""

from datetime import timedelta
from typing import Any

import pytest

from fediverse_support.community.reading.word_taking import WordTaker
from fediverse_support.core import clock
from fediverse_support.core.identifiers import new_id
from fediverse_support.database.pool import acquire

SEARCH = "/api/v2/search"
NOTHING: dict[str, Any] = {"accounts": [], "statuses": [], "hashtags": []}


@pytest.fixture
def read_all(world) -> Any:
    """Let the worker take the words of what was written."""

    async def read() -> None:
        while await WordTaker(world.pool).step():
            pass

    return read


async def found(app: Any, text: str, **params: Any) -> list[str]:
    answer = await app.get(SEARCH, q=text, type="statuses", **params)
    assert answer["accounts"] == answer["hashtags"] == []
    return [status["id"] for status in answer["statuses"]]


async def set_actor(world: Any, actor_id: int, **values: Any) -> None:
    async with acquire(world.pool) as db:
        for name, value in values.items():
            await db.execute(f"update actors set {name} = $2 where id = $1", actor_id, value)


async def personal(
    world: Any, author_id: int, text: str, *, reach: str, named: list[int] | None = None
) -> str:
    """A post outside of groups, as it is stored."""
    number = new_id()
    async with acquire(world.pool) as db:
        await db.execute(
            """
            insert into posts
                   (id, uri, author_id, root_id, content_html, reach, named, published_at, active_at)
            values ($1, 'https://garden.example/posts/' || $1::bigint::text, $2, $1,
                    '<p>' || $3::text || '</p>', $4, $5, now(), now())
            """,
            number,
            author_id,
            text,
            reach,
            named or [],
        )
    return str(number)


async def test_only_who_may_see_a_post_and_whose_author_agreed_finds_it(
    world, village, ada, ben, api, read_all
) -> None:
    outsider = await world.member("cyd")
    staff = await world.member("dot", role="moderator")
    open_group, closed = (
        await village.group(),
        await village.group("closed", reach="members", seeing="members"),
    )
    for account in (ada, ben):
        await village.joins(account, open_group)
        await village.joins_by_hand(account, closed)
    seen = str((await village.writes(ben, open_group.actor, "The lighthouse is open.")).id)
    inside = str((await village.writes(ben, closed.actor, "Our lighthouse is closed.")).id)
    kept = str((await village.writes(ben, open_group.actor, "Lighthouse, quietly.", reach="quiet")).id)
    to_all = await personal(world, ben.actor_id, "a lighthouse for all", reach="open")
    for_followers = await personal(world, ben.actor_id, "lighthouse for followers", reach="followers")
    to_ada = await personal(world, ben.actor_id, "lighthouse, ada", reach="direct", named=[ada.actor_id])
    mine, others, stranger, desk = (
        await api(ben),
        await api(ada),
        await api(outsider),
        await api(staff),
    )
    assert await found(mine, "lighthouse") == []  # not read yet
    await read_all()
    everything = [to_ada, for_followers, to_all, kept, inside, seen]
    assert await found(mine, "lighthouse") == everything
    assert await found(others, "lighthouse") == [to_ada, kept, inside, seen]
    assert await found(stranger, "lighthouse") == []
    assert await found(desk, "lighthouse") == []
    assert (await (await api()).get(SEARCH, q="lighthouse"))["statuses"] == []
    # Ben agrees to be found: what is open is, and nothing else becomes so.
    await set_actor(world, ben.actor_id, indexable=True)
    assert await found(stranger, "lighthouse") == [to_all, seen]
    assert await found(others, "lighthouse") == [to_ada, to_all, kept, inside, seen]
    # What one has kept is found again, as long as one may see it.
    async with acquire(world.pool) as db:
        await set_actor(world, ben.actor_id, indexable=False)
        await db.execute(
            "insert into bookmarks (actor_id, post_id) values ($1, $2)", outsider.actor_id, int(kept)
        )
        await db.execute(
            "insert into bookmarks (actor_id, post_id) values ($1, $2)", outsider.actor_id, int(inside)
        )
        await db.execute(
            """
            insert into reactions (actor_id, object_uri, kind, activity_uri)
            select $1, uri, 'like', uri || '#like' from posts where id = any($2::bigint[])
            """,
            outsider.actor_id,
            [int(to_all), int(to_ada)],
        )
    assert await found(stranger, "lighthouse") == [to_all, kept]
    assert await found(stranger, "in:library") == [to_all, kept]
    # A block, a mute, and what is not in view any more.
    async with acquire(world.pool) as db:
        await db.execute(
            "insert into personal_mutes (actor_id, muted_id) values ($1, $2)", outsider.actor_id, ben.actor_id
        )
    assert await found(stranger, "lighthouse") == []
    async with acquire(world.pool) as db:
        await db.execute("delete from personal_mutes")
        await db.execute(
            "insert into personal_blocks (actor_id, blocked_id) values ($1, $2)", ben.actor_id, ada.actor_id
        )
    assert await found(others, "lighthouse") == []
    async with acquire(world.pool) as db:
        await db.execute("delete from personal_blocks")
        await db.execute("update posts set state = 'hidden' where id = $1", int(seen))
        await db.execute("update posts set state = 'deleted' where id = $1", int(kept))
        await db.execute("update posts set content_html = '<p>A harbour.</p>' where id = $1", int(inside))
        assert await db.fetchval("select count(*) from post_words where post_id = $1", int(kept)) == 0
    await read_all()
    assert await found(mine, "lighthouse") == [to_ada, for_followers, to_all]
    assert await found(others, "harbour") == [inside]


async def test_words_are_found_in_their_forms_and_narrowed_down(
    world, village, ada, ben, api, read_all
) -> None:
    group, other = await village.group(), await village.group("tea_room")
    for account in (ada, ben):
        for one in (group, other):
            await village.joins(account, one)

    async def says(account: Any, text: str, where: Any = group, **words: Any) -> str:
        return str((await village.writes(account, where.actor, text, **words)).id)

    running = await says(ada, "I was **runn**ing in the rain.", language="en", title="Morning")
    german = await says(ben, "Die Häuser am Fluss", language="de")
    french = await says(ben, "Un café à l'été", other, language="fr")
    chinese = await says(ben, "我想减肥但是不行", other, language="zh")
    warned = await says(ada, "Nothing.", content_warning="Thunder")
    await read_all()
    app = await api(ada)

    async def as_language(text: str, accepted: str) -> list[str]:
        answer = await app.call(
            "GET", SEARCH, params={"q": text, "type": "statuses"}, headers={"accept-language": accepted}
        )
        return [status["id"] for status in answer.json()["statuses"]]

    assert await as_language("run", "en") == [running]
    assert await as_language("runs rains", "en") == [running]
    assert await as_language("Haus", "de") == [german]
    assert await as_language("hauser", "sv") == [german]
    assert await as_language("cafe ete", "fr") == [french]
    assert await as_language("cafés", "fr") == [french]
    assert await as_language("减肥", "zh") == [chinese]
    assert await as_language("肥减", "zh") == []
    assert await found(app, "thunder") == [warned]
    assert await found(app, "morning") == [running]
    # As in any search.
    assert await found(app, '"the rain"') == [running]
    assert await found(app, '"rain morning"') == []
    assert await found(app, "rain or fluss") == [german, running]
    assert await found(app, "rain -running") == []
    # Narrowed down.
    await narrowed_down(world, app, running, german, french, chinese, warned)
    await read_all()
    assert await found(app, "zebra") == [running]
    # Pages.
    assert await found(app, "from:ben", limit=1) == [chinese]
    assert await found(app, "from:ben", limit=1, offset=1) == [french]
    assert await found(app, "from:ben", max_id=chinese) == [french, german]
    assert await found(app, "from:ben", min_id=german) == [chinese, french]
    assert await found(app, "rain", account_id=str(ben.actor_id)) == []
    # What names no language is in the community's first.
    async with acquire(world.pool) as db:
        await db.execute("update community set languages = '{sv}'")
    unnamed = await says(ada, "Stormarna kommer", language=None)
    await read_all()
    assert await as_language("stormen", "sv") == await as_language("stormar", "") == [unnamed]
    assert await found(app, "from:me -stormen -thunder") == [running]


async def narrowed_down(
    world: Any, app: Any, running: str, german: str, french: str, chinese: str, warned: str
) -> None:
    assert await found(app, "from:me") == [warned, running]
    assert await found(app, "from:ada rain") == [running]
    assert await found(app, f"from:@ada@{world.site.domain} rain") == [running]
    assert await found(app, "from:nobody rain") == []
    assert await found(app, "in:tea_room") == [chinese, french]
    assert await found(app, "in:night_owls from:ben") == [german]
    assert await found(app, "in:nowhere") == []
    assert await found(app, "language:fr in:tea_room") == [french]
    assert await found(app, "is:sensitive from:me") == [warned]
    assert await found(app, "-is:sensitive from:me") == [running]
    assert await found(app, "has:media from:me") == []
    async with acquire(world.pool) as db:
        await db.execute(
            "update posts set attachments = $2 where id = $1",
            int(running),
            [{"type": "Image", "url": "https://x.example/1", "media_type": "image/png", "alt": "a zebra"}],
        )
        await db.execute(
            "update posts set published_at = published_at - interval '400 days' where id = $1", int(german)
        )
    assert await found(app, "has:media from:me") == [running]
    assert await found(app, "-has:media from:me") == [warned]
    year_ago = (clock.now() - timedelta(days=300)).date().isoformat()
    assert await found(app, f"from:ben before:{year_ago}") == [german]
    assert await found(app, f"from:ben after:{year_ago}") == [chinese, french]
    day = (clock.now() - timedelta(days=400)).date().isoformat()
    assert await found(app, f"from:ben during:{day}") == [german]


async def test_odd_searches_find_nothing_and_break_nothing(world, village, ada, ben, api, read_all) -> None:
    group = await village.group()
    await village.joins(ada, group)
    await village.writes(ada, group.actor, "Hello world")
    await read_all()
    app = await api(ada)
    for text in (
        "'; drop table posts; --",
        "(((((((",
        "a & | ! b:* <-> '",
        "%_%\\",
        ".*+?[a-z]{1000000}",
        "\x00\x01",
        "\U0010ffff\U0001f600",
        "x" * 10_000,
        "減" * 3_000,
        "- - -",
        '"',
        "the",
        "from:" + "@" * 300,
        "https://",
        "https://[::1]/x",
        "http://169.254.169.254/latest",
        "@@@@",
        "a@b@c@d",
        "#",
        "# #",
        "in:library before:0001-01-01",
    ):
        for kind in ("", "accounts", "statuses", "hashtags"):
            answer = await app.get(SEARCH, q=text, type=kind)
            assert set(answer) == {"accounts", "statuses", "hashtags"}
        assert isinstance(await app.get("/api/v1/accounts/search", q=text), list)
    assert await app.get(SEARCH, q="hello", type="everything") == NOTHING
    for bad in ({}, {"q": ""}, {"q": "  "}, {"q": "a", "limit": "many"}):
        await app.refused(422, "GET", SEARCH, params=bad)
    await app.refused(404, "GET", SEARCH, params={"q": "a", "account_id": "1" * 30})
    assert await app.get(SEARCH, q="hello", limit=10**9, offset=10**9, type="statuses")
    guest = await api()
    await guest.refused(401, "GET", SEARCH, params={"q": "a", "resolve": "true"})
    await guest.refused(401, "GET", SEARCH, params={"q": "a", "type": "accounts", "offset": "5"})
    await guest.refused(401, "GET", "/api/v1/accounts/search", params={"q": "a"})
    await (await api(ada, ["read:statuses"])).refused(403, "GET", SEARCH, params={"q": "a"})


async def names(app: Any, text: str, **params: Any) -> list[str]:
    accounts = await app.get("/api/v1/accounts/search", q=text, **params)
    both = await app.get(SEARCH, q=text, type="accounts", **params)
    assert [one["acct"] for one in both["accounts"]] == [one["acct"] for one in accounts]
    return [one["acct"] for one in accounts]


async def test_people_and_groups_are_found_by_the_beginnings_of_their_names(
    world, village, ada, ben, api
) -> None:
    owl_person = await world.member("owlbert")
    hidden_member = await world.member("owlish")
    waiting = await world.member("owlwait", state="waiting")
    await set_actor(world, waiting.actor_id, discoverable=True)
    await set_actor(world, owl_person.actor_id, discoverable=True, display_name="Björn Owl")
    await village.group("night_owls")
    mine = await village.group("owl_makers", title="Makers of öwls")
    await village.group("owl_secret", reach="members", seeing="members", joining="invite")
    await village.group("owl_quiet", reach="quiet", title="By link")
    await village.joins(ada, mine)
    await village.joins(ben, mine)
    remote = await village.remote("https://peer.example/users/owlivia", name="owlivia")
    far_group = await village.remote("https://peer.example/c/owls_far", "Group", name="owls_far")
    for one in (remote, far_group):
        await set_actor(world, one.id, discoverable=True)
    app, guest = await api(ada), await api()
    assert await names(app, "owl") == [
        "owl_makers",
        "owl_quiet",
        "night_owls",
        "owlbert",
        "owlivia@peer.example",
    ]
    assert [one["acct"] for one in (await guest.get(SEARCH, q="owl", type="accounts"))["accounts"]] == [
        "night_owls",
        "owl_makers",
        "owlbert",
        "owlivia@peer.example",
    ]
    assert await names(app, "bjorn") == await names(app, "BJÖRN owl") == ["owlbert"]
    assert await names(app, "makers of") == ["owl_makers"]
    assert await names(app, "night_o") == ["night_owls"]
    assert await names(app, "wl") == []
    # By the whole name, or because one meets them.
    assert await names(app, "owlis") == []
    assert await names(app, "owlish") == await names(app, "@owlish") == ["owlish"]
    assert await names(app, "be") == ["ben"]
    assert await names(app, "owlwait") == await names(app, "owl_secret") == []
    assert await names(app, "@owls_far@peer.example") == ["owls_far@peer.example"]
    assert await names(app, "@owlivia@peer") == ["owlivia@peer.example"]
    assert await names(app, "owlivia@other.example") == []
    assert await names(app, f"@ben@{world.site.domain}") == ["ben"]
    assert await names(app, "owl", following="true") == ["owl_makers"]
    assert await names(app, "owl", limit=1, offset=1) == ["owl_quiet"]
    async with acquire(world.pool) as db:
        await db.execute(
            "insert into personal_blocks (actor_id, blocked_id) values ($1, $2)",
            owl_person.actor_id,
            ada.actor_id,
        )
    assert "owlbert" not in await names(app, "owl")
    member = await api(hidden_member)
    assert "ben" not in await names(member, "be")


async def test_an_address_leads_to_one_thing_that_may_be_seen(world, village, ada, ben, api) -> None:
    group, closed = await village.group(), await village.group("closed", reach="members", seeing="members")
    for account in (ada, ben):
        await village.joins(account, group)
    await village.joins_by_hand(ben, closed)
    seen = await village.writes(ben, group.actor, "Here.")
    hidden = await village.writes(ben, closed.actor, "There.")
    remote = await village.remote("https://peer.example/users/rosa")
    app, inside = await api(ada), await api(ben)
    for resolve in ("true", "false"):
        answer = await app.get(SEARCH, q=seen.uri, resolve=resolve)
        assert [one["id"] for one in answer["statuses"]] == [str(seen.id)]
        assert answer["accounts"] == []
        assert (await app.get(SEARCH, q=hidden.uri, resolve=resolve))["statuses"] == []
        answer = await inside.get(SEARCH, q=hidden.uri, resolve=resolve)
        assert [one["id"] for one in answer["statuses"]] == [str(hidden.id)]
        answer = await app.get(SEARCH, q=group.actor.uri, resolve=resolve)
        assert [one["acct"] for one in answer["accounts"]] == ["night_owls"]
        answer = await app.get(SEARCH, q=remote.uri, resolve=resolve, type="accounts")
        assert [one["acct"] for one in answer["accounts"]] == ["rosa@peer.example"]
        assert await app.get(SEARCH, q=remote.uri, resolve=resolve, type="statuses") == NOTHING
        # What is not there, and what cannot be reached, read the same.
        for nothing in (
            f"{world.site.origin}/posts/{'0' * 32}",
            "https://127.0.0.1/users/x",
            "https://localhost/x",
            "https://nowhere.invalid/users/x",
        ):
            assert await app.get(SEARCH, q=nothing, resolve=resolve) == NOTHING
    assert await app.get("/api/v1/accounts/search", q="@x@nowhere.invalid", resolve="true") == []
    await set_actor(world, remote.id, state="gone")
    assert (await app.get(SEARCH, q=remote.uri, resolve="true"))["accounts"] == []


async def test_tags_are_found_by_their_beginnings_where_they_were_used_in_sight(
    world, village, ada, ben, api
) -> None:
    group, closed = await village.group(), await village.group("closed", reach="members", seeing="members")
    for account in (ada, ben):
        await village.joins(account, group)
    await village.joins_by_hand(ben, closed)
    for text in ("#sleep one", "#sleep two", "#sleepless three"):
        await village.writes(ben, group.actor, text)
    await village.writes(ben, closed.actor, "#sleepsecret")
    app, inside, guest = await api(ada), await api(ben), await api()

    async def tags(one: Any, text: str) -> list[str]:
        answer = await one.get(SEARCH, q=text, type="hashtags")
        return [tag["name"] for tag in answer["hashtags"]]

    assert await tags(app, "#sle") == await tags(app, "SLE") == ["sleep", "sleepless"]
    assert await tags(inside, "sle") == ["sleep", "sleepless", "sleepsecret"]
    assert await tags(guest, "sleepsecret") == await tags(app, "leep") == await tags(app, "s%") == []
    assert await tags(app, "sleepless") == ["sleepless"]
    (shown,) = (await app.get(SEARCH, q="sleepless", type="hashtags"))["hashtags"]
    assert shown == {
        "id": "sleepless",
        "name": "sleepless",
        "url": f"{world.site.origin}/tags/sleepless",
        "history": [],
        "following": False,
        "featuring": False,
    }
