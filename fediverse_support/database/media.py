"""The `media` and `media_garbage` tables. Rows come and go with posts and profiles by triggers
(migrations/0039_media.sql); the files follow (`community/pictures/media_keeping.py`)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from fediverse_support.core.models import Viewer
from fediverse_support.core.pictures import Picture
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed, reader


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """One picture: ours, or our copy of somebody else's (`remote_url`)."""

    id: int
    public_id: str
    secret: str
    owner_id: int
    purpose: Literal["post", "icon", "header"]
    post_id: int | None = None
    remote_url: str | None = None
    state: Literal["waiting", "ready", "failed", "elsewhere"]
    trouble: str = ""
    media_type: str | None = None
    width: int | None = None
    height: int | None = None
    preview_type: str | None = None
    preview_width: int | None = None
    preview_height: int | None = None
    is_animated: bool = False
    blurhash: str | None = None
    alt: str = ""
    focus_x: float = 0.0
    focus_y: float = 0.0
    version: int = 1
    tries: int = 0
    copied_at: datetime | None = None
    failed_at: datetime | None = None


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A picture with who may see it: everybody, or whoever asked."""

    media: Media
    owner_host: str
    is_public: bool
    is_seen: bool


read = reader(Media)


async def insert(
    db: Connection, media: Media, added_at: datetime, leased_until: datetime | None = None
) -> None:
    """Store a new picture. With `leased_until` no worker takes an upload before that."""
    await db.execute(
        """
        insert into media (id, public_id, secret, owner_id, purpose, remote_url, state, alt, focus_x, focus_y,
                           added_at, leased_until)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        media.id,
        media.public_id,
        media.secret,
        media.owner_id,
        media.purpose,
        media.remote_url,
        media.state,
        media.alt,
        media.focus_x,
        media.focus_y,
        added_at,
        leased_until,
    )


async def own(db: Connection, owner_id: int, media_id: int) -> Media | None:
    """A picture that this actor has uploaded for a post."""
    row = await db.fetchrow(
        "select * from media where id = $1 and owner_id = $2 and purpose = 'post' and remote_url is null",
        media_id,
        owner_id,
    )
    return read(row) if row else None


async def by_id(db: Connection, media_id: int) -> Media | None:
    """A picture, whoever has shown it: for processing."""
    row = await db.fetchrow("select * from media where id = $1", media_id)
    return read(row) if row else None


async def lock_own(db: Connection, owner_id: int, ids: Sequence[int], post_id: int | None) -> list[Media]:
    """Those of `ids` that this actor has uploaded and that stand in no other post than `post_id`."""
    rows = await db.fetch(
        """
        select * from media
         where id = any($1::bigint[]) and owner_id = $2 and purpose = 'post' and remote_url is null
           and (post_id is null or post_id = $3)
         order by id for update
        """,
        list(ids),
        owner_id,
        post_id,
    )
    return all_of(read, rows)


async def shown_to(db: Connection, viewer: Viewer, public_id: str) -> Shown | None:
    """The picture with this random number, and whether `viewer` may see the post that it stands in."""
    row = await db.fetchrow(
        """
        select m.*, a.host as owner_host,
               case when m.purpose <> 'post' then a.state = 'active'
                    else coalesce(p.state = 'live' and p.reach in ('open', 'quiet'), false) end as is_public,
               case when m.post_id is null then coalesce(m.owner_id = $2, false)
                    else may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                                 $2, $3, $4, $5, $6, $7) end as is_seen
          from media m
          join actors a on a.id = m.owner_id
          left join posts p on p.id = m.post_id
         where m.public_id = $1
        """,
        public_id,
        *viewer.sight,
    )
    if row is None:
        return None
    return Shown(
        media=read(row),
        owner_host=row["owner_host"],
        is_public=row["is_public"],
        is_seen=row["is_seen"],
    )


async def claim(db: Connection, now: datetime, until: datetime) -> Media | None:
    """An upload that waits for somebody to look at it, for the caller alone until `until`."""
    row = await db.fetchrow(
        """
        update media set leased_until = $2, tries = tries + 1
         where id = (select id from media
                      where state = 'waiting' and (leased_until is null or leased_until < $1)
                      order by id limit 1 for update skip locked)
        returning *
        """,
        now,
        until,
    )
    return read(row) if row else None


async def finish(db: Connection, media_id: int, made: Picture, copied_at: datetime | None) -> Media | None:
    """The files of a picture are there; None if it was deleted meanwhile. `copied_at` is for copies."""
    row = await db.fetchrow(
        """
        update media
           set state = 'ready', trouble = '', media_type = $2, width = $3, height = $4, preview_type = $5,
               preview_width = $6, preview_height = $7, blurhash = $8, is_animated = $9, copied_at = $10,
               failed_at = null, leased_until = null
         where id = $1
        returning *
        """,
        media_id,
        made.original.media_type,
        made.original.width,
        made.original.height,
        made.preview.media_type,
        made.preview.width,
        made.preview.height,
        made.blurhash,
        made.is_animated,
        copied_at,
    )
    return read(row) if row else None


async def set_preview(db: Connection, media_id: int, made: Picture) -> Media | None:
    """Another small file stands beside the picture; None if it was deleted meanwhile."""
    row = await db.fetchrow(
        """
        update media set preview_type = $2, preview_width = $3, preview_height = $4, version = version + 1
         where id = $1
        returning *
        """,
        media_id,
        made.preview.media_type,
        made.preview.width,
        made.preview.height,
    )
    return read(row) if row else None


async def fail(db: Connection, media_id: int, trouble: str, now: datetime) -> None:
    """An upload is no picture, or a copy could not be made. Safe to run twice."""
    await db.execute(
        """
        update media
           set state = case when remote_url is null then 'failed' else state end, trouble = left($2, 500),
               failed_at = $3, leased_until = null
         where id = $1
        """,
        media_id,
        trouble,
        now,
    )


async def describe(db: Connection, media_id: int, alt: str, focus_x: float, focus_y: float) -> Media | None:
    """Say what a picture shows, and where in it the eye should rest; None if it was deleted meanwhile."""
    row = await db.fetchrow(
        "update media set alt = $2, focus_x = $3, focus_y = $4 where id = $1 returning *",
        media_id,
        alt,
        focus_x,
        focus_y,
    )
    return read(row) if row else None


async def number_loose(db: Connection, owner_id: int, since: datetime) -> int:
    """How many pictures this actor has uploaded since then that stand in no post. Until the transaction ends
    nobody else counts for them."""
    await db.execute("select from actors where id = $1 for no key update", owner_id)
    return int(
        await db.fetchval(
            """
            select count(*) from media
             where owner_id = $1 and purpose = 'post' and remote_url is null and post_id is null
               and added_at > $2
            """,
            owner_id,
            since,
        )
    )


async def delete_loose(db: Connection, owner_id: int, media_id: int) -> bool:
    """Delete an upload that stands in no post; its files follow. False if there is none."""
    return bool(
        changed(
            await db.execute(
                """
                delete from media
                 where id = $1 and owner_id = $2 and purpose = 'post' and remote_url is null
                   and post_id is null
                """,
                media_id,
                owner_id,
            )
        )
    )


async def delete_own_of_profile(db: Connection, owner_id: int, purpose: str) -> None:
    """Delete what one of ours had as picture on their profile; its files follow. Safe to run twice."""
    await db.execute(
        "delete from media where owner_id = $1 and purpose = $2 and remote_url is null", owner_id, purpose
    )


async def set_address_on_profile(
    db: Connection, actor_id: int, purpose: Literal["icon", "header"], url: str | None, alt: str
) -> None:
    """Let the profile of one of ours show the picture at `url`, or none. Safe to run twice."""
    if purpose == "icon":
        await db.execute("update actors set icon_url = $2, icon_alt = $3 where id = $1", actor_id, url, alt)
    else:
        await db.execute(
            "update actors set header_url = $2, header_alt = $3 where id = $1", actor_id, url, alt
        )


async def of_profile_elsewhere(
    db: Connection, actor_id: int, purpose: Literal["icon", "header"], new: Media, now: datetime
) -> Shown | None:
    """Our copy of a picture on the profile of somebody elsewhere; `new` is stored if there is none yet.

    None if they have none, or are not to be seen.
    """
    row = await db.fetchrow(
        """
        select host, case when $2 = 'icon' then icon_url else header_url end as url from actors
         where id = $1 and not is_local and state = 'active'
        """,
        actor_id,
        purpose,
    )
    if row is None or not row["url"] or len(row["url"]) > 2048:
        return None
    stored = await db.fetchrow(
        """
        insert into media as known (id, public_id, secret, owner_id, purpose, remote_url, state, added_at)
        values ($1, $2, $3, $4, $5, $6, 'elsewhere', $7)
            on conflict (owner_id, purpose, remote_url) where purpose <> 'post' and remote_url is not null
            do update set remote_url = known.remote_url
        returning *
        """,
        new.id,
        new.public_id,
        new.secret,
        actor_id,
        purpose,
        row["url"],
        now,
    )
    assert stored is not None
    return Shown(media=read(stored), owner_host=row["host"], is_public=True, is_seen=True)


async def purge_loose(db: Connection, before: datetime) -> int:
    """Delete what was uploaded before that and stands in no post; how many.

    What somebody has put into a post that is written and not sent yet stays, and so does what stands in an
    edit that waits for a moderator.
    """
    return changed(
        await db.execute(
            """
            delete from media m
             where m.purpose = 'post' and m.post_id is null and m.added_at < $1
               and not exists (select from scheduled_posts s
                                where s.actor_id = m.owner_id
                                  and position(m.id::text in s.wish::text) > 0)
               and not exists (select from holds h
                                where h.kind = 'edit' and h.state in ('waiting', 'returned')
                                  and position(m.public_id in h.words::text) > 0)
            """,
            before,
        )
    )


async def expire_copies(db: Connection, before: datetime, hosts: Sequence[str], limit: int) -> list[str]:
    """Forget copies that were made before that, or of what people on `hosts` show; their names."""
    rows = await db.fetch(
        """
        update media m
           set state = 'elsewhere', copied_at = null
         where m.id in (select c.id from media c join actors a on a.id = c.owner_id
                         where c.copied_at is not null and (c.copied_at < $1 or a.host = any($2::text[]))
                         limit $3)
        returning m.public_id
        """,
        before,
        list(hosts),
        limit,
    )
    return [row["public_id"] for row in rows]


async def hosts_of_copies(db: Connection) -> list[str]:
    """The servers of whose people we keep copies."""
    rows = await db.fetch(
        """
        select distinct a.host from media m join actors a on a.id = m.owner_id where m.copied_at is not null
        """
    )
    return [row["host"] for row in rows]


async def garbage(db: Connection, limit: int) -> list[str]:
    """Pictures whose files must go."""
    rows = await db.fetch("select public_id from media_garbage order by since limit $1", limit)
    return [row["public_id"] for row in rows]


async def forget_garbage(db: Connection, public_ids: Sequence[str]) -> None:
    """Their files are gone. Safe to run twice."""
    await db.execute("delete from media_garbage where public_id = any($1::text[])", list(public_ids))


async def known(db: Connection, public_ids: Sequence[str]) -> set[str]:
    """Those of `public_ids` that there are."""
    rows = await db.fetch("select public_id from media where public_id = any($1::text[])", list(public_ids))
    return {row["public_id"] for row in rows}
