"""Rules that have no effect because of another rule of their scope, or that say the opposite of one.

Comparing each rule with each takes too long for thousands of them, so a rule is compared only with those that
could hold whenever it does: each is filed under one of its values.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Literal

import msgspec

from fediverse_support.policy.decisions import Outcome
from fediverse_support.policy.document import RuleText, WordList
from fediverse_support.policy.findings.implying import Asked, asked_by, follows, known_of
from fediverse_support.policy.ladder import names_above
from fediverse_support.policy.matching.predicates import Lists, Wanted, Words
from fediverse_support.policy.matching.rules import OUTCOMES

Sort = Literal["opposite", "same", "covered", "passed", "outdone"]
"""opposite: both hold for the same, and say different things · same: the same rule twice · covered: another
rule does all that it does, and more · passed: a rule before it lets in whatever it is about · outdone: it
lets in what another rule holds or refuses all the same."""

MOST_COMPARED = 500_000
_ANY = ("", "")
Key = tuple[str, str]


class Shadow(msgspec.Struct, frozen=True):
    """The rule at place `rule` has no effect because of that at place `by`."""

    rule: int
    by: int
    sort: Sort


class _Rule(msgspec.Struct, frozen=True):
    """A rule with all that is asked again and again about it."""

    place: int
    text: RuleText
    known: tuple[Asked, ...]
    when: tuple[Asked, ...]
    unless: tuple[Asked, ...]
    outcome: Outcome


def shadows(
    rules: Sequence[tuple[int, RuleText]], words: Mapping[str, WordList]
) -> tuple[list[Shadow], bool]:
    """The rules without effect, each once, and whether all could be compared in reasonable time.

    `rules` are in force, can be compiled, and come with their places.
    """
    scopes: dict[str, list[_Rule]] = {}
    for place, text in rules:
        scopes.setdefault(text.scope.casefold(), []).append(_of(place, text))
    found: list[Shadow] = []
    left = MOST_COMPARED
    for members in scopes.values():
        filed = _filed(members)
        for rule in members:
            candidates = [other for key in _keys(rule) for other in filed.get(key, ())]
            left -= len(candidates)
            if left < 0:
                return found, False
            shadow = next(_casting(rule, candidates, words), None)
            if shadow is not None:
                found.append(shadow)
    return found, True


def _of(place: int, text: RuleText) -> _Rule:
    return _Rule(
        place,
        text,
        known_of(text),
        asked_by(text.when, text.scope),
        asked_by(text.unless, text.scope),
        OUTCOMES[text.then],
    )


def _filed(rules: Iterable[_Rule]) -> dict[Key, list[_Rule]]:
    """Each rule under the values of one of its conditions: it only covers rules that ask for one of them."""
    filed: dict[Key, list[_Rule]] = {}
    for rule in rules:
        for key in _filing(rule):
            filed.setdefault(key, []).append(rule)
    return filed


def _filing(rule: _Rule) -> list[Key]:
    for one in rule.when:
        match one.read:
            case Wanted("domain" | "actor" | "hashtag" | "link_to" as feature, values):
                return [(feature, str(value)) for value in values]
            case Lists(names):
                return [("list", name) for name in names]
            case Words(phrases):
                # Another phrase contains it only if it contains its first word.
                return [("words", phrase.partition(" ")[0]) for phrase in phrases]
    return [_ANY]


def _keys(rule: _Rule) -> Iterator[Key]:
    """Where rules are filed that may cover this one. Of several values one is enough: all are covered."""
    yield _ANY
    seen: set[Key] = set()
    for one in rule.known:
        for key in _keys_of(one):
            if key not in seen:
                seen.add(key)
                yield key


def _keys_of(asked: Asked) -> list[Key]:
    match asked.read:
        case Wanted("domain" | "link_to" as feature, values):
            return [(feature, name) for name in names_above(str(min(values, key=str)))]
        case Wanted("actor" | "hashtag" as feature, values):
            return [(feature, str(min(values, key=str)))]
        case Lists(names):
            return [("list", min(names))]
        case Words(phrases):
            return [("words", word) for word in min(phrases).split(" ")]
        case _:
            return []


def _casting(rule: _Rule, candidates: Iterable[_Rule], words: Mapping[str, WordList]) -> Iterator[Shadow]:
    for other in candidates:
        if other.place != rule.place and _covers(other, rule, words):
            sort = _sort(other, rule, words)
            if sort is not None:
                yield Shadow(rule.place, other.place, sort)


def _covers(other: _Rule, rule: _Rule, words: Mapping[str, WordList]) -> bool:
    """Whether `other` matches whenever `rule` does."""
    if _last(other) < _last(rule):
        return False
    if not all(follows(rule.known, one, words) for one in other.when):
        return False
    if not other.unless:
        return True
    # What `other` excepts has to be excepted by `rule` as well.
    return bool(rule.unless) and all(follows(other.unless, one, words) for one in rule.unless)


def _last(rule: _Rule) -> date:
    return rule.text.expires or date.max


def _sort(other: _Rule, rule: _Rule, words: Mapping[str, WordList]) -> Sort | None:
    """How `other`, which matches whenever `rule` does, takes away what `rule` would do."""
    ours, theirs = rule.text, other.text
    if ours.priority < theirs.priority and other.outcome is Outcome.ACCEPT:
        return "passed"
    if theirs.priority < ours.priority:
        return None
    adds_nothing = set(ours.amendments) <= set(theirs.amendments) or other.outcome is Outcome.REFUSE
    if ours.priority == theirs.priority and _covers(rule, other, words):
        return _of_twins(other, rule, adds_nothing)
    if other.outcome < rule.outcome:
        return None
    if rule.outcome is Outcome.ACCEPT and other.outcome is not Outcome.ACCEPT:
        return "outdone"
    return "covered" if adds_nothing else None


def _of_twins(other: _Rule, rule: _Rule, adds_nothing: bool) -> Sort | None:
    """Of two rules about exactly the same the milder has no effect; of two that are alike the later one."""
    if other.outcome != rule.outcome:
        return "opposite" if rule.outcome < other.outcome else None
    if not adds_nothing:
        return None
    return "same" if other.place < rule.place or rule.text.amendments != other.text.amendments else None
