"""The table `policy_drafts`: what somebody is writing on the policy of one scope and has not applied."""

from datetime import datetime

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.policy.document import Document


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """One row: the document of a scope as somebody wants it, and the version that they began from."""

    document: Document
    based_on: int
    saved_at: datetime


async def load(db: Connection, account_id: int, scope: str) -> Draft | None:
    """The draft of this person for this scope; None also for one of a form that is not read any more."""
    row = await db.fetchrow(
        "select body, based_on, saved_at from policy_drafts where account_id = $1 and scope = $2",
        account_id,
        scope,
    )
    if row is None:
        return None
    try:
        document = msgspec.json.decode(row["body"], type=Document)
    except msgspec.DecodeError:
        return None
    return Draft(document=document, based_on=row["based_on"], saved_at=row["saved_at"])


async def save(
    db: Connection, account_id: int, scope: str, document: Document, based_on: int, now: datetime
) -> None:
    """Keep a draft; the one before is replaced. Safe to run twice."""
    await db.execute(
        """
        insert into policy_drafts (account_id, scope, body, based_on, saved_at) values ($1, $2, $3, $4, $5)
            on conflict (account_id, scope) do update
           set body = excluded.body, based_on = excluded.based_on, saved_at = excluded.saved_at
        """,
        account_id,
        scope,
        msgspec.json.encode(document, order="deterministic").decode(),
        based_on,
        now,
    )


async def discard(db: Connection, account_id: int, scope: str) -> bool:
    """Throw a draft away, or forget it because it was applied; False if there was none."""
    found = await db.fetchval(
        "delete from policy_drafts where account_id = $1 and scope = $2 returning true", account_id, scope
    )
    return bool(found)
