"""What policy says about what we serve: blocked servers get nothing, quiet things are in no public list."""

import json

import pytest

from fediverse_support.community.posts import answering, posts
from fediverse_support.core import clock
from fediverse_support.core.models import GUEST, Viewer
from fediverse_support.database import actors, groups, policy_versions, threads
from fediverse_support.database.pool import acquire
from fediverse_support.moderation import ladder
from fediverse_support.policy.document import Document, RuleText
from fediverse_support.policy.engine import compile_policy
from fediverse_support.protocol.vocabulary import PUBLIC
from tests.support.followers import followed, told
from tests.support.members_only import NOWHERE, ORIGIN
from tests.support.remote import RemoteActor

REFUSAL = b"There is no exchange with your server.\n"


async def asks(home, actor, path, accept="application/activity+json", style="cavage", **headers):
    fields = actor.sign_get(ORIGIN + path, style=style) | {"accept": accept} | headers
    return await home.client.get(path, headers=fields)


def told_by(answer):
    """The headers of an answer, but for those that let any origin read what is meant for apps."""
    open_to_apps = ("access-control-", "vary", "cross-origin-resource-policy")
    return tuple(sorted(pair for pair in answer.headers.items() if not pair[0].startswith(open_to_apps)))


async def test_a_blocked_server_is_served_nothing_at_any_address(home, scene):
    await followed(home, scene.group, software="fediverse-support", host="deep.bad.example")
    await home.set_level("bad.example", "blocked")
    await home.set_level("good.bad.example", "allowed")
    await home.write(scene.ada, scene.group.actor)
    assert await told(home, "deep.bad.example") == [], "nothing is sent there"
    blocked = RemoteActor("instance", "https://deep.bad.example", "Application")
    unmet = RemoteActor("new", "https://bad.example")
    open_post = await home.write(scene.ada, (await home.group("open")).actor)
    paths = [
        "/", "/actor", "/groups/open", "/groups/sober", "/groups/nobody", "/people/ada", NOWHERE, "/no/such",
        f"/posts/{open_post.public_id}", f"/posts/{scene.post.public_id}", "/groups/open/outbox",
        "/groups/sober/followers_synchronization", "/nodeinfo/2.1", "/static/style.css",
        "/.well-known/webfinger?resource=acct:ada@garden.localhost:8000", "/feeds/groups/open.atom",
    ]  # fmt: skip
    answers = [await asks(home, blocked, path) for path in paths]
    answers += [await asks(home, unmet, "/groups/open"), await asks(home, blocked, "/about", "text/html")]
    answers += [await asks(home, blocked, "/groups/open", style="rfc9421")]
    forged = RemoteActor("instance", "https://deep.bad.example", "Application", key_name="another")
    answers += [await asks(home, forged, "/groups/open")]
    assert {(answer.status_code, answer.content) for answer in answers} == {(403, REFUSAL)}
    assert len({told_by(answer) for answer in answers}) == 1, "nothing is learnt from the rest"

    nearer = RemoteActor("instance", "https://good.bad.example", "Application")
    assert (await asks(home, nearer, "/groups/open")).status_code == 200, "the nearest level decides"
    assert (await home.get("/groups/open")).status_code == 200, "a guest sees what everybody sees"
    alice = RemoteActor()
    await home.meet(alice)
    follow = blocked.activity("Follow", f"{ORIGIN}/groups/open")
    other = alice.activity("Follow", f"{ORIGIN}/groups/open")
    answers = [await home.deliver(blocked, follow), await home.deliver(alice, other)]
    assert [answer.status_code for answer in answers] == [403, 202], "the inbox answers as it always has"


async def test_on_an_allow_list_everybody_else_is_served_nothing(home, scene):
    await home.set_level("friend.example", "allowed")
    async with acquire(home.pool) as db, db.transaction():
        version = await policy_versions.begin(db, by=None, why="", document=Document(mode="allow-list"))
        await ladder.settle(db, home.site, clock.now(), None, version)
    async with acquire(home.pool) as db:
        await home.foundation.policies.refresh(db)
    for host, status in (("friend.example", 200), ("sub.friend.example", 200), ("other.example", 403)):
        asker = RemoteActor("instance", f"https://{host}", "Application")
        assert (await asks(home, asker, "/groups/sober")).status_code == status, host


async def shown(home, path, reader=None):
    """The ids in a collection, or the text of a page."""
    answer = await (asks(home, reader, path) if reader else home.get(path))
    return json.dumps(answer.json())


async def test_what_is_quiet_is_in_no_public_list_and_is_found_by_its_link(home, reader):
    ada, group = await home.member(), await home.group()
    await home.join(ada, group.actor)
    await followed(home, group, software="fediverse-support", host="members.example")
    await followed(home, group, software="mastodon")
    async with acquire(home.pool) as db, db.transaction():
        words = posts.Words(source="canary", title="canary", reach="quiet")
        ours = await posts.write(
            db, home.site, ada, group.actor, words, clock.now(), policy=home.foundation.policies.current()
        )
        await groups.pin(db, group.actor.id, ours.uri)
    alice = RemoteActor(origin="https://limited.example")
    await home.meet(alice)
    await home.set_level("limited.example", "limited")
    await home.deliver(alice, alice.create(alice.note(group.actor.uri, "<p>canary</p>", name="canary")))
    await home.process()
    theirs = await home.pool.fetchval("select reach from posts where author_id <> $1", ada.id)
    assert theirs == "quiet"
    assert "Announce" not in [kind for kind, inner in await told(home, "mastodon.example") if inner == "id"]

    lists = [
        "/groups/sober/outbox",
        "/groups/sober/outbox/newest",
        "/groups/sober/featured",
        "/people/ada/outbox",
    ]
    for path in lists:
        assert "canary" not in await shown(home, path), path
    assert (await home.get("/people/ada/outbox")).json()["totalItems"] == 0
    for path in ("/groups/sober", "/people/ada", "/feeds/groups/sober.atom"):
        assert "canary" not in (await home.get(path, "text/html")).text, path
    for path in lists[:3]:
        assert "canary" in await shown(home, path, reader), "the servers of members see what members see"

    assert (await home.get(f"/posts/{ours.public_id}")).json()["cc"][0] == PUBLIC
    answer = await home.reply(ada, ours)
    assert answer.uri in await shown(home, f"/posts/{ours.public_id}/context"), "the thread is whole"
    async with acquire(home.pool) as db:
        assert await threads.of_group(db, GUEST, group.actor.id, None, 9) == []
        assert len(await threads.of_group(db, Viewer(actor_id=ada.id), group.actor.id, None, 9)) == 2
    await home.edit_group(group, reach="quiet")
    assert "canary" in await shown(home, "/groups/sober/outbox"), "who has the link of a quiet group reads it"


async def test_a_limited_server_gets_what_everybody_gets_and_its_members_what_members_get(
    home, scene, reader
):
    await home.set_level("members.example", "limited")
    answer = await asks(home, reader, f"/posts/{scene.post.public_id}")
    assert answer.status_code == 200, "somebody has let its members in"
    assert (await asks(home, reader, "/groups/sober/followers_synchronization")).status_code == 200
    stranger = RemoteActor("instance", "https://other.limited.example", "Application")
    await home.meet(stranger)
    await home.set_level("limited.example", "limited")
    assert (await asks(home, stranger, f"/posts/{scene.post.public_id}")).status_code == 404
    assert (await asks(home, stranger, "/groups/sober")).status_code == 200
    sent = len(await told(home, "members.example"))
    await home.write(scene.ada, scene.group.actor)
    assert len(await told(home, "members.example")) == sent + 1, "what is for members goes to its members"
    alice = RemoteActor(origin="https://limited.example")
    await home.meet(alice)
    await home.deliver(alice, alice.activity("Follow", (await home.group("open")).actor.uri))
    await home.process()
    state = "select state from follows where activity_uris[1] like 'https://limited.example/%'"
    assert await home.pool.fetchval(state) == "pending"


async def policy_of(home, post):
    """`canReply` as it is served, and as it was sent."""
    served = (await home.get(f"/posts/{post.public_id}")).json()["interactionPolicy"]
    sent = [document["object"] for document in await home.published(await author_of(home, post))]
    created = next(one for one in sent if isinstance(one, dict) and one.get("id") == post.uri)
    return served.get("canReply"), created["interactionPolicy"].get("canReply")


async def author_of(home, post):
    async with acquire(home.pool) as db:
        found = await actors.by_id(db, post.author_id)
    assert found is not None
    return found


HOLD = RuleText(
    name="Strangers wait", scope="group:open", when={"reply": True, "sender": "stranger"}, then="hold"
)
REFUSE = RuleText(
    name="Members answer",
    scope="group:open",
    when={"reply": True},
    unless={"sender": "member"},
    then="refuse",
)


@pytest.mark.parametrize(
    ("answers", "rule", "automatic", "manual"),
    [
        ({}, None, None, None),
        ({"speaking": "members"}, None, ["moderators", "followers"], None),
        ({"speaking": "moderators"}, None, ["moderators"], None),
        ({}, HOLD, ["moderators", "followers"], [PUBLIC]),
        ({}, REFUSE, ["moderators", "followers"], None),
    ],
)  # fmt: skip
async def test_who_may_answer_is_told_beside_every_post(home, answers, rule, automatic, manual):
    ada, group = await home.member(), await home.group("open", **answers)
    await home.join(ada, group.actor)
    async with acquire(home.pool) as db, db.transaction():
        await groups.add_moderator(db, group.actor.id, ada.id)
        version = compile_policy(7, [], Document(rules=(rule,) if rule else ()))
        assert await answering.settle(db, version, clock.now()) == 1
        assert await answering.settle(db, version, clock.now()) == 0
    post = await home.write(ada, group.actor)
    uris = [f"{group.actor.uri}/{one}" for one in automatic or ()]
    expected = (
        {"automaticApproval": uris} | ({"manualApproval": manual} if manual else {}) if automatic else None
    )
    assert await policy_of(home, post) == (expected, expected)
    async with acquire(home.pool) as db, db.transaction():
        await db.execute("update posts set locked_at = now() where id = $1", post.id)
    locked, _ = await policy_of(home, post)
    assert locked == {"automaticApproval": [f"{group.actor.uri}/moderators"]}


async def test_an_answer_that_is_asked_for_is_taken_as_one_that_is_sent(home, alice):
    ada, group = await home.member(), await home.group()
    post = await home.write(ada, group.actor)
    note = alice.note(group.actor.uri, inReplyTo=post.uri)
    await home.deliver(alice, alice.activity("ReplyRequest", post.uri, instrument=note))
    await home.process()
    answer = await home.post_by_uri(note["id"])
    assert (answer.parent_id, answer.state) == (post.id, "live")
    forged = alice.note(group.actor.uri, inReplyTo=post.uri, attributedTo="https://peer.example/users/bob")
    await home.deliver(alice, alice.activity("ReplyRequest", post.uri, instrument=forged))
    await home.process()
    assert await home.pool.fetchval("select count(*) from posts where uri = $1", forged["id"]) == 0
