"""What is new for whom, as apps read it: one by one, in groups, filtered, and how far it was read."""

import re

import msgspec

from fediverse_support.community.notifying import happenings
from fediverse_support.core import clock
from fediverse_support.database import pool, posts
from fediverse_support.database.pool import acquire


async def likes(world, who, post) -> None:
    async with acquire(world.pool) as db, db.transaction():
        await happenings.favourited(db, who.actor_id, post, clock.now())


async def test_what_is_not_for_the_reader_is_not_there(world, village, api, ada, ben):
    group = await village.group(seeing="members", reach="members")
    for account in (ada, ben):
        await village.joins_by_hand(account, group)
    post = await village.writes(ada, group.actor, "Hello @ben.")
    theirs, hers = await api(ben), await api(ada)
    (mention,) = await theirs.get("/api/v1/notifications")
    for method, path in (
        ("GET", f"/api/v1/notifications/{mention['id']}"),
        ("POST", f"/api/v1/notifications/{mention['id']}/dismiss"),
        ("DELETE", f"/api/v1/notifications/{mention['id']}"),
        ("GET", f"/api/v2/notifications/{mention['group_key']}"),
        ("GET", f"/api/v2/notifications/{mention['group_key']}/accounts"),
        ("POST", f"/api/v2/notifications/{mention['group_key']}/dismiss"),
        ("GET", "/api/v1/notifications/1" + "0" * 30),
        ("GET", "/api/v1/notifications/requests/1"),
        ("POST", "/api/v1/notifications/requests/1/accept"),
        ("POST", "/api/v1/conversations/1/read"),
        ("DELETE", f"/api/v1/conversations/{post.id}"),
    ):
        assert await hers.refused(404, method, path) == "Record not found", path
    await (await api()).refused(401, "GET", "/api/v1/notifications")
    await (await api(ben, ["read:statuses"])).refused(403, "GET", "/api/v2/notifications")
    await (await api(ben, ["read"])).refused(403, "POST", "/api/v1/notifications/clear")
    # Who leaves the group, or blocks, sees it no longer.
    await world.pool.execute("delete from follows where follower_id = $1", ben.actor_id)
    assert await theirs.get("/api/v1/notifications") == []
    assert (await theirs.get("/api/v2/notifications"))["notification_groups"] == []
    await village.joins_by_hand(ben, group)
    assert len(await theirs.get("/api/v1/notifications")) == 1
    await world.pool.execute(
        "insert into personal_blocks (actor_id, blocked_id) values ($1, $2)", ben.actor_id, ada.actor_id
    )
    assert await theirs.get("/api/v1/notifications") == []
    assert await theirs.get("/api/v1/notifications/unread_count") == {"count": 0}


async def furnished(world, village, ada):
    """Ten likes of one post, a mention, and a like of another post."""
    group = await village.group()
    await village.joins(ada, group)
    people = [await world.member(f"person{number}") for number in range(10)]
    for account in people:
        await village.joins(account, group)
    first = await village.writes(ada, group.actor, "One.")
    second = await village.writes(ada, group.actor, "Two.")
    for account in people:
        await likes(world, account, first)
    mention = await village.writes(people[0], group.actor, "Good morning @ada.")
    await likes(world, people[1], second)
    return people, first, second, mention


async def test_pages_are_followed_by_their_links_in_three_round_trips(world, village, api, ada):
    _, _, _, mention = await furnished(world, village, ada)
    app = await api(ada)
    await app.get("/api/v1/markers")
    before = pool.spent.queries
    answer = await app.call("GET", "/api/v1/notifications", params={"limit": "5"})
    assert pool.spent.queries - before <= 3
    page = answer.json()
    assert [one["type"] for one in page] == ["favourite", "mention", *["favourite"] * 3]
    assert page[1]["status"]["id"] == str(mention.id)
    assert page[1]["account"]["username"] == "person0"
    assert int(page[0]["id"]) < 2**53
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", page[0]["created_at"])
    assert re.match(
        r'<[^>]*limit=5&max_id=\d+>; rel="next", <[^>]*min_id=\d+>; rel="prev"', answer.headers["link"]
    )
    seen = [one["id"] for one in page]
    while page:
        page = await app.get("/api/v1/notifications", limit=5, max_id=seen[-1])
        seen += [one["id"] for one in page]
    assert len(seen) == len(set(seen)) == 12
    upward = await app.get("/api/v1/notifications", limit=3, min_id=seen[-1])
    assert [one["id"] for one in upward] == seen[-4:-1]
    only = await app.get("/api/v1/notifications", **{"types[]": ["mention", "nonsense"]})
    assert [one["type"] for one in only] == ["mention"]
    assert await app.get("/api/v1/notifications", **{"exclude_types[]": ["mention", "favourite"]}) == []


async def test_deeds_of_one_kind_to_one_post_are_gathered(world, village, api, ada):
    people, first, second, mention = await furnished(world, village, ada)
    app = await api(ada)
    seen = [one["id"] for one in await app.get("/api/v1/notifications")]
    before = pool.spent.queries
    grouped = await app.get("/api/v2/notifications")
    assert pool.spent.queries - before <= 3
    kinds = [(one["type"], one["notifications_count"]) for one in grouped["notification_groups"]]
    assert kinds == [("favourite", 1), ("mention", 1), ("favourite", 10)]
    many = grouped["notification_groups"][2]
    assert many["status_id"] == str(first.id)
    assert many["most_recent_notification_id"] == int(many["page_max_id"])
    assert many["sample_account_ids"] == [str(one.actor_id) for one in people[:1:-1]]
    assert {one["id"] for one in grouped["statuses"]} == {str(first.id), str(second.id), str(mention.id)}
    assert {one["id"] for one in grouped["accounts"]} >= set(many["sample_account_ids"])
    partial = await app.get("/api/v2/notifications", expand_accounts="partial_avatars")
    assert set(partial["partial_accounts"][0]) == {
        "id", "acct", "url", "avatar", "avatar_static", "locked", "bot",
    }  # fmt: skip
    assert len(partial["accounts"]) == 3
    two = await app.get("/api/v2/notifications", limit=2)
    assert len(two["notification_groups"]) == 2
    rest = await app.get("/api/v2/notifications", max_id=two["notification_groups"][-1]["page_min_id"])
    assert [one["notifications_count"] for one in rest["notification_groups"]] == [10]
    newer = await app.get("/api/v2/notifications", min_id=seen[-1], limit=1)
    assert newer["notification_groups"][0]["group_key"] == many["group_key"]
    single = await app.get("/api/v2/notifications", **{"grouped_types[]": "reblog"})
    assert len(single["notification_groups"]) == 12
    whole = await app.get(f"/api/v2/notifications/{many['group_key']}/accounts")
    assert len(whole) == 10
    alone = await app.get(f"/api/v2/notifications/{many['group_key']}")
    assert alone["notification_groups"][0]["notifications_count"] == 10


async def test_counts_markers_and_putting_away(world, village, api, ada):
    people, _, second, _ = await furnished(world, village, ada)
    app = await api(ada)
    seen = [one["id"] for one in await app.get("/api/v1/notifications")]
    key = (await app.get("/api/v2/notifications"))["notification_groups"][2]["group_key"]
    assert await app.get("/api/v1/markers") == {}
    assert await app.get("/api/v1/notifications/unread_count") == {"count": 12}
    assert await app.get("/api/v2/notifications/unread_count") == {"count": 3}
    kept = await app.post("/api/v1/markers", {"notifications": {"last_read_id": seen[1]}, "home": {}})
    assert (kept["notifications"]["last_read_id"], kept["notifications"]["version"]) == (seen[1], 1)
    assert "home" not in kept
    again = await app.post("/api/v1/markers", {"notifications": {"last_read_id": seen[1]}})
    assert again["notifications"]["version"] == 2
    assert await app.get("/api/v1/markers", **{"timeline[]": ["home", "notifications"]}) == again
    assert await app.get("/api/v1/notifications/unread_count") == {"count": 1}
    assert await app.get("/api/v2/notifications/unread_count", limit=1) == {"count": 1}
    await app.refused(422, "POST", "/api/v1/markers", json={"home": {"last_read_id": "x"}})

    await app.post(f"/api/v1/notifications/{seen[0]}/dismiss")
    await app.refused(404, "POST", f"/api/v1/notifications/{seen[0]}/dismiss")
    await app.post("/api/v1/notifications/dismiss", {"id": seen[1]})
    await app.call("DELETE", "/api/v1/notifications/destroy_multiple", params={"ids[]": seen[2:4]})
    assert [one["id"] for one in await app.get("/api/v1/notifications")] == seen[4:]
    await app.post(f"/api/v2/notifications/{key}/dismiss")
    assert await app.get("/api/v1/notifications") == []
    await likes(world, people[2], second)
    assert await app.post("/api/v1/notifications/clear") == {}
    assert (await app.get("/api/v2/notifications"))["notification_groups"] == []


async def test_strangers_wait_until_they_are_let_through(world, village, api, ada, ben):
    group = await village.group()
    for account in (ada, ben):
        await village.joins(account, group)
    app = await api(ada)
    policy = await app.get("/api/v2/notifications/policy")
    assert policy == {
        "for_not_following": "accept",
        "for_not_followers": "accept",
        "for_new_accounts": "accept",
        "for_private_mentions": "filter",
        "for_limited_accounts": "filter",
        "summary": {"pending_requests_count": 0, "pending_notifications_count": 0},
    }
    await app.refused(422, "PATCH", "/api/v2/notifications/policy", json={"for_not_following": "maybe"})
    changed = await app.call("PUT", "/api/v2/notifications/policy", json={"for_not_following": "filter"})
    assert changed.json()["for_not_following"] == "filter"
    said = await village.writes(ben, group.actor, "Hello @ada.")
    assert await app.get("/api/v1/notifications") == []
    assert len(await app.get("/api/v1/notifications", include_filtered="true")) == 1
    first = await app.get("/api/v1/notifications/policy")
    assert first["filter_not_following"] is True
    assert first["summary"] == {"pending_requests_count": 1, "pending_notifications_count": 1}
    (waits,) = await app.get("/api/v1/notifications/requests")
    assert (waits["notifications_count"], waits["last_status"]["id"]) == ("1", str(said.id))
    assert waits["account"]["id"] == str(ben.actor_id)
    assert await app.get(f"/api/v1/notifications/requests/{waits['id']}") == waits
    assert await app.get("/api/v1/notifications/requests/merged") == {"merged": True}
    await app.post(f"/api/v1/notifications/requests/{waits['id']}/accept")
    assert len(await app.get("/api/v1/notifications")) == 1
    assert await app.get("/api/v1/notifications/requests") == []
    await village.writes(ben, group.actor, "Again @ada.")
    assert len(await app.get("/api/v1/notifications")) == 2, "for good"
    await world.pool.execute("delete from notification_permissions")
    await village.writes(ben, group.actor, "And again @ada.")
    (waits,) = await app.get("/api/v1/notifications/requests")
    await app.post("/api/v1/notifications/requests/dismiss", {"id": [waits["id"]]})
    assert await app.get("/api/v1/notifications/requests") == []
    assert len(await app.get("/api/v1/notifications", include_filtered="1")) == 2
    back = await app.call("PATCH", "/api/v1/notifications/policy", json={"filter_not_following": False})
    assert back.json()["filter_not_following"] is False


async def test_reports_warnings_and_ended_exchange_say_what_they_are_about(world, village, api, ada, ben):
    group = await village.group()
    for account in (ada, ben):
        await village.joins(account, group)
    owner = await world.member("olga", role="owner")
    post = await village.writes(ada, group.actor, "Words.")
    now = clock.now()
    async with acquire(world.pool) as db, db.transaction():
        await db.execute(
            "insert into reports (id, reporter_uri, object_uris, reason) values (7, 'x', array[$1], 'Why')",
            post.uri,
        )
        await happenings.reported(db, 7, ben.actor_id, group.actor.id, now)
        await happenings.signed_up(db, ben.actor_id, now)
        await happenings.warned(db, ada.actor_id, post.id, {"action": "delete_statuses", "text": "Why"}, now)
        await happenings.severed(db, ada.actor_id, 9, {"host": "far.example", "following": 2}, now)
    found = await (await api(owner)).get("/api/v1/notifications", **{"supported_types[]": "mention"})
    assert [one["type"] for one in found] == ["admin.sign_up", "admin.report"]
    report = found[1]["report"]
    assert (report["id"], report["status_ids"], report["target_account"]["id"]) == (
        "7", [str(post.id)], str(ada.actor_id),
    )  # fmt: skip
    assert found[1]["fallback"]["title"]
    ended, warned = await (await api(ada)).get("/api/v1/notifications")
    assert (ended["event"]["target_name"], ended["event"]["following_count"]) == ("far.example", 2)
    assert warned["moderation_warning"]["status_ids"] == [str(post.id)]
    assert "fallback" not in warned
    assert {one["account"]["id"] for one in (ended, warned)} == {str(ada.actor_id)}


async def test_conversations_hold_direct_posts_of_the_same_people(world, village, api, ada, ben):
    group = await village.group()
    cem = await world.member("cem")
    number = 0

    async def say(author, named, parent=None):
        nonlocal number
        number += 1
        made = msgspec.structs.replace(
            template, id=template.id + number, uri=f"{template.uri}{number}",
            public_id=template.public_id[:-2] + f"{number:02}", author_id=author.actor_id, group_id=None,
            parent_id=parent.id if parent else None, in_reply_to=parent.uri if parent else None,
            root_id=parent.root_id if parent else template.id + number, reach="direct",
            named=tuple(one.actor_id for one in named), mentions=(),
        )  # fmt: skip
        async with acquire(world.pool) as db, db.transaction():
            await posts.insert(db, made)
            await happenings.post_live(db, world.site, made, clock.now())
        return made

    await village.joins(ada, group)
    template = await village.writes(ada, group.actor, "Words.")
    hers, theirs, third = await api(ada), await api(ben), await api(cem)
    first = await say(ada, [ben])
    answer = await say(ben, [ada], first)
    other = await say(ada, [cem])
    with_three = await say(ben, [ada, cem], answer)
    found = await hers.get("/api/v1/conversations")
    assert [one["last_status"]["id"] for one in found] == [str(one.id) for one in (with_three, other, answer)]
    assert [one["unread"] for one in found] == [True, False, True]
    assert [{each["username"] for each in one["accounts"]} for one in found] == [
        {"ben", "cem"},
        {"cem"},
        {"ben"},
    ]
    assert [one["last_status"]["id"] for one in await third.get("/api/v1/conversations")] == [
        str(with_three.id), str(other.id),
    ]  # fmt: skip
    page = await hers.call("GET", "/api/v1/conversations", params={"limit": 1})
    assert f"max_id={with_three.id}" in page.headers["link"]
    older = await hers.get("/api/v1/conversations", max_id=with_three.id, limit=1)
    assert [one["id"] for one in older] == [str(other.id)]
    number_of = found[2]["id"]
    assert number_of == str(first.id)
    assert (await hers.post(f"/api/v1/conversations/{number_of}/read"))["unread"] is False
    assert (await hers.post(f"/api/v1/conversations/{number_of}/unread"))["unread"] is True
    await third.refused(404, "POST", f"/api/v1/conversations/{number_of}/read")
    await hers.call("DELETE", f"/api/v1/conversations/{number_of}")
    assert len(await hers.get("/api/v1/conversations")) == 2
    assert len(await theirs.get("/api/v1/conversations")) == 2
    await say(ben, [ada], answer)
    assert (await hers.get("/api/v1/conversations"))[0]["id"] == number_of
    assert len(await hers.get("/api/v1/notifications")) == 3, "she has written to ben before"
    assert await theirs.get("/api/v1/notifications") == [], "private, by somebody whom he does not follow"
    assert len(await theirs.get("/api/v1/notifications/requests")) == 1
