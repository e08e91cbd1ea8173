"""The pages of what waits: closed to all others, clear to who decides, and to whoever wrote it."""

import json

import pytest

from fediverse_support.database import groups, policy_versions
from fediverse_support.database.pool import acquire
from fediverse_support.policy.document import Document, RuleText
from fediverse_support.policy.engine import compile_policy

HOLD = RuleText(
    name="New ones", scope="group:night_owls", when={"from": "here"}, then="hold", reason="We read first."
)
REFUSE = RuleText(
    name="No phones", when={"words": "phone me"}, then="refuse", reason="No phone numbers here."
)


@pytest.fixture
async def owls(world, village, ben):
    """A group with somebody who looks after it, in which what ben writes waits."""
    group = await village.group()
    await village.joins(ben, group)
    carla = await world.member("carla")
    async with acquire(world.pool) as db:
        await groups.add_moderator(db, group.actor.id, carla.actor_id)
    await decide_by(world, HOLD, REFUSE)
    world.carla = await world.signed_in(carla)
    world.ben = await world.signed_in(ben)
    return group


async def decide_by(world, *rules):
    """Let these rules be in force."""
    document = Document(rules=rules)
    async with acquire(world.pool) as db, db.transaction():
        version = await policy_versions.begin(db, by=None, why="a test", document=document)
    world.policy = compile_policy(version, (), document)


async def write(browser, **fields):
    await browser.get("/groups/night_owls/write")
    return await browser.submit("/groups/night_owls/write", title="MARKER title", **fields)


async def hold_of(world) -> str:
    async with acquire(world.pool) as db:
        return str(await db.fetchval("select max(id) from holds"))


async def test_to_others_there_is_no_line(world, village, owls, ada):
    await write(world.ben, source="MARKER words")
    number = await hold_of(world)
    other = await village.group("others", title="Others")
    dora = await world.member("dora")
    async with acquire(world.pool) as db:
        await groups.add_moderator(db, other.actor.id, dora.actor_id)
    for browser in (world.ben, await world.signed_in(ada), await world.signed_in(dora)):
        for path in ("/desk/holds", f"/desk/holds/{number}", "/groups/night_owls/holds",
                     f"/groups/night_owls/holds/{number}"):  # fmt: skip
            assert (await browser.get(path)).status_code == 404
            token = {"csrf_token": (await token_of(browser)), "deed": "accept"}
            if path.endswith(number):
                assert (await browser.post(path, token)).status_code == 404
    async with acquire(world.pool) as db:
        assert await db.fetchval("select state from posts where title = 'MARKER title'") == "held"
    dora = await world.signed_in(dora)
    assert (await dora.get(f"/groups/others/holds/{number}")).status_code == 404
    assert "MARKER" not in (await dora.get("/groups/others/holds")).text
    guest = world.browser()
    for path in ("/", "/groups/night_owls"):
        assert "MARKER" not in (await guest.get(path)).text


async def token_of(browser) -> str:
    await browser.get("/you")
    return browser.forms()[0][1]["csrf_token"]


async def test_the_line_says_a_title_once_though_its_server_repeats_it_in_the_words(world, owls):
    await write(world.ben, source="MARKER words")
    async with acquire(world.pool) as db:
        html = "<p>MARKER title</p><p>MARKER words</p>"
        await db.execute("update posts set content_html = $1 where title = 'MARKER title'", html)
    page = (await world.carla.get("/groups/night_owls/holds")).text
    assert page.count("MARKER title") == 1
    assert "MARKER words" in page
    async with acquire(world.pool) as db:
        await db.execute("update posts set content_html = '<p>MARKER title</p>'")
    assert (await world.carla.get("/groups/night_owls/holds")).text.count("MARKER title") == 1


async def test_an_author_reads_that_it_waits_and_where_and_changes_it_when_asked(world, owls):
    await write(world.ben, source="MARKER words")
    page = (await world.ben.follow()).text
    for said in ("A moderator looks at this first.", "Only you and the moderators can see this.",
                 "It is the next in line.", "We read first."):  # fmt: skip
        assert said in page
    home = (await world.ben.get("/")).text
    assert "Yours, with the moderators" in home
    assert "MARKER title" in home
    number = await hold_of(world)
    line = await world.carla.get("/groups/night_owls/holds")
    assert "MARKER words" in line.text
    assert "Rule: Hold what" in line.text
    await world.carla.get(f"/groups/night_owls/holds/{number}")
    path = f"/groups/night_owls/holds/{number}"
    assert (await world.carla.submit(path, deed="return", note=" ")).status_code == 400
    seen = world.carla.forms()[1][1]
    await world.carla.submit(path, deed="return", note="Leave the name out.")
    assert "It was sent back with your note." in (await world.carla.follow()).text
    assert "You are asked to change it" in (await world.ben.get("/")).text
    assert "Leave the name out." in (await world.ben.get(await path_of(world))).text
    edit = f"{await path_of(world)}/edit"
    await world.ben.get(edit)
    await world.ben.submit(edit, source="MARKER without it")
    assert "A moderator looks at this first." in (await world.ben.follow()).text
    late = await world.carla.post(path, seen | {"deed": "accept"})
    assert late.status_code == 409
    assert "changed it since you read it" in late.text
    await world.carla.get(path)
    await world.carla.submit(path, deed="accept")
    assert (await world.carla.follow()).status_code == 200
    assert "MARKER without it" in (await world.browser().get(await path_of(world))).text
    assert (await world.carla.post(path, seen | {"deed": "accept"})).status_code == 409


async def path_of(world) -> str:
    async with acquire(world.pool) as db:
        return f"/posts/{await db.fetchval('select public_id from posts order by id limit 1')}"


async def test_what_is_refused_stays_in_the_form(world, owls, village, ada):
    refused = await write(world.ben, source="Please phone me at MARKER.")
    assert refused.status_code == 403
    for said in ("No phone numbers here.", "Nothing of what you wrote is lost", "Please phone me at MARKER."):
        assert said in refused.text
    await decide_by(world, REFUSE)
    await write(world.ben, source="Good evening.")
    thread = await path_of(world)
    await world.ben.get(thread)
    answer = await world.ben.submit(f"{thread}/reply", source="Then phone me.")
    assert answer.status_code == 403
    assert "No phone numbers here." in answer.text
    assert "Then phone me." in (await world.ben.get(thread)).text, "it is a draft"
    await world.ben.get(f"{thread}/edit")
    edited = await world.ben.submit(f"{thread}/edit", source="Rather phone me.")
    assert (edited.status_code, "Rather phone me." in edited.text) == (403, True)
    async with acquire(world.pool) as db:
        outcomes = await db.fetch("select outcome from decisions order by id")
        assert await db.fetchval("select count(*) from posts") == 1
    assert [row["outcome"] for row in outcomes] == ["refuse", "accept", "refuse", "refuse"]


async def test_a_change_that_waits_is_shown_to_its_author_and_to_nobody_else(world, owls):
    await decide_by(world)
    await write(world.ben, source="Old words")
    await decide_by(world, HOLD)
    thread = await path_of(world)
    await world.ben.get(f"{thread}/edit")
    await world.ben.submit(f"{thread}/edit", source="MARKER new")
    mine = (await world.ben.follow()).text
    for said in ("Old words", "MARKER new", "Until then others read what it said before."):
        assert said in mine
    assert "MARKER" not in (await world.browser().get(thread)).text.replace("MARKER title", "")
    assert "MARKER new" in (await world.ben.get(f"{thread}/edit")).text
    staff = await world.signed_in(await world.member("mod", role="moderator"))
    await staff.get("/desk/holds")
    assert "MARKER new" in staff.page.text
    path = f"/desk/holds/{await hold_of(world)}"
    shown = await staff.get(path)
    assert shown.text.index("MARKER new") < shown.text.index("Old words")
    await staff.submit(path, deed="refuse", note="Rather not.")
    mine = (await world.ben.get(thread)).text
    assert "Rather not." in mine
    assert "MARKER new" in (await world.ben.get(f"{thread}/edit")).text, "it is a draft"
    line = (await staff.get("/desk/holds?state=returned&group=x&after=y")).text
    assert "Nothing is with its author" in line


async def test_what_waits_in_the_inbox_is_read_there_and_let_in(world, owls, village):
    rosa = await village.remote("https://harbour.example/users/rosa")
    mod = await world.signed_in(await world.member("mod", role="moderator"))
    picture = {"type": "Image", "url": "https://harbour.example/m.png", "name": "A cat"}
    note = {"type": "Note", "content": "<p>MARKER new</p>", "attachment": [picture]}
    body = json.dumps({"type": "Update", "actor": rosa.uri, "object": note}).encode()
    async with acquire(world.pool) as db:
        await db.execute(
            """
            insert into inbox (id, activity_uri, actor_uri, type, host, state, body, received_at, due_at)
            values (9, 'https://harbour.example/a/1', $1, 'Update', 'harbour.example', 'held', $2, now(),
                    now())
            """,
            rosa.uri,
            body,
        )
        await db.execute(
            "insert into holds (id, kind, inbox_id, actor_uri) values (10, 'arrival', 9, $1)", rosa.uri
        )
    assert "MARKER new" in (await mod.get("/desk/holds")).text
    page = await mod.get("/desk/holds/10")
    for said in ("MARKER new", "A cat", "has changed a post", 'href="https://harbour.example/m.png"'):
        assert said in page.text
    assert '<img src="https://harbour' not in page.text
    await mod.submit("/desk/holds/10", deed="accept")
    async with acquire(world.pool) as db:
        row = await db.fetchrow("select state, released_at is not null as let_in from inbox where id = 9")
    assert tuple(row) == ("waiting", True)
