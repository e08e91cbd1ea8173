"""The page of a group: a closed door shows nothing behind it, an open one everything in its place."""

import re

import pytest

from fediverse_support.community.groups import lives, sisters
from fediverse_support.core import clock
from fediverse_support.database import groups
from fediverse_support.database.pool import acquire
from fediverse_support.web import doors

CLOSED = {"seeing": "members", "speaking": "members", "reach": "members"}


async def run(world, deed, *arguments):
    async with acquire(world.pool) as db, db.transaction():
        return await deed(db, *arguments)


async def stranger(world, ben, who):
    return world.browser() if who == "guest" else await world.signed_in(ben)


@pytest.mark.parametrize("who", ["guest", "stranger"])
async def test_a_closed_door_shows_what_it_is_for_and_how_one_joins_and_nothing_else(
    world, village, ada, ben, who
):
    group = await village.group(summary="For carers.", rules="RULES inside", joining="approval", **CLOSED)
    sister = await village.group("sister", title="SISTER group")
    await village.joins_by_hand(ada, group)
    await village.joins_by_hand(ada, sister)
    post = await village.writes(ada, group.actor, "WORDS inside", title="TITLE inside")
    await village.writes(ada, sister.actor, "x", title="NEXT door")
    await run(world, groups.add_moderator, group.actor.id, ada.actor_id)
    await run(world, groups.pin, group.actor.id, post.uri)
    await run(world, sisters.add, group, sister.actor)
    page = (await (await stranger(world, ben, who)).get("/groups/night_owls")).text
    main = page[page.index("<main") : page.index("</main>")]
    for hidden in ("inside", "Ada", "SISTER", "NEXT", "/wiki", "/members", "/care", "og:", ".atom"):
        assert hidden not in page, hidden
    assert "Threads" not in main
    assert "For carers." in main
    for line in doors.in_words(group):
        assert line in main
    assert ("How to join" if who == "guest" else "/groups/night_owls/join") in main
    member = (await (await world.signed_in(ada)).get("/groups/night_owls")).text
    for shown in ("TITLE inside", "SISTER group", "NEXT door", "Ada", "/members", "/care"):
        assert shown in member, shown


@pytest.mark.parametrize(
    "answers",
    [{"reach": "sealed"}, {"joining": "invite", **CLOSED}, {"joining": "invite", "reach": "sealed"}],
)
async def test_what_a_guest_may_not_know_of_answers_like_a_name_never_given(world, village, answers):
    await village.group(**answers)
    nothing = await world.browser().get("/groups/none")
    for path in ("", "?before=1-1"):
        answer = await world.browser().get(f"/groups/night_owls{path}")
        assert answer.status_code == 404
        assert answer.text.replace("night_owls", "none").replace(path, "") == nothing.text
        assert dict(answer.headers) | {"content-length": ""} == dict(nothing.headers) | {"content-length": ""}


async def test_pins_come_first_and_are_not_said_twice(world, village, ada):
    group = await village.group()
    old = await village.writes(ada, group.actor, "x", title="Old but good")
    await village.writes(ada, group.actor, "x", title="Newer")
    elsewhere = await village.group("other")
    foreign = await village.writes(ada, elsewhere.actor, "x", title="Of another group")
    for post in (old, foreign):
        await run(world, groups.pin, group.actor.id, post.uri)
    page = (await world.browser().get("/groups/night_owls")).text
    assert page.index("Kept on top") < page.index("Old but good") < page.index("Newer")
    assert page.count("Old but good") == 1
    assert "Of another group" not in page


async def test_next_door_shows_only_what_is_open_and_only_groups_that_one_may_know_of(
    world, village, ada, ben
):
    group = await village.group()
    near = await village.group("near", title="Near")
    hidden = await village.group("hidden", title="HIDDEN circle", joining="invite", **CLOSED)
    await village.joins_by_hand(ada, hidden)
    for number in range(5):
        await village.writes(ada, near.actor, "x", title=f"Open {number}")
    for reach in ("quiet", "members", "sealed"):
        post = await village.writes(ada, near.actor, "x", title=f"SECRET {reach}")
        async with acquire(world.pool) as db:
            await db.execute("update posts set reach = $2, active_at = now() where id = $1", post.id, reach)
    held = await village.writes(ada, near.actor, "x", title="SECRET held")
    await village.set_post_state(held, "held")
    await village.writes(ada, hidden.actor, "x", title="SECRET inside")
    for sister in (near, hidden):
        await run(world, sisters.add, group, sister.actor)
    for account in (None, ben, ada):
        browser = await world.signed_in(account) if account else world.browser()
        page = (await browser.get("/groups/night_owls")).text
        assert "SECRET" not in page
        assert re.findall(r"Open \d", page) == ["Open 4", "Open 3", "Open 2"]
        assert ("HIDDEN circle" in page) == (account is ada)


async def test_the_words_of_a_thread_are_never_in_what_a_link_preview_reads(world, village, ada):
    for name, answers in (("open", {}), ("quiet", {"reach": "quiet"}), ("inner", CLOSED)):
        group = await village.group(name, title="TITLE of group", summary="SUMMARY of group", **answers)
        await village.joins_by_hand(ada, group)
        post = await village.writes(ada, group.actor, "WORDS", title="TITLE of post")
        browser = await world.signed_in(ada)
        for path in (f"/posts/{post.public_id}", f"/groups/{name}"):
            for account in (browser, world.browser()):
                page = (await account.get(path)).text
                meta = " ".join(re.findall(r"<meta[^>]*>|<link[^>]*>", page))
                assert 'content="noindex' in meta
                assert "WORDS" not in meta
                assert "of post" not in meta
                assert "SUMMARY" not in meta
                is_card = name == "open" and path.startswith("/groups")
                assert ("TITLE of group" in meta) == is_card, (name, path)
                assert ("og:" in meta) == is_card


async def test_who_looks_after_a_group_has_the_way_to_its_care(world, village, ada, ben):
    group = await village.group()
    await run(world, groups.add_moderator, group.actor.id, ada.actor_id)
    tab = 'href="/groups/night_owls/care"'
    assert tab in (await (await world.signed_in(ada)).get("/groups/night_owls")).text
    assert tab not in (await (await world.signed_in(ben)).get("/groups/night_owls")).text
    assert tab not in (await world.browser().get("/groups/night_owls")).text


async def test_the_tab_where_one_is_says_so(world, village, ada):
    group = await village.group()
    await village.joins_by_hand(ada, group)
    browser = await world.signed_in(ada)
    for path in ("", "/members", "/wiki"):
        page = (await browser.get(f"/groups/night_owls{path}")).text
        tabs = page[page.index('<nav class="tabs"') :]
        assert re.findall(r'href="([^"]+)" aria-current="page"', tabs)[0] == f"/groups/night_owls{path}"


async def test_an_archived_group_says_so_and_offers_nothing_to_do(world, village, ada, ben):
    group = await village.group()
    await village.joins_by_hand(ada, group)
    await village.writes(ada, group.actor, "x", title="Still here")
    await run(world, lives.archive, world.site, group)
    for account in (None, ada, ben):
        browser = await world.signed_in(account) if account else world.browser()
        page = (await browser.get("/groups/night_owls")).text
        assert "This group is archived" in page
        assert "Still here" in page
        assert "/write" not in page
        assert "/groups/night_owls/join" not in page
        assert "/groups/night_owls/follow" not in page


async def test_a_group_that_has_moved_says_where_and_nobody_is_led_by_a_script(world, village, ada):
    await village.group()
    for target in ("https://island.example/groups/owls", "javascript:alert(1)"):
        async with acquire(world.pool) as db:
            await db.execute("update actors set moved_to = $1 where name = 'night_owls'", target)
        page = (await world.browser().get("/groups/night_owls")).text
        assert "This group has moved" in page
        assert 'href="javascript' not in page
        assert "follow-there" not in page
    assert (
        "/groups/night_owls/follow-there"
        in (await (await world.signed_in(ada)).get("/groups/night_owls")).text
    )


async def test_a_deleted_group_says_so_to_who_could_have_known_of_it(world, village, ada):
    open_one = await village.group("open")
    inner = await village.group("inner", joining="invite", **CLOSED)
    sealed = await village.group("sealed", reach="sealed")
    for group in (open_one, inner, sealed):
        await run(world, lives.delete, world.site, group, clock.now())
    for name, guest, member in (("open", 410, 410), ("inner", 404, 404), ("sealed", 404, 410)):
        assert (await world.browser().get(f"/groups/{name}")).status_code == guest
        assert (await (await world.signed_in(ada)).get(f"/groups/{name}")).status_code == member


async def test_sisters_are_added_by_name_and_only_what_one_may_know_of(world, village, ada):
    group = await village.group()
    await village.group("near", title="Near group")
    await village.group("hidden", joining="invite", **CLOSED)
    await run(world, groups.add_moderator, group.actor.id, ada.actor_id)
    browser = await world.signed_in(ada)
    for wrong in ("hidden", "none", "ada", "night_owls", "@hidden@garden.example", "javascript:x"):
        await browser.get("/groups/night_owls/sisters")
        answer = await browser.submit("/groups/night_owls/sisters", address=wrong)
        assert answer.status_code in (400, 404), wrong
    await browser.get("/groups/night_owls/sisters")
    assert (await browser.submit("/groups/night_owls/sisters", address="@near")).status_code == 303
    assert "Near group" in (await browser.follow()).text
    await browser.submit("/groups/night_owls/sisters/remove")
    assert "No group stands next door yet." in (await browser.follow()).text
