"""Who may read what one writes: chosen in the form, told in plain words, narrowed in the open."""

import re

import pytest

from fediverse_support.database.pool import acquire


async def reach_of(world, browser):
    """The reach of the post that the last answer leads to."""
    public_id = re.search(r"[0-9a-f]{32}(?=$|#|\?)", browser.page.headers["location"].split("#")[-1])
    async with acquire(world.pool) as db:
        return await db.fetchval("select reach from posts where public_id = $1", public_id[0])


async def remote_member(world, village, group, host, software):
    """Somebody on another server is a member."""
    actor = await village.remote(f"https://{host}/users/rosa")
    await world.pool.execute("insert into hosts (name, software) values ($1, $2)", host, software)
    await world.pool.execute(
        """
        insert into follows (follower_id, followed_id, state, activity_uris)
        values ($1, $2, 'accepted', '{x}')
        """,
        actor.id,
        group.actor.id,
    )


def offered(page):
    """The choices of the form and the one that is made already."""
    found = re.findall(r'type="radio" name="reach" value="(\w+)"( checked)?', page)
    return [reach for reach, _ in found], [reach for reach, chosen in found if chosen]


@pytest.mark.parametrize("reach", ["everyone", "OPEN", "open; drop", "0"])
async def test_what_is_no_choice_is_refused_and_nothing_is_lost(world, village, ada, reach):
    await village.group()
    browser = await world.signed_in(ada)
    await browser.get("/groups/night_owls/write")
    await browser.submit("/groups/night_owls/write", title="Hello", source="My words", reach=reach)
    assert browser.page.status_code == 400
    assert "My words" in browser.page.text
    assert await world.pool.fetchval("select count(*) from posts") == 0


@pytest.mark.parametrize(
    ("answers", "choices", "chosen"),
    [
        ({}, ["open", "quiet", "members", "sealed"], "open"),
        ({"default_reach": "members"}, ["open", "quiet", "members", "sealed"], "members"),
        ({"reach": "quiet"}, ["quiet", "members", "sealed"], "quiet"),
        ({"seeing": "members"}, ["members", "sealed"], "members"),
        ({"reach": "sealed"}, [], None),
    ],
    ids=str,
)
async def test_the_form_offers_what_the_group_allows(world, village, ada, answers, choices, chosen):
    group = await village.group(**answers)
    await village.joins(ada, group)
    browser = await world.signed_in(ada)
    page = (await browser.get("/groups/night_owls/write")).text
    assert offered(page) == (choices, [chosen] if chosen else [])
    assert "Who may read this" in page


@pytest.mark.parametrize("reach", ["open", "quiet", "members", "sealed"])
async def test_a_post_goes_as_far_as_its_author_chose(world, village, ada, reach):
    await village.joins(ada, await village.group())
    browser = await world.signed_in(ada)
    await browser.get("/groups/night_owls/write")
    await browser.submit("/groups/night_owls/write", title="Hello", source="x", reach=reach)
    assert await reach_of(world, browser) == reach
    assert "narrowed" not in browser.page.headers["location"]


async def test_who_asked_for_more_is_told_who_will_see_it(world, village, ada, ben):
    group = await village.group(seeing="members")
    await village.joins(ada, group)
    await village.joins(ben, group)
    browser = await world.signed_in(ada)
    await browser.get("/groups/night_owls/write")
    await browser.submit("/groups/night_owls/write", title="Hello", source="x", reach="open")
    place = browser.page.headers["location"]
    assert "Only members of this group will see this" in (await browser.follow()).text
    other = await world.signed_in(ben)
    assert "Only members of this group will see this" not in (await other.get(place)).text


async def test_an_answer_offers_no_more_than_what_it_answers(world, village, ada, ben):
    group = await village.group()
    await village.joins(ada, group)
    await village.joins(ben, group)
    post = await village.writes(ada, group.actor, "Just us.", title="Us", reach="members")
    browser = await world.signed_in(ben)
    page = (await browser.get(f"/posts/{post.public_id}")).text
    assert offered(page) == (["members", "sealed"], ["members"])
    await browser.submit(f"/posts/{post.public_id}/reply", source="Yes.", reach="sealed")
    assert await reach_of(world, browser) == "sealed"
    await browser.get(f"/posts/{post.public_id}")
    await browser.submit(f"/posts/{post.public_id}/reply", source="Yes!", reach="open")
    assert await reach_of(world, browser) == "members"
    assert "does not reach further" in (await browser.follow()).text


async def test_the_form_names_how_many_servers_get_what_is_for_members(world, village, ada):
    group = await village.group(seeing="members")
    await village.joins(ada, group)
    browser = await world.signed_in(ada)
    where = "/groups/night_owls/write"
    assert "All of them are on this server." in (await browser.get(where)).text
    await remote_member(world, village, group, "one.example", "fediverse-support")
    assert "Members on one other server receive a copy" in (await browser.get(where)).text
    await remote_member(world, village, group, "two.example", "lemmy")
    await remote_member(world, village, group, "never.example", "mastodon")
    assert "Members on 2 other servers receive a copy" in (await browser.get(where)).text
    await browser.submit(where, title="Hello", source="x")
    rows = await world.pool.fetch("select distinct host from deliveries order by host")
    assert [row["host"] for row in rows] == ["one.example", "two.example"]


@pytest.mark.parametrize(("closed", "choices"), [(False, ["open", "quiet"]), (True, [])])
async def test_in_a_group_elsewhere_nothing_can_be_kept_from_its_server(world, village, ada, closed, choices):
    group = await village.remote("https://there.example/c/tea", "Group", "tea")
    await world.pool.execute("update actors set approves_followers = $2 where id = $1", group.id, closed)
    browser = await world.signed_in(ada)
    page = (await browser.get("/groups/tea@there.example/write")).text
    assert offered(page)[0] == choices
    assert "the server of the group" in page
    await browser.submit("/groups/tea@there.example/write", title="Hello", source="My words", reach="sealed")
    assert browser.page.status_code == 400
    assert "My words" in browser.page.text
    assert await world.pool.fetchval("select count(*) from posts") == 0


@pytest.mark.parametrize("form", ["write", "poll", "event"])
async def test_who_is_no_member_of_a_closed_group_is_led_to_its_door_and_learns_no_number_of_servers(
    world, village, ada, form
):
    group = await village.group(seeing="members", joining="approval")
    await remote_member(world, village, group, "harbour.example", "fediverse-support")
    browser = await world.signed_in(ada)
    page = await browser.get(f"/groups/night_owls/{form}")
    assert (page.status_code, page.headers["location"]) == (303, "/groups/night_owls/join")
    page = await browser.follow()
    fields = {"csrf_token": browser.forms()[0][1]["csrf_token"], "title": "Hello", "source": "My words"}
    page = await browser.post("/groups/night_owls/write", fields)
    assert page.status_code == 403
    assert "My words" in page.text
    assert "other server" not in page.text


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"speaking": "members"}, "Only members of this group post in it."),
        ({"speaking": "moderators"}, "Only the moderators of this group post in it."),
    ],
    ids=str,
)
async def test_who_may_not_answer_is_told_instead_of_shown_a_box(world, village, ada, ben, answers, says):
    group = await village.group(**answers)
    await world.pool.execute(
        "insert into group_moderators (group_id, actor_id) values ($1, $2)", group.actor.id, ben.actor_id
    )
    post = await village.writes(ben, group.actor, "Hello")
    page = await (await world.signed_in(ada)).get(f"/posts/{post.public_id}")
    assert says in page.text
    assert 'name="source"' not in page.text
    page = await (await world.signed_in(ben)).get(f"/posts/{post.public_id}")
    assert 'name="source"' in page.text


async def test_a_member_finds_a_box_to_answer_in_where_members_speak(world, village, ada, ben):
    group = await village.group(speaking="members")
    for account in (ada, ben):
        await village.joins(account, group)
    post = await village.writes(ben, group.actor, "Hello")
    page = await (await world.signed_in(ada)).get(f"/posts/{post.public_id}")
    assert 'name="source"' in page.text
