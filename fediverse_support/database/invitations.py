"""The tables `invitations` and `invitation_uses`: links and handles that let somebody into a group.

Of the secret in a link only its SHA-256 is here: who reads the table cannot use it.
"""

from datetime import datetime

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import changed, reader


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `invitations`. `handle` is None for a link."""

    id: int
    group_id: int
    handle: str | None
    made_by: int | None
    note: str
    most_uses: int
    uses: int
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation with the name of who made it, empty for the command line and for who has left."""

    invitation: Invitation
    made_by: str


read = reader(Invitation)


async def insert(db: Connection, invitation: Invitation, code_hash: bytes | None) -> None:
    """Store an invitation, either to a handle or with the hash of its secret."""
    await db.execute(
        """
        insert into invitations
               (id, group_id, code_hash, handle, made_by, note, most_uses, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        invitation.id,
        invitation.group_id,
        code_hash,
        invitation.handle,
        invitation.made_by,
        invitation.note,
        invitation.most_uses,
        invitation.created_at,
        invitation.expires_at,
    )


async def by_hash(db: Connection, code_hash: bytes) -> Invitation | None:
    """The invitation with this secret, whatever its state."""
    row = await db.fetchrow("select * from invitations where code_hash = $1", code_hash)
    return read(row) if row else None


async def for_handle(db: Connection, group_id: int, handle: str, now: datetime) -> Invitation | None:
    """The invitation of `name@host`, in lower case, that still holds; the one that holds longest."""
    row = await db.fetchrow(
        """
        select * from invitations
         where handle = $2 and group_id = $1 and revoked_at is null and expires_at > $3 and uses < most_uses
         order by expires_at desc limit 1
        """,
        group_id,
        handle,
        now,
    )
    return read(row) if row else None


async def groups_known_at(db: Connection, host: str, now: datetime) -> list[int]:
    """Groups that have invited somebody of this server, or that somebody of it has asked to join."""
    rows = await db.fetch(
        """
        select group_id from invitations
         where split_part(handle, '@', 2) = $1 and revoked_at is null and expires_at > $2 and uses < most_uses
         union
        select f.followed_id
          from actors a join follows f on f.follower_id = a.id and f.state = 'pending'
         where split_part(a.uri, '/', 3) = $1 and not a.is_local
        """,
        host,
        now,
    )
    return [row["group_id"] for row in rows]


async def use(db: Connection, invitation_id: int, actor_id: int, now: datetime) -> bool:
    """Count one use; False if it holds no longer. Of two at once for the last use, one is True."""
    counted = await db.execute(
        """
        update invitations set uses = uses + 1
         where id = $1 and revoked_at is null and expires_at > $2 and uses < most_uses
        """,
        invitation_id,
        now,
    )
    if not changed(counted):
        return False
    await db.execute(
        """
        insert into invitation_uses (invitation_id, actor_id, used_at) values ($1, $2, $3)
            on conflict (invitation_id, actor_id) do update set used_at = excluded.used_at
        """,
        invitation_id,
        actor_id,
        now,
    )
    return True


async def of_group(db: Connection, group_id: int, limit: int) -> list[Listed]:
    """The invitations of a group, the latest first."""
    rows = await db.fetch(
        """
        select i.id, i.group_id, i.handle, i.made_by, i.note, i.most_uses, i.uses, i.created_at,
               i.expires_at, i.revoked_at, coalesce(nullif(a.display_name, ''), a.name, '') as maker
          from invitations i
          left join actors a on a.id = i.made_by and a.state = 'active'
         where i.group_id = $1 order by i.id desc limit $2
        """,
        group_id,
        limit,
    )
    return [Listed(invitation=read(row), made_by=row["maker"]) for row in rows]


async def count_open(db: Connection, group_id: int, now: datetime) -> int:
    """How many invitations of a group still hold."""
    return int(
        await db.fetchval(
            """
            select count(*) from invitations
             where group_id = $1 and revoked_at is null and expires_at > $2 and uses < most_uses
            """,
            group_id,
            now,
        )
    )


async def revoke(db: Connection, group_id: int, invitation_id: int, now: datetime) -> bool:
    """End an invitation of this group; False for another group's. Safe to run twice."""
    return bool(
        changed(
            await db.execute(
                """
                update invitations set revoked_at = coalesce(revoked_at, $3)
                 where group_id = $1 and id = $2
                """,
                group_id,
                invitation_id,
                now,
            )
        )
    )


async def forget_ended(db: Connection, before: datetime) -> None:
    """Delete invitations that ended before then, with who used them. Safe to run twice."""
    await db.execute(
        "delete from invitations where expires_at < $1 or revoked_at < $1",
        before,
    )
