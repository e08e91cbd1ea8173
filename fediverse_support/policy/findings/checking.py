"""What is to be said about a policy before it is applied: what cannot be, does nothing, or could be better.

    line 12: warning: This rule never matches: its word list is empty.

`check` reads a file and names lines; `of_document` looks at what the forms of the desk made. An error keeps a
policy from being applied; warnings and hints do not.
"""

from collections.abc import Mapping
from datetime import date

import msgspec

from fediverse_support.policy import file
from fediverse_support.policy.document import Document, Whole, WordList
from fediverse_support.policy.file.locating import NOWHERE, Path, Places
from fediverse_support.policy.file.writing import MARK
from fediverse_support.policy.findings import domains as domain_findings
from fediverse_support.policy.findings import rules as rule_findings
from fediverse_support.policy.findings import words as word_findings
from fediverse_support.policy.findings.shadowing import shadows
from fediverse_support.policy.wording import N_, BadFile, Finding, Part, Weight, finding

__all__ = ["MOST_FINDINGS", "Finding", "Known", "check", "of_document", "of_whole"]

MOST_FINDINGS = 500
"""More are not given; nobody reads them."""

_RANK: dict[Weight, int] = {"error": 0, "warning": 1, "hint": 2}


class Known(msgspec.Struct, frozen=True):
    """What a policy is checked against: our groups, lists of domains by name, and our own domain.

    `words`: the word lists in force, for a file that does not speak of any. `today`: without it nothing is
    said about days.
    """

    groups: frozenset[str] = frozenset()
    lists: Mapping[str, frozenset[str]] = {}
    domain: str = ""
    words: Mapping[str, WordList] = {}
    today: date | None = None


class Notes:
    """Gathers findings; knows where in the file things stand."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.found: list[Finding] = []

    def say(self, weight: Weight, path: Path, form: str, /, **values: str | int | Part) -> None:
        """Note something about a place."""
        self.found.append(finding(self._places.line(*path), weight, form, **values))

    def line(self, *path: str | int) -> int | None:
        """The line of a place."""
        return self._places.line(*path)


def check(text: str, known: Known, largest: int = file.LARGEST) -> list[Finding]:
    """Everything that is to be said about a file, by line; of one that cannot be read, why."""
    try:
        whole, places = file.read_with_places(text, largest)
    except BadFile as error:
        return list(error.findings)
    found = of_whole(whole, known, places)
    comments = [line for line, comment in places.comments if not comment.startswith(MARK.strip())]
    if comments:
        form = N_("Comments are not kept. What should be remembered belongs into a “note”.")
        found.append(finding(comments[0], "hint", form))
    return sorted(found, key=lambda one: (one.line or 0, _RANK[one.weight]))[:MOST_FINDINGS]


def of_document(document: Document, known: Known) -> list[Finding]:
    """Everything that is to be said about rules and word lists, the gravest first; without lines."""
    whole = Whole(
        mode=document.mode, consensus=document.consensus, rules=document.rules, words=document.words
    )
    return of_whole(whole, known)


def of_whole(whole: Whole, known: Known, places: Places = NOWHERE) -> list[Finding]:
    """The same for everything that a file can say."""
    notes = Notes(places)
    words = known.words if whole.words is None else whole.words
    word_findings.of_words(whole.words or {}, known.groups, notes.say)
    usable = rule_findings.of_rules(whole.rules or (), words, known.groups, known.today, notes.say)
    _compare(whole, usable, words, notes)
    domain_findings.of_domains(whole, known.lists, known.domain, known.today, notes.say)
    return sorted(notes.found, key=lambda one: _RANK[one.weight])[:MOST_FINDINGS]


_SHADOWS: dict[str, str] = {
    "opposite": N_(
        "“%(other)s”%(where)s is about exactly the same and has the same priority. The more severe of the "
        "two counts, so this one does nothing: change one, or take one away."
    ),
    "same": N_("“%(other)s”%(where)s does the same for exactly the same. Take one of them away."),
    "covered": N_(
        "“%(other)s”%(where)s does this already for everything that this rule is about. Take this rule "
        "away, or give it something more to do."
    ),
    "passed": N_(
        "“%(other)s”%(where)s has a higher priority and lets in everything that this rule is about, so this "
        "one is never asked. Give this one a higher priority, or take it away."
    ),
    "outdone": N_(
        "“%(other)s”%(where)s is more severe and about the same too, so this rule lets nothing in. Give "
        "this rule a higher priority than that one."
    ),
}


def _compare(whole: Whole, usable: list[int], words: Mapping[str, WordList], notes: Notes) -> None:
    """Say which of the rules that can match have no effect because of another."""
    rules = whole.rules or ()
    found, is_all = shadows([(place, rules[place]) for place in usable], words)
    for shadow in found:
        line = notes.line("rule", shadow.by)
        where = Part(N_(" (line %(line)d)"), {"line": line}) if line else ""
        notes.say(
            "warning", ("rule", shadow.rule), _SHADOWS[shadow.sort], other=rules[shadow.by].name, where=where
        )
    rule_findings.of_needless_accepts(rules, usable, {shadow.rule for shadow in found}, notes.say)
    if not is_all:
        notes.say("hint", ("rule",), N_("There are too many rules to compare each of them with all others."))
