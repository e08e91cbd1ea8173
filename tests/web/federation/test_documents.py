"""Actors, posts and activities as other servers fetch them: refusals first."""

import json
from datetime import timedelta

import pytest

from fediverse_support.core import clock
from fediverse_support.database import actors, posts
from fediverse_support.network.documents import is_activity_type
from fediverse_support.protocol import parsing

ORIGIN = "http://garden.localhost:8000"
NOWHERE = "/posts/00000000000000000000000000000000"


def same(one, other):
    """Whether two answers are equal to the byte, headers and all."""
    return (one.status_code, one.content, one.headers.raw) == (
        other.status_code,
        other.content,
        other.headers.raw,
    )


CLOSED = [{"seeing": "members"}, {"reach": "members"}, {"reach": "sealed"}]


async def test_a_sealed_group_is_like_one_that_never_was(home):
    await home.group("secret", reach="sealed")
    parts = ("", "/outbox", "/outbox/newest", "/followers", "/following", "/moderators", "/featured")
    for part in (*parts, "/followers_synchronization", "/followers?is_follower=https://peer.example/actor"):
        hidden = await home.get(f"/groups/secret{part}")
        assert hidden.status_code == 404
        assert same(hidden, await home.get(f"/groups/nobody{part}")), part
    finger = "/.well-known/webfinger?resource=acct:{}@garden.localhost:8000"
    assert same(await home.get(finger.format("secret")), await home.get(finger.format("nobody")))


@pytest.mark.parametrize("answers", CLOSED[:2])
async def test_a_group_for_members_is_known_and_says_nothing_of_them(home, answers):
    """As Lemmy 1.0 has it: who may ask to be let in must find the door."""
    group, ada = await home.group("secret", **answers), await home.member()
    await home.join(ada, group.actor)
    await home.write(ada, group.actor)
    document = (await home.get("/groups/secret")).json()
    assert (document["manuallyApprovesFollowers"], document["discoverable"]) == (True, False)
    assert (await home.get("/groups/secret/moderators")).status_code == 200
    for part in ("/outbox", "/outbox/newest", "/featured"):
        assert (await home.get(f"/groups/secret{part}")).json()["orderedItems"] == []
    assert (await home.get("/groups/secret/outbox")).json()["totalItems"] == 0
    assert "totalItems" not in (await home.get("/groups/secret/followers")).json()
    nothing = await home.get(NOWHERE)
    for part in ("/followers_synchronization", "/followers?is_follower=https://peer.example/actor"):
        assert same(await home.get(f"/groups/secret{part}"), nothing)


async def test_who_follows_an_open_group_is_asked_in_vain(home):
    await home.group()
    answer = await home.get("/groups/sober/followers?is_follower=https://peer.example/actor")
    assert answer.status_code == 400


@pytest.mark.parametrize("answers", CLOSED)
async def test_a_post_behind_closed_doors_is_like_one_that_never_was(home, answers):
    group, ada = await home.group("secret", **answers), await home.member()
    await home.join(ada, group.actor)
    post = await home.write(ada, group.actor)
    nothing = await home.get(NOWHERE)
    assert nothing.status_code == 404
    for part in ("", "/replies", "/context", "/replies/2", "/context/1"):
        assert same(await home.get(f"/posts/{post.public_id}{part}"), nothing), part


async def test_closing_the_doors_takes_back_what_was_open(home):
    group, ada = await home.group(), await home.member()
    post = await home.write(ada, group.actor)
    create = (await home.published(ada))[0]["id"].removeprefix(ORIGIN)
    announces = [one["id"].removeprefix(ORIGIN) for one in await home.published(group.actor)]
    for path in (create, *announces):
        assert (await home.get(path)).status_code == 200, path
    await home.edit_group(group, seeing="members")
    nothing = await home.get(NOWHERE)
    for path in (f"/posts/{post.public_id}", create, *announces):
        assert same(await home.get(path), nothing), path
    assert (await home.get("/groups/sober/outbox")).json()["totalItems"] == 0
    assert (await home.get("/people/ada/outbox")).json()["totalItems"] == 0


@pytest.mark.parametrize("state", ["held", "hidden"])
async def test_what_moderators_took_down_is_not_served_in_any_form(home, state):
    group, ada = await home.group(), await home.member()
    post = await home.write(ada, group.actor, "A word that hurts.")
    paths = [f"/posts/{post.public_id}"]
    paths += [
        one["id"].removeprefix(ORIGIN) for who in (ada, group.actor) for one in await home.published(who)
    ]
    await posts.set_state(home.pool, post.id, state, None)
    for path in [*paths, "/groups/sober/outbox", "/groups/sober/outbox/newest", "/people/ada/outbox/newest"]:
        assert "hurts" not in (await home.get(path)).text, path
    assert (await home.get(paths[0])).status_code == 404


async def test_who_only_asked_to_join_or_was_closed_out_is_not_there(home):
    await home.member("eve", state="waiting")
    for part in ("", "/outbox", "/followers", "/following"):
        assert same(await home.get(f"/people/eve{part}"), await home.get(f"/people/nobody{part}"))


async def test_what_has_no_such_address_is_the_one_404(home):
    await home.group()
    await home.member()
    for path in [
        "/groups/ada",
        "/people/sober",
        "/groups/Sober",
        "/groups/so%00ber",
        "/groups/sober@other.example",
        "/posts/1",
        "/posts/" + "A" * 32,
        "/posts/%00",
        "/activities/1",
        "/activities/00000000000000000000000000000000",
        "/groups/sober/outbox/00000000000000000000000000000000",
        "/groups/sober/outbox/-1",
        "/groups/ada/outbox",
        "/people/sober/followers",
        "/groups/nowhere/at/all",
    ]:
        assert same(await home.get(path), await home.get(NOWHERE))


async def test_no_private_activity_is_served(home):
    """Whom somebody follows, what they liked, whom they reported: not for everybody."""
    group, ada = await home.group(), await home.member()
    await home.write(ada, group.actor)
    kinds = ("Follow", "Accept", "Reject", "Like", "Block", "Flag")
    for number, kind in enumerate(kinds):
        uri = f"{ORIGIN}/activities/{number:032x}"
        body = {"id": uri, "type": kind, "actor": ada.uri, "object": group.actor.uri, "to": [group.actor.uri]}
        if kind in ("Block", "Flag"):
            body["to"] = ["https://www.w3.org/ns/activitystreams#Public"]
        await home.pool.execute(
            """
            insert into activities (id, uri, actor_id, type, object_uri, is_public, body)
            values ($1, $2, $3, $4, $5, false, $6)
            """,
            number + 1, uri, ada.id, kind, group.actor.uri, json.dumps(body),
        )  # fmt: skip
        assert same(await home.get(f"/activities/{number:032x}"), await home.get(NOWHERE)), kind


async def test_what_was_deleted_leaves_a_tombstone_everywhere(home):
    group, ada = await home.group(), await home.member()
    post = await home.write(ada, group.actor, "I take this back.")
    create = (await home.published(ada))[0]["id"]
    announces = [one["id"] for one in await home.published(group.actor)]
    await home.delete(ada, post)
    answer = await home.get(f"/posts/{post.public_id}")
    assert answer.status_code == 410
    assert answer.headers["content-type"] == "application/activity+json"
    stone = answer.json()
    assert (stone["id"], stone["type"], stone["formerType"]) == (post.uri, "Tombstone", "Note")
    assert stone["deleted"].endswith("Z")
    for uri in (create, *announces):
        answer = await home.get(uri.removeprefix(ORIGIN))
        assert answer.status_code == 410, uri
        assert answer.json()["type"] == "Tombstone"
    for place in ("/groups/sober/outbox", "/people/ada/outbox"):
        assert "take this back" not in (await home.get(place)).text


async def test_the_deletion_itself_can_be_fetched_by_who_was_told_of_it(home):
    """NodeBB and Fedify believe what a group passes on only after fetching it from its author's server."""
    group, ada = await home.group(), await home.member()
    post = await home.write(ada, group.actor)
    await home.delete(ada, post)
    delete = next(one for one in await home.published(ada) if one["type"] == "Delete")
    answer = await home.get(delete["id"].removeprefix(ORIGIN))
    assert answer.status_code == 200
    assert answer.json()["object"]["type"] == "Tombstone"


@pytest.mark.parametrize("place", ["groups", "people"])
async def test_an_actor_that_is_gone_leaves_a_tombstone(home, place):
    actor = (await home.group("ada")).actor if place == "groups" else await home.member("ada")
    await actors.mark_gone(home.pool, actor.id, clock.now())
    answer = await home.get(f"/{place}/ada")
    assert answer.status_code == 410
    assert answer.headers["content-type"] == "application/activity+json"
    assert (answer.json()["type"], answer.json()["id"]) == ("Tombstone", actor.uri)
    assert (await home.get(f"/{place}/ada/outbox")).status_code == 410


async def test_old_words_are_not_served_inside_the_activities_that_carried_them(home):
    group, ada = await home.group(), await home.member()
    post = await home.write(ada, group.actor, "My name is in here.")
    old = await home.published(ada) + await home.published(group.actor)
    await home.edit(ada, post, "It is not any more.", clock.now() + timedelta(seconds=5))
    for activity in old:
        answer = await home.get(activity["id"].removeprefix(ORIGIN))
        assert answer.status_code == 200
        assert "My name" not in answer.text
        assert post.uri in answer.text
    assert "It is not any more." in (await home.get(f"/posts/{post.public_id}")).text
    update = next(one for one in await home.published(ada) if one["type"] == "Update")
    assert "It is not any more." in (await home.get(update["id"].removeprefix(ORIGIN))).text
    assert "My name" not in (await home.get("/groups/sober/outbox")).text


@pytest.mark.parametrize(
    ("path", "type"), [("/groups/sober", "Group"), ("/people/ada", "Person"), ("/actor", "Application")]
)
async def test_every_actor_is_fetched_unsigned_under_its_own_id(home, path, type):
    await home.group()
    await home.member()
    answer = await home.get(path)
    document = answer.json()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/activity+json"
    assert (document["id"], document["type"]) == (ORIGIN + path, type)
    assert document["publicKey"]["id"] == f"{ORIGIN}{path}#main-key"
    parsed = parsing.actor(document, home.site.gate)
    assert parsed.shared_inbox == f"{ORIGIN}/inbox"


async def test_every_address_in_a_group_document_answers(home):
    group, ada = await home.group(), await home.member()
    await home.write(ada, group.actor)
    document = (await home.get("/groups/sober")).json()
    for name in ("outbox", "followers", "following", "featured", "attributedTo"):
        answer = await home.get(document[name].removeprefix(ORIGIN))
        assert answer.status_code == 200, name
        assert answer.json()["id"] == document[name]
    assert (await home.client.post(document["inbox"])).status_code == 415


async def test_a_post_is_a_note_under_its_own_id_with_exactly_the_type_that_lemmy_compares(home):
    group, ada = await home.group(), await home.member()
    post = await home.write(ada, group.actor)
    answer = await home.get(f"/posts/{post.public_id}")
    assert answer.headers["content-type"] == "application/activity+json"
    assert is_activity_type(answer.headers["content-type"])
    note = answer.json()
    assert (note["id"], note["type"], note["attributedTo"]) == (post.uri, "Note", ada.uri)
    assert parsing.post(note, home.site.gate).id == post.uri


async def test_a_reply_names_its_parent_and_the_thread(home):
    group, ada = await home.group(), await home.member()
    bob = await home.member("bob")
    root = await home.write(ada, group.actor)
    reply = await home.reply(bob, root)
    note = (await home.get(f"/posts/{reply.public_id}")).json()
    assert note["inReplyTo"] == root.uri
    assert note["context"] == f"{root.uri}/context"
    assert {tag["href"] for tag in note["tag"]} == {group.actor.uri, ada.uri}


async def test_every_public_activity_is_fetched_as_it_was_sent(home):
    group, ada = await home.group(), await home.member()
    await home.write(ada, group.actor)
    said = await home.published(ada) + await home.published(group.actor)
    assert {one["type"] for one in said} == {"Create", "Announce"}
    for activity in said:
        assert (await home.get(activity["id"].removeprefix(ORIGIN))).json() == activity


PUBLIC_PATHS = ["/groups/sober", "/people/ada", "/actor", "/groups/sober/outbox", "/people/ada/followers"]


async def test_what_has_not_changed_is_not_sent_again(home):
    await home.group()
    await home.member()
    for path in PUBLIC_PATHS:
        first = await home.get(path)
        assert first.headers["cache-control"] == "public, no-cache"
        tag = first.headers["etag"]
        for condition in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = await home.get(path, if_none_match=condition)
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert (await home.get(path, if_none_match='"other"')).status_code == 200


async def test_what_has_changed_is_sent_whatever_the_condition(home):
    group, ada = await home.group(), await home.member()
    post = await home.write(ada, group.actor)
    tag = (await home.get(f"/posts/{post.public_id}")).headers["etag"]
    await home.delete(ada, post)
    assert (await home.get(f"/posts/{post.public_id}", if_none_match=tag)).status_code == 410


async def test_head_says_what_get_says(home):
    await home.group()
    await home.member()
    for path in [*PUBLIC_PATHS, "/.well-known/nodeinfo", "/groups/nobody", "/healthz"]:
        get = await home.get(path)
        head = await home.client.head(path, headers={"accept": "application/activity+json"})
        assert (head.status_code, head.headers) == (get.status_code, get.headers)


async def test_every_answer_has_the_security_headers(home):
    await home.group()
    for path in ["/groups/sober", "/groups/nobody", "/.well-known/nodeinfo"]:
        headers = (await home.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["referrer-policy"] == "no-referrer"


async def test_nothing_that_is_refused_may_be_kept_by_a_cache(home):
    assert (await home.get("/groups/nobody")).headers["cache-control"] == "private, no-store"
