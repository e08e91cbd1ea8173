"""The workbench: to whom it is there, and the way from a rule on a form to one in force and back."""

from datetime import timedelta

import msgspec
import pytest

from fediverse_support.core import clock
from fediverse_support.database import (
    decisions,
    follows,
    groups,
    policy_drafts,
    policy_tries,
    policy_versions,
)
from fediverse_support.database.pool import acquire
from fediverse_support.moderation.trying import Tries
from fediverse_support.policy.arrivals import Arrival, Sender
from fediverse_support.policy.decisions import Decision, Outcome
from fediverse_support.policy.document import Document, RuleText
from fediverse_support.web.desk import rule_forms
from fediverse_support.web.desk.routes import ROUTES
from fediverse_support.web.pages import group_policy

HARBOUR = RuleText(
    name="Newcomers with pictures",
    when={"domain": "harbour.example", "sender": "newcomer", "has_media": True},
    then="hold",
    reason="We look at first pictures together.",
)
BENCHES = ("/policy", "/arrivals", "/decisions/")


def addresses():
    """Every address of the workbench, as (path, method), with something in place of its parameters."""
    for route in [*ROUTES, *group_policy.ROUTES]:
        at = route.path.removeprefix("/desk").removeprefix("/groups/{name}")
        if at.startswith(BENCHES):
            path = route.path.replace("{name}", "night_owls").replace("{number}", "1").replace("{id}", "1")
            yield path, "POST" if "POST" in route.methods else "GET"


async def token_of(browser):
    await browser.get("/you")
    return browser.forms()[0][1]["csrf_token"]


async def ask(browser, path, method, token=""):
    if method == "GET":
        return await browser.get(path)
    return await browser.post(path, {"csrf_token": token, "do": "save", "why": "x"})


@pytest.fixture
async def carla(world, village):
    """Looks after the night owls and nothing else."""
    account = await world.member("carla")
    group = await village.group()
    async with acquire(world.pool) as db:
        await groups.add_moderator(db, group.actor.id, account.actor_id)
    return account


@pytest.fixture
async def root(world):
    return await world.member("root", role="admin")


class Hand:
    """Somebody at a workbench, who fills in forms as a browser would."""

    def __init__(self, browser, base, token):
        self.browser, self.base, self.token = browser, base, token

    async def get(self, path=""):
        page = await self.browser.get(f"{self.base}{path}")
        assert page.status_code == 200, page.text
        return page.text

    async def post(self, path, status=303, **fields):
        page = await self.browser.post(f"{self.base}{path}", {"csrf_token": self.token, **fields})
        assert page.status_code == status, page.text
        return page.headers.get("location", "") if status == 303 else page.text

    async def write(self, rule, at="/rules/new", was="", status=303, **more):
        fields = rule_forms.of_rule(rule).fields | {"do": "save", "was": was} | more
        return await self.post(at, status, **fields)


@pytest.fixture
async def hand(world, root):
    browser = await world.signed_in(root)
    return Hand(browser, "/desk/policy", await token_of(browser))


async def arrived(world, number, **more):
    """A post that came in the past and what was decided about it."""
    given = {
        "activity_uri": f"https://harbour.example/{number}",
        "activity_type": "Create",
        "actor_uri": "https://harbour.example/users/rosa",
        "hosts": ("harbour.example",),
        "at": clock.now() - timedelta(hours=1),
        "sender": Sender(software="mastodon"),
        "object_uri": f"https://harbour.example/notes/{number}",
        "text": "A picture of the sea",
        "length": 20,
        "attachments": 1,
        "media_types": ("image/png",),
    } | more
    decision = Decision(Outcome.ACCEPT, (), "No rule speaks against it.", frozenset(), 1)
    async with acquire(world.pool) as db:
        return await decisions.record(db, Arrival(**given), decision)


async def in_force(world):
    async with acquire(world.pool) as db:
        return await policy_versions.document(db)


async def test_nobody_else_learns_that_there_is_a_workbench(world, village, carla, ben):
    await arrived(world, 1, group="night_owls")
    dana, guest = await world.member("dana"), world.browser()
    other = await village.group("other")
    async with acquire(world.pool) as db:
        await groups.add_moderator(db, other.actor.id, dana.actor_id)
    for account in (ben, dana, carla):
        browser = await world.signed_in(account)
        token = await token_of(browser)
        for path, method in addresses():
            if account is carla and path.startswith("/groups/"):
                continue
            answer = await ask(browser, path, method, token)
            assert answer.status_code == 404, f"{account.name}: {method} {path}"
            never = await ask(browser, path.replace("night_owls", "never_there"), method, token)
            assert never.status_code == 404
    for path, method in addresses():
        answer = await ask(guest, path, method)
        assert answer.status_code in (303, 401), f"{method} {path}"
        assert "night_owls" not in answer.text or answer.status_code == 401
    assert len({path for path, _ in addresses()}) > 25
    assert await in_force(world) == Document()


async def test_who_looks_after_a_group_changes_nothing_beyond_it(world, carla):
    await arrived(world, 1, group="other")
    number = await arrived(world, 2, group="night_owls")
    browser = await world.signed_in(carla)
    hand = Hand(browser, "/groups/night_owls/policy", await token_of(browser))
    foreign = '[[rule]]\nname = "X"\nscope = "%s"\nwhen = {}\nthen = "refuse"\n'
    for scope in ("instance", "group:other"):
        page = await hand.post("/text", 403, do="save", text=foreign % scope)
        assert foreign.split("\n")[1] in page.replace("&#34;", '"')
    page = await hand.post("/text", 403, do="save", text='[community]\nmode = "allow-list"\n')
    assert "allow-list" in page
    page = await hand.post("/text", 400, do="save", text='[domains]\n"x.example" = { level = "blocked" }\n')
    assert "pages of their own" in page
    await hand.write(HARBOUR)
    await hand.post("/apply", do="apply", why="For our nights.")
    found = await in_force(world)
    assert [(rule.name, rule.scope) for rule in found.rules] == [(HARBOUR.name, "group:night_owls")]
    page = await browser.get("/groups/night_owls/arrivals")
    assert page.text.count('class="traffic"') == 1
    assert f"/decisions/{number}" in page.text
    assert page.text.count("/groups/night_owls/decisions/") == 1
    assert (await browser.get(f"/groups/night_owls/decisions/{number}")).status_code == 200
    everything = await policy_numbers(world)
    for other in everything - {number}:
        assert (await browser.get(f"/groups/night_owls/decisions/{other}")).status_code == 404
    assert (await browser.get("/groups/night_owls/policy/versions/1")).status_code == 404
    assert (
        await browser.post("/groups/night_owls/policy/ways", {"csrf_token": hand.token})
    ).status_code == 404


async def typed(hand):
    """The text that stands in the editor."""
    await hand.get("/text")
    return next(fields["text"] for _, fields in hand.browser.forms() if "text" in fields)


async def policy_numbers(world):
    async with acquire(world.pool) as db:
        return {row["id"] for row in await db.fetch("select id from decisions")}


async def test_a_rule_goes_from_a_form_into_force_and_back(world, hand, root):
    number = await arrived(world, 1)
    assert "There are no rules yet" in await hand.get()
    await hand.write(HARBOUR)
    page = await hand.get()
    assert "You have changes that are not in force yet" in page
    assert "Hold what newcomers from harbour.example send with pictures or other media." in page
    assert "new, not in force yet" in page
    assert (await in_force(world)).rules == ()

    where = await hand.post("/try", days="7")
    running = await hand.browser.get(where)
    assert 'http-equiv="refresh"' in running.text
    assert "<progress" in running.text
    assert await Tries(world.pool).step()
    report = (await hand.browser.get(where)).text
    assert "Of the 1 arrivals of this time, 1 would have been decided otherwise." in report
    assert f"/desk/decisions/{number}" in report
    assert "Newcomers with pictures" in report
    assert "instance: " not in report
    assert 'http-equiv="refresh"' not in report

    page = await hand.get("/apply")
    assert "You have not tried" not in page
    assert "gives no “reason”" not in page
    page = await hand.post("/apply", 400, do="apply", why="")
    assert "Please say why" in page
    await hand.post("/apply", do="apply", why="Two bad nights.")
    assert (await in_force(world)).rules == (HARBOUR,)
    page = await hand.get("?done=applied")
    assert "not in force yet" not in page
    assert "This is in force now" in page
    history = await hand.get("/history")
    assert "Two bad nights." in history
    assert "Version 2" in history
    version = await hand.get("/versions/2")
    assert '<ins class="whole">Hold what newcomers from harbour.example' in version

    page = await hand.get("/undo")
    assert "Take back version 2" in page
    assert "somebody" not in await hand.post("/undo", 400, version="2", why="")
    await hand.post("/undo", 409, version="1", why="x")
    await hand.post("/undo", version="2", why="They were right.")
    assert (await in_force(world)).rules == ()
    assert "taken back" in await hand.get("/history")
    assert "nothing left to take back" in await hand.get("/undo")


async def test_a_decision_is_explained(world, hand):
    await hand.write(HARBOUR)
    await hand.post("/apply", do="apply", why="x")
    at = Arrival(
        activity_uri="https://harbour.example/9",
        activity_type="Create",
        actor_uri="https://harbour.example/users/rosa",
        hosts=("harbour.example",),
        at=clock.now(),
        text="Look at this",
        length=12,
        attachments=1,
        media_types=("image/png",),
        warnings=("sh",),
    )
    rules = ("instance: Newcomers with pictures", "domain harbour.example: limited")
    decision = Decision(Outcome.HOLD, rules, HARBOUR.reason, frozenset({"quiet"}), 2)
    direct = msgspec.structs.replace(at, visibility="direct", text="Only for you")
    async with acquire(world.pool) as db:
        number = await decisions.record(db, at, decision)
        private = await decisions.record(db, direct, decision)
    page = (await hand.browser.get(f"/desk/decisions/{number}")).text
    for said in (
        "a new post",
        "held",
        HARBOUR.reason,
        "Hold what newcomers from harbour.example send with pictures or other media.",
        "Kept quiet",
        'href="/desk/policy/rules/1"',
        'href="/desk/policy/versions/2"',
        "Self-harm",
        "image/png",
        "a stranger and a newcomer",
        "Look at this",
        "kept out of public lists",
    ):
        assert said in page, said
    assert "{" not in page.partition("<dl")[2].partition("</dl>")[0]
    assert "Only for you" not in (await hand.browser.get(f"/desk/decisions/{private}")).text
    for wrong in ("1", "x", "9" * 30):
        assert (await hand.browser.get(f"/desk/decisions/{wrong}")).status_code == 404


async def test_what_is_wrong_stands_beside_the_field_and_nothing_is_lost(world, hand):
    page = await hand.write(RuleText(name="", note="My note", when={"links_over": 3}), status=400)
    assert "Give the rule a name" in page
    assert "My note" in page
    assert 'aria-invalid="true"' in page
    page = await hand.write(RuleText(name="X", when={"matches": "(", "list": "none"}), status=400)
    assert "none" in page
    page = await hand.write(RuleText(name="X", when={"matches": "("}), status=400)
    assert 'id="when-matches-wrong"' in page
    await hand.write(HARBOUR)
    page = await hand.write(HARBOUR, status=400)
    assert "Another rule has this name" in page
    page = await hand.write(HARBOUR, "/rules/1", was="Gone away", status=409)
    assert "This rule is not there any more" in page
    assert "harbour.example" in page
    where = await hand.post("/rules/new", do="add.when", name="Half a rule", **{"add.when": "hours"})
    assert where == "/desk/policy/rules/new#when-hours"
    page = await hand.get("/rules/new")
    assert 'value="Half a rule"' in page
    assert 'name="when.hours.from"' in page
    assert "This is as you left it" in page
    await hand.post("/rules/new", do="forget")
    assert "Half a rule" not in await hand.get("/rules/new")


async def test_rules_are_changed_copied_switched_off_and_taken_away_in_the_draft(world, hand, root):
    for name in "abc":
        await hand.write(RuleText(name=name, when={"from": "elsewhere"}, then="hold"))
    await hand.post("/apply", do="apply", why="x")
    await hand.write(RuleText(name="b", when={"from": "here"}, then="hold", is_off=True), "/rules/2", was="b")
    assert await hand.post("/rules/3", do="copy", was="c") == "/desk/policy/rules/4"
    await hand.post("/rules/1", do="remove", was="a")
    page = await hand.get()
    for said in ("changed, not in force yet", "switched off", "taken away, but still in force", "c (2)"):
        assert said in page
    page = await hand.get("/discard")
    assert page.count("<del>") == 2
    async with acquire(world.pool) as db:
        draft = await policy_drafts.load(db, root.id, "instance")
    assert [rule.name for rule in draft.document.rules] == ["b", "c", "c (2)"]
    await hand.post("/discard")
    assert [rule.name for rule in (await in_force(world)).rules] == ["a", "b", "c"]
    assert "not in force yet" not in await hand.get()
    for number in ("0", "4", "x", "9" * 30):
        assert (await hand.browser.get(f"/desk/policy/rules/{number}")).status_code == 404


async def test_the_text_is_the_same_draft_and_stays_as_it_was_typed(world, hand):
    await hand.write(HARBOUR)
    page = await hand.get("/text")
    assert 'name = "Newcomers with pictures"' in page.replace("&#34;", '"')
    wrong = '[[rule]]\nname = "Mine"\nwhen = { sendr = "newcomer" }\nthen = "hold"\n# my remark'
    page = await hand.post("/text", 400, do="save", text=wrong)
    assert "Line 3:" in page
    assert "Did you mean “sender”?" in page
    assert "# my remark" in page
    assert "Nothing is wrong" in await hand.post("/text", 200, do="check", text=GOOD)
    assert "Mine" not in await hand.get()
    await hand.post("/text", do="save", text=GOOD)
    page = await hand.get()
    assert "Mine" in page
    assert "Newcomers with pictures" not in page


GOOD = """[[rule]]
name = "Mine"
scope = "instance"
when = { sender = "newcomer" }
then = "hold"
reason = "We look first."
"""


async def test_word_lists_are_made_asked_for_and_kept_while_a_rule_needs_them(world, hand):
    assert "There is no word list yet" in await hand.get("/words")
    await hand.post("/words", 400, name=" ")
    where = await hand.post("/words", name="hard words")
    assert where == "/desk/policy/words/one?list=hard%20words"
    page = await hand.post("/words/one?list=hard%20words", 400, do="save", phrases="x" * 300)
    assert "longer than 200" in page
    await hand.post("/words/one?list=hard%20words", do="save", phrases="one\n two  three \none\n", note="n")
    await hand.write(RuleText(name="Hold them", when={"list": "hard words"}, then="hold"))
    page = await hand.get("/words")
    assert "2 phrases" in page
    assert "asked for by: Hold them" in page
    page = await hand.post("/words/one?list=hard%20words", 409, do="remove", phrases="kept")
    assert "these rules still ask for this list: Hold them" in page
    await hand.post("/words", 409, name="hard words")
    await hand.post("/apply", do="apply", why="x")
    assert (await in_force(world)).words["hard words"].phrases == ("one", "two three")
    assert "<ins>two three</ins>" in await hand.get("/versions/2")


async def test_two_at_once_lose_nothing(world, hand):
    other = await world.signed_in(await world.member("rita", role="admin"))
    second = Hand(other, "/desk/policy", await token_of(other))
    shared = RuleText(name="Shared", when={"bot": True}, then="hold")
    await second.write(shared)
    assert "Shared: This rule gives no “reason”" in await second.get("/apply")
    await second.post("/apply", do="apply", why="Bots.")
    await hand.write(HARBOUR)
    await hand.write(msgspec.structs.replace(shared, then="refuse"), "/rules/1", was="Shared")
    await second.write(RuleText(name="Theirs", when={"poll": True}, then="hold"))
    await second.write(msgspec.structs.replace(shared, note="Since May"), "/rules/1", was="Shared")
    await second.post("/apply", do="apply", why="Polls.")
    page = await hand.post("/apply", 409, do="apply", why="Pictures.")
    assert "Something was changed in the meantime" in page
    assert "Theirs" in page
    assert 'value="Pictures."' in page
    assert await hand.post("/apply", do="rebase") == "/desk/policy/apply"
    await hand.post("/apply", do="apply", why="Pictures.")
    rules = (await in_force(world)).rules
    assert [rule.name for rule in rules] == ["Shared", "Theirs", HARBOUR.name]
    assert rules[0].then == "refuse"


async def test_a_try_says_what_would_end_and_when_it_is_not_about_the_draft_any_more(world, hand, village):
    group = await village.group()
    rosa = await village.remote("https://harbour.example/users/rosa")
    async with acquire(world.pool) as db:
        await follows.ask(db, rosa.id, group.actor.id, "https://harbour.example/follow")
        await follows.accept(db, rosa.id, group.actor.id, clock.now())
    assert "nothing to try" in await hand.post("/try", 400, days="1")
    await hand.post("/ways", mode="allow-list", consensus="2")
    where = await hand.post("/try", days="30")
    assert await Tries(world.pool).step()
    page = (await hand.browser.get(where)).text
    assert "This would end memberships" in page
    ahead = await hand.get("/apply")
    assert "This would end memberships" in ahead, "who does not try it is told as well, before it is done"
    assert "1 account there follows" in ahead
    assert "harbour.example" in page
    assert "1 account there follows" in page
    assert "You have changed something since" not in page
    await hand.post("/ways", mode="open", consensus="2")
    await hand.write(HARBOUR)
    assert "This would end" not in await hand.get("/apply"), "a rule ends no follow"
    assert "You have changed something since" in (await hand.browser.get(where)).text
    other = await world.signed_in(await world.member("rita", role="admin"))
    assert (await other.get(where)).status_code == 404
    where = await hand.post("/try", days="1")
    async with acquire(world.pool) as db:
        await policy_tries.fail(db, int(where.rpartition("/")[2]), "It broke.", clock.now())
    page = (await hand.browser.get(where)).text
    assert "could not be finished" in page
    assert "It broke." in page


async def test_how_we_begin_with_servers_is_part_of_the_draft(world, hand):
    await hand.post("/ways", 400, mode="closed", consensus="2")
    await hand.post("/ways", 400, mode="open", consensus="many")
    await hand.post("/ways", mode="allow-list", consensus="3")
    page = await hand.get("/apply")
    assert "only servers on the list are let in" in page
    await hand.post("/apply", do="apply", why="A storm.")
    assert (await in_force(world)).mode == "allow-list"


async def test_presets_and_pieces_become_ordinary_rules_of_the_group(world, carla, root):
    browser = await world.signed_in(carla)
    hand = Hand(browser, "/groups/night_owls/policy", await token_of(browser))
    everywhere = Hand(await world.signed_in(root), "/desk/policy", "")
    everywhere.token = await token_of(everywhere.browser)
    await everywhere.post("/words/one?list=for%20all", do="save", phrases="a phrase")
    await everywhere.post("/apply", do="apply", why="For all.")
    page = await hand.get("/presets")
    for title in ("Open door", "Calm", "Sheltered", "Sealed"):
        assert f"Use “{title}”" in page
    await hand.write(RuleText(name="My own", when={"bot": True}, then="hold"))
    await hand.post("/presets", preset="sheltered")
    await hand.post("/presets", preset="calm")
    await hand.write(RuleText(name="Shared words", when={"list": "for all"}, then="hold"))
    page = await hand.post("/presets", 400, block="words-to-hold", words=" ")
    assert "Something is missing" in page
    await hand.post("/presets", 400, block="max-links", number="many")
    await hand.post("/presets", 400, block="nothing")
    await hand.post("/presets", 400, preset="nothing")
    await hand.post("/presets", block="topics", hashtags="#sleep\ndreams")
    await hand.post("/presets", block="at-night", **{"hours.from": "23:00", "hours.to": "06:00"})
    await hand.post("/presets", block="warning-required", code="sh", words="one")
    await hand.post("/apply", do="apply", why="Calmer nights.")
    await hand.post("/text", 303, do="save", text=await typed(hand))
    rules = {rule.name: rule for rule in (await in_force(world)).rules}
    assert {rule.scope for rule in rules.values()} == {"group:night_owls"}
    assert list(rules) == [
        "My own", "First posts", "Pictures and other media", "Many links", "Slow mode", "Shared words",
        "Topics that need care", "At night", "Warning: Self-harm",
    ]  # fmt: skip
    assert rules["Topics that need care"].when["hashtag"] == ["sleep", "dreams"]
    assert rules["At night"].when["hours"] == "23:00-06:00"


async def test_traffic_is_filtered_and_turned_page_by_page(world, hand):
    numbers = [await arrived(world, number) for number in range(60)]
    await arrived(
        world, 99, hosts=("other.example",), actor_uri="https://other.example/u", activity_type="Like"
    )
    browser = hand.browser
    page = await browser.get("/desk/arrivals?host=other.example")
    assert page.text.count("/desk/decisions/") == 1
    assert "a like" in page.text
    assert (await browser.get("/desk/arrivals?kind=Like&days=1&outcome=accept")).text.count(
        "/decisions/"
    ) == 1
    assert "Nothing has arrived that fits." in (await browser.get("/desk/arrivals?rule=none")).text
    assert "Nothing has arrived that fits." in (await browser.get("/desk/arrivals?group=none&days=7")).text
    first = await browser.get("/desk/arrivals?host=harbour.example&before=x&after=" + "9" * 40)
    assert first.text.count("/desk/decisions/") == 50
    assert f"before={numbers[10]}" in first.text
    assert "Newer" not in first.text
    second = await browser.get(f"/desk/arrivals?host=harbour.example&before={numbers[10]}")
    assert second.text.count("/desk/decisions/") == 10
    assert "Older" not in second.text
    back = await browser.get(f"/desk/arrivals?host=harbour.example&after={numbers[9]}")
    assert back.text.count("/desk/decisions/") == 50
    assert f"/desk/decisions/{numbers[10]}" in back.text
