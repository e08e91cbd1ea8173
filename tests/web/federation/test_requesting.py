"""Signed GETs: what servers with members may read, and that everybody else is a guest."""

from datetime import UTC, datetime, timedelta

import pytest

from fediverse_support.community.joining import letters
from fediverse_support.community.posts import posts
from fediverse_support.core import clock
from fediverse_support.core.identifiers import new_public_id
from fediverse_support.database import pool
from fediverse_support.database.pool import acquire
from fediverse_support.protocol.signatures.signing import sign_get
from tests.support.followers import followed
from tests.support.members_only import NOWHERE, ORIGIN, Scene, is_told_nothing, nothing, same
from tests.support.remote import RemoteActor


async def test_nobody_reads_without_a_signature(scene, reader):
    await is_told_nothing(scene, None)


async def stranger(scene):
    """A server that nobody here knows members of."""
    return "https://other.example"


async def only_asked(scene):
    lea = await followed(scene.home, scene.group, software="fediverse-support", host="asked.example")
    await scene.home.pool.execute("update follows set state = 'pending' where follower_id = $1", lea.id)
    return "https://asked.example"


async def in_another_group(scene):
    other = await scene.home.group("other", seeing="members")
    await followed(scene.home, other, software="fediverse-support", host="next.example")
    return "https://next.example"


async def its_member_is_gone(scene):
    lea = await followed(scene.home, scene.group, software="fediverse-support", host="gone.example")
    await scene.home.pool.execute("update actors set state = 'gone' where id = $1", lea.id)
    return "https://gone.example"


async def it_left(scene):
    lea = await followed(scene.home, scene.group, software="fediverse-support", host="left.example")
    await scene.home.pool.execute("delete from follows where follower_id = $1", lea.id)
    return "https://left.example"


async def it_cannot_keep_it(scene):
    await followed(scene.home, scene.group, software="mastodon", host="micro.example")
    return "https://micro.example"


async def it_is_an_old_lemmy(scene):
    await followed(scene.home, scene.group, software="Lemmy", version="0.19.3", host="old.example")
    return "https://old.example"


async def its_members_only_have_its_name(scene):
    """The handle says `named.example`, the id is elsewhere: whoever confirms handles proves no membership."""
    lea = await followed(scene.home, scene.group, software="fediverse-support", host="real.example")
    await scene.home.pool.execute("update actors set host = 'named.example' where id = $1", lea.id)
    return "https://named.example"


STRANGERS = [
    stranger, only_asked, in_another_group, its_member_is_gone, it_left, it_cannot_keep_it,
    it_is_an_old_lemmy, its_members_only_have_its_name,
]  # fmt: skip


@pytest.mark.parametrize("kind", STRANGERS)
async def test_servers_without_members_are_guests(scene, kind):
    actor = RemoteActor("instance", await kind(scene), "Application")
    await scene.home.meet(actor)
    await is_told_nothing(scene, actor)


async def suspended(scene, reader):
    await scene.home.pool.execute("update actors set state = 'suspended' where uri = $1", reader.uri)
    return {}


async def another_key(scene, reader):
    reader.key_name = "somebody else"
    return {}


async def another_actor(scene, reader):
    """The signature of a stranger, who says it is the reader's."""
    mallory = RemoteActor("mallory", "https://other.example")
    await scene.home.meet(mallory)
    return {"key_of": mallory}


async def an_old_one(scene, reader):
    return {"at": datetime.now(UTC) - timedelta(hours=2)}


async def one_of_tomorrow(scene, reader):
    return {"at": datetime.now(UTC) + timedelta(days=1)}


async def one_for_another_host(scene, reader):
    return {"host": "http://elsewhere.localhost:8000"}


async def one_for_another_path(scene, reader):
    return {"path": "/posts/11111111111111111111111111111111"}


BAD = [suspended, another_key, another_actor, an_old_one, one_of_tomorrow, one_for_another_host,
       one_for_another_path]  # fmt: skip


@pytest.mark.parametrize("style", ["cavage", "rfc9421"])
@pytest.mark.parametrize("kind", BAD)
async def test_who_does_not_sign_well_is_a_guest(scene, reader, kind, style):
    options = await kind(scene, reader)
    key = reader.key
    if "key_of" in options:
        key = type(key)(reader.key.key_id, options["key_of"].key.key)
    missing = await nothing(scene)
    for path in await scene.paths():
        url = options.get("host", ORIGIN) + options.get("path", path)
        signed = sign_get(url, key, options.get("at", datetime.now(UTC)), style)
        fields = {name.lower(): value for name, value in signed.items()}
        assert same(await scene.asks(reader, path, signed=fields), missing), path


@pytest.mark.parametrize(
    "signature", ["", "x", 'keyId="a"', 'keyId="https://members.example/users/instance#main-key"', "\x01"]
)
async def test_what_cannot_be_read_is_no_signature(scene, reader, signature):
    await is_told_nothing(scene, None, signed={"signature": signature})


@pytest.mark.parametrize("style", ["cavage", "rfc9421"])
async def test_a_server_with_a_member_reads_what_members_say(scene, reader, style):
    for path in await scene.paths():
        answer = await scene.asks(reader, path, style=style)
        assert answer.status_code == 200, path
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["vary"] == "Signature, Accept"
    thread = f"/posts/{scene.post.public_id}"
    assert b"canary-one" in (await scene.asks(reader, thread, style=style)).content
    context = (await scene.asks(reader, f"{thread}/context", style=style)).json()
    assert context["orderedItems"] == [scene.post.uri, scene.answer.uri]
    for path, words in (("/groups/sober/outbox", ["Announce"]), ("/people/ada/outbox", ["Create"] * 2)):
        outbox = (await scene.asks(reader, path, style=style)).json()
        assert [item["type"] for item in outbox["orderedItems"]] == words
        assert outbox["totalItems"] == len(words)
    featured = (await scene.asks(reader, "/groups/sober/featured", style=style)).json()
    assert [item["id"] for item in featured["orderedItems"]] == [scene.post.uri]
    assert (await scene.asks(reader, "/groups/sober/followers", style=style)).json()["totalItems"] == 2


async def test_a_server_with_a_member_reads_nothing_that_is_sealed_or_held(scene, reader):
    group = await scene.home.group("open")
    await followed(scene.home, group, software="fediverse-support", name="max", host="members.example")
    await scene.home.join(scene.ada, group.actor)
    async with acquire(scene.home.pool) as db, db.transaction():
        words = posts.Words(source="canary", title="x", reach="sealed")
        sealed = await posts.write(
            db, scene.home.site, scene.ada, group.actor, words, clock.now(), policy=scene.home.policy
        )
    held = await scene.home.write(scene.ada, scene.group.actor)
    await scene.home.pool.execute("update posts set state = 'held' where id = $1", held.id)
    missing = await nothing(scene)
    for post in (sealed, held):
        for part in ("", "/context", "/replies"):
            assert same(await scene.asks(reader, f"/posts/{post.public_id}{part}", style="cavage"), missing)
    assert sealed.uri.encode() not in (await scene.asks(reader, "/groups/open/outbox")).content


async def test_a_letter_to_one_person_is_for_nobody_else(scene, reader):
    """A Create that is addressed to one person is no word of members, whoever asks."""
    bob = RemoteActor("bob", "https://mail.example")
    recipient = await scene.home.meet(bob)
    async with acquire(scene.home.pool) as db, db.transaction():
        await letters.write(db, scene.home.site, scene.group.actor, recipient, "canary", clock.now())
    path = (await scene.home.published(scene.group.actor))[-1]["id"].removeprefix(ORIGIN)
    await scene.home.meet(RemoteActor("instance", "https://mail.example", "Application"))
    for actor in (reader, RemoteActor("instance", "https://mail.example", "Application"), None):
        assert same(await scene.asks(actor, path), await nothing(scene))


async def test_a_server_whose_member_leaves_reads_nothing_from_that_moment(scene, reader):
    (path, *_) = await scene.paths()
    assert (await scene.asks(reader, path)).status_code == 200
    await scene.home.pool.execute("delete from follows where activity_uris[1] like '%members.example%'")
    await is_told_nothing(scene, reader)


async def test_what_is_open_is_answered_to_all_and_kept_by_nobody_who_should_not(home):
    ada, group = await home.member(), await home.group()
    post = await home.write(ada, group.actor)
    actor = RemoteActor("x", "https://other.example")
    await home.meet(actor)
    scene = Scene(home, group, ada, post, post)
    path = f"/posts/{post.public_id}"
    for asker in (None, actor):
        answer = await scene.asks(asker, path)
        assert answer.status_code == 200
        assert (answer.headers["cache-control"], answer.headers["vary"]) == (
            "public, no-cache",
            "Signature, Accept",
        )
    assert (await scene.asks(actor, f"{path}/context")).headers["cache-control"] == "private, no-store"
    assert (await scene.asks(None, f"{path}/context")).headers["cache-control"] == "public, no-cache"


# Oracles


@pytest.fixture
def statements(monkeypatch):
    """The statements that were sent to the database, as they are."""
    seen = []
    for name in ("fetch", "fetchrow", "fetchval", "execute"):
        inner = getattr(pool._Timed, name)

        def note(inner):
            async def noted(self, query, *args, **kwargs):
                seen.append(query)
                return await inner(self, query, *args, **kwargs)

            return noted

        monkeypatch.setattr(pool._Timed, name, note(inner))
    return seen


async def test_what_is_forbidden_costs_the_statements_of_what_is_not_there(scene, statements, home):
    """For who signs and who does not: neither the number nor the order of statements tells anything."""
    other = RemoteActor("instance", "https://other.example", "Application")
    await home.meet(other)
    await home.group("secret", reach="sealed")
    pairs = []
    for path in await scene.paths():
        place, _, *rest = path.strip("/").split("/")
        pairs.append((path, "/".join(["", place, new_public_id(), *rest])))
    parts = (
        "", "/outbox", "/outbox/newest", "/followers", "/featured", "/moderators", "/following",
        "/followers_synchronization", "/followers?is_follower=https://members.example/users/lea",
    )  # fmt: skip
    pairs += [(f"/groups/secret{part}", f"/groups/nobody{part}") for part in parts]
    finger = "/.well-known/webfinger?resource=acct:{}@garden.localhost:8000"
    pairs.append((finger.format("secret"), finger.format("nobody")))
    for asker in (None, other):
        await scene.asks(asker, NOWHERE)  # the key is in memory from here on
        for hidden, missing in pairs:
            found = []
            for path in (hidden, missing):
                statements.clear()
                answer = await scene.asks(asker, path)
                assert answer.status_code == 404, path
                found.append((answer.content, answer.headers.raw, list(statements)))
            assert found[0] == found[1], (hidden, asker)
            assert found[0][2] or "followers_sync" in hidden
