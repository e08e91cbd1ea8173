"""Writing, answering, editing, deleting, joining: refusals first."""

import pytest

from fediverse_support.core.markup import plain_text
from fediverse_support.database.pool import acquire


async def count(world, query: str, *arguments) -> int:
    async with acquire(world.pool) as db:
        return await db.fetchval(query, *arguments)


@pytest.fixture
async def owls(village):
    return await village.group()


async def fields_of(browser, path, action):
    await browser.get(path)
    return next(values for form, values in browser.forms() if form["action"] == action)


@pytest.mark.parametrize("place", ["edit", "delete"])
async def test_nobody_changes_the_post_of_another(world, village, owls, ada, ben, place):
    post = await village.writes(ada, owls.actor, "Mine")
    path = f"/posts/{post.public_id}/{place}"
    owner = await world.member("owner", role="owner")
    for account in (ben, owner):
        browser = await world.signed_in(account)
        assert (await browser.get(path)).status_code == 404
        await browser.get("/you")
        token = browser.forms()[0][1]["csrf_token"]
        answer = await browser.post(path, {"csrf_token": token, "source": "Taken over", "title": "x"})
        assert answer.status_code == 404
    guest = world.browser()
    assert (await guest.get(path)).status_code == 303
    assert (await guest.post(path, {"source": "Taken over"})).status_code == 401
    async with acquire(world.pool) as db:
        row = await db.fetchrow("select source, state from posts where id = $1", post.id)
    assert tuple(row) == ("Mine", "live")


async def test_what_an_ended_session_was_sending_is_there_again_after_signing_in(world, village, owls, ada):
    async with acquire(world.pool) as db:
        from fediverse_support.accounts import passwords

        await db.execute(
            "update accounts set password_hash = $1", await passwords.hashed("three quiet green lamps")
        )
    browser = await world.signed_in(ada)
    fields = await fields_of(browser, "/groups/night_owls/write", "/groups/night_owls/write")
    async with acquire(world.pool) as db:
        await db.execute("delete from sessions")
    long = "Nothing of this may be lost. <b>&amp;\nSecond line."
    answer = await browser.post("/groups/night_owls/write", fields | {"title": "A title", "source": long})
    assert answer.status_code == 401
    assert "What you wrote is kept" in answer.text
    await browser.submit("/sign-in", name="ada", password="not the right one")
    assert "What you wrote is kept" in browser.page.text
    await browser.submit("/sign-in", name="ada", password="three quiet green lamps")
    assert browser.page.headers["location"] == "/groups/night_owls/write"
    await browser.follow()
    kept = next(values for form, values in browser.forms() if form["action"] == "/groups/night_owls/write")
    assert kept["source"] == long
    assert kept["title"] == "A title"


async def test_a_post_is_written_shown_and_announced_and_its_draft_is_gone(world, village, owls, ada):
    await village.joins(ada, owls)
    browser = await world.signed_in(ada)
    await browser.get("/groups/night_owls/write")
    action = "/groups/night_owls/write"
    await browser.submit(
        action, title="Awake", source="It is *three* at night.", content_warning="Nothing bad"
    )
    await browser.follow()
    assert "<em>three</em>" in browser.page.text
    assert "<summary>Nothing bad</summary>" in browser.page.text
    assert await count(world, "select count(*) from activities where type = 'Create'") == 1
    assert await count(world, "select count(*) from drafts") == 0


async def test_an_answer_is_shown_below_what_it_answers(world, village, owls, ada, ben):
    post = await village.writes(ada, owls.actor, "Anyone?", title="Anyone?")
    browser = await world.signed_in(ben)
    await browser.get(f"/posts/{post.public_id}")
    await browser.submit(f"/posts/{post.public_id}/reply", source="Here.")
    assert browser.page.status_code == 303
    first = browser.page.headers["location"].partition("#")[2]
    await browser.get(f"/posts/{post.public_id}?to={first}")
    assert "Your answer to Ben" in browser.page.text
    await browser.submit(f"/posts/{first}/reply", source="Talking to myself.")
    page = (await browser.get(f"/posts/{post.public_id}")).text
    assert page.index("Anyone?") < page.index("Here.") < page.index("Talking to myself.")
    assert 'class="deeper"' in page
    assert (await browser.get(f"/posts/{first}")).headers["location"] == f"/posts/{post.public_id}#{first}"


@pytest.mark.parametrize("source", ["", "   \n ", "x" * 20_001])
async def test_what_cannot_be_sent_is_said_and_kept(world, village, owls, ada, source):
    await village.joins(ada, owls)
    browser = await world.signed_in(ada)
    await browser.get("/groups/night_owls/write")
    answer = await browser.submit("/groups/night_owls/write", title="Title", source=source)
    assert answer.status_code == 400
    kept = next(values for form, values in browser.forms() if form["action"] == "/groups/night_owls/write")
    assert kept["title"] == "Title"
    assert kept["source"] == source
    assert await count(world, "select count(*) from posts") == 0


async def test_a_form_that_is_too_large_is_refused_before_it_is_read(world, ada):
    browser = await world.signed_in(ada)
    answer = await browser.post("/drafts", {"source": "x" * 600_000})
    assert answer.status_code == 413
    many = {f"f{number}": "x" for number in range(110)}
    assert (await browser.post("/drafts", many)).status_code == 400
    files = await browser.client.post(
        "/drafts", files={"source": b"x"}, headers={"sec-fetch-site": "same-origin"}
    )
    assert files.status_code == 415


async def test_a_member_changes_a_post_and_what_it_said_stays_as_history(world, village, owls, ada):
    post = await village.writes(ada, owls.actor, "Furst", title="Titel")
    browser = await world.signed_in(ada)
    path = f"/posts/{post.public_id}/edit"
    await browser.get(path)
    await browser.submit(path, title="Title", source="First")
    page = await browser.follow()
    assert "First" in page.text
    assert "Furst" not in page.text
    assert "edited" in page.text
    async with acquire(world.pool) as db:
        assert plain_text(await db.fetchval("select content_html from post_versions")) == "Furst"


async def test_deleting_asks_first_and_is_for_good(world, village, owls, ada):
    post = await village.writes(ada, owls.actor, "MARKER", title="Gone soon")
    browser = await world.signed_in(ada)
    path = f"/posts/{post.public_id}/delete"
    assert "cannot be undone" in (await browser.get(path)).text
    assert await count(world, "select count(*) from posts where state = 'live'") == 1
    await browser.submit(path)
    assert browser.page.headers["location"] == "/groups/night_owls"
    answer = await browser.get(f"/posts/{post.public_id}")
    assert answer.status_code == 410
    assert "MARKER" not in answer.text
    assert await count(world, "select count(*) from posts where source is not null") == 0


async def test_drafts_are_kept_thrown_away_and_nobody_elses(world, village, owls, ada, ben):
    browser = await world.signed_in(ada)
    await browser.get("/groups/night_owls/write")
    fields = next(v for f, v in browser.forms() if f["action"] == "/groups/night_owls/write")
    answer = await browser.post("/drafts", fields | {"source": "Half a thought"}, accept="text/plain")
    assert answer.status_code == 204
    assert "Half a thought" in (await browser.get("/groups/night_owls/write")).text
    assert "Half a thought" in (await browser.get("/")).text
    other = await world.signed_in(ben)
    assert "Half a thought" not in (await other.get("/groups/night_owls/write")).text
    await browser.post("/drafts", fields | {"source": " "})
    assert await count(world, "select count(*) from drafts") == 0
    assert (await browser.post("/drafts", fields | {"source": "x", "place": "//evil"})).headers[
        "location"
    ] == "/"


async def test_one_joins_and_leaves_a_group_in_one_step(world, village, owls, ada):
    browser = await world.signed_in(ada)
    await browser.get("/groups/night_owls")
    await browser.submit("/groups/night_owls/join")
    page = await browser.follow()
    assert "/groups/night_owls/write" in page.text
    await browser.submit("/groups/night_owls/leave")
    await browser.follow()
    assert await count(world, "select count(*) from follows") == 0


async def test_a_group_by_approval_waits_for_who_looks_after_it(world, village, ada, ben):
    group = await village.group("calm", joining="approval", seeing="members", reach="members")
    await village.writes(await moderator(world, group), group.actor, "MARKER", title="Inside")
    browser = await world.signed_in(ada)
    assert 'href="/groups/calm/join"' in (await browser.get("/groups/calm")).text
    await browser.get("/groups/calm/join")
    await browser.submit("/groups/calm/join")
    page = await browser.follow()
    assert "Your request is waiting" in page.text
    assert "Inside" not in page.text
    answer = await browser.post(
        "/groups/calm/requests",
        {
            "csrf_token": browser.forms()[0][1]["csrf_token"],
            "actor": str(ada.actor_id),
            "decision": "approve",
        },
    )
    assert answer.status_code == 404  # not by themselves
    async with acquire(world.pool) as db:
        mod = await db.fetchrow(
            "select a.id from accounts a join actors p on p.id = a.actor_id where p.name = 'mo'"
        )
    assert mod is not None
    keeper = await world.signed_in(world.mo)
    assert 'href="/groups/calm/requests"' in (await keeper.get("/groups/calm")).text
    await keeper.get("/groups/calm/requests")
    await keeper.submit("/groups/calm/requests", decision="approve")
    assert "Inside" in (await browser.get("/groups/calm")).text


async def moderator(world, group):
    from fediverse_support.database import groups

    world.mo = await world.member("mo")
    async with acquire(world.pool) as db:
        await groups.add_moderator(db, group.actor.id, world.mo.actor_id)
    return world.mo


async def test_a_member_follows_and_writes_into_a_group_of_another_server(world, village, ada):
    tides = await village.remote("https://harbour.example/groups/tides", "Group", "tides")
    browser = await world.signed_in(ada)
    page = await browser.get("/groups/tides@harbour.example")
    assert "lives on another server" in page.text
    assert 'href="https://harbour.example/groups/tides"' in page.text
    await browser.submit("/groups/tides@harbour.example/join")
    await browser.follow()
    assert "Your request is waiting" in browser.page.text
    assert await count(world, "select count(*) from deliveries where inbox_url = $1", tides.inbox_url) == 1
    async with acquire(world.pool) as db:
        await db.execute("update follows set state = 'accepted'")
    await browser.get("/groups/tides@harbour.example/write")
    await browser.submit("/groups/tides@harbour.example/write", title="Hello", source="From the garden.")
    page = await browser.follow()
    assert "From the garden." in page.text
    assert await count(world, "select count(*) from activities where type = 'Create'") == 1
    assert "Hello" in (await browser.get("/groups/tides@harbour.example")).text
    await browser.submit("/groups/tides@harbour.example/leave")
    assert await count(world, "select count(*) from activities where type = 'Undo'") == 1


async def test_a_group_that_one_is_invited_to_does_not_exist_for_others(world, village, ada):
    await village.group("calm", seeing="members", speaking="members", reach="members", joining="invite")
    browser = await world.signed_in(ada)
    await browser.get("/you")
    token = browser.forms()[0][1]["csrf_token"]
    words = {"csrf_token": token, "title": "x", "source": "Let me in", "place": "/"}
    for name in ("calm", "nothing"):
        assert (await browser.get(f"/groups/{name}")).status_code == 404
        assert (await browser.post(f"/groups/{name}/join", {"csrf_token": token})).status_code == 404
        assert (await browser.post(f"/groups/{name}/write", words)).status_code == 404
    assert await count(world, "select count(*) from posts") == 0


async def test_a_group_by_invitation_that_everybody_reads_lets_nobody_in_who_only_asks(world, village, ada):
    await village.group("choir", joining="invite")
    browser = await world.signed_in(ada)
    page = await browser.get("/groups/choir")
    assert 'action="/groups/choir/join"' not in page.text
    token = browser.forms()[0][1]["csrf_token"]
    assert (await browser.post("/groups/choir/join", {"csrf_token": token})).status_code == 403


async def test_a_profile_is_changed_and_shown_and_those_elsewhere_are_told(world, village, ada):
    rosa = await village.remote("https://harbour.example/users/rosa")
    async with acquire(world.pool) as db:
        await db.execute(
            "insert into follows (follower_id, followed_id, state, activity_uris) "
            "values ($1, $2, 'accepted', '{x}')",
            rosa.id,
            ada.actor_id,
        )
    browser = await world.signed_in(ada)
    await browser.get("/you")
    await browser.submit("/you", display_name="Ada L.", about="I *listen*.")
    page = await world.browser().get("/people/ada")
    assert "Ada L." in page.text
    assert "<em>listen</em>" in page.text
    assert await count(world, "select count(*) from activities where type = 'Update'") == 1
    assert await count(world, "select count(*) from deliveries where host = 'harbour.example'") == 1
    await browser.get("/you")
    assert (await browser.submit("/you", display_name="x" * 101)).status_code == 400
