"""How this community treats data, and its terms: Markdown that admins write, on a page and in the client API.

Of the terms every version is kept with the day from which it holds, because people want to know what they
agreed to; of the other text only the last.
"""

from datetime import UTC, date, datetime

from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.core.markup import render_markdown
from fediverse_support.database import house_texts as stored
from fediverse_support.database.house_texts import HouseText, Kind
from fediverse_support.database.pool import Connection

LONGEST = 100_000
LONGEST_HTML = 400_000


async def current(db: Connection, kind: Kind, now: datetime) -> HouseText | None:
    """The version that holds today; if all lie ahead, the nearest. None if there is none."""
    versions = await stored.versions(db, kind)
    today = now.astimezone(UTC).date()
    held = [one for one in versions if one.effective_on <= today]
    return held[0] if held else (versions[-1] if versions else None)


async def on_day(db: Connection, kind: Kind, day: date) -> tuple[HouseText, date | None]:
    """The version that began to hold on `day`, and from when the next one does. Raises `Missing`."""
    later: date | None = None
    for one in await stored.versions(db, kind):
        if one.effective_on == day:
            return one, later
        later = one.effective_on
    raise Missing("Record not found")


async def publish(db: Connection, kind: Kind, source: str, effective_on: date | None, now: datetime) -> None:
    """Let this text hold from a day on (None: today). Without words, that version is removed (None: all).

    Safe to run twice. Raises `Malformed`.
    """
    source = source.replace("\x00", "").strip()
    if not source:
        await stored.remove(db, kind, effective_on if kind == "terms" else None)
        return
    html = render_markdown(source) if len(source) <= LONGEST else ""
    if len(source) > LONGEST or len(html) > LONGEST_HTML:
        raise Malformed("This text has more than 100,000 characters.")
    if kind == "privacy":
        await stored.remove(db, kind)
    day = effective_on or now.astimezone(UTC).date()
    await stored.put(db, kind, day, source=source, html=html, now=now)
