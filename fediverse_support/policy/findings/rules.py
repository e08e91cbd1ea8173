"""What is to be said about each rule for itself."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from fediverse_support.policy.document import INSTANCE, RuleText, WordList
from fediverse_support.policy.file.forms import suggestion
from fediverse_support.policy.file.locating import Path
from fediverse_support.policy.findings.implying import (
    asked_by,
    contradiction,
    follows,
    known_of,
    never_judged,
)
from fediverse_support.policy.findings.words import Say
from fediverse_support.policy.matching.compiling import checked_rule
from fediverse_support.policy.matching.predicates import Lists, Wanted
from fediverse_support.policy.matching.rules import BadRule
from fediverse_support.policy.scopes import group_of
from fediverse_support.policy.wording import N_

_FOR_A_WHILE = re.compile(
    r"\b(temporar|for now|for the moment|until|raid|this (week|month)|einstweilen|vor[uü]bergehend|vorerst)",
    re.IGNORECASE,
)
"""How people call what should end by itself."""


def of_rules(
    rules: Sequence[RuleText],
    words: Mapping[str, WordList],
    groups: Collection[str],
    today: date | None,
    say: Say,
) -> list[int]:
    """Look at every rule; the places of those that can match, for comparing them with each other."""
    usable: list[int] = []
    seen: dict[tuple[str, str], int] = {}
    for place, rule in enumerate(rules):
        path: Path = ("rule", place)
        if seen.setdefault((rule.scope, rule.name), place) != place:
            say("error", (*path, "name"), N_("Another rule is called “%(name)s” too."), name=rule.name)
        if not _can_be(rule, path, words, say):
            continue
        _of_groups(rule, path, groups, say)
        _of_days(rule, path, today, say)
        _of_reasons(rule, path, say)
        if _can_match(rule, path, words, today, say) and not rule.is_off:
            usable.append(place)
    return usable


def _can_be(rule: RuleText, path: Path, words: Mapping[str, WordList], say: Say) -> bool:
    try:
        checked_rule(rule, words)
    except BadRule as error:
        what = f"{error.what[:1].upper()}{error.what[1:]}"
        say(
            "error",
            (*path, *error.where.split(".", 1)),
            N_("%(what)s"),
            what=what if what[-1:] in "?!" else f"{what}.",
        )
        return False
    return True


def _of_groups(rule: RuleText, path: Path, groups: Collection[str], say: Say) -> None:
    """Say which groups there are not."""
    known = {name.casefold(): name for name in groups}
    named: list[tuple[Path, str]] = (
        [(("scope",), group_of(rule.scope) or "")] if rule.scope != INSTANCE else []
    )
    for table in ("when", "unless"):
        for one in asked_by(getattr(rule, table), rule.scope):
            if isinstance(one.read, Wanted) and one.read.feature == "group":
                named += [((table, "group"), str(name)) for name in sorted(one.read.values, key=str)]
    for at, name in named:
        if name.casefold() in known:
            continue
        near = suggestion(name, known)
        form = (
            N_("There is no group “%(group)s” here. Did you mean “%(near)s”?")
            if near
            else N_("There is no group “%(group)s” here.")
        )
        say("warning", (*path, *at), form, group=name, near=near)


def _of_days(rule: RuleText, path: Path, today: date | None, say: Say) -> None:
    if rule.expires is None and rule.review is None:
        if rule.then != "accept" and _FOR_A_WHILE.search(f"{rule.name} {rule.note}"):
            say(
                "hint",
                path,
                N_("This sounds as if it were for a while: give it “expires” or “review”, a day."),
            )
        return
    if today is None or rule.is_off:
        return
    if rule.expires is not None and rule.expires < today:
        form = N_(
            "This rule ended on %(day)s and does nothing any more. Take it away, or give it another day."
        )
        say("warning", (*path, "expires"), form, day=rule.expires.isoformat())
    elif rule.review is not None and rule.review <= today:
        form = N_("This rule was to be looked at again on %(day)s. Give it a new day, or take it away.")
        say("hint", (*path, "review"), form, day=rule.review.isoformat())


def _of_reasons(rule: RuleText, path: Path, say: Say) -> None:
    if rule.then != "accept" and not rule.reason.strip():
        say("hint", path, N_("This rule gives no “reason”. A sentence helps whoever it concerns."))
    if rule.then == "refuse" and rule.amendments:
        say("warning", (*path, "with"), N_("What is refused is not changed: “with” does nothing here."))


def _can_match(
    rule: RuleText, path: Path, words: Mapping[str, WordList], today: date | None, say: Say
) -> bool:
    known = known_of(rule)
    clash = contradiction(known)
    if clash is not None:
        one, other = clash
        form = (
            N_("This rule never matches: nothing is under 0. Give “%(one)s” a larger number.")
            if one == other
            else N_("This rule never matches: “%(one)s” and “%(other)s” exclude each other. Take one away.")
        )
        say(
            "warning",
            (*path, "when", other) if other in rule.when else (*path, "when", one),
            form,
            one=one,
            other=other,
        )
        return False
    if never_judged(known):
        form = N_(
            "Deletions, reports and the like are never held or refused by rules, so this one does nothing."
        )
        say("warning", (*path, "when", "activity"), form)
        return False
    unless = asked_by(rule.unless, rule.scope)
    if unless and all(follows(known, one, words) for one in unless):
        form = N_("This rule never matches: “unless” excepts everything that “when” asks for.")
        say("warning", (*path, "unless"), form)
        return False
    if any(isinstance(asked.read, Lists) and _are_empty(asked.read, words) for asked in known):
        say("warning", (*path, "when", "list"), N_("This rule never matches: its word list is empty."))
        return False
    return today is None or rule.expires is None or rule.expires >= today


def _are_empty(lists: Lists, words: Mapping[str, WordList]) -> bool:
    return not any(words[name].phrases for name in lists.names if name in words)


def of_needless_accepts(
    rules: Sequence[RuleText], usable: Sequence[int], named: Collection[int], say: Say
) -> None:
    """Say which rules let in what nothing after them would stop, and change nothing in it.

    `usable` are the places of the rules in force, `named` of those that are useless for another reason.
    """
    lowest: dict[str, int] = {}
    for place in usable:
        rule = rules[place]
        if rule.then != "accept" or rule.amendments:
            lowest[rule.scope] = min(rule.priority, lowest.get(rule.scope, rule.priority))
    for place in usable:
        rule = rules[place]
        # The levels of domains are asked at priority 0, for the whole community.
        after = min(lowest.get(rule.scope, rule.priority), 0 if rule.scope == INSTANCE else rule.priority)
        if place in named or rule.then != "accept" or rule.amendments:
            continue
        if after >= rule.priority:
            form = N_(
                "This rule does nothing: it only keeps rules with a lower priority from being asked, and "
                "there is none. Give it a higher “priority”, or something to do in “with”."
            )
            say("warning", ("rule", place), form)
