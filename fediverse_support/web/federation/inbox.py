"""The inboxes: the one of everybody, and one for each group and person. All lead to the same reception.

Plain ASGI without a framework, because this is called a thousand times for one call of anything else. What
is answered, and why nothing else (federation notes 3.3 and 8.4):

    202   it is on disk, and nothing before that; no body
    400   cannot be read          401   no good signature       403   this server is blocked; no body
    404   nobody here can have this inbox. Never 410: PieFed and Misskey would give up this whole server
    408   the body took too long  413   larger than a mebibyte  415   not an activity, or compressed
    429, 503   later, with Retry-After: everything else from 400 up is dropped for good by Mastodon and Lemmy
"""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.types import Receive, Scope, Send

from fediverse_support.community.posts import published
from fediverse_support.core.errors import (
    Forbidden,
    Missing,
    TooLarge,
    TooMany,
    TooSlow,
    Trouble,
    Unavailable,
    WrongType,
)
from fediverse_support.core.metrics import INBOX
from fediverse_support.core.models import GUEST
from fediverse_support.database.inbox import State
from fediverse_support.database.pool import Connection, Pool, acquire
from fediverse_support.inbox.reception import LARGEST_BODY, Reception
from fediverse_support.protocol.signatures.requests import received

SLOWEST_BODY = 20.0
"""Seconds that a body may take to arrive (D4)."""
KEPT_SECONDS = 30.0
MOST_KEPT = 10_000

_PATH = re.compile(r"/(?:(?:(groups|people)/([a-z0-9_]{1,30})|actor)/)?inbox", re.ASCII)
_Headers = list[tuple[bytes, bytes]]
_COUNTED = {
    "waiting": INBOX.labels("accepted"),
    "unverified": INBOX.labels("accepted_unverified"),
    "done": INBOX.labels("farewell"),
}
"""What an arrival is counted as, by the state it is in now; the worker counts what becomes of it."""


class Inbox:
    """The ASGI application for a POST to any inbox."""

    def __init__(self, reception: Reception, owners: "Owners", origin: str) -> None:
        self._reception = reception
        self._owners = owners
        self._origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take in one activity."""
        try:
            state = await self._take_in(scope, receive)
        except Trouble as trouble:
            INBOX.labels(f"refused_{_status(trouble)}").inc()
            await _refuse(send, trouble)
            return
        if state is None:
            return
        _COUNTED[state].inc()
        await _answer(send, 202)

    async def _take_in(self, scope: Scope, receive: Receive) -> State | None:
        """Where the activity stands now; None if the sender hung up."""
        await self._owners.check(scope["path"])
        headers: _Headers = scope["headers"]
        body = await _body(headers, receive)
        if body is None:
            return None
        target = scope.get("raw_path") or scope["path"].encode()
        if query := scope["query_string"]:
            target = target + b"?" + query
        request = received(scope["method"], target.decode("latin-1"), headers, body, self._origin)
        return await self._reception.receive(request)


class Owners:
    """Who has an inbox here. The answer yes is kept for half a minute; no is not, it could be anything."""

    def __init__(self, pool: Pool, clock: Callable[[], float] = time.monotonic) -> None:
        self._pool = pool
        self._clock = clock
        self._kept: OrderedDict[str, float] = OrderedDict()

    async def check(self, path: str) -> None:
        """Raise `Missing` unless `path` is the inbox of somebody who is known outside; or `Unavailable`."""
        found = _PATH.fullmatch(path)
        if found is None:
            raise Missing
        if found[1] is None or self._kept.get(path, 0.0) > self._clock():
            return
        async with acquire(self._pool) as db:
            if found[1] == "groups":
                is_there = await _may_be_a_group(db, found[2])
            else:
                is_there = (await published.person(db, found[2])).state == "active"
        if not is_there:
            raise Missing
        self._kept[path] = self._clock() + KEPT_SECONDS
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)


async def _may_be_a_group(db: Connection, name: str) -> bool:
    """False only for a group that everybody knows to be gone.

    A hidden group takes what its members send; so whatever could be the name of one must be answered alike.
    Whom an activity is for stands in the activity, and is asked when it is processed.
    """
    try:
        group = await published.group(db, GUEST, name)
    except Missing:
        return True
    return group.actor.state == "active"


async def _body(headers: _Headers, receive: Receive) -> bytes | None:
    """The body as it came, at most a mebibyte; None if the sender hung up.

    Raises `TooLarge` by what is announced and again by what comes, `WrongType` for a compressed one: no
    server sends such, and a kilobyte of it can become a gigabyte.
    """
    for name, value in headers:
        if name == b"content-length" and value.isdigit() and int(value) > LARGEST_BODY:
            raise TooLarge
        if name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
            raise WrongType("Send it uncompressed.")
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(SLOWEST_BODY):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                chunk = message.get("body", b"")
                size += len(chunk)
                if size > LARGEST_BODY:
                    raise TooLarge
                chunks.append(chunk)
                if not message.get("more_body", False):
                    return b"".join(chunks)
    except TimeoutError:
        raise TooSlow from None


async def _refuse(send: Send, trouble: Trouble) -> None:
    status = _status(trouble)
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    if isinstance(trouble, TooMany | Unavailable):
        headers.append((b"retry-after", str(trouble.retry_after).encode()))
    if status in (404, 408, 413, 415):
        # The rest of the body may still be under way: it is not read.
        headers.append((b"connection", b"close"))
    # Who is blocked learns that, and nothing more.
    body = b"" if isinstance(trouble, Forbidden) else f"{trouble.message}\n".encode()
    await _answer(send, status, body, headers)


def _status(trouble: Trouble) -> int:
    return 404 if isinstance(trouble, Missing) else trouble.status


async def _answer(send: Send, status: int, body: bytes = b"", headers: _Headers | None = None) -> None:
    start = [
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *(headers or ()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})
