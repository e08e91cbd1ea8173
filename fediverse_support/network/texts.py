"""Files that are read as text, from wherever they lie: lists of domains.

Nobody speaks for anybody here, so a redirect may lead to another server (code hosts keep files elsewhere);
each hop still passes the gate and the guard against private addresses.
"""

import msgspec

from fediverse_support.core.errors import Refused, RemoteRefused, RemoteTrouble
from fediverse_support.network import headers
from fediverse_support.network.client import MEBIBYTE, Client, Reply

LARGEST = 10 * MEBIBYTE
TOTAL_SECONDS = 60.0
_ACCEPT = "text/csv, application/json, application/ld+json, text/plain, */*;q=0.1"
_WEB_PAGES = ("text/html", "application/xhtml+xml")
_MAY_WORK_LATER = frozenset({408, 425, 429})


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it was answered, and what to send the next time to learn whether it has changed."""

    url: str
    body: str
    etag: str | None
    last_modified: str | None


async def get_text(
    client: Client,
    url: str,
    *,
    etag: str | None = None,
    last_modified: str | None = None,
    largest: int = LARGEST,
    seconds: float = TOTAL_SECONDS,
    same_origin: bool = False,
) -> Text | None:
    """The text at `url`, or None if it has not changed since (`etag`, `last_modified` of the last time).

    At most `largest` bytes after decoding, within `seconds` altogether. Raises `Refused` for an address that
    we do not ask, `RemoteRefused` for a web page, what is not text, or another answer that will not change,
    `RemoteTrouble` for what may work later.
    """
    host = client.site.gate.host(url)
    if host in (client.site.host, client.site.domain):
        raise Refused("This is on our own server.")
    asked = {"if-none-match": etag, "if-modified-since": last_modified}
    reply = await client.get(
        url,
        accept=_ACCEPT,
        headers={name: value for name, value in asked.items() if value},
        limit=largest,
        total=seconds,
        same_origin=same_origin,
    )
    if reply.status == 304 and (etag or last_modified):
        return None
    _require_text(reply)
    try:
        body = reply.body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RemoteRefused("The answer is not text in UTF-8.") from None
    return Text(
        url=reply.url,
        body=body,
        etag=reply.headers.get("etag"),
        last_modified=reply.headers.get("last-modified"),
    )


def _require_text(reply: Reply) -> None:
    if not 200 <= reply.status < 300:
        is_passing = reply.status in _MAY_WORK_LATER or reply.status >= 500
        kind = RemoteTrouble if is_passing else RemoteRefused
        raise kind(f"The other server answered {reply.status}.", http_status=reply.status)
    found = headers.media_type(reply.content_type)
    if found is not None and found.name in _WEB_PAGES:
        raise RemoteRefused(
            "The answer is a web page and not a list. Is the address that of the file itself?"
        )
