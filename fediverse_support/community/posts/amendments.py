"""What policy asks for beside letting something in: done to a post before it is stored or shown.

The same for what a member writes here, for what arrives from another server and for what a moderator lets in.
"""

from collections.abc import Collection
from typing import Any

import msgspec

from fediverse_support.core.markup import safe_text
from fediverse_support.core.models import PERSONAL_REACHES, REACHES, Post, Reach
from fediverse_support.policy.decisions import WARN
from fediverse_support.policy.warnings import label

LONGEST_WARNING = 500


def amended(post: Post, amendments: Collection[str]) -> Post:
    """`post` with the amendments of a decision (`policy/decisions.py`). Safe to run twice.

    A code becomes its name, for every reader. A warning that it has is not added again; what is quiet
    already, or narrower, stays as narrow.
    """
    warnings = sorted(label(one.removeprefix(WARN)) for one in amendments if one.startswith(WARN))
    return msgspec.structs.replace(
        post,
        reach=_quiet(post.reach) if "quiet" in amendments else post.reach,
        sensitive=post.sensitive or bool(warnings) or "sensitive" in amendments,
        attachments=_links(post) if "no-media" in amendments else post.attachments,
        content_warning=_with_warnings(post.content_warning, warnings),
    )


def _quiet(reach: Reach) -> Reach:
    """As far as something quiet goes, and no further than it went."""
    order = REACHES if reach in REACHES else PERSONAL_REACHES
    return min(reach, "quiet", key=order.index)


def _links(post: Post) -> tuple[dict[str, Any], ...]:
    """What is attached to a post that leads to a page, as the address of a link post (Lemmy)."""
    return tuple(item for item in post.attachments if item.get("type") == "Link")


def _with_warnings(content_warning: str, added: Collection[str]) -> str:
    """A content warning with more words in it, separated by commas; what does not fit is left out."""
    said = content_warning
    for words in added:
        longer = f"{said}, {words}" if said else words
        if words.casefold() not in said.casefold() and len(longer) <= LONGEST_WARNING:
            said = longer
    return safe_text(said, LONGEST_WARNING)
