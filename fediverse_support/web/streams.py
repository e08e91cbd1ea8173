"""Who follows along in this process: open WebSockets and event streams, each with what waits for it.

A listener holds a bounded row of frames. Who reads more slowly than things happen is let go when it is full,
and catches up when they come back: no slow reader costs the others memory. Frames are shared: what goes to a
thousand listeners is there once.
"""

import asyncio
from collections import Counter, deque
from typing import Literal

import msgspec

from fediverse_support.core.errors import TooMany, Unavailable
from fediverse_support.database.grants import Grant

MOST_WAITING = 500
"""Frames that may wait for one listener."""
MOST_LISTENERS = 5_000
"""In one process."""
MOST_OF_GRANT = 10
"""By one token: a few tabs of a web client."""
MOST_OF_MEMBER = 50
"""By one member, whatever tokens they have and as whom they act: anybody can register apps."""
MOST_STREAMS = 50
"""That one listener follows."""

StreamName = tuple[str, ...]
"""As clients know it: `("user",)`, `("hashtag", "tea")`, `("list", "12")`."""
Ending = Literal["", "revoked", "slow", "stopping"]


class Cursor(msgspec.Struct, frozen=True):
    """How far somebody has been told: the last event, and what had not ended then (`stream_events.py`)."""

    event: int
    horizon: int

    def __str__(self) -> str:
        return f"{self.event}-{self.horizon}"


def cursor_in(text: str | None) -> Cursor | None:
    """The cursor that a client sends back; None for what is none.

    >>> cursor_in("17-4"), cursor_in("17"), cursor_in("x-1"), cursor_in(None)
    (Cursor(event=17, horizon=4), None, None, None)
    """
    event, _, horizon = (text or "").partition("-")
    are_numbers = all(part.isascii() and part.isdecimal() and len(part) <= 18 for part in (event, horizon))
    return Cursor(int(event), int(horizon)) if are_numbers else None


class Frame(msgspec.Struct):
    """One event for everybody who follows one stream. `payload` is text, JSON for most kinds, or nothing.

    `written` is how it goes out, by the kind of connection: written once, for a thousand.
    """

    stream: StreamName
    event: str
    payload: str | None
    cursor: Cursor
    written: dict[str, str] = {}


class Listener:
    """One open connection: who listens to what, and what waits to be sent. Ends once, for one reason."""

    __slots__ = (
        "_ready",
        "_waiting",
        "account_id",
        "cursor",
        "ending",
        "grant_id",
        "over",
        "scopes",
        "streams",
        "token_hash",
        "who",
    )

    def __init__(self, grant: Grant, token_hash: bytes, cursor: Cursor | None = None) -> None:
        self.grant_id = grant.id
        self.account_id = grant.account.id if grant.account is not None else 0
        self.scopes = grant.scopes
        self.token_hash = token_hash
        self.who: int = grant.viewer.actor_id or 0
        self.streams: set[StreamName] = set()
        self.cursor = cursor
        """Where to catch up from; None once that has been done."""
        self.ending: Ending = ""
        self.over = asyncio.Event()
        self._waiting: deque[Frame] = deque()
        self._ready = asyncio.Event()

    def put(self, frame: Frame) -> None:
        """Let a frame wait. Who has too many waiting is let go."""
        if self.ending:
            return
        if len(self._waiting) >= MOST_WAITING:
            self.end("slow")
            return
        self._waiting.append(frame)
        self._ready.set()

    def end(self, reason: Ending) -> None:
        """Send nothing more, not even what waits. Safe to do twice."""
        self.ending = self.ending or reason
        self._waiting.clear()
        self._ready.set()
        self.over.set()

    async def next(self) -> Frame | None:
        """The next frame, when there is one; None when this has ended."""
        while not self._waiting:
            if self.ending:
                return None
            self._ready.clear()
            await self._ready.wait()
        return self._waiting.popleft()


class Streams:
    """Everybody who follows along here. `changed` is set when somebody comes or something may be new."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.changed = asyncio.Event()
        self.may_have_ended = False
        """Whether a token may have ended since the rights were last looked at."""
        self.is_open = False
        """Whether somebody feeds the streams (`streaming/pump.py`)."""
        self._of_grant: Counter[int] = Counter()
        self._of_member: Counter[int] = Counter()

    def add(self, listener: Listener) -> None:
        """Take somebody in. Raises `TooMany` for one token or member, `Unavailable` for all together."""
        if not self.is_open or len(self.listeners) >= MOST_LISTENERS:
            raise Unavailable("Streaming is not available at the moment.")
        if self._of_grant[listener.grant_id] >= MOST_OF_GRANT:
            raise TooMany("Too many open streams with this token.", 60)
        if self._of_member[listener.account_id] >= MOST_OF_MEMBER:
            raise TooMany("Too many open streams of this member.", 60)
        self._of_grant[listener.grant_id] += 1
        self._of_member[listener.account_id] += 1
        self.listeners.add(listener)
        self.changed.set()

    def remove(self, listener: Listener) -> None:
        """Let somebody go. Safe to do twice."""
        if listener in self.listeners:
            self.listeners.remove(listener)
            _one_less(self._of_grant, listener.grant_id)
            _one_less(self._of_member, listener.account_id)

    def something_happened(self) -> None:
        """There may be events."""
        self.changed.set()

    def rights_ended(self) -> None:
        """A token may have ended."""
        self.may_have_ended = True
        self.changed.set()

    def close(self) -> None:
        """End everybody: this process stops."""
        self.is_open = False
        for listener in list(self.listeners):
            listener.end("stopping")


def _one_less(counted: Counter[int], number: int) -> None:
    counted[number] -= 1
    if not counted[number]:
        del counted[number]
