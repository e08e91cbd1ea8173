"""Polls on the pages: what a visitor may do and see. Refusals first."""

from datetime import timedelta

import pytest

from fediverse_support.community.posts import posts, voting
from fediverse_support.community.posts.polls import NewPoll
from fediverse_support.core import clock
from fediverse_support.database import actors, groups
from fediverse_support.database.pool import acquire


@pytest.fixture
async def owls(village):
    return await village.group()


async def ask(world, account, group, **changes):
    given = {"answers": ("Mornings", "<b>Evenings</b>"), "ends_after": timedelta(days=3)} | changes
    async with acquire(world.pool) as db, db.transaction():
        author = await actors.by_id(db, account.actor_id)
        words = posts.Words(title="When?", source="")
        return await posts.write(
            db, world.site, author, group, words, clock.now(), addition=NewPoll(**given), policy=world.policy
        )


async def count(world, query: str, *arguments) -> int:
    async with acquire(world.pool) as db:
        return await db.fetchval(query, *arguments)


async def end(world):
    """The poll ends now, as the worker does it."""
    async with acquire(world.pool) as db, db.transaction():
        await db.execute("update polls set ends_at = now() - interval '1 second'")
        assert await voting.close_next(db, world.site, clock.now())


async def token(browser) -> str:
    await browser.get("/you")
    return browser.forms()[0][1]["csrf_token"]


async def test_a_poll_among_members_is_not_there_for_others(world, village, ada, ben):
    calm = await village.group("calm", seeing="members", reach="members", speaking="members")
    await village.joins(ada, calm)
    post = await ask(world, ada, calm.actor)
    for browser in (world.browser(), await world.signed_in(ben)):
        assert (await browser.get(f"/posts/{post.public_id}")).status_code == 404
    browser = await world.signed_in(ben)
    fields = {"csrf_token": await token(browser), "choice": "0"}
    assert (await browser.post(f"/posts/{post.public_id}/vote", fields)).status_code == 404
    assert await count(world, "select count(*) from poll_votes") == 0


async def test_a_guest_is_asked_to_sign_in_and_does_not_vote(world, owls, ada):
    post = await ask(world, ada, owls.actor)
    guest = world.browser()
    page = await guest.get(f"/posts/{post.public_id}")
    assert f"/posts/{post.public_id}/vote" not in page.text
    assert "Mornings" in page.text
    assert (await guest.post(f"/posts/{post.public_id}/vote", {"choice": "0"})).status_code == 401
    assert await count(world, "select count(*) from poll_votes") == 0


@pytest.mark.parametrize(
    "fields", [{}, {"choice": "7"}, {"choice": "-1"}, {"choice": "x"}, {"choice": "9" * 30}]
)
async def test_a_choice_that_there_is_not_is_refused(world, owls, ada, fields):
    post = await ask(world, ada, owls.actor)
    browser = await world.signed_in(ada)
    fields = fields | {"csrf_token": await token(browser)}
    assert (await browser.post(f"/posts/{post.public_id}/vote", fields)).status_code == 400
    assert await count(world, "select count(*) from poll_votes") == 0


async def test_a_post_without_a_poll_takes_no_vote(world, village, owls, ada):
    post = await village.writes(ada, owls.actor, "Words")
    browser = await world.signed_in(ada)
    fields = {"csrf_token": await token(browser), "choice": "0"}
    assert (await browser.post(f"/posts/{post.public_id}/vote", fields)).status_code == 404


async def test_one_votes_once_sees_ones_own_answer_and_no_result_before_the_end(world, owls, ada, ben):
    post = await ask(world, ada, owls.actor)
    browser = await world.signed_in(ben)
    page = await browser.get(f"/posts/{post.public_id}")
    assert "&lt;b&gt;Evenings&lt;/b&gt;" in page.text
    await browser.submit(f"/posts/{post.public_id}/vote", choice="1")
    page = await browser.follow()
    assert "your answer" in page.text
    assert 'class="bars"' not in page.text
    assert "The result is shown then." in page.text
    again = {"csrf_token": await token(browser), "choice": "0"}
    assert (await browser.post(f"/posts/{post.public_id}/vote", again)).status_code == 409
    for other in (world.browser(), await world.signed_in(ada)):
        page = await other.get(f"/posts/{post.public_id}")
        assert "your answer" not in page.text
        assert 'class="bars"' not in page.text
    await end(world)
    page = await world.browser().get(f"/posts/{post.public_id}")
    assert "This poll has ended." in page.text
    assert "1 (100 %)" in page.text
    assert "0 (0 %)" in page.text


async def test_where_the_result_is_open_it_can_be_looked_at_before_and_is_shown_after(world, owls, ada, ben):
    post = await ask(world, ada, owls.actor, hides_totals=False, is_multiple=True)
    browser = await world.signed_in(ben)
    page = await browser.get(f"/posts/{post.public_id}")
    assert "Show the result so far" in page.text
    fields = {"csrf_token": await token(browser), "choice_0": "1", "choice_1": "1"}
    await browser.post(f"/posts/{post.public_id}/vote", fields)
    page = await browser.follow()
    assert page.text.count("your answer") == 2
    assert page.text.count("1 (50 %)") == 2


async def test_under_a_warning_the_poll_is_still_a_poll_and_bars_are_for_eyes_only(world, owls, ada):
    post = await ask(world, ada, owls.actor, hides_totals=False)
    page = await world.browser().get(f"/posts/{post.public_id}")
    assert '<svg class="bar"' in page.text
    assert page.text.count('aria-hidden="true" focusable="false"') == 2


async def test_a_poll_is_asked_with_the_form(world, owls, ada, village):
    await village.joins(ada, owls)
    browser = await world.signed_in(ada)
    await browser.get("/groups/night_owls/write")
    assert "/groups/night_owls/poll" in browser.page.text
    await browser.get("/groups/night_owls/poll")
    await browser.submit(
        "/groups/night_owls/poll",
        title="When do we meet?",
        source="Say what *suits* you.",
        answer_1="Mornings",
        answer_2="Evenings",
        kind="one",
        hours="72",
        hides_totals="1",
    )
    page = await browser.follow()
    assert "When do we meet?" in page.text
    assert "<em>suits</em>" in page.text
    assert "in 3 days" in page.text
    assert await count(world, "select count(*) from polls where hides_totals and not is_multiple") == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"title": ""}, "needs a question"),
        ({"answer_2": ""}, "two to eight"),
        ({"answer_2": "mornings"}, "the same"),
        ({"hours": "99999"}, "how long"),
        ({"hours": ""}, "how long"),
    ],
)
async def test_what_is_missing_is_said_and_nothing_that_was_typed_is_lost(world, owls, ada, fields, words):
    browser = await world.signed_in(ada)
    await browser.get("/groups/night_owls/poll")
    given = {
        "title": "When?",
        "source": "MARKER",
        "answer_1": "Mornings",
        "answer_2": "Evenings",
        "hours": "24",
        "kind": "several",
    }
    page = await browser.submit("/groups/night_owls/poll", **given | fields)
    assert page.status_code == 400
    assert words in page.text
    assert "MARKER" in page.text
    assert 'value="Mornings"' in page.text
    assert await count(world, "select count(*) from posts") == 0


async def test_where_only_moderators_speak_nobody_else_asks(world, village, ada):
    await village.group("news", speaking="moderators")
    browser = await world.signed_in(ada)
    await browser.get("/groups/news/poll")
    given = {"title": "When?", "answer_1": "A", "answer_2": "B", "hours": "24"}
    page = await browser.submit("/groups/news/poll", **given)
    assert page.status_code == 403
    assert await count(world, "select count(*) from posts") == 0


async def test_a_group_that_a_visitor_may_not_know_of_has_no_such_pages(world, village, ada):
    hidden = await village.group("hidden", seeing="members", reach="sealed", joining="invite")
    browser = await world.signed_in(ada)
    for page in ("poll", "event", "repeating", "repeating/new"):
        found = await browser.get(f"/groups/hidden/{page}")
        nothing = await browser.get(f"/groups/nothing/{page}")
        assert (found.status_code, nothing.status_code) == (404, 404)
    async with acquire(world.pool) as db:
        await groups.add_moderator(db, hidden.actor.id, ada.actor_id)
    assert (await browser.get("/groups/hidden/poll")).status_code == 200


async def test_of_a_hidden_poll_below_which_somebody_answered_a_guest_sees_the_place_only(
    world, village, owls, ada, ben
):
    root = await village.writes(ada, owls.actor, "Words")
    poll = await ask(world, ada, owls.actor)
    async with acquire(world.pool) as db:
        await db.execute(
            "update posts set root_id = $1, parent_id = $1, state = 'hidden', hidden_by = author_id "
            "where id = $2",
            root.id,
            poll.id,
        )
        below = await village.writes(ben, owls.actor, "Below")
        await db.execute(
            "update posts set root_id = $1, parent_id = $2 where id = $3", root.id, poll.id, below.id
        )
    page = await world.browser().get(f"/posts/{root.public_id}")
    assert "It was taken away." in page.text
    assert "Mornings" not in page.text
    assert "Mornings" in (await (await world.signed_in(ada)).get(f"/posts/{root.public_id}")).text


async def test_of_a_poll_elsewhere_that_tells_no_numbers_none_are_shown_before_the_end(world, owls, ada, ben):
    post = await ask(world, ada, owls.actor, hides_totals=False)
    async with acquire(world.pool) as db:
        await db.execute(
            "update actors set is_local = false, host = 'there.example' where id = $1", ada.actor_id
        )
        await db.execute("update posts set content_html = '<p><strong>When?</strong></p>'")
    browser = await world.signed_in(ben)
    page = await browser.get(f"/posts/{post.public_id}")
    assert "0 (0 %)" not in page.text
    assert "<strong>When?</strong>" not in page.text, "the title says it"
    async with acquire(world.pool) as db:
        await db.execute("update poll_options set votes = 2 where position = 0")
    assert "2 (100 %)" in (await browser.get(f"/posts/{post.public_id}")).text
