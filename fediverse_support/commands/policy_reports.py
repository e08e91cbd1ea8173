"""How the policy commands tell what they found, on a terminal."""

import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from fediverse_support.commands.terminal import print_fields, print_table, printable, say
from fediverse_support.database.domains import DomainLevel
from fediverse_support.database.inbox import Arrived
from fediverse_support.database.policy_versions import Version
from fediverse_support.moderation.explaining import Explained
from fediverse_support.policy import sentences
from fediverse_support.policy.decisions import Decision
from fediverse_support.policy.document import Whole
from fediverse_support.policy.levels import word_of
from fediverse_support.policy.replay import Report, Severed, Tally, worded
from fediverse_support.policy.scopes import Difference

Progress = Callable[[int, int], Awaitable[None]]
MOST_TALLIES = 15
MOST_DOMAINS = 50


def show(version: int, whole: Whole, levels: Sequence[DomainLevel]) -> None:
    """The policy in force: mode, rules as sentences, domains, excludes, lists."""
    say(f"Version {version}")
    if whole.mode == "allow-list":
        say("Only servers on the list of domains are let in.")
    for rule in whole.rules or ():
        off = " (off)" if rule.is_off else ""
        say(f"{rule.scope}: {rule.name}{off}")
        say_below(sentences.of_rule(rule, names_group=False))
    for name, words in (whole.words or {}).items():
        say(f"Word list {name}: {len(words.phrases):,} phrases ({words.scope})")
    if whole.domains is None:
        return
    print_table(
        ("domain", "level", "reason"),
        (
            (one.domain, word_of(one.level, one.no_media, one.no_reports), one.public_reason)
            for one in levels[:MOST_DOMAINS]
        ),
        "No domain has a level.",
    )
    if len(levels) > MOST_DOMAINS:
        say(f"and {len(levels) - MOST_DOMAINS:,} more: fediverse-support domains list")
    for name in whole.excludes or {}:
        say(f"No list says anything about {name}.")
    for name, one in (whole.lists or {}).items():
        say(f"List {name}: {one.url}")


def shown_json(version: int, whole: Whole, levels: Sequence[DomainLevel]) -> dict[str, Any]:
    """The same for programs; `domains` are the levels that hold, by hand or from a list."""
    said = msgspec.to_builtins(whole)
    rules = [
        {**plain, "sentence": sentences.of_rule(rule)}
        for rule, plain in zip(whole.rules or (), said["rules"] or (), strict=True)
    ]
    return {"version": version, **said, "rules": rules, "domains": levels}


def kind(version: Version) -> str:
    """What sort of a version it is; for one that took another back, which."""
    return f"undo of {version.undoes}" if version.undoes else version.kind


def difference(found: Difference, beside: Sequence[str]) -> None:
    """What a version changed, one line for each sort."""
    sorts = (
        ("New rules", found.added),
        ("Changed rules", found.changed),
        ("Rules gone", found.removed),
        ("Word lists", found.words),
        ("Domains and lists", beside),
    )
    for name, names in sorts:
        if names:
            more = f" and {len(names) - 20} more" if len(names) > 20 else ""
            say(f"{name}: {', '.join(names[:20])}{more}")
    if found.mode:
        say(f"Mode: {found.mode[0]} → {found.mode[1]}")
    if found.consensus:
        say(f"Lists that must agree: {found.consensus[0]} → {found.consensus[1]}")


@contextmanager
def bar() -> Iterator[Progress]:
    """A bar on standard error while the block runs, if that is a terminal."""
    if not sys.stderr.isatty():
        yield _tell_nobody
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("Judging arrivals"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=None)

        async def tell(done: int, total: int) -> None:
            shown.update(task, completed=done, total=total)

        yield tell


async def _tell_nobody(done: int, total: int) -> None:
    return


def report(found: Report) -> None:
    """What a try came to."""
    if not found.judged:
        say("Nothing has arrived in this time: nothing can be said.")
    else:
        say(
            f"{found.judged:,} arrivals, {found.first_at:%Y-%m-%d} to {found.last_at:%Y-%m-%d}: "
            f"{found.changed:,} would have come out otherwise."
        )
    if found.changes:
        rows = [(one.before, one.after, f"{one.count:,}") for one in found.changes]
        print_table(("now", "with this policy", "arrivals"), rows, "")
    for name, tallies in (("rule", found.by_rule), ("domain", found.by_domain), ("group", found.by_group)):
        _tallies(name, tallies)
    for change in found.changes:
        say(f"Examples of {change.before} → {change.after}:")
        for one in change.examples:
            say_below(f"{one.decision_id}  {one.at:%Y-%m-%d %H:%M}  {one.activity_type} by {one.actor}")
    _severed(found.severed)
    if found.without_words:
        say(f"Of {found.without_words:,} the words are kept no longer: rules about words say nothing there.")
    if found.unreadable:
        say(f"{found.unreadable:,} older arrivals could not be read.")
    if found.judged:
        say(f"One decision takes {found.microseconds:g} µs at the median.")


def _tallies(name: str, tallies: Sequence[Tally]) -> None:
    if tallies:
        rows = [(one.name or "here", f"{one.count:,}") for one in tallies[:MOST_TALLIES]]
        print_table((f"by {name}", "otherwise"), rows, "")


def _severed(found: Severed) -> None:
    if not found.domains:
        return
    say(
        f"{len(found.domains):,} servers with which our members have to do would be blocked. "
        f"{found.members:,} members here follow somebody there; {found.followers:,} people there follow us. "
        "Their follows end after seven days."
    )
    for handle, members in found.groups:
        say_below(f"{handle}: {members:,} members here")
    if found.unnamed:
        say_below(f"and {found.unnamed:,} groups that choose their members")


def explained(found: Sequence[Explained], arrived: Arrived | None) -> None:
    """Decisions with their reasons, the newest first."""
    for one in found:
        print_fields(_fields(one).items())
        for matched in one.rules:
            say(f"Rule {matched.name}")
            say_below(matched.sentence)
        if one.decided.facts:
            say("What was known when it was decided:")
        for name, value in _flat(one.decided.facts):
            say_below(f"{name}: {value}")
        if one.today is not None:
            say(f"Today it would be: {_worded(one.today)}")
        if one.without_words:
            say("Its words are kept no longer: what rules about words would say today is not known.")
    if arrived:
        say(f"What became of it: {arrived.state}. {arrived.outcome}")


def _flat(facts: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Facts one to a line, as they would be typed: `sender.accepted`, `yes`, `a, b`."""
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        elif isinstance(value, bool):
            yield f"{above}{name}", "yes" if value else "no"
        elif isinstance(value, list | tuple):
            yield f"{above}{name}", ", ".join(str(one) for one in value)
        else:
            yield f"{above}{name}", str(value)


def explained_json(found: Sequence[Explained], arrived: Arrived | None) -> dict[str, Any]:
    """The same for programs."""
    return {
        "arrival": {"state": arrived.state, "outcome": arrived.outcome} if arrived else None,
        "decisions": [
            {
                **_fields(one),
                "matched": [{"rule": each.name, "sentence": each.sentence} for each in one.rules],
                "facts": one.decided.facts,
                "today": None if one.today is None else _today(one.today),
                "without_words": one.without_words,
            }
            for one in found
        ],
    }


def _fields(one: Explained) -> dict[str, object]:
    decided = one.decided
    return {
        "decision": str(decided.id),
        "activity": decided.activity_uri,
        "type": decided.activity_type,
        "from": decided.actor_uri,
        "outcome": decided.outcome,
        "amendments": ", ".join(decided.amendments),
        "rules": "; ".join(decided.rules),
        "reason": decided.reason,
        "policy_version": decided.policy_version,
        "decided_at": decided.decided_at,
    }


def _today(decision: Decision) -> dict[str, object]:
    return {
        "outcome": decision.outcome.word,
        "amendments": sorted(decision.amendments),
        "rules": decision.rules,
        "reason": decision.reason,
        "policy_version": decision.policy_version,
    }


def _worded(decision: Decision) -> str:
    by = f" ({', '.join(decision.rules)})" if decision.rules else ""
    return f"{worded(decision)}{by}"


def say_below(text: str) -> None:
    """Print a line that belongs to the one above; nothing for no text."""
    if text:
        print(f"    {printable(text)}")
