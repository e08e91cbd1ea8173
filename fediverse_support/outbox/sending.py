"""One try to deliver: sign, POST, and perhaps once more in the other signature style."""

import time
from collections.abc import Callable
from datetime import datetime

import msgspec

from fediverse_support.core.errors import Refused, RemoteTrouble
from fediverse_support.network.client import Client, PostReply
from fediverse_support.outbox import answers
from fediverse_support.outbox.answers import Meaning
from fediverse_support.protocol.signatures.claims import Style
from fediverse_support.protocol.signatures.keys import PrivateKey
from fediverse_support.protocol.signatures.signing import sign_post


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """What a try came to. `style` is the signature style that the other side took, if it said so."""

    meaning: Meaning
    seconds: float
    status: int | None = None
    retry_after: float | None = None
    error: str | None = None
    style: Style | None = None


class Sender:
    """Signs and posts. `now` gives the time that goes into signatures."""

    def __init__(self, client: Client, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now

    async def send(
        self,
        url: str,
        body: bytes,
        key: PrivateKey | None,
        styles: tuple[Style, ...],
        synchronisation: str | None = None,
    ) -> Attempt:
        """Deliver `body` to `url`, with the first of `styles` that is not refused. Never raises for them.

        `synchronisation` goes along as the header of FEP-8fcf, and is signed. Every POST is signed anew:
        Friendica takes a signature for 300 seconds only.
        """
        began = time.perf_counter()
        if key is None:
            return Attempt(meaning="later", seconds=0.0, error="There is no key to sign with.")
        replies: list[tuple[Style, PostReply]] = []
        try:
            for style in styles:
                headers = sign_post(url, body, key, self._now(), style, synchronisation=synchronisation)
                replies.append((style, await self._client.post(url, body, headers)))
                if replies[-1][1].status not in answers.OTHER_STYLE_ON:
                    break
        except RemoteTrouble as trouble:
            if not replies:
                seconds = time.perf_counter() - began
                return Attempt(meaning="failed", seconds=seconds, error=trouble.message)
        except Refused as refusal:
            return Attempt(meaning="refused", seconds=time.perf_counter() - began, error=refusal.message)
        return _attempt(replies, time.perf_counter() - began)


def _attempt(replies: list[tuple[Style, PostReply]], seconds: float) -> Attempt:
    style, reply = _telling(replies)
    means = answers.meaning(reply.status)
    if means == "delivered":
        return Attempt(meaning=means, seconds=seconds, status=reply.status, style=style)
    return Attempt(
        meaning=means,
        seconds=seconds,
        status=reply.status,
        retry_after=reply.retry_after,
        error=f"{reply.status} {reply.snippet[:200]}".strip().replace("\x00", ""),
    )


def _telling(replies: list[tuple[Style, PostReply]]) -> tuple[Style, PostReply]:
    """The reply that counts when two styles were tried: the last if it is a yes, else a 401, else the first.

    A server that reads one style only answers the other one with anything, even with 400 or 500.
    """
    if 200 <= replies[-1][1].status < 300:
        return replies[-1]
    return next((reply for reply in replies if reply[1].status == 401), replies[0])
