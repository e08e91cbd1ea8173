"""Followers elsewhere, and what was told to their servers."""

import json
from typing import Any

from fediverse_support.core.models import Actor, Group
from tests.support.home import Home
from tests.support.remote import RemoteActor


async def followed(
    home: Home, group: Group, *, software: str | None, name: str = "lea", version: str = "1.0", host: str = ""
) -> Actor:
    """Somebody on `<software>.example` (or `host`) follows the group; their server says what it runs."""
    actor = RemoteActor(name, f"https://{host or software}" + ("" if host else ".example"))
    stored = await home.meet(actor)
    await home.pool.execute(
        "insert into hosts (name, software, software_version) values ($1, $2, $3) on conflict do nothing",
        actor.host,
        software,
        version,
    )
    await home.pool.execute(
        """
        insert into follows (follower_id, followed_id, state, activity_uris)
        values ($1, $2, 'accepted', array[$3])
        """,
        stored.id,
        group.actor.id,
        f"{actor.uri}#follows-{group.actor.name}",
    )
    return stored


async def letters(home: Home, host: str) -> list[dict[str, Any]]:
    """Everything that goes to a server, in order."""
    rows = await home.pool.fetch(
        """
        select a.body from deliveries d join activities a on a.id = d.activity_id
         where d.host = $1 order by d.id
        """,
        host,
    )
    return [json.loads(row["body"]) for row in rows]


async def told(home: Home, host: str) -> list[tuple[str, str]]:
    """(type, type of what is in it) of everything that goes to a server, in order."""
    found = []
    for body in await letters(home, host):
        inner = body["object"]
        found.append((body["type"], inner["type"] if isinstance(inner, dict) else "id"))
    return found
