"""What everybody reads about the policy is made of the policy, and never holds what is nobody's business."""

# ruff: noqa: E501  (one rule to a line)

import hashlib
import json
from datetime import date

import pytest

from fediverse_support.community.house import transparency
from fediverse_support.core import clock
from fediverse_support.database import policy_versions
from fediverse_support.database.pool import acquire
from fediverse_support.moderation import ladder
from fediverse_support.policy.document import Document, DomainText, RuleText, WordList

CANARY = "quokka"
RULES = (
    RuleText(
        name=f"{CANARY} name",
        when={"sender": "stranger", "has_media": True},
        then="hold",
        reason="Pictures from people we have not met are looked at first.",
        note=f"{CANARY} note",
        expires=date(2999, 1, 31),
    ),
    RuleText(name="words", when={"words": [CANARY], "list": f"{CANARY} list"}, then="hold", reason="We look first."),
    RuleText(name="pattern", when={"matches": CANARY}, unless={"actor": f"@{CANARY}@a.example"}, then="refuse"),
    RuleText(name="groups", when={"group": ["cellar", "open_house"], "bot": True}, then="refuse"),
    RuleText(name="hidden server", when={"domain": f"sub.{CANARY}.example", "poll": True}, then="refuse"),
    RuleText(name="above it", when={"link_to": f"below.{CANARY}-two.example", "quote": True}, then="refuse"),
    RuleText(name="open server", when={"domain": "loud.example"}, then="accept", amendments=("warn:sh",)),
    RuleText(name="off", when={"language": "xx"}, then="refuse", is_off=True),
    RuleText(name="over", when={"language": "yy"}, then="refuse", expires=date(2020, 1, 1)),
    RuleText(name="ours", scope="group:open_house", when={"links_over": 3}, then="hold", reason="Calmly."),
    RuleText(name="theirs", scope="group:cellar", when={"links_over": 7}, then="hold", reason=f"{CANARY} reason"),
    RuleText(name="quiet", scope="group:quiet", when={"links_over": 8}, then="hold", reason=f"{CANARY} reason"),
)  # fmt: skip
DOMAINS = {
    "bad.example": DomainText(level="blocked", reason="Harassment.", note=f"{CANARY} note"),
    "loud.example": DomainText(level="limited", no_media=True),
    f"{CANARY}.example": DomainText(level="blocked", shown="hidden", reason=f"{CANARY} reason"),
    f"{CANARY}-two.example": DomainText(level="held", shown="partly", reason="Spam."),
    "friend.example": DomainText(level="trusted"),
    "odd.example": DomainText(no_reports=True),
    "plain.example": DomainText(level="default", note=f"{CANARY}"),
}


@pytest.fixture
async def told(world, village):
    """A policy with many secrets in it."""
    await village.group("open_house", title="Open house")
    await village.group("cellar", title="Cellar", seeing="members", joining="invite")
    await village.group("quiet", title="Quiet", reach="quiet")
    words = {f"{CANARY} list": WordList(phrases=(CANARY,))}
    async with acquire(world.pool) as db, db.transaction():
        await ladder.put(db, world.site, DOMAINS, by=None, why=f"{CANARY} why", now=clock.now())
        await ladder.exclude(
            db, world.site, {"kept.example": f"{CANARY} why"}, by=None, why="", now=clock.now()
        )
        document = Document(rules=RULES, words=words)
        await policy_versions.begin(db, by=None, why=f"{CANARY} why", document=document)
    return world


async def test_everybody_reads_what_is_so_and_nobody_a_secret(told, ada, village):
    ada_moderates = await told.member("mona", role="moderator")
    page = (await told.browser().get("/about/policy")).text
    for here in (
        "We hold what strangers send with pictures or other media, until 31 January 2999.",
        "Pictures from people we have not met are looked at first.",
        "We hold what comes with certain words and with words of certain lists.",
        "We do not take what comes with words of a certain pattern, except what comes from certain people.",
        "We do not take what comes to certain groups from accounts that say that they are bots.",
        "We do not take what comes from certain servers with a poll.",
        "We do not take what comes with links to certain servers and with a quote of another post.",
        "We let in what comes from loud.example, but with the warning “Self-harm”.",
        "Open house", "We hold what comes with more than 3 links.", "Calmly.",
        "<strong><bdi>bad.example</bdi></strong>: Harassment.",
        "Pictures and other media from there are not taken.",
        "Reports from there are not taken.",
        "quo*******.****ple",
        "One server is not named here",
        "Mona",
        'href="/about/policy.json"',
    ):  # fmt: skip
        assert here in page, here
    for other in (
        "plain.example",
        "kept.example",
        "more than 7 links",
        "more than 8 links",
        "“xx”",
        "“yy”",
        "cellar",
    ):
        assert other not in page, other
    machine = (await told.browser().get("/about/policy.json")).text
    member = (await (await told.signed_in(ada)).get("/about/policy")).text
    staff = (await (await told.signed_in(ada_moderates)).get("/about/policy")).text
    for text in (page, machine, member, staff):
        assert CANARY not in text
        assert "cellar" not in text.lower()
    assert "Halte" not in page
    german = (await told.browser().get("/about/policy", **{"accept-language": "de"})).text
    assert CANARY not in german


async def test_programs_read_the_same_in_a_stable_form(told):
    browser = told.browser()
    answer = await browser.get("/about/policy.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    body = answer.json()
    assert {**body, "rules": 0, "domains": 0, "digest": 0, "version": 0} == {
        "digest": 0, "version": 0, "community": "garden.example", "mode": "open", "page": 1, "pages": 1,
        "next": None, "rules": 0, "domains": 0, "hidden": {"blocked": 1},
    }  # fmt: skip
    rest = {name: value for name, value in body.items() if name != "digest"}
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert body["digest"] == hashlib.sha256(canonical.encode()).hexdigest()
    assert body["rules"][0] == {
        "group": None,
        "sentence": "We hold what strangers send with pictures or other media, until 31 January 2999.",
        "outcome": "hold",
        "amendments": [],
        "reason": "Pictures from people we have not met are looked at first.",
        "until": "2999-01-31",
    }
    assert [rule["group"] for rule in body["rules"] if rule["group"]] == [
        "https://garden.example/groups/open_house"
    ]
    by_name = {domain["domain"]: domain for domain in body["domains"]}
    assert by_name["bad.example"] == {
        "domain": "bad.example",
        "digest": hashlib.sha256(b"bad.example").hexdigest(),
        "severity": "suspend",
        "level": "blocked",
        "reject_media": False,
        "reject_reports": False,
        "comment": "Harassment.",
        "list": None,
    }
    assert (by_name["loud.example"]["severity"], by_name["loud.example"]["reject_media"]) == ("silence", True)
    assert by_name["friend.example"]["severity"] == by_name["odd.example"]["severity"] == "noop"
    partly = by_name["quo*******.****ple"]
    assert partly["digest"] == hashlib.sha256(f"{CANARY}-two.example".encode()).hexdigest()
    assert len(by_name) == 5
    again = await browser.get("/about/policy.json", **{"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for wrong in ("0", "2", "x", "-1", "1e3", "99999", "1%00"):
        assert (await browser.get(f"/about/policy.json?page={wrong}")).status_code == 404


async def test_a_long_policy_is_told_page_by_page(told, monkeypatch):
    monkeypatch.setattr(transparency, "DOMAINS_OF_A_PAGE", 2)
    monkeypatch.setattr(transparency, "RULES_OF_A_PAGE", 4)
    monkeypatch.setattr(transparency, "DOMAINS_SHOWN", 1)
    browser = told.browser()
    found, path = [], "https://garden.example/about/policy.json"
    while path:
        body = (await browser.get(path)).json()
        found.append(body)
        path = body["next"]
    assert [body["page"] for body in found] == [1, 2, 3]
    assert len({domain["digest"] for body in found for domain in body["domains"]}) == 5
    assert len({rule["sentence"] for body in found for rule in body["rules"]}) == 8
    async with acquire(told.pool) as db, db.transaction():
        more = {f"{letter}.example": DomainText(level="blocked") for letter in "abc"}
        await ladder.put(db, told.site, more, by=None, why="", now=clock.now())
    page = (await browser.get("/about/policy")).text
    assert "And 4 more rules" in page
    assert "And 3 more, which stand" in page


async def test_the_page_follows_the_policy(told):
    async with acquire(told.pool) as db, db.transaction():
        document = Document(rules=(RuleText(name="x", when={"bot": True}, then="hold"),), mode="allow-list")
        await policy_versions.begin(db, by=None, why="", document=document)
        await db.execute("update community set federation_mode = 'allow-list'")
    page = (await told.browser().get("/about/policy")).text
    assert "We hold what comes from accounts that say that they are bots." in page
    assert "strangers send" not in page
    assert "only with servers that it knows by name" in page
    assert (await told.browser().get("/about/policy.json")).json()["mode"] == "allow-list"


def test_a_name_shown_in_part_is_no_name():
    for name in ("a.b", "ab.example", "a-long-name.of.some.example"):
        stars = transparency.starred(name)
        assert len(stars) == len(name)
        assert stars.count(".") == name.count(".")
        assert "*" in stars or len(name) < 4
