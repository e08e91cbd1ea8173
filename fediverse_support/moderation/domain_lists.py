"""Taking over a list of domains by hand, and writing the ladder out as one.

One import is one new version of the policy and one line on the record. What this community has decided
itself stands unless whoever imports wants it otherwise.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import msgspec

from fediverse_support.core.errors import Conflict
from fediverse_support.core.models import Account
from fediverse_support.database import domains as stored
from fediverse_support.database import policy_versions
from fediverse_support.database.pool import Connection
from fediverse_support.moderation import cutting, deeds, ladder
from fediverse_support.moderation.settling import Settled
from fediverse_support.policy.document import DomainText, Format
from fediverse_support.policy.lists import formats as list_formats
from fediverse_support.policy.lists import writing as list_writing
from fediverse_support.policy.lists.rows import SKIPS, Listed, Skip
from fediverse_support.policy.lists.writing import Form
from fediverse_support.policy.precedence import nearest
from fediverse_support.protocol.site import Site


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the rows of a list; `skipped` counts those left out by reason (`list_rows.SKIPS`)."""

    added: int
    changed: int
    skipped: Mapping[Skip, int]
    settled: Settled

    @property
    def left_out(self) -> str:
        """What was left out and why, as words: `2 hidden by *, 1 our own domain`."""
        return ", ".join(
            f"{self.skipped[why]} {words}" for why, words in SKIPS.items() if self.skipped.get(why)
        )


async def imported(
    db: Connection,
    site: Site,
    text: str,
    source: str,
    by: Account | None,
    now: datetime,
    *,
    format: Format = "auto",
    overwrite: bool = False,
    allow: bool = False,
    is_sure: bool = False,
) -> Imported:
    """Set each domain of a list by hand; the caller opened the transaction. Safe to run twice.

    A domain that was set by hand keeps what it has unless `overwrite`; an excluded one is left out. `allow`:
    the list names whom to let in. Raises `Malformed` for what is not a list; `Conflict`, unless `is_sure`,
    for one that names everybody or would end the exchange with most servers that people here know.
    """
    listing = await asyncio.to_thread(
        list_formats.read, text, format=format, allow=allow, ours=ladder.ours(site)
    )
    if listing.is_about_everyone and not is_sure:
        raise Conflict(
            "This list names everybody (all servers, or all under a suffix such as co.uk). Those rows are "
            "never taken over; say that you are sure if the rest is to be."
        )
    await stored.alone(db)
    skipped, present = Counter(listing.skipped), await stored.entries(db)
    excluded = frozenset(one.domain for one in await stored.excludes(db))
    wanted: dict[str, DomainText] = {}
    for entry in listing.entries:
        if nearest(entry.domain, excluded) is not None:
            skipped["excluded"] += 1
            continue
        before = present.get(entry.domain)
        becomes = _text(entry, before)
        if before is not None and (before == becomes or not overwrite):
            skipped["present"] += 1
        else:
            wanted[entry.domain] = becomes
    if not is_sure:
        await cutting.require_few(db, [name for name, one in wanted.items() if one.level == "blocked"])
    settled = await _put(db, site, wanted, source, by, now)
    changed = sum(1 for name in wanted if name in present)
    return Imported(added=len(wanted) - changed, changed=changed, skipped=dict(skipped), settled=settled)


async def _put(
    db: Connection,
    site: Site,
    wanted: Mapping[str, DomainText],
    source: str,
    by: Account | None,
    now: datetime,
) -> Settled:
    if not wanted:
        return Settled(version=await policy_versions.latest(db))
    why = f"{len(wanted)} domains from {source}"
    version = await policy_versions.begin(db, by=by.id if by else None, why=why)
    await deeds.record(db, by, "import domains", source, f"{len(wanted)} domains", now)
    return await ladder.put(db, site, wanted, by=by, why=why, now=now, version=version, is_sure=True)


async def written(db: Connection, form: Form = "csv", *, allow: bool = False) -> str:
    """The ladder as a list that others can take over; see `list_writing.write`."""
    found = [
        Listed(
            domain=one.domain,
            level=one.level,
            no_media=one.no_media,
            no_reports=one.no_reports,
            public_reason=one.public_reason,
            shown=one.shown,
        )
        for one in await stored.listed(db)
        if one.is_by_hand or one.list_id is not None
    ]
    return list_writing.write(found, form, allow=allow)


def _text(entry: Listed, before: DomainText | None) -> DomainText:
    """What is set for an entry; a note and dates of before stay."""
    return msgspec.structs.replace(
        before or DomainText(),
        level=entry.level,
        no_media=entry.no_media,
        no_reports=entry.no_reports,
        reason=entry.public_reason,
        shown=entry.shown,
    )
