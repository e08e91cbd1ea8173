"""Searching for somebody: what their words mean, and what of it they may find (`database/searching.py`)."""

from collections.abc import Sequence

import msgspec

from fediverse_support.core.models import Viewer
from fediverse_support.core.searching import is_worth_looking, name_words, parse
from fediverse_support.database import client_accounts
from fediverse_support.database import searching as stored
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.site import Site


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of what is found: `below` and `above` are numbers of posts, both left out."""

    limit: int
    offset: int = 0
    below: int = 2**63 - 1
    above: int = 0


async def posts(
    db: Connection,
    site: Site,
    viewer: Viewer,
    text: str,
    part: Part,
    languages: Sequence[str],
    author_id: int | None = None,
) -> list[int]:
    """The numbers of the posts that `text` finds, newest first; nothing for who is not signed in.

    `languages`: up to two whose words are compared by their stems. `author_id`: only what they wrote.
    """
    query = parse(text)
    has_words = is_worth_looking(query.words)
    if viewer.actor_id is None or not query.is_narrow or (query.words and not has_words):
        return []
    who = await _named(db, site, viewer, query.author)
    where = await _named(db, site, viewer, query.group)
    if (query.author and who is None) or (query.group and where is None):
        return []
    if who is not None and author_id is not None and who != author_id:
        return []
    return await stored.posts(
        db,
        viewer,
        query,
        languages,
        author_id=who if who is not None else author_id,
        group_id=where,
        below=part.below,
        above=part.above,
        limit=part.limit,
        offset=part.offset,
    )


async def actors(
    db: Connection, viewer: Viewer, text: str, part: Part, *, only_followed: bool = False
) -> list[int]:
    """The numbers of the people and groups that `text` finds: names, beginnings of names, handles."""
    plain = text.strip().lstrip("@!").lower()
    name, at, host = plain.partition("@")
    words = [] if at else name_words(plain)
    if not name or not (words or at):
        return []
    return await stored.actors(
        db,
        viewer,
        words,
        name if at or len(words) <= 1 or "_" in name else "",
        host,
        only_followed=only_followed,
        shows_others=viewer.actor_id is not None,
        limit=part.limit,
        offset=part.offset,
    )


async def tags(db: Connection, viewer: Viewer, text: str, part: Part) -> list[str]:
    """The tags that begin like `text`, with or without its #."""
    beginning = text.strip().removeprefix("#").lower()
    if not beginning or " " in beginning or not is_worth_looking(beginning):
        return []
    return await stored.tags(db, viewer, beginning, part.limit, part.offset)


async def _named(db: Connection, site: Site, viewer: Viewer, name: str | None) -> int | None:
    """The actor that a query names: `me`, `name` for ours, `name@host`."""
    if name is None:
        return None
    if name == "me":
        return viewer.actor_id
    plain, _, host = name.partition("@")
    return await client_accounts.id_of(db, plain, host if host and host != site.domain else None)
