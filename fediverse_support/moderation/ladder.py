"""Changing how this community deals with other servers, on the record. One deed is one new version.

What people set by hand is kept apart from what holds: `settle` works that out from all that speaks of
domains, and ends or keeps follows accordingly.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from fediverse_support.core.errors import Conflict, Malformed
from fediverse_support.core.models import LEVELS, Account
from fediverse_support.database import domains as stored
from fediverse_support.database import policy_versions
from fediverse_support.database.policy_versions import ChangeKind, Kind
from fediverse_support.database.pool import Connection
from fediverse_support.moderation import deeds
from fediverse_support.moderation.settling import Settled, settle
from fediverse_support.policy import domain_names
from fediverse_support.policy.document import DomainText
from fediverse_support.policy.domain_names import UnfitName
from fediverse_support.policy.levels import word_of
from fediverse_support.protocol.site import Site

T = TypeVar("T")
__all__ = ["Settled", "exclude", "expire", "names_of", "ours", "put", "settle"]

LONGEST_REASON, LONGEST_NOTE = 1_000, 5_000
_EACH_ON_RECORD = 20
"""More domains than this in one deed are one line on the record."""


def ours(site: Site) -> tuple[str, ...]:
    """The names of this community: that of its handles, and that of its addresses."""
    return (site.domain, site.host)


async def put(
    db: Connection,
    site: Site,
    changes: Mapping[str, DomainText | None],
    *,
    by: Account | None,
    why: str,
    now: datetime,
    kind: Kind = "change",
    version: int | None = None,
    is_sure: bool = False,
) -> Settled:
    """Set what holds for domains, or (None) take away what was set by hand.

    The caller opened the transaction. What is as it was makes no version. `version`: part of a larger deed
    that has begun it and records itself. `is_sure`: also for a suffix under which anybody may have a name.
    Raises `Malformed` (`UnfitName`) for what is no domain, is not a level or has had its last day, and
    `Conflict` for our own domain. Safe to run twice.
    """
    wanted = names_of(changes)
    await stored.alone(db)
    before = await stored.entries(db, list(wanted))
    changed = {name: text for name, text in wanted.items() if before.get(name) != text}
    for name, text in changed.items():
        if text is not None and kind != "undo":
            _check(site, name, text, now, is_sure)
    if not changed:
        return Settled(version=version or await policy_versions.latest(db))
    number = version or await policy_versions.begin(db, by=_id(by), why=why or _summary(changed), kind=kind)
    await stored.put_entries(
        db, {name: text for name, text in changed.items() if text is not None}, _id(by), now
    )
    await stored.remove_entries(db, [name for name, text in changed.items() if text is None])
    await _note(db, number, "domain", before, changed)
    if version is None:
        await _record_levels(db, by, changed, why, now)
    settled = await settle(db, site, now, by, number, list(changed))
    return msgspec.structs.replace(settled, changed=tuple(sorted(changed)))


async def exclude(
    db: Connection,
    site: Site,
    changes: Mapping[str, str | None],
    *,
    by: Account | None,
    why: str,
    now: datetime,
    kind: Kind = "change",
    version: int | None = None,
) -> Settled:
    """Let no list say anything about domains (with a note for moderators), or (None) let lists speak again.

    Otherwise as `put`.
    """
    wanted = names_of(changes)
    if any(note is not None and len(note) > LONGEST_NOTE for note in wanted.values()):
        raise Malformed(f"The note may have {LONGEST_NOTE:,} characters.")
    await stored.alone(db)
    before = {one.domain: one.note for one in await stored.excludes(db) if one.domain in wanted}
    changed = {name: note for name, note in wanted.items() if before.get(name) != note}
    if not changed:
        return Settled(version=version or await policy_versions.latest(db))
    said = ", ".join(
        f"{name}: {'listed again' if note is None else 'no list'}" for name, note in changed.items()
    )
    number = version or await policy_versions.begin(db, by=_id(by), why=why or said[:200], kind=kind)
    await stored.put_excludes(
        db, {name: note for name, note in changed.items() if note is not None}, _id(by), now
    )
    await stored.remove_excludes(db, [name for name, note in changed.items() if note is None])
    await policy_versions.note(
        db,
        number,
        "exclude",
        {name: (_noted(before.get(name)), _noted(note)) for name, note in changed.items()},
    )
    if version is None:
        for name, note in changed.items():
            deed = "let lists speak of domain" if note is None else "exclude domain from lists"
            await deeds.record(db, by, deed, name, why, now)
    settled = await settle(db, site, now, by, number, list(changed))
    return msgspec.structs.replace(settled, changed=tuple(sorted(changed)))


async def expire(db: Connection, site: Site, now: datetime) -> Settled | None:
    """Take away what has had its last day, as one version; None if nothing has. Safe to run twice."""
    passed = await stored.expired(db, now.date())
    if not passed:
        return None
    changes = dict.fromkeys(passed)
    return await put(db, site, changes, by=None, why="Its last day has passed.", now=now, kind="expiry")


def names_of(changes: Mapping[str, T]) -> dict[str, T]:
    """The same with every domain as we write it. Raises `UnfitName`, and `Malformed` for one named twice."""
    found = {domain_names.read_name(name): value for name, value in changes.items()}
    if len(found) != len(changes):
        raise Malformed("A domain is named twice, in two spellings.")
    return found


def _check(site: Site, name: str, text: DomainText, now: datetime, is_sure: bool) -> None:
    why = domain_names.unfit(name, ours(site))
    if why == "own":
        raise Conflict(domain_names.SENTENCES["own"])
    if why is not None and not is_sure:
        raise UnfitName(why)
    if text.level not in LEVELS:
        raise Malformed(f"A level is one of {', '.join(LEVELS)}.")
    if len(text.reason) > LONGEST_REASON or len(text.note) > LONGEST_NOTE:
        raise Malformed(f"The reason may have {LONGEST_REASON:,} characters, the note {LONGEST_NOTE:,}.")
    if text.expires is not None and text.expires < now.date():
        raise Malformed(f"The last day for {name} has passed already.")


async def _note(
    db: Connection,
    version: int,
    kind: ChangeKind,
    before: Mapping[str, DomainText],
    after: Mapping[str, DomainText | None],
) -> None:
    await policy_versions.note(
        db, version, kind, {name: (_plain(before.get(name)), _plain(text)) for name, text in after.items()}
    )


async def _record_levels(
    db: Connection, by: Account | None, changed: Mapping[str, DomainText | None], why: str, now: datetime
) -> None:
    if len(changed) > _EACH_ON_RECORD:
        await deeds.record(db, by, "set domains", f"{len(changed)} domains", why, now)
        return
    for name, text in changed.items():
        deed = "remove domain level" if text is None else f"set domain to {_word(text)}"
        await deeds.record(db, by, deed, name, text.reason if text else why, now)


def _summary(changed: Mapping[str, DomainText | None]) -> str:
    said = [f"{name}: {_word(text) if text else 'no level'}" for name, text in list(changed.items())[:5]]
    more = [f"and {len(changed) - 5} more"] if len(changed) > 5 else []
    return ", ".join((*said, *more))


def _word(text: DomainText) -> str:
    return word_of(text.level, text.no_media, text.no_reports)


def _plain(text: DomainText | None) -> dict[str, Any] | None:
    return None if text is None else dict(msgspec.to_builtins(text))


def _noted(note: str | None) -> dict[str, Any] | None:
    return None if note is None else {"note": note}


def _id(account: Account | None) -> int | None:
    return account.id if account else None
