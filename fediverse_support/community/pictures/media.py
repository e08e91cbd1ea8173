"""Pictures that people here add, and our copies of those that others show.

An upload is kept as it came on a shelf of its own, made anew by `network/picture_process.py`, and deleted.
What stands in a post belongs to it (`attach`): who may see the post may see its pictures, and with the post
they go, rows by the database and files by `media_keeping.py` a moment later. What stands in no post after a
day goes too.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec
import structlog

from fediverse_support.community import visibility
from fediverse_support.core.errors import Malformed, Missing, TooLarge, Trouble
from fediverse_support.core.identifiers import new_id, new_public_id
from fediverse_support.core.markup import safe_text
from fediverse_support.core.models import Actor, Post
from fediverse_support.core.pictures import LARGEST_FILE, Picture, Variant
from fediverse_support.database import media as stored
from fediverse_support.database.media import Media, Shown
from fediverse_support.database.pool import Connection, Pool, acquire
from fediverse_support.network.media_files import COPIES, INCOMING, KEEP_UPLOADS, OWN
from fediverse_support.network.pictures import Pictures
from fediverse_support.policy.ladder import Ladder
from fediverse_support.policy.wording import N_
from fediverse_support.protocol import media_addresses
from fediverse_support.protocol.site import Site

MOST_IN_A_POST = 4
MOST_LOOSE = 100
"""Pictures of one actor within a day that stand in no post: nobody fills the disk with what nobody sees."""
LONGEST_ALT = 1500
LEASE = timedelta(minutes=3)
MOST_TRIES = 3
NOT_AGAIN_BEFORE = timedelta(minutes=10)
"""How long a picture that could not be fetched is not asked for again."""
NOT_READY = N_("Cannot attach files that have not finished processing. Try again in a moment.")
_TOO_LARGE = N_("This file is larger than 16 MB.")
_TOO_MANY_LOOSE = N_("You have uploaded many pictures that are in no post yet. Post or delete some first.")
_BROKEN = N_("This picture could not be read. Please choose it again.")

log = structlog.get_logger()


class Description(msgspec.Struct, frozen=True):
    """What a picture shows, in words, and where in it the eye should rest: -1 to 1 from its middle."""

    alt: str = ""
    focus: tuple[float, float] = (0.0, 0.0)


def described(alt: str, focus: str | None) -> Description:
    """What an app sent: words, and a focus as `x,y`. Raises `Malformed`.

    >>> described(" a lamp ", "0.5,-2").focus
    (0.5, -1.0)
    """
    if len(alt) > LONGEST_ALT:
        raise Malformed(f"Validation failed: Description is longer than {LONGEST_ALT} characters")
    point = (0.0, 0.0)
    if focus:
        try:
            x, y = (float(part) for part in focus.split(","))
        except ValueError:
            raise Malformed("Validation failed: Focus must be two numbers with a comma") from None
        point = _clipped(x), _clipped(y)
    return Description(safe_text(alt.strip(), LONGEST_ALT), point)


def _clipped(value: float) -> float:
    return max(-1.0, min(1.0, value)) if value == value else 0.0


async def take(
    db: Connection,
    pictures: Pictures,
    actor_id: int,
    body: bytes,
    words: Description,
    now: datetime,
    *,
    for_worker: bool = False,
) -> Media:
    """Keep an upload until somebody has looked at it: the caller, with `develop`, or a worker.

    A caller who falls over is followed by a worker too. Raises `Malformed` or `TooLarge`.
    """
    if not body:
        raise Malformed("Validation failed: File can't be blank")
    if len(body) > LARGEST_FILE:
        raise TooLarge(_TOO_LARGE)
    if await stored.number_loose(db, actor_id, now - KEEP_UPLOADS) >= MOST_LOOSE:
        raise Malformed(_TOO_MANY_LOOSE)
    media = Media(
        id=new_id(),
        public_id=new_public_id(),
        secret=new_public_id(),
        owner_id=actor_id,
        purpose="post",
        state="waiting",
        alt=words.alt,
        focus_x=words.focus[0],
        focus_y=words.focus[1],
    )
    await pictures.files.receive(media.public_id, body)
    await stored.insert(db, media, now, None if for_worker else now + LEASE)
    return media


async def develop_next(pool: Pool, pictures: Pictures, now: datetime) -> Media | None:
    """Make one upload that waits into what we keep, as `develop` does; None if none waits.

    Safe to run at the same time: a lease keeps others away, and who falls over is followed by the next.
    """
    async with acquire(pool) as db:
        media = await stored.claim(db, now, now + LEASE)
    if media is None:
        return None
    return await develop(pool, pictures, media, now) or media


async def develop(pool: Pool, pictures: Pictures, media: Media, now: datetime) -> Media | None:
    """Make an upload that is in the caller's hands into what we keep; None if it was deleted meanwhile.

    It comes back *ready*, or *failed* with the reason. Safe to run twice.
    """
    body = await pictures.files.received(media.public_id)
    try:
        if body is None or media.tries > MOST_TRIES:
            raise Malformed(_BROKEN)
        picture = await pictures.developed(body, "post")
    except (Malformed, TooLarge) as trouble:
        async with acquire(pool) as db:
            await stored.fail(db, media.id, trouble.message, now)
        await pictures.files.remove(media.public_id, (INCOMING,))
        return msgspec.structs.replace(media, state="failed", trouble=trouble.message)
    await pictures.files.keep(OWN, media.public_id, picture)
    async with acquire(pool) as db:
        done = await stored.finish(db, media.id, picture, None)
    # Deleted in the meantime: then nobody else will clear away what was written after that.
    await pictures.files.remove(media.public_id, (INCOMING,) if done else (INCOMING, OWN))
    return done


async def set_preview(db: Connection, pictures: Pictures, media: Media, picture: Picture) -> Media:
    """Let a picture have another small file, made for the purpose `preview`. Raises `Missing`."""
    done = await stored.set_preview(db, media.id, picture)
    if done is None:
        raise Missing
    await pictures.files.keep_preview(OWN, media.public_id, picture)
    return done


async def describe(db: Connection, actor_id: int, media_id: int, words: Description) -> Media:
    """Say what a picture of this actor shows. In a post it is told with the next edit. Raises `Missing`."""
    if await stored.own(db, actor_id, media_id) is None:
        raise Missing
    done = await stored.describe(db, media_id, words.alt, *words.focus)
    if done is None:
        raise Missing
    return done


async def attach(
    db: Connection, site: Site, actor_id: int, media_ids: Sequence[int], post_id: int | None = None
) -> tuple[dict[str, Any], ...]:
    """These uploads of an actor as the `attachments` of a post of theirs, in this order.

    Put them into `Post.attachments`: when the post is stored, the database gives them to it, and takes away
    what stood in it before and does no longer. `post_id`: the post that is edited, whose pictures may stay.
    Raises `Malformed`, in the words that apps know, for what is not theirs, stands in another post, is not
    ready, or is too many.
    """
    wanted = list(dict.fromkeys(media_ids))
    if len(wanted) > MOST_IN_A_POST:
        raise Malformed(f"Validation failed: Cannot attach more than {MOST_IN_A_POST} files")
    found = {one.id: one for one in await stored.lock_own(db, actor_id, wanted, post_id)}
    if len(found) != len(wanted):
        raise Malformed("Validation failed: Media not found, or used in another post")
    for one in found.values():
        if one.state == "failed":
            raise Malformed(f"Validation failed: {one.trouble}")
        if one.state != "ready":
            raise Malformed(NOT_READY)
    return tuple(attachment_of(site, found[number]) for number in wanted)


def attachment_of(site: Site, media: Media) -> dict[str, Any]:
    """A picture of ours as it stands in its post (`posts.attachments`). Its secret is for nobody."""
    focus = [media.focus_x, media.focus_y] if media.focus_x or media.focus_y else None
    item = {
        "type": "Document",
        "url": media_addresses.address(site, media.public_id, "original", media.media_type),
        "media_type": media.media_type,
        "alt": media.alt,
        "width": media.width,
        "height": media.height,
        "blurhash": media.blurhash,
        "focus": focus,
        "media_id": str(media.id),
        "public_id": media.public_id,
        "secret": media.secret,
        "version": media.version,
        "preview": {
            "media_type": media.preview_type,
            "width": media.preview_width,
            "height": media.preview_height,
        },
    }
    return {name: value for name, value in item.items() if value is not None}


def sendable(site: Site, post: Post, now: datetime) -> Post:
    """`post` with the addresses of its pictures as another server may have them: if not everybody may see it,
    each opens for some minutes only, which is when the others fetch it."""
    if not post.attachments or visibility.is_public(post):
        return post
    items = tuple(
        {**item, "url": media_addresses.of_item(site, item, "original", now)}
        if media_addresses.is_kept(item) and site.is_ours(item["url"])
        else item
        for item in post.attachments
    )
    return msgspec.structs.replace(post, attachments=items)


async def set_picture(
    db: Connection,
    site: Site,
    pictures: Pictures,
    actor_id: int,
    purpose: Literal["icon", "header"],
    picture: Picture | None,
    alt: str,
    now: datetime,
) -> str | None:
    """Let the profile of one of ours show `picture`, or none; gives its address. The one before goes.

    Make it with `pictures.developed(body, purpose)` before the transaction begins: that takes seconds, and
    raises `Malformed` or `TooLarge`. The caller tells other servers.
    """
    await stored.delete_own_of_profile(db, actor_id, purpose)
    words = safe_text(alt.strip(), LONGEST_ALT)
    if picture is None:
        await stored.set_address_on_profile(db, actor_id, purpose, None, "")
        return None
    new = Media(
        id=new_id(),
        public_id=new_public_id(),
        secret=new_public_id(),
        owner_id=actor_id,
        purpose=purpose,
        state="waiting",
        alt=words,
    )
    await stored.insert(db, new, now)
    await pictures.files.keep(OWN, new.public_id, picture)
    await stored.finish(db, new.id, picture, None)
    url = media_addresses.address(site, new.public_id, "original", picture.original.media_type)
    await stored.set_address_on_profile(db, actor_id, purpose, url, words)
    return url


async def of_profile(
    db: Connection, actor_id: int, purpose: Literal["icon", "header"], now: datetime
) -> Shown:
    """Our copy of a picture on the profile of somebody elsewhere, or where it will be. Raises `Missing`."""
    new = Media(
        id=new_id(),
        public_id=new_public_id(),
        secret=new_public_id(),
        owner_id=actor_id,
        purpose=purpose,
        state="elsewhere",
    )
    found = await stored.of_profile_elsewhere(db, actor_id, purpose, new, now)
    if found is None:
        raise Missing
    return found


def is_taken_from(ladder: Ladder, owner: str, url: str, site: Site) -> bool:
    """Whether pictures at `url`, shown by somebody on `owner`, are taken: policy may say no to either."""
    return ladder.takes_media(owner) and ladder.takes_media(site.gate.host(url))


async def copy(pool: Pool, pictures: Pictures, media: Media, now: datetime) -> Media:
    """Our copy of a picture elsewhere, made if there is none yet. Raises `Missing` if it cannot be had now.

    Whoever asks for the same at the same time waits and gets the same copy. What failed is not tried again
    for some minutes.
    """
    assert media.remote_url is not None
    if media.failed_at is not None and now < media.failed_at + NOT_AGAIN_BEFORE:
        raise Missing
    async with pictures.alone(media.public_id):
        path = pictures.files.path(COPIES, media.public_id, "original")
        async with acquire(pool) as db:
            known = await stored.by_id(db, media.id)
        if known is None:
            raise Missing
        if known.copied_at is not None and known.copied_at != media.copied_at and path.is_file():
            return known
        try:
            picture = await pictures.fetched(media.remote_url, media.purpose)
        except Trouble as trouble:
            log.info("media.not_copied", reason=trouble.message)
            async with acquire(pool) as db:
                await stored.fail(db, media.id, trouble.message, now)
            raise Missing from None
        await pictures.files.keep(COPIES, media.public_id, picture)
        async with acquire(pool) as db:
            done = await stored.finish(db, media.id, picture, now)
        if done is None:
            await pictures.files.remove(media.public_id, (COPIES,))
            raise Missing
        return done


def address_on_profile(site: Site, actor: Actor, purpose: Literal["icon", "header"]) -> str | None:
    """Where the picture on somebody's profile is had from us; None if they have none."""
    url = actor.icon_url if purpose == "icon" else actor.header_url
    if not url:
        return None
    if actor.is_local:
        return url
    return media_addresses.of_profile(site, actor.id, purpose, url)


def is_picture(media_type: str | None, type: str) -> bool:
    """Whether an attachment of somebody elsewhere is a picture, of which we make a copy for our readers."""
    kind = (media_type or "").partition(";")[0].strip().lower()
    return kind.startswith("image/") and kind != "image/svg+xml" if kind else type == "Image"


def file_of(pictures: Pictures, media: Media, variant: Variant) -> Path:
    """The file of a finished picture."""
    return pictures.files.path(COPIES if media.remote_url else OWN, media.public_id, variant)
