"""Filters by both interfaces, and what they do to timelines."""

from typing import Any

from fediverse_support.accounts import grants
from fediverse_support.core import clock
from fediverse_support.database.pool import acquire
from fediverse_support.web.client_api.entities import statuses

V2, V1 = "/api/v2/filters", "/api/v1/filters"


async def send(app: Any, method: str, path: str, **sent: Any) -> Any:
    answer = await app.call(method, path, **sent)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_filter_is_made_changed_and_forgotten(world, village, ada, ben, api) -> None:
    app, other = await api(ada), await api(ben)
    assert await app.get(V2) == []
    # As Tusky sends it, in a form.
    made = await send(
        app,
        "POST",
        V2,
        data={
            "title": "Food",
            "context[]": ["home", "thread"],
            "filter_action": "blur",
            "expires_in": "3600",
            "keywords_attributes[0][keyword]": "diet",
            "keywords_attributes[0][whole_word]": "false",
            "keywords_attributes[1][keyword]": "calories",
        },
    )
    assert (made["title"], made["context"], made["filter_action"]) == ("Food", ["home", "thread"], "blur")
    assert [(word["keyword"], word["whole_word"]) for word in made["keywords"]] == [
        ("diet", False),
        ("calories", True),
    ]
    assert made["expires_at"].endswith("Z")
    assert made["statuses"] == []
    assert isinstance(made["id"], str)
    one = f"{V2}/{made['id']}"
    assert await app.get(one) == made
    assert await app.get(V2) == [made]
    words = made["keywords"]
    changed = await send(
        app,
        "PUT",
        one,
        json={
            "title": "Food and weight",
            "expires_in": "",
            "keywords_attributes": [
                {"id": words[0]["id"], "keyword": "diets"},
                {"id": words[1]["id"], "_destroy": True},
                {"keyword": "weight", "whole_word": True},
            ],
        },
    )
    assert changed["expires_at"] is None
    assert (changed["context"], changed["filter_action"]) == (made["context"], "blur")
    assert [(word["keyword"], word["whole_word"]) for word in changed["keywords"]] == [
        ("diets", False),
        ("weight", True),
    ]
    added = await send(app, "POST", f"{one}/keywords", json={"keyword": "kilo", "whole_word": False})
    assert (added["keyword"], added["whole_word"]) == ("kilo", False)
    word = f"{V2}/keywords/{added['id']}"
    assert await app.get(word) == added
    assert (await send(app, "PUT", word, json={"keyword": "kilos"}))["whole_word"] is False
    assert len(await app.get(f"{one}/keywords")) == 3
    # Nobody else sees or changes any of it.
    for method, path, sent in (
        ("GET", one, {}),
        ("PUT", one, {"title": "mine"}),
        ("DELETE", one, {}),
        ("GET", word, {}),
        ("PUT", word, {"keyword": "mine"}),
        ("DELETE", word, {}),
        ("GET", f"{one}/keywords", {}),
        ("POST", f"{one}/keywords", {"keyword": "mine"}),
        ("GET", f"{one}/statuses", {}),
        ("GET", f"{V1}/{added['id']}", {}),
        ("DELETE", f"{V1}/{added['id']}", {}),
        ("PUT", f"{V1}/{added['id']}", {"phrase": "mine", "context": ["home"]}),
    ):
        await other.refused(404, method, path, json=sent)
    assert await other.get(V2) == await other.get(V1) == []
    assert len((await app.get(one))["keywords"]) == 3
    assert await send(app, "DELETE", word) == {}
    await app.refused(404, "DELETE", word)
    assert await send(app, "DELETE", one) == {}
    await app.refused(404, "GET", one)
    assert await app.get(V1) == []


async def test_the_older_interface_shows_each_word(world, ada, api) -> None:
    app = await api(ada)
    made = await send(
        app, "POST", V1, json={"phrase": "diet", "context": ["home"], "irreversible": "true", "whole_word": 1}
    )
    assert made == {
        "id": made["id"],
        "phrase": "diet",
        "context": ["home"],
        "whole_word": True,
        "expires_at": None,
        "irreversible": True,
    }
    new = (await app.get(V2))[0]
    assert (new["title"], new["filter_action"], len(new["keywords"])) == ("diet", "hide", 1)
    one = f"{V1}/{made['id']}"
    changed = await send(app, "PUT", one, data={"phrase": "diets", "context[]": "public", "expires_in": "60"})
    assert (changed["phrase"], changed["context"], changed["irreversible"]) == ("diets", ["public"], True)
    assert changed["expires_at"] is not None
    answer = await app.call("GET", one)
    assert answer.headers["deprecation"].startswith("@")
    await send(app, "POST", f"{V2}/{new['id']}/keywords", json={"keyword": "kilo"})
    assert [word["phrase"] for word in await app.get(V1)] == ["diets", "kilo"]
    await app.refused(422, "PUT", one, json={"phrase": "diets", "context": ["home"]})
    assert await send(app, "DELETE", one) == {}
    assert [word["phrase"] for word in await app.get(V1)] == ["kilo"]
    assert await send(app, "DELETE", f"{V1}/{(await app.get(V1))[0]['id']}") == {}
    assert await app.get(V2) == []


async def test_bad_filters_are_refused_and_nothing_is_kept(world, ada, api) -> None:
    app = await api(ada)
    good = {"title": "Food", "context": ["home"]}
    for bad in (
        {},
        {"title": "Food"},
        {"context": ["home"]},
        {**good, "title": "  "},
        {**good, "title": "x" * 10_000},
        {**good, "context": ["everywhere"]},
        {**good, "context": ["home", "everywhere"]},
        {**good, "context": "home; drop table filters"},
        {**good, "filter_action": "explode"},
        {**good, "expires_in": "soon"},
        {**good, "keywords_attributes": [{"keyword": ""}]},
        {**good, "keywords_attributes": [{"keyword": "\u200b\u200b"}]},
        {**good, "keywords_attributes": [{"keyword": "x" * 600}]},
        {**good, "keywords_attributes": [{"keyword": f"w{n}"} for n in range(301)]},
        {"title": {"a": "b"}, "context": ["home"]},
    ):
        await app.refused(422, "POST", V2, json=bad)
    await app.refused(422, "POST", V1, json={"phrase": "", "context": ["home"]})
    for number in ("0", "1" * 30, "abc", "-1", "1e9"):
        await app.refused(404, "GET", f"{V2}/{number}")
        await app.refused(404, "DELETE", f"{V1}/{number}")
    assert await app.get(V2) == []
    for n in range(100):
        await app.post(V2, {**good, "title": f"Number {n}"})
    await app.refused(422, "POST", V2, json=good)
    await (await api(ada, ["read:statuses"])).refused(403, "GET", V2)
    await (await api(ada, ["read"])).refused(403, "POST", V2, json=good)
    await (await api()).refused(401, "GET", V2)


async def test_posts_that_are_named_are_visible_ones(world, village, ada, ben, api) -> None:
    group = await village.group(reach="members", seeing="members")
    await village.joins(ben, group)
    hidden = await village.writes(ben, group.actor, "Only for us.")
    open_group = await village.group("open_hours")
    for account in (ada, ben):
        await village.joins(account, open_group)
    seen = await village.writes(ben, open_group.actor, "For all.")
    app = await api(ada)
    made = await app.post(V2, {"title": "These", "context": ["home"]})
    one = f"{V2}/{made['id']}/statuses"
    await app.refused(404, "POST", one, json={"status_id": str(hidden.id)})
    await app.refused(404, "POST", one, json={"status_id": "9" * 25})
    await app.refused(422, "POST", one, json={})
    named = await app.post(one, {"status_id": str(seen.id)})
    assert named == {"id": named["id"], "status_id": str(seen.id)}
    # The group's boost of it is the same post.
    async with acquire(world.pool) as db:
        boost = await db.fetchval("select id from boosts where post_id = $1", seen.id)
    assert await app.post(one, {"status_id": str(boost)}) == named
    assert await app.get(one) == [named]
    assert (await app.get(V2))[0]["statuses"] == [named]
    place = f"{V2}/statuses/{named['id']}"
    await (await api(ben)).refused(404, "GET", place)
    await (await api(ben)).refused(404, "DELETE", place)
    assert await app.get(place) == named
    assert await send(app, "DELETE", place) == {}
    await app.refused(404, "GET", place)


async def test_a_status_says_which_filter_found_what(world, village, ada, ben, api) -> None:
    group = await village.group()
    for account in (ada, ben):
        await village.joins(account, group)
    post = await village.writes(ben, group.actor, "About my **diet**.", title="Hello")
    app = await api(ada)
    made = await app.post(
        V2,
        {
            "title": "Food",
            "context": ["home"],
            "filter_action": "blur",
            "keywords_attributes": [{"keyword": "DIET"}],
        },
    )
    async with acquire(world.pool) as db:
        viewer = await _viewer(db, app.token)
        shown = await statuses.one(world.services, db, viewer, post.id)
        assert shown["filtered"] == [
            {
                "filter": {
                    "id": made["id"],
                    "title": "Food",
                    "context": ["home"],
                    "expires_at": None,
                    "filter_action": "warn",
                },
                "keyword_matches": ["DIET"],
                "status_matches": None,
            }
        ]
        await db.execute("update filters set ends_at = now() - interval '1 second'")
        assert (await statuses.one(world.services, db, viewer, post.id))["filtered"] == []


async def _viewer(db: Any, token: str) -> Any:
    grant = await grants.current(db, token, clock.now())
    assert grant is not None
    return grant.viewer
