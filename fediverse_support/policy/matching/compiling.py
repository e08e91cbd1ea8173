"""From a document to what decides: rules are checked, understood, and put into an index for each scope."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from fediverse_support.core.errors import Malformed
from fediverse_support.policy.decisions import AMENDMENTS, WARN
from fediverse_support.policy.document import INSTANCE, Document, RuleText, WordList
from fediverse_support.policy.matching.indexing import Index, Planned, index_of
from fediverse_support.policy.matching.patterns import Patterns
from fediverse_support.policy.matching.phrases import Phrases
from fediverse_support.policy.matching.predicates import (
    Hours,
    Limit,
    Lists,
    Matching,
    Read,
    Wanted,
    Words,
    nearest,
    read_condition,
    read_phrases,
)
from fediverse_support.policy.matching.rules import GROUP, OUTCOMES, BadRule, verdict_of

MOST_RULES = 20_000
MOST_PHRASES = 200_000
LONGEST_NAME = 200

_SCOPE = re.compile(rf"{INSTANCE}|{GROUP}\S{{1,54}}")


class Compiled(msgspec.Struct, frozen=True):
    """The rules of a policy: an index for each scope, and what looks for their words and patterns."""

    scopes: dict[str, Index]
    phrases: Phrases
    patterns: Patterns


class _Readings(msgspec.Struct, frozen=True):
    """One rule with its conditions understood."""

    rule: RuleText
    when: tuple[Read, ...]
    unless: tuple[Read, ...]


def compile_rules(document: Document) -> Compiled:
    """Compile all rules. Raises `BadRule` for the first that cannot be, `Malformed` for too many of them."""
    if len(document.rules) > MOST_RULES:
        raise Malformed(f"A policy may have {MOST_RULES:,} rules; this one has {len(document.rules):,}.")
    _check_names(document.rules)
    readings = [_read(rule, document.words) for rule in document.rules]
    in_force = [reading for reading in readings if not reading.rule.is_off]
    terms = _Terms(document.words)
    by_scope: dict[str, list[Planned]] = {}
    for reading in in_force:
        by_scope.setdefault(reading.rule.scope.casefold(), []).append(terms.planned(reading))
    scopes = {scope: index_of(planned) for scope, planned in by_scope.items()}
    return Compiled(scopes, terms.phrases(), Patterns(tuple(terms.patterns)))


def checked_rule(rule: RuleText, words: Mapping[str, WordList]) -> None:
    """See whether a rule can be compiled, given the word lists. Raises `BadRule` saying what is wrong."""
    _read(rule, words)


def checked_list(name: str, words: WordList) -> frozenset[str]:
    """The folded phrases of a word list. Raises `BadRule`, its `where` being `words.NAME`."""
    try:
        return read_phrases(words.phrases)
    except Malformed as error:
        raise BadRule(error.message, rule=name, scope=words.scope, where=f"words.{name}") from None


def _check_names(rules: Iterable[RuleText]) -> None:
    seen: set[tuple[str, str]] = set()
    for rule in rules:
        key = (rule.scope, rule.name)
        if key in seen:
            raise BadRule("another rule has this name", rule=rule.name, scope=rule.scope, where="name")
        seen.add(key)


def _read(rule: RuleText, words: Mapping[str, WordList]) -> _Readings:
    _check_frame(rule)
    return _Readings(
        rule, _read_all(rule, "when", rule.when, words), _read_all(rule, "unless", rule.unless, words)
    )


def _check_frame(rule: RuleText) -> None:
    """Whatever stands around the conditions."""

    def bad(where: str, message: str) -> BadRule:
        return BadRule(message, rule=rule.name[:LONGEST_NAME], scope=rule.scope[:60], where=where)

    if not rule.name.strip() or len(rule.name) > LONGEST_NAME or not rule.name.isprintable():
        raise bad("name", f"a name has 1 to {LONGEST_NAME} characters on one line")
    if not _SCOPE.fullmatch(rule.scope):
        raise bad("scope", f"“{INSTANCE}” or “{GROUP}NAME” is expected, not “{rule.scope[:60]}”")
    if rule.then not in OUTCOMES:
        raise bad("then", f"there is no outcome “{rule.then}”{nearest(rule.then, OUTCOMES)}")
    if rule.answers and rule.then != "refuse":
        raise bad("answers", "only a refusal can be answered")
    for amendment in rule.amendments:
        if amendment.startswith(WARN):
            if not 0 < len(amendment.removeprefix(WARN).strip()) <= LONGEST_NAME:
                raise bad("with", f"after “{WARN}” comes a code or up to {LONGEST_NAME} characters")
        elif amendment not in AMENDMENTS:
            raise bad(
                "with", f"there is no amendment “{amendment[:60]}”{nearest(amendment, [*AMENDMENTS, WARN])}"
            )


def _read_all(
    rule: RuleText, table: str, conditions: Mapping[str, Any], words: Mapping[str, WordList]
) -> tuple[Read, ...]:
    found = []
    for name, value in conditions.items():
        try:
            read = read_condition(name, value, rule.scope)
            if isinstance(read, Lists):
                _check_lists(read, rule.scope, words)
        except Malformed as error:
            raise BadRule(
                error.message, rule=rule.name, scope=rule.scope, where=f"{table}.{name[:60]}"
            ) from None
        found.append(read)
    return tuple(found)


def _check_lists(lists: Lists, scope: str, words: Mapping[str, WordList]) -> None:
    usable = [name for name, one in words.items() if one.scope in (INSTANCE, scope)]
    for name in sorted(lists.names):
        if name not in words:
            raise Malformed(f"there is no word list “{name[:60]}”{nearest(name, usable)}")
        if name not in usable:
            raise Malformed(f"the word list “{name[:60]}” is that of another group")


class _Terms:
    """Gives numbers to the word lists, the words of rules and the patterns while a policy is compiled."""

    def __init__(self, words: Mapping[str, WordList]) -> None:
        self.patterns: dict[str, int] = {}
        self._lists = {name: checked_list(name, one) for name, one in words.items()}
        self._terms: dict[frozenset[str], int] = {}

    def planned(self, reading: _Readings) -> Planned:
        """The rule, with numbers in place of words and patterns."""
        rule = reading.rule
        return Planned(
            rule.priority,
            rule.name,
            verdict_of(rule),
            tuple(self._numbered(read) for read in reading.when),
            tuple(self._numbered(read) for read in reading.unless),
            rule.expires,
        )

    def phrases(self) -> Phrases:
        """The automaton of all that was asked for. Raises `Malformed` for too many phrases."""
        number = sum(len(phrases) for phrases in self._terms)
        if number > MOST_PHRASES:
            raise Malformed(f"A policy may have {MOST_PHRASES:,} words and phrases; this one has {number:,}.")
        return Phrases({term: phrases for phrases, term in self._terms.items()})

    def _numbered(self, read: Read) -> Wanted | Limit | Hours:
        match read:
            case Words(phrases):
                return Wanted("terms", frozenset({self._term(phrases)}))
            case Lists(names):
                return Wanted("terms", frozenset(self._term(self._lists[name]) for name in names))
            case Matching(patterns):
                return Wanted(
                    "patterns",
                    frozenset(self.patterns.setdefault(one, len(self.patterns)) for one in patterns),
                )
            case _:
                return read

    def _term(self, phrases: frozenset[str]) -> int:
        return self._terms.setdefault(phrases, len(self._terms))
