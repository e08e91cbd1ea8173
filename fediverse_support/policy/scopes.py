"""Documents by scope: what belongs to the instance and to each group, and what differs between two.

A document is one value for the whole community, and several people write in it: the staff in all of it, a
group's moderators in the rules and words of their group.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

from fediverse_support.core.errors import Conflict, Forbidden
from fediverse_support.policy.document import INSTANCE, Document, RuleText, Whole, WordList

T = TypeVar("T")
GROUP = "group:"


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What differs between two documents: rules as `scope: name`, word lists by name, `mode` and `consensus`
    as before and after where they differ.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    mode: tuple[str, str] | None = None
    consensus: tuple[int, int] | None = None


def of_group(name: str) -> str:
    """The scope of one of our groups."""
    return f"{GROUP}{name}"


def group_of(scope: str) -> str | None:
    """The name of the group whose scope this is; None for the instance."""
    return scope.removeprefix(GROUP) if scope.startswith(GROUP) else None


def part(document: Document, scope: str) -> Document:
    """The rules and words of one scope, in their order; nothing else of the document."""
    return Document(
        rules=tuple(rule for rule in document.rules if rule.scope == scope),
        words={name: one for name, one in document.words.items() if one.scope == scope},
    )


def with_part(document: Document, scope: str, given: Document) -> Document:
    """`document` with the rules and words of `scope` as in `given`.

    Raises `Conflict` for a word list whose name another scope has.
    """
    others = {name: one for name, one in document.words.items() if one.scope != scope}
    if taken := sorted(set(others) & set(given.words)):
        raise Conflict(f"There is a word list called {taken[0]} in another scope: choose another name.")
    return msgspec.structs.replace(
        document,
        rules=(*(rule for rule in document.rules if rule.scope != scope), *given.rules),
        words={**others, **given.words},
    )


def whole_of(document: Document, scope: str = INSTANCE) -> Whole:
    """What a file says that holds this document (of a group: its rules and words) and speaks of no domain."""
    if scope == INSTANCE:
        return Whole(
            mode=document.mode, consensus=document.consensus, rules=document.rules, words=document.words
        )
    own = part(document, scope)
    return Whole(rules=own.rules, words=own.words)


def laid_over(document: Document, whole: Whole, scope: str) -> Document:
    """`document` as it is with what `whole` says; what it does not speak of stays.

    Raises `Forbidden` when `scope` is a group's and `whole` says anything about what is not the group's.
    """
    if scope == INSTANCE:
        given = {name: getattr(whole, name) for name in ("mode", "consensus", "rules", "words")}
        said = {name: value for name, value in given.items() if value is not None}
        return msgspec.structs.replace(document, **said)
    _only_of_group(whole, scope)
    own = part(document, scope)
    rules = own.rules if whole.rules is None else whole.rules
    words = own.words if whole.words is None else whole.words
    return _with_part_in_place(document, scope, Document(rules=rules, words=words))


def _with_part_in_place(document: Document, scope: str, given: Document) -> Document:
    # What is as it was keeps its place: the same document must not become another version.
    return document if part(document, scope) == given else with_part(document, scope, given)


def _only_of_group(whole: Whole, scope: str) -> None:
    beyond = [
        name
        for name in ("mode", "consensus", "domains", "excludes", "lists")
        if getattr(whole, name) is not None
    ]
    if beyond:
        raise Forbidden(f"Only the community's admins and moderators change {beyond[0]}, no group does.")
    others: list[tuple[str, RuleText | WordList]] = [
        (f"The rule “{rule.name}”", rule) for rule in whole.rules or () if rule.scope != scope
    ]
    others += [
        (f"The word list {name}", one) for name, one in (whole.words or {}).items() if one.scope != scope
    ]
    for what, one in others:
        raise Forbidden(f"{what} has the scope {one.scope}. Here all have the scope {scope}.")


def difference(before: Document, after: Document) -> Difference:
    """What differs; the order of rules counts for nothing."""
    old, new = _by_name(before.rules), _by_name(after.rules)
    return Difference(
        added=tuple(name for name in new if name not in old),
        changed=tuple(name for name in new if name in old and old[name] != new[name]),
        removed=tuple(name for name in old if name not in new),
        words=tuple(sorted(_differing(before.words, after.words))),
        mode=None if before.mode == after.mode else (before.mode, after.mode),
        consensus=None if before.consensus == after.consensus else (before.consensus, after.consensus),
    )


def _by_name(rules: Iterable[RuleText]) -> dict[str, RuleText]:
    return {f"{rule.scope}: {rule.name}": rule for rule in rules}


def _differing(before: Mapping[str, T], after: Mapping[str, T]) -> set[str]:
    return {name for name in (*before, *after) if before.get(name) != after.get(name)}
