"""The table `accounts`: who may sign in here, in which role, and whether they may yet."""

from datetime import datetime

import msgspec
from asyncpg import Record

from fediverse_support.core.models import Account, Actor, Reach, Role
from fediverse_support.database import actors
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of

_READ = """
    select a.id, a.actor_id, p.name, p.display_name, a.email, a.role, a.state, a.request, a.created_at
      from accounts a
      join actors p on p.id = a.actor_id
"""


class Credentials(msgspec.Struct, frozen=True):
    """An account and the hash of its password, if it has one."""

    account: Account
    password_hash: str | None


def account_of(row: Record) -> Account:
    """The account in a row that has the columns of `_READ`."""
    return Account(
        id=row["id"],
        actor_id=row["actor_id"],
        name=row["name"],
        display_name=row["display_name"],
        email=row["email"],
        role=row["role"],
        state=row["state"],
        request=row["request"],
        created_at=row["created_at"],
    )


async def add(
    db: Connection,
    *,
    account_id: int,
    actor_id: int,
    email: str | None,
    password_hash: str | None,
    role: Role,
    state: str,
    request: str,
    now: datetime,
) -> bool:
    """Store a new account; false, and nothing stored, if the address belongs to another."""
    query = """
        insert into accounts (id, actor_id, email, password_hash, role, state, request, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (lower(email)) where email is not null do nothing
        returning id
    """
    row = await db.fetchval(query, account_id, actor_id, email, password_hash, role, state, request, now)
    return row is not None


async def by_name(db: Connection, name: str) -> Account | None:
    """The account of the member called `name`."""
    row = await db.fetchrow(_READ + " where p.name = $1 and p.is_local", name)
    return account_of(row) if row else None


async def by_id(db: Connection, account_id: int) -> Account | None:
    """The account with this id."""
    row = await db.fetchrow(_READ + " where a.id = $1", account_id)
    return account_of(row) if row else None


async def credentials(db: Connection, name: str) -> Credentials | None:
    """What a sign-in as `name` is checked against."""
    query = """
        select a.id, a.actor_id, p.name, p.display_name, a.email, a.role, a.state, a.request, a.created_at,
               a.password_hash
          from accounts a
          join actors p on p.id = a.actor_id
         where p.name = $1 and p.is_local
    """
    row = await db.fetchrow(query, name)
    return Credentials(account_of(row), row["password_hash"]) if row else None


async def listed(db: Connection, limit: int = 500) -> list[Account]:
    """All accounts, the oldest first."""
    return [account_of(row) for row in await db.fetch(_READ + " order by a.id limit $1", limit)]


async def waiting(db: Connection, limit: int = 100) -> list[Account]:
    """The sign-ups that nobody has decided on, the oldest first."""
    query = _READ + " where a.state = 'waiting' order by a.created_at, a.id limit $1"
    return [account_of(row) for row in await db.fetch(query, limit)]


async def staff(db: Connection) -> list[Actor]:
    """The people who look after this community, the longest-serving first."""
    query = """
        select p.*
          from accounts a
          join actors p on p.id = a.actor_id and p.state = 'active'
         where a.role <> 'member' and a.state = 'active'
         order by a.id
    """
    return all_of(actors.read, await db.fetch(query))


async def lock_name(db: Connection, name: str) -> None:
    """Let nobody else take this name until the transaction ends: two requests may come at once."""
    await db.execute("select pg_advisory_xact_lock(hashtext('name'), hashtext($1))", name)


async def count_waiting(db: Connection) -> int:
    """How many sign-ups wait."""
    return int(await db.fetchval("select count(*) from accounts where state = 'waiting'"))


async def is_email_known(db: Connection, email: str) -> bool:
    """Whether an account has this address."""
    query = "select exists (select from accounts where lower(email) = lower($1))"
    return bool(await db.fetchval(query, email))


async def set_password(db: Connection, account_id: int, password_hash: str) -> None:
    """Replace the password."""
    await db.execute("update accounts set password_hash = $2 where id = $1", account_id, password_hash)


async def set_role(db: Connection, account_id: int, role: Role) -> None:
    """Give the account another role."""
    await db.execute("update accounts set role = $2 where id = $1", account_id, role)


async def set_state(db: Connection, account_id: int, state: str) -> None:
    """Open or close the account."""
    await db.execute("update accounts set state = $2 where id = $1", account_id, state)


async def decide(
    db: Connection, account_id: int, state: str, decided_by: int | None, now: datetime
) -> Account | None:
    """Settle a waiting sign-up; None if it does not wait (any more)."""
    query = """
        with decided as (
            update accounts
               set state = $2, decided_by = $3, decided_at = $4
             where id = $1 and state = 'waiting'
         returning *)
        select a.id, a.actor_id, p.name, p.display_name, a.email, a.role, a.state, a.request, a.created_at
          from decided a
          join actors p on p.id = a.actor_id
    """
    row = await db.fetchrow(query, account_id, state, decided_by, now)
    return account_of(row) if row else None


async def set_posting_defaults(
    db: Connection, actor_id: int, *, reach: Reach | None, sensitive: bool | None, language: str | None
) -> None:
    """How a member's posts outside of groups go out unless they say otherwise; None stays as it is, an empty
    language is none."""
    await db.execute(
        """
        update accounts
           set posting_reach = coalesce($2, posting_reach),
               posting_sensitive = coalesce($3, posting_sensitive),
               posting_language = case when $4::text is null then posting_language else nullif($4, '') end
         where actor_id = $1
        """,
        actor_id,
        reach,
        sensitive,
        language,
    )


async def set_actor_state(db: Connection, actor_id: int, state: str) -> None:
    """Show the local person to others ('active') or not ('suspended'). One that is gone stays gone."""
    query = "update actors set state = $2 where id = $1 and is_local and state <> 'gone'"
    await db.execute(query, actor_id, state)
