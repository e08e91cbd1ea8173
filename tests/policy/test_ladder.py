"""The ladder: which entry covers a host, flags, the allow-list, and what it says to an arrival."""

from datetime import UTC, datetime

import pytest

from fediverse_support.core.models import Level
from fediverse_support.policy.arrivals import Arrival
from fediverse_support.policy.decisions import Outcome
from fediverse_support.policy.document import Document, RuleText
from fediverse_support.policy.engine import ONLY_BLOCKED, compile_policy, judge
from fediverse_support.policy.ladder import Ladder, Rung, ladder_of

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SPELLINGS = ("b.example", "B.Example", "b.example.", "b.example:8443", "deep.below.b.example", " b.example ")


def arrival(*hosts: str, kind: str = "Create") -> Arrival:
    return Arrival(activity_uri="u", activity_type=kind, actor_uri="https://a.test/u", hosts=hosts, at=NOW)


@pytest.mark.parametrize("host", SPELLINGS)
@pytest.mark.parametrize("domain", ["b.example", "B.EXAMPLE.", "b.example:443"])
def test_how_a_host_is_written_never_matters(host: str, domain: str) -> None:
    ladder = ladder_of([Rung(domain, "blocked")])
    assert ladder.blocks(host)
    assert ladder.level(host) == "blocked"


def test_a_name_that_only_ends_alike_is_another() -> None:
    ladder = ladder_of([Rung("b.example", "blocked")])
    for host in ("xb.example", "example", "", ".", "[::1]:443", "b.example.evil.test"):
        assert not ladder.blocks(host)
        assert ladder.level(host) == "default"


def test_international_names_are_found_in_either_form() -> None:
    for domain in ("bücher.example", "xn--bcher-kva.example", "BÜCHER.example"):
        ladder = ladder_of([Rung(domain, "held")])
        for host in ("bücher.example", "XN--BCHER-KVA.example", "a.bücher.example:8443", "bücher。example"):
            assert ladder.level(host) == "held"


def test_what_is_no_name_at_all_stands_for_nothing() -> None:
    assert ladder_of([Rung("ü..example", "blocked"), Rung("", "blocked")]).of("a.example") is None


def test_the_most_specific_entry_decides_its_flags_too() -> None:
    ladder = ladder_of([Rung("b.example", "blocked", no_reports=True), Rung("kind.b.example", "default")])
    assert not ladder.blocks("x.kind.b.example")
    assert ladder.takes_reports("kind.b.example")
    assert not ladder.takes_reports("b.example")


def test_on_an_allow_list_only_those_come_in_who_are_let_in() -> None:
    ladder = ladder_of(
        [
            Rung("in.example", "allowed", admits=True),
            Rung("bad.in.example", "blocked", admits=False),
            Rung("limited.in.example", "limited"),
            Rung("listed.example", "limited"),
        ],
        "allow-list",
    )
    expected = {
        "in.example": False,
        "www.in.example": False,
        "limited.in.example": True,
        "bad.in.example": True,
        "listed.example": True,
        "unknown.example": True,
    }
    assert {host: ladder.blocks(host) for host in expected} == expected
    assert ladder.level("unknown.example") == "blocked"
    assert not ladder.takes_reports("unknown.example")
    decision = judge(
        compile_policy(1, ladder.rungs.values(), Document(mode="allow-list")), arrival("unknown.example")
    )
    assert decision.outcome is Outcome.BLOCK
    assert decision.rules == ("allow-list: unknown.example",)


def test_an_allow_list_keeps_nothing_out_that_is_from_here() -> None:
    assert judge(compile_policy(1, [], Document(mode="allow-list")), arrival()).outcome is Outcome.ACCEPT


def test_on_an_allow_list_every_server_that_has_a_part_in_it_must_be_let_in() -> None:
    policy = compile_policy(1, [Rung("in.example", "allowed", admits=True)], Document(mode="allow-list"))
    assert judge(policy, arrival("in.example", "out.example")).outcome is Outcome.BLOCK


@pytest.mark.parametrize("kind", sorted(ONLY_BLOCKED))
def test_what_takes_back_or_answers_is_stopped_by_a_block_alone(kind: str) -> None:
    rules = (RuleText(name="everything", then="refuse"),)
    policy = compile_policy(
        1, [Rung("h.example", "held"), Rung("b.example", "blocked")], Document(rules=rules)
    )
    assert judge(policy, arrival("h.example", kind=kind)).outcome is Outcome.ACCEPT
    assert judge(policy, arrival("b.example", kind=kind)).outcome is Outcome.BLOCK
    assert judge(policy, arrival("h.example")).outcome is Outcome.REFUSE


def test_reports_are_refused_from_where_none_are_taken_and_nothing_else_is() -> None:
    policy = compile_policy(1, [Rung("n.example", "limited", no_reports=True)])
    flag = judge(policy, arrival("n.example", kind="Flag"))
    assert (flag.outcome, flag.rules, flag.answers) == (
        Outcome.REFUSE,
        ("domain n.example: no-reports",),
        False,
    )
    assert judge(policy, arrival("n.example")).outcome is Outcome.ACCEPT


def test_no_media_and_blocks_count_whatever_a_rule_accepts() -> None:
    rules = (RuleText(name="friends", when={"from": "elsewhere"}, then="accept", priority=10),)
    rungs = [Rung("m.example", "held", no_media=True), Rung("b.example", "blocked")]
    policy = compile_policy(1, rungs, Document(rules=rules))
    accepted = judge(policy, arrival("m.example"))
    assert accepted.outcome is Outcome.ACCEPT
    assert accepted.amendments == {"no-media"}
    assert accepted.rules == ("domain m.example: no-media", "instance: friends")
    assert judge(policy, arrival("b.example")).outcome is Outcome.BLOCK


@pytest.mark.parametrize(
    ("level", "ends"), [("trusted", True), ("allowed", True), ("limited", False), ("default", False)]
)
def test_a_welcome_ends_the_search_below_priority_0_as_an_accept_does(level: Level, ends: bool) -> None:
    rules = (RuleText(name="late", then="hold", priority=-1), RuleText(name="now", amendments=("sensitive",)))
    policy = compile_policy(1, [Rung("w.example", level)], Document(rules=(rules[0],)))
    assert judge(policy, arrival("w.example")).is_held is not ends
    assert judge(policy, arrival("w.example", "else.example")).is_held
    assert judge(compile_policy(1, [], Document(rules=rules)), arrival("w.example")).outcome is Outcome.ACCEPT


def test_a_domain_that_two_hosts_are_below_is_named_once() -> None:
    policy = compile_policy(1, [Rung("b.example", "held")])
    assert judge(policy, arrival("x.b.example", "y.b.example")).rules == ("domain b.example: held",)


def test_an_empty_ladder_says_nothing() -> None:
    assert Ladder({}).of("a.example") is None
    assert judge(compile_policy(1, []), arrival("a.example")).rules == ()
