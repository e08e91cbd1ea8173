"""The `actor_keys` table: public keys of everybody, and the sealed private keys of our own actors."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader


class KeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A public key with its owner. `public_key` is PEM (SPKI)."""

    id: str
    actor_id: int
    actor_uri: str
    actor_state: str
    algorithm: str
    public_key: str
    fetched_at: datetime


class SigningKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key of one of our own actors: in force until `retired_at`, or still (None)."""

    id: str
    actor_id: int
    retired_at: datetime | None


read = reader(KeyRow)
read_signing = reader(SigningKey)

PURPOSE = "actor-key"
"""What private keys are sealed for (`core/sealing.py`)."""


async def by_id(db: Connection, key_id: str) -> KeyRow | None:
    """The key with this id, unless it was retired."""
    row = await db.fetchrow("select * from keys_in_use where id = $1", key_id)
    return read(row) if row else None


async def of_actor(db: Connection, actor_id: int) -> list[KeyRow]:
    """The keys that an actor uses now, RSA first."""
    return all_of(
        read,
        await db.fetch(
            "select * from keys_in_use where actor_id = $1 order by algorithm desc, id",
            actor_id,
        ),
    )


async def private_of_actor(db: Connection, actor_id: int) -> list[tuple[str, str, bytes]]:
    """(key id, algorithm, sealed private key) of one of our actors, RSA first."""
    rows = await db.fetch(
        """
        select id, algorithm, private_key from actor_keys
         where actor_id = $1 and private_key is not null and retired_at is null
         order by algorithm desc, created_at desc
        """,
        actor_id,
    )
    return [(row["id"], row["algorithm"], row["private_key"]) for row in rows]


async def signing(db: Connection, actor_ids: Sequence[int]) -> list[SigningKey]:
    """The RSA keys that our actors sign requests with or have signed with, the first retired first."""
    rows = await db.fetch(
        """
        select id, actor_id, retired_at from actor_keys
         where actor_id = any($1::bigint[]) and algorithm = 'rsa' and private_key is not null
         order by retired_at nulls last
        """,
        actor_ids,
    )
    return all_of(read_signing, rows)


async def private_by_ids(db: Connection, key_ids: Sequence[str]) -> list[tuple[str, bytes]]:
    """(key id, sealed private key) of these keys of ours, retired or not."""
    rows = await db.fetch(
        "select id, private_key from actor_keys where id = any($1::text[]) and private_key is not null",
        key_ids,
    )
    return [(row["id"], row["private_key"]) for row in rows]


async def insert_local(
    db: Connection, *, key_id: str, actor_id: int, algorithm: str, public_key: str, sealed: bytes
) -> None:
    """Store a key pair of one of our actors."""
    await db.execute(
        """
        insert into actor_keys (id, actor_id, algorithm, public_key, private_key)
        values ($1, $2, $3, $4, $5)
        """,
        key_id,
        actor_id,
        algorithm,
        public_key,
        sealed,
    )


async def retire_local(db: Connection, actor_id: int, algorithm: str, now: datetime) -> None:
    """Stop using one of our keys; a new one takes its place."""
    await db.execute(
        """
        update actor_keys set retired_at = $3
         where actor_id = $1 and algorithm = $2 and private_key is not null and retired_at is null
        """,
        actor_id,
        algorithm,
        now,
    )


async def alone(db: Connection, actor_id: int) -> None:
    """Let nobody else change the keys of this actor until the transaction ends."""
    await db.execute("select from actors where id = $1 for update", actor_id)


async def forget_retired(db: Connection, actor_id: int, before: datetime) -> None:
    """Delete our keys that were retired before then: nothing is left to be signed with them."""
    await db.execute(
        "delete from actor_keys where actor_id = $1 and private_key is not null and retired_at < $2",
        actor_id,
        before,
    )


async def replace_remote(
    db: Connection, actor_id: int, keys: Sequence[tuple[str, str, str]], now: datetime
) -> None:
    """Store the (id, algorithm, public key) that a remote actor lists now; those not listed any more go.

    A key id that belongs to another actor stays with it (O13: no key is ever taken over).
    """
    await db.execute(
        "delete from actor_keys where actor_id = $1 and private_key is null and id <> all($2::text[])",
        actor_id,
        [key[0] for key in keys],
    )
    await db.execute(
        """
        insert into actor_keys as known (id, actor_id, algorithm, public_key, fetched_at)
        select key_id, $1, algorithm, public_key, $5
          from unnest($2::text[], $3::text[], $4::text[]) as listed (key_id, algorithm, public_key)
            on conflict (id) do update
           set algorithm = excluded.algorithm, public_key = excluded.public_key,
               fetched_at = excluded.fetched_at
         where known.actor_id = excluded.actor_id and known.private_key is null
        """,
        actor_id,
        [key[0] for key in keys],
        [key[1] for key in keys],
        [key[2] for key in keys],
        now,
    )
