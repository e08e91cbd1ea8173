"""What a version of the policy changes beside its document: domains, excludes and subscriptions to lists.

Their state lies in tables of its own, because lists and expiry change it too. Each version notes what it
changed, before and after; from that comes what a later one would take back, and what two people have crossed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from fediverse_support.core.models import Account
from fediverse_support.database import domain_lists, domains, policy_versions
from fediverse_support.database.policy_versions import Kind
from fediverse_support.database.pool import Connection
from fediverse_support.moderation import ladder, subscriptions
from fediverse_support.policy.document import DomainText, ListText, Whole
from fediverse_support.protocol.site import Site

T = TypeVar("T")
Value = DomainText | str | ListText | None
"""What a change sets: a domain's entry, the note of an exclude, a subscription; None takes it away."""


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """Changes beside the document, by domain or by the name of the list. None takes something away."""

    domains: Mapping[str, DomainText | None] = {}
    excludes: Mapping[str, str | None] = {}
    lists: Mapping[str, ListText | None] = {}

    def __bool__(self) -> bool:
        return bool(self.domains or self.excludes or self.lists)

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that changes, for people: `domain NAME`, `exclude NAME`, `list NAME`."""
        return (
            *(f"domain {name}" for name in self.domains),
            *(f"exclude {name}" for name in self.excludes),
            *(f"list {name}" for name in self.lists),
        )


async def standing(db: Connection) -> Whole:
    """The domains, excludes and subscriptions as they are."""
    return Whole(
        domains=await domains.entries(db),
        excludes={one.domain: one.note for one in await domains.excludes(db)},
        lists={one.name: one.text for one in await domain_lists.listed(db)},
    )


async def differing(db: Connection, whole: Whole) -> Beside:
    """What would have to change so that all is as `whole` says; what it does not speak of stays.

    Raises `Malformed` for what is no domain and for one that is named twice.
    """
    now = await standing(db)
    return Beside(
        domains=_differing(now.domains, None if whole.domains is None else ladder.names_of(whole.domains)),
        excludes=_differing(
            now.excludes, None if whole.excludes is None else ladder.names_of(whole.excludes)
        ),
        lists=_differing(now.lists, whole.lists),
    )


def _differing(now: Mapping[str, T] | None, wanted: Mapping[str, T] | None) -> dict[str, T | None]:
    if wanted is None:
        return {}
    now = now or {}
    gone: dict[str, T | None] = dict.fromkeys(name for name in now if name not in wanted)
    return gone | {name: value for name, value in wanted.items() if now.get(name) != value}


async def reconciled(db: Connection, wanted: Beside, based_on: int) -> tuple[Beside, tuple[str, ...]]:
    """`wanted`, written from the version `based_on`, where later versions have changed something too.

    What it has as it was then is left as it is now; also gives what both have changed.
    """
    since = {f"{one.kind} {one.key}": one for one in await policy_versions.changes_since(db, based_on)}
    crossed: list[str] = []

    def own(kind: str, changes: Mapping[str, T | None]) -> dict[str, T | None]:
        kept: dict[str, T | None] = {}
        for name, value in changes.items():
            later = since.get(f"{kind} {name}")
            if later is None:
                kept[name] = value
            elif value != _value(kind, later.before):
                crossed.append(f"{kind} {name}")
        return kept

    result = Beside(
        domains=own("domain", wanted.domains),
        excludes=own("exclude", wanted.excludes),
        lists=own("list", wanted.lists),
    )
    return result, tuple(crossed)


async def of_version(db: Connection, version: int) -> tuple[Beside, tuple[str, ...]]:
    """What would take back what a version changed; and what a later one has changed again, which stays."""
    now = await standing(db)
    stands: dict[str, Mapping[str, Any]] = {
        "domain": now.domains or {},
        "exclude": now.excludes or {},
        "list": now.lists or {},
    }
    back: dict[str, dict[str, Any]] = {"domain": {}, "exclude": {}, "list": {}}
    kept: list[str] = []
    for change in await policy_versions.changes(db, version):
        if stands[change.kind].get(change.key) == _value(change.kind, change.after):
            back[change.kind][change.key] = _value(change.kind, change.before)
        else:
            kept.append(f"{change.kind} {change.key}")
    return Beside(domains=back["domain"], excludes=back["exclude"], lists=back["list"]), tuple(kept)


def _value(kind: str, plain: Mapping[str, Any] | None) -> Value:
    if plain is None:
        return None
    if kind == "exclude":
        return str(plain["note"])
    return msgspec.convert(plain, DomainText) if kind == "domain" else msgspec.convert(plain, ListText)


async def put(
    db: Connection,
    site: Site,
    changes: Beside,
    *,
    by: Account | None,
    why: str,
    now: datetime,
    kind: Kind,
    version: int,
    is_sure: bool = False,
) -> None:
    """Make these changes as a part of `version`, on its record. Raises what `ladder.put` and
    `subscriptions.put` do."""
    given: dict[str, Any] = {"by": by, "why": why, "now": now, "kind": kind, "version": version}
    if changes.domains:
        await ladder.put(db, site, changes.domains, is_sure=is_sure, **given)
    if changes.excludes:
        await ladder.exclude(db, site, changes.excludes, **given)
    if changes.lists:
        await subscriptions.put(db, site, changes.lists, **given)
