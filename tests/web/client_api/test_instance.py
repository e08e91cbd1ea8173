"""What the community tells of itself: every field that apps decode, nothing that is nobody's business."""

from datetime import timedelta

from fediverse_support.community.groups import rules
from fediverse_support.community.groups.rules import Words
from fediverse_support.community.house import description, house_rules, house_texts
from fediverse_support.core import clock
from fediverse_support.database.pool import acquire

INTEGERS = {
    "accounts": [
        "max_featured_tags",
        "max_pinned_statuses",
        "max_profile_fields",
        "profile_field_name_limit",
        "profile_field_value_limit",
    ],
    "statuses": ["max_characters", "max_media_attachments", "characters_reserved_per_url"],
    "media_attachments": [
        "description_limit",
        "image_size_limit",
        "image_matrix_limit",
        "video_size_limit",
        "video_frame_rate_limit",
        "video_matrix_limit",
    ],
    "polls": ["max_options", "max_characters_per_option", "min_expiration", "max_expiration"],
}


def check_configuration(found):
    for part, names in INTEGERS.items():
        for name in names:
            value = found[part][name]
            assert type(value) is int, name
            assert 0 <= value < 2**31, name


async def test_both_forms_have_every_field_that_apps_decode(world, api):
    root = await world.member("root", role="owner")
    guest = await api()
    new = await guest.get("/api/v2/instance")
    assert new["domain"] == "garden.example"
    assert new["title"] == "The Garden"
    assert new["version"].startswith("4.4.0 ("), "three parts, one digit each: apps switch on what they see"
    assert new["api_versions"] == {"mastodon": 6}
    assert new["usage"] == {"users": {"active_month": 0}}, "how many people are here is not told"
    assert new["configuration"]["urls"]["streaming"] == "wss://garden.example"
    assert len(new["configuration"]["vapid"]["public_key"]) == 87
    assert new["configuration"]["translation"] == {"enabled": False}
    for feed in ("live_feeds", "hashtag_feeds", "trending_link_feeds"):
        reach = new["configuration"]["timelines_access"][feed]
        assert set(reach) == {"local", "remote"}
        assert set(reach.values()) <= {"public", "authenticated", "disabled"}
    check_configuration(new["configuration"])
    assert new["registrations"] == {
        "enabled": True,
        "approval_required": True,
        "reason_required": False,
        "message": None,
        "min_age": None,
        "url": None,
    }
    assert new["contact"]["email"] == "", "a text, never null"
    assert new["contact"]["account"]["id"] == str(root.actor_id)
    assert new["rules"] == []
    for picture in (new["thumbnail"]["url"], *(icon["src"] for icon in new["icon"])):
        answer = await guest.http.get(picture)
        assert answer.headers["content-type"] == "image/png", picture
    old = await guest.get("/api/v1/instance/")
    assert old["uri"] == "garden.example"
    assert old["stats"] == {"user_count": 0, "status_count": 0, "domain_count": 0}
    assert old["urls"] == {"streaming_api": "wss://garden.example"}
    assert (old["registrations"], old["approval_required"], old["invites_enabled"]) == (True, True, False)
    assert old["contact_account"]["id"] == str(root.actor_id)
    assert old["thumbnail"].startswith("https://")
    check_configuration(old["configuration"])


async def test_texts_are_told_as_they_are_written_and_missing_until_then(world, api):
    guest, now = await api(), clock.now()
    for path in ("privacy_policy", "terms_of_service", "terms_of_service/2026-01-01", "terms_of_service/x"):
        assert await guest.refused(404, "GET", f"/api/v1/instance/{path}") == "Record not found"
    assert (await guest.get("/api/v1/instance/extended_description"))["content"] == ""
    today = now.date()
    async with acquire(world.pool) as db:
        await description.edit(db, about="For **carers**", tagline="Come in")
        await description.edit_contact(db, email="hello@garden.example", languages=["de", "en"])
        await house_texts.publish(db, "privacy", "We keep *little*.", None, now)
        await house_texts.publish(db, "terms", "First", today - timedelta(days=9), now)
        await house_texts.publish(db, "terms", "Second", today, now)
        await house_texts.publish(db, "terms", "Third", today + timedelta(days=30), now)
    told = await guest.get("/api/v1/instance/extended_description")
    assert told["content"] == "<p>For <strong>carers</strong></p>"
    assert told["updated_at"].endswith("Z")
    assert (await guest.get("/api/v1/instance/privacy_policy"))[
        "content"
    ] == "<p>We keep <em>little</em>.</p>"
    terms = await guest.get("/api/v1/instance/terms_of_service")
    assert terms == {
        "effective_date": today.isoformat(),
        "effective": True,
        "content": "<p>Second</p>",
        "succeeded_by": (today + timedelta(days=30)).isoformat(),
    }
    first = await guest.get(f"/api/v1/instance/terms_of_service/{today - timedelta(days=9)}")
    assert (first["content"], first["succeeded_by"]) == ("<p>First</p>", today.isoformat())
    later = await guest.get(f"/api/v1/instance/terms_of_service/{today + timedelta(days=30)}")
    assert (later["effective"], later["succeeded_by"]) == (False, None)
    house = await guest.get("/api/v2/instance")
    assert house["configuration"]["urls"]["privacy_policy"] == "https://garden.example/about/privacy"
    assert house["configuration"]["urls"]["terms_of_service"] == "https://garden.example/about/terms"
    assert (house["contact"]["email"], house["languages"]) == ("hello@garden.example", ["de", "en"])
    assert house["description"] == "Come in"


async def test_rules_are_those_of_the_house_and_of_the_groups_that_one_may_know(
    world, village, api, ada, ben
):
    now = clock.now()
    owls = await village.group()
    hidden = await village.group("quiet_room", title="Quiet room", seeing="members", joining="invite")
    await village.joins_by_hand(ada, hidden)
    async with acquire(world.pool) as db, db.transaction():
        await house_rules.publish(db, [Words("Be kind", "Even *then*."), Words("No advice")], now)
        for group, sentence in ((owls, "Whisper"), (hidden, "Say nothing outside")):
            await rules.publish(db, world.site, group, [Words(sentence)], by=None, why="", now=now)
    told = await (await api()).get("/api/v1/instance/rules")
    assert [rule["text"] for rule in told] == ["Be kind", "No advice", "Night owls: Whisper"]
    assert told[0] == {"id": told[0]["id"], "text": "Be kind", "hint": "Even *then*.", "translations": {}}
    assert all(rule["id"].isdigit() for rule in told)
    assert len({rule["id"] for rule in told}) == 3
    assert [rule["text"] for rule in await (await api(ben)).get("/api/v1/instance/rules")] == [
        "Be kind",
        "No advice",
    ]
    own = [rule["text"] for rule in (await (await api(ada)).get("/api/v2/instance"))["rules"]]
    assert own == ["Be kind", "No advice", "Quiet room: Say nothing outside"]
    async with acquire(world.pool) as db, db.transaction():
        await house_rules.publish(db, [Words("No advice"), Words("New")], now)
    changed = await (await api(ben)).get("/api/v1/instance/rules")
    assert [rule["text"] for rule in changed] == ["No advice", "New"]
    assert changed[0]["id"] == told[1]["id"], "a rule keeps its number: reports name it"


async def test_domains_are_told_as_far_as_the_community_tells_them(world, api):
    async with acquire(world.pool) as db:
        await db.executemany(
            """
            insert into domain_levels (domain, level, shown, public_reason) values ($1, $2, $3, $4)
            """,
            [
                ("bad.example", "blocked", "open", "Threats"),
                ("loud.example", "limited", "partly", ""),
                ("secret.example", "blocked", "hidden", "nobody's business"),
                ("fine.example", "trusted", "open", ""),
            ],
        )
    told = await (await api()).get("/api/v1/instance/domain_blocks")
    assert [(one["domain"], one["severity"], one["comment"]) for one in told] == [
        ("bad.example", "suspend", "Threats"),
        ("lo**.*****le", "silence", ""),
    ]
    assert len(told[0]["digest"]) == 64


async def test_what_there_is_none_of_is_empty_and_what_there_is_not_is_missing(world, api, ada):
    guest, app = await api(), await api(ada)
    empty = (
        "/api/v1/instance/peers", "/api/v1/instance/activity", "/api/v1/custom_emojis", "/api/v1/trends",
        "/api/v1/trends/tags", "/api/v1/trends/statuses", "/api/v1/trends/links", "/api/v1/peers/search",
        "/api/v1/accounts/1/identity_proofs",
    )  # fmt: skip
    for path in empty:
        assert await guest.get(path) == [], path
    assert await guest.get("/api/v1/instance/translation_languages") == {}
    assert {"code": "de", "name": "Deutsch"} in await guest.get("/api/v1/instance/languages")
    missing = (
        "/api/v1/annual_reports", "/api/v1/collections", "/api/v1/accounts/1/collections", "/api/oembed",
        "/api/v1_alpha/async_refreshes/1", "/api/v1/pleroma/chats", "/api/web/settings", "/api/", "/api/v9",
        "/api/v1/donation_campaigns", "/api/v1/admin/nonsense",
    )  # fmt: skip
    for path in missing:
        assert await guest.refused(404, "GET", path) in ("Record not found", "Not Found"), path
    assert await guest.refused(401, "GET", "/api/v1/admin/accounts")
    for path in ("/api/v1/admin/accounts", "/api/v2/admin/accounts", "/api/v1/admin/reports"):
        assert await app.refused(403, "GET", path)
    said = await app.refused(422, "POST", "/api/v1/statuses/1/translate")
    assert said == "Translation is not supported on this server"
