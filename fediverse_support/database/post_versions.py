"""The table `post_versions`: what a post said, and when."""

from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, reader


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """What a post said from `edited_at` on; `answers` are those of its poll."""

    edited_at: datetime
    title: str
    content_html: str
    content_warning: str
    sensitive: bool
    attachments: tuple[dict[str, Any], ...]
    answers: tuple[str, ...]


_read = reader(Version)


async def of_post(db: Connection, post_id: int, limit: int) -> list[Version]:
    """All that a post said before what it says now, the oldest first. The caller has asked whether it may be
    seen."""
    rows = await db.fetch(
        """
        select edited_at, title, content_html, content_warning, sensitive, attachments, answers
          from post_versions where post_id = $1 order by edited_at limit $2
        """,
        post_id,
        limit,
    )
    return all_of(_read, rows)
