"""What becomes of the rules and word lists from one document to another, ready to be told."""

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from fediverse_support.policy import scopes, sentences
from fediverse_support.policy.document import Document, RuleText, WordList

Kind = Literal["new", "changed", "gone"]
MOST_PHRASES = 20
"""How many phrases that came or went are named."""


class RuleChange(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one rule, as a sentence before and after (empty where there was or is none)."""

    kind: Kind
    scope: str
    name: str
    before: str
    after: str

    @property
    def is_beside(self) -> bool:
        """Whether only that changed which the sentence does not say: a note, a date, a priority."""
        return self.before == self.after


class WordsChange(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one word list: some of the phrases that came and went, and how many of each."""

    kind: Kind
    name: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    many_added: int
    many_removed: int


class Differences(msgspec.Struct, frozen=True, kw_only=True):
    """All that differs. `mode` and `consensus`: before and after, if they do."""

    rules: tuple[RuleChange, ...]
    words: tuple[WordsChange, ...]
    mode: tuple[str, str] | None
    consensus: tuple[int, int] | None

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.rules or self.words or self.mode or self.consensus)


def between(before: Document, after: Document, translate: Callable[[str], str]) -> Differences:
    """What differs from `before` to `after`."""
    found = scopes.difference(before, after)
    old, new = by_name(before), by_name(after)
    kinds: tuple[tuple[Kind, tuple[str, ...]], ...] = (
        ("new", found.added),
        ("changed", found.changed),
        ("gone", found.removed),
    )
    return Differences(
        rules=tuple(
            _rule(kind, old.get(key), new.get(key), translate) for kind, keys in kinds for key in keys
        ),
        words=tuple(_words(name, before.words, after.words) for name in found.words),
        mode=found.mode,
        consensus=found.consensus,
    )


def by_name(document: Document) -> dict[str, RuleText]:
    """The rules of a document, by scope and name as decisions have them."""
    return {f"{rule.scope}: {rule.name}": rule for rule in document.rules}


def _rule(
    kind: Kind, before: RuleText | None, after: RuleText | None, translate: Callable[[str], str]
) -> RuleChange:
    shown = after or before
    assert shown is not None, "a rule that differs is in one of the documents"
    return RuleChange(
        kind=kind,
        scope=shown.scope,
        name=shown.name,
        before=sentences.of_rule(before, translate) if before else "",
        after=sentences.of_rule(after, translate) if after else "",
    )


def _words(name: str, before: Mapping[str, WordList], after: Mapping[str, WordList]) -> WordsChange:
    old = before[name].phrases if name in before else ()
    new = after[name].phrases if name in after else ()
    had, has = set(old), set(new)
    added = [phrase for phrase in new if phrase not in had]
    removed = [phrase for phrase in old if phrase not in has]
    return WordsChange(
        kind="new" if name not in before else "gone" if name not in after else "changed",
        name=name,
        added=tuple(added[:MOST_PHRASES]),
        removed=tuple(removed[:MOST_PHRASES]),
        many_added=len(added),
        many_removed=len(removed),
    )
