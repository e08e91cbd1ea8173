"""Tags that somebody follows, to have in Home what is said in public under them, or shows on a profile."""

import re
from datetime import datetime

from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.database import tags as stored
from fediverse_support.database.pool import Connection
from fediverse_support.database.tags import FeaturedTag

MOST_FOLLOWED = 500
MOST_FEATURED = 10
LONGEST = 100

_TAG = re.compile(r"\w*[^\W\d_]\w*")
"""Letters, digits and _ of any script, with one letter at least: what a hashtag is in a text."""


def named(text: str) -> str:
    """The tag that `text` names, in small letters without #. Raises `Malformed` for what is none."""
    name = text.strip().removeprefix("#").lower()
    if len(name) > LONGEST or _TAG.fullmatch(name) is None:
        raise Malformed("Validation failed: Tag name is letters, digits and _, and at least one letter.")
    return name


async def follow(db: Connection, actor_id: int, tag: str, now: datetime) -> None:
    """Follow a tag. Safe to run twice; raises `Malformed` for too many. Open a transaction."""
    if await stored.number_followed(db, actor_id) >= MOST_FOLLOWED:
        raise Malformed(f"Validation failed: more than {MOST_FOLLOWED} tags cannot be followed.")
    await stored.follow(db, actor_id, tag, now)


async def feature(db: Connection, actor_id: int, tag: str, now: datetime) -> None:
    """Show a tag on a profile. Safe to run twice; raises `Malformed` for too many. Open a transaction."""
    await stored.number_followed(db, actor_id)
    known = await stored.featured_names(db, actor_id)
    if tag not in known and len(known) >= MOST_FEATURED:
        raise Malformed(f"Validation failed: a profile shows at most {MOST_FEATURED} tags.")
    await stored.feature(db, actor_id, tag, now)


def one_of(found: list[FeaturedTag], tag: str) -> FeaturedTag:
    """The one of this name. Raises `Missing`."""
    for one in found:
        if one.tag == tag:
            return one
    raise Missing
