"""Following, letting in, keeping apart and describing oneself, as apps do it."""

import json

from fediverse_support.community.arriving import remote_actors
from fediverse_support.community.groups import groups
from fediverse_support.core import clock
from fediverse_support.database import actors, follows
from fediverse_support.database import groups as stored_groups
from fediverse_support.database.pool import acquire
from fediverse_support.protocol import parsing

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301"
    "0100c9fe92ef0000000049454e44ae426082"
)


async def elsewhere(world, name="remi", host="peer.example", **more):
    """Somebody on another server whom we know."""
    uri = f"https://{host}/users/{name}"
    document = {
        "id": uri, "type": "Person", "preferredUsername": name, "inbox": f"{uri}/inbox",
        "followers": f"{uri}/followers", "endpoints": {"sharedInbox": f"https://{host}/inbox"},
        "publicKey": {"id": f"{uri}#k", "owner": uri, "publicKeyPem": "x"},
    } | more  # fmt: skip
    async with acquire(world.pool) as db, db.transaction():
        return await remote_actors.store(
            db, world.site, parsing.actor(document, world.site.gate), handle_confirmed=True, now=clock.now()
        )


async def sent(world):
    """(type, object, inboxes) of what went out, in order."""
    rows = await world.pool.fetch(
        """
        select a.type, a.body, array_agg(d.inbox_url) filter (where d.id is not null) as inboxes
          from activities a left join deliveries d on d.activity_id = a.id group by a.id order by a.id
        """
    )
    return [(row["type"], json.loads(row["body"])["object"], row["inboxes"]) for row in rows]


async def make_group(world, name, **answers):
    async with acquire(world.pool) as db, db.transaction():
        return await groups.create(
            db, world.site, world.seal, name, groups.Answers(title=name.title(), **answers)
        )


async def write(world, author_id, reach, named=(), number=501):
    await world.pool.execute(
        """
        insert into posts (id, uri, author_id, root_id, content_html, reach, named, published_at, active_at)
        values ($1, $2, $3, $1, '<p>quokka</p>', $4, $5, now(), now())
        """,
        number, f"https://x.example/{number}", author_id, reach, list(named),
    )  # fmt: skip


async def test_people_here_follow_each_other_and_whoever_wishes_decides(world, api):
    ada, ben = await world.member("ada"), await world.member("ben")
    a, b = await api(ada), await api(ben)
    there = f"/api/v1/accounts/{ben.actor_id}"
    assert await a.refused(401, "GET", "/api/v1/follow_requests", headers={"Authorization": ""})
    await (await api(ada, ("read",))).refused(403, "POST", f"{there}/follow")
    await (await api(None)).refused(401, "POST", f"{there}/follow")
    await a.refused(404, "POST", "/api/v1/accounts/12345/follow")
    await a.refused(404, "POST", f"/api/v1/accounts/{'9' * 30}/follow")
    await a.refused(403, "POST", f"/api/v1/accounts/{ada.actor_id}/follow")
    found = await a.post(f"{there}/follow?reblogs=false", {"notify": True, "languages": ["de"]})
    assert (found["following"], found["requested"], found["showing_reblogs"]) == (True, False, False)
    assert (found["notifying"], found["languages"]) == (True, ["de"])
    found = await a.post(f"{there}/follow", {"reblogs": True})
    assert (found["showing_reblogs"], found["notifying"], found["languages"]) == (True, True, ["de"])
    assert (await b.post(f"/api/v1/accounts/{ada.actor_id}/remove_from_followers"))["followed_by"] is False
    assert await b.call("PATCH", "/api/v1/accounts/update_credentials", json={"locked": True})
    found = await a.post(f"{there}/follow")
    assert (found["following"], found["requested"]) == (False, True)
    assert [one["username"] for one in await b.get("/api/v1/follow_requests")] == ["ada"]
    await b.refused(404, "POST", f"/api/v1/follow_requests/{ben.actor_id}/authorize")
    await write(world, ben.actor_id, "followers")
    await a.refused(404, "GET", "/api/v1/statuses/501")
    assert (await b.post(f"/api/v1/follow_requests/{ada.actor_id}/authorize"))["followed_by"] is True
    assert (await a.get("/api/v1/statuses/501"))["visibility"] == "private"
    assert (await a.post(f"{there}/unfollow"))["following"] is False
    await a.refused(404, "GET", "/api/v1/statuses/501")
    await a.post(f"{there}/follow")
    assert (await b.post(f"/api/v1/follow_requests/{ada.actor_id}/reject"))["requested_by"] is False
    assert await a.get("/api/v1/accounts/familiar_followers", **{"id[]": "7"}) == [
        {"id": "7", "accounts": []}
    ]
    # Between people here nothing is sent; only what a profile says is told.
    assert {kind for kind, _, _ in await sent(world)} == {"Update"}


async def test_who_is_blocked_sees_nothing_and_is_told_nothing(world, api):
    ada, ben, remi = await world.member("ada"), await world.member("ben"), await elsewhere(world)
    a, b = await api(ada), await api(ben)
    there = f"/api/v1/accounts/{ben.actor_id}"
    await a.post(f"{there}/follow")
    await b.post(f"/api/v1/accounts/{ada.actor_id}/follow")
    await write(world, ada.actor_id, "open")
    await write(world, ada.actor_id, "direct", [ben.actor_id], 502)
    for number in (501, 502):
        await b.get(f"/api/v1/statuses/{number}")
    found = await a.post(f"{there}/block")
    assert (found["blocking"], found["following"], found["followed_by"]) == (True, False, False)
    assert [one["username"] for one in await a.get("/api/v1/blocks/")] == ["ben"]
    for number in (501, 502):
        await b.refused(404, "GET", f"/api/v1/statuses/{number}")
    assert await b.get(f"/api/v1/accounts/{ada.actor_id}/statuses") == []
    found = await b.post(f"/api/v1/accounts/{ada.actor_id}/follow")
    assert not any(
        found[name] for name in ("following", "requested", "blocked_by", "followed_by", "blocking")
    )
    assert "blocked" in await a.refused(403, "POST", f"{there}/follow")
    await a.refused(403, "POST", f"/api/v1/accounts/{ada.actor_id}/block")
    # Elsewhere nobody is told of a block, only that the follows ended.
    async with acquire(world.pool) as db, db.transaction():
        await follows.ask(db, remi.id, ada.actor_id, f"{remi.uri}#f1")
        await follows.accept(db, remi.id, ada.actor_id, clock.now())
    await a.post(f"/api/v1/accounts/{remi.id}/follow")
    await a.post(f"/api/v1/accounts/{remi.id}/block")
    assert [kind for kind, _, _ in await sent(world)] == ["Follow", "Undo", "Reject"]
    assert await world.pool.fetchval("select count(*) from follows") == 0
    assert (await a.post(f"{there}/unblock"))["blocking"] is False
    assert (await b.get("/api/v1/statuses/501"))["id"] == "501"


async def test_mutes_notes_endorsements_and_servers_kept_away(world, api):
    ada, ben, remi = (
        await world.member("ada"),
        await world.member("ben"),
        await elsewhere(world, host="sub.peer.example"),
    )
    a = await api(ada)
    there = f"/api/v1/accounts/{ben.actor_id}"
    found = await a.post(f"{there}/mute", {"duration": 3600, "notifications": False})
    assert (found["muting"], found["muting_notifications"]) == (True, False)
    assert found["muting_expires_at"]
    listed = await a.get("/api/v1/mutes/")
    assert [(one["username"], bool(one["mute_expires_at"])) for one in listed] == [("ben", True)]
    assert (await a.post(f"{there}/unmute"))["muting"] is False
    assert (await a.post(f"{there}/note", {"comment": "met at the lake"}))["note"] == "met at the lake"
    await a.refused(422, "POST", f"{there}/note", json={"comment": "x" * 2001})
    assert (await a.post(f"{there}/note", {"comment": ""}))["note"] == ""
    await a.refused(422, "POST", f"{there}/endorse")
    await a.post(f"{there}/follow")
    assert (await a.post(f"{there}/pin"))["endorsed"] is True
    assert [one["username"] for one in await a.get("/api/v1/endorsements")] == ["ben"]
    assert (await a.post(f"{there}/unpin"))["endorsed"] is False
    await a.post(f"/api/v1/accounts/{remi.id}/follow")
    preview = await a.get("/api/v1/domain_blocks/preview", domain="Peer.example")
    assert preview == {"following_count": 1, "followers_count": 0}
    for bad in ("", "no good", "x" * 300, "a..b", "'; drop table actors"):
        await a.refused(422, "POST", "/api/v1/domain_blocks", data={"domain": bad})
    await a.refused(403, "POST", "/api/v1/domain_blocks", data={"domain": world.site.domain})
    assert await a.post("/api/v1/domain_blocks?domain=Peer.example") == {}
    assert await a.get("/api/v1/domain_blocks") == ["peer.example"]
    found = (await a.get("/api/v1/accounts/relationships", **{"id[]": str(remi.id)}))[0]
    assert (found["following"], found["domain_blocking"]) == (False, True)
    assert [kind for kind, _, _ in await sent(world)] == ["Follow", "Undo"]
    assert (await a.call("DELETE", "/api/v1/domain_blocks", data={"domain": "peer.example"})).json() == {}
    assert await a.get("/api/v1/domain_blocks") == []


async def test_following_a_group_is_joining_it_by_its_door(world, api):
    ada, mo, ben = await world.member("ada"), await world.member("mo"), await world.member("ben")
    open_one, asks = await make_group(world, "open"), await make_group(world, "asking", joining="approval")
    hidden = await make_group(world, "hidden", joining="invite", seeing="members", reach="members")
    invites = await make_group(world, "inviting", joining="invite")
    async with acquire(world.pool) as db:
        await stored_groups.add_moderator(db, asks.actor.id, mo.actor_id)
    a, g = await api(ada), await api(mo, acts_as=asks.actor.id)

    def at(group, deed):
        return f"/api/v1/accounts/{group.actor.id}/{deed}"

    assert (await a.post(at(open_one, "follow")))["following"] is True
    assert (await a.post(at(open_one, "unfollow")))["following"] is False
    await a.refused(404, "POST", at(hidden, "follow"))
    assert "invitation" in await a.refused(403, "POST", at(invites, "follow"))
    for app in (a, await api(ben)):
        found = await app.post(at(asks, "follow"))
        assert (found["following"], found["requested"]) == (False, True)
    assert {one["username"] for one in await g.get("/api/v1/follow_requests")} == {"ada", "ben"}
    first = (await g.get("/api/v1/follow_requests", limit="1"))[0]
    assert first["username"] in ("ada", "ben")
    assert (await g.post(f"/api/v1/follow_requests/{ada.actor_id}/authorize"))["followed_by"] is True
    assert (await g.post(f"/api/v1/follow_requests/{ben.actor_id}/reject"))["requested_by"] is False
    assert await g.get("/api/v1/follow_requests") == []
    assert (await a.get("/api/v1/accounts/relationships", **{"id[]": str(asks.actor.id)}))[0]["following"]
    assert (await g.post(f"/api/v1/accounts/{ada.actor_id}/remove_from_followers"))["followed_by"] is False
    await g.refused(403, "POST", f"/api/v1/accounts/{ada.actor_id}/follow")


async def test_whom_others_follow_elsewhere_is_asked(world, api):
    ada, remi = await world.member("ada"), await elsewhere(world)
    a = await api(ada)
    there = f"/api/v1/accounts/{remi.id}"
    found = await a.post(f"{there}/follow", {"reblogs": False})
    assert (found["following"], found["requested"], found["showing_reblogs"]) == (False, True, False)
    await a.post(f"{there}/follow")
    await a.post(f"{there}/unfollow")
    out = await sent(world)
    assert [kind for kind, _, _ in out] == ["Follow", "Undo"]
    assert all(inboxes == [f"{remi.uri}/inbox"] for _, _, inboxes in out)


async def test_what_one_says_of_oneself_is_told(world, api):
    ada, remi = await world.member("ada"), await elsewhere(world)
    async with acquire(world.pool) as db, db.transaction():
        await follows.ask(db, remi.id, ada.actor_id, f"{remi.uri}#f1")
        await follows.accept(db, remi.id, ada.actor_id, clock.now())
    a = await api(ada)
    form = {
        "display_name": "Ada L.", "note": "I like **lamps**", "locked": "1", "bot": "false",
        "discoverable": "true", "indexable": "1", "hide_collections": "0",
        "fields_attributes[0][name]": "Home", "fields_attributes[0][value]": "https://ada.example/<b>",
        "fields_attributes[1][name]": "", "fields_attributes[1][value]": "",
        "source[privacy]": "private", "source[sensitive]": "true", "source[language]": "de",
    }  # fmt: skip
    answer = await a.call("PATCH", "/api/v1/accounts/update_credentials", data=form)
    assert answer.status_code == 200, answer.text
    me = answer.json()
    assert (me["display_name"], me["locked"], me["indexable"], me["hide_collections"]) == (
        "Ada L.",
        True,
        True,
        False,
    )
    assert "<strong>lamps</strong>" in me["note"]
    assert me["source"]["note"] == "I like **lamps**"
    assert (me["source"]["privacy"], me["source"]["sensitive"], me["source"]["language"]) == (
        "private",
        True,
        "de",
    )
    assert [field["name"] for field in me["fields"]] == ["Home"]
    assert "<b>" not in me["fields"][0]["value"]
    assert (await a.get("/api/v1/preferences"))["posting:default:visibility"] == "private"
    kind, document, inboxes = (await sent(world))[-1]
    assert (kind, document["manuallyApprovesFollowers"], document["indexable"]) == ("Update", True, True)
    assert document["attachment"][0]["type"] == "PropertyValue"
    assert document["featured"].endswith("/people/ada/featured")
    assert inboxes == ["https://peer.example/inbox"]
    again = parsing.actor({**document, "@context": []}, world.site.gate)
    assert [field.name for field in again.fields] == ["Home"]
    shown = await a.get("/api/v1/profile")
    assert (shown["avatar"], shown["note"]) == (None, "I like **lamps**")
    for bad in (
        {"display_name": "x" * 10_000}, {"note": "x" * 10_000}, {"source": {"privacy": "secret"}},
        {"fields_attributes": [{"name": "n", "value": "x" * 300}]},
        {"fields_attributes": [{"name": "n", "value": "v"}] * 5},
        {"fields_attributes": [{"name": {"a": "b"}, "value": "v"}]},
        {"source": {"language": "x" * 40}},
    ):  # fmt: skip
        await a.refused(422, "PATCH", "/api/v1/accounts/update_credentials", json=bad)
    assert (await a.get("/api/v1/accounts/verify_credentials"))["display_name"] == "Ada L."
    kept = await a.call("PATCH", "/api/v1/accounts/update_credentials", json={"bot": True})
    assert kept.json()["bot"] is True
    assert (await sent(world))[-1][1]["type"] == "Service"


async def test_pictures_of_a_profile_are_made_into_ours_and_go_again(world, api):
    ada = await world.member("ada")
    a = await api(ada)
    answer = await a.call(
        "PATCH",
        "/api/v1/accounts/update_credentials",
        files={"avatar": ("me.svg", PNG, "image/svg+xml")},
        data={"avatar_description": "a lamp"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["avatar_description"] == "a lamp"
    assert "/media/" in answer.json()["avatar"]
    document = (await sent(world))[-1][1]
    assert (document["icon"]["name"], document["icon"]["type"]) == ("a lamp", "Image")
    answer = await a.call(
        "PATCH", "/api/v1/accounts/update_credentials", json={"avatar_description": "a light"}
    )
    assert answer.json()["avatar_description"] == "a light"
    await a.refused(
        422,
        "PATCH",
        "/api/v1/accounts/update_credentials",
        files={"header": ("x.png", b"<svg>", "image/png")},
    )
    answer = await a.call("DELETE", "/api/v1/profile/avatar")
    assert "/media/" not in answer.json()["avatar"]
    assert "icon" not in (await sent(world))[-1][1]


async def test_a_group_says_what_it_is_by_who_looks_after_it(world, api):
    mo = await world.member("mo")
    group = await make_group(world, "carers")
    async with acquire(world.pool) as db:
        await stored_groups.add_moderator(db, group.actor.id, mo.actor_id)
    g = await api(mo, acts_as=group.actor.id)
    answer = await g.call(
        "PATCH", "/api/v1/accounts/update_credentials", json={"display_name": "Carers of all", "locked": True}
    )
    assert answer.status_code == 200, answer.text
    assert (answer.json()["display_name"], answer.json()["locked"]) == ("Carers of all", False)
    async with acquire(world.pool) as db:
        assert (await actors.by_id(db, group.actor.id)).approves_followers is False
