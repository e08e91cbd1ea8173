"""The pages of those who look after a group: closed to all others, and what they do."""

from datetime import UTC, date, datetime, timedelta

import pytest

from fediverse_support.database import groups
from fediverse_support.database.pool import acquire


async def looks_after(world, account, group, *, owner=False):
    async with acquire(world.pool) as db:
        await groups.add_moderator(db, group.actor.id, account.actor_id)
        await db.execute(
            "update group_moderators set is_owner = $2 where actor_id = $1", account.actor_id, owner
        )


async def rows(world, query, *arguments):
    async with acquire(world.pool) as db:
        return [tuple(row) for row in await db.fetch(query, *arguments)]


@pytest.fixture
async def stage(world, village, ada, ben):
    """Ada has written in a group that mo looks after; otto looks after another one."""
    group, other = await village.group(), await village.group("other", title="Other")
    mo, otto = await world.member("mo"), await world.member("otto")
    await village.joins(ada, group)
    post = await village.writes(ada, group.actor, "MARKER", title="Hello")
    await looks_after(world, mo, group)
    await looks_after(world, otto, other)
    return group, post, mo, otto


CARE = ["/groups/night_owls/bans", "/groups/night_owls/pins", "/groups/night_owls/reports",
        "/groups/night_owls/moderators", "/posts/{post}/look-after"]  # fmt: skip


@pytest.mark.parametrize("path", [*CARE, "/groups/night_owls/bans/lift"])
async def test_only_who_looks_after_the_group_reaches_its_pages(world, stage, ben, path):
    _, post, _, otto = stage
    path = path.format(post=post.public_id)
    fields = {"deed": "hide", "reason": "x", "person": "ada", "report": "1", "post": post.public_id}
    for account in (ben, otto):
        browser = await world.signed_in(account)
        await browser.get("/you")
        token = browser.forms()[0][1]["csrf_token"]
        if not path.endswith("lift"):
            assert (await browser.get(path)).status_code == 404
        assert (await browser.post(path, fields | {"csrf_token": token})).status_code == 404
    guest = world.browser()
    assert (await guest.get(path)).status_code in (303, 405)
    assert (await guest.post(path, fields)).status_code == 401
    assert await rows(world, "select state, locked_at from posts") == [("live", None)]
    assert await rows(world, "select * from blocks") == []
    assert await rows(world, "select * from deeds") == []


async def test_a_report_of_another_group_is_not_closed(world, stage):
    group, _, _, otto = stage
    async with acquire(world.pool) as db:
        await db.execute(
            """
            insert into reports (id, reporter_uri, object_uris, group_id)
            values (5, 'https://x/u', '{x}', $1)
            """,
            group.actor.id,
        )
    browser = await world.signed_in(otto)
    await browser.get("/you")
    token = browser.forms()[0][1]["csrf_token"]
    answer = await browser.post("/groups/other/reports", {"csrf_token": token, "report": "5"})
    assert answer.status_code == 404
    assert await rows(world, "select state from reports") == [("open",)]


async def test_a_moderator_hides_with_a_reason_that_the_author_reads_and_brings_back(world, stage, ada):
    _, post, mo, _ = stage
    browser = await world.signed_in(mo)
    place = f"/posts/{post.public_id}/look-after"
    await browser.get(f"/posts/{post.public_id}")
    assert place in browser.page.text
    await browser.get(place)
    answer = await browser.submit(place, deed="hide")
    assert answer.status_code == 400
    assert "Please say why" in answer.text
    await browser.submit(place, deed="hide", reason="It names somebody")
    assert "It names somebody" in (await browser.follow()).text
    author = await world.signed_in(ada)
    assert "It names somebody" in (await author.get(f"/posts/{post.public_id}")).text
    assert (await world.browser().get(f"/posts/{post.public_id}")).status_code == 404
    await browser.submit(place, deed="show")
    await browser.follow()
    assert (await world.browser().get(f"/posts/{post.public_id}")).status_code == 200
    assert await rows(world, "select deed, reason from deeds order by id") == [
        ("hide post", "It names somebody"),
        ("show post", ""),
    ]
    await browser.get(place)
    assert (await browser.submit(place, deed="unlock")).status_code == 409
    assert (await browser.submit(place, deed="burn")).status_code == 400


async def test_a_locked_thread_says_so_and_has_no_box(world, stage, ben):
    _, post, mo, _ = stage
    browser, reader = await world.signed_in(mo), await world.signed_in(ben)
    place, thread = f"/posts/{post.public_id}/look-after", f"/posts/{post.public_id}"
    assert f"{thread}/reply" in (await reader.get(thread)).text
    await browser.get(place)
    await browser.submit(place, deed="lock", reason="Enough")
    closed = await reader.get(thread)
    assert "closed this conversation" in closed.text
    assert f"{thread}/reply" not in closed.text
    token = next(v["csrf_token"] for _, v in reader.forms() if "csrf_token" in v)
    refused = await reader.post(f"{thread}/reply", {"csrf_token": token, "source": "x", "place": thread})
    assert refused.status_code == 403
    assert "closed this conversation" in (await world.browser().get(thread)).text
    assert f"{thread}/reply" in (await browser.get(thread)).text, "who looks after the group still can"
    await browser.get(place)
    await browser.submit(place, deed="unlock")
    assert f"{thread}/reply" in (await reader.get(thread)).text


async def test_a_pin_is_set_on_the_post_and_taken_away_on_its_page(world, stage):
    _, post, mo, _ = stage
    browser = await world.signed_in(mo)
    place = f"/posts/{post.public_id}/look-after"
    await browser.get(place)
    await browser.submit(place, deed="pin")
    assert "Hello" in (await browser.get("/groups/night_owls/pins")).text
    await browser.submit("/groups/night_owls/pins")
    assert "Hello" not in (await browser.follow()).text
    assert await rows(world, "select * from pins") == []


def day_in_words(day: str) -> str:
    """The day as the pages write it, like 24 December 2026."""
    return f"{date.fromisoformat(day):%-d %B %Y}"


async def test_a_ban_is_told_on_the_page_of_the_group_and_ends_when_lifted(world, stage, ada):
    _, _, mo, _ = stage
    browser, banned = await world.signed_in(mo), await world.signed_in(ada)
    day = (datetime.now(UTC) + timedelta(days=5)).date().isoformat()
    await browser.get("/groups/night_owls/bans?person=@ada")
    await browser.submit("/groups/night_owls/bans", reason="Please rest", until=day, person="@ada")
    assert browser.page.status_code == 303, browser.page.text
    assert "Please rest" in (await browser.follow()).text
    assert await rows(world, "select count(*) from follows") == [(0,)]
    page = (await banned.get("/groups/night_owls")).text
    assert "asked you to stay away until" in page
    assert day_in_words(day) in page
    assert "Please rest" in page
    assert "asked you" not in (await browser.get("/groups/night_owls")).text
    await browser.get("/groups/night_owls/bans")
    await browser.submit("/groups/night_owls/bans/lift")
    await browser.follow()
    assert "asked you" not in (await banned.get("/groups/night_owls")).text
    await banned.submit("/groups/night_owls/join")
    assert await rows(world, "select state from follows") == [("accepted",)]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"person": "nobody", "reason": "x"}, 400),
        ({"person": "ada", "reason": "  "}, 400),
        ({"person": "ada", "reason": "x", "until": "2020-01-01"}, 400),
        ({"person": "ada", "reason": "x", "until": "soon"}, 400),
        ({"person": "ada", "reason": "x", "until": "9999-12-31"}, 400),
        ({"person": "mo", "reason": "x"}, 400),
        ({"person": "night_owls", "reason": "x"}, 400),
    ],
)
async def test_a_ban_that_makes_no_sense_is_refused_and_nothing_typed_is_lost(world, stage, fields, status):
    _, _, mo, _ = stage
    browser = await world.signed_in(mo)
    await browser.get("/groups/night_owls/bans")
    answer = await browser.submit("/groups/night_owls/bans", **fields)
    assert answer.status_code == status
    assert f'value="{fields["person"]}"' in answer.text
    assert await rows(world, "select * from blocks") == []


async def test_the_owner_names_who_helps_and_others_only_see_them(world, village, stage, ben):
    group, _, mo, _ = stage
    boss = await world.member("boss")
    await looks_after(world, boss, group, owner=True)
    rosa = await village.remote("https://harbour.example/users/rosa")
    browser, helper = await world.signed_in(boss), await world.signed_in(mo)
    place = "/groups/night_owls/moderators"
    await browser.get(place)
    for person in ("ben", "@rosa@harbour.example"):
        assert (await browser.submit(place, person=person)).status_code == 303, browser.page.text
        await browser.follow()
    assert "on another server" in browser.page.text
    token = browser.forms()[-1][1]["csrf_token"]
    owner = {"csrf_token": token, "person": str(boss.actor_id)}
    assert (await browser.post(f"{place}/dismiss", owner)).status_code == 403, "the owner hands over first"
    listed = await helper.get(place)
    assert "Rosa" in listed.text or "rosa" in listed.text
    token = helper.forms()[-1][1]["csrf_token"]
    for path, person in ((place, "ada"), (f"{place}/dismiss", str(boss.actor_id))):
        assert (await helper.post(path, {"csrf_token": token, "person": person})).status_code == 404
    await browser.get(place)
    await browser.submit(f"{place}/dismiss", person=str(rosa.id))
    assert "harbour" not in (await browser.follow()).text
    assert len(await rows(world, "select * from group_moderators where group_id = $1", group.actor.id)) == 3


async def test_our_member_who_moderates_elsewhere_has_the_pages_of_that_group(world, village, stage, ben):
    _, _, mo, _ = stage
    harbour = await village.remote("https://harbour.example/groups/sea", type="Group", name="sea")
    async with acquire(world.pool) as db:
        await groups.add_moderator(db, harbour.id, mo.actor_id)
    browser = await world.signed_in(mo)
    for path in ("bans", "pins", "reports"):
        assert (await browser.get(f"/groups/sea@harbour.example/{path}")).status_code == 200
    assert (await browser.get("/groups/sea@harbour.example/moderators")).status_code == 404
    other = await world.signed_in(ben)
    assert (await other.get("/groups/sea@harbour.example/bans")).status_code == 404


async def test_staff_suspend_people_elsewhere_and_let_them_in_again(world, village, ben):
    mod = await world.member("mod", role="moderator")
    rosa = await village.remote("https://harbour.example/users/rosa")
    browser = await world.signed_in(mod)
    await browser.get("/desk/suspensions")
    assert (await browser.submit("/desk/suspensions", person="ben", reason="x")).status_code == 400
    await browser.submit("/desk/suspensions", person="@rosa@harbour.example", reason="Hate")
    assert "Hate" in (await browser.follow()).text
    assert await rows(world, "select state from actors where id = $1", rosa.id) == [("suspended",)]
    await browser.submit("/desk/suspensions/end")
    await browser.follow()
    assert await rows(world, "select state from actors where id = $1", rosa.id) == [("active",)]
    assert [deed for (deed,) in await rows(world, "select deed from deeds order by id")] == [
        "suspend",
        "end suspension",
    ]
