"""Putting one person's changes on top of another's, rule by rule."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from fediverse_support.policy.document import Document, RuleText

K = TypeVar("K")
T = TypeVar("T")
Key = tuple[str, str]


def merged(base: Document, mine: Document, theirs: Document) -> tuple[Document, tuple[str, ...]]:
    """`theirs` with all that `mine` has changed since `base`, and what both have changed in different ways.

    Of the latter it is as in `mine`; it is named as `scope: rule`, a word list by its name, or `mode` or
    `consensus`. New rules of `mine` come last.
    """
    rules, crossed = _merged(_by_key(base), _by_key(mine), _by_key(theirs))
    words, crossed_words = _merged(base.words, mine.words, theirs.words)
    ways = {}
    crossed_ways = []
    for name in ("mode", "consensus"):
        before, own, other = (getattr(one, name) for one in (base, mine, theirs))
        ways[name] = other if own == before else own
        crossed_ways += [name] * (own != before and other not in (before, own))
    found = msgspec.structs.replace(theirs, rules=tuple(rules.values()), words=words, **ways)
    return found, (*(f"{scope}: {name}" for scope, name in crossed), *crossed_words, *crossed_ways)


def _by_key(document: Document) -> dict[Key, RuleText]:
    return {(rule.scope, rule.name): rule for rule in document.rules}


def _merged(
    base: Mapping[K, T], mine: Mapping[K, T], theirs: Mapping[K, T]
) -> tuple[dict[K, T], tuple[K, ...]]:
    found, crossed = dict(theirs), list[K]()
    for key in [*mine, *(key for key in base if key not in mine)]:
        if mine.get(key) == base.get(key):
            continue
        if theirs.get(key) not in (base.get(key), mine.get(key)):
            crossed.append(key)
        if key in mine:
            found[key] = mine[key]
        else:
            found.pop(key, None)
    return found, tuple(crossed)
