"""What the community tells all its members: a few sentences that stand for a while in the web and in apps."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediverse_support.core.errors import Conflict, Malformed, Missing
from fediverse_support.core.markup import render_markdown
from fediverse_support.database import announcements as stored
from fediverse_support.database.announcements import Announcement, Reaction
from fediverse_support.database.pool import Connection

LONGEST = 5_000
MOST_KINDS = 8
"""Different emojis under one announcement."""
MOST_AT_ONCE = 100
LONGEST_EMOJI = 10
"""Code points: a family with its joiners has seven, a flag of a region eight."""

_JOINING = frozenset("\N{ZERO WIDTH JOINER}\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP}")
_REGIONS = range(0xE0020, 0xE0080)


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What is said, in Markdown, and when what it speaks of begins and ends."""

    source: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    all_day: bool = False


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """An announcement as one reader sees it."""

    announcement: Announcement
    is_read: bool
    reactions: tuple[Reaction, ...]


async def current(db: Connection, reader_id: int | None, now: datetime) -> list[Shown]:
    """What is said at present, with its emojis and whether this reader has put it away."""
    found = await stored.current(db, now)
    if not found:
        return []
    has_read = await stored.read_by(db, reader_id) if reader_id is not None else set()
    below = await stored.reactions(db, reader_id)
    return [_shown(one, has_read, below) for one in found]


async def unread(db: Connection, reader_id: int | None, now: datetime) -> list[Shown]:
    """What this reader has not put away; for a guest everything."""
    return [one for one in await current(db, reader_id, now) if not one.is_read]


def _shown(one: Announcement, has_read: set[int], reactions: Sequence[Reaction]) -> Shown:
    below = tuple(reaction for reaction in reactions if reaction.announcement_id == one.id)
    return Shown(announcement=one, is_read=one.id in has_read, reactions=below)


async def publish(db: Connection, words: Words, now: datetime) -> Announcement:
    """Tell all members; raises `Malformed`."""
    html = _checked(words)
    return await stored.insert(
        db,
        source=words.source.strip(),
        html=html,
        starts_at=words.starts_at,
        ends_at=words.ends_at,
        all_day=words.all_day,
        now=now,
    )


async def change(db: Connection, announcement_id: int, words: Words, now: datetime) -> Announcement:
    """Say it in other words; who has put it away is not told again. Raises `Malformed` or `Missing`."""
    html = _checked(words)
    before = await stored.by_id(db, announcement_id)
    if before is None:
        raise Missing
    after = msgspec.structs.replace(
        before,
        source=words.source.strip(),
        html=html,
        starts_at=words.starts_at,
        ends_at=words.ends_at,
        all_day=words.all_day,
        updated_at=now,
    )
    await stored.update(db, after)
    return after


async def remove(db: Connection, announcement_id: int) -> None:
    """Take it back. Raises `Missing`."""
    if not await stored.remove(db, announcement_id):
        raise Missing


async def put_away(db: Connection, announcement_id: int, reader_id: int, now: datetime) -> None:
    """Note that somebody has read it. Safe to run twice. Raises `Missing` for one that is not said now."""
    await _said_now(db, announcement_id, now)
    await stored.put_away(db, announcement_id, reader_id)


async def react(db: Connection, announcement_id: int, reader_id: int, emoji: str, now: datetime) -> None:
    """Put an emoji under it; the caller opened the transaction. Safe to run twice.

    Raises `Missing`, `Malformed` for what is no emoji, `Conflict` where there are too many kinds already.
    """
    await _said_now(db, announcement_id, now)
    if not is_emoji(emoji):
        raise Malformed("Validation failed: Name is not a recognized emoji")
    kinds = await stored.kinds_of_reactions(db, announcement_id)
    if emoji not in kinds and len(kinds) >= MOST_KINDS:
        raise Conflict("Validation failed: Limit of different reactions reached")
    await stored.react(db, announcement_id, reader_id, emoji, now)


async def take_back(db: Connection, announcement_id: int, reader_id: int, emoji: str) -> None:
    """Take an emoji away again. Raises `Missing` if it is not there."""
    if not await stored.take_back(db, announcement_id, reader_id, emoji):
        raise Missing


def is_emoji(text: str) -> bool:
    """Whether this is one emoji, perhaps joined of several, and no words.

    >>> is_emoji("👍🏽"), is_emoji("👩‍👧"), is_emoji("3️⃣"), is_emoji("yes"), is_emoji("")
    (True, True, True, False, False)
    """
    if not 1 <= len(text) <= LONGEST_EMOJI:
        return False
    is_keycap = "\N{COMBINING ENCLOSING KEYCAP}" in text
    return any(_is_picture(letter) or is_keycap for letter in text) and all(
        _is_picture(letter)
        or letter in _JOINING
        or ord(letter) in _REGIONS
        or (is_keycap and letter in "0123456789#*")
        for letter in text
    )


def _is_picture(letter: str) -> bool:
    """Symbols of pictures and the tones of skin; not the signs of money and of arithmetic."""
    return unicodedata.category(letter) == "So" or 0x1F3FB <= ord(letter) <= 0x1F3FF


async def _said_now(db: Connection, announcement_id: int, now: datetime) -> None:
    if all(one.id != announcement_id for one in await stored.current(db, now)):
        raise Missing("Record not found")


def _checked(words: Words) -> str:
    source = words.source.strip()
    if not source:
        raise Malformed("Please say what the members should know.")
    if len(source) > LONGEST:
        raise Malformed("An announcement has at most 5,000 characters.")
    if words.starts_at and words.ends_at and words.ends_at < words.starts_at:
        raise Malformed("This would end before it begins.")
    html = render_markdown(source)
    if len(html) > 50_000:
        raise Malformed("This announcement is too long. Please shorten it.")
    return html
