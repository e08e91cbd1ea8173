"""Lists of domains that are fetched by themselves: adding one, what becomes of what it says, and deciding.

What a list says counts by precedence (policy/precedence.py). With `drafts` every change waits for a person.
A list that suddenly says far less changes nothing; one that names everybody, or would end the exchange with
most servers that people here know, waits for a person whatever was set. All of it is on the record.
"""

import re
from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec

from fediverse_support.core.errors import Conflict, Malformed, Missing
from fediverse_support.core.models import Account
from fediverse_support.database import domain_lists as stored
from fediverse_support.database import domains, list_entries, policy_versions
from fediverse_support.database.domain_lists import ListChange, Subscription
from fediverse_support.database.policy_versions import Kind
from fediverse_support.database.pool import Connection
from fediverse_support.moderation import deeds
from fediverse_support.moderation.settling import Settled, settle
from fediverse_support.policy.document import ListText
from fediverse_support.policy.lists.diff import Difference
from fediverse_support.protocol.site import Site

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


async def put(
    db: Connection,
    site: Site,
    changes: Mapping[str, ListText | None],
    *,
    by: Account | None,
    why: str,
    now: datetime,
    kind: Kind = "change",
    version: int | None = None,
) -> Settled:
    """Add lists or change how they count, or (None) take them away with all that they say.

    The caller opened the transaction. What is as it was makes no version; `version` as in `ladder.put`.
    A list is fetched by the worker, soon. Raises `Malformed` for what cannot be. Safe to run twice.
    """
    for name, text in changes.items():
        if text is not None:
            _check(site, name, text)
    await domains.alone(db)
    before = {one.name: one.text for one in await stored.listed(db)}
    changed = {name: text for name, text in changes.items() if before.get(name) != text}
    if not changed:
        return Settled(version=version or await policy_versions.latest(db))
    said = ", ".join(f"{name}: {'no list' if text is None else 'list'}" for name, text in changed.items())
    number = version or await policy_versions.begin(db, by=_id(by), why=why or said[:200], kind=kind)
    for name, text in changed.items():
        if text is not None:
            await stored.put(db, name, text, _id(by), now)
        if version is None:
            deed = "unsubscribe from list" if text is None else "subscribe to list"
            await deeds.record(db, by, deed, name, why or (text.url if text else ""), now)
    await stored.remove(db, [name for name, text in changed.items() if text is None])
    await policy_versions.note(
        db, number, "list", {name: (_plain(before.get(name)), _plain(text)) for name, text in changed.items()}
    )
    return await settle(db, site, now, by, number)


async def approve(
    db: Connection,
    site: Site,
    name: str,
    *,
    by: Account | None,
    now: datetime,
    ids: Collection[int] | None = None,
) -> Settled:
    """Let changes of a list count that waited for a person: these, or (None) all.

    The caller opened the transaction. Raises `Missing` for a list or change that is not there.
    """
    await domains.alone(db)
    subscription, waiting = await _waiting(db, name, ids)
    await apply(db, subscription, waiting, now)
    await stored.decide(db, [one.id for one in waiting], "applied", _id(by), now)
    why = f"{len(waiting)} changes of the list {name}"
    number = await policy_versions.begin(db, by=_id(by), why=why, kind="list")
    await deeds.record(db, by, "approve changes of list", name, f"{len(waiting)} changes", now)
    return await settle(db, site, now, by, number, {one.domain for one in waiting})


async def decline(
    db: Connection,
    name: str,
    *,
    by: Account | None,
    now: datetime,
    ids: Collection[int] | None = None,
) -> int:
    """Let changes of a list not count, these or (None) all; how many.

    The list may say them as often as it likes: they are not asked about again. What it has taken back stays.
    Raises `Missing` as `approve`.
    """
    await domains.alone(db)
    subscription, waiting = await _waiting(db, name, ids)
    kept = [one.domain for one in waiting if one.kind == "retract"]
    await list_entries.keep(db, subscription.id, kept, now)
    await deeds.record(db, by, "decline changes of list", name, f"{len(waiting)} changes", now)
    return await stored.decide(db, [one.id for one in waiting], "declined", _id(by), now)


async def lift_kept(
    db: Connection,
    site: Site,
    name: str,
    *,
    by: Account | None,
    now: datetime,
    only: Collection[str] | None = None,
) -> Settled:
    """Let what a list has taken back and what was kept all the same (of `only` these domains) end.

    The caller opened the transaction. Raises `Missing` for a list that is not there.
    """
    await domains.alone(db)
    subscription = await find(db, name, for_update=True)
    _, kept = await list_entries.read(db, subscription.id)
    wanted = sorted(kept if only is None else kept.intersection(only))
    if not wanted:
        return Settled(version=await policy_versions.latest(db))
    await list_entries.drop(db, subscription.id, wanted)
    number = await policy_versions.begin(
        db, by=_id(by), why=f"{len(wanted)} domains that the list {name} has taken back", kind="list"
    )
    await deeds.record(db, by, "lift what a list took back", name, f"{len(wanted)} domains", now)
    return await settle(db, site, now, by, number, wanted)


async def find(db: Connection, name: str, *, for_update: bool = False) -> Subscription:
    """A list by its name. Raises `Missing`."""
    found = await stored.by_name(db, name, for_update=for_update)
    if found is None:
        raise Missing(f"There is no list called {name}.")
    return found


async def apply(
    db: Connection,
    subscription: Subscription,
    changes: Collection[ListChange] | Collection[Difference],
    now: datetime,
) -> None:
    """Let a list say what these changes want; what it retracts ends, or stays if it is to be kept."""
    gone = [one.domain for one in changes if one.after is None]
    await list_entries.store(db, subscription.id, [one.after for one in changes if one.after is not None])
    if subscription.lifts_retracted:
        await list_entries.drop(db, subscription.id, gone)
    else:
        await list_entries.keep(db, subscription.id, gone, now)


async def _waiting(
    db: Connection, name: str, ids: Collection[int] | None
) -> tuple[Subscription, list[ListChange]]:
    subscription = await find(db, name, for_update=True)
    waiting = await stored.waiting(db, subscription.id, ids)
    if not waiting or (ids is not None and len(waiting) != len(set(ids))):
        raise Missing("No such change of this list waits: it may have been decided already.")
    return subscription, waiting


def _check(site: Site, name: str, text: ListText) -> None:
    if not _NAME.fullmatch(name):
        raise Malformed("The name of a list has up to 60 small letters, digits and hyphens.")
    site.gate.check(text.url)
    if site.is_ours(text.url):
        raise Conflict("This list is our own: it would repeat what is decided here.")
    if not 0 <= text.priority <= 255:
        raise Malformed("The priority of a list is between 0 and 255.")
    if not 1 <= text.hours <= 720:
        raise Malformed("A list is fetched every 1 to 720 hours.")
    msgspec.convert(msgspec.to_builtins(text), ListText)


def _plain(text: ListText | None) -> dict[str, object] | None:
    return None if text is None else dict(msgspec.to_builtins(text))


def _id(account: Account | None) -> int | None:
    return account.id if account else None
