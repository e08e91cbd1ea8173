"""Groups that nobody knows of but their people: members-only, and joined by invitation."""

from fediverse_support.core.identifiers import new_id
from fediverse_support.database.pool import acquire
from tests.support.followers import followed
from tests.support.remote import RemoteActor

ORIGIN = "http://garden.localhost:8000"
NOWHERE = f"/posts/{'0' * 32}"


async def asks(home, actor, path):
    """A GET for ActivityStreams signed by `actor`, or (None) by nobody."""
    signed = actor.sign_get(ORIGIN + path) if actor else {}
    return await home.client.get(path, headers={"accept": "application/activity+json"} | signed)


async def test_a_hidden_group_is_known_to_the_servers_of_its_people_and_of_who_is_invited(home):
    """Members-only and by invitation: even its name is nobody else's business."""
    group = await home.group("cellar", seeing="members", joining="invite")
    invited, stranger = (
        RemoteActor("kim", "https://invited.example"),
        RemoteActor("eve", "https://other.example"),
    )
    for actor in (invited, stranger):
        await home.meet(actor)
    nothing = await asks(home, None, NOWHERE)
    parts = ("", "/moderators", "/followers", "/outbox", "/featured", "/following")
    for asker in (None, stranger, invited):
        for part in parts:
            answer = await asks(home, asker, f"/groups/cellar{part}")
            assert (answer.status_code, answer.content) == (404, nothing.content), part
    async with acquire(home.pool) as db:
        await db.execute(
            """
            insert into invitations (id, group_id, handle, expires_at)
            values ($1, $2, 'kim@invited.example', now() + interval '1 day')
            """,
            new_id(),
            group.actor.id,
        )
    assert (await asks(home, invited, "/groups/cellar")).json()["id"] == group.actor.uri
    assert (await asks(home, stranger, "/groups/cellar")).status_code == 404
    assert (await asks(home, None, "/groups/cellar")).status_code == 404
    await home.pool.execute("update invitations set expires_at = now()")
    assert (await asks(home, invited, "/groups/cellar")).status_code == 404
    await followed(home, group, software="fediverse-support", name="lea", host="members.example")
    member = RemoteActor("lea", "https://members.example")
    for part in parts:
        assert (await asks(home, member, f"/groups/cellar{part}")).status_code == 200, part
    finger = "/.well-known/webfinger?resource=acct:cellar@garden.localhost:8000"
    assert (await asks(home, member, finger)).status_code == 404
