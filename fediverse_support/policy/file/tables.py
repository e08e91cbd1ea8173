"""What may stand in each table of a policy file, and how the tables become values."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar, get_args

import msgspec

from fediverse_support.core.models import LEVELS
from fediverse_support.policy.decisions import AMENDMENTS, WARN
from fediverse_support.policy.document import (
    DomainText,
    ListText,
    Mode,
    RuleText,
    Shown,
    Then,
    Whole,
    WordList,
)
from fediverse_support.policy.document import Format as ListFormat
from fediverse_support.policy.file import forms
from fediverse_support.policy.file.forms import LONGEST_NOTE, LONGEST_REASON, Form, Wrong
from fediverse_support.policy.file.locating import Path, Places
from fediverse_support.policy.wording import N_, Finding, Weight, finding

MOST_RULES = 20_000
MOST_PHRASES = 200_000
MOST_DOMAINS = 200_000
LONGEST_PHRASE = 200
LONGEST_DOMAIN = 253

T = TypeVar("T")
_LIST_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_WORDS_NAME = re.compile(r"[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]{0,98}[^\s\x00-\x1f\x7f])?")


def _amendments(value: object) -> object:
    given = [value] if isinstance(value, str) else value
    words = forms.texts(len(WARN) + forms.LONGEST_NAME, 100)(given)
    for place, word in enumerate(words if isinstance(words, list) else ()):
        if word not in AMENDMENTS and not word.startswith(WARN):
            raise forms.unknown(word, (*sorted(AMENDMENTS), WARN), place)
    return words


_COMMUNITY: dict[str, Form] = {
    "mode": forms.choice(*get_args(Mode)),
    "consensus": forms.number(1, 1000),
}
_RULE: dict[str, Form] = {
    "name": forms.line(forms.LONGEST_NAME),
    "scope": forms.scope,
    "when": forms.conditions,
    "unless": forms.conditions,
    "then": forms.choice(*get_args(Then)),
    "with": _amendments,
    "reason": forms.text(LONGEST_REASON),
    "note": forms.text(LONGEST_NOTE),
    "priority": forms.number(-1_000_000, 1_000_000),
    "expires": forms.day,
    "review": forms.day,
    "answers": forms.flag,
    "off": forms.flag,
}
_WORDS: dict[str, Form] = {
    "phrases": forms.texts(LONGEST_PHRASE, MOST_PHRASES),
    "scope": forms.scope,
    "note": forms.text(LONGEST_NOTE),
}
_DOMAIN: dict[str, Form] = {
    "level": forms.choice(*LEVELS),
    "no_media": forms.flag,
    "no_reports": forms.flag,
    "reason": forms.text(LONGEST_REASON),
    "note": forms.text(LONGEST_NOTE),
    "shown": forms.choice(*get_args(Shown)),
    "expires": forms.day,
    "review": forms.day,
}
_LIST: dict[str, Form] = {
    "url": forms.address,
    "format": forms.choice(*get_args(ListFormat)),
    "priority": forms.number(0, 255),
    "hours": forms.number(1, 720),
    "drafts": forms.flag,
    "together": forms.flag,
    "lifts_retracted": forms.flag,
    "most": forms.choice("limited", "held", "blocked"),
    "on": forms.flag,
}
TABLES = ("community", "domains", "excludes", "lists", "words", "rule")


class Reader:
    """Makes values of tables and gathers everything that is wrong with them."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.findings: list[Finding] = []

    def say(self, weight: Weight, path: Path, form: str, /, **values: str | int) -> None:
        """Note a finding at a place."""
        self.findings.append(finding(self._places.line(*path), weight, form, **values))

    def whole(self, given: Mapping[str, Any]) -> Whole:
        """Everything that the file says. What is wrong is left out and noted."""
        for name in given:
            if name not in TABLES:
                self._wrong((name,), forms.unknown(name, TABLES))
        community = self._fields(given.get("community", {}), ("community",), _COMMUNITY)
        return Whole(
            mode=community.get("mode"),
            consensus=community.get("consensus"),
            rules=self._rules(given["rule"]) if "rule" in given else None,
            words=self._words(given["words"]) if "words" in given else None,
            domains=self._domains(given["domains"]) if "domains" in given else None,
            excludes=self._excludes(given["excludes"]) if "excludes" in given else None,
            lists=self._lists(given["lists"]) if "lists" in given else None,
        )

    def _wrong(self, path: Path, wrong: Wrong) -> None:
        self.say("error", (*path, *wrong.path), wrong.form, **wrong.values)

    def _fields(
        self, given: object, path: Path, known: Mapping[str, Form], needed: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """The fields of one table that are as they should be."""
        if not isinstance(given, dict):
            self.say("error", path, N_("Here a table is needed, with keys and values."))
            return {}
        found: dict[str, Any] = {}
        for name, value in given.items():
            try:
                if name not in known:
                    raise forms.unknown(name, known)
                found[name] = known[name](value)
            except Wrong as wrong:
                self._wrong((*path, name), wrong)
        for name in needed:
            if name not in given:
                self.say("error", path, N_("Here “%(name)s” is missing."), name=name)
        return found

    def _entries(self, given: object, name: str, most: int) -> dict[str, Any]:
        if not isinstance(given, dict):
            self.say("error", (name,), N_("Here a table is needed, with keys and values."))
            return {}
        if len(given) > most:
            self.say("error", (name,), N_("Here are more than %(most)d entries."), most=most)
            return {}
        return given

    def _rules(self, given: object) -> tuple[RuleText, ...]:
        if not isinstance(given, list):
            self.say("error", ("rule",), N_("Begin each rule with [[rule]], in two pairs of brackets."))
            return ()
        if len(given) > MOST_RULES:
            self.say("error", ("rule",), N_("Here are more than %(most)d entries."), most=MOST_RULES)
            return ()
        found = [rule for place, one in enumerate(given) if (rule := self._rule(one, ("rule", place)))]
        self._names_once(given)
        return tuple(found)

    def _rule(self, given: object, path: Path) -> RuleText | None:
        fields = self._fields(given, path, _RULE, needed=("name", "then"))
        return self._made(fields, RuleText) if {"name", "then"} <= set(fields) else None

    def _names_once(self, given: list[Any]) -> None:
        seen: dict[tuple[str, str], int] = {}
        for place, one in enumerate(given):
            if not isinstance(one, dict) or not isinstance(one.get("name"), str):
                continue
            key = (str(one.get("scope", "instance")), one["name"])
            if key in seen:
                first = self._places.line("rule", seen[key]) or 0
                self.say(
                    "error",
                    ("rule", place, "name"),
                    N_("The rule in line %(line)d has this name already: give each rule its own."),
                    line=first,
                )
            seen.setdefault(key, place)

    def _words(self, given: object) -> dict[str, WordList]:
        found: dict[str, WordList] = {}
        for name, one in self._entries(given, "words", 10_000).items():
            if not _WORDS_NAME.fullmatch(name):
                self.say("error", ("words", name), N_("A word list has a name of 1 to 100 characters."))
                continue
            fields = self._fields(one, ("words", name), _WORDS, needed=("phrases",))
            if "phrases" in fields:
                found[name] = self._made(fields, WordList)
        if sum(len(one.phrases) for one in found.values()) > MOST_PHRASES:
            self.say("error", ("words",), N_("Here are more than %(most)d entries."), most=MOST_PHRASES)
        return found

    def _domains(self, given: object) -> dict[str, DomainText]:
        found: dict[str, DomainText] = {}
        for name, one in self._entries(given, "domains", MOST_DOMAINS).items():
            fields = self._fields(one, ("domains", name), _DOMAIN)
            if self._is_key(("domains", name), LONGEST_DOMAIN):
                found[name] = self._made(fields, DomainText)
        return found

    def _excludes(self, given: object) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, one in self._entries(given, "excludes", MOST_DOMAINS).items():
            note = self._fields({"note": one}, ("excludes",), {"note": forms.text(LONGEST_NOTE)})
            if self._is_key(("excludes", name), LONGEST_DOMAIN) and note:
                found[name] = note["note"]
        return found

    def _lists(self, given: object) -> dict[str, ListText]:
        found: dict[str, ListText] = {}
        for name, one in self._entries(given, "lists", 1000).items():
            if not _LIST_NAME.fullmatch(name):
                self.say(
                    "error",
                    ("lists", name),
                    N_("The name of a list has small letters, digits and hyphens, 60 at most."),
                )
                continue
            fields = self._fields(one, ("lists", name), _LIST, needed=("url",))
            if "url" in fields:
                found[name] = self._made(fields, ListText)
        return found

    def _is_key(self, path: Path, longest: int) -> bool:
        name = str(path[-1])
        if 0 < len(name) <= longest:
            return True
        self.say("error", path, N_("The name of a server has 1 to %(longest)d characters."), longest=longest)
        return False

    @staticmethod
    def _made(fields: dict[str, Any], kind: type[T]) -> T:
        return msgspec.convert(fields, kind)
