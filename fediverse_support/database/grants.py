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

ENDED_CHANNEL = "grants_ended"
"""What is notified, with its number, when a token has ended (migration 0042)."""


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """A live token. Without `account` it is the application's own. `viewer` is as whom it reads.

    Of somebody who has asked to join and waits, there is an `account` and nobody in `viewer`: `is_waiting`.
    """

    id: int
    application_id: int | None
    scopes: frozenset[str]
    account: Account | None
    viewer: Viewer
    used_at: datetime | None

    @property
    def is_waiting(self) -> bool:
        """Whether its owner has not been let in yet."""
        return self.account is not None and self.account.state == "waiting"

    @property
    def is_group(self) -> bool:
        """Whether it acts as a group."""
        return self.account is not None and self.viewer.actor_id not in (None, self.account.actor_id)


class GrantLine(msgspec.Struct, frozen=True, kw_only=True):
    """What a member sees of one application that may act for them. Without `application`: made by command."""

    id: int
    application: str | None
    website: str | None
    scopes: tuple[str, ...]
    acts_as: int
    group: str | None
    made_at: datetime
    used_at: datetime | None


class Owned(msgspec.Struct, frozen=True):
    """A token by its number, and the application that it belongs to."""

    id: int
    application_id: int | None


async def live(db: Connection, token_hash: bytes) -> Grant | None:
    """The token, its account and what it sees, in one round trip.

    None if there is none, if its account or the actor it acts as is not active any more, or if it acts as a
    group that the account no longer looks after. Of a waiting account it is live, but shows nobody.
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
                or a.state = 'waiting' and t.actor_id = a.actor_id
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
    if account is None or acting is None or account.state != "active":
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


async def still_live(db: Connection, grant_ids: Sequence[int]) -> set[int]:
    """Those of these tokens that `live` would find: for who keeps a connection open with one."""
    rows = await db.fetch(
        """
        select t.id
          from access_tokens t
          join accounts a on a.id = t.account_id and a.state = 'active'
          join actors p on p.id = a.actor_id and p.state = 'active'
         where t.id = any($1::bigint[])
           and (t.actor_id = a.actor_id
                or exists (select from group_moderators m
                             join actors g on g.id = m.group_id and g.state = 'active'
                            where m.group_id = t.actor_id and m.actor_id = a.actor_id))
        """,
        list(grant_ids),
    )
    return {row["id"] for row in rows}


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


async def of_account(db: Connection, account_id: int) -> list[GrantLine]:
    """What may act for this member, the last used first."""
    rows = await db.fetch(
        """
        select t.id, a.name as application, a.website, t.scopes, t.actor_id as acts_as,
               coalesce(nullif(g.display_name, ''), g.name) as group, t.made_at, t.used_at
          from access_tokens t
          left join applications a on a.id = t.application_id
          left join actors g on g.id = t.actor_id and g.type = 'Group'
         where t.account_id = $1
         order by coalesce(t.used_at, t.made_at) desc, t.id desc
         limit 200
        """,
        account_id,
    )
    return [GrantLine(**{**row, "scopes": tuple(row["scopes"])}) for row in rows]


async def owned(db: Connection, token_hash: bytes) -> Owned | None:
    """Whose token this is, live or not."""
    row = await db.fetchrow("select id, application_id from access_tokens where token_hash = $1", token_hash)
    return Owned(*row) if row else None


async def remove(db: Connection, grant_id: int) -> None:
    """End one token; what hangs on it goes too, and open streams are told."""
    await db.execute("delete from access_tokens where id = $1", grant_id)


async def remove_of(db: Connection, account_id: int, grant_id: int) -> bool:
    """End one token of this member; false if it is not theirs."""
    query = "delete from access_tokens where id = $2 and account_id = $1 returning id"
    return await db.fetchval(query, account_id, grant_id) is not None


async def remove_of_code(db: Connection, code_hash: bytes) -> None:
    """End what was given for this code."""
    await db.execute("delete from access_tokens where code_hash = $1", code_hash)


async def remove_of_account(db: Connection, account_id: int) -> None:
    """End everything that may act for this member."""
    await db.execute("delete from access_tokens where account_id = $1", account_id)


async def keep_newest_own(db: Connection, application_id: int, most: int) -> None:
    """End the tokens of an application itself, without a person, but for the `most` newest."""
    await db.execute(
        """
        delete from access_tokens
         where id in (select id from access_tokens
                       where application_id = $1 and account_id is null
                       order by id desc offset $2)
        """,
        application_id,
        most,
    )
