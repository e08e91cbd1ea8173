"""Changing the policy: apply what somebody wrote, take it back, know what is in force. On the record.

Everything that is in force is a version: the document (rules, word lists, mode) and what was changed beside
it (domains, excludes, lists). Nothing is ever changed in place, so every former state can be brought back.
A group's moderators write in the rules and words of their group; the staff in everything.
"""

import asyncio
from datetime import datetime

import msgspec

from fediverse_support.community.house import policies
from fediverse_support.core.errors import Conflict, Malformed, Missing
from fediverse_support.core.models import Account
from fediverse_support.database import domain_lists, groups, list_entries, policy_drafts, policy_versions
from fediverse_support.database.policy_drafts import Draft
from fediverse_support.database.policy_versions import Version
from fediverse_support.database.pool import Connection
from fediverse_support.moderation import beside, deeds, ladder
from fediverse_support.moderation.beside import Beside
from fediverse_support.policy import findings, merging, scopes
from fediverse_support.policy.document import INSTANCE, Document, Whole
from fediverse_support.policy.file.locating import NOWHERE, Places
from fediverse_support.policy.findings import Finding, Known
from fediverse_support.policy.scopes import Difference
from fediverse_support.policy.wording import BadFile
from fediverse_support.protocol.site import Site

LONGEST_WHY = 5_000


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What applying came to: the new version (None: nothing differs from what is in force) and what differs,
    in the document and `beside` it (`domain NAME`, `exclude NAME`, `list NAME`).
    """

    version: int | None
    difference: Difference = Difference()
    beside: tuple[str, ...] = ()


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """What undoing came to: the new version, the one taken back, and what of it stays, in words, because a
    later version has changed it again.
    """

    version: int
    undoes: int
    difference: Difference
    beside: tuple[str, ...]
    kept: tuple[str, ...]


async def current(db: Connection, scope: str = INSTANCE) -> Whole:
    """All that is in force, as a file would say it; of a group: its rules and words."""
    said = scopes.whole_of(await policy_versions.document(db), scope)
    if scope != INSTANCE:
        return said
    now = await beside.standing(db)
    return msgspec.structs.replace(said, domains=now.domains, excludes=now.excludes, lists=now.lists)


async def based_on(db: Connection) -> int:
    """The version that a new draft begins from."""
    return await policy_versions.latest(db)


async def apply(
    db: Connection,
    site: Site,
    whole: Whole,
    *,
    scope: str = INSTANCE,
    by: Account | None,
    why: str,
    now: datetime,
    based_on: int | None = None,
    is_sure: bool = False,
) -> Applied:
    """Put in force what `whole` says; what it does not speak of stays. The caller opened the transaction.

    `based_on`: the version that it was written from. What others have changed since then and `whole` has not,
    stays as it is now; what both have changed raises `Conflict`. Also raises `Forbidden` for what is not of
    this scope and `Malformed` (`BadRule`, `BadFile`) for what cannot be put in force: then nothing changes.
    `is_sure`: also for a suffix under which anybody may have a name.
    """
    _check_why(why)
    # Looked at before anybody has to wait for us: a large file takes seconds.
    found = await checked(db, site, whole, scope, now)
    if errors := tuple(one for one in found if one.weight == "error"):
        raise BadFile(errors)
    await policy_versions.hold_still(db)
    standing = await policy_versions.document(db)
    if based_on is None:
        wanted, changes = scopes.laid_over(standing, whole, scope), await beside.differing(db, whole)
    else:
        wanted, changes = await _reconciled(db, whole, scope, standing, based_on)
    if wanted == standing and not changes:
        return Applied(version=None)
    await policies.compiled(0, (), wanted)
    version = await policy_versions.begin(db, by=by.id if by else None, why=why, scope=scope, document=wanted)
    await beside.put(
        db, site, changes, by=by, why=why, now=now, kind="change", version=version, is_sure=is_sure
    )
    await _settle(db, site, standing, wanted, version, by, now)
    await _record(db, by, "change policy", scope, why, now)
    return Applied(version=version, difference=scopes.difference(standing, wanted), beside=changes.names)


async def undo(
    db: Connection, site: Site, *, scope: str = INSTANCE, by: Account | None, why: str, now: datetime
) -> Undone:
    """Take back the latest version of a scope that a person made; again: the one before it.

    What later versions have changed once more stays as it is now, and is named. The caller opened the
    transaction. Raises `Missing` if there is nothing to take back.
    """
    _check_why(why)
    await policy_versions.hold_still(db)
    number = await policy_versions.to_undo(db, scope)
    if number is None:
        raise Missing("There is no change here by a person that is not taken back already.")
    before = await policy_versions.document(db, number - 1)
    after, standing = await _readable(db, number, before), await _readable(db, None, before)
    # What was before, with all that others have changed since: where both speak, the later one counts.
    wanted, crossed = merging.merged(base=after, mine=standing, theirs=before)
    changes, kept = await beside.of_version(db, number)
    why = why or f"Version {number} is taken back."
    version = await policy_versions.begin(
        db, by=by.id if by else None, why=why, kind="undo", scope=scope, document=wanted, undoes=number
    )
    await beside.put(db, site, changes, by=by, why=why, now=now, kind="undo", version=version)
    await _settle(db, site, standing, wanted, version, by, now)
    await _record(db, by, "undo policy", scope, why, now)
    return Undone(
        version=version,
        undoes=number,
        difference=scopes.difference(standing, wanted),
        beside=changes.names,
        kept=crossed + kept,
    )


async def known(db: Connection, site: Site, now: datetime, *, with_lists: bool = False) -> Known:
    """What a policy of this community is checked against; `with_lists`: also what each list names."""
    standing = await policy_versions.document(db)
    lists = await domain_lists.listed(db) if with_lists else []
    return Known(
        groups=frozenset(group.actor.name for group in await groups.listed(db)),
        lists={one.name: frozenset((await list_entries.read(db, one.id))[0]) for one in lists},
        domain=site.domain,
        words=standing.words,
        today=now.date(),
    )


async def checked(
    db: Connection, site: Site, whole: Whole, scope: str, now: datetime, places: Places = NOWHERE
) -> list[Finding]:
    """What is to be said about it before it is applied; `places` tells the lines. Raises `Forbidden` only."""
    wanted = scopes.laid_over(await policy_versions.document(db), whole, scope)
    if whole.words is not None:
        # A group's rules may ask for the word lists of the whole community too.
        whole = msgspec.structs.replace(whole, words=wanted.words)
    return await asyncio.to_thread(findings.of_whole, whole, await known(db, site, now), places)


async def history(db: Connection, scope: str | None = None, limit: int = 200) -> list[Version]:
    """The versions, the newest first; of one scope or of all."""
    return await policy_versions.history(db, limit, scope)


async def load_draft(db: Connection, by: Account, scope: str) -> Draft | None:
    """What somebody is writing on this scope and has not applied."""
    return await policy_drafts.load(db, by.id, scope)


async def save_draft(
    db: Connection, by: Account, scope: str, document: Document, based_on: int, now: datetime
) -> None:
    """Keep what somebody is writing. Safe to run twice."""
    await policy_drafts.save(db, by.id, scope, document, based_on, now)


async def discard_draft(db: Connection, by: Account, scope: str) -> bool:
    """Throw a draft away; False if there was none."""
    return await policy_drafts.discard(db, by.id, scope)


async def _readable(db: Connection, version: int | None, instead: Document) -> Document:
    """A document; `instead` for one that cannot be read, which is a reason to take it back."""
    try:
        return await policy_versions.document(db, version)
    except Malformed:
        return instead


async def _settle(
    db: Connection,
    site: Site,
    before: Document,
    after: Document,
    version: int,
    by: Account | None,
    now: datetime,
) -> None:
    """Let the ladder follow a change of mode or of how many lists must agree."""
    if (before.mode, before.consensus) != (after.mode, after.consensus):
        await ladder.settle(db, site, now, by, version)


async def _reconciled(
    db: Connection, whole: Whole, scope: str, standing: Document, based_on: int
) -> tuple[Document, Beside]:
    """What is wanted, where others have changed something since the version that it was written from."""
    latest = await policy_versions.latest(db)
    if not 1 <= based_on <= latest:
        raise Malformed(f"There is no version {based_on} of the policy: the last is {latest}.")
    base = await policy_versions.document(db, based_on)
    wanted, crossed = merging.merged(base, scopes.laid_over(base, whole, scope), standing)
    changes, crossed_beside = await beside.reconciled(db, await beside.differing(db, whole), based_on)
    if crossed or crossed_beside:
        raise Conflict(await _crossing(db, based_on, crossed + crossed_beside))
    return wanted, changes


async def _crossing(db: Connection, based_on: int, crossed: tuple[str, ...]) -> str:
    later = [
        one for one in await policy_versions.history(db) if one.version > based_on and one.kind != "list"
    ]
    named = ", ".join(f"{one.version} by {one.by or 'the command line'}" for one in reversed(later[:5]))
    return (
        f"Meanwhile others have changed the same ({', '.join(crossed[:10])}): version {named}. "
        "Nothing was changed. Look at what they did, and write your change again on top of it."
    )


async def _record(db: Connection, by: Account | None, deed: str, scope: str, why: str, now: datetime) -> None:
    name = scopes.group_of(scope)
    group = await groups.by_name(db, name) if name else None
    await deeds.record(db, by, deed, scope, why, now, group_id=group.actor.id if group else None)


def _check_why(why: str) -> None:
    if len(why) > LONGEST_WHY:
        raise Malformed(f"The reason may have {LONGEST_WHY:,} characters.")
