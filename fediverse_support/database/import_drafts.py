"""A list of domains that somebody has chosen to take over, until they have seen what it would do.

It lies where drafts of the policy lie, under a scope of its own: what a person is about to change.
"""

from datetime import datetime

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.policy.document import Format

_SCOPE = "import"


class ImportDraft(msgspec.Struct, frozen=True, kw_only=True):
    """The text of a list, where it comes from, and how it is to be read."""

    text: str
    source: str
    format: Format = "auto"
    overwrite: bool = False
    allow: bool = False


async def keep(db: Connection, account_id: int, draft: ImportDraft, now: datetime) -> None:
    """Keep what somebody has chosen, in place of what they had chosen before."""
    await db.execute(
        """
        insert into policy_drafts (account_id, scope, body, based_on, saved_at) values ($1, $2, $3, 0, $4)
            on conflict (account_id, scope) do update
           set body = excluded.body, saved_at = excluded.saved_at
        """,
        account_id,
        _SCOPE,
        msgspec.json.encode(draft).decode(),
        now,
    )


async def of_account(db: Connection, account_id: int) -> ImportDraft | None:
    """What somebody has chosen."""
    body = await db.fetchval(
        "select body from policy_drafts where account_id = $1 and scope = $2", account_id, _SCOPE
    )
    return msgspec.json.decode(body, type=ImportDraft) if body else None


async def forget(db: Connection, account_id: int) -> None:
    """It was taken over, or is not wanted. Safe to run twice."""
    await db.execute("delete from policy_drafts where account_id = $1 and scope = $2", account_id, _SCOPE)
