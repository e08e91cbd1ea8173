"""Following along by server-sent events: one connection for one stream, plain HTTP, for bots and scripts.

A browser that was cut off comes back with `Last-Event-ID` and is first told what it has missed; others may
say `since=`. It is told to wait a moment before that, everybody another one, so that a thousand do not come
back at once after a restart.
"""

import asyncio
import secrets
from contextlib import suppress

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from fediverse_support.accounts import grants
from fediverse_support.core.errors import Unauthenticated
from fediverse_support.database.pool import acquire
from fediverse_support.web.client_api.calls import NEEDS_PERSON, Call, Who, call, token_of
from fediverse_support.web.client_api.streaming import names
from fediverse_support.web.streams import Frame, Listener, Streams, cursor_in

HEARTBEAT = 15.0
"""Seconds: what is silent for a minute is cut by many a proxy."""
COME_BACK_AFTER_MS = 1_000, 6_000
HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Type": "text/event-stream",
    "X-Accel-Buffering": "no",
}
_END_WITHIN = 2.0
_END = {"type": "http.response.body", "body": b"", "more_body": False}


class EventStream(Response):
    """The answer that goes on until the reader leaves or is let go."""

    def __init__(self, streams: Streams, listener: Listener) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self._streams = streams
        self._listener = listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Speak until it is over. Who does not read any more is cut off, whatever is still on its way."""
        tasks = [
            asyncio.create_task(self._speak(send)),
            asyncio.create_task(_left(receive)),
            asyncio.create_task(self._listener.over.wait()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._streams.remove(self._listener)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(_END_WITHIN):
                await send(_END)

    async def _speak(self, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": 200, "headers": self.raw_headers},
        )
        await _say(send, ":)\n\n")
        least, most = COME_BACK_AFTER_MS
        # With the first event, not by itself: Mastodon.py gives up on what is no event.
        retry = f"retry: {least + secrets.randbelow(most - least)}\n"
        while True:
            try:
                frame = await asyncio.wait_for(self._listener.next(), HEARTBEAT)
            except TimeoutError:
                await _say(send, ":thump\n\n")
                continue
            if frame is None:
                return
            await _say(send, retry + text_of(frame))
            retry = ""


async def _say(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


def text_of(frame: Frame) -> str:
    """A frame as it goes out. JSON as we write it has no line breaks.

    Without a payload it says `undefined`, as Mastodon's server does: browsers drop an event without data, and
    Mastodon.py ends the stream over data that is empty.
    """
    if (known := frame.written.get("sse")) is not None:
        return known
    payload = "undefined" if frame.payload is None else frame.payload
    frame.written["sse"] = text = f"id: {frame.cursor}\nevent: {frame.event}\ndata: {payload}\n\n"
    return text


async def _opened(one: Call, stream: str) -> Response:
    """Begin to follow a stream. Raises as `names.named`, `Streams.add` do."""
    if one.request.method == "HEAD":
        return Response(headers=HEADERS)
    token = token_of(one.request, one.params)
    if one.grant is None or token is None:
        raise Unauthenticated(NEEDS_PERSON)
    if one.params.flag("only_media", False) and stream in names.PUBLIC:
        stream = f"{stream}:media"
    tag, list_id = one.params.maybe("tag"), one.params.maybe("list")
    async with acquire(one.services.pool) as db:
        name = await names.named(db, one.me, one.grant.scopes, stream, tag, list_id)
    since = one.request.headers.get("last-event-id") or one.params.maybe("since")
    listener = Listener(one.grant, grants.hash_of(token), cursor_in(since))
    listener.streams.add(name)
    one.services.streams.add(listener)
    return EventStream(one.services.streams, listener)


@call("read:statuses", connection="session")
async def user(one: Call) -> Response:
    """Home and notifications."""
    return await _opened(one, "user")


@call("read:notifications", connection="session")
async def notifications(one: Call) -> Response:
    """Notifications alone."""
    return await _opened(one, "user:notification")


@call("read:statuses", connection="session")
async def public(one: Call) -> Response:
    """All open threads."""
    return await _opened(one, "public")


@call("read:statuses", connection="session")
async def local(one: Call) -> Response:
    """The open threads of this community."""
    return await _opened(one, "public:local")


@call("read:statuses", connection="session")
async def remote(one: Call) -> Response:
    """The open threads of others."""
    return await _opened(one, "public:remote")


@call("read:statuses", connection="session")
async def hashtag(one: Call) -> Response:
    """What is said under a tag."""
    return await _opened(one, "hashtag")


@call("read:statuses", connection="session")
async def local_hashtag(one: Call) -> Response:
    """What is said under a tag here."""
    return await _opened(one, "hashtag:local")


@call("read:statuses", connection="session")
async def a_list(one: Call) -> Response:
    """A list, or one of the groups that one is in."""
    return await _opened(one, "list")


@call("read:statuses", connection="session")
async def direct(one: Call) -> Response:
    """Conversations."""
    return await _opened(one, "direct")


@call(who=Who.ANYONE, connection="never")
async def health(one: Call) -> Response:
    """Whether streams are served: in one word, and no JSON."""
    is_served = one.services.streams.is_open
    return PlainTextResponse("OK" if is_served else "not served", 200 if is_served else 503)


_BASE = "/api/v1/streaming"
ROUTES = [
    Route(f"{_BASE}/health", health),
    Route(f"{_BASE}/user", user),
    Route(f"{_BASE}/user/notification", notifications),
    Route(f"{_BASE}/public", public),
    Route(f"{_BASE}/public/local", local),
    Route(f"{_BASE}/public/remote", remote),
    Route(f"{_BASE}/hashtag", hashtag),
    Route(f"{_BASE}/hashtag/local", local_hashtag),
    Route(f"{_BASE}/list", a_list),
    Route(f"{_BASE}/direct", direct),
]
