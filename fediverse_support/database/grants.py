"""The table `access_tokens`: who an application may act as, and what it may do.

A token is kept by its SHA-256. One query answers who is calling, what they may do and what they may see,
because it runs before every call of the client API.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.core.models import Account, Viewer
from fediverse_support.database.accounts import account_of
from fediverse_support.database.pool import Connection


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """A live token. Without `account` it is the application's own. `viewer` is as whom it reads."""

    id: int
    application_id: int | None
    scopes: frozenset[str]
    account: Account | None
    viewer: Viewer
    used_at: datetime | None

    @property
    def is_group(self) -> bool:
        """Whether it acts as a group."""
        return self.account is not None and self.viewer.actor_id != self.account.actor_id


async def live(db: Connection, token_hash: bytes) -> Grant | None:
    """The token, its account and what it sees, in one round trip.

    None if there is none, if its account or the actor it acts as is not active any more, or if it acts as a
    group that the account no longer looks after.
    """
    row = await db.fetchrow(
        """
        select t.id as token_id, t.application_id, t.scopes, t.used_at, t.actor_id as acting,
               a.id, a.actor_id, p.name, p.display_name, a.email, a.role, a.state, a.created_at,
               '' as request,
               array(select f.followed_id
                       from follows f
                       join actors g on g.id = f.followed_id and g.type = 'Group'
                      where f.follower_id = t.actor_id and f.state = 'accepted') as member_of,
               array(select f.followed_id
                       from follows f
                       join actors g on g.id = f.followed_id and g.type <> 'Group'
                      where f.follower_id = t.actor_id and f.state = 'accepted') as follows,
               array(select m.group_id from group_moderators m where m.actor_id = a.actor_id) as moderates,
               array(select b.blocked_id from personal_blocks b where b.actor_id = t.actor_id
                     union select b.actor_id from personal_blocks b where b.blocked_id = t.actor_id)
                     as apart_from
          from access_tokens t
          left join accounts a on a.id = t.account_id
          left join actors p on p.id = a.actor_id
         where t.token_hash = $1
           and (t.account_id is null
                or a.state = 'active' and p.state = 'active'
                   and (t.actor_id = a.actor_id
                        or exists (select from group_moderators m
                                     join actors g on g.id = m.group_id and g.state = 'active'
                                    where m.group_id = t.actor_id and m.actor_id = a.actor_id)))
        """,
        token_hash,
    )
    if row is None:
        return None
    account = account_of(row) if row["id"] is not None else None
    return Grant(
        id=row["token_id"],
        application_id=row["application_id"],
        scopes=frozenset(row["scopes"]),
        account=account,
        viewer=_viewer(account, row["acting"], row),
        used_at=row["used_at"],
    )


def _viewer(account: Account | None, acting: int | None, row: Any) -> Viewer:
    if account is None or acting is None:
        return Viewer()
    if acting != account.actor_id:
        # As a group one sees what the group sees, whatever else one may do in this community.
        plain = msgspec.structs.replace(account, role="member")
        circle = (acting,)
        return Viewer(
            actor_id=acting,
            account=plain,
            member_of=circle,
            moderates=circle,
            apart_from=tuple(row["apart_from"]),
        )
    return Viewer(
        actor_id=acting,
        account=account,
        member_of=tuple(row["member_of"]),
        moderates=tuple(row["moderates"]),
        follows=tuple(row["follows"]),
        apart_from=tuple(row["apart_from"]),
    )


async def add(
    db: Connection,
    token_hash: bytes,
    *,
    application_id: int | None,
    account_id: int | None,
    actor_id: int | None,
    scopes: Sequence[str],
    code_hash: bytes | None = None,
    now: datetime,
) -> int:
    """Keep a new token; its number."""
    return int(
        await db.fetchval(
            """
            insert into access_tokens
                   (token_hash, application_id, account_id, actor_id, scopes, code_hash, made_at)
            values ($1, $2, $3, $4, $5, $6, $7)
            returning id
            """,
            token_hash,
            application_id,
            account_id,
            actor_id,
            list(scopes),
            code_hash,
            now,
        )
    )


async def touch(db: Connection, grant_id: int, now: datetime) -> None:
    """Note that a token was used, and its application with it."""
    await db.execute(
        """
        with application as (
            update applications set used_at = $2
             where id = (select application_id from access_tokens where id = $1)
        )
        update access_tokens set used_at = $2 where id = $1
        """,
        grant_id,
        now,
    )
