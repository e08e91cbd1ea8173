"""Findings: what they say is so, and what can be said is found."""

# ruff: noqa: E501  (one case to a line)

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediverse_support.policy import file, findings, presets
from fediverse_support.policy.arrivals import Arrival, Sender
from fediverse_support.policy.document import INSTANCE, Document, RuleText, WordList
from fediverse_support.policy.engine import compile_policy, judge
from fediverse_support.policy.findings import Known, check, of_document
from fediverse_support.policy.findings.rules import of_needless_accepts, of_rules
from fediverse_support.policy.findings.shadowing import shadows

TODAY = date(2027, 1, 1)
NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
WORDS = {
    "few": WordList(phrases=("lamp", "two lamps")),
    "none": WordList(phrases=()),
    "theirs": WordList(phrases=("x",), scope="group:owls"),
}
KNOWN = Known(
    groups=frozenset({"owls", "larks"}),
    lists={"one": frozenset({"a.example", "b.example"}), "two": frozenset({"b.example"})},
    domain="garden.example",
    words=WORDS,
    today=TODAY,
)


def rule(name="x", then="hold", **more):
    return RuleText(**{"name": name, "then": then, "reason": "We look first.", **more})


def said(*rules):
    """(weight, sentence) of what is found about these rules, without what is said of the word lists."""
    found = of_document(Document(rules=rules, words=WORDS), KNOWN)
    return [
        (one.weight, one.what)
        for one in found
        if "word list “none” is empty" not in one.what and "lamps" not in one.what
    ]


def test_a_good_rule_is_left_in_peace():
    assert said(rule(when={"sender": "newcomer", "list": "few"}, expires=TODAY)) == []
    for preset in presets.PRESETS:
        assert said(*presets.expand(preset, "owls")) == [], preset


@pytest.mark.parametrize(
    ("given", "weight", "words"),
    [
        ({"when": {"list": "fewer"}}, "error", "did you mean “few”?"),
        ({"when": {"list": "theirs"}}, "error", "another group"),
        ({"when": {"matches": "(a"}}, "error", "bracket"),
        ({"when": {"matches": "(?=a)"}}, "error", "look ahead"),
        ({"when": {"account_younger_than": "soon"}}, "error", "such as 90m"),
        ({"when": {"hours": "08:00-08:00"}}, "error", "begin when they end"),
        ({"when": {"words": "\u200b"}}, "error", "can be seen"),
        ({"when": {"warning": "xx"}}, "error", "not known"),
        ({"when": {"sender": "stranger", "from": "here"}}, "warning", "“from”"),
        ({"when": {"domain": "b.example", "from": "here"}}, "warning", "exclude each other"),
        ({"when": {"software": "lemmy", "from": "here"}}, "warning", "exclude each other"),
        ({"when": {"sender": "stranger", "accepted_before": True}}, "warning", "exclude each other"),
        ({"when": {"accepted_before": True, "accepted_under": 1}}, "warning", "exclude each other"),
        ({"when": {"accepted_under": 0}}, "warning", "nothing is under 0"),
        ({"when": {"followers_under": 0}}, "warning", "nothing is under 0"),
        ({"when": {"has_media": False, "attachments_over": 2}}, "warning", "exclude each other"),
        ({"when": {"has_media": False, "media_type": "image"}}, "warning", "exclude each other"),
        ({"when": {"has_media": False, "alt_missing": True}}, "warning", "exclude each other"),
        ({"when": {"reply": False, "thread_of": "own"}}, "warning", "exclude each other"),
        ({"when": {"has_warning": False, "warning": "sh"}}, "warning", "exclude each other"),
        ({"when": {"activity": "Like", "words": "x"}}, "warning", "exclude each other"),
        ({"when": {"activity": ["Follow", "Like"], "links_over": 0}}, "warning", "exclude each other"),
        ({"when": {"activity": ["Delete", "Undo"]}}, "warning", "never held or refused"),
        ({"when": {"activity": "Flag"}}, "warning", "never held or refused"),
        ({"scope": "group:owls", "when": {"group": "larks"}}, "warning", "exclude each other"),
        ({"when": {"sender": "stranger"}, "unless": {"sender": "newcomer"}}, "warning", "excepts everything"),
        ({"when": {"sender": "moderator"}, "unless": {"sender": "known"}}, "warning", "excepts everything"),
        ({"when": {"links_over": 5}, "unless": {"links_over": 3}}, "warning", "excepts everything"),
        ({"when": {"domain": "a.b.example"}, "unless": {"domain": "b.example"}}, "warning", "excepts everything"),
        ({"when": {"words": "two lamps"}, "unless": {"list": "few"}}, "warning", "excepts everything"),
        ({"when": {"list": "none"}}, "warning", "word list is empty"),
        ({"scope": "group:owl"}, "warning", "no group “owl” here. Did you mean “owls”?"),
        ({"when": {"group": ["owls", "wolves"]}}, "warning", "no group “wolves” here."),
        ({"expires": date(2026, 12, 31)}, "warning", "ended on 2026-12-31"),
        ({"then": "refuse", "amendments": ("quiet",)}, "warning", "“with” does nothing"),
        ({"then": "accept", "when": {"sender": "known"}, "priority": -1}, "warning", "This rule does nothing"),
        ({"then": "accept", "scope": "group:owls", "priority": 5}, "warning", "This rule does nothing"),
        ({"review": date(2027, 1, 1)}, "hint", "looked at again on 2027-01-01"),
        ({"name": "The raid of last night"}, "hint", "for a while"),
        ({"note": "Temporarily."}, "hint", "for a while"),
        ({"reason": " "}, "hint", "no “reason”"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_one_rule_is_said(given, weight, words):
    found = said(rule(**given))
    assert len(found) == 1, found
    assert found[0][0] == weight
    assert words in found[0][1]


@pytest.mark.parametrize(
    "given",
    [
        {"when": {"sender": ["stranger", "member"], "from": "here"}},
        {"scope": "group:owls", "when": {"accepted_before": True, "accepted_under": 1}},
        {"when": {"activity": ["Create", "Like"], "words": "x"}},
        {"when": {"activity": ["Create", "Delete"]}},
        {"when": {"has_media": True, "attachments_over": 2, "media_type": "image"}},
        {"when": {"sender": "newcomer"}, "unless": {"sender": "stranger"}},
        {"when": {"sender": "stranger"}, "unless": {"sender": "newcomer", "has_media": True}},
        {"then": "accept", "when": {"sender": "known"}, "priority": 1},
        {"then": "accept", "when": {"sender": "known"}, "amendments": ("quiet",)},
        {"is_off": True, "expires": date(2020, 1, 1)},
        {"then": "accept", "name": "Until the raid ends", "amendments": ("quiet",)},
        {"name": "Raid", "review": date(2027, 2, 1)},
    ],
)
def test_what_only_looks_wrong_is_not_said(given):
    assert said(rule(**given)) == []


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ({"then": "refuse", "when": {"links_over": 3}}, {"when": {"links_over": 4, "bot": True}}, "does this already"),
        ({"when": {"sender": "newcomer"}}, {"when": {"sender": "stranger"}, "priority": -3}, "does this already"),
        ({"when": {"domain": "b.example"}}, {"when": {"domain": ["a.b.example", "b.example"]}}, "does the same"),
        ({"when": {"words": "lamp"}}, {"when": {"words": ["a lamp", "lamp oil"]}}, "does this already"),
        ({"when": {"hours": "22:00-07:00"}}, {"when": {"hours": "23:00-01:00"}}, "does this already"),
        ({"when": {"media_type": "image"}}, {"when": {"media_type": "image/png"}}, "does this already"),
        ({"when": {"has_media": True}}, {"when": {"attachments_over": 3}}, "does this already"),
        ({}, {"when": {"language": "pt-BR"}, "amendments": ()}, "does this already"),
        ({"unless": {"sender": "known"}}, {"unless": {"sender": "known"}, "when": {"bot": True}}, "does this already"),
        ({"then": "refuse", "when": {"bot": True}}, {"when": {"bot": True}}, "The more severe of the two counts"),
        ({"when": {"bot": True}}, {"then": "accept", "when": {"bot": True}}, "The more severe of the two counts"),
        ({"when": {"bot": True}}, {"when": {"bot": True}}, "does the same"),
        ({"when": {}}, {"then": "accept", "when": {"bot": True}, "amendments": ("quiet",)}, "lets nothing in"),
        ({"then": "accept", "when": {"sender": "known"}, "priority": 9}, {"when": {"sender": "moderator"}}, "never asked"),
    ],
)  # fmt: skip
def test_of_two_rules_the_one_without_effect_is_named(first, second, words):
    for rules in (
        (rule("one", **first), rule("two", **second)),
        (rule("two", **second), rule("one", **first)),
    ):
        warnings = [what for weight, what in said(*rules) if weight == "warning"]
        assert len(warnings) == 1, warnings
        assert words in warnings[0]
        if words != "does the same":
            assert "“one”" in warnings[0]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"when": {"links_over": 4}}, {"when": {"links_over": 3}}),
        ({"when": {"bot": True}}, {"then": "refuse", "when": {"bot": True, "poll": True}}),
        ({"when": {"bot": True}}, {"when": {"bot": True, "poll": True}, "amendments": ("quiet",)}),
        ({"when": {"bot": True}, "priority": -1}, {"when": {"bot": True, "poll": True}}),
        ({"when": {"bot": True}, "expires": TODAY}, {"when": {"bot": True, "poll": True}}),
        ({"when": {"bot": True}, "unless": {"poll": True}}, {"when": {"bot": True, "quote": True}}),
        ({"when": {"bot": True}, "scope": "group:owls"}, {"when": {"bot": True, "poll": True}}),
        ({"when": {"bot": True}, "is_off": True}, {"when": {"bot": True, "poll": True}}),
        ({"when": {"domain": "a.example"}}, {"when": {"domain": ["a.example", "b.example"]}}),
        ({"when": {"domain": "b.example"}}, {"when": {"domain": "ab.example"}}),
        ({"when": {"words": "lamp"}}, {"when": {"words": "lampoon"}}),
        ({"when": {"sender": "stranger"}}, {"when": {"sender": "newcomer"}}),
        ({"then": "accept", "when": {"bot": True}, "priority": 1}, {"when": {"bot": True}, "priority": 1, "then": "accept", "amendments": ("quiet",)}),
    ],
)  # fmt: skip
def test_of_two_rules_that_both_count_neither_is_blamed(first, second):
    blamed = [
        what for weight, what in said(rule("one", **first), rule("two", **second)) if weight == "warning"
    ]
    assert not [what for what in blamed if "“one”" in what]


# What is found is so -----------------------------------------------------------------------------------

PARTS = {
    "sender": ["stranger", "newcomer", "known", "approved", "moderator", ["stranger", "member"]],
    "from": ["here", "elsewhere"],
    "domain": ["b.example", "a.b.example", ["a.b.example", "c.example"]],
    "software": ["lemmy"],
    "accepted_before": [True, False],
    "accepted_under": [0, 1, 3],
    "activity": ["Create", "Like", ["Create", "Like"], "Delete"],
    "reply": [True, False],
    "thread_of": ["own", ["own", "member"]],
    "words": ["lamp", "two lamp", ["lamp", "oil"]],
    "list": ["few"],
    "links_over": [0, 2],
    "link_to": ["b.example", "a.b.example"],
    "has_media": [True, False],
    "attachments_over": [0, 1],
    "media_type": ["image", "image/png"],
    "alt_missing": [True, False],
    "has_warning": [True, False],
    "warning": ["sh"],
    "hours": ["22:00-07:00", "23:00-01:00"],
    "group": ["owls", "larks"],
}
CASES = st.lists(st.sampled_from(list(PARTS)), max_size=2, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: st.sampled_from(PARTS[name]) for name in names})
)
RULES = st.lists(
    st.builds(
        rule,
        name=st.sampled_from("abcd"),
        scope=st.sampled_from([INSTANCE, INSTANCE, "group:owls"]),
        when=CASES,
        unless=st.just({}) | CASES,
        then=st.sampled_from(["accept", "hold", "refuse"]),
        amendments=st.sampled_from([(), (), ("quiet",)]),
        priority=st.integers(-1, 1),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda one: (one.scope, one.name),
)


@st.composite
def arrivals(draw):
    """Arrivals as they can be: what follows from something else follows."""
    is_local = draw(st.booleans())
    accepted = draw(st.integers(0, 4))
    is_post = draw(st.booleans())
    media = draw(st.lists(st.sampled_from(["image/png", "audio/ogg"]), max_size=2)) if is_post else []
    links = (
        draw(st.lists(st.sampled_from(["b.example", "x.a.b.example", "c.example"]), max_size=3))
        if is_post
        else []
    )
    host = draw(st.sampled_from(["b.example", "x.a.b.example", "c.example"]))
    thread_of = draw(st.sampled_from(["", "own", "member", "other"])) if is_post else ""
    warnings = draw(st.sampled_from([(), ("sh",)])) if is_post else ()
    return Arrival(
        activity_uri="https://b.example/1",
        activity_type="Create" if is_post else "Like",
        actor_uri=f"https://{'garden.example' if is_local else host}/ann",
        hosts=() if is_local else (host,),
        at=NOW,
        sender=Sender(
            is_local=is_local,
            software="" if is_local else "lemmy",
            accepted=accepted,
            accepted_in_group=draw(st.integers(0, accepted)),
            first_accepted_at=NOW - timedelta(days=draw(st.sampled_from([1, 30]))) if accepted else None,
            is_member=draw(st.booleans()),
            is_moderator=draw(st.booleans()),
            is_approved=draw(st.booleans()),
        ),
        group=draw(st.sampled_from(["", "owls", "larks"])),
        is_reply=bool(thread_of) or (is_post and draw(st.booleans())),
        thread_of=thread_of,
        text=draw(st.sampled_from(["", "lamp", "two lamp oil", "oil", "two lamps"])) if is_post else "",
        content_warning="x" if is_post and draw(st.booleans()) else "",
        warnings=warnings,
        link_hosts=tuple(links),
        attachments=len(media),
        media_types=tuple(media),
        without_alt=draw(st.integers(0, len(media))),
        minute=draw(st.sampled_from([0, 60, 400, 700, 1350, 1400])),
    )


def decided(rules, arrived):
    """What these rules say; of a refusal nobody sees what would have been added."""
    policy = compile_policy(1, [], Document(rules=tuple(rules), words=WORDS))
    decisions = [judge(policy, arrival) for arrival in arrived]
    return [(one.outcome, one.lets_in and one.amendments) for one in decisions]


@settings(max_examples=100)
@given(RULES, st.lists(arrivals(), min_size=1, max_size=6))
def test_a_rule_of_which_it_is_said_that_it_does_nothing_does_nothing(rules, arrived):
    blamed: set[int] = set()

    def say(weight, path, form, /, **values):
        if weight == "warning" and any(word in form for word in ("never", "does nothing:")):
            blamed.add(path[1])

    usable = of_rules(rules, WORDS, {"owls", "larks"}, TODAY, say)
    of_needless_accepts(rules, usable, (), say)
    found, is_all = shadows([(place, rules[place]) for place in usable], WORDS)
    assert is_all
    # Rules may shadow each other in turn; one at a time may be taken away.
    for place in blamed | {shadow.rule for shadow in found}:
        others = [one for at, one in enumerate(rules) if at != place]
        assert decided(others, arrived) == decided(rules, arrived), rules[place]


# Files, lists, domains ---------------------------------------------------------------------------------

FILE = """\
# written by a person
[domains]
"bad.example" = { level = "blocked", reason = "x" }
"a.bad.example" = { level = "blocked", reason = "x" }
"b.bad.example" = { level = "held", reason = "x" }
"garden.example" = { level = "held", reason = "x" }
"co.uk" = { level = "held", reason = "x" }
"192.0.2.1" = { level = "held", reason = "x" }
"Bad.Example." = { level = "held", reason = "x" }
"b.example" = { level = "held" }
"c.example" = { level = "held", reason = "x", expires = 2026-01-01 }
"d.example" = { level = "held", reason = "x", review = 2026-01-01 }

[lists.x]
url = "https://l.example"
[lists.y]
url = "https://l.example"
[lists.z]
url = "http://m.example"

[words.some]
phrases = ["two lamps",
  "lamps",
  "\\u200b",
]
scope = "group:gone"

[[rule]]
name = "a"
then = "hold"
reason = "x"
when = { list = "some" }
[[rule]]
name = "b"
then = "hold"
reason = "x"
when = { bot = true }
[[rule]]
name = "c"
then = "hold"
reason = "x"
when = { bot = true }
"""


def test_every_finding_about_a_file_has_its_line():
    found = [(one.line, one.weight) for one in check(FILE, KNOWN)]
    assert found == [
        (1, "hint"),
        (2, "hint"),
        (2, "hint"),
        (4, "hint"),
        (6, "error"),
        (7, "warning"),
        (8, "error"),
        (9, "error"),
        (10, "hint"),
        (11, "warning"),
        (12, "hint"),
        (14, "hint"),
        (17, "warning"),
        (19, "warning"),
        (22, "hint"),
        (24, "error"),
        (26, "warning"),
        (32, "error"),
        (38, "warning"),
    ]
    by_line = {one.line: one for one in check(FILE, KNOWN)}
    assert "our own domain" in by_line[6].what
    assert str(by_line[38]).startswith("line 38: warning: “b” (line 33) does the same")
    assert " (Zeile 33) " in by_line[38].said(
        lambda form: form.replace("line", "Zeile", 1) if form[:2] == " (" else form
    )
    assert by_line[26].said(lambda form: form.replace("here.", "dort.")) == "There is no group “gone” dort."


def test_a_file_that_cannot_be_read_gives_its_errors_and_nothing_else():
    found = check("# x\n[domains]\n'a' = 1\n", KNOWN)
    assert [(one.line, one.weight) for one in found] == [(3, "error")]
    assert "512 KiB" in check("#" * 600_000, KNOWN, file.LARGEST_IN_BROWSER)[0].what


def test_a_file_that_speaks_of_no_words_uses_those_in_force():
    text = '[[rule]]\nname = "a"\nthen = "hold"\nreason = "x"\nwhen = { list = "few" }\n'
    assert check(text, KNOWN) == []
    assert [one.line for one in check(f"words = {{}}\n{text}", KNOWN)] == [6]


def test_what_an_export_has_made_is_no_comment_of_a_person():
    whole = file.read('[[rule]]\nname = "a"\nthen = "hold"\nreason = "x"\nwhen = { bot = true }\n')
    assert check(file.write(whole), KNOWN) == []


def test_two_rules_with_one_name_are_an_error_in_one_scope_only():
    twice = rule("x", when={"bot": True}), rule("x", when={"poll": True})
    assert ("error", "Another rule is called “x” too.") in said(*twice)
    assert said(twice[0], msgspec.structs.replace(twice[1], scope="group:owls")) == []


def test_thousands_of_rules_are_compared_in_time_that_grows_with_their_number():
    """By the work done, not the clock: with other domains there is nothing to compare."""
    many = tuple(rule(f"r{n}", when={"domain": f"d{n}.example", "bot": True}) for n in range(2_000))
    found, is_all = shadows(list(enumerate(many)), {})
    assert (found, is_all) == ([], True)
    alike = tuple(rule(f"r{n}", when={"links_over": n}) for n in range(1_500))
    _, is_all = shadows(list(enumerate(alike)), {})
    assert not is_all
    hints = [one.what for one in of_document(Document(rules=alike), KNOWN)]
    assert any("too many rules" in what for what in hints)
    assert len(hints) <= findings.MOST_FINDINGS
