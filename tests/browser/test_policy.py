"""The workbench in a real browser: sound on every page, and the whole way by mouse and keyboard."""

from datetime import timedelta

import pytest
from axe_playwright_python.async_playwright import Axe

from fediverse_support.core import clock
from fediverse_support.database import decisions
from fediverse_support.database.pool import acquire
from fediverse_support.moderation import policy
from fediverse_support.moderation.trying import Tries
from fediverse_support.policy.arrivals import Arrival, Sender
from fediverse_support.policy.decisions import Decision, Outcome
from fediverse_support.policy.document import RuleText, Whole, WordList
from fediverse_support.policy.presets import expand
from tests.browser.test_pages import Walk

RULES = (
    RuleText(
        name="First contact with media waits",
        when={"sender": "stranger", "has_media": True},
        then="hold",
        reason="Pictures from people we have not met are looked at by a moderator first.",
        note="Agreed in the meeting of the third of May.",
    ),
    RuleText(name="Hard words get a warning", when={"list": "hard words"}, amendments=("warn:sh", "quiet")),
    RuleText(
        name="Shops",
        when={"link_to": ["shop.example", "more.example"], "hours": "22:00-07:00"},
        unless={"sender": ["member", "moderator"], "here_less_than": "3d"},
        then="refuse",
        answers=True,
        is_off=True,
        priority=10,
        reason="We do not carry advertisements.",
    ),
    *expand("calm", "night_owls"),
)


@pytest.fixture
async def bench(house):
    """The house with rules, and with what arrived before them."""
    world = house.world
    async with acquire(world.pool) as db, db.transaction():
        words = {"hard words": WordList(phrases=("one", "two of them"), note="Found in reports")}
        whole = Whole(rules=RULES, words=words)
        await policy.apply(db, world.site, whole, by=None, why="To begin with.", now=clock.now())
        for number in reversed(range(12)):
            arrival = Arrival(
                activity_uri=f"https://harbour.example/{number}",
                activity_type="Create" if number % 3 else "Like",
                actor_uri="https://harbour.example/users/rosa",
                hosts=("harbour.example",),
                at=clock.now() - timedelta(hours=number),
                group="night_owls" if number % 2 else "",
                object_type="Note",
                object_uri="https://harbour.example/notes/1",
                sender=Sender(software="mastodon", accepted=number % 4, followers_here=2),
                text="Look at the sea",
                length=15,
                attachments=1,
                media_types=("image/png",),
                warnings=("sh",),
                visibility="open",
                language="en",
            )
            outcome = Outcome.HOLD if number == 5 else Outcome.ACCEPT
            rules = (f"instance: {RULES[0].name}",) if number == 5 else ()
            reason = RULES[0].reason if number == 5 else "No rule speaks against it."
            decided = Decision(outcome, rules, reason, frozenset(), 2)
            house.paths["decision"] = str(await decisions.record(db, arrival, decided))
            if number == 5:
                house.paths["held"] = house.paths["decision"]
    return house


async def drafted(house, name="ada", base="/desk"):
    """Let somebody have a draft with everything in it, and a try of it at its end; the address of that."""
    page = await house.open(f"{base}/policy/rules/new?domain=harbour.example", name)
    await page.fill("#name", "Harbour at night")
    await page.select_option("select[name='add.when']", "sender")
    await page.click("button[value='add.when']")
    await page.check("input[name='when.sender.newcomer']")
    await page.select_option("select[name='add.when']", "has_media")
    await page.click("button[value='add.when']")
    await page.click("button:has-text('Put it into my changes')")
    await page.click("button:has-text('Try')")
    await page.wait_for_selector("progress")
    axe = (await Axe().run(page)).response["violations"]
    assert [item["id"] for item in axe] == []
    assert await Tries(house.world.pool).step()
    # A script shows what came of it; nobody has to ask again.
    await page.wait_for_selector("text=All in all")
    await page.context.close()
    return page.url


async def test_every_page_of_the_workbench_is_sound(bench):
    walk = Walk()
    tries = {"ada": await drafted(bench), "carla": await drafted(bench, "carla", "/groups/night_owls")}
    for who, base in (("ada", "/desk"), ("carla", "/groups/night_owls")):
        context = await bench.context(who, viewport={"width": 360, "height": 740}, reduced_motion="reduce")
        page = await context.new_page()
        page.on("console", lambda m: walk.console.append(m.text) if m.type == "error" else None)
        page.on("request", lambda request: walk.hosts.add(request.url.split("/")[2]))
        await page.goto(f"{base}/policy/rules/new")
        await page.select_option("select[name='add.unless']", "hours")
        await page.click("button[value='add.unless']")
        paths = ["policy"]
        if base == "/desk":
            paths += ["policy/rules/new", "policy/text", "policy/apply", "policy/words", "policy/history"]
            paths += ["policy/words/one?list=hard+words", "policy/versions/2", "arrivals"]
            paths += [f"decisions/{bench.paths['held']}"]
        else:
            paths += ["policy/presets"]
        for path in [tries[who], *(f"{base}/{path}" for path in paths)]:
            await page.set_viewport_size({"width": 360, "height": 740})
            await page.goto(path)
            await walk.look_at(page, path)
        await context.close()
    assert walk.axe == []
    assert walk.too_wide == []
    assert walk.heavy == []
    assert walk.console == []
    assert walk.hosts == {bench.world.site.host}


async def test_somebody_new_holds_newcomers_tries_applies_explains_and_undoes(bench):
    """Without scripts, and with nothing but the words on the page."""
    page = await bench.open("/desk", "ada", java_script_enabled=False)
    await page.click("text=What comes in")
    await page.click("text=Write a rule")
    await page.fill("#name", "Newcomers from harbour with pictures")
    for condition, fill in (
        ("The server it is from", lambda: page.fill("#when-domain-value", "harbour.example")),
        ("How the sender stands here", lambda: page.check("input[name='when.sender.newcomer']")),
        ("Brings pictures, sounds or films", lambda: page.select_option("#when-has_media-value", "yes")),
    ):
        await page.select_option("select[name='add.when']", label=condition)
        await page.click("button[value='add.when']")
        await fill()
    in_a_month = (clock.now() + timedelta(days=30)).date().isoformat()
    await page.fill("#review", in_a_month)
    await page.fill("#reason", "We look at first pictures together.")
    await page.press("#reason", "Enter")
    sentence = "Hold what newcomers from harbour.example send with pictures or other media."
    assert sentence in await page.inner_text("#sentence")
    await page.click("button:has-text('Put it into my changes')")
    assert sentence in await page.inner_text("main")
    assert "look at it again on" in await page.inner_text("main")
    await page.click("button:has-text('Try')")
    assert "This begins in a moment." in await page.inner_text("main")
    assert await page.locator("progress").count() == 1
    assert await Tries(bench.world.pool).step()
    await page.click("text=Look again now")
    report = await page.inner_text("main")
    assert "would have been decided otherwise" in report
    assert "let in → held" in report
    assert "Newcomers from harbour with pictures" in report
    await page.click("text=Put into force …")
    await page.fill("#why", "Two bad nights.")
    await page.click("button:has-text('Put it into force')")
    assert "This is in force now" in await page.inner_text("main")
    await page.click("text=What was decided")
    await page.click(f"a[href='/desk/decisions/{bench.paths['held']}']")
    explained = await page.inner_text("main")
    assert "Pictures from people we have not met are looked at by a moderator first." in explained
    assert "Hold what strangers send with pictures or other media." in explained
    await page.click("text=History")
    await page.click("text=Take back the last change …")
    await page.fill("#why", "It was too much.")
    await page.click("button:has-text('Take it back')")
    main = await page.inner_text("main")
    assert "The last change was taken back." in main
    assert sentence not in main
