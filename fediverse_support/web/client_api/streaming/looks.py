"""What an event looks like to each of those who learn of it: the same text for all for whom it is the same.

A new post looks the same to everybody but its author, those who did something to it and those who look after
something: it is made once, by somebody who knows no more than that they may see it. Those with filters share
that too, only with what their own filters say. For the few others it is made anew, each with their own sight.
"""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from fediverse_support.community.reading import filters
from fediverse_support.community.reading.filters import Filters
from fediverse_support.core import clock
from fediverse_support.core.models import Viewer
from fediverse_support.database import client_statuses, grants, stream_audiences
from fediverse_support.database import conversations as stored_conversations
from fediverse_support.database import notifications as stored_notifications
from fediverse_support.database.filters import Context
from fediverse_support.database.pool import Connection
from fediverse_support.database.stream_audiences import Facts
from fediverse_support.web.client_api.entities import conversations, notifications, statuses
from fediverse_support.web.services import Services

_encode = msgspec.json.Encoder().encode
_NO_FILTERS = Filters(())
_NOBODY = 0
"""No actor has this number: who looks through it has done nothing to any post."""


class Looks:
    """Makes the payloads of one process, and knows the filters of who is connected until they change."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._filters: dict[int, Filters] = {}

    def forget_filters(self, who: int | None = None) -> None:
        """Somebody's filters have changed; or all are looked up again."""
        if who is None:
            self._filters.clear()
        else:
            self._filters.pop(who, None)

    async def status(
        self,
        db: Connection,
        entry_id: int,
        facts: Facts,
        viewers: Mapping[int, bytes],
        hiding: Context,
    ) -> dict[int, str]:
        """A post or boost for these viewers, each with a token of theirs, who may all see it; without those
        whose filters hide it."""
        own = frozenset(await stream_audiences.with_deeds(db, facts.id, list(viewers)))
        made = await self._shared(db, entry_id, facts, [who for who in viewers if who not in own], hiding)
        for who in own:
            if (viewer := await _viewer(db, viewers[who])) is None:
                continue
            page = await client_statuses.by_ids(db, viewer, [entry_id])
            found = await self._filters_of(db, [who])
            for status in statuses.with_filters(self._services, viewer, page, found[who], hiding):
                made[who] = text_of(status)
        return made

    async def _shared(
        self, db: Connection, entry_id: int, facts: Facts, viewers: Sequence[int], hiding: Context
    ) -> dict[int, str]:
        if not viewers:
            return {}
        plain = _plain_viewer(facts)
        page = await client_statuses.by_ids(db, plain, [entry_id])
        if not page.statuses:
            return {}
        found = await self._filters_of(db, viewers)
        made = {}
        same = text_of(statuses.with_filters(self._services, plain, page, _NO_FILTERS, hiding)[0])
        for who in viewers:
            if found[who] is _NO_FILTERS:
                made[who] = same
                continue
            for status in statuses.with_filters(self._services, plain, page, found[who], hiding):
                made[who] = text_of(status)
        return made

    async def _filters_of(self, db: Connection, viewers: Collection[int]) -> dict[int, Filters]:
        unknown = [who for who in viewers if who not in self._filters]
        if unknown:
            having = frozenset(await stream_audiences.with_filters(db, unknown))
            for who in unknown:
                self._filters[who] = await filters.of(db, who, clock.now()) if who in having else _NO_FILTERS
        return {who: self._filters[who] for who in viewers}

    async def notification(self, db: Connection, number: int, token_hash: bytes) -> str | None:
        """A notification for whom it is; None if it is not there any more or their filters hide it."""
        viewer = await _viewer(db, token_hash)
        if viewer is None:
            return None
        found, page = await stored_notifications.by_ids(db, viewer, [number])
        shown = await notifications.speak_of(self._services, db, viewer, found, page)
        for one in found:
            entity = notifications.notification(shown, one, viewer)
            if entity is not None and not one.is_filtered:
                return text_of(entity)
        return None

    async def conversation(self, db: Connection, post_id: int, token_hash: bytes) -> str | None:
        """The conversation in which this was said, for somebody in it."""
        viewer = await _viewer(db, token_hash)
        if viewer is None:
            return None
        found, page = await stored_conversations.with_post(db, viewer, post_id)
        if found is None:
            return None
        made = await conversations.rendered(self._services, db, viewer, [found], page)
        return text_of(made[0])


def _plain_viewer(facts: Facts) -> Viewer:
    """Somebody who may see this post and knows nothing else."""
    circles = (facts.group_id,) if facts.group_id is not None else ()
    return Viewer(actor_id=_NOBODY, member_of=circles, follows=(facts.author_id,))


async def _viewer(db: Connection, token_hash: bytes) -> Viewer | None:
    """As whom a token sees now; None if it has ended."""
    grant = await grants.live(db, token_hash)
    return grant.viewer if grant is not None else None


def text_of(entity: object) -> str:
    """An entity as the text that stands in a frame."""
    return _encode(entity).decode()
