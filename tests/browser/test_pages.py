"""The pages in a real browser: for eyes, keyboards and screen readers; without scripts; at any width."""

import gzip
import re

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from fediverse_support.web.rendering import folder

PAGES = [
    ("/", None),
    ("/", "ada"),
    ("/groups/night_owls", None),
    ("/groups/night_owls", "ada"),
    ("thread", None),
    ("thread", "ben"),
    ("warned", "ada"),
    ("/groups/night_owls/write", "ben"),
    ("/sign-in", None),
    ("/join", None),
    ("/you", "ben"),
    ("/people/ben", None),
    ("/about", None),
    ("/about/policy", None),
    ("/find", "ben"),
    ("/nothing", None),
    ("held", "ben"),
    ("/desk", "ada"),
    ("/desk/holds", "ada"),
    ("hold", "ada"),
    ("/desk/arrivals", "ada"),
    ("/desk/domains", "ada"),
]


def path_of(house, name: str) -> str:
    return house.paths.get(name, name)


class Walk:
    """What was seen on one walk through all pages, by kind of trouble."""

    def __init__(self) -> None:
        self.axe: list[str] = []
        self.too_wide: list[str] = []
        self.console: list[str] = []
        self.counted: list[str] = []
        self.heavy: list[str] = []
        self.hosts: set[str] = set()
        self.in_the_dark: set[str] = set()

    async def look_at(self, page: Page, name: str) -> None:
        # In the dark, and for who comes to a page after others, only the colours are others.
        colours = {"runOnly": ["color-contrast"]}
        is_known = name in self.in_the_dark
        for scheme, options in [("light", colours)] if is_known else [("light", None), ("dark", colours)]:
            # Without motion: a colour on its way from light to dark has no contrast to be measured.
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            results = await Axe().run(page, options=options)
            self.axe += [
                f"{name} ({scheme}): {item['id']}: {item['nodes'][0]['html']}"
                for item in results.response["violations"]
            ]
        self.in_the_dark.add(name)
        for width, size in ((320, "112.5%"), (360, "225%"), (768, "225%"), (1280, "112.5%")):
            await page.set_viewport_size({"width": width, "height": 740})
            out = await page.evaluate(
                "size => { document.documentElement.style.fontSize = size;"
                " return document.documentElement.scrollWidth - innerWidth }",
                size,
            )
            if out > 0:
                self.too_wide.append(f"{name} at {width} with text of {size}: {out}")
        text = await page.inner_text("main")
        # Numbers about people: neither likes nor followers nor posts.
        if not name.startswith("/desk") and re.search(
            r"\b\d+\s+(?:members?|followers?|likes?|posts?|answers?|people)\b", text
        ):
            self.counted.append(name)
        style = len(gzip.compress((folder("static") / "style.css").read_bytes()))
        if len(gzip.compress((await page.content()).encode())) + style > 40_000:
            self.heavy.append(name)


async def test_every_page_is_sound(house):
    """For eyes (axe, light and dark), at any width and text size, light in weight, strict and quiet."""
    walk = Walk()
    for who in (None, "ada", "ben"):
        context = await house.context(who, viewport={"width": 360, "height": 740})
        if who == "ben":
            await context.add_cookies([{"name": "look", "value": "dim", "url": house.world.site.origin}])
        page = await context.new_page()
        page.on("console", lambda m: walk.console.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: walk.console.append(str(error)))
        page.on("request", lambda request: walk.hosts.add(request.url.split("/")[2]))
        for name in [name for name, visitor in PAGES if visitor == who]:
            await page.set_viewport_size({"width": 360, "height": 740})
            await page.goto(path_of(house, name))
            await walk.look_at(page, name)
        await context.close()
    assert walk.axe == []
    assert walk.too_wide == []
    assert walk.counted == []
    assert walk.heavy == []
    assert walk.hosts == {house.world.site.host}
    assert [line for line in walk.console if "404" not in line] == []  # "/nothing" is a page that says 404


async def test_the_layout_turns_round_for_right_to_left(house):
    page = await house.open(house.paths["thread"], viewport={"width": 900, "height": 740})
    left = await page.evaluate("document.querySelector('.house-name').getBoundingClientRect().left")
    await page.evaluate("document.documentElement.dir = 'rtl'")
    turned = await page.evaluate("document.querySelector('.house-name').getBoundingClientRect().left")
    assert left < 300
    assert turned > 500
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_the_keyboard_meets_skip_then_leave_and_focus_is_seen(house):
    page = await house.open(house.paths["thread"], "ben")
    seen = []
    for _ in range(4):
        await page.keyboard.press("Tab")
        seen.append(await page.evaluate("document.activeElement.textContent.trim()"))
        outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
    assert seen == ["Skip to content", "Leave quickly", "The Garden", "Home"]
    await page.goto(house.paths["thread"])
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "content"


async def test_a_thread_is_answered_by_keyboard_alone(house):
    page = await house.open(house.paths["thread"], "ben")
    await page.focus("#source")
    await page.keyboard.type("Thank you both.")
    passed = []
    for _ in range(3):
        await page.keyboard.press("Tab")
        passed.append(await page.evaluate("document.activeElement.textContent.trim()"))
    assert passed == ["Add a warning", "Who may read this: Everyone", "Send to Night owls"]
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/posts/*#*")
    assert await page.locator("article", has_text="Thank you both.").count() == 1


async def test_everything_works_without_scripts(house):
    page = await house.open("/groups/night_owls/write", "ben", java_script_enabled=False)
    await page.fill("#title", "Without scripts")
    await page.fill("#source", "Half a thought.")
    await page.click("text=Keep as a draft")
    assert await page.input_value("#source") == "Half a thought."
    await page.click("text=Send to Night owls")
    assert await page.locator("h1").inner_text() == "Without scripts"
    await page.click("text=Edit")
    await page.fill("#source", "A whole thought.")
    await page.click("text=Save the changes")
    assert "A whole thought." in await page.locator("article").inner_text()
    await page.click("article >> text=Delete")
    await page.click("text=Delete it")
    assert await page.locator("h1").inner_text() == "Night owls"
    assert await page.locator("text=Without scripts").count() == 0


async def test_shift_three_times_leaves_without_a_way_back(house):
    page = await house.open("/about")
    await page.route("https://www.wikipedia.org/**", lambda route: route.fulfill(body="neutral"))
    await page.goto(house.paths["thread"])
    await page.keyboard.type("AB")  # typing capital letters is no reason to leave
    assert "/posts/" in page.url
    for _ in range(3):
        await page.keyboard.press("Shift")
    await page.wait_for_url("https://www.wikipedia.org/**")
    await page.go_back()
    assert page.url.endswith("/about")


async def test_a_draft_is_kept_while_somebody_types(house):
    page = await house.open("/groups/night_owls/write", "ben")
    async with page.expect_response("**/drafts") as answer:
        await page.fill("#source", "A thought that is not finished")
    assert (await answer.value).status == 204
    await page.wait_for_selector("[role=status]:has-text('Kept as a draft')")
    await page.goto("/groups/night_owls/write")
    assert await page.input_value("#source") == "A thought that is not finished"


def test_the_scripts_are_small():
    sizes = {path.name: len(gzip.compress(path.read_bytes())) for path in folder("static").glob("*.js")}
    assert sum(sizes.values()) < 10_000
    assert len((folder("static") / "leave.js").read_bytes()) < 2_000
