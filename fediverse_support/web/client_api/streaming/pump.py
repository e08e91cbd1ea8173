"""The pump: carries what happens to who listens. One runs in each process that serves the web.

It reads `stream_events` in order, asks for each event who of the listeners is to learn of it and what it
looks like to them, and puts that before them. It is woken by NOTIFY and looks every few seconds anyway; then
it also asks whether the tokens of all listeners still hold, so that nobody listens on for more than five
seconds when a message was lost.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from time import monotonic

import structlog

from fediverse_support.community.house import announcements
from fediverse_support.community.reading import reading_lists
from fediverse_support.core import clock
from fediverse_support.core.errors import Unavailable
from fediverse_support.database import grants, listening, stream_audiences, stream_events
from fediverse_support.database.filters import Context
from fediverse_support.database.pool import AWAY, Connection, acquire
from fediverse_support.database.stream_audiences import Facts
from fediverse_support.database.stream_events import StreamEvent
from fediverse_support.web.client_api.entities import house
from fediverse_support.web.client_api.streaming import names
from fediverse_support.web.client_api.streaming.looks import Looks, text_of
from fediverse_support.web.middleware import lines_of
from fediverse_support.web.services import Services
from fediverse_support.web.streams import Cursor, Frame, Listener, StreamName

LOOK_EVERY = 3.0
"""Seconds. A right that ends is noticed within this, and what it takes to ask, at the latest."""
MOST_AT_ONCE = 500
MOST_TO_CATCH_UP = 400
_FILTERS_HOLD = 60.0
_AGAIN_AFTER = 0.5

log = structlog.get_logger(__name__)


class Pump:
    """Feeds the listeners of one process."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._streams = services.streams
        self._looks = Looks(services)
        self._horizon = 0
        self._known: dict[int, int] = {}
        """Events that were carried, of transactions from the horizon on: number and transaction."""
        self._last = 0
        self._rights_seen = 0.0
        self._filters_seen = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Feed until `stop` is set; then everybody is let go."""
        streams = self._streams
        streams.is_open = True
        wakes = {
            stream_events.CHANNEL: streams.something_happened,
            grants.ENDED_CHANNEL: streams.rights_ended,
        }
        listening_to = asyncio.create_task(listening.listen_to(self._services.pool, wakes))
        feeding = asyncio.create_task(self._feed())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({stopping, feeding}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            streams.close()
            for task in (listening_to, feeding, stopping):
                task.cancel()
            ended = await asyncio.gather(listening_to, feeding, return_exceptions=True)
        for trouble in ended:
            if isinstance(trouble, Exception):
                raise trouble

    async def _feed(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._streams.changed.wait(), LOOK_EVERY)
            self._streams.changed.clear()
            try:
                async with acquire(self._services.pool) as db:
                    await self.step(db)
            except Unavailable:
                log.warning("streams.database_away")
                await asyncio.sleep(_AGAIN_AFTER)
                self._streams.changed.set()

    async def step(self, db: Connection) -> None:
        """Carry what there is. Without listeners only where it would begin is remembered."""
        streams = self._streams
        if streams.may_have_ended or monotonic() - self._rights_seen >= LOOK_EVERY:
            await self._check_rights(db)
        if monotonic() - self._filters_seen >= _FILTERS_HOLD:
            self._looks.forget_filters()
            self._filters_seen = monotonic()
        if not self._horizon:
            await self._begin(db)
        await self._catch_up(db)
        present = [one for one in streams.listeners if not one.ending]
        if not present:
            await self._begin(db)
            return
        while await self._round(db, present):
            pass

    async def _begin(self, db: Connection) -> None:
        """From here on: what has happened so far is nobody's news."""
        self._horizon = await stream_events.horizon(db)
        self._last = await stream_events.last(db)
        found = await stream_events.since(db, self._horizon, [], MOST_AT_ONCE)
        self._known = {one.id: one.transaction for one in found}

    async def _round(self, db: Connection, listeners: Sequence[Listener]) -> bool:
        """Carry a number of new events; whether there may be more."""
        horizon = await stream_events.horizon(db)
        found = await stream_events.since(db, self._horizon, list(self._known), MOST_AT_ONCE)
        if not found:
            return False
        await self._carry(db, found, listeners, horizon)
        self._known |= {one.id: one.transaction for one in found}
        self._last = max(self._last, found[-1].id)
        if len(found) < MOST_AT_ONCE:
            # All of before that horizon has been seen now.
            self._known = {number: one for number, one in self._known.items() if one >= horizon}
            self._horizon = horizon
        return len(found) == MOST_AT_ONCE

    async def _catch_up(self, db: Connection) -> None:
        """Give those who came back what they have missed, all of them together."""
        back = [one for one in self._streams.listeners if one.cursor is not None]
        if not back:
            return
        oldest = min(one.cursor.event for one in back if one.cursor)
        horizon = min(one.cursor.horizon for one in back if one.cursor)
        missed = await stream_events.after(db, oldest, horizon, self._last, MOST_TO_CATCH_UP)
        for event in missed:
            # What was not carried yet comes to everybody in a moment.
            if event.id in self._known or event.transaction < self._horizon:
                those = [one for one in back if _has_missed(one, event)]
                await self._carry(db, [event], those, self._horizon)
        for one in back:
            one.cursor = None

    async def _check_rights(self, db: Connection) -> None:
        streams = self._streams
        streams.may_have_ended = False
        self._rights_seen = monotonic()
        listeners = list(streams.listeners)
        if not listeners:
            return
        live = await grants.still_live(db, list({one.grant_id for one in listeners}))
        for one in listeners:
            if one.grant_id not in live:
                one.end("revoked")

    # One event

    async def _carry(
        self,
        db: Connection,
        events: Sequence[StreamEvent],
        listeners: Sequence[Listener],
        horizon: int,
    ) -> None:
        """`horizon`: of everything before it, these events are the last that were not carried."""
        facts = await stream_audiences.facts(
            db, list({one.post_id for one in events if one.post_id is not None})
        )
        for event in events:
            try:
                await self._one(db, event, facts.get(event.post_id or 0), listeners, horizon)
            except (Unavailable, *AWAY):
                raise
            except Exception as error:  # noqa: BLE001  (one event that cannot be told must not stop the others)
                log.error("streams.event_failed", error=type(error).__name__, at=lines_of(error))
            # What is open meanwhile is served too.
            await asyncio.sleep(0)

    async def _one(
        self,
        db: Connection,
        event: StreamEvent,
        facts: Facts | None,
        listeners: Sequence[Listener],
        horizon: int,
    ) -> None:
        cursor = Cursor(event.id, horizon)
        match event.kind:
            case "update" | "status.update" if facts is not None and facts.is_live:
                await self._status(db, event, facts, listeners, cursor)
            case "delete" if facts is not None:
                await self._gone(db, event, facts, listeners, cursor)
            case "notification":
                await self._notification(db, event, listeners, cursor)
            case "conversation" if facts is not None and facts.is_live:
                await self._conversation(db, event, facts, listeners, cursor)
            case "filters_changed":
                self._looks.forget_filters(event.actor_id)
                _tell(_of(listeners, event.actor_id, names.USER), names.USER, event.kind, None, cursor)
            case "notifications_merged":
                _tell(_of(listeners, event.actor_id, names.USER), names.USER, event.kind, "1", cursor)
            case "announcement" | "announcement.reaction" | "announcement.delete":
                await self._announcement(db, event, listeners, cursor)

    async def _status(
        self,
        db: Connection,
        event: StreamEvent,
        facts: Facts,
        listeners: Sequence[Listener],
        cursor: Cursor,
    ) -> None:
        """A new post or boost, or other words: to everybody in whose streams it stands."""
        entry = event.subject_id or 0
        booster = event.actor_id if entry != facts.id else None
        for stream, concerned in (await self._audiences(db, event, facts, booster, listeners)).items():
            if not concerned:
                continue
            hiding: Context = "home" if stream[0] in ("user", "list") else "public"
            viewers = {one.who: one.token_hash for one in concerned}
            looks = await self._looks.status(db, entry, facts, viewers, hiding)
            for text, those in _by_text(concerned, looks):
                _tell(those, stream, event.kind, text, cursor)

    async def _audiences(
        self,
        db: Connection,
        event: StreamEvent,
        facts: Facts,
        booster: int | None,
        listeners: Sequence[Listener],
    ) -> dict[StreamName, list[Listener]]:
        entry = event.subject_id or 0
        if facts.is_direct:
            return {}
        found: dict[StreamName, list[Listener]] = {}
        if users := _following(listeners, names.USER):
            numbers = _numbers(users)
            if event.kind == "update":
                home = await stream_audiences.home(db, entry, facts.id, booster, numbers)
            else:
                home = await stream_audiences.of_change(db, facts.id, numbers)
            found[names.USER] = _among(users, home)
        found |= await self._lists(db, facts, booster, listeners)
        if booster is None:
            found |= await self._public(db, facts, listeners)
        return found

    async def _lists(
        self, db: Connection, facts: Facts, booster: int | None, listeners: Sequence[Listener]
    ) -> dict[StreamName, list[Listener]]:
        pairs = [(one, stream) for one in listeners for stream in one.streams if stream[0] == "list"]
        if not pairs:
            return {}
        standing = await stream_audiences.lists(
            db,
            facts.id,
            booster,
            [one.who for one, _ in pairs],
            [int(stream[1]) for _, stream in pairs],
            all_groups=reading_lists.MY_GROUPS,
            unanswered=reading_lists.NEEDS_A_REPLY,
        )
        wanted = frozenset(standing)
        found: dict[StreamName, list[Listener]] = defaultdict(list)
        for one, stream in pairs:
            if (one.who, int(stream[1])) in wanted:
                found[stream].append(one)
        return found

    async def _public(
        self, db: Connection, facts: Facts, listeners: Sequence[Listener]
    ) -> dict[StreamName, list[Listener]]:
        streams = list(public_streams(facts))
        concerned = {stream: _following(listeners, stream) for stream in streams}
        everybody = _numbers(one for those in concerned.values() for one in those)
        if not everybody:
            return {}
        wanting = await stream_audiences.wanting(db, facts.id, everybody)
        return {stream: _among(those, wanting) for stream, those in concerned.items()}

    async def _gone(
        self,
        db: Connection,
        event: StreamEvent,
        facts: Facts,
        listeners: Sequence[Listener],
        cursor: Cursor,
    ) -> None:
        """A bare number, to those who could see it: in Home to those who may have had it there, elsewhere to
        all who follow a stream in which it may have stood, for its tags are gone with it."""
        is_boost = event.subject_id != facts.id
        public = {*public_streams(facts), *_streams_of(listeners, ("hashtag", "hashtag:local"))}
        own = {names.DIRECT} if facts.is_direct else {names.USER, *_streams_of(listeners, ("list",))}
        # No boost ever stands in a public stream.
        for streams, has_followed in ((set() if is_boost else public, False), (own, True)):
            concerned = {stream: _following(listeners, stream) for stream in sorted(streams)}
            everybody = _numbers(one for those in concerned.values() for one in those)
            if not everybody:
                continue
            losing = await stream_audiences.losing(
                db,
                facts.id,
                event.actor_id or 0,
                everybody,
                is_boost=is_boost,
                has_followed=has_followed,
            )
            for stream, those in concerned.items():
                _tell(_among(those, losing), stream, "delete", str(event.subject_id), cursor)

    async def _notification(
        self, db: Connection, event: StreamEvent, listeners: Sequence[Listener], cursor: Cursor
    ) -> None:
        for stream in (names.USER, names.NOTIFICATIONS):
            those = [
                one
                for one in _of(listeners, event.actor_id, stream)
                if names.hears_of_notifications(one.scopes)
            ]
            if not those:
                continue
            text = await self._looks.notification(db, event.subject_id or 0, those[0].token_hash)
            if text is not None:
                _tell(those, stream, "notification", text, cursor)

    async def _conversation(
        self,
        db: Connection,
        event: StreamEvent,
        facts: Facts,
        listeners: Sequence[Listener],
        cursor: Cursor,
    ) -> None:
        for who in {facts.author_id, *facts.named}:
            those = _of(listeners, who, names.DIRECT)
            if not those:
                continue
            text = await self._looks.conversation(db, facts.id, those[0].token_hash)
            if text is not None:
                _tell(those, names.DIRECT, "conversation", text, cursor)

    async def _announcement(
        self, db: Connection, event: StreamEvent, listeners: Sequence[Listener], cursor: Cursor
    ) -> None:
        those = _following(listeners, names.USER)
        if not those:
            return
        payload: str | None = str(event.subject_id)
        if event.kind != "announcement.delete":
            payload = await self._said(db, event)
        if payload is not None:
            _tell(those, names.USER, event.kind, payload, cursor)

    async def _said(self, db: Connection, event: StreamEvent) -> str | None:
        current = await announcements.current(db, None, clock.now())
        shown = next((one for one in current if one.announcement.id == event.subject_id), None)
        if shown is None:
            return None
        if event.kind == "announcement":
            return text_of(house.announcement(shown))
        name = event.details.get("name", "")
        count = next((one.number for one in shown.reactions if one.emoji == name), 0)
        return text_of({"name": name, "count": count, "announcement_id": str(event.subject_id)})


def public_streams(facts: Facts) -> Iterable[StreamName]:
    """The streams beside Home and lists in which a post stands."""
    if facts.is_open_start:
        places = ["public", "public:local" if facts.is_from_here else "public:remote"]
        for place in places:
            yield (place,)
            if facts.has_media:
                yield (f"{place}:media",)
    for tag in facts.tags:
        yield "hashtag", tag
        if facts.is_from_here:
            yield "hashtag:local", tag


def _streams_of(listeners: Iterable[Listener], kinds: Collection[str]) -> set[StreamName]:
    return {stream for one in listeners for stream in one.streams if stream[0] in kinds}


def _has_missed(one: Listener, event: StreamEvent) -> bool:
    return one.cursor is not None and (event.id > one.cursor.event or event.transaction >= one.cursor.horizon)


def _following(listeners: Iterable[Listener], stream: StreamName) -> list[Listener]:
    return [one for one in listeners if stream in one.streams]


def _of(listeners: Iterable[Listener], who: int | None, stream: StreamName) -> list[Listener]:
    return [one for one in listeners if one.who == who and stream in one.streams]


def _numbers(listeners: Iterable[Listener]) -> list[int]:
    return list({one.who for one in listeners})


def _among(listeners: Sequence[Listener], numbers: Collection[int]) -> list[Listener]:
    wanted = frozenset(numbers)
    return [one for one in listeners if one.who in wanted]


def _by_text(listeners: Sequence[Listener], looks: dict[int, str]) -> Iterable[tuple[str, list[Listener]]]:
    """Listeners by what they are told, so that what is the same is there once."""
    found: dict[str, list[Listener]] = defaultdict(list)
    for one in listeners:
        if (text := looks.get(one.who)) is not None:
            found[text].append(one)
    return found.items()


def _tell(
    listeners: Iterable[Listener], stream: StreamName, event: str, payload: str | None, cursor: Cursor
) -> None:
    frame = Frame(stream, event, payload, cursor)
    for one in listeners:
        one.put(frame)
