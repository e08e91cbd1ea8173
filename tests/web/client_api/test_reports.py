"""Reports from apps: to the moderators of the group first, with rules; nothing of what one cannot see."""

from fediverse_support.community.groups import rules
from fediverse_support.community.groups.rules import Words
from fediverse_support.community.house import house_rules
from fediverse_support.core import clock
from fediverse_support.database import actors
from fediverse_support.database.pool import acquire


async def rows(world):
    async with acquire(world.pool) as db:
        return await db.fetch("select * from reports order by id")


async def test_what_one_may_not_see_cannot_be_reported(world, village, api, ada, ben):
    hidden = await village.group("hidden", title="Hidden", joining="invite", seeing="members")
    await village.joins_by_hand(ben, hidden)
    secret = await village.writes(ben, hidden.actor, "Only for us")
    app = await api(ada)
    for sent in (
        {},
        {"account_id": "abc"},
        {"account_id": "9" * 30},
        {"account_id": "1"},
        {"account_id": str(hidden.actor.id)},
        {"account_id": str(ben.actor_id), "status_ids": [str(secret.id)]},
        {"account_id": str(ben.actor_id), "status_ids": ["x"]},
    ):
        said = await app.refused(404, "POST", "/api/v1/reports", json=sent)
        assert said == "Record not found"
    assert await app.refused(422, "POST", "/api/v1/reports", json={"account_id": str(ada.actor_id)})
    named = {"account_id": str(ben.actor_id)}
    async with acquire(world.pool) as db, db.transaction():
        await rules.publish(
            db, world.site, hidden, [Words("Say nothing outside")], by=None, why="", now=clock.now()
        )
        number = await db.fetchval("select id from group_rules")
    for wrong in ({"rule_ids": ["77"]}, {"rule_ids": [str(number)]}, {"category": "boring"}):
        assert await app.refused(422, "POST", "/api/v1/reports", json=named | wrong)
    assert await app.refused(422, "POST", "/api/v1/reports", json=named | {"comment": "x" * 2001})
    assert await (await api(ada, scopes=("read",))).refused(403, "POST", "/api/v1/reports", json=named)
    assert await (await api()).refused(401, "POST", "/api/v1/reports", json=named)
    assert await rows(world) == []


async def test_a_report_goes_to_the_moderators_of_the_group_with_its_rules(world, village, api, ada, ben):
    owls = await village.group()
    dawn = await village.group("dawn", title="Dawn")
    for group in (owls, dawn):
        await village.joins(ben, group)
    first = await village.writes(ben, owls.actor, "Sell you something")
    second = await village.writes(ben, dawn.actor, "And here too")
    now = clock.now()
    async with acquire(world.pool) as db, db.transaction():
        (kind,) = await house_rules.publish(db, [Words("Be kind")], now)
        await rules.publish(db, world.site, owls, [Words("No selling")], by=None, why="", now=now)
        selling = await db.fetchval("select id from group_rules")
        boost = await db.fetchval("select id from boosts where post_id = $1", first.id)
    app = await api(ada)
    told = await app.post(
        "/api/v1/reports",
        {
            "account_id": str(ben.actor_id),
            "status_ids": [str(boost), str(second.id)],
            "comment": "  Look  ",
            "rule_ids": [str(kind.id), str(selling)],
            "category": "spam",
            "forward": "true",
        },
    )
    assert told == {
        "id": told["id"],
        "action_taken": False,
        "action_taken_at": None,
        "category": "violation",
        "comment": "Look",
        "forwarded": False,
        "created_at": told["created_at"],
        "status_ids": [str(first.id), str(second.id)],
        "rule_ids": [str(kind.id), str(selling)],
        "collection_ids": [],
        "target_account": told["target_account"],
    }
    assert told["target_account"]["acct"] == "ben"
    kept = await rows(world)
    assert [(row["group_id"], row["object_uris"]) for row in kept] == [
        (owls.actor.id, [first.uri]),
        (dawn.actor.id, [second.uri]),
    ]
    assert {row["rule"] for row in kept} == {"Be kind; No selling"}
    again = {"account_id": str(ben.actor_id), "status_ids": [str(first.id)]}
    assert "already" in await app.refused(422, "POST", "/api/v1/reports", json=again)


async def test_a_group_is_reported_with_posts_of_its_members_and_people_without(
    world, village, api, ada, ben
):
    owls = await village.group()
    await village.joins(ben, owls)
    post = await village.writes(ben, owls.actor, "Hm")
    app = await api(ada)
    await app.post("/api/v1/reports", {"account_id": str(owls.actor.id), "status_ids": [str(post.id)]})
    whole = await app.post("/api/v1/reports", {"account_id": str(ben.actor_id), "category": "legal"})
    assert (whole["status_ids"], whole["rule_ids"], whole["category"]) == (None, None, "legal")
    of_post, of_person = await rows(world)
    assert (of_post["group_id"], of_post["object_uris"]) == (owls.actor.id, [post.uri])
    assert (of_person["group_id"], of_person["about_id"]) == (None, ben.actor_id)
    browser = await world.signed_in(await world.member("root", role="owner"))
    page = await browser.get("/desk")
    assert "Perhaps against the law" in page.text


async def test_what_is_forwarded_goes_to_the_other_server_and_names_nobody(world, village, api, ada):
    rosa = await village.remote("https://far.example/u/rosa")
    async with acquire(world.pool) as db:
        await actors.add_local(
            db,
            world.site,
            world.seal,
            type="Application",
            name=world.site.domain,
            display_name="",
            summary_source="",
            summary_html="",
        )
    app = await api(ada)
    sent = {"account_id": str(rosa.id), "comment": "Threats", "forward": True}
    kept_here = await app.post("/api/v1/reports", sent | {"forward_to_domains": ["other.example"]})
    assert kept_here["forwarded"] is False
    async with acquire(world.pool) as db:
        await db.execute("update reports set state = 'closed'")
        assert await db.fetchval("select count(*) from activities where type = 'Flag'") == 0
    told = await app.post("/api/v1/reports", sent)
    assert told["forwarded"] is True
    async with acquire(world.pool) as db:
        (body,) = [row["body"] for row in await db.fetch("select body from activities where type = 'Flag'")]
    assert "ada" not in str(body)
    assert "https://far.example/u/rosa" in str(body)
