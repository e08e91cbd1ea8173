"""The wiki of a group: pages that it keeps beside its threads, every revision of them kept.

Who may see the threads of a group may read its wiki; it is never sent to other servers. Its moderators write
it, and its members too where the group says so. Two who edit at the same time lose nothing: the second one is
told, and sees both texts.
"""

from datetime import datetime

import msgspec

from fediverse_support.community.joining import speaking
from fediverse_support.core.errors import Conflict, Forbidden, Malformed, Missing, TooMany
from fediverse_support.core.identifiers import new_id
from fediverse_support.core.markup import render_markdown, safe_text
from fediverse_support.core.models import Actor, Group, Standing
from fediverse_support.core.slugs import is_slug, slug_of
from fediverse_support.database import wiki as stored
from fediverse_support.database.pool import Connection
from fediverse_support.database.wiki import Line, Page, Revision

LONGEST_TITLE = 200
LONGEST = 50_000
LONGEST_HTML = 400_000
LONGEST_WHY = 500
MOST_PAGES = 500
REVISIONS_AT_ONCE = 50


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody writes on a page, in Markdown, and why."""

    title: str
    source: str
    why: str = ""


def may_edit(group: Group, standing: Standing, *, is_staff: bool = False) -> bool:
    """Whether somebody who stands in `group` as told may write its wiki."""
    if group.life != "running" or group.actor.state != "active" or standing.is_blocked:
        return False
    if is_staff or standing.is_moderator:
        return True
    return group.wiki_editors == "members" and standing.is_member


def check_may_edit(group: Group, standing: Standing, *, is_staff: bool = False) -> None:
    """Raise `Forbidden` unless `may_edit`."""
    speaking.check_running(group)
    if not may_edit(group, standing, is_staff=is_staff):
        raise Forbidden("Only those who look after this group write its wiki.")


async def page_at(db: Connection, group: Group, slug: str, *, even_deleted: bool = False) -> Page:
    """The page at an address. Raises `Missing`, also for a deleted one unless that is asked for."""
    page = await stored.by_slug(db, group.actor.id, slug) if is_slug(slug) else None
    if page is None or (page.deleted_at and not even_deleted):
        raise Missing("There is no such page in this wiki.")
    return page


async def pages(db: Connection, group: Group, *, even_deleted: bool = False) -> list[Line]:
    """The pages of a group by title."""
    found = await stored.pages(db, group.actor.id)
    return [line for line in found if even_deleted or not line.is_deleted]


async def renamed(db: Connection, group: Group, slug: str) -> str | None:
    """Where the page is whose present title makes `slug`: links by title still find it."""
    for line in await pages(db, group):
        if slug_of(line.title) == slug:
            return line.slug
    return None


async def create(db: Connection, group: Group, author: Actor, words: Words, now: datetime) -> Page:
    """Write a new page, whose address is made of its title.

    Raises `Malformed` for words that do not fit, `Conflict` if there is a page at this address, perhaps a
    deleted one, and `TooMany` where a group has 500. The caller has checked who it is.
    """
    words, html = _checked(group, words)
    slug = slug_of(words.title)
    if await stored.count(db, group.actor.id) >= MOST_PAGES:
        raise TooMany("This wiki has 500 pages, and cannot take more.")
    if not await stored.insert(db, page_id := new_id(), group.actor.id, slug, now):
        raise Conflict(
            "There is, or was, another page with this title. Nothing of yours was lost: choose another."
        )
    await _add(db, page_id, 1, words, html, author, now)
    return await page_at(db, group, slug)


async def edit(
    db: Connection, group: Group, slug: str, based_on: int, author: Actor, words: Words, now: datetime
) -> Page:
    """Write a page anew; `based_on` is the number of the revision that the writer had before them.

    The same words again make no revision. Raises `Missing`, `Malformed`, and `Conflict` if somebody else was
    faster: then nothing is changed, and the caller shows both texts.
    """
    words, html = _checked(group, words)
    page = await _held(db, group, slug)
    if page.number != based_on:
        raise Conflict("Somebody else has changed this page in the meantime. Nothing of yours was lost.")
    if (page.title, page.source) != (words.title, words.source):
        await _add(db, page.id, page.number + 1, words, html, author, now)
    return await page_at(db, group, slug)


async def roll_back(
    db: Connection, group: Group, slug: str, number: int, author: Actor, why: str, now: datetime
) -> Page:
    """Let a page say again what it said in revision `number`, as a new revision. Raises `Missing`."""
    page = await _held(db, group, slug)
    old = await revision(db, page, number)
    if (page.title, page.source) != (old.title, old.source):
        words, html = _checked(group, Words(title=old.title, source=old.source, why=why))
        await _add(db, page.id, page.number + 1, words, html, author, now)
    return await page_at(db, group, slug)


async def revision(db: Connection, page: Page, number: int) -> Revision:
    """One revision of a page. Raises `Missing`."""
    found = await stored.revision(db, page.id, number) if 0 < number < 2**31 else None
    if found is None:
        raise Missing("There is no such revision of this page.")
    return found


async def history(db: Connection, page: Page, before: int | None = None) -> list[Line]:
    """Up to fifty revisions of a page, the newest first, from below number `before` on."""
    first = page.number + 1 if before is None else before
    return await stored.revisions(db, page.id, min(max(first, 0), 2**31 - 1), REVISIONS_AT_ONCE)


async def delete(db: Connection, group: Group, slug: str, now: datetime) -> None:
    """Take a page away, with all its revisions, until it is restored. Raises `Missing`."""
    speaking.check_running(group)
    page = await _held(db, group, slug)
    await stored.set_deleted(db, page.id, now)


async def restore(db: Connection, group: Group, slug: str) -> None:
    """Bring a deleted page back as it was. Safe to run twice. Raises `Missing`."""
    speaking.check_running(group)
    page = await page_at(db, group, slug, even_deleted=True)
    await stored.set_deleted(db, page.id, None)


async def choose_editors(db: Connection, group: Group, editors: str) -> None:
    """Say who writes the wiki of a group: `moderators`, or `members` too. Safe to run twice."""
    speaking.check_running(group)
    if editors not in ("moderators", "members"):
        raise Malformed("A wiki is written by the moderators, or by the members.")
    await stored.set_editors(db, group.actor.id, editors)


def address(group: Group, title: str) -> str:
    """The address of the page that `title` names, on whatever device it is read."""
    return f"{group.actor.uri}/wiki/{slug_of(title)}"


async def _held(db: Connection, group: Group, slug: str) -> Page:
    """The page, held until the transaction ends, so that no two revisions get one number."""
    page = await stored.by_slug(db, group.actor.id, slug, for_update=True) if is_slug(slug) else None
    if page is None or page.deleted_at:
        raise Missing("There is no such page in this wiki.")
    return page


async def _add(
    db: Connection, page_id: int, number: int, words: Words, html: str, author: Actor, now: datetime
) -> None:
    await stored.insert_revision(
        db,
        page_id,
        number,
        title=words.title,
        source=words.source,
        html=html,
        author_id=author.id,
        why=words.why,
        now=now,
    )


def _checked(group: Group, words: Words) -> tuple[Words, str]:
    """The words as they are stored, and their HTML."""
    title, why = safe_text(words.title, LONGEST_TITLE + 1), safe_text(words.why, LONGEST_WHY + 1)
    source = words.source.replace("\x00", "").strip()
    if not title or not source:
        raise Malformed("A page needs a title, and something below it.")
    if len(title) > LONGEST_TITLE or len(source) > LONGEST or len(why) > LONGEST_WHY:
        raise Malformed(
            "A page has at most 50,000 characters, its title 200. Nothing was lost: shorten it, save again."
        )
    html = render_markdown(source, pages=lambda name: address(group, name))
    if len(html) > LONGEST_HTML:
        raise Malformed("This page is too long. Nothing was lost: make two of it.")
    return Words(title=title, source=source, why=why), html
