"""The policy engine: severity, amendments, and the domain ladder."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.policy.arrivals import Arrival
from fediverse_support.policy.decisions import Outcome, Verdict, combine
from fediverse_support.policy.engine import compile_policy, judge
from fediverse_support.policy.ladder import Rung

MOMENT = datetime(2026, 11, 1, tzinfo=UTC)


def arrival(*hosts: str) -> Arrival:
    return Arrival(
        activity_uri="https://a.example/1",
        activity_type="Create",
        actor_uri="https://a.example/u",
        hosts=hosts,
        at=MOMENT,
    )


def test_a_blocked_domain_is_blocked_with_its_subdomains() -> None:
    policy = compile_policy(3, [Rung("bad.example", "blocked")])
    for host in ("bad.example", "deep.under.bad.example", "BAD.example", "bad.example.", "bad.example:8080"):
        assert judge(policy, arrival(host)).outcome is Outcome.BLOCK


def test_a_domain_that_only_ends_alike_is_not_covered() -> None:
    policy = compile_policy(1, [Rung("bad.example", "blocked")])
    assert judge(policy, arrival("notbad.example")).outcome is Outcome.ACCEPT


def test_what_a_blocked_server_wrote_is_blocked_when_another_server_brings_it() -> None:
    policy = compile_policy(1, [Rung("bad.example", "blocked"), Rung("good.example", "allowed")])
    assert judge(policy, arrival("good.example", "bad.example")).outcome is Outcome.BLOCK


def test_the_most_specific_rung_wins() -> None:
    policy = compile_policy(1, [Rung("b.example", "blocked"), Rung("kind.b.example", "allowed")])
    assert judge(policy, arrival("kind.b.example")).outcome is Outcome.ACCEPT
    assert judge(policy, arrival("other.b.example")).outcome is Outcome.BLOCK


def test_limited_is_accepted_quietly_and_held_waits_for_a_person() -> None:
    policy = compile_policy(1, [Rung("l.example", "limited"), Rung("h.example", "held", "We look first.")])
    assert judge(policy, arrival("l.example")).is_quiet
    held = judge(policy, arrival("h.example"))
    assert held.is_held
    assert held.reason == "We look first."
    assert held.rules == ("domain h.example: held",)


def test_a_decision_carries_the_version_that_made_it() -> None:
    assert judge(compile_policy(7, []), arrival("a.example")).policy_version == 7


def test_facts_never_hold_the_text() -> None:
    private = msg = "I cannot sleep since the funeral"
    facts = Arrival(
        activity_uri="u",
        activity_type="Create",
        actor_uri="a",
        hosts=("h",),
        at=MOMENT,
        text=private,
        length=9,
    ).facts()
    assert msg not in str(facts)
    assert facts["length"] == 9


verdicts = st.lists(
    st.builds(
        Verdict,
        st.sampled_from(list(Outcome)),
        st.text(max_size=5),
        st.text(max_size=5),
        st.frozensets(st.sampled_from(["quiet", "sensitive"])),
    )
)


@given(verdicts, st.randoms())
def test_the_order_of_verdicts_never_matters(found: list[Verdict], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = combine(found, 1), combine(shuffled, 1)
    assert (one.outcome, one.amendments) == (other.outcome, other.amendments)


@given(verdicts, verdicts)
def test_another_verdict_never_makes_a_decision_milder(some: list[Verdict], more: list[Verdict]) -> None:
    assert combine(some + more, 1).outcome >= combine(some, 1).outcome
