"""Where pictures are had from us: `/media/<random>/original.jpg`, and the small one at `…/preview.jpg`.

What everybody may see is there for everybody. Of all else the address alone opens nothing: it carries a proof
that ends within ten minutes, made with the secret of that one picture. The secret stands with the picture in
its post (`posts.attachments`), so whoever renders a post signs without asking anybody, and with the picture
goes all that could open it. Never hand an attachment of ours out as it is stored.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from fediverse_support.core.pictures import EXTENSIONS, VARIANTS, Variant
from fediverse_support.protocol.site import Site

PUBLIC_ID = re.compile(r"[0-9a-f]{32}")
STEP = 300
"""Seconds. A proof lasts until the end of the next step, five to ten minutes, so that the same address comes
out of several renderings and a browser fetches the picture once."""
_PROOF = re.compile(r"[0-9a-f]{32}")


def is_kept(item: Mapping[str, Any]) -> bool:
    """Whether an attachment is a picture that is had from us: ours, or our copy of somebody else's."""
    return bool(item.get("public_id"))


def address(
    site: Site, public_id: str, variant: Variant, media_type: str | None = None, version: int = 1
) -> str:
    """Where one file is, without proof. Of a copy the type is not known before it was made."""
    extension = EXTENSIONS.get(media_type or "")
    name = f"{variant}.{extension}" if extension else variant
    return f"{site.origin}/media/{public_id}/{name}" + (f"?v={version}" if version > 1 else "")


def proven(url: str, public_id: str, secret: str, now: datetime) -> str:
    """`url` with a proof that opens it for five to ten minutes."""
    until = (int(now.timestamp()) // STEP + 2) * STEP
    return f"{url}{'&' if '?' in url else '?'}until={until}&proof={_proof(public_id, secret, until)}"


def is_proven(public_id: str, secret: str, until: str, proof: str, now: datetime) -> bool:
    """Whether `until` and `proof`, as they came, open the picture now: at most ten minutes ahead."""
    if not (until.isascii() and until.isdecimal() and len(until) <= 12 and _PROOF.fullmatch(proof)):
        return False
    left = int(until) - now.timestamp()
    right = hmac.compare_digest(proof, _proof(public_id, secret, int(until)))
    return right and 0 < left <= 2 * STEP


def of_item(site: Site, item: Mapping[str, Any], variant: Variant, now: datetime | None) -> str:
    """Where the kept picture `item` of a post is; with `now` the address opens what is not for everybody."""
    small = item.get("preview") or {}
    media_type = small.get("media_type") if variant == "preview" else item.get("media_type")
    is_ours = site.is_ours(item["url"])
    url = address(
        site, item["public_id"], variant, media_type if is_ours else None, int(item.get("version") or 1)
    )
    return url if now is None else proven(url, item["public_id"], item["secret"], now)


def of_profile(site: Site, actor_id: int, purpose: Literal["icon", "header"], url: str) -> str:
    """Where our copy of a picture on a profile elsewhere is; another picture has another address."""
    mark = hashlib.sha256(url.encode()).hexdigest()[:8]
    return f"{site.origin}/media/profiles/{actor_id}/{purpose}-{mark}"


def variant_in(name: str) -> Variant | None:
    """Which file a name in an address means, whatever its extension; None for none."""
    stem = name.partition(".")[0]
    return next((variant for variant in VARIANTS if variant == stem), None)


def _proof(public_id: str, secret: str, until: int) -> str:
    return hmac.new(bytes.fromhex(secret), f"{public_id} {until}".encode(), hashlib.sha256).hexdigest()[:32]
