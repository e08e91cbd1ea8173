"""Presets and blocks are ordinary rules: they compile, they can be read, and they do what they say."""

from datetime import UTC, datetime

import pytest

from fediverse_support.core.errors import Malformed
from fediverse_support.policy import file, presets, sentences
from fediverse_support.policy.arrivals import Arrival, Sender
from fediverse_support.policy.decisions import Outcome
from fediverse_support.policy.document import Document, Whole
from fediverse_support.policy.engine import compile_policy, judge
from fediverse_support.policy.presets import BUILDING_BLOCKS, PRESETS, expand

NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
ANSWERS = {
    "topics": {"hashtags": ["food"]},
    "words-to-hold": {"words": ["lamp"]},
    "warning-required": {"words": ["lamp"], "code": "ed"},
    "trusted-domains": {"domains": ["b.example"]},
}
STRANGER = Sender()
NEWCOMER = Sender(accepted=1, accepted_in_group=1)
KNOWN = Sender(accepted=50, accepted_in_group=50, first_accepted_at=datetime(2020, 1, 1, tzinfo=UTC))
MODERATOR = Sender(is_moderator=True, is_local=True)


def outcome(rules, sender=KNOWN, **facts):
    """What these rules say to a post for the group `owls`."""
    arrival = Arrival(
        **{
            "activity_uri": "https://b.example/1",
            "activity_type": "Create",
            "actor_uri": "https://b.example/ann",
            "hosts": () if sender.is_local else ("b.example",),
            "at": NOW,
            "sender": sender,
            "object_type": "Note",
            "group": "owls",
            "visibility": "open",
            "minute": 720,
            **facts,
        }
    )
    decision = judge(compile_policy(1, [], Document(rules=tuple(rules))), arrival)
    return decision.outcome if not decision.amendments else (decision.outcome, *sorted(decision.amendments))


def block(key, **answers):
    return [BUILDING_BLOCKS[key].rule("owls", ANSWERS.get(key, {}) | answers)]


A, H, R = Outcome.ACCEPT, Outcome.HOLD, Outcome.REFUSE


@pytest.mark.parametrize(
    ("key", "facts", "expected"),
    [
        ("first-posts", {"sender": NEWCOMER}, H),
        ("first-posts", {"sender": KNOWN}, A),
        ("first-posts", {"sender": MODERATOR}, A),
        ("first-posts", {"sender": STRANGER, "activity_type": "Follow", "object_type": ""}, A),
        ("first-posts", {"sender": STRANGER, "activity_type": "Announce"}, H),
        ("newcomers-from-elsewhere", {"sender": STRANGER}, H),
        ("newcomers-from-elsewhere", {"sender": Sender(is_local=True)}, A),
        ("media", {"sender": NEWCOMER, "attachments": 1}, H),
        ("media", {"sender": KNOWN, "attachments": 1}, A),
        ("media", {"sender": NEWCOMER}, A),
        ("topics", {"hashtags": ("Food",)}, H),
        ("topics", {"hashtags": ("other",)}, A),
        ("everyone", {}, H),
        ("everyone", {"sender": MODERATOR}, A),
        ("everyone", {"group": "larks"}, A),
        ("everyone", {"activity_type": "Like", "object_type": ""}, A),
        ("at-night", {"minute": 1400}, H),
        ("at-night", {"minute": 1400, "moderator_is_here": True}, A),
        ("at-night", {"minute": 720}, A),
        ("words-to-hold", {"text": "A LAMP!"}, H),
        ("words-to-hold", {"text": "lampoon"}, A),
        ("warning-required", {"text": "a lamp"}, (A, "warn:ed")),
        ("warning-required", {"text": "a lamp", "warnings": ("ed",)}, A),
        ("max-links", {"link_hosts": ("a.example",) * 4}, H),
        ("max-links", {"link_hosts": ("a.example",) * 3}, A),
        ("slow-mode", {"sender": Sender(**{"this_hour": 5, "accepted": 9})}, H),
        ("slow-mode", {"sender": Sender(**{"this_hour": 4, "accepted": 9})}, A),
        ("reply-rights", {"is_reply": True, "thread_of": "other"}, R),
        ("reply-rights", {"is_reply": True, "thread_of": "own"}, A),
        ("reply-rights", {"is_reply": True, "thread_of": "member", "sender": Sender(is_member=True)}, A),
        ("reply-rights", {}, A),
        ("newcomers-private-messages", {"sender": NEWCOMER, "visibility": "direct"}, R),
        ("newcomers-private-messages", {"sender": KNOWN, "visibility": "direct"}, A),
        ("newcomers-private-messages", {"sender": NEWCOMER}, A),
    ],
)
def test_a_block_does_what_it_says(key, facts, expected):
    assert outcome(block(key), **facts) == expected


def test_trusted_servers_pass_by_the_other_rules_of_the_group_only():
    rules = [*expand("sealed", "owls"), *block("trusted-domains")]
    assert outcome(rules) == A
    assert outcome(rules, hosts=("c.example",)) == H
    everywhere = rules[0].__class__(name="x", then="hold")
    assert outcome([*rules, everywhere]) == H, "a group is never looser than its community"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"sender": KNOWN}, (A, A, A, H)),
        ({"sender": STRANGER}, (A, H, H, H)),
        ({"sender": STRANGER, "attachments": 1}, (H, H, H, H)),
        ({"sender": KNOWN, "attachments": 1}, (A, A, H, H)),
        ({"sender": KNOWN, "link_hosts": ("a.example",) * 6}, (H, H, H, H)),
        ({"sender": KNOWN, "minute": 1400}, (A, A, H, H)),
        ({"sender": KNOWN, "is_reply": True, "thread_of": "other"}, (A, A, R, R)),
        ({"sender": MODERATOR, "attachments": 9}, (A, A, A, A)),
        ({"sender": NEWCOMER, "visibility": "direct"}, (A, H, R, R)),
    ],
)
def test_each_preset_is_at_least_as_careful_as_the_one_before(facts, expected):
    found = tuple(outcome(expand(key, "owls"), **facts) for key in PRESETS)
    assert found == expected
    assert list(found) == sorted(found)


def test_presets_and_blocks_are_ordinary_rules():
    assert list(PRESETS) == ["open-door", "calm", "sheltered", "sealed"]
    rules = [rule for key in PRESETS for rule in expand(key, "owls")]
    rules += [one.rule("owls", ANSWERS.get(key)) for key, one in BUILDING_BLOCKS.items()]
    for rule in rules:
        assert rule.scope == "group:owls"
        assert rule.reason
        whole = Whole(rules=(rule,))
        assert file.read(file.write(whole)) == whole
        assert sentences.of_rule(rule).endswith(".")
    for key in PRESETS:
        names = [rule.name for rule in expand(key, "owls")]
        assert len(set(names)) == len(names)
    assert all(one.sentence.endswith(".") for one in (*PRESETS.values(), *BUILDING_BLOCKS.values()))


def test_a_block_without_what_it_needs_is_no_rule():
    for key in ANSWERS:
        with pytest.raises(Malformed):
            BUILDING_BLOCKS[key].rule("owls")
    with pytest.raises(KeyError):
        presets.expand("nothing", "owls")
