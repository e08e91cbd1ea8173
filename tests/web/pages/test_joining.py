"""The pages of joining: the door, requests, questions, invitations, leaving."""

import pytest

from fediverse_support.community.groups import rules
from fediverse_support.community.joining import admitting, joining
from fediverse_support.community.joining.joining import set_questions
from fediverse_support.core import clock
from fediverse_support.database import groups
from fediverse_support.database.pool import acquire

SCRIPT = "<script>alert(1)</script>"


async def call(world, function, *arguments, **more):
    async with acquire(world.pool) as db, db.transaction():
        return await function(db, *arguments, **more)


async def keeper_of(world, group, name="mo"):
    """A browser of somebody who looks after `group`."""
    account = await world.member(name)
    await call(world, groups.add_moderator, group.actor.id, account.actor_id)
    return await world.signed_in(account)


async def enters(world, account, group):
    """Make somebody a member, however the door stands."""
    await world.pool.execute(
        "insert into follows (follower_id, followed_id, state, activity_uris) "
        "values ($1, $2, 'accepted', '{x}')",
        account.actor_id,
        group.actor.id,
    )


@pytest.fixture
async def calm(world, village):
    """A group for members by approval, with a question and a thread inside."""
    group = await village.group("calm", title="Calm", joining="approval", seeing="members")
    await call(world, joining.set_questions, group, ["What brings you here?"])
    insider = await world.member("olga")
    await enters(world, insider, group)
    world.thread = await village.writes(insider, group.actor, "MARKER inside", title="TITLE inside")
    return group


@pytest.fixture
async def rosa(world, village, calm):
    """Somebody elsewhere who asks to join."""
    person = await village.remote("https://harbour.example/users/rosa")
    await world.pool.execute(
        "insert into follows (follower_id, followed_id, state, activity_uris) values ($1, $2, 'pending', $3)",
        person.id,
        calm.actor.id,
        ["https://harbour.example/f/1"],
    )
    await world.pool.execute(
        "insert into join_requests (id, group_id, actor_id) values (7, $1, $2)", calm.actor.id, person.id
    )
    return person


async def asks(world, account, words="I cannot sleep."):
    browser = await world.signed_in(account)
    await browser.get("/groups/calm/join")
    await browser.submit("/groups/calm/join", answer_0=words)
    return browser


async def number_of(world):
    return str(await world.pool.fetchval("select id from join_requests order by id desc limit 1"))


async def test_who_waits_sees_nothing_of_what_is_inside(world, calm, ada):
    browser = await asks(world, ada)
    page = await browser.follow()
    assert "Your request is waiting" in page.text
    for path in (
        "/",
        "/groups",
        "/groups/calm",
        "/groups/calm/join",
        "/groups/calm/members",
        "/groups/calm/wiki",
        "/groups/calm/requests",
        "/groups/calm/invitations",
        f"/posts/{world.thread.public_id}",
        "/feeds/groups/calm.atom",
        "/people/olga",
    ):
        page = await browser.get(path)
        assert "TITLE" not in page.text, path
        assert "MARKER" not in page.text, path
    await browser.get("/groups/calm/join")
    token = browser.forms()[0][1]["csrf_token"]
    for path in (f"/posts/{world.thread.public_id}/reply", "/groups/calm/write"):
        fields = {"csrf_token": token, "source": "Hello", "title": "Hello"}
        assert (await browser.post(path, fields)).status_code in (403, 404), path
    assert await world.pool.fetchval("select count(*) from posts") == 1


@pytest.mark.parametrize(
    "path", ["/groups/calm/requests", "/groups/calm/invitations", "/groups/calm/questions"]
)
async def test_only_who_looks_after_the_group_sees_requests_invitations_and_questions(
    world, village, calm, ada, ben, path
):
    await asks(world, ada, "MY-ANSWER")
    other = await village.group("other", title="Other")
    strangers = [
        world.browser(),
        await world.signed_in(ben),
        await world.signed_in(ada),
        await keeper_of(world, other, "elsewhere"),
    ]
    for browser in strangers:
        page = await browser.get(path)
        assert page.status_code in (303, 404)
        assert "MY-ANSWER" not in page.text
    keeper = await keeper_of(world, calm)
    assert (await keeper.get(path)).status_code == 200
    staff = await world.signed_in(await world.member("stella", "moderator"))
    assert (await staff.get(path)).status_code == 200


@pytest.mark.parametrize("decision", ["approve", "decline", "ask", "reopen"])
async def test_nobody_else_decides(world, village, calm, ada, ben, decision):
    await asks(world, ada)
    number = await number_of(world)
    other = await village.group("other", title="Other")
    for browser in (
        world.browser(),
        await world.signed_in(ben),
        await world.signed_in(ada),
        await keeper_of(world, other, "elsewhere"),
    ):
        await browser.get("/groups")
        token = next((values["csrf_token"] for _, values in browser.forms() if "csrf_token" in values), "")
        fields = {"csrf_token": token, "request": number, "decision": decision, "words": "x"}
        for group in ("calm", "other"):
            answer = await browser.post(f"/groups/{group}/requests", fields)
            assert answer.status_code in (401, 403, 404, 303), group
    states = await world.pool.fetch("select state from join_requests")
    assert [row["state"] for row in states] == ["waiting"]


@pytest.mark.parametrize("number", ["", "0", "999", "x", "9" * 40, "-1", "²"])
async def test_a_request_that_is_not_there_is_none(world, calm, number):
    keeper = await keeper_of(world, calm)
    await keeper.get("/groups/calm/questions")
    token = keeper.forms()[0][1]["csrf_token"]
    fields = {"csrf_token": token, "request": number, "decision": "approve"}
    assert (await keeper.post("/groups/calm/requests", fields)).status_code == 404
    fields = {"csrf_token": token, "actor": number, "decision": "approve"}
    assert (await keeper.post("/groups/calm/requests", fields)).status_code == 404
    fields = {"csrf_token": token, "actor": number, "reason": "x"}
    assert (await keeper.post("/groups/calm/remove", fields)).status_code == 404


async def test_a_form_of_another_page_decides_nothing(world, calm, ada):
    await asks(world, ada)
    keeper = await keeper_of(world, calm)
    await keeper.get("/groups/calm/requests")
    fields = {"request": await number_of(world), "decision": "approve"}
    assert (await keeper.post("/groups/calm/requests", fields)).status_code == 403
    assert (await keeper.post("/groups/calm/leave", {}, sec_fetch_site="cross-site")).status_code == 403


async def test_what_people_write_is_shown_as_text(world, calm, ada):
    await asks(world, ada, f'{SCRIPT}"><img src=x onerror=alert(1)>')
    keeper = await keeper_of(world, calm)
    page = await keeper.get("/groups/calm/requests")
    await keeper.submit("/groups/calm/requests", decision="ask", words=SCRIPT)
    browser = await world.signed_in(ada)
    asked = await browser.get("/groups/calm/join")
    assert "They have a question for you" in asked.text
    await browser.submit("/groups/calm/join/answer", answer=SCRIPT)
    again = await keeper.get("/groups/calm/requests")
    await keeper.submit("/groups/calm/requests", decision="decline", words=SCRIPT)
    declined = await browser.get("/groups/calm/join")
    for shown in (page, asked, again, declined):
        assert "<script>alert" not in shown.text
        assert "<img" not in shown.text.replace('<img src="/static', "")
        assert "&lt;script&gt;" in shown.text


async def test_a_refused_form_keeps_what_was_written(world, calm, ada):
    browser = await world.signed_in(ada)
    await browser.get("/groups/calm/join")
    answer = await browser.submit("/groups/calm/join", answer_0="x" * 2001)
    assert answer.status_code == 400
    assert "x" * 2001 in answer.text
    assert "Nothing was lost" in answer.text
    answer = await browser.submit("/groups/calm/join", answer_0=" ")
    assert "Please answer each question" in answer.text
    keeper = await keeper_of(world, calm)
    await asks(world, ada)
    await keeper.get("/groups/calm/requests")
    answer = await keeper.submit("/groups/calm/requests", decision="decline", words="y" * 2001)
    assert (answer.status_code, "y" * 2001 in answer.text) == (400, True)


async def test_rules_that_changed_in_between_are_shown_before_anything_is_sent(world, village, ada):
    group = await village.group("calm", title="Calm", joining="approval")
    await call(world, rules.publish, world.site, group, [rules.Words("Be kind")], by=None, why="",
               now=clock.now())  # fmt: skip
    browser = await world.signed_in(ada)
    await browser.get("/groups/calm/join")
    answer = await browser.submit("/groups/calm/join", agrees="", answer_0="Hello")
    assert answer.status_code == 400
    await call(world, rules.publish, world.site, group, [rules.Words("Be very kind")], by=None, why="",
               now=clock.now())  # fmt: skip
    answer = await browser.submit("/groups/calm/join", agrees="yes", answer_0="Hello")
    assert answer.status_code == 409
    assert "Be very kind" in answer.text
    assert "Hello" in answer.text
    assert await world.pool.fetchval("select count(*) from join_requests") == 0
    await browser.submit("/groups/calm/join", agrees="yes", answer_0="Hello")
    assert "Your request is waiting" in (await browser.follow()).text


async def test_the_whole_way_from_asking_to_reading(world, calm, ada):
    browser = await asks(world, ada)
    keeper = await keeper_of(world, calm)
    assert "Somebody would like to join" in (await keeper.get("/groups/calm")).text
    page = await keeper.get("/groups/calm/requests")
    assert "What brings you here?" in page.text
    assert "I cannot sleep." in page.text
    await keeper.submit("/groups/calm/requests", decision="ask", words="Since when?")
    assert "Your question was sent to Ada." in (await keeper.follow()).text
    assert "They have a question for you" in (await browser.get("/")).text
    page = await browser.get("/groups/calm/join")
    assert "Since when?" in page.text
    await browser.submit("/groups/calm/join/answer", answer="Since May.")
    await browser.follow()
    assert "Since May." in (await keeper.get("/groups/calm/requests")).text
    await keeper.submit("/groups/calm/requests", decision="approve")
    assert "Ada is in the group now." in (await keeper.follow()).text
    assert "TITLE inside" in (await browser.get("/groups/calm")).text
    assert "You are in this group" in (await browser.get("/groups/calm/join")).text
    deeds = await world.pool.fetch("select deed, object, reason from deeds")
    assert [tuple(row) for row in deeds] == [("approve join request", "calm: ada@garden.example", "")]


async def test_declining_is_told_kindly_and_can_be_undone(world, calm, ada):
    browser = await asks(world, ada)
    keeper = await keeper_of(world, calm)
    await keeper.get("/groups/calm/requests")
    await keeper.submit("/groups/calm/requests", decision="decline", words="We are full until June.")
    page = await browser.get("/groups/calm/join")
    assert "have said no for now" in page.text
    assert "We are full until June." in page.text
    page = await keeper.follow()
    assert "Ada was not let in." in page.text
    await keeper.submit("/groups/calm/requests", decision="reopen")
    assert "Your request is waiting" in (await browser.get("/groups/calm/join")).text


async def test_a_request_is_taken_back_with_one_button(world, calm, ada):
    browser = await asks(world, ada)
    await browser.follow()
    await browser.submit("/groups/calm/leave")
    assert "Your request is taken back" in (await browser.follow()).text
    assert await world.pool.fetchval("select count(*) from follows where state = 'pending'") == 0
    keeper = await keeper_of(world, calm)
    assert "Nobody waits" in (await keeper.get("/groups/calm/requests")).text


async def test_leaving_is_one_button_and_says_what_it_means(world, calm, ada):
    await enters(world, ada, calm)
    browser = await world.signed_in(ada)
    assert "TITLE inside" in (await browser.get("/groups/calm")).text
    await browser.submit("/groups/calm/leave")
    page = await browser.follow()
    assert "You have left Calm" in page.text
    assert "You can come back by asking again." in page.text
    for path in ("/", "/groups/calm", "/groups"):
        assert "TITLE inside" not in (await browser.get(path)).text


async def test_who_left_a_group_that_nobody_may_know_of_reads_no_name(world, village, ada):
    group = await village.group("secret", title="NAMED", joining="invite", seeing="members")
    await enters(world, ada, group)
    browser = await world.signed_in(ada)
    await browser.get("/groups/secret")
    await browser.submit("/groups/secret/leave")
    page = await browser.follow()
    assert (page.status_code, "NAMED" in page.text) == (200, False)
    nobody = await browser.get("/groups/nobody/left")
    assert nobody.text.replace("/groups/nobody/", "/groups/secret/") == page.text
    assert (await browser.get("/groups/secret/join")).status_code == 404


async def test_who_was_removed_reads_why_even_where_the_group_is_not_known(world, village, ada, ben):
    group = await village.group("secret", title="Secret", joining="invite", seeing="members")
    await enters(world, ada, group)
    keeper = await keeper_of(world, group)
    await keeper.get("/groups/secret/questions")
    token = keeper.forms()[0][1]["csrf_token"]
    fields = {"csrf_token": token, "actor": str(ada.actor_id), "reason": "A note for you."}
    assert (await keeper.post("/groups/secret/remove", fields)).status_code == 303
    page = await (await world.signed_in(ada)).get("/groups/secret/join")
    assert "have ended your membership" in page.text
    assert "A note for you." in page.text
    assert (await (await world.signed_in(ben)).get("/groups/secret/join")).status_code == 404


async def test_the_owner_is_told_what_to_do_first(world, village, ada):
    group = await village.group("calm", title="Calm")
    await world.pool.execute(
        "insert into group_moderators (group_id, actor_id, is_owner) values ($1, $2, true)",
        group.actor.id,
        ada.actor_id,
    )
    browser = await world.signed_in(ada)
    await browser.get("/groups/calm")
    await browser.submit("/groups/calm/join")
    await browser.follow()
    answer = await browser.submit("/groups/calm/leave")
    assert answer.status_code == 409
    assert "Hand the group over or archive it first" in answer.text


async def test_a_guest_reads_what_they_would_agree_to_and_gets_no_form(world, village):
    await village.group("calm", title="Calm", joining="approval", rules="We listen.")
    page = await world.browser().get("/groups/calm/join")
    assert "We listen." in page.text
    assert 'href="/sign-in?next=/groups/calm/join"' in page.text
    assert 'action="/groups/calm/join"' not in page.text


async def test_for_people_from_elsewhere_their_server_is_told_of(world, calm, rosa):
    keeper = await keeper_of(world, calm)
    page = await keeper.get("/groups/calm/requests")
    assert "We do not know what software runs there." in page.text
    assert "the first member from this server" in page.text
    await keeper.submit("/groups/calm/requests", request="7", decision="ask", words="Since when?")
    await keeper.follow()
    assert await world.pool.fetchval("select inbox_url from deliveries") == rosa.inbox_url
    await keeper.submit("/groups/calm/requests", request="7", decision="decline", words="Sorry")
    page = await keeper.follow()
    assert 'value="reopen"' not in page.text
    assert await world.pool.fetchval("select count(*) from activities where type = 'Reject'") == 1


async def test_questions_are_changed_and_empty_ones_left_out(world, calm):
    keeper = await keeper_of(world, calm)
    await keeper.get("/groups/calm/questions")
    answer = await keeper.submit("/groups/calm/questions", question_0="", question_1=" Why  now? ")
    assert answer.status_code == 303
    assert list(await world.pool.fetchval("select join_questions from groups")) == ["Why now?"]
    await keeper.follow()
    answer = await keeper.submit("/groups/calm/questions", question_0="x" * 301)
    assert (answer.status_code, "x" * 301 in answer.text) == (400, True)


async def test_more_requests_than_a_page_are_on_the_next(world, calm, monkeypatch):
    monkeypatch.setattr(admitting, "PAGE", 1)
    for name in ("first", "second"):
        await asks(world, await world.member(name), f"I am {name}.")
    keeper = await keeper_of(world, calm)
    page = await keeper.get("/groups/calm/requests")
    assert ("I am first." in page.text, "I am second." in page.text) == (True, False)
    link = page.text.split('href="?after=')[1].split('"')[0]
    page = await keeper.get(f"/groups/calm/requests?after={link}")
    assert ("I am first." in page.text, "I am second." in page.text) == (False, True)


async def test_a_group_of_another_server_has_a_door_of_its_own(world, village, ada):
    await village.remote("https://harbour.example/groups/tides", "Group", "tides")
    browser = await world.signed_in(ada)
    page = await browser.get("/groups/tides@harbour.example/join")
    assert "lives on harbour.example" in page.text
    await browser.submit("/groups/tides@harbour.example/join")
    await browser.follow()
    page = await browser.get("/groups/tides@harbour.example/join")
    assert "It was sent to harbour.example" in page.text
    await browser.submit("/groups/tides@harbour.example/leave")
    assert "Your request is taken back" in (await browser.follow()).text
    assert await world.pool.fetchval("select count(*) from activities where type = 'Undo'") == 1


@pytest.mark.parametrize("joining", ["approval", "invite"])
async def test_who_looks_after_a_group_joins_it_without_asking_themselves(world, village, joining):
    group = await village.group("kept", title="Kept", joining=joining, seeing="members")
    await call(world, set_questions, group, ["What brings you here?"])
    browser = await keeper_of(world, group)
    page = await browser.get("/groups/kept")
    assert "Join this group" in page.text
    assert "Ask to join" not in page.text
    page = await browser.get("/groups/kept/join")
    assert "What brings you here?" not in page.text
    await browser.submit("/groups/kept/join")
    assert (await browser.follow()).text.count("Write a post") == 1
    assert await world.pool.fetchval("select count(*) from join_requests") == 0


async def test_who_looks_after_the_community_alone_asks_like_everybody(world, calm):
    ruth = await world.member("ruth", role="admin")
    browser = await world.signed_in(ruth)
    assert "Ask to join" in (await browser.get("/groups/calm")).text
    assert "What brings you here?" in (await browser.get("/groups/calm/join")).text


async def test_a_question_of_a_group_elsewhere_is_shown_to_who_asked_and_answered_there(
    world, village, ada, ben
):
    group = await village.remote("https://harbour.example/groups/tides", "Group", "tides")
    await world.pool.execute(
        "insert into follows (follower_id, followed_id, state, activity_uris) "
        "values ($1, $2, 'pending', '{x}')",
        ada.actor_id,
        group.id,
    )
    await world.pool.execute(
        "insert into join_requests (id, group_id, actor_id, state) values (7, $1, $2, 'asked')",
        group.id,
        ada.actor_id,
    )
    await world.pool.execute(
        "insert into join_request_messages (id, request_id, from_team, author_id, text, uri) "
        "values (8, 7, true, $1, $2, 'https://harbour.example/letters/1')",
        group.id,
        f"Since when? {SCRIPT}",
    )
    place = "/groups/tides@harbour.example/join"
    assert "Since when?" not in (await (await world.signed_in(ben)).get(place)).text
    browser = await world.signed_in(ada)
    assert "They have a question for you" in (await browser.get("/")).text
    page = await browser.get(place)
    assert "Since when?" in page.text
    assert SCRIPT not in page.text
    await browser.submit(f"{place}/answer", answer="Since May.")
    page = await browser.follow()
    assert "Since May." in page.text
    assert "Your request is waiting" in page.text
    assert (
        await browser.post(f"{place}/answer", browser.forms()[0][1] | {"answer": "Again"})
    ).status_code == 409
