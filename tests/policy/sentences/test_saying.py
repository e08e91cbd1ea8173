"""Sentences are made of rules, so that they never say anything else."""

# ruff: noqa: E501  (sentences are not wrapped)

import re
from datetime import date

import pytest

from fediverse_support.core.models import LEVELS
from fediverse_support.policy import sentences
from fediverse_support.policy.conditions import CONDITIONS
from fediverse_support.policy.decisions import AMENDMENTS, Outcome
from fediverse_support.policy.document import RuleText
from fediverse_support.policy.sentences import noun_phrases, of_level, of_outcome, of_rule

EXAMPLES = {
    "actor": "@spam@a.example",
    "domain": ["a.example", "b.example"],
    "software": ["lemmy", "piefed"],
    "language": "de",
    "group": "night_owls",
    "activity": "Follow",
    "object": "Question",
    "words": ["one", "two words"],
    "list": "crisis",
    "matches": "https?://bit",
    "link_to": "shop.example",
    "hashtag": "#food",
    "media_type": "image",
    "warning": ["sh", "ed"],
    "hours": "22:00-07:00",
}
SPANS, NUMBERS = ("1d", "7d", "90m", "12h", "3w"), (0, 1, 2, 40)


def said(then="hold", **more):
    return of_rule(RuleText(name="x", then=then, **more))


def values(condition):
    """Some values for each kind of condition."""
    match condition.kind:
        case "flag":
            return True, False
        case "number":
            return NUMBERS
        case "span":
            return SPANS
        case "choice":
            return (*condition.choices, list(condition.choices))
        case _:
            return (EXAMPLES[condition.name],)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (
            {"when": {"sender": "newcomer", "domain": "mastodon.example", "has_media": True}, "expires": date(2027, 1, 31)},
            "Hold what newcomers from mastodon.example send with pictures or other media, until 31 January 2027.",
        ),
        ({}, "Hold everything."),
        ({"then": "refuse", "when": {"links_over": 3}}, "Do not take what comes with more than 3 links."),
        (
            {"then": "refuse", "answers": True, "when": {"domain": ["a.example", "b.example", "c.example"]}},
            "Do not take what comes from a.example, b.example or c.example, and tell the server that sent it.",
        ),
        (
            {"when": {"from": "elsewhere", "links_over": 0}, "unless": {"sender": ["approved", "member"]}},
            "Hold what comes from other servers with a link, except what approved people or members of the group send.",
        ),
        (
            {"then": "accept", "when": {"words": ["a", "b"]}, "amendments": ("sensitive", "warn:sh")},
            "Let in what comes with the words “a” or “b”, but marked as sensitive and with the warning “Self-harm”.",
        ),
        (
            {"when": {"sender": "stranger"}, "amendments": ("no-media",)},
            "Hold what strangers send, and let it in only without pictures and other media.",
        ),
        (
            {"scope": "group:night_owls", "when": {"hours": "22:00-07:00", "moderator_here": False}},
            "Hold what comes to the group night_owls between 22:00 and 07:00 while no moderator is here.",
        ),
        (
            {"when": {"reply": True, "thread_of": ["own", "moderator"], "sender": "warned"}},
            "Hold answers by people who were warned in their own thread or a moderator's thread.",
        ),
        ({"when": {"activity": "Follow", "sender": "stranger"}}, "Hold requests to join or follow by strangers."),
        ({"when": {"activity": ["Create", "Update"], "from": "here"}}, "Hold posts by people of this community."),
        (
            {"when": {"account_younger_than": "7d", "bot": True, "from": "elsewhere", "software": "lemmy"}},
            "Hold what comes from other servers that run lemmy from accounts that say that they are bots and "
            "that are younger than 7 days.",
        ),
        (
            {"when": {"domain": [f"{n}.example" for n in "abcdefg"], "poll": True}},
            "Hold what comes from a.example, b.example, c.example or one of 4 others with a poll.",
        ),
        (
            {"when": {"sender": "newcomer", "hour_rate_over": 9, "object": ["Question", "Event"]}},
            "Hold polls or events by newcomers after more than 9 others by the same sender within an hour.",
        ),
    ],
)  # fmt: skip
def test_a_rule_is_said_in_plain_words(rule, sentence):
    assert said(**rule) == sentence


@pytest.mark.parametrize("condition", CONDITIONS.values(), ids=str)
def test_every_condition_has_words_of_its_own_in_when_and_unless(condition):
    assert condition.name in noun_phrases.SAID
    found = set()
    for value in values(condition):
        for rule in ({"when": {condition.name: value}}, {"unless": {condition.name: value}}):
            sentence = said(**rule)
            assert re.fullmatch(r"Hold [^%{}]+\.", sentence), sentence
            assert not re.search(r"  | [,.]|None|\[|'[a-z]+'|_", sentence.replace("night_owls", "x")), (
                sentence
            )
            found.add(sentence)
    if condition.kind not in ("number",):
        assert len(found) == 2 * len(values(condition)), "different values are said differently"
    assert said(when={condition.name: values(condition)[0]}) != "Hold everything."


def test_every_condition_can_stand_beside_every_other():
    for one in CONDITIONS.values():
        for other in CONDITIONS.values():
            sentence = said(when={one.name: values(one)[0], other.name: values(other)[0]})
            assert "everything" not in sentence
            assert "  " not in sentence


def test_a_long_list_makes_no_long_sentence():
    for name in EXAMPLES:
        if name != "hours":
            assert len(said(when={name: [f"{n}.example" for n in range(10_000)]})) < 250, name


def test_no_veiled_value_is_told():
    for name, secret in EXAMPLES.items():
        hidden = [str(one) for one in (secret if isinstance(secret, list) else [secret])]
        for table in ("when", "unless"):
            rule = RuleText(name="x", then="hold", **{table: {name: secret}})
            sentence = of_rule(rule, veiled={name})
            if name in ("actor", "domain", "group", "words", "list", "matches", "link_to"):
                assert not any(one in sentence for one in hidden), sentence
                assert "certain" in sentence


def test_a_community_tells_others_in_its_own_voice():
    rule = RuleText(name="x", when={"bot": True}, then="refuse", answers=True)
    assert of_rule(rule, as_we=True) == (
        "We do not take what comes from accounts that say that they are bots, and tell the server that sent it."
    )
    held = RuleText(name="x", then="hold", amendments=("quiet",))
    assert of_rule(held, as_we=True) == "We hold everything, and let it in only kept out of public lists."


def test_levels_and_outcomes_have_words():
    assert of_level("blocked").startswith("No exchange at all")
    assert of_level("default", no_media=True) == "Pictures and other media from there are not taken."
    assert of_level("limited", True, True).count(".") == 3
    assert len({of_level(level) for level in LEVELS}) == len(LEVELS)
    assert len({of_outcome(outcome.word) for outcome in Outcome}) == 4
    assert (
        of_outcome("accept", ["quiet", "warn:food"])
        == "Let in, kept out of public lists and with the warning “food”"
    )
    assert of_outcome("refuse", ["quiet"]) == "Not taken"
    assert sentences.of_amendments(AMENDMENTS).count(",") == 2


def test_all_that_is_said_goes_through_the_translator():
    seen = []

    def shout(message):
        seen.append(message)
        return message.upper().replace("%(", "%(").replace(")S", ")s").replace(")D", ")d")

    names = re.compile(r"%\((\w+)\)")
    rule = RuleText(
        name="x",
        when={"sender": "newcomer", "links_over": 3, "account_younger_than": "7d"},
        unless={"has_media": False},
        then="hold",
        amendments=("quiet", "warn:sh"),
        expires=date(2027, 1, 31),
    )
    translated = of_rule(rule, lambda message: names.sub(lambda m: f"%({m[1].lower()})", shout(message)))
    assert translated == translated.upper()
    assert "newcomers" in seen
    assert "January" in seen
