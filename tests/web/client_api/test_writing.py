"""Posting with an app: where it goes, what is told of it, and above all where it does not go."""

import asyncio
import io
import json
from datetime import timedelta

import pytest
from PIL import Image

from fediverse_support.community.people import scheduling
from fediverse_support.core import clock
from fediverse_support.core.models import Group
from fediverse_support.database import actors
from fediverse_support.database.pool import acquire
from fediverse_support.moderation import holds
from fediverse_support.policy.document import Document, RuleText
from fediverse_support.policy.engine import compile_policy

SECRET = "quokka"


async def follow(world, follower_id: int, followed_id: int) -> None:
    await world.pool.execute(
        """
        insert into follows (follower_id, followed_id, state, activity_uris, accepted_at)
        values ($1, $2, 'accepted', '{}', now())
        """,
        follower_id,
        followed_id,
    )


async def sent(world) -> list[tuple[str, str, bool]]:
    """(type, inbox, whether its words are in it) of everything that goes to other servers, in order."""
    rows = await world.pool.fetch(
        """
        select a.type, d.inbox_url, a.body
          from deliveries d join activities a on a.id = d.activity_id order by d.id
        """
    )
    return [(row["type"], row["inbox_url"], SECRET in row["body"]) for row in rows]


async def receipts(app) -> list[str]:
    """The direct posts to somebody that nobody has typed, the newest last."""
    found = await app.get("/api/v1/notifications", limit=80)
    return [
        one["status"]["content"]
        for one in reversed(found)
        if one["type"] == "mention" and one["status"]["visibility"] == "direct"
    ]


@pytest.fixture(autouse=True)
async def server_actor(world) -> None:
    """This server as an actor, which writes where no group of ours does."""
    async with acquire(world.pool) as db, db.transaction():
        await actors.add_local(
            db, world.site, world.seal, type="Application", name=world.site.domain,
            display_name=world.site.domain, summary_source="", summary_html="",
        )  # fmt: skip


@pytest.fixture
async def owls(village, ada, ben) -> Group:
    """A group with two members."""
    group = await village.group()
    for account in (ada, ben):
        await village.joins(account, group)
    return group


async def test_a_direct_post_reaches_nobody_but_whom_it_names(world, village, api, owls, ada, ben) -> None:
    cleo, staff = await world.member("cleo"), await world.member("sam", role="owner")
    rosa = await village.remote("https://far.example/users/rosa")
    theo = await village.remote("https://other.example/users/theo", name="theo")
    await follow(world, ben.actor_id, ada.actor_id)
    await follow(world, theo.id, ada.actor_id)
    app = await api(ada)
    post = await app.post(
        "/api/v1/statuses",
        {"status": f"@cleo @rosa@far.example a {SECRET}, #{SECRET}", "visibility": "direct"},
    )
    assert post["visibility"] == "direct"
    assert {one["acct"] for one in post["mentions"]} == {"cleo", "rosa@far.example"}
    assert await sent(world) == [("Create", "https://far.example/users/rosa/inbox", True)]
    body = json.loads(await world.pool.fetchval("select body from activities where type = 'Create'"))
    assert body["cc"] == []
    assert set(body["to"]) == {f"{world.site.origin}/people/cleo", rosa.uri}
    assert not await world.pool.fetchval("select bool_or(is_public or is_listed) from activities")

    places = [
        f"/api/v1/statuses/{post['id']}",
        f"/api/v1/statuses/{post['id']}/context",
        f"/api/v1/statuses/{post['id']}/history",
        f"/api/v1/statuses/{post['id']}/favourited_by",
    ]
    lists = [
        "/api/v1/timelines/home",
        "/api/v1/timelines/public",
        f"/api/v1/timelines/tag/{SECRET}",
        f"/api/v1/timelines/list/{owls.actor.id}",
        f"/api/v1/accounts/{ada.actor_id}/statuses",
        f"/api/v2/search?q={SECRET}&type=statuses",
    ]
    for other in (ben, staff, None):
        theirs = await api(other)
        for place in places:
            await theirs.refused(404, "GET", place)
        for deed in ("favourite", "reblog", "bookmark", "mute", "pin"):
            if other is not None:
                await theirs.refused(404, "POST", f"/api/v1/statuses/{post['id']}/{deed}")
        if other is not None:
            answer = {"status": "me too", "in_reply_to_id": post["id"], "visibility": "direct"}
            await theirs.refused(404, "POST", "/api/v1/statuses", json=answer)
            await theirs.refused(404, "DELETE", f"/api/v1/statuses/{post['id']}")
            await theirs.refused(404, "PUT", f"/api/v1/statuses/{post['id']}", json={"status": "mine"})
    for reader in (ben, staff, ada, cleo):
        theirs = await api(reader)
        for place in lists:
            answer = await theirs.call("GET", place)
            assert SECRET not in answer.text.replace(f"q={SECRET}", "").replace(f"tag/{SECRET}", ""), place
    for reader in (staff, ben):
        browser = await world.signed_in(reader)
        for page in ("/", "/people/ada", f"/posts/{post['uri'].rpartition('/')[2]}", "/desk", "/desk/traffic",
                     "/desk/decisions", "/desk/holds", "/groups/night_owls", f"/tags/{SECRET}"):  # fmt: skip
            shown = (await browser.get(page)).text.replace(f"/tags/{SECRET}", "").replace(f"#{SECRET}", "")
            assert SECRET not in shown, page
    assert not await world.pool.fetchval("select count(*) from decisions where words like '%quokka%'")
    assert (await (await api(cleo)).get(places[0]))["content"] == post["content"]
    await app.refused(403, "POST", f"/api/v1/statuses/{post['id']}/reblog")
    # An answer without any @ is for whom it answers, and a further word of one's own for the same people.
    heard = {"status": "I hear you", "in_reply_to_id": post["id"], "visibility": "direct"}
    heard = await (await api(cleo)).post("/api/v1/statuses", heard)
    assert [one["acct"] for one in heard["mentions"]] == ["ada"]
    assert "I hear you" in (await app.get(f"/api/v1/statuses/{heard['id']}"))["content"]
    more = {"status": "are you there?", "in_reply_to_id": heard["id"], "visibility": "direct"}
    more = await (await api(cleo)).post("/api/v1/statuses", more)
    assert [one["acct"] for one in more["mentions"]] == ["ada"]

    # Its changes and its end go the same way, and what was read stays for who could read it.
    changed = await app.call(
        "PUT", f"/api/v1/statuses/{post['id']}", json={"status": f"@theo@other.example {SECRET} too"}
    )
    assert changed.status_code == 200, changed.text
    assert [line[:2] for line in await sent(world)][1:] == [
        ("Update", "https://far.example/users/rosa/inbox"),
        ("Update", "https://other.example/users/theo/inbox"),
    ]
    await (await api(cleo)).get(places[0])
    gone = await app.call("DELETE", f"/api/v1/statuses/{post['id']}")
    assert (gone.status_code, gone.json()["text"]) == (200, f"@theo@other.example {SECRET} too")
    ends = [line for line in await sent(world) if line[0] == "Delete"]
    assert ends == [
        ("Delete", "https://far.example/users/rosa/inbox", False),
        ("Delete", "https://other.example/users/theo/inbox", False),
    ]
    await app.refused(404, "GET", places[0])


async def test_what_is_for_followers_goes_to_them_and_whom_it_names(world, village, api, ada, ben) -> None:
    cleo = await world.member("cleo")
    rosa = await village.remote("https://far.example/users/rosa")
    await follow(world, ben.actor_id, ada.actor_id)
    await follow(world, rosa.id, ada.actor_id)
    lea = await village.remote("https://lemmy.example/u/lea", name="lea")
    await world.pool.execute(
        "insert into hosts (name, software, software_version) values ('lemmy.example', 'lemmy', '0.19.3')"
    )
    await follow(world, lea.id, ada.actor_id)
    app = await api(ada)
    post = await app.post("/api/v1/statuses", {"status": SECRET, "visibility": "private"})
    assert post["visibility"] == "private"
    assert await sent(world) == [("Create", "https://far.example/users/rosa/inbox", True)]
    assert (await (await api(ben)).get("/api/v1/timelines/home"))[0]["id"] == post["id"]
    await (await api(cleo)).refused(404, "GET", f"/api/v1/statuses/{post['id']}")
    await (await api()).refused(404, "GET", f"/api/v1/statuses/{post['id']}")
    assert SECRET not in json.dumps(await (await api(cleo)).get(f"/api/v1/accounts/{ada.actor_id}/statuses"))
    # An answer is never wider than what it answers.
    answer = await (await api(ben)).post(
        "/api/v1/statuses", {"status": "@ada yes", "in_reply_to_id": post["id"], "visibility": "public"}
    )
    assert (answer["visibility"], answer["in_reply_to_id"]) == ("private", post["id"])
    await (await api(ben)).refused(403, "POST", f"/api/v1/statuses/{post['id']}/reblog")
    # Who is named in an answer reads that on its page, and nothing of what it answers.
    named = await (await api(ben)).post(
        "/api/v1/statuses", {"status": "@cleo look", "in_reply_to_id": post["id"], "visibility": "direct"}
    )
    page = await (await world.signed_in(cleo)).get(f"/posts/{named['uri'].rpartition('/')[2]}")
    assert (page.status_code, "look" in page.text, SECRET in page.text) == (200, True, False)
    assert "Only who is mentioned can read this." in page.text
    hidden = await (await world.signed_in(cleo)).get(f"/posts/{post['uri'].rpartition('/')[2]}")
    assert hidden.status_code == 404


async def test_what_is_for_everybody_is_told_to_followers_and_can_be_fetched(
    world, village, api, ada, ben
) -> None:
    rosa = await village.remote("https://far.example/users/rosa")
    await follow(world, rosa.id, ada.actor_id)
    app = await api(ada)
    usual = await app.post("/api/v1/statuses", {"status": "Good *evening*, #Late @nobody@nowhere"})
    assert (usual["visibility"], usual["spoiler_text"], usual["sensitive"]) == ("unlisted", "", False)
    assert "<em>evening</em>" in usual["content"]
    assert usual["tags"] == [{"name": "late", "url": f"{world.site.origin}/tags/late"}]
    public = await app.post(
        "/api/v1/statuses",
        {"status": "Everybody", "visibility": "public", "spoiler_text": "bright", "language": "en"},
    )
    assert (public["visibility"], public["sensitive"], public["language"]) == ("public", True, "en")
    creates = [json.loads(row["body"]) for row in await world.pool.fetch("select body from activities")]
    assert [body["object"]["id"] for body in creates] == [usual["uri"], public["uri"]]
    assert "https://www.w3.org/ns/activitystreams#Public" in creates[0]["cc"]
    assert "https://www.w3.org/ns/activitystreams#Public" in creates[1]["to"]
    assert creates[0]["object"]["tag"] == [
        {"type": "Hashtag", "href": f"{world.site.origin}/tags/late", "name": "#late"}
    ]
    assert all(body["object"].get("name") is None for body in creates)
    assert await world.pool.fetchval("select bool_and(is_public) from activities")
    answered = await (await api(ben)).post(
        "/api/v1/statuses", {"status": "Hello", "in_reply_to_id": public["id"], "visibility": "public"}
    )
    assert answered["in_reply_to_account_id"] == str(ada.actor_id)
    context = await app.get(f"/api/v1/statuses/{public['id']}/context")
    assert [one["id"] for one in context["descendants"]] == [answered["id"]]
    browser = await world.signed_in(ben)
    tagged = [await one.get("/tags/late") for one in (browser, world.browser())]
    assert [("evening" in one.text) for one in tagged] == [True, False]
    page = await browser.get(f"/posts/{public['uri'].rpartition('/')[2]}")
    assert page.status_code == 200
    assert "Everybody" in page.text
    assert "Hello" in page.text


async def test_posting_by_mention_begins_a_thread_and_is_answered_in_private(
    world, village, api, owls, ada, ben
) -> None:
    app, other = await api(ada), await api(ben)
    post = await app.post(
        "/api/v1/statuses",
        {
            "status": "@night_owls I cannot sleep\n\nAt all. #justlistening",
            "visibility": "public",
            "spoiler_text": "sleep",
        },
    )
    assert post["visibility"] == "public"
    row = await world.pool.fetchrow("select * from posts where id = $1", int(post["id"]))
    assert (row["group_id"], row["title"], row["reach"]) == (owls.actor.id, "I cannot sleep", "open")
    assert post["content"].count("I cannot sleep") == 1
    create = json.loads(await world.pool.fetchval("select body from activities where type = 'Create'"))
    assert "name" not in create["object"]
    assert create["object"]["audience"] == owls.actor.uri
    said = await receipts(app)
    assert len(said) == 1
    assert "Your post is in Night owls." in said[0]
    assert "People will listen and not give advice." in said[0]
    assert await receipts(other) == []
    thread = await (await world.signed_in(ben)).get(f"/posts/{row['public_id']}")
    assert "People will listen and not give advice." in thread.text

    # Answers stand in the group too, without a mention, and never go further than what they answer.
    quiet = await app.post("/api/v1/statuses", {"status": "@night_owls psst", "visibility": "unlisted"})
    answer = await other.post(
        "/api/v1/statuses", {"status": "Me neither", "in_reply_to_id": quiet["id"], "visibility": "public"}
    )
    assert answer["visibility"] == "unlisted"
    assert "@night_owls" not in answer["content"]
    assert owls.actor.id == await world.pool.fetchval(
        "select group_id from posts where id = $1", int(answer["id"])
    )
    assert [text for text in await receipts(other) if "not put on show" in text]
    conversations = await app.get("/api/v1/conversations")
    assert [one["accounts"][0]["acct"] for one in conversations] == ["night_owls"]
    await world.pool.execute(
        "insert into group_moderators (group_id, actor_id) values ($1, $2)", owls.actor.id, ben.actor_id
    )
    assert await (await api(ben, acts_as=owls.actor.id)).get("/api/v1/conversations") == []

    # Who is in none of the groups mentioned is told so, and nothing is sent.
    cleo = await api(await world.member("cleo"))
    before = await world.pool.fetchval("select count(*) from posts")
    said = await cleo.refused(422, "POST", "/api/v1/statuses", json={"status": "@night_owls hello"})
    assert said.startswith("You are not in the group")
    await cleo.refused(422, "POST", "/api/v1/statuses", json={"status": "@team.night_owls hello"})
    assert await world.pool.fetchval("select count(*) from posts") == before
    # Of a hidden group they learn nothing: it reads like a name that nobody has.
    await village.group("cellar", title="Cellar", seeing="members", joining="invite")
    for name in ("cellar", "nobody"):
        plain = await cleo.post("/api/v1/statuses", {"status": f"@{name} hello", "visibility": "unlisted"})
        assert (plain["content"], plain["mentions"]) == (f"<p>@{name} hello</p>", [])


async def test_members_only_groups_force_private_and_boosts_stay_inside(
    world, village, api, ada, ben
) -> None:
    circle = await village.group("circle", title="Circle", seeing="members")
    for account in (ada, ben):
        await village.joins_by_hand(account, circle)
    app = await api(ada)
    post = await app.post("/api/v1/statuses", {"status": f"@circle {SECRET}", "visibility": "public"})
    assert post["visibility"] == "private"
    assert "Only the members of this group" in (await receipts(app))[0]
    await (await api(ben)).refused(403, "POST", f"/api/v1/statuses/{post['id']}/reblog")
    cleo = await api(await world.member("cleo"))
    await cleo.refused(404, "GET", f"/api/v1/statuses/{post['id']}")
    assert SECRET not in json.dumps(await (await api()).get(f"/api/v1/accounts/{ada.actor_id}/statuses"))


async def test_letters_to_a_team_are_for_who_acts_as_the_group_alone(
    world, village, api, owls, ada, ben
) -> None:
    cleo = await world.member("cleo")
    await world.pool.execute(
        "insert into group_moderators (group_id, actor_id) values ($1, $2)", owls.actor.id, ben.actor_id
    )
    stranger, app = await api(cleo), await api(ada)
    letter = await stranger.post(
        "/api/v1/statuses", {"status": f"@team.night_owls {SECRET} #help", "visibility": "direct"}
    )
    assert [one["acct"] for one in letter["mentions"]] == ["night_owls"]
    said = " ".join(await receipts(stranger))
    assert "Those who look after Night owls have your message." in said
    assert "@team.night_owls" in said
    place = f"/api/v1/statuses/{letter['id']}"
    for nobody in (app, await api(ben), await api(await world.member("sam", role="owner"))):
        await nobody.refused(404, "GET", place)
    team = await api(ben, acts_as=owls.actor.id)
    assert SECRET in (await team.get(place))["content"]
    answer = await team.post(
        "/api/v1/statuses",
        {"status": "@cleo we are here", "in_reply_to_id": letter["id"], "visibility": "direct"},
    )
    assert answer["account"]["acct"] == "night_owls"
    assert "we are here" in (await stranger.get(f"/api/v1/statuses/{answer['id']}"))["content"]
    await app.refused(404, "GET", f"/api/v1/statuses/{answer['id']}")
    assert await world.pool.fetchval("select count(*) from deliveries") == 0
    # A team elsewhere is written to as the group there; one that nobody has is never dropped in silence.
    far = await village.remote("https://far.example/groups/tea", "Group", "tea")
    there = {"status": f"@team.tea@far.example {SECRET}", "visibility": "direct"}
    afar = await stranger.post("/api/v1/statuses", there)
    assert [one["acct"] for one in afar["mentions"]] == ["tea@far.example"]
    assert await world.pool.fetchval("select inbox_url from deliveries") == f"{far.uri}/inbox"
    nobody_there = {"status": "@team.nobody help", "visibility": "direct"}
    assert "nobody would read" in await stranger.refused(422, "POST", "/api/v1/statuses", json=nobody_there)
    both = {"status": "@night_owls @ada hello", "visibility": "direct"}
    await stranger.refused(422, "POST", "/api/v1/statuses", json=both)
    # On the page of who looks after the group, and on nobody else's.
    browser = await world.signed_in(ben)
    assert SECRET in (await browser.get("/groups/night_owls/letters")).text
    assert "/groups/night_owls/letters" in (await browser.get("/groups/night_owls/care")).text
    await stranger.post("/api/v1/statuses", {"status": "@night_owls and now?", "visibility": "direct"})
    assert "not answered yet" in (await browser.get("/groups/night_owls/letters")).text
    sent = await browser.submit("/groups/night_owls/letters", source="We listen.")
    assert sent.status_code == 303
    told = [one["last_status"] for one in await stranger.get("/api/v1/conversations")]
    assert [one["account"]["acct"] for one in told if "We listen." in one["content"]] == ["night_owls"]
    assert "not answered yet" not in (await browser.get("/groups/night_owls/letters")).text
    denied = await (await world.signed_in(ada)).post("/groups/night_owls/letters", {"source": "x"})
    assert denied.status_code in (403, 404)
    page = await (await world.signed_in(ada)).get("/groups/night_owls/letters")
    assert page.status_code == 404
    # A group speaks in its own threads and in private, and nowhere else.
    start = await team.post("/api/v1/statuses", {"status": "Welcome", "visibility": "public"})
    assert await world.pool.fetchval("select group_id = author_id from posts where id = $1", int(start["id"]))
    outside = await app.post("/api/v1/statuses", {"status": "Outside", "visibility": "public"})
    into = {"status": "hm", "in_reply_to_id": outside["id"], "visibility": "public"}
    await team.refused(422, "POST", "/api/v1/statuses", json=into)
    await team.refused(403, "POST", f"/api/v1/statuses/{outside['id']}/reblog")


async def test_policy_holds_what_is_for_all_and_refuses_what_nobody_could_look_at(
    world, village, api, owls, ada
) -> None:
    rule = RuleText(name="slow", when={"words": ["slow"]}, then="hold", reason="We read this first.")
    refused = RuleText(name="no", when={"words": ["never"]}, then="refuse", reason="Not here.")
    world.policy = compile_policy(2, [], Document(rules=(rule, refused)))
    app = await api(ada)
    for number, status in enumerate(("@night_owls slow one", "@night_owls slow two"), start=1):
        held = await app.post("/api/v1/statuses", {"status": status, "visibility": "public"})
        assert "A moderator looks at this first." in (await receipts(app))[-1]
        place = "next in line" if number == 1 else "number 2 in line"
        assert place in (await receipts(app))[-1]
        await (await api()).refused(404, "GET", f"/api/v1/statuses/{held['id']}")
    async with acquire(world.pool) as db, db.transaction():
        lines = await holds.waiting(db, None)
        await holds.refuse(db, world.site, lines[0].hold.id, None, clock.now(), holds.Said(note="Too fast."))
        await holds.accept(db, world.site, lines[1].hold.id, None, clock.now())
    said = await receipts(app)
    assert "did not let your post in" in said[-2]
    assert "Too fast." in said[-2]
    assert "A moderator has let your post in." in said[-1]
    outside = await app.post("/api/v1/statuses", {"status": "slow outside", "visibility": "public"})
    assert await world.pool.fetchval("select state from posts where id = $1", int(outside["id"])) == "held"
    assert await world.pool.fetchval("select count(*) from deliveries") == 0
    before = await world.pool.fetchval("select count(*) from posts")
    for visibility in ("private", "direct"):
        wanted = {"status": "slow secret", "visibility": visibility}
        assert await app.refused(403, "POST", "/api/v1/statuses", json=wanted) == "We read this first."
    assert await app.refused(403, "POST", "/api/v1/statuses", json={"status": "never"}) == "Not here."
    assert await world.pool.fetchval("select count(*) from posts") == before
    # Who needs the moderators reaches them.
    letter = {"status": "@team.night_owls slow", "visibility": "direct"}
    await app.post("/api/v1/statuses", letter)


async def test_what_is_sent_twice_with_one_key_is_posted_once(world, api, ada, ben) -> None:
    app = await api(ada)
    key = {"Idempotency-Key": "a b c"}
    first = await app.call("POST", "/api/v1/statuses", json={"status": "Once"}, headers=key)
    again = await app.call("POST", "/api/v1/statuses", json={"status": "Once"}, headers=key)
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    theirs = await (await api(ben)).call("POST", "/api/v1/statuses", json={"status": "Once"}, headers=key)
    assert theirs.json()["id"] != first.json()["id"]
    key = {"Idempotency-Key": "at the same moment"}
    both = await asyncio.gather(
        *(app.call("POST", "/api/v1/statuses", json={"status": "Both"}, headers=key) for _ in range(3))
    )
    assert len({one.json()["id"] for one in both}) == 1
    # What failed used the key for nothing.
    key = {"Idempotency-Key": "d"}
    await app.refused(422, "POST", "/api/v1/statuses", json={"status": " "}, headers=key)
    fine = await app.call("POST", "/api/v1/statuses", json={"status": "Twice"}, headers=key)
    assert fine.status_code == 200
    await world.pool.execute("update sent_once set sent_at = sent_at - interval '61 minutes'")
    later = await app.call("POST", "/api/v1/statuses", json={"status": "Twice"}, headers=key)
    assert later.json()["id"] != fine.json()["id"]


async def test_bad_posts_are_refused_and_nothing_is_kept(world, api, ada, ben) -> None:
    app = await api(ada)
    for wrong in (
        {"status": ""},
        {"status": "x" * 20_001},
        {"status": "x", "visibility": "public_unlisted"},
        {"status": "x", "language": "../../etc"},
        {"status": "x", "scheduled_at": "soon"},
        {"status": "x", "quoted_status_id": "1"},
        {"status": "x", "media_ids": ["1"]},
        {"status": "x", "poll": {"options": ["a"], "expires_in": 86_400}},
        {"status": "x", "poll": {"options": ["a", "b"], "expires_in": 1}},
        {"status": "x", "poll": {"options": ["a", "b"]}, "media_ids": ["1"]},
        {"status": {"a": "b"}},
        {"status": "x", "spoiler_text": "y" * 501},
    ):
        await app.refused(422, "POST", "/api/v1/statuses", json=wrong)
    for missing in ("1", "9" * 30, "0", "'; drop table posts"):
        wrong = {"status": "x", "in_reply_to_id": missing}
        await app.refused(404, "POST", "/api/v1/statuses", json=wrong)
    unexpected = await app.call(
        "POST", "/api/v1/statuses", json={"status": "@ben hi", "allowed_mentions": []}
    )
    assert unexpected.status_code == 422
    allowed = {"status": "@ben hi", "allowed_mentions": [str(ada.actor_id)]}
    answer = await app.call("POST", "/api/v1/statuses", json=allowed)
    assert answer.status_code == 422
    assert [one["acct"] for one in answer.json()["unexpected_accounts"]] == ["ben"]
    reader = await api(ada, ("read",))
    await reader.refused(403, "POST", "/api/v1/statuses", json={"status": "x"})
    await (await api()).refused(401, "POST", "/api/v1/statuses", json={"status": "x"})
    assert await world.pool.fetchval("select count(*) from posts where content_html like '%x%'") == 0


async def test_an_edit_keeps_what_was_said_and_what_a_page_gave(world, village, api, owls, ada, ben) -> None:
    app = await api(ada)
    post = await app.post(
        "/api/v1/statuses",
        {"status": "before", "poll": {"options": ["a", "b"], "expires_in": 86_400}, "visibility": "public"},
    )
    assert [one["title"] for one in post["poll"]["options"]] == ["a", "b"]
    voter = await api(ben)
    voted = await voter.post(f"/api/v1/polls/{post['id']}/votes", {"choices": ["1"]})
    assert (voted["own_votes"], voted["voters_count"]) == ([1], 1)
    await voter.refused(422, "POST", f"/api/v1/polls/{post['id']}/votes", json={"choices": [1]})
    for wrong in ([], ["x"], [7], [-1]):
        await app.refused(422, "POST", f"/api/v1/polls/{post['id']}/votes", json={"choices": wrong})
    assert (await app.get(f"/api/v1/statuses/{post['id']}/source"))["text"] == "before"
    await voter.refused(404, "GET", f"/api/v1/statuses/{post['id']}/source")
    changed = await app.call(
        "PUT",
        f"/api/v1/statuses/{post['id']}",
        json={
            "status": "after",
            "spoiler_text": "warned",
            "poll": {"options": ["c", "d"], "expires_in": 86_400},
        },
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()["edited_at"] is not None
    assert [one["title"] for one in changed.json()["poll"]["options"]] == ["c", "d"]
    assert changed.json()["poll"]["voters_count"] == 0
    versions = await voter.get(f"/api/v1/statuses/{post['id']}/history")
    assert [(one["content"], one["spoiler_text"]) for one in versions] == [
        ("<p>before</p>", ""),
        ("<p>after</p>", "warned"),
    ]
    assert [one["title"] for one in versions[0]["poll"]["options"]] == ["a", "b"]
    # The title that was given on a page stays.
    page = await village.writes(ada, owls.actor, "words", title="On a page")
    answer = await app.call("PUT", f"/api/v1/statuses/{page.id}", json={"status": "other words"})
    assert "<strong>On a page</strong>" in answer.json()["content"]
    app_made = await app.post("/api/v1/statuses", {"status": "@night_owls one", "visibility": "public"})
    await app.call("PUT", f"/api/v1/statuses/{app_made['id']}", json={"status": "@night_owls two"})
    assert await world.pool.fetchval("select title from posts where id = $1", int(app_made["id"])) == "two"


async def test_likes_boosts_and_their_undo_go_to_whom_they_concern(
    world, village, api, owls, ada, ben
) -> None:
    rosa = await village.remote("https://far.example/users/rosa")
    await follow(world, rosa.id, ben.actor_id)
    await world.pool.execute(
        """
        insert into posts (id, uri, author_id, root_id, content_html, reach, url, published_at, active_at)
        values (5000, 'https://far.example/p/1', $1, 5000, '<p>far</p>', 'open', null, now(), now()),
               (5001, 'https://far.example/p/2', $1, 5001, '<p>quiet</p>', 'quiet', null, now(), now())
        """,
        rosa.id,
    )
    app = await api(ben)
    liked = await app.post("/api/v1/statuses/5000/favourite")
    await app.post("/api/v1/statuses/5000/favourite")
    assert (liked["favourited"], liked["favourites_count"]) == (True, 1)
    boost = await app.post("/api/v1/statuses/5000/reblog")
    again = await app.post("/api/v1/statuses/5000/reblog")
    assert boost["id"] == again["id"] != "5000"
    assert (boost["reblog"]["id"], boost["account"]["acct"]) == ("5000", "ben")
    quiet = await app.post("/api/v1/statuses/5001/reblog", {"visibility": "public"})
    assert quiet["visibility"] == "unlisted"
    # What is done to a boost is done to what it boosts.
    assert (await app.post(f"/api/v1/statuses/{boost['id']}/bookmark"))["id"] == "5000"
    assert [one["id"] for one in await app.get("/api/v1/bookmarks")] == ["5000"]
    assert [one["id"] for one in await app.get("/api/v1/favourites")] == ["5000"]
    assert (await app.post("/api/v1/statuses/5000/unbookmark"))["bookmarked"] is False
    assert (await app.post("/api/v1/statuses/5000/mute"))["muted"] is True
    assert (await app.post("/api/v1/statuses/5000/unmute"))["muted"] is False
    assert (await app.post("/api/v1/statuses/5000/unfavourite"))["favourited"] is False
    gone = await app.post(f"/api/v1/statuses/{boost['id']}/unreblog")
    assert (gone["id"], gone["reblogged"]) == ("5000", False)
    await app.post("/api/v1/statuses/5000/unreblog")
    inbox = "https://far.example/users/rosa/inbox"
    assert [line[:2] for line in await sent(world)] == [
        ("Like", inbox),
        ("Announce", inbox),
        ("Announce", inbox),
        ("Undo", inbox),
        ("Undo", inbox),
    ]
    like = json.loads(await world.pool.fetchval("select body from activities where type = 'Like'"))
    assert (like["to"], like["object"]) == ([rosa.uri], "https://far.example/p/1")
    assert not await world.pool.fetchval("select is_public from activities where type = 'Like'")
    # Who deletes a boost of their own takes it back; what they have written themselves stays.
    mine = await app.post("/api/v1/statuses", {"status": "mine", "visibility": "public"})
    shown = await app.post(f"/api/v1/statuses/{mine['id']}/reblog")
    assert (await app.call("DELETE", f"/api/v1/statuses/{shown['id']}")).json()["reblog"]["id"] == mine["id"]
    assert (await app.get(f"/api/v1/statuses/{mine['id']}"))["reblogged"] is False
    # In a group of ours a like is passed on by the group, and what is quiet there is not shown around.
    post = await village.writes(ada, owls.actor, "in the group", title="Group")
    await app.post(f"/api/v1/statuses/{post.id}/favourite")
    about = [
        json.loads(row["body"])
        for row in await world.pool.fetch("select body from activities where object_uri = $1", post.uri)
    ]
    assert [
        one["object"]["type"] for one in about if one["type"] == "Announce" and type(one["object"]) is dict
    ][-1] == "Like"
    hushed = await (await api(ada)).post(
        "/api/v1/statuses", {"status": "@night_owls psst", "visibility": "unlisted"}
    )
    await app.refused(403, "POST", f"/api/v1/statuses/{hushed['id']}/reblog")


async def test_people_pin_their_own_posts_and_no_more_than_five(world, api, ada, ben) -> None:
    app = await api(ada)
    posts = [await app.post("/api/v1/statuses", {"status": f"Post {n}"}) for n in range(6)]
    for post in posts[:5]:
        assert (await app.post(f"/api/v1/statuses/{post['id']}/pin"))["pinned"] is True
    await app.post(f"/api/v1/statuses/{posts[0]['id']}/pin")
    await app.refused(422, "POST", f"/api/v1/statuses/{posts[5]['id']}/pin")
    await (await api(ben)).refused(422, "POST", f"/api/v1/statuses/{posts[0]['id']}/pin")
    pinned = await (await api(ben)).get(f"/api/v1/accounts/{ada.actor_id}/statuses", pinned="true")
    assert {one["id"] for one in pinned} == {post["id"] for post in posts[:5]}
    assert (await app.post(f"/api/v1/statuses/{posts[0]['id']}/unpin"))["pinned"] is False


async def test_what_is_scheduled_is_sent_when_its_time_comes_or_kept(
    world, village, api, owls, ada, ben
) -> None:
    app = await api(ada)
    soon = (clock.now() + timedelta(minutes=10)).isoformat()
    for wrong in ((clock.now() + timedelta(minutes=1)).isoformat(), "2200-01-01T00:00:00Z"):
        await app.refused(422, "POST", "/api/v1/statuses", json={"status": "x", "scheduled_at": wrong})
    kept = await app.post(
        "/api/v1/statuses",
        {
            "status": "@night_owls later",
            "scheduled_at": soon,
            "visibility": "public",
            "poll": {"options": ["a", "b"], "expires_in": 86_400},
        },
    )
    assert (kept["params"]["text"], kept["params"]["visibility"]) == ("@night_owls later", "public")
    other = await app.post("/api/v1/statuses", {"status": "@circle later", "scheduled_at": soon})
    third = await app.post("/api/v1/statuses", {"status": "never", "scheduled_at": soon})
    await village.group("circle", title="Circle")
    listed = await app.get("/api/v1/scheduled_statuses")
    assert [one["id"] for one in listed] == [third["id"], other["id"], kept["id"]]
    theirs = await api(ben)
    for method in ("GET", "DELETE"):
        await theirs.refused(404, method, f"/api/v1/scheduled_statuses/{kept['id']}")
    assert (await app.call("DELETE", f"/api/v1/scheduled_statuses/{third['id']}")).json() == {}
    later = (clock.now() + timedelta(minutes=20)).isoformat()
    moved = await app.call("PUT", f"/api/v1/scheduled_statuses/{kept['id']}", json={"scheduled_at": later})
    assert moved.json()["scheduled_at"] != kept["scheduled_at"]

    async def sent_at(minutes: int) -> int:
        done = 0
        async with acquire(world.pool) as db:
            while done < 10:
                async with db.transaction():
                    now = clock.now() + timedelta(minutes=minutes)
                    if not await scheduling.publish_next(db, world.site, now, policy=world.policy):
                        break
                done += 1
        return done

    assert await sent_at(5) == 0
    assert await sent_at(30) == 2
    assert await sent_at(30) == 0
    titles = await world.pool.fetch("select title, type from posts where group_id = $1", owls.actor.id)
    assert [tuple(row) for row in titles] == [("later", "Question")]
    said = " ".join(await receipts(app))
    assert "What you had scheduled was not sent." in said
    assert await app.get("/api/v1/scheduled_statuses") == []
    row = await world.pool.fetchrow("select scheduled_at, trouble from scheduled_posts")
    assert row["scheduled_at"] is None
    assert row["trouble"].startswith("You are not in the group")
    browser = await world.signed_in(ada)
    page = await browser.get("/you/scheduled")
    assert "@circle later" in page.text
    assert "You are not in the group" in page.text
    assert (await browser.submit("/you/scheduled")).status_code == 303
    assert "@circle later" not in (await browser.get("/you/scheduled")).text


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (64, 48), (120, 90, 60)).save(made, "JPEG")
    return made.getvalue()


async def test_pictures_come_with_a_post_change_with_it_and_wait_to_be_used_anew(
    world, api, ada, ben
) -> None:
    app = await api(ada)
    sent = await app.http.post(
        "/api/v2/media", files={"file": ("a.jpg", picture())}, data={"description": "lamp"}
    )
    assert sent.status_code == 200, sent.text
    number = sent.json()["id"]
    wanted = {"status": "", "media_ids": [number], "sensitive": True}
    await (await api(ben)).refused(422, "POST", "/api/v1/statuses", json=wanted)
    post = await app.post("/api/v1/statuses", wanted)
    assert post["sensitive"] is True
    assert [(one["id"], one["description"]) for one in post["media_attachments"]] == [(number, "lamp")]
    create = json.loads(await world.pool.fetchval("select body from activities where type = 'Create'"))
    assert [(one["type"], one["name"]) for one in create["object"]["attachment"]] == [("Document", "lamp")]
    await app.refused(422, "POST", "/api/v1/statuses", json=wanted)
    changed = await app.call(
        "PUT",
        f"/api/v1/statuses/{post['id']}",
        json={"status": "words", "media_attributes": [{"id": number, "description": "a red lamp"}]},
    )
    assert changed.json()["media_attachments"][0]["description"] == "a red lamp"
    gone = await app.call("DELETE", f"/api/v1/statuses/{post['id']}")
    assert (gone.json()["text"], gone.json()["media_attachments"][0]["id"]) == ("words", number)
    anew = await app.post("/api/v1/statuses", {"status": "anew", "media_ids": [number]})
    assert anew["media_attachments"][0]["id"] == number
    none = await app.call("PUT", f"/api/v1/statuses/{anew['id']}", json={"status": "anew", "media_ids": []})
    assert none.json()["media_attachments"] == []
    assert await world.pool.fetchval("select count(*) from media") == 0
