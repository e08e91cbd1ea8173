"""Reading the body of an answer with a bound that counts *after* decoding.

httpx inflates whole chunks: a 658-byte answer with two gzip codings came out as one chunk of 300 MiB before
any "stop after 1 MiB" could act. So we read raw bytes and inflate them ourselves, never more than is asked.
"""

import zlib
from collections.abc import AsyncIterator

import httpx

from fediverse_support.core.errors import RemoteRefused, RemoteTrouble

SNIPPET = 4096
_WINDOW = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""What zlib wants to hear for each coding that we take."""


async def read(response: httpx.Response, limit: int) -> bytes:
    """The decoded body of `response`, at most `limit` bytes.

    Takes no coding or one of gzip and deflate. Raises `RemoteRefused` when the body is larger, coded twice
    or in another way, or broken, and `RemoteTrouble` when it ends too early. The caller closes `response`.
    """
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding in ("", "identity"):
        return await _plain(_raw(response), limit)
    if coding not in _WINDOW:
        raise RemoteRefused("The answer is coded in a way that we do not take.")
    return await _inflated(_raw(response), zlib.decompressobj(_WINDOW[coding]), limit)


async def snippet(response: httpx.Response) -> str:
    """The first bytes of an error message for the log, undecoded; a body that is longer is cut."""
    found = b""
    async for chunk in _raw(response):
        found += chunk
        if len(found) >= SNIPPET:
            break
    return found[:SNIPPET].decode("utf-8", "replace")


def _raw(response: httpx.Response) -> AsyncIterator[bytes]:
    assert isinstance(response.stream, httpx.AsyncByteStream)
    return response.stream.__aiter__()


async def _plain(chunks: AsyncIterator[bytes], limit: int) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        _check(len(body), limit)
    return bytes(body)


async def _inflated(chunks: AsyncIterator[bytes], inflater: "zlib._Decompress", limit: int) -> bytes:
    body = bytearray()
    try:
        async for chunk in chunks:
            body += inflater.decompress(chunk, limit + 1 - len(body))
            _check(len(body), limit)
            if inflater.unused_data:
                raise RemoteRefused("The answer goes on after its end.")
    except zlib.error:
        raise RemoteRefused("The answer is not coded as it says.") from None
    if not inflater.eof:
        raise RemoteTrouble("The answer ended too early.")
    return bytes(body)


def _check(size: int, limit: int) -> None:
    if size > limit:
        raise RemoteRefused("The answer is larger than we take.")
