"""Status, field by field (mastodon-api.md §4.5): a post, or a boost around one.

    shown      some posts and boosts by their numbers, for whoever looks
    one        one of them
    rendered   a page that a timeline has chosen

Every post and boost has been asked for with the viewer's sight (`database/client_statuses.py`). A post that
starts a thread in a group is in lists as the group's boost of it.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Literal, TypeAlias

import msgspec

from fediverse_support.community.reading import filters
from fediverse_support.community.reading.filters import Filters
from fediverse_support.core import clock
from fediverse_support.core.errors import Missing
from fediverse_support.core.models import Viewer
from fediverse_support.database import client_statuses
from fediverse_support.database.client_statuses import MentionedRow, Page, StatusRow
from fediverse_support.database.filters import Context
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.rendering.events import first_line
from fediverse_support.web.client_api.entities import accounts, filtering, media
from fediverse_support.web.client_api.entities.accounts import VISIBILITY, Json, Look
from fediverse_support.web.client_api.entities.content import words
from fediverse_support.web.client_api.entities.moments import maybe_moment, moment
from fediverse_support.web.client_api.entities.polls import poll
from fediverse_support.web.services import Services

_NOT_QUOTABLE: Json = {"automatic": [], "manual": [], "current_user": "denied"}
_NO_FILTERS = Filters(())
Nearness = Literal["guest", "member", "pins"]
"""Who looks: somebody unknown, somebody, or whoever may pin it to their own profile."""
Written: TypeAlias = Json | msgspec.Raw
"""A status, or the JSON of it."""
_encode = msgspec.json.Encoder().encode
_WIDTH = {"public": 3, "unlisted": 2, "private": 1, "direct": 0}


async def shown(services: Services, db: Connection, viewer: Viewer, ids: Sequence[int]) -> list[Json]:
    """The posts and boosts with these numbers, in this order, each once; what `viewer` may not see is left
    out. Two statements, one of them for the filters of who looks."""
    page = await client_statuses.by_ids(db, viewer, ids)
    return await rendered(services, db, viewer, page)


async def one(services: Services, db: Connection, viewer: Viewer, status_id: int) -> Json:
    """One post or boost. Raises `Missing`, also for what `viewer` may not see."""
    found = await shown(services, db, viewer, [status_id])
    if not found:
        raise Missing
    return found[0]


async def rendered(
    services: Services, db: Connection, viewer: Viewer, page: Page, hiding: Context | None = None
) -> list[Json]:
    """The statuses of a page. Where `hiding` names a context, what a filter of who looks hides there is left
    out; else it is marked, and the app hides it."""
    if not page.statuses:
        return []
    found = await filters.of(db, viewer.actor_id, clock.now()) if page.has_filters else _NO_FILTERS
    return with_filters(services, viewer, page, found, hiding)


def with_filters(
    services: Services, viewer: Viewer, page: Page, found: Filters, hiding: Context | None = None
) -> list[Json]:
    """The same for who has the filters already."""
    maker = _Maker(services, viewer, page, found, clock.now())
    made = (maker.status(row, hiding) for row in page.statuses)
    return [status for status in made if status is not None]


async def written(
    services: Services, db: Connection, viewer: Viewer, page: Page, hiding: Context | None = None
) -> list[Written]:
    """As `rendered`, for who only sends them on."""
    if not page.statuses:
        return []
    found = await filters.of(db, viewer.actor_id, clock.now()) if page.has_filters else _NO_FILTERS
    return list(written_by_id(services, viewer, page, found, hiding).values())


def written_by_id(
    services: Services, viewer: Viewer, page: Page, found: Filters, hiding: Context | None = None
) -> dict[int, Written]:
    """The same by their numbers, for who has the filters already."""
    maker = _Maker(services, viewer, page, found, clock.now())
    made = ((row.entry_id, maker.written(row, hiding)) for row in page.statuses)
    return {number: status for number, status in made if status is not None}


class _Maker:
    """Makes the statuses of one page, each account of it once."""

    def __init__(self, services: Services, viewer: Viewer, page: Page, found: Filters, now: datetime) -> None:
        self._services = services
        self._viewer = viewer
        self._filters = found
        self._now = now
        self._origin = services.site.origin
        self._looks = {number: accounts.look(services, row, viewer) for number, row in page.accounts.items()}
        mentioned = [row for row in page.mentioned if not row.is_secret or _is_in(viewer, row.id)]
        self._by_uri = {row.uri: row for row in mentioned}
        self._by_id = {row.id: row for row in mentioned}

    def status(self, row: StatusRow, hiding: Context | None) -> Json | None:
        """The post, or the boost around it; None if a filter hides it."""
        made = self._post(row, hiding)
        if made is None or row.booster_id is None:
            return made
        return _boost(row, made, self._looks[row.booster_id])

    def written(self, row: StatusRow, hiding: Context | None) -> Written | None:
        """The same as JSON where it depends on nothing but rows and looks: then it is remembered by these."""
        if row.attachments or row.poll is not None or not self._filters.is_empty:
            return self.status(row, hiding)
        booster = self._looks[row.booster_id] if row.booster_id is not None else None
        author, nearness = self._looks[row.author_id], self._nearness(row)
        return _written(row, self._named(row), self._origin, nearness, author, booster)

    def _post(self, row: StatusRow, hiding: Context | None) -> Json | None:
        results = self._matching(row)
        if results and hiding is not None and filters.hides(results, hiding):
            return None
        made = dict(_made(row, self._named(row), self._origin, self._nearness(row)))
        made["account"] = accounts.entity_of(self._looks[row.author_id])
        if row.attachments:
            made["media_attachments"], made["card"] = self._attached(row)
        if row.poll is not None:
            made["poll"] = poll(row, row.poll, self._viewer, self._now)
        if results:
            made["filtered"] = [filtering.result(each) for each in results]
        return made

    def _nearness(self, row: StatusRow) -> Nearness:
        if self._viewer.actor_id is None:
            return "guest"
        is_near = self._viewer.actor_id in (row.author_id, row.group_id) and row.reach != "direct"
        return "pins" if is_near else "member"

    def _matching(self, row: StatusRow) -> list[filters.FilterResult]:
        if self._filters.is_empty or row.author_id == self._viewer.actor_id:
            return []
        options = row.poll.names if row.poll is not None else ()
        texts = filters.texts_of(row.content_warning, row.title, row.content_html, row.attachments, options)
        return self._filters.results(row.id, texts)

    def _named(self, row: StatusRow) -> tuple[MentionedRow, ...]:
        """Whom the text names, then the group, so that answers reach it, and whom it is for."""
        if not (row.mentions or row.named or row.group_id):
            return ()
        found = {}
        for mention in row.mentions:
            if (named := self._by_uri.get(mention.get("href", ""))) is not None:
                found[named.id] = named
        for number in (row.group_id, *row.named):
            if number is not None and number in self._by_id:
                found.setdefault(number, self._by_id[number])
        found.pop(row.author_id, None)
        return tuple(found.values())

    def _attached(self, row: StatusRow) -> tuple[list[Json], Json | None]:
        """The media, and what a post links to, as a card."""
        if not row.attachments:
            return [], None
        links = [item for item in row.attachments if item.get("type") == "Link"]
        is_public = row.state == "live" and row.reach in ("open", "quiet")
        page = row.url or row.uri
        found = [
            media.of(self._services, item, is_public=is_public, page=page)
            for item in row.attachments
            if item.get("type") != "Link"
        ]
        return found, _card(links[0]) if links else None


@lru_cache(maxsize=1_024)
def _written(
    row: StatusRow,
    named: tuple[MentionedRow, ...],
    origin: str,
    nearness: Nearness,
    author: Look,
    booster: Look | None,
) -> msgspec.Raw:
    """The JSON of a status without media, poll and filters: of two viewers only for whom all of this is the
    same, what they did with the post among it (`row`)."""
    made = _made(row, named, origin, nearness) | {"account": accounts.entity_of(author)}
    return msgspec.Raw(_encode(made if booster is None else _boost(row, made, booster)))


def _boost(row: StatusRow, inner: Json, booster: Look) -> Json:
    """A status of its own: the words and what belongs to them are in what it boosts."""
    wrapper = {**inner, **_around(row), "account": accounts.entity_of(booster), "reblog": inner}
    wrapper.pop("pinned", None)
    return wrapper


@lru_cache(maxsize=2_048)
def _made(row: StatusRow, named: tuple[MentionedRow, ...], origin: str, nearness: Nearness) -> Json:
    """What of a status is the same whenever such a row comes: all but its account, media, poll and filters.

    Whoever gets it copies it.
    """
    said = words(*_text_and_title(row), _moved(named))
    is_answer = row.parent_id is not None and row.parent_author_id is not None
    made: Json = {
        "id": str(row.id),
        "created_at": moment(row.published_at),
        "edited_at": maybe_moment(row.edited_at),
        "in_reply_to_id": str(row.parent_id) if is_answer else None,
        "in_reply_to_account_id": str(row.parent_author_id) if is_answer else None,
        "sensitive": row.sensitive or bool(row.content_warning),
        "spoiler_text": row.content_warning,
        "visibility": VISIBILITY[row.reach],
        "language": row.language,
        "uri": row.uri,
        "url": row.url or row.uri,
        "replies_count": row.replies,
        "reblogs_count": row.boosts,
        "favourites_count": row.favourites,
        "quotes_count": 0,
        "content": said.html,
        "reblog": None,
        "application": None,
        "account": None,
        "media_attachments": [],
        "mentions": [_mention(each) for each in named],
        "tags": [
            {"name": name, "url": said.hashtags.get(name) or _tag_address(row, named, origin, name)}
            for name in row.tags
        ],
        "emojis": [],
        "quote": None,
        "quote_approval": _NOT_QUOTABLE,
        "card": None,
        "poll": None,
    }
    if row.application is not None:
        made["application"] = {"name": row.application.name, "website": row.application.website or None}
    if nearness != "guest":
        made |= _deeds(row)
    if nearness == "pins":
        made["pinned"] = row.is_pinned
    return made


def _deeds(row: StatusRow) -> Json:
    """What the viewer did with the post."""
    return {
        "favourited": row.is_favourite,
        "reblogged": row.is_boosted,
        "muted": row.is_muted,
        "bookmarked": row.is_bookmarked,
        "filtered": [],
    }


@lru_cache(maxsize=2_048)
def _around(row: StatusRow) -> Json:
    """What a boost has instead of what it boosts."""
    assert row.boosted_at is not None
    visibility = VISIBILITY[row.reach], VISIBILITY[row.boost_reach or "open"]
    return {
        "id": str(row.entry_id),
        "created_at": moment(row.boosted_at),
        "edited_at": None,
        "uri": row.boost_uri or f"{row.uri}#boost-{row.entry_id}",
        "content": "",
        "visibility": min(visibility, key=_WIDTH.__getitem__),
        "media_attachments": [],
        "mentions": [],
        "tags": [],
        "poll": None,
        "card": None,
        "application": None,
        "in_reply_to_id": None,
        "in_reply_to_account_id": None,
    }


def _tag_address(row: StatusRow, named: tuple[MentionedRow, ...], origin: str, name: str) -> str:
    """Where a tag leads that stands in no link of the text: in a group to what has it there."""
    for one in named:
        if one.id == row.group_id:
            place = one.name if one.is_local else f"{one.name}@{one.host}"
            return f"{origin}/groups/{place}/tagged/{name}"
    return f"{origin}/tags/{name}"


def _is_in(viewer: Viewer, actor_id: int) -> bool:
    return viewer.is_staff or actor_id in (viewer.actor_id, *viewer.member_of, *viewer.moderates)


def _text_and_title(row: StatusRow) -> tuple[str, str]:
    """What is said, and its title: of an event time and place go first, as on the wire."""
    title = row.title if row.parent_id is None else ""
    if row.event is None:
        return row.content_html, title
    if row.event.is_cancelled:
        title = f"Cancelled: {title}"
    return f"{first_line(row.event)}{row.content_html}", title


def _moved(named: Sequence[MentionedRow]) -> tuple[tuple[str, str], ...]:
    """Links in the text may name somebody by their id; apps know them by the address of their page."""
    return tuple((row.uri, row.url) for row in named if row.url and row.url != row.uri)


def _mention(row: MentionedRow) -> Json:
    return {
        "id": str(row.id),
        "username": row.name,
        "acct": row.name if row.is_local else f"{row.name}@{row.host}",
        "url": row.url or row.uri,
    }


def _card(link: Json) -> Json:
    """PreviewCard of a link that a post is about. Nothing is fetched for it."""
    url = str(link["url"])
    host = url.partition("://")[2].partition("/")[0]
    return {
        "url": url,
        "title": link.get("alt") or host,
        "description": "",
        "language": None,
        "type": "link",
        "author_name": "",
        "author_url": "",
        "provider_name": host,
        "provider_url": "",
        "html": "",
        "width": 0,
        "height": 0,
        "image": None,
        "image_description": "",
        "embed_url": "",
        "blurhash": None,
        "published_at": None,
        "authors": [],
    }
