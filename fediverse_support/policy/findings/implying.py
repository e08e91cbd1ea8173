"""What follows from the conditions of a rule: which others hold whenever these do, and which never can.

Everything here is on the safe side: what it says follows does follow, but it does not find everything that
does. So a rule is only called useless if it is.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from fediverse_support.policy.conditions import CONDITIONS
from fediverse_support.policy.document import INSTANCE, RuleText, WordList
from fediverse_support.policy.ladder import names_above
from fediverse_support.policy.matching.phrases import folded_phrase, stands_alone
from fediverse_support.policy.matching.predicates import (
    Hours,
    Limit,
    Lists,
    Matching,
    Read,
    Wanted,
    Words,
    read_condition,
)
from fediverse_support.policy.scopes import group_of

_ALSO: Mapping[str, frozenset[str]] = {
    "stranger": frozenset({"stranger", "newcomer"}),
    "approved": frozenset({"approved", "known"}),
    "moderator": frozenset({"moderator", "approved", "known"}),
}
"""What else somebody is who stands here like this (`standing.standings`)."""

_ONE_OF = frozenset(CONDITIONS) - {
    "sender", "actor", "domain", "software", "language", "words", "list", "matches", "link_to", "hashtag",
    "media_type", "warning",
}  # fmt: skip
"""Features of which an arrival has exactly one value."""

_WITHOUT_CONTENT = frozenset({"follow", "like", "dislike", "emojireact", "join"})
_NEVER_JUDGED = frozenset({"delete", "undo", "accept", "reject", "remove", "block", "leave", "move", "flag"})
"""Activities that rules never hold or refuse."""

_OF_CONTENT = frozenset({"has_media", "has_warning", "alt_missing", "sensitive", "quote", "poll", "reply"})
"""Flags that are only ever set for something that somebody wrote."""

_WITH_MEDIA = Wanted("has_media", frozenset({True}))
_FROM_ELSEWHERE = Wanted("from", frozenset({"elsewhere"}))
_MINUTES = 24 * 60


class Asked(msgspec.Struct, frozen=True):
    """A condition, understood, and the word of the rule that it comes from."""

    word: str
    read: Read


def asked_by(conditions: Mapping[str, Any], scope: str = INSTANCE) -> tuple[Asked, ...]:
    """The conditions of `when` or `unless`, understood. Raises `Malformed` for one that cannot be."""
    return tuple(Asked(name, read_condition(name, value, scope)) for name, value in conditions.items())


def known_of(rule: RuleText) -> tuple[Asked, ...]:
    """All that is known of an arrival that `rule` matches: its conditions, and what follows from them."""
    found = list(asked_by(rule.when, rule.scope))
    group = group_of(rule.scope)
    if group is not None:
        found.append(Asked("scope", Wanted("group", frozenset({group.casefold()}))))
    return (*found, *(Asked(one.word, read) for one in found for read in _following(one.read)))


def _following(read: Read) -> Iterable[Read]:
    """What holds whenever `read` does."""
    match read:
        case Wanted("media_type"):
            yield from (_WITH_MEDIA, Limit("attachments_over", "over", 0))
        case Wanted("alt_missing" | "has_media", values) if _only(values, True):
            yield from (_WITH_MEDIA, Limit("attachments_over", "over", 0))
        case Limit("attachments_over"):
            yield _WITH_MEDIA
        case Wanted("thread_of"):
            yield Wanted("reply", frozenset({True}))
        case Wanted("domain" | "software"):
            yield _FROM_ELSEWHERE
        case Wanted("link_to"):
            yield Limit("links_over", "over", 0)
        case Wanted("hashtag"):
            yield Limit("hashtags_over", "over", 0)
        case Wanted("warning"):
            yield Wanted("has_warning", frozenset({True}))
        case Wanted("sender", values) if _only(values, "stranger"):
            yield from (_FROM_ELSEWHERE, Wanted("accepted_before", frozenset({False})))
        case Wanted("accepted_before", values) if _only(values, False):
            yield Limit("accepted_under", "under", 1)
        case Limit("accepted_under", _, bound) if bound <= 1:
            yield Wanted("accepted_before", frozenset({False}))
        case _:
            return


def _only(values: Collection[object], value: object) -> bool:
    return set(values) == {value}


# What follows ---------------------------------------------------------------------------------------------


def implies(known: Read, asked: Read, words: Mapping[str, WordList]) -> bool:
    """Whether `asked` holds whenever `known` does."""
    match known, asked:
        case Wanted(), Wanted():
            return known.feature == asked.feature and _implies_values(known, asked)
        case Limit(), Limit() if (known.feature, known.side) == (asked.feature, asked.side):
            return known.bound >= asked.bound if known.side == "over" else known.bound <= asked.bound
        case Hours(), Hours():
            return _minutes(known) <= _minutes(asked)
        case Words(), Words():
            return all(_contains(phrase, asked.phrases) for phrase in known.phrases)
        case Words(), Lists():
            return known.phrases <= _phrases_of(asked.names, words)
        case Lists(), Lists():
            return known.names <= asked.names
        case Matching(), Matching():
            return set(known.patterns) <= set(asked.patterns)
    return False


def _phrases_of(names: Iterable[str], words: Mapping[str, WordList]) -> set[str]:
    return {folded_phrase(one) for name in names if name in words for one in words[name].phrases}


def _implies_values(known: Wanted, asked: Wanted) -> bool:
    wanted = set(asked.values)
    return all(not wanted.isdisjoint(_also(known.feature, value)) for value in known.values)


def _also(feature: str, value: str | int) -> Iterable[str | int]:
    """Everything that a value stands for."""
    match feature:
        case "sender":
            return _ALSO.get(str(value), (value,))
        case "domain" | "link_to":
            return names_above(str(value))
        case "media_type":
            return (value, str(value).partition("/")[0])
        case "language":
            return (value, str(value).partition("-")[0])
        case _:
            return (value,)


def _contains(phrase: str, others: frozenset[str]) -> bool:
    """Whether one of the other phrases stands in this one, as whole words."""
    if phrase in others:
        return True
    # A text in which the phrase is found has a word's end on both sides of it, and so of the other.
    written = phrase.encode()
    return any(
        stands_alone(written, at, at + len(other.encode()))
        for other in others
        if len(other) < len(phrase) and (at := written.find(other.encode())) >= 0
    )


def _minutes(hours: Hours) -> set[int]:
    if hours.first <= hours.last:
        return set(range(hours.first, hours.last))
    return {*range(hours.first, _MINUTES), *range(hours.last)}


def follows(known: tuple[Asked, ...], asked: Asked, words: Mapping[str, WordList]) -> bool:
    """Whether `asked` holds whenever all that is `known` does."""
    return any(implies(one.read, asked.read, words) for one in known)


# What can never be ----------------------------------------------------------------------------------------


def contradiction(known: tuple[Asked, ...]) -> tuple[str, str] | None:
    """Two words of a rule that rule each other out (perhaps one and the same), or None if there are none."""
    for at, one in enumerate(known):
        if isinstance(one.read, Limit) and one.read.side == "under" and one.read.bound <= 0:
            return one.word, one.word
        for other in known[at + 1 :]:
            if _excludes(one.read, other.read) or _excludes(other.read, one.read):
                return one.word, other.word
    return None


def _excludes(one: Read, other: Read) -> bool:
    match one, other:
        case Wanted(feature, values), Wanted(second, others) if feature == second and feature in _ONE_OF:
            return set(values).isdisjoint(others)
        case Wanted("has_media", values), Limit("attachments_over"):
            return _only(values, False)
        case Wanted("reply", values), Wanted("thread_of"):
            return _only(values, False)
        case Wanted("activity", values), _:
            return {str(one) for one in values} <= _WITHOUT_CONTENT and _needs_content(other)
    return False


def _needs_content(read: Read) -> bool:
    """Whether it can only hold for something that somebody wrote."""
    match read:
        case Words() | Lists() | Matching():
            return True
        case Limit("longer_than" | "links_over" | "mentions_over" | "hashtags_over" | "attachments_over"):
            return True
        case Wanted(feature, values) if _only(values, True):
            return feature in _OF_CONTENT
        case Wanted("hashtag" | "link_to" | "media_type" | "warning" | "thread_of"):
            return True
    return False


def never_judged(known: tuple[Asked, ...]) -> bool:
    """Whether a rule is only about activities that no rule holds or refuses."""
    return any(
        isinstance(one.read, Wanted)
        and one.read.feature == "activity"
        and {str(value) for value in one.read.values} <= _NEVER_JUDGED
        for one in known
    )
