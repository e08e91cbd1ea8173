"""What real servers sent, through the whole way of an arrival: nothing is parked, and each ends sensibly.

The documents are those of `../shared/corpora/captured-*`. They come as they are, by actors of the hosts that
they name, with keys of our own; what their servers would serve is not there, as if they were down for good.
"""

import json
import re
from collections import Counter
from typing import Any

import pytest

from fediverse_support.core.errors import Missing, Refused
from fediverse_support.core.identifiers import new_id
from fediverse_support.core.models import Actor
from fediverse_support.database import actors, inbox
from fediverse_support.database.inbox import Arrived
from fediverse_support.database.pool import acquire
from fediverse_support.inbox import reading


def captured(corpora):
    """(name, document) of every activity that was sent."""
    for folder in sorted(corpora.glob("captured-*")):
        for file in sorted(folder.glob("*.json")):
            if file.name.endswith(".meta.json") or file.name.startswith("doc-"):
                continue
            document = json.loads(file.read_bytes())
            if isinstance(document, dict) and "actor" in document:
                yield f"{folder.name}/{file.name}", document


async def meet(world, uri: str, type: str) -> Actor:
    """An actor with this id, as if known for long."""
    async with acquire(world.pool) as db:
        known = await actors.by_uri(db, uri)
        if known is not None:
            return known
        await db.execute(
            """
            insert into actors (id, uri, type, is_local, name, host, inbox_url, featured_url, fetched_at)
            values ($1, $2, $3, false, $4, $5, $2 || '/inbox', $2 || '/featured', now())
            """,
            new_id(),
            uri,
            type,
            re.sub(r"\W", "", uri.rpartition("/")[2]) or "x",
            world.site.gate.host(uri),
        )
        found = await actors.by_uri(db, uri)
    assert found is not None
    return found


def people_in(document: Any, found: dict[str, str]) -> None:
    """Every actor that a document names, with its type as far as the address tells."""
    if isinstance(document, list):
        for item in document:
            people_in(item, found)
    elif isinstance(document, dict):
        for name in ("actor", "attributedTo"):
            if isinstance(document.get(name), str):
                uri = document[name]
                found[uri] = "Group" if re.search(r"/(c|category)/", uri) else "Person"
        for value in document.values():
            people_in(value, found)


@pytest.mark.parametrize("folder", ["captured-piefed", "captured-nodebb", "captured-gts-fedify-to-groups"])
async def test_what_real_servers_sent_ends_sensibly(world, corpora, folder, monkeypatch):
    documents = [(name, document) for name, document in captured(corpora) if name.startswith(folder)]
    assert len(documents) >= 8
    found: dict[str, str] = {}
    people_in([document for _, document in documents], found)
    member = await world.member()
    for uri, type in found.items():
        actor = await meet(world, uri, type)
        await world.pool.execute(
            """
            insert into follows (follower_id, followed_id, state, activity_uris)
            values ($1, $2, 'accepted', '{x}') on conflict do nothing
            """,
            member.id,
            actor.id,
        )
    unreadable = await put_in(world, documents)
    assert not unreadable, "the door takes what real servers send"
    await world.process(world.new_processor(documents=Down()))
    rows = await world.rows("select activity_uri, type, state, outcome from inbox")
    parked = [row for row in rows if row["state"] not in ("done", "refused")]
    assert not parked, parked
    assert all(row["outcome"] for row in rows)
    share = Counter(row["state"] for row in rows)
    print(
        f"{folder}: {dict(share)}; refused: {Counter(r['outcome'] for r in rows if r['state'] == 'refused')}"
    )
    assert share["done"] >= len(rows) * LEAST_DONE[folder]


LEAST_DONE = {"captured-piefed": 0.5, "captured-nodebb": 0.3, "captured-gts-fedify-to-groups": 0.0}
"""The rest addresses people and groups that are not ours, or needs a server that is not there."""


async def put_in(world, documents) -> list[str]:
    """Store them as reception does once a signature is known to be good; what it could not read."""
    unreadable, rows = [], {}
    for name, document in documents:
        body = json.dumps(document).encode()
        try:
            activity = reading.at_the_door(body, world.site.gate)
        except Refused as refusal:
            unreadable.append(f"{name}: {refusal.message}")
            continue
        uri = activity.id or name
        rows[uri] = Arrived(
            id=new_id(),
            activity_uri=uri,
            actor_uri=activity.actor,
            type=activity.type,
            host=world.site.gate.host(activity.actor),
            state="waiting",
            forwarded=False,
            body=body,
            request=None,
            received_at=world.clock(),
        )
    async with acquire(world.pool) as db:
        await inbox.add_many(db, list(rows.values()))
    return unreadable


class Down:
    """A network on which nothing is there any more."""

    async def fetch(self, url: str, budget: Any) -> dict[str, Any]:
        raise Missing("There is nothing at this address on the other server.")
