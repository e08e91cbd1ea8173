"""Rules, wiki and tags in a real browser: for eyes, keyboards and screen readers, at any width."""

import pytest

from fediverse_support.community.groups import groups, rules, tags, wiki
from fediverse_support.community.groups.rules import Words
from fediverse_support.core import clock
from fediverse_support.core.models import OfferedTag
from fediverse_support.database import actors
from fediverse_support.database.pool import acquire
from tests.browser.test_pages import Walk

OWLS = "/groups/night_owls"
PAGES = {
    None: ["/rules", "/rules/history", "/wiki/first-steps/history", "/wiki/first-steps/compare?from=1&to=2"],
    "ben": ["", "/rules", "/rules/history/1", "/write"],
    "carla": ["/rules/edit", "/wiki", "/wiki/first-steps/edit", "/wiki/first-steps/history/1", "/tags"],
}
TONES = ("plain", "leaf", "clay", "sky", "dusk")


@pytest.fixture
async def kept(house):
    """The house, with something in every drawer of the night owls."""
    world, ben = house.world, house.people["ben"].actor_id
    listen, advice = Words("Listen first.", "To be *heard* is enough."), Words("No advice unless asked.")
    async with acquire(world.pool) as db, db.transaction():
        owls = await groups.by_name(db, "night_owls")
        carla = await actors.by_id(db, house.people["carla"].actor_id)
        for words in ([listen, advice], [advice, listen, Words("What is said here stays here.")]):
            await rules.publish(
                db, world.site, owls, words, by=carla, why="We talked about it.", now=clock.now()
            )
            if len(words) == 2:
                await rules.agree(db, owls.actor.id, ben, 1, clock.now())
        offered = [OfferedTag(name=tone, label=f"A tag in {tone}", tone=tone) for tone in TONES]
        await tags.offer(db, world.site, owls, offered)
        first = wiki.Words(title="First steps", source="# Breathe\n\nIn.\n\nSee [[Numbers]].")
        await wiki.create(db, owls, carla, first, clock.now())
        second = wiki.Words(
            title="First steps", source="# Breathe\n\nOut.\n\nSee [[Numbers]].", why="Better."
        )
        await wiki.edit(db, owls, "first-steps", 1, carla, second, clock.now())
        await db.execute("update posts set tags = $1 where root_id = id", [*TONES, "insomnia"])
    return house


async def test_every_page_of_what_a_group_keeps_is_sound(kept):
    walk = Walk()
    for who, paths in PAGES.items():
        context = await kept.context(who, viewport={"width": 360, "height": 740}, reduced_motion="reduce")
        page = await context.new_page()
        page.on("console", lambda m: walk.console.append(m.text) if m.type == "error" else None)
        page.on("request", lambda request: walk.hosts.add(request.url.split("/")[2]))
        for path in paths:
            await page.set_viewport_size({"width": 360, "height": 740})
            await page.goto(f"{OWLS}{path}")
            await walk.look_at(page, path)
        await context.close()
    assert walk.axe == []
    assert walk.too_wide == []
    assert walk.heavy == []
    assert walk.console == []
    assert walk.hosts == {kept.world.site.host}


async def test_enter_in_a_rule_keeps_it_and_puts_nothing_into_force(kept):
    page = await kept.open(f"{OWLS}/rules/edit", "carla", java_script_enabled=False)
    await page.fill("#rule_1", "Changed by accident.")
    await page.press("#rule_1", "Enter")
    assert await page.input_value("#rule_1") == "Changed by accident."
    assert "This is your draft" in await page.inner_text("main")
    async with acquire(kept.world.pool) as db:
        assert (await groups.by_name(db, "night_owls")).rules_version == 2
