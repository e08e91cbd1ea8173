"""Why a level holds, in a sentence: each way in which it can come about has its own."""

from types import SimpleNamespace

import pytest

from fediverse_support.database.domain_lists import Statement
from fediverse_support.policy.document import DomainText
from fediverse_support.policy.precedence import Effective
from fediverse_support.web.desk import domain_words
from fediverse_support.web.desk.domain_words import Known

VISIT = SimpleNamespace(text=str)


def says(list_name: str, level: str, priority: int = 100, *, together: bool = False) -> Statement:
    return Statement(
        list_name=list_name,
        priority=priority,
        together=together,
        domain="b.example",
        level=level,
        no_media=False,
        no_reports=False,
        public_reason="",
        retracted_at=None,
    )


def known(holds=None, said=(), by_hand=None, excluded=None, mode="open", name="b.example") -> Known:
    return Known(
        name=name, mode=mode, holds=holds, by_hand=by_hand or {}, said=said, excluded=excluded,
        lists={1: "one", 2: "two"},
    )  # fmt: skip


def effective(level="blocked", list_id=None, *, admits=False, domain="b.example") -> Effective:
    return Effective(domain=domain, level=level, list_id=list_id, admits=admits)


HAND = {"b.example": DomainText(level="held")}


@pytest.mark.parametrize(
    ("found", "level", "words"),
    [
        (known(), "default", "Nothing is said about this server"),
        (known(mode="allow-list"), "blocked", "this one is not on it"),
        (known(effective("held"), by_hand=HAND), "held", "It was set by hand."),
        (known(effective("held"), [says("one", "blocked")], HAND), "held", "that goes before every list"),
        (
            known(effective("default"), excluded="example"),
            "default",
            "No list may say anything about example.",
        ),
        (known(effective(list_id=1), [says("one", "blocked")]), "blocked", "Only the list one speaks of it."),
        (
            known(effective(list_id=2), [says("two", "blocked", 200), says("one", "allowed")]),
            "blocked",
            "The list two goes before the others: its priority is 200.",
        ),
        (
            known(effective("allowed", 1, admits=True), [says("one", "allowed"), says("two", "blocked")]),
            "allowed",
            "Letting in goes before blocking.",
        ),
        (
            known(effective("held", 1), [says("one", "held"), says("two", "limited")]),
            "held",
            "The most severe counts.",
        ),
        (
            known(effective(list_id=1), [says("one", "blocked", together=True), says("two", "blocked")]),
            "blocked",
            "Lists that count together agree on it; one is one of them.",
        ),
        (
            known(effective("limited", 1), [says("one", "limited")], mode="allow-list"),
            "blocked",
            "nothing puts this one on it",
        ),
        (
            known(effective("held"), by_hand=HAND, name="a.b.example"),
            "held",
            "What is said about b.example holds for all below it. It was set by hand.",
        ),
    ],
)
def test_what_holds_is_explained(found: Known, level: str, words: str) -> None:
    assert found.level == level
    assert words in domain_words.why(VISIT, found)
    assert domain_words.meaning(VISIT, found)
