"""What a community has written down: rules, word lists, domains, lists. Values only, as people wrote them.

The document is what is stored for each version, what a file says (`policy/file`) and what the forms of the
desk edit. `engine.compile_policy` makes of it what decides.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import msgspec

from fediverse_support.core.models import Level

INSTANCE = "instance"
"""The scope of what holds everywhere here. That of one group is `group:NAME`."""

Then = Literal["accept", "hold", "refuse"]
Mode = Literal["open", "allow-list"]
Shown = Literal["open", "partly", "hidden"]
Format = Literal["auto", "csv", "json", "text", "fires"]


class RuleText(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One rule as it was written. `name` is unique in its scope.

    It matches an arrival of which everything in `when` holds and not everything in `unless` (an empty
    `unless` excepts nothing); the words are those of `policy/conditions.py`. `amendments` (`with` in the
    file): see `decisions.AMENDMENTS`. `reason` may be shown to the person concerned, `note` stays among
    moderators. `expires` is the last day (UTC) on which it matches. `answers`: a refusal is told to the
    sender's server.
    """

    name: str
    scope: str = INSTANCE
    when: Mapping[str, Any] = {}
    unless: Mapping[str, Any] = {}
    then: Then = "accept"
    amendments: tuple[str, ...] = msgspec.field(default=(), name="with")
    reason: str = ""
    note: str = ""
    priority: int = 0
    expires: date | None = None
    review: date | None = None
    answers: bool = False
    is_off: bool = msgspec.field(default=False, name="off")


class WordList(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Words and phrases that several rules share; `when = { list = "name" }` finds them by their name."""

    phrases: tuple[str, ...]
    scope: str = INSTANCE
    note: str = ""


class Document(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is versioned as a whole. `consensus`: how many of the lists that count together must agree."""

    mode: Mode = "open"
    consensus: int = 2
    rules: tuple[RuleText, ...] = ()
    words: Mapping[str, WordList] = {}


class DomainText(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What was set by hand for one domain and everything below it."""

    level: Level = "default"
    no_media: bool = False
    no_reports: bool = False
    reason: str = ""
    note: str = ""
    shown: Shown = "open"
    expires: date | None = None
    review: date | None = None


class ListText(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A subscription to a list of domains; see `domain_lists` in migrations/0024_policy.sql."""

    url: str
    format: Format = "auto"
    priority: int = 100
    hours: int = 24
    drafts: bool = True
    together: bool = False
    lifts_retracted: bool = True
    most: Literal["limited", "held", "blocked"] = "blocked"
    is_on: bool = msgspec.field(default=True, name="on")


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a policy file can say. None: the file does not speak of it, and it stays as it is."""

    mode: Mode | None = None
    consensus: int | None = None
    rules: tuple[RuleText, ...] | None = None
    words: Mapping[str, WordList] | None = None
    domains: Mapping[str, DomainText] | None = None
    excludes: Mapping[str, str] | None = None
    lists: Mapping[str, ListText] | None = None
