"""Following along by WebSocket: one connection for any number of streams (mastodon-api.md §6).

The token comes as a parameter, in the header of every other call, or as the sub-protocol, because browsers
cannot set headers here; what was offered as sub-protocol is answered with, or they break off.

    → {"type": "subscribe", "stream": "hashtag", "tag": "tea"}         `unsubscribe` likewise
    ← {"stream": ["hashtag", "tea"], "event": "update", "payload": "{…}", "id": "17-4"}

Who comes back with `since=` and the last `id` is first told what they have missed.
"""

import asyncio
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from fediverse_support.accounts import grants
from fediverse_support.core import clock
from fediverse_support.core.errors import Forbidden, Missing, Trouble, Unauthenticated
from fediverse_support.database.pool import acquire
from fediverse_support.web import clients
from fediverse_support.web.client_api.calls import NEEDS_PERSON, NOT_VALID, trouble_answer
from fediverse_support.web.client_api.streaming import names
from fediverse_support.web.services import Services
from fediverse_support.web.streams import MOST_STREAMS, Cursor, Frame, Listener, cursor_in

PATH = "/api/v1/streaming"
OPENINGS = "3000 per 5 minutes"
"""From one address, behind which a whole household or a small provider may be."""
MOST_WORDS = 300
"""Messages that one socket may send within a minute."""
NOT_TEXT, NOT_ALLOWED, STOPPING, TOO_SLOW = 1003, 1008, 1012, 1013
_CODES = {"revoked": NOT_ALLOWED, "stopping": STOPPING, "slow": TOO_SLOW}
_CLOSE_WITHIN = 2.0

_encode = msgspec.json.Encoder().encode


class _Word(msgspec.Struct):
    """What a client says."""

    type: str = ""
    stream: str = ""
    tag: str | None = None
    list: str | int | None = None
    since: str | None = None


async def follow(socket: WebSocket) -> None:
    """Answer one WebSocket: refused before it opens, or served until one side ends it."""
    services: Services = socket.app.state.services
    try:
        listener = await _admitted(services, socket)
    except Trouble as trouble:
        await _refuse(socket, trouble_answer(trouble))
        return
    try:
        await socket.accept(subprotocol=_offered(socket))
        await _serve(services, socket, listener)
    finally:
        services.streams.remove(listener)


async def _admitted(services: Services, socket: WebSocket) -> Listener:
    """Who comes, following what they have asked for in the address."""
    now = clock.now()
    client = clients.address_of(socket.scope, services.settings.proxies)
    await services.limiter.spend(OPENINGS, "streaming", client, now)
    token = _token(socket)
    async with acquire(services.pool) as db:
        grant = await grants.current(db, token, now) if token else None
    if grant is None:
        raise Unauthenticated(NOT_VALID if token else NEEDS_PERSON)
    if grant.account is None:
        raise Unauthenticated(NEEDS_PERSON)
    listener = Listener(grant, grants.hash_of(token))
    query = socket.query_params
    if query.get("stream"):
        word = _Word("subscribe", query["stream"], query.get("tag"), query.get("list"), query.get("since"))
        await _subscribe(services, listener, word)
    services.streams.add(listener)
    return listener


def _offered(socket: WebSocket) -> str | None:
    offered = socket.headers.get("sec-websocket-protocol", "")
    return offered.partition(",")[0].strip() or None


def _token(socket: WebSocket) -> str:
    kind, _, token = socket.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and token.strip():
        return token.strip()
    return socket.query_params.get("access_token") or _offered(socket) or ""


async def _refuse(socket: WebSocket, answer: Response) -> None:
    if "websocket.http.response" in socket.scope.get("extensions", {}):
        await socket.send_denial_response(answer)
    else:
        await socket.close(NOT_ALLOWED)


async def _serve(services: Services, socket: WebSocket, listener: Listener) -> None:
    """Listen and speak, until one of both ends or the listener is let go."""
    tasks = [
        asyncio.create_task(_listen(services, socket, listener)),
        asyncio.create_task(_speak(socket, listener)),
        asyncio.create_task(listener.over.wait()),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if listener.ending:
        try:
            async with asyncio.timeout(_CLOSE_WITHIN):
                await socket.close(_CODES[listener.ending])
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            # Whoever does not read does not read this either: the connection is cut.
            return


async def _speak(socket: WebSocket, listener: Listener) -> None:
    while (frame := await listener.next()) is not None:
        await socket.send_text(text_of(frame))


def text_of(frame: Frame) -> str:
    """A frame as it goes out. `payload` is a text that holds JSON, never JSON itself."""
    if (known := frame.written.get("socket")) is not None:
        return known
    said: dict[str, Any] = {"stream": frame.stream, "event": frame.event}
    if frame.payload is not None:
        said["payload"] = frame.payload
    said["id"] = str(frame.cursor)
    frame.written["socket"] = text = _encode(said).decode()
    return text


async def _listen(services: Services, socket: WebSocket, listener: Listener) -> None:
    words, minute = 0, clock.now()
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        if message.get("text") is None:
            await socket.close(NOT_TEXT)
            return
        now = clock.now()
        if (now - minute).total_seconds() > 60:
            words, minute = 0, now
        words += 1
        if words > MOST_WORDS:
            await socket.close(NOT_ALLOWED)
            return
        answer = await _heard(services, listener, message["text"])
        if answer is not None:
            await socket.send_text(_encode(answer).decode())


async def _heard(services: Services, listener: Listener, text: str) -> dict[str, Any] | None:
    """Do what a client says; what to answer if that is no good. What is no message of ours is overheard."""
    try:
        word = msgspec.json.decode(text, type=_Word)
        if word.type == "subscribe":
            await _subscribe(services, listener, word)
        elif word.type == "unsubscribe":
            await _unsubscribe(services, listener, word)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    except Missing as trouble:
        return {"error": trouble.message, "status": 404}
    except Forbidden as trouble:
        return {"error": trouble.message, "status": 401}
    except Trouble as trouble:
        return {"error": trouble.message, "status": trouble.status}
    return None


async def _subscribe(services: Services, listener: Listener, word: _Word) -> None:
    async with acquire(services.pool) as db:
        name = await names.named(db, listener.who, listener.scopes, word.stream, word.tag, _number(word.list))
    if len(listener.streams) >= MOST_STREAMS:
        raise Forbidden(f"At most {MOST_STREAMS} streams at once.")
    listener.streams.add(name)
    cursor: Cursor | None = cursor_in(word.since)
    if cursor is not None:
        listener.cursor = cursor
        services.streams.something_happened()


async def _unsubscribe(services: Services, listener: Listener, word: _Word) -> None:
    async with acquire(services.pool) as db:
        name = await names.named(db, listener.who, listener.scopes, word.stream, word.tag, _number(word.list))
    listener.streams.discard(name)


def _number(list_id: str | int | None) -> str | None:
    return None if list_id is None else str(list_id)
