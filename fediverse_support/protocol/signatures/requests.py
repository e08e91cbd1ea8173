"""A request as its signature sees it: the exact bytes that came in, before anything interprets them."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from fediverse_support.core.errors import Malformed


class SignedRequest(msgspec.Struct, frozen=True):
    """What a signature may cover. `headers` have lower-case names, keep their order and their duplicates.

    `target` is the raw path and query as sent; `url` is the same behind our own origin. The origin comes
    from the settings and never from a header, so RFC 9421's `@target-uri` and `@authority` bind a
    signature to this server whatever a proxy or a sender writes into `Host`.
    """

    method: str
    target: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""


def received(
    method: str, target: str, headers: Iterable[tuple[bytes, bytes]], body: bytes, origin: str
) -> SignedRequest:
    """The request from what an HTTP server hands over; `origin` is ours, like `https://g.example`.

    Raises `Malformed` for a header name that is not ASCII.
    """
    try:
        fields = tuple((name.decode("ascii").lower(), value.decode("latin-1")) for name, value in headers)
    except UnicodeDecodeError as error:
        raise Malformed("A header name is not ASCII.") from error
    return SignedRequest(method.upper(), target, origin + target, fields, body)


class HeaderIndex(msgspec.Struct, frozen=True):
    """Headers by lower-case name, and the names that came more than once."""

    values: dict[str, str]
    repeated: frozenset[str]

    def one(self, name: str) -> str | None:
        """The value of a header that may come once; `Malformed` when it came twice.

        Two readers may each pick another of two values, so the one that was signed need not be the one
        that is used (Misskey CVE-2026-28432).
        """
        if name in self.repeated:
            raise Malformed(f"The {name} header came more than once.")
        return self.values.get(name)


_NONE: frozenset[str] = frozenset()


def index(request: SignedRequest) -> HeaderIndex:
    """The headers of `request` by name."""
    values = dict(request.headers)
    if len(values) == len(request.headers):
        return HeaderIndex(values, _NONE)
    counts = Counter(name for name, _ in request.headers)
    return HeaderIndex(values, frozenset(name for name, count in counts.items() if count > 1))
