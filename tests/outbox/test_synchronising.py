"""FEP-8fcf, the sending side: what is for followers only tells each server which of its people we mean."""

import json

import pytest

from fediverse_support.core.identifiers import new_id
from fediverse_support.database import deliveries
from fediverse_support.protocol import synchronisation
from fediverse_support.protocol.signatures import verification
from fediverse_support.protocol.signatures.requests import received

GROUP = "http://here.localhost:1/groups/group"
FOLLOWERS = f"{GROUP}/followers"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


async def follower(office, name, server, *, state="accepted", actor_state="active"):
    host = office.sink.host(server)
    number, uri = new_id(), f"http://{host}/u/{name}"
    await office.pool.execute(
        """
        insert into actors (id, uri, type, is_local, name, host, inbox_url, shared_inbox_url, state)
        values ($1, $2, 'Person', false, $3, $4, $2 || '/inbox', $5, $6)
        """,
        number, uri, name, host, f"http://{host}/inbox", actor_state,
    )  # fmt: skip
    await office.pool.execute(
        "insert into follows (follower_id, followed_id, state, activity_uris) values ($1, $2, $3, '{}')",
        number,
        office.actor_id,
        state,
    )
    return uri


async def send(office, to, cc=(), name="http://here.localhost:1/activities/1"):
    """Publish something of the group to its followers and deliver it; what came, by server."""
    document = {"id": name, "type": "Announce", "actor": GROUP, "to": list(to), "cc": list(cc)}
    written = deliveries.Written(
        id=new_id(), uri=name, type="Announce", body=json.dumps(document), followed_id=office.actor_id
    )
    async with office.pool.acquire() as db, db.transaction():
        await deliveries.publish(db, office.actor_id, name, [written])
    await office.worker().step()
    return {seen.host.partition(".")[0]: seen for seen in office.sink.seen}


@pytest.mark.parametrize(
    ("to", "cc"),
    [([PUBLIC], [FOLLOWERS]), ([FOLLOWERS], [PUBLIC]), ([GROUP], []), (["http://a.localhost/u/lea"], [])],
    ids=["open", "quiet", "no followers", "one person"],
)
async def test_what_is_not_for_followers_only_says_nothing_of_them(office, to, cc):
    await follower(office, "lea", "a")
    seen = await send(office, to, cc)
    assert "collection-synchronization" not in seen["a"].headers


async def test_each_server_is_told_of_its_own_followers_and_of_no_others(office):
    lea, max = await follower(office, "lea", "a"), await follower(office, "max", "a")
    eva = await follower(office, "eva", "b")
    await follower(office, "pending", "a", state="pending")
    await follower(office, "gone", "b", actor_state="gone")
    seen = await send(office, [GROUP, FOLLOWERS])
    for server, uris in (("a", [lea, max]), ("b", [eva])):
        said = synchronisation.parse(seen[server].headers["collection-synchronization"])
        assert said.collection == FOLLOWERS
        assert said.url == f"{GROUP}/followers_synchronization"
        assert said.digest == synchronisation.digest(uris)


@pytest.mark.parametrize("style", ["cavage", "rfc9421"])
async def test_the_header_is_covered_by_the_signature(office, style):
    await follower(office, "lea", "a")
    if style == "rfc9421":
        office.sink.rules["a"] = lambda seen: 401 if seen.style == "cavage" else 202
    await send(office, [GROUP, FOLLOWERS])
    seen = office.sink.seen[-1]
    assert seen.style == style
    fields = [(name.encode(), value.encode("latin-1")) for name, value in seen.headers.items()]
    request = received("POST", seen.path, fields, seen.body, f"http://{seen.host}")
    claim = verification.read(request, frozenset({seen.host}), office.clock())
    assert "collection-synchronization" in claim.covered
