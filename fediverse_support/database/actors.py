"""The `actors` table: who there is, here and elsewhere."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from fediverse_support.core import clock
from fediverse_support.core.identifiers import id_at, new_id
from fediverse_support.core.models import Actor
from fediverse_support.core.sealing import Seal
from fediverse_support.database import keys
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader
from fediverse_support.protocol.signatures.keys import generate_ed25519, generate_rsa, private_pem, public_pem
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.vocabulary import ActorDocument

read = reader(Actor)


async def by_uri(db: Connection, uri: str) -> Actor | None:
    """The actor with this id, whatever its state."""
    row = await db.fetchrow("select * from actors where uri = $1", uri)
    return read(row) if row else None


async def by_id(db: Connection, actor_id: int) -> Actor | None:
    """The actor with our number."""
    row = await db.fetchrow("select * from actors where id = $1", actor_id)
    return read(row) if row else None


async def by_ids(db: Connection, actor_ids: Sequence[int]) -> list[Actor]:
    """The actors with these of our numbers, in no order."""
    if not actor_ids:
        return []
    return all_of(read, await db.fetch("select * from actors where id = any($1::bigint[])", list(actor_ids)))


async def by_uris(db: Connection, uris: Sequence[str]) -> list[Actor]:
    """Those of these actors that we know."""
    return all_of(read, await db.fetch("select * from actors where uri = any($1::text[])", uris))


async def local_by_name(db: Connection, name: str) -> Actor | None:
    """The person or group of ours with this name, whatever its state: names are one space, and for ever."""
    row = await db.fetchrow("select * from actors where is_local and name = $1", name.lower())
    return read(row) if row else None


async def with_inbox(db: Connection, inbox_url: str, limit: int) -> list[Actor]:
    """The actors elsewhere that are reached at this inbox, their own or a shared one."""
    rows = await db.fetch(
        """
        select * from actors
         where (inbox_url = $1 or shared_inbox_url = $1) and not is_local and state = 'active'
         order by id limit $2
        """,
        inbox_url,
        limit,
    )
    return all_of(read, rows)


async def is_met(db: Connection, host: str) -> bool:
    """Whether we know anybody whose id is on this host."""
    return bool(
        await db.fetchval(
            "select exists (select from actors where split_part(uri, '/', 3) = $1 and not is_local)", host
        )
    )


async def any_local(db: Connection) -> str | None:
    """The id of one of our own actors, whichever."""
    uri: str | None = await db.fetchval("select uri from actors where is_local order by id limit 1")
    return uri


async def by_handle(db: Connection, name: str, host: str) -> Actor | None:
    """The remote actor that we know under `name@host`."""
    row = await db.fetchrow(
        """
        select * from actors
         where host = $2 and lower(name) = lower($1) and not is_local and state = 'active'
         order by handle_confirmed desc, id limit 1
        """,
        name,
        host,
    )
    return read(row) if row else None


async def add_local(
    db: Connection,
    site: Site,
    seal: Seal,
    *,
    type: str,
    name: str,
    display_name: str,
    summary_source: str,
    summary_html: str,
) -> Actor:
    """Make one of our own actors with its keys; a taken name raises asyncpg's UniqueViolationError.

    RSA signs requests, because every peer reads it; Ed25519 makes integrity proofs (FEP-521a).
    """
    actor = _local(site, type, name, display_name, summary_source, summary_html)
    await insert_local(db, actor)
    # Making an RSA key takes a tenth of a second: not on the event loop.
    for key_id, key in (
        (f"{actor.uri}#main-key", await asyncio.to_thread(generate_rsa)),
        (f"{actor.uri}#ed25519-key", generate_ed25519()),
    ):
        await keys.insert_local(
            db,
            key_id=key_id,
            actor_id=actor.id,
            algorithm="rsa" if key_id.endswith("#main-key") else "ed25519",
            public_key=public_pem(key),
            sealed=seal.close(private_pem(key).encode(), keys.PURPOSE),
        )
    return actor


def _local(
    site: Site, type: str, name: str, display_name: str, summary_source: str, summary_html: str
) -> Actor:
    if type == "Application":
        uri = site.instance_actor
    else:
        uri = site.group(name) if type == "Group" else site.person(name)
    is_group = type == "Group"
    return Actor(
        id=new_id(),
        uri=uri,
        type=type,
        is_local=True,
        name=name,
        host=site.domain,
        display_name=display_name,
        summary_html=summary_html,
        summary_source=summary_source,
        url=uri,
        inbox_url=site.shared_inbox if type == "Application" else f"{uri}/inbox",
        shared_inbox_url=site.shared_inbox,
        outbox_url=f"{uri}/outbox",
        followers_url=None if type == "Application" else f"{uri}/followers",
        moderators_url=f"{uri}/moderators" if is_group else None,
        featured_url=None if type == "Application" else f"{uri}/featured",
        discoverable=is_group,
        created_at=clock.now(),
    )


async def insert_local(db: Connection, actor: Actor) -> None:
    """Store one of our own actors; a taken name raises asyncpg's UniqueViolationError."""
    await db.execute(
        """
        insert into actors (id, uri, type, is_local, name, host, display_name, summary_html, summary_source,
                            url, inbox_url, shared_inbox_url, outbox_url, followers_url, moderators_url,
                            featured_url, approves_followers, discoverable, handle_confirmed, created_at,
                            published_at)
        values ($1, $2, $3, true, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, true,
                $18, $18)
        """,
        actor.id, actor.uri, actor.type, actor.name, actor.host, actor.display_name, actor.summary_html,
        actor.summary_source, actor.url, actor.inbox_url, actor.shared_inbox_url, actor.outbox_url,
        actor.followers_url, actor.moderators_url, actor.featured_url, actor.approves_followers,
        actor.discoverable, actor.created_at,
    )  # fmt: skip


async def store_remote(
    db: Connection,
    document: ActorDocument,
    host: str,
    *,
    display_name: str,
    summary_html: str,
    fields: list[dict[str, Any]],
    handle_confirmed: bool,
    now: datetime,
) -> Actor | None:
    """Store what a remote actor says of itself; safe to run twice.

    None when the row is one of ours, or gone or suspended: those are never overwritten from outside.
    """
    row = await db.fetchrow(
        """
        insert into actors as known
               (id, uri, type, is_local, name, host, display_name, summary_html, url, icon_url, inbox_url,
                shared_inbox_url, outbox_url, followers_url, moderators_url, featured_url,
                approves_followers, discoverable, indexable, also_known_as, moved_to, handle_confirmed,
                published_at, fetched_at, header_url, fields)
        values ($1, $2, $3, false, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
                $20, $21, $22, $23, $24, $25)
            on conflict (uri) do update
           set type = excluded.type, display_name = excluded.display_name,
               summary_html = excluded.summary_html, url = excluded.url, icon_url = excluded.icon_url,
               inbox_url = excluded.inbox_url, shared_inbox_url = excluded.shared_inbox_url,
               outbox_url = excluded.outbox_url, followers_url = excluded.followers_url,
               moderators_url = excluded.moderators_url, featured_url = excluded.featured_url,
               approves_followers = excluded.approves_followers, discoverable = excluded.discoverable,
               indexable = excluded.indexable, also_known_as = excluded.also_known_as,
               moved_to = excluded.moved_to, fetched_at = excluded.fetched_at,
               header_url = excluded.header_url, fields = excluded.fields,
               handle_confirmed = known.handle_confirmed or excluded.handle_confirmed
         where not known.is_local and known.state = 'active'
        returning *
        """,
        new_id(), document.id, document.type, document.preferred_username, host, display_name,
        summary_html, document.url, document.icon, document.inbox, document.shared_inbox,
        document.outbox, document.followers, document.moderators, document.featured,
        document.approves_followers, bool(document.discoverable), bool(document.indexable),
        list(document.also_known_as), document.moved_to, handle_confirmed, document.published, now,
        document.image, fields,
    )  # fmt: skip
    return read(row) if row else None


async def describe(
    db: Connection, actor_id: int, *, display_name: str, summary_source: str, summary_html: str
) -> None:
    """Change what one of our actors says of itself."""
    await db.execute(
        "update actors set display_name = $2, summary_source = $3, summary_html = $4 where id = $1",
        actor_id,
        display_name,
        summary_source,
        summary_html,
    )


async def set_profile(
    db: Connection,
    actor_id: int,
    *,
    fields: list[dict[str, Any]] | None,
    approves_followers: bool | None,
    is_bot: bool | None,
    discoverable: bool | None,
    indexable: bool | None,
    hides_network: bool | None,
) -> None:
    """Change what one of our people has chosen for their profile; None stays as it is."""
    await db.execute(
        """
        update actors
           set fields = coalesce($2::jsonb, fields), approves_followers = coalesce($3, approves_followers),
               is_bot = coalesce($4, is_bot), discoverable = coalesce($5, discoverable),
               indexable = coalesce($6, indexable), hides_network = coalesce($7, hides_network)
         where id = $1 and is_local and type = 'Person'
        """,
        actor_id,
        fields,
        approves_followers,
        is_bot,
        discoverable,
        indexable,
        hides_network,
    )


async def mark_gone(db: Connection, actor_id: int, now: datetime) -> None:
    """The actor was deleted: keep its id and name, forget everything that it said of itself or sent."""
    await db.execute(
        """
        with gone as (
            update actors
               set state = 'gone', gone_at = coalesce(gone_at, $2), display_name = '', summary_html = '',
                   summary_source = '', url = null, icon_url = null, also_known_as = '{}', moved_to = null,
                   header_url = null, icon_alt = '', header_alt = '', fields = '[]'
             where id = $1
            returning uri
        )
        update decisions d set words = null
          from gone where d.actor_uri = gone.uri and d.words is not null
        """,
        actor_id,
        now,
    )


async def set_state(db: Connection, actor_id: int, state: Literal["active", "suspended"]) -> None:
    """Let somebody on another server take part here, or not. One that is gone stays gone."""
    await db.execute(
        "update actors set state = $2 where id = $1 and not is_local and state <> 'gone'", actor_id, state
    )


async def set_moved(db: Connection, actor_id: int, target: str) -> None:
    """Remember where an actor has moved to."""
    await db.execute("update actors set moved_to = $2 where id = $1", actor_id, target)


async def discovered_since(db: Connection, domain: str, since: datetime) -> int:
    """How many actors of `domain` and the hosts below it we have met since then, on whatever port."""
    return int(
        await db.fetchval(
            """
            select count(*) from actors
             where id >= $2 and not is_local
               and right('.' || split_part(host, ':', 1), length($1) + 1) = '.' || $1
            """,
            domain,
            id_at(since),
        )
    )


async def set_picture_words(
    db: Connection, actor_id: int, purpose: Literal["icon", "header"], words: str
) -> None:
    """Say what a picture on the profile of one of ours shows. Safe to run twice."""
    if purpose == "icon":
        await db.execute("update actors set icon_alt = $2 where id = $1 and is_local", actor_id, words)
    else:
        await db.execute("update actors set header_alt = $2 where id = $1 and is_local", actor_id, words)
