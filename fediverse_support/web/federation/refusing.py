"""Servers with which there is no exchange are served nothing.

A signature says which server asks. If that server is blocked, or not on an allow-list, every address
answers the same: a page, a document, and what never existed. It is not looked at whether the signature is
good: nobody gains anything by claiming to be a server that gets nothing.

Whoever does not sign is a guest and sees what everybody may see; only what is not for everybody can be kept
from a server that hides who it is (docs/concepts/severance.md).
"""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from fediverse_support.core.errors import Malformed
from fediverse_support.inbox.requesters import Requesters
from fediverse_support.protocol.signatures.requests import SignedRequest, received

_SIGNED = frozenset({b"signature", b"signature-input"})
_BODY = "There is no exchange with your server.\n"
_HEADERS = {"Cache-Control": "private, no-store", "Vary": "Signature, Accept"}


class Refusing:
    """Stands around every address but the inboxes, which answer by themselves."""

    def __init__(self, app: ASGIApp, *, requesters: Requesters, origin: str) -> None:
        self._app = app
        self._requesters = requesters
        self._origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 to a blocked server; pass everything else on."""
        answer = self._app
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and is_signed(scope):
            request = signed_request(scope, self._origin)
            if request is not None and self._requesters.refuses(request):
                answer = PlainTextResponse(_BODY, 403, headers=_HEADERS)
        await answer(scope, receive, send)


def is_signed(scope: Scope) -> bool:
    """Whether a request carries a signature of any kind, good or not."""
    return any(
        name in _SIGNED or (name == b"authorization" and value[:10].lower() == b"signature ")
        for name, value in scope["headers"]
    )


def signed_request(scope: Scope, origin: str) -> SignedRequest | None:
    """A GET as its signature sees it; None if its headers cannot be read."""
    target = scope.get("raw_path") or scope["path"].encode()
    if query := scope["query_string"]:
        target = target + b"?" + query
    try:
        return received(scope["method"], target.decode("latin-1"), scope["headers"], b"", origin)
    except Malformed:
        return None
