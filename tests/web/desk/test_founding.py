"""Making a group at the desk: for admins only, with its doors, its owner, and a line on the record."""

import asyncio
import re

import pytest

from fediverse_support.database.pool import acquire

PLACE = "/desk/groups/new"
TYPED = {
    "name": "night_owls",
    "title": "Night owls",
    "summary": "For the hours when *nobody* else is awake.",
    "joining": "approval",
    "seeing": "everyone",
    "speaking": "members",
    "reach": "quiet",
    "default_reach": "members",
}
WORDS = ("name", "title", "summary")
MADE = """
    select a.name, a.display_name, a.summary_source, g.joining, g.seeing, g.speaking, g.reach, g.default_reach
        from groups g join actors a on a.id = g.actor_id
"""
OWNERS = """
    select g.name, p.name from group_moderators m
        join actors g on g.id = m.group_id
        join actors p on p.id = m.actor_id
        where m.is_owner
"""


async def fetch(world, query):
    async with acquire(world.pool) as db:
        return [tuple(row) for row in await db.fetch(query)]


async def sends(browser, **fields: str):
    """The answer to the form of the page, filled in."""
    assert (await browser.get(PLACE)).status_code == 200
    return await browser.submit(PLACE, **TYPED | fields)


@pytest.fixture
async def root(world):
    return await world.signed_in(await world.member("root", role="admin"))


async def test_a_guest_is_asked_to_sign_in(world):
    browser = world.browser()
    answer = await browser.get(PLACE)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sign-in?next={PLACE}"
    assert (await browser.post(PLACE, TYPED)).status_code == 401
    assert await fetch(world, MADE) == []


@pytest.mark.parametrize("role", ["member", "moderator"])
async def test_who_is_no_admin_finds_no_such_page_and_no_way_to_it(world, role):
    browser = await world.signed_in(await world.member("mod", role=role))
    await browser.get("/you")
    token = browser.forms()[0][1]["csrf_token"]
    assert (await browser.get(PLACE)).status_code == 404
    assert (await browser.post(PLACE, TYPED | {"csrf_token": token})).status_code == 404
    assert await fetch(world, MADE) == []
    assert PLACE not in (await browser.get("/groups")).text
    assert PLACE not in (await browser.get("/desk")).text


async def test_an_admin_finds_the_way_at_the_desk_and_below_the_groups(world, root):
    for page in ("/desk/deeds", "/groups"):
        assert f'href="{PLACE}"' in (await root.get(page)).text
    assert PLACE not in (await world.browser().get("/groups")).text


@pytest.mark.parametrize("name", ["ada", "night_owls"], ids=["of a person", "of a group"])
async def test_a_name_that_is_taken_is_refused_and_what_was_typed_stays(world, village, ada, root, name):
    await village.group()
    before = await fetch(world, MADE)
    answer = await sends(root, name=name, title="Typed title", summary="Typed words")
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    _kept(root, name=name, title="Typed title", summary="Typed words")
    assert await fetch(world, MADE) == before
    assert await fetch(world, "select deed from deeds") == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Night Owls"},
        {"name": "x" * 31},
        {"name": ""},
        {"name": "eulen.nacht"},
        {"title": " "},
        {"title": "x" * 201},
        {"summary": "x" * 20_001},
        {"reach": "everywhere"},
        {"joining": ""},
    ],
    ids=str,
)
async def test_what_does_not_fit_makes_nothing_and_stays_in_the_form(world, root, wrong):
    answer = await sends(root, **wrong)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    _kept(root, **{name: value.strip() for name, value in (TYPED | wrong).items() if name in WORDS})
    if "reach" not in wrong:
        assert 'name="reach" value="quiet" checked' in answer.text
    assert await fetch(world, MADE) == []
    assert await fetch(world, "select deed from deeds") == []


def _kept(browser, **typed: str) -> None:
    fields = next(values for form, values in browser.forms() if form.get("action") == PLACE)
    assert {name: fields[name] for name in typed} == typed


async def test_a_group_is_made_with_its_doors_and_its_owner_and_it_is_written_down(world, root):
    answer = await sends(root)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/groups/night_owls/care"
    assert (await root.follow()).status_code == 200
    assert await fetch(world, MADE) == [tuple(TYPED.values())]
    assert await fetch(world, OWNERS) == [("night_owls", "root")]
    assert await fetch(world, "select deed, object from deeds order by id") == [
        ("add group", "night_owls"),
        ("assign group", "night_owls"),
    ]
    assert (await world.browser().get("/groups/night_owls")).status_code == 200
    assert await fetch(world, "select count(*) from activities") == [(1,)]


async def test_a_form_sent_as_it_came_makes_a_group_as_open_as_the_command_does(world, root):
    await root.get(PLACE)
    fields = {"name": "tea", "title": "Tea", "summary": ""}
    ticked = {name: _ticked(root.page.text, name) for name in ("joining", "seeing", "speaking", "reach")}
    assert (await root.submit(PLACE, **fields, **ticked)).status_code == 303
    made = ("tea", "Tea", "", "open", "everyone", "everyone", "open", None)
    assert await fetch(world, MADE) == [made]


def _ticked(page: str, name: str) -> str:
    return re.search(rf'name="{name}" value="(\w*)" checked', page)[1]


async def test_a_sealed_group_is_made_and_nobody_outside_learns_of_it(world, root):
    answer = await sends(root, seeing="members", reach="sealed", joining="invite", default_reach="")
    assert answer.status_code == 303
    assert (await root.follow()).status_code == 200
    found = await fetch(world, "select reach, default_reach, joining from groups")
    assert found == [("sealed", None, "invite")]
    assert await fetch(world, OWNERS) == [("night_owls", "root")]
    assert (await world.browser().get("/groups/night_owls")).status_code == 404
    assert await fetch(world, "select count(*) from activities") == [(0,)]


async def test_a_form_that_is_sent_twice_at_once_makes_one_group(world, root):
    await root.get(PLACE)
    fields = root.forms()[-1][1] | TYPED
    answers = await asyncio.gather(*(root.post(PLACE, fields) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert len(await fetch(world, MADE)) == 1
