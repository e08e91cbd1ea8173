"""The tables `sessions` and `sign_in_failures`.

A session is kept by the SHA-256 of its cookie. One query answers who is looking and what they may see,
because it runs before every page.
"""

from datetime import datetime

import msgspec

from fediverse_support.core.models import Account, Viewer
from fediverse_support.database.accounts import account_of
from fediverse_support.database.pool import Connection


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A live session and the viewer that it stands for."""

    viewer: Viewer
    account: Account
    csrf_token: str
    seen_at: datetime


class SessionLine(msgspec.Struct, frozen=True):
    """What a member sees of one of their sessions. `mark` names it without giving it away."""

    mark: str
    created_at: datetime
    seen_at: datetime


async def add(db: Connection, token_hash: bytes, account_id: int, csrf_token: str, now: datetime) -> None:
    """Open a session."""
    query = """
        insert into sessions (token_hash, account_id, csrf_token, created_at, seen_at)
        values ($1, $2, $3, $4, $4)
    """
    await db.execute(query, token_hash, account_id, csrf_token, now)


async def live(
    db: Connection, token_hash: bytes, seen_after: datetime, opened_after: datetime
) -> Session | None:
    """The session, its account and groups in one round trip; None if it is too old or the account closed."""
    query = """
        select s.csrf_token, s.seen_at,
               a.id, a.actor_id, p.name, p.display_name, a.email, a.role, a.state, a.created_at,
               '' as request,
               array(select f.followed_id
                       from follows f
                       join actors g on g.id = f.followed_id and g.type = 'Group'
                      where f.follower_id = a.actor_id and f.state = 'accepted') as member_of,
               array(select f.followed_id
                       from follows f
                       join actors g on g.id = f.followed_id and g.type <> 'Group'
                      where f.follower_id = a.actor_id and f.state = 'accepted') as follows,
               array(select m.group_id from group_moderators m where m.actor_id = a.actor_id) as moderates,
               array(select b.blocked_id from personal_blocks b where b.actor_id = a.actor_id
                     union select b.actor_id from personal_blocks b where b.blocked_id = a.actor_id)
                     as apart_from
          from sessions s
          join accounts a on a.id = s.account_id and a.state = 'active'
          join actors p on p.id = a.actor_id and p.state = 'active'
         where s.token_hash = $1 and s.seen_at > $2 and s.created_at > $3
    """
    row = await db.fetchrow(query, token_hash, seen_after, opened_after)
    if row is None:
        return None
    account = account_of(row)
    viewer = Viewer(
        actor_id=account.actor_id,
        account=account,
        member_of=tuple(row["member_of"]),
        moderates=tuple(row["moderates"]),
        follows=tuple(row["follows"]),
        apart_from=tuple(row["apart_from"]),
    )
    return Session(viewer=viewer, account=account, csrf_token=row["csrf_token"], seen_at=row["seen_at"])


async def touch(db: Connection, token_hash: bytes, now: datetime) -> None:
    """Note that the session was used."""
    await db.execute("update sessions set seen_at = $2 where token_hash = $1", token_hash, now)


async def of_account(db: Connection, account_id: int) -> list[SessionLine]:
    """Where this member is signed in, the last used first."""
    query = """
        select encode(sha256(token_hash), 'hex') as mark, created_at, seen_at
          from sessions where account_id = $1 order by seen_at desc limit 100
    """
    return [SessionLine(*row) for row in await db.fetch(query, account_id)]


async def remove(db: Connection, token_hash: bytes) -> None:
    """End one session."""
    await db.execute("delete from sessions where token_hash = $1", token_hash)


async def remove_all(db: Connection, account_id: int) -> None:
    """End every session of this account."""
    await db.execute("delete from sessions where account_id = $1", account_id)


async def remove_old(db: Connection, seen_before: datetime, opened_before: datetime) -> None:
    """Forget sessions that nobody can use any more."""
    await db.execute("delete from sessions where seen_at < $1 or created_at < $2", seen_before, opened_before)


async def count_attempt(db: Connection, name_hash: bytes, since: datetime, now: datetime) -> int:
    """Note one attempt to sign in and return how many there were since `since`, this one included.

    Counted before the password is looked at, so that attempts at the same moment cannot slip through.
    """
    await db.execute("delete from sign_in_failures where failed_at < $1", since)
    await db.execute("insert into sign_in_failures (name_hash, failed_at) values ($1, $2)", name_hash, now)
    query = "select count(*) from sign_in_failures where name_hash = $1 and failed_at >= $2"
    return int(await db.fetchval(query, name_hash, since))


async def forgive_attempts(db: Connection, name_hash: bytes) -> None:
    """Forget the attempts of someone who has now signed in."""
    await db.execute("delete from sign_in_failures where name_hash = $1", name_hash)
