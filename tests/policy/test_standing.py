"""How a sender stands here."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.models import LEVELS, Level
from fediverse_support.policy.arrivals import Arrival, Sender
from fediverse_support.policy.conditions import STANDINGS
from fediverse_support.policy.document import Document, RuleText
from fediverse_support.policy.engine import compile_policy, judge
from fediverse_support.policy.ladder import Rung
from fediverse_support.policy.standing import standings

NOW = datetime(2026, 11, 1, tzinfo=UTC)
WEEK = timedelta(days=7)


def test_whoever_was_never_shown_here_is_a_stranger_and_a_newcomer() -> None:
    assert standings(Sender(), "default", NOW) == {"stranger", "newcomer"}


def test_people_of_this_community_are_newcomers_but_never_strangers() -> None:
    assert standings(Sender(is_local=True), "default", NOW) == {"newcomer"}


def test_three_posts_and_a_week_make_somebody_known() -> None:
    first = NOW - WEEK
    assert standings(Sender(accepted=3, first_accepted_at=first), "default", NOW) == {"known"}
    assert standings(Sender(accepted=2, first_accepted_at=first), "default", NOW) == {"newcomer"}
    assert standings(Sender(accepted=3, first_accepted_at=first + timedelta(seconds=1)), "default", NOW) == {
        "newcomer"
    }
    assert standings(Sender(accepted=3), "default", NOW) == {"newcomer"}


def test_who_is_approved_is_known_at_once() -> None:
    assert standings(Sender(is_approved=True), "default", NOW) == {"approved", "known"}
    assert standings(Sender(), "trusted", NOW) == {"approved", "known"}
    assert standings(Sender(is_moderator=True), "default", NOW) == {"approved", "known", "moderator"}


def test_a_warning_or_membership_is_said_beside_the_rest() -> None:
    assert standings(Sender(is_warned=True, is_member=True), "allowed", NOW) == {
        "stranger",
        "newcomer",
        "member",
        "warned",
    }


senders = st.builds(
    Sender,
    is_local=st.booleans(),
    accepted=st.integers(0, 5),
    first_accepted_at=st.none() | st.sampled_from([NOW, NOW - WEEK]),
    is_member=st.booleans(),
    is_moderator=st.booleans(),
    is_approved=st.booleans(),
    is_warned=st.booleans(),
)


@given(senders, st.sampled_from(LEVELS))
def test_everybody_is_either_new_or_known_and_every_word_is_one_of_ours(sender: Sender, level: Level) -> None:
    found = standings(sender, level, NOW)
    assert found <= set(STANDINGS)
    assert ("newcomer" in found) is not ("known" in found)
    assert "newcomer" in found or "stranger" not in found
    assert not {"approved", "newcomer"} <= found


def test_the_level_is_that_of_the_author_not_of_who_boosts() -> None:
    rule = RuleText(name="new", when={"sender": "stranger"}, then="hold")
    policy = compile_policy(1, [Rung("trusted.example", "trusted")], Document(rules=(rule,)))

    def arriving(actor: str, author: str) -> Arrival:
        hosts = tuple(dict.fromkeys(uri.split("/")[2] for uri in (actor, author) if uri))
        return Arrival(
            activity_uri="u",
            activity_type="Announce",
            actor_uri=actor,
            author_uri=author,
            hosts=hosts,
            at=NOW,
        )

    assert judge(policy, arriving("https://trusted.example/g", "https://else.example/u")).is_held
    assert not judge(policy, arriving("https://else.example/g", "https://trusted.example/u")).is_held
    assert not judge(policy, arriving("https://trusted.example/u", "")).is_held
