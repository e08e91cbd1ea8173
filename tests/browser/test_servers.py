"""Other servers, lists, and what members are told of them, in a real browser."""

from datetime import timedelta

import pytest

from fediverse_support.community.joining import severing
from fediverse_support.core import clock
from fediverse_support.database import domain_lists, import_drafts
from fediverse_support.database.import_drafts import ImportDraft
from fediverse_support.database.pool import acquire
from fediverse_support.moderation import ladder, subscriptions
from fediverse_support.moderation.list_taking import Given, take
from fediverse_support.policy.document import DomainText, ListText
from fediverse_support.policy.lists import formats as list_formats
from tests.browser.test_pages import Walk

LIST = """#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate
spam.example,suspend,false,false,"Spam in every thread, for weeks and weeks, whatever was said",false
loud.example,silence,true,true,Loud,true
xn--bcher-kva.example,suspend,false,false,,false
a-very-long-name-of-a-server-that-nobody-would-ever-want-to-type.subdomain.example,suspend,,,,
h*dden.example,suspend,false,false,,true
"""
PAGES = [
    "/desk/domains",
    "/desk/domains/of/harbour.example",
    "/desk/domains/import",
    "/desk/domains/import/look",
    "/desk/lists",
    "/desk/lists/shared-blocks",
]


@pytest.fixture
async def desk(house):
    """The house with a ladder, a list whose changes wait, and groups on servers that become blocked."""
    world, village, now = house.world, house.village, clock.now()
    ada = house.people["ada"]
    hosts = ("harbour.example", "spam.example", "pier.example", "quay.example")
    for host in (*hosts, "calm.example", "mild.example", "kind.example", "soft.example", "tea.example"):
        for name in ("lamplight", "evening_tea"):
            group = await village.remote(f"https://{host}/c/{name}", "Group", name)
            async with acquire(world.pool) as db:
                await db.execute(
                    "insert into follows (follower_id, followed_id, state, activity_uris) "
                    "values ($1, $2, 'accepted', '{}')",
                    ada.actor_id,
                    group.id,
                )
    async with acquire(world.pool) as db, db.transaction():
        text = DomainText(
            level="limited", no_media=True, reason="Much of it is advertising.", note="Ask again in May.",
            review=now.date(), expires=(now + timedelta(days=9)).date(),
        )  # fmt: skip
        changes = {"harbour.example": text, "quay.example": DomainText(level="blocked", reason="Harassment.")}
        await ladder.put(db, world.site, changes, by=ada, why="", now=now)
        await ladder.exclude(db, world.site, {"kind.example": "Old friends."}, by=ada, why="", now=now)
        blocks = {"shared-blocks": ListText(url="https://lists.example/blocks.csv", format="csv")}
        await subscriptions.put(db, world.site, blocks, by=ada, why="", now=now)
        known = await domain_lists.by_name(db, "shared-blocks")
        came_to = await take(db, world.site, known, Given(listing=list_formats.read(LIST)), now)
        await domain_lists.record_fetch(db, known.id, came_to.outcome, came_to.numbers, came_to.message, now)
        failure = "The list names 3 servers instead of 900. Nothing was changed."
        await domain_lists.record_fetch(db, known.id, "too-small", {}, failure, now)
        await domain_lists.finish(db, known.id, next_fetch_at=now, now=now, failure=failure)
        draft = ImportDraft(text=LIST, source="The harbour's list")
        await import_drafts.keep(db, ada.id, draft, now)
        for host, level in (
            ("pier.example", "blocked"),
            ("tea.example", "blocked"),
            ("soft.example", "blocked"),
        ):
            await ladder.put(db, world.site, {host: DomainText(level=level)}, by=ada, why="", now=now)
        for host in ("pier.example", "soft.example"):
            if host == "soft.example":
                await db.execute("update severances set severs_at = $1 where domain = $2", now, host)
                await severing.sever_next(db, world.site, now)
            await ladder.put(db, world.site, {host: None}, by=ada, why="", now=now)
    return house


async def test_every_page_about_servers_is_sound(desk):
    walk = Walk()
    # Without motion: a colour on its way from dark to light has no contrast to be measured.
    view = {"viewport": {"width": 360, "height": 740}, "reduced_motion": "reduce"}
    page = await desk.open("/", "ada", **view)
    page.on("console", lambda m: walk.console.append(m.text) if m.type == "error" else None)
    assert await page.locator("section[aria-labelledby^=notice]").count() == 4, "one for each server"
    for name in ("/", *PAGES, "confirm"):
        if name == "confirm":
            await page.goto("/desk/domains/of/calm.example")
            await page.check("input[value='blocked']")
            await page.click("button[value='set']")
            await page.wait_for_selector("text=would end")
        else:
            await page.goto(name)
        await walk.look_at(page, name)
    assert walk.axe == []
    assert walk.too_wide == []
    assert walk.console == []
    assert walk.heavy == []


async def test_a_list_is_chosen_as_a_file_looked_at_and_taken_over(desk, tmp_path):
    file = tmp_path / "list.csv"
    file.write_text(LIST.replace("spam.example", "calm.example"))
    page = await desk.open("/desk/domains", "ada")
    await page.click("text=Take over a list")
    await page.set_input_files("#file", str(file))
    await page.fill("#source", "a friend")
    await page.click("text=See what it would do")
    assert "lamplight@calm.example" in await page.inner_text("main")
    await page.click("button[value='take']")
    await page.goto("/desk/domains/of/calm.example")
    assert "blocked" in await page.inner_text(".panel")
