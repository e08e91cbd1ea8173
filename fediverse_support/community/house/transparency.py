"""What this community tells everybody about its policy, made of the policy that is in force.

Told are: each rule as a sentence, with its outcome and its reason; each domain with its level and its public
reason. Never told are: notes, the names of rules, the words and patterns that rules look for, the people they
are about, groups that a guest does not find in the directory, and domains whose entry is hidden. A domain
whose entry is shown in part is told as `ba*.ex*mple`, with its digest, so that who knows it can check.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from fediverse_support.community.house import directories
from fediverse_support.core.models import GUEST, LEVELS, Actor, Level
from fediverse_support.database import policy_versions, transparency
from fediverse_support.database.pool import Connection
from fediverse_support.database.transparency import InForce, PublicLevel
from fediverse_support.policy import sentences
from fediverse_support.policy.document import INSTANCE, Mode, RuleText
from fediverse_support.policy.ladder import names_above
from fediverse_support.policy.scopes import group_of
from fediverse_support.policy.wording import Translate

RULES_OF_A_PAGE = 500
DOMAINS_OF_A_PAGE = 5_000
DOMAINS_SHOWN = 100
"""So many of each level stand on the page for people; the machine form has them all."""

ALWAYS_VEILED = frozenset({"words", "list", "matches", "actor"})
"""Conditions whose values are not told: it would help who wants to dodge them, or point at a person."""

SEVERITIES: Mapping[Level, str] = {"blocked": "suspend", "held": "silence", "limited": "silence"}
"""Our levels in the words of Mastodon's public list; what it has no word for is `noop`."""


class PublicRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as everybody may read it. `group` is the one whose rule it is; None: the whole community's."""

    sentence: str
    outcome: str
    amendments: tuple[str, ...] = ()
    reason: str = ""
    expires: date | None = None
    group: Actor | None = None


class PublicDomain(msgspec.Struct, frozen=True, kw_only=True):
    """A domain as everybody may read it. `name` has stars where it is shown in part; `digest` is SHA-256."""

    name: str
    digest: str
    level: Level
    no_media: bool = False
    no_reports: bool = False
    reason: str = ""
    list_name: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the name is told in full."""
        return "*" not in self.name


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """The domains of one level: some of them, how many more may be read, and how many have no name here."""

    level: Level
    domains: tuple[PublicDomain, ...] = ()
    more: int = 0
    hidden: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether no domain has this level."""
        return not (self.domains or self.more or self.hidden)


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """All that is told."""

    version: int
    mode: Mode
    rules: tuple[PublicRule, ...]
    shelves: tuple[Shelf, ...]
    more_rules: int = 0

    def of_community(self, outcome: str) -> list[PublicRule]:
        """The rules of the whole community with this outcome."""
        return [rule for rule in self.rules if rule.group is None and rule.outcome == outcome]

    def of_groups(self) -> list[tuple[Actor, list[PublicRule]]]:
        """The rules of each group that has some, by its name."""
        groups = {rule.group.name: rule.group for rule in self.rules if rule.group is not None}
        return [
            (group, [rule for rule in self.rules if rule.group is not None and rule.group.name == name])
            for name, group in sorted(groups.items())
        ]


async def statement(db: Connection, domain: str, now: datetime, translate: Translate) -> Statement:
    """What the page for people shows; `domain` is ours."""
    found = await transparency.in_force(db)
    rules = await _public_rules(db, found, domain, now)
    return Statement(
        version=found.version,
        mode=found.mode,
        rules=tuple(_told(rule, translate, names_group=False) for rule in rules[:RULES_OF_A_PAGE]),
        more_rules=max(len(rules) - RULES_OF_A_PAGE, 0),
        shelves=_shelves(await transparency.first_of_each(db, DOMAINS_SHOWN), await transparency.counts(db)),
    )


async def machine_form(db: Connection, domain: str, origin: str, now: datetime, page: int) -> dict[str, Any]:
    """The same as JSON, in English, page by page (from 1); docs/concepts/transparency.md says what is in it.

    `digest` is the SHA-256 of the rest of the page as JSON with sorted keys and without spaces.
    """
    found = await transparency.in_force(db)
    rules = await _public_rules(db, found, domain, now)
    counts = await transparency.counts(db)
    named = sum(count.number for count in counts if count.shown != "hidden")
    pages = max(_pages(len(rules), RULES_OF_A_PAGE), _pages(named, DOMAINS_OF_A_PAGE), 1)
    levels = await transparency.some(db, (page - 1) * DOMAINS_OF_A_PAGE, DOMAINS_OF_A_PAGE)
    first = (page - 1) * RULES_OF_A_PAGE
    body: dict[str, Any] = {
        "version": found.version,
        "community": domain,
        "mode": found.mode,
        "page": page,
        "pages": pages,
        "next": f"{origin}/about/policy.json?page={page + 1}" if page < pages else None,
        "rules": [_rule_form(rule) for rule in rules[first : first + RULES_OF_A_PAGE]],
        "domains": [_domain_form(level) for level in levels],
        "hidden": {count.level: count.number for count in counts if count.shown == "hidden"},
    }
    return {"digest": digest_of(body), **body}


async def turned_away(db: Connection) -> list[PublicDomain]:
    """The domains that are not treated like others, of those that may be told, as Mastodon lists them."""
    levels = await transparency.some(db, 0, DOMAINS_OF_A_PAGE)
    return [_public(level) for level in levels if level.level in SEVERITIES]


def digest_of(body: Mapping[str, Any]) -> str:
    """The digest of a page of the machine form, its own `digest` left out."""
    rest = {name: value for name, value in body.items() if name != "digest"}
    return hashlib.sha256(msgspec.json.encode(rest, order="deterministic")).hexdigest()


def starred(domain: str) -> str:
    """A domain shown in part: a fifth of it on each side and its dots, and stars for the rest.

    >>> starred("bad.example")
    'ba*.*****le'
    """
    kept = max(len(domain) // 5, 1)
    return "".join(
        letter if letter == "." or place < kept or place >= len(domain) - kept else "*"
        for place, letter in enumerate(domain)
    )


# Rules ----------------------------------------------------------------------------------------------------


class _Public(msgspec.Struct, frozen=True):
    """A rule that may be told, the group whose it is, and the conditions whose values are not told."""

    rule: RuleText
    group: Actor | None
    veiled: frozenset[str]


class _Source(msgspec.Struct, frozen=True):
    """What a version says: its rules, and every name that must not be read, with the names above it."""

    rules: tuple[RuleText, ...]
    secret: frozenset[str]
    above_secret: frozenset[str]


_kept: dict[tuple[int, datetime], _Source] = {}
"""What the last versions say, so that a crowd of readers does not read a large document each time."""


async def _public_rules(db: Connection, found: InForce, domain: str, now: datetime) -> list[_Public]:
    """The rules in force that may be told: none that is off or over, or of a group not known to guests."""
    today = now.astimezone(UTC).date()
    listed = await directories.listed(db, GUEST, domain, now)
    groups = {group.actor.name.casefold(): group.actor for group in listed}
    source = await _source(db, found)
    told = []
    for rule in source.rules:
        group = groups.get((group_of(rule.scope) or "").casefold())
        if rule.is_off or (rule.expires is not None and rule.expires < today):
            continue
        if group is not None or rule.scope == INSTANCE:
            told.append(_Public(rule, group, ALWAYS_VEILED | _veils(rule, frozenset(groups), source)))
    return told


async def _source(db: Connection, found: InForce) -> _Source:
    key = (found.version, found.made_at)
    if key not in _kept:
        document = await policy_versions.document(db, found.version)
        secret = frozenset(await transparency.veiled(db) if any(map(_hosts_in, document.rules)) else ())
        above = frozenset(name for one in secret for name in names_above(one))
        while len(_kept) > 1:
            _kept.pop(next(iter(_kept)))
        _kept[key] = _Source(document.rules, secret, above)
    return _kept[key]


def _veils(rule: RuleText, groups: frozenset[str], source: _Source) -> set[str]:
    """Which conditions name a group or a domain that may not be read here."""
    found = set()
    if any(name.lstrip("!@").casefold() not in groups for name in _texts(rule, "group")):
        found.add("group")
    for condition in ("domain", "link_to"):
        if any(_is_near(name, source) for name in _texts(rule, condition)):
            found.add(condition)
    return found


def _is_near(name: str, source: _Source) -> bool:
    """Whether a domain, one above it or one below it is secret."""
    names = names_above(name.strip().removeprefix("*."))
    return not source.secret.isdisjoint(names) or not source.above_secret.isdisjoint(names[:1])


def _hosts_in(rule: RuleText) -> list[str]:
    return [*_texts(rule, "domain"), *_texts(rule, "link_to")]


def _texts(rule: RuleText, condition: str) -> list[str]:
    """The values of a condition in `when` and `unless`."""
    found: list[str] = []
    for table in (rule.when, rule.unless):
        value = table.get(condition, [])
        found += [value] if isinstance(value, str) else list(value)
    return found


def _told(public: _Public, translate: Translate, *, names_group: bool) -> PublicRule:
    rule = public.rule
    return PublicRule(
        sentence=sentences.of_rule(
            rule, translate, veiled=public.veiled, names_group=names_group, as_we=True
        ),
        outcome=rule.then,
        amendments=rule.amendments if rule.then != "refuse" else (),
        reason=rule.reason,
        expires=rule.expires,
        group=public.group,
    )


def _rule_form(public: _Public) -> dict[str, Any]:
    told = _told(public, str, names_group=True)
    return {
        "group": told.group.uri if told.group is not None else None,
        "sentence": told.sentence,
        "outcome": told.outcome,
        "amendments": list(told.amendments),
        "reason": told.reason,
        "until": told.expires.isoformat() if told.expires is not None else None,
    }


# Domains --------------------------------------------------------------------------------------------------


def _public(level: PublicLevel) -> PublicDomain:
    return PublicDomain(
        name=level.domain if level.shown == "open" else starred(level.domain),
        digest=hashlib.sha256(level.domain.encode()).hexdigest(),
        level=level.level,
        no_media=level.no_media,
        no_reports=level.no_reports,
        reason=level.public_reason,
        list_name=level.list_name,
    )


def _shelves(levels: Sequence[PublicLevel], counts: Iterable[transparency.Count]) -> tuple[Shelf, ...]:
    """The shelves that hold something, the most severe level first."""
    numbers = {(count.level, count.shown): count.number for count in counts}
    shelves = []
    for level in reversed(LEVELS):
        domains = sorted((_public(one) for one in levels if one.level == level), key=lambda one: one.name)
        named = numbers.get((level, "open"), 0) + numbers.get((level, "partly"), 0)
        shelves.append(
            Shelf(
                level=level,
                domains=tuple(domains),
                more=named - len(domains),
                hidden=numbers.get((level, "hidden"), 0),
            )
        )
    return tuple(shelf for shelf in shelves if not shelf.is_empty)


def _domain_form(level: PublicLevel) -> dict[str, Any]:
    told = _public(level)
    return {
        "domain": told.name,
        "digest": told.digest,
        "severity": SEVERITIES.get(told.level, "noop"),
        "level": told.level,
        "reject_media": told.no_media,
        "reject_reports": told.no_reports,
        "comment": told.reason,
        "list": told.list_name,
    }


def _pages(number: int, of_a_page: int) -> int:
    return -(-number // of_a_page)
