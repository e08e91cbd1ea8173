"""Looking after a group: its pages exist for those who do, and the list of members for members."""

import re

import pytest

from fediverse_support.database import groups
from fediverse_support.database.pool import acquire

CLOSED = {"seeing": "members", "speaking": "members", "reach": "members"}
FOR_THE_TEAM = ("care", "sisters", "owner")
FOR_THE_OWNER = ("settings", "life")
DEEDS = (
    "settings", "sisters", "sisters/remove", "owner", "life", "move", "aliases", "aliases/remove", "delete",
)  # fmt: skip


async def fetch(world, query, *arguments):
    async with acquire(world.pool) as db:
        return [tuple(row) for row in await db.fetch(query, *arguments)]


async def lets_look_after(world, group, account, *, owns=False) -> None:
    async with acquire(world.pool) as db, db.transaction():
        await groups.add_moderator(db, group.actor.id, account.actor_id)
        if owns:
            await db.execute(
                "update group_moderators set is_owner = true where actor_id = $1", account.actor_id
            )


async def everything(world):
    """What a deed on these pages could change."""
    rows = await fetch(
        world,
        """
        select g.*, a.display_name, a.moved_to, a.state, a.also_known_as
          from groups g join actors a on a.id = g.actor_id order by 1
        """,
    )
    return (
        rows
        + await fetch(world, "select * from sister_groups")
        + await fetch(world, "select group_id, actor_id, is_owner from group_moderators order by 1, 2")
    )


async def token_of(browser) -> str:
    await browser.get("/you")
    return browser.forms()[0][1]["csrf_token"]


@pytest.mark.parametrize("who", ["guest", "stranger", "member", "moderator elsewhere", "mod"])
async def test_who_does_not_decide_finds_nothing_there_and_changes_nothing(world, village, ada, who):
    """Pages and deeds answer like those of a group that never existed (L3, L5)."""
    group = await village.group(**CLOSED)
    other = await village.group("other")
    await village.joins_by_hand(await world.member("someone"), group)
    if who == "member":
        await village.joins_by_hand(ada, group)
    if who == "moderator elsewhere":
        await lets_look_after(world, other, ada, owns=True)
    if who == "mod":
        await lets_look_after(world, group, ada)
    pages = (*(() if who == "mod" else FOR_THE_TEAM), *FOR_THE_OWNER)
    deeds = DEEDS if who != "mod" else ("settings", "life", "move", "aliases", "aliases/remove", "delete")
    browser = world.browser() if who == "guest" else await world.signed_in(ada)
    before = await everything(world)
    if who == "guest":
        for page in pages:
            assert (await browser.get(f"/groups/night_owls/{page}")).status_code == 303
            assert (await browser.get(f"/groups/none/{page}")).status_code == 303
    else:
        token = await token_of(browser)
        nothing = re.sub(r'value="[^"]*"', "", (await browser.get("/nothing")).text)
        for page in pages:
            answer = await browser.get(f"/groups/night_owls/{page}")
            assert answer.status_code == 404, page
            assert re.sub(r'value="[^"]*"', "", answer.text) == nothing
        fields = {
            "csrf_token": token, "title": "x", "joining": "open", "seeing": "everyone",
            "speaking": "everyone", "reach": "open", "deed": "archive", "name": "night_owls",
            "address": "other", "person": "ada", "sister": str(other.actor.id), "uri": "x",
        }  # fmt: skip
        for deed in deeds:
            answer = await browser.post(f"/groups/night_owls/{deed}", fields)
            assert answer.status_code == 404, deed
    assert await everything(world) == before


@pytest.mark.parametrize("doors", [{}, CLOSED], ids=["open", "closed"])
async def test_the_list_of_members_exists_for_members_only(world, village, ada, ben, doors):
    group = await village.group(**doors)
    await village.joins_by_hand(ada, group)
    assert (await world.browser().get("/groups/night_owls/members")).status_code == 303
    stranger = await world.signed_in(ben)
    assert (await stranger.get("/groups/night_owls/members")).status_code == 404
    assert "/members" not in (await stranger.get("/groups/night_owls")).text
    async with acquire(world.pool) as db:
        await db.execute(
            """
            insert into follows (follower_id, followed_id, state, activity_uris)
            values ($1, $2, 'pending', '{}')
            """,
            ben.actor_id,
            group.actor.id,
        )
    assert (await (await world.signed_in(ben)).get("/groups/night_owls/members")).status_code == 404
    member = await world.signed_in(ada)
    assert 'href="/groups/night_owls/members"' in (await member.get("/groups/night_owls")).text
    assert "Ada" in (await member.get("/groups/night_owls/members")).text
    assert "/remove" not in member.page.text


async def test_the_list_has_names_and_servers_and_no_numbers(world, village, ada):
    group = await village.group()
    await village.joins_by_hand(ada, group)
    rosa = await village.remote("https://harbour.example/users/rosa")
    async with acquire(world.pool) as db:
        for table_row in ((rosa.id, "accepted"), ((await world.member("waiting")).actor_id, "pending")):
            await db.execute(
                """
                insert into follows (follower_id, followed_id, state, activity_uris, created_at, accepted_at)
                values ($1, $2, $3, '{}', '2019-05-05', '2019-05-05')
                """,
                table_row[0],
                group.actor.id,
                table_row[1],
            )
    page = (await (await world.signed_in(ada)).get("/groups/night_owls/members")).text
    assert "@rosa@harbour.example" in page
    assert "Waiting" not in page
    main = page[page.index("<main") : page.index("</main>")]
    assert not re.search(r"2019|\bago\b|\b2 members|<time", main)


async def test_a_long_list_goes_on_after_the_last_name(world, village, ada):
    group = await village.group()
    await village.joins_by_hand(ada, group)
    async with acquire(world.pool) as db:
        await db.execute(
            """
            with made as (
                insert into actors (id, uri, type, is_local, name, host, display_name)
                select 1000 + n, 'https://h.example/' || n, 'Person', false, 'p' || lpad(n::text, 3, '0'),
                       'h.example', 'Person ' || lpad(n::text, 3, '0')
                  from generate_series(1, 150) n returning id)
            insert into follows (follower_id, followed_id, state, activity_uris)
            select id, $1, 'accepted', '{}' from made
            """,
            group.actor.id,
        )
    browser = await world.signed_in(ada)
    first = (await browser.get("/groups/night_owls/members")).text
    more = re.search(r'href="(\?after=[^"]+)"', first)
    assert more
    second = (await browser.get("/groups/night_owls/members" + more[1])).text
    names = re.findall(r"Person \d{3}", first + second)
    assert names == [f"Person {number:03}" for number in range(1, 151)]


async def test_a_moderator_removes_somebody_with_words_that_they_read(world, village, ada, ben):
    group = await village.group()
    await village.joins_by_hand(ada, group)
    await lets_look_after(world, group, ben)
    browser = await world.signed_in(ben)
    await browser.get("/groups/night_owls/members")
    answer = await browser.submit("/groups/night_owls/remove", reason="Please rest a while.")
    assert answer.headers["location"] == "/groups/night_owls/members"
    assert await fetch(world, "select * from follows where follower_id = $1", ada.actor_id) == []
    assert "Please rest a while." in (await (await world.signed_in(ada)).get("/groups/night_owls/join")).text


async def test_the_page_of_the_team_leads_only_to_pages_that_are_there(world, village, ada):
    group = await village.group()
    await lets_look_after(world, group, ada, owns=True)
    browser = await world.signed_in(ada)
    page = (await browser.get("/groups/night_owls/care")).text
    ways = set(re.findall(r'<h3><a href="([^"]+)"', page))
    assert len(ways) >= 14
    for way in ways:
        assert (await browser.get(way)).status_code == 200, way


async def settings(browser, **fields: str):
    await browser.get("/groups/night_owls/settings")
    given = {"title": "Night owls", "summary": "", "joining": "open", "seeing": "everyone", "reach": "open"}
    given |= {"speaking": "everyone", "default_reach": "", "csrf_token": browser.forms()[0][1]["csrf_token"]}
    return await browser.post("/groups/night_owls/settings", given | fields)


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"reach": "everywhere"},
        {"joining": ""},
        {"topic0": "nowhere"},
        {"summary": "x" * 20_001},
        {"time_zone": "Middle/Earth"},
    ],
    ids=str,
)
async def test_settings_that_do_not_fit_change_nothing_and_stay_in_the_form(world, village, ada, wrong):
    group = await village.group()
    await lets_look_after(world, group, ada, owns=True)
    before = await everything(world)
    answer = await settings(await world.signed_in(ada), **{"title": "Typed title"} | wrong)
    assert answer.status_code in (400, 404)
    assert 'role="alert"' in answer.text
    assert await everything(world) == before


async def test_the_doors_change_only_after_it_was_read_who_loses_sight_of_what(world, village, ada, ben):
    group = await village.group()
    await village.joins_by_hand(ada, group)
    post = await village.writes(ada, group.actor, "Words")
    await lets_look_after(world, group, ada, owns=True)
    browser = await world.signed_in(ada)
    read = await settings(browser, seeing="members", reach="members")
    assert read.status_code == 200
    assert "lose sight of everything" in read.text
    assert (await fetch(world, "select seeing from groups")) == [("everyone",)]
    understood = re.search(r'name="understood" value="([^"]+)"', read.text)[1]
    other = await settings(browser, reach="sealed", understood=understood)
    assert other.status_code == 200
    assert (await fetch(world, "select reach from groups")) == [("open",)]
    done = await settings(browser, seeing="members", reach="members", understood=understood)
    assert done.status_code == 303
    assert (await (await world.signed_in(ben)).get(f"/posts/{post.public_id}")).status_code == 404
    assert (await fetch(world, "select deed, object from deeds")) == [("edit group", "night_owls")]


async def test_words_and_topics_change_at_once(world, village, ada):
    from fediverse_support.community.house import topics

    group = await village.group()
    await lets_look_after(world, group, ada, owns=True)
    async with acquire(world.pool) as db, db.transaction():
        await topics.add(db, "Grief")
    browser = await world.signed_in(ada)
    answer = await settings(browser, title="Day owls", summary="New *words*", topic0="grief")
    assert answer.status_code == 303
    page = (await world.browser().get("/groups")).text
    assert page.index("Grief") < page.index("Day owls") < page.index("New words")
    form = dict(await _settings_form(browser))
    assert (form["title"], form["summary"]) == ("Day owls", "New *words*")


async def _settings_form(browser):
    await browser.get("/groups/night_owls/settings")
    return next(values for form, values in browser.forms() if form.get("action", "").endswith("/settings"))


async def test_an_admin_decides_about_a_group_without_an_owner(world, village):
    await village.group()
    browser = await world.signed_in(await world.member("root", role="admin"))
    assert (await settings(browser, title="Renamed", time_zone="Asia/Tokyo")).status_code == 303
    shown = (await browser.get("/groups/night_owls/settings")).text
    assert "<option selected>Asia/Tokyo</option>" in shown
    mod = await world.signed_in(await world.member("mod", role="moderator"))
    assert (await mod.get("/groups/night_owls/care")).status_code == 200
    assert (await mod.get("/groups/night_owls/settings")).status_code == 404


async def owner_deed(browser, **fields: str):
    token = await token_of(browser)
    return await browser.post("/groups/night_owls/owner", {"csrf_token": token} | fields)


async def owner(world, group):
    async with acquire(world.pool) as db:
        return await groups.owner(db, group.actor.id)


async def test_only_the_owner_offers_and_only_who_was_asked_answers(world, village, ada, ben):
    group = await village.group()
    cleo = await world.member("cleo")
    await lets_look_after(world, group, ada, owns=True)
    for account in (ben, cleo):
        await lets_look_after(world, group, account)
    mod = await world.signed_in(await world.member("mod", role="moderator"))
    for browser in (await world.signed_in(ben), mod):
        for deed in ("offer", "keep", "assign"):
            answer = await owner_deed(browser, deed=deed, person=str(cleo.actor_id))
            assert answer.status_code == 403, deed
        assert (await owner_deed(browser, deed="accept")).status_code == 404
    asks = await world.signed_in(ada)
    assert (await owner_deed(asks, deed="offer", person=str(cleo.actor_id))).status_code == 303
    assert (await owner_deed(await world.signed_in(ben), deed="accept")).status_code == 404
    assert await owner(world, group) == ada.actor_id
    taker = await world.signed_in(cleo)
    for path in ("", "/care"):
        assert "was offered to you" in (await taker.get(f"/groups/night_owls{path}")).text
        assert "was offered to you" not in (await asks.get(f"/groups/night_owls{path}")).text
    assert (await owner_deed(taker, deed="accept")).status_code == 303
    assert await owner(world, group) == cleo.actor_id
    assert (await asks.get("/groups/night_owls/settings")).status_code == 404
    assert (await taker.get("/groups/night_owls/settings")).status_code == 200


async def test_an_offer_ends_when_it_is_declined_taken_back_or_overtaken(world, village, ada, ben):
    group = await village.group()
    await lets_look_after(world, group, ada, owns=True)
    await lets_look_after(world, group, ben)
    asks, asked = await world.signed_in(ada), await world.signed_in(ben)
    for ending, by in (("keep", asks), ("decline", asked)):
        await owner_deed(asks, deed="offer", person=str(ben.actor_id))
        assert (await owner_deed(by, deed=ending)).status_code == 303
        assert (await owner_deed(asked, deed="accept")).status_code == 404
    await owner_deed(asks, deed="offer", person=str(ben.actor_id))
    root = await world.signed_in(await world.member("root", role="admin"))
    assert (await owner_deed(root, deed="assign", person="root")).status_code == 303
    assert (await owner_deed(asked, deed="accept")).status_code == 404
    assert await fetch(world, "select count(*) from group_moderators where is_owner") == [(1,)]


async def test_a_group_is_handed_to_nobody_elsewhere_and_to_no_stranger(world, village, ada):
    group = await village.group()
    await lets_look_after(world, group, ada, owns=True)
    rosa = await village.remote("https://harbour.example/users/rosa")
    async with acquire(world.pool) as db, db.transaction():
        await groups.add_moderator(db, group.actor.id, rosa.id)
    browser = await world.signed_in(ada)
    stranger = await world.member("stranger")
    assert (await owner_deed(browser, deed="offer", person=str(rosa.id))).status_code == 400
    assert (await owner_deed(browser, deed="offer", person=str(stranger.actor_id))).status_code == 404
    assert (await owner_deed(browser, deed="offer", person=str(ada.actor_id))).status_code == 400
    root = await world.signed_in(await world.member("root", role="admin"))
    assert (await owner_deed(root, deed="assign", person="rosa@harbour.example")).status_code == 400
    assert await owner(world, group) == ada.actor_id
