"""Two notices of a group: what to know before one goes in, and what to remember while one writes.

The entry notice stands before the threads until somebody has read it: once for who is signed in, each time
for a guest, of whom nothing is kept. It hides nothing: whoever may read the group goes on with one click.
"""

from datetime import datetime

import msgspec

from fediverse_support.community.joining import speaking
from fediverse_support.core.errors import Malformed
from fediverse_support.core.markup import render_markdown
from fediverse_support.core.models import Group, Viewer
from fediverse_support.database import notices as stored
from fediverse_support.database.pool import Connection

LONGEST = 2_000
LONGEST_HTML = 20_000


async def say(db: Connection, group: Group, *, entry: str, posting: str) -> Group:
    """Let a group say these, in Markdown; empty for nothing. Another entry notice is shown to all again.

    Raises `Malformed` for what is too long and `Forbidden` for an archived group. Safe to run twice.
    """
    speaking.check_running(group)
    changed = msgspec.structs.replace(
        group,
        entry_source=(entry := entry.strip()),
        entry_html=_rendered(entry),
        posting_source=(posting := posting.strip()),
        posting_html=_rendered(posting),
    )
    await stored.replace(db, changed)
    if changed.entry_source != group.entry_source:
        await stored.forget(db, group.actor.id)
    return changed


async def stands_before(db: Connection, viewer: Viewer, group: Group) -> bool:
    """Whether `viewer` still has to be told what stands before `group`. Who looks after it has written it."""
    if not group.entry_html or group.actor.id in viewer.moderates:
        return False
    return viewer.actor_id is None or not await stored.has_seen(db, group.actor.id, viewer.actor_id)


async def go_in(db: Connection, group: Group, actor_id: int, now: datetime) -> None:
    """Somebody has read the entry notice. Safe to run twice."""
    await stored.see(db, group.actor.id, actor_id, now)


def _rendered(source: str) -> str:
    html = render_markdown(source.replace("\x00", "")) if source else ""
    if len(source) > LONGEST or len(html) > LONGEST_HTML:
        raise Malformed("A notice has at most 2,000 characters. Nothing was lost: shorten it.")
    return html
