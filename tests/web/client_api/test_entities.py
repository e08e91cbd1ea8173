"""Statuses, accounts and relationships field by field: as native apps decode them (mastodon-api.md §4)."""

import re
from datetime import timedelta
from typing import Any

from fediverse_support.community.groups import groups
from fediverse_support.community.joining import memberships
from fediverse_support.community.posts import posts
from fediverse_support.community.posts.polls import NewPoll
from fediverse_support.community.posts.posts import Words
from fediverse_support.core import clock
from fediverse_support.core.identifiers import new_id, new_public_id
from fediverse_support.core.models import Account, Group, Post, Viewer
from fediverse_support.database import actors
from fediverse_support.database import posts as stored
from fediverse_support.database.pool import acquire

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ACCOUNT = {
    "id": str,
    "username": str,
    "acct": str,
    "display_name": str,
    "locked": bool,
    "bot": bool,
    "discoverable": bool,
    "indexable": bool,
    "group": bool,
    "created_at": str,
    "note": str,
    "url": str,
    "uri": str,
    "avatar": str,
    "avatar_static": str,
    "avatar_description": str,
    "header": str,
    "header_static": str,
    "header_description": str,
    "followers_count": int,
    "following_count": int,
    "statuses_count": int,
    "last_status_at": (str, type(None)),
    "hide_collections": bool,
    "noindex": bool,
    "emojis": list,
    "roles": list,
    "fields": list,
}
STATUS = {
    "id": str,
    "created_at": str,
    "edited_at": (str, type(None)),
    "in_reply_to_id": (str, type(None)),
    "in_reply_to_account_id": (str, type(None)),
    "sensitive": bool,
    "spoiler_text": str,
    "visibility": str,
    "language": (str, type(None)),
    "uri": str,
    "url": str,
    "replies_count": int,
    "reblogs_count": int,
    "favourites_count": int,
    "quotes_count": int,
    "content": str,
    "reblog": (dict, type(None)),
    "application": (dict, type(None)),
    "account": dict,
    "media_attachments": list,
    "mentions": list,
    "tags": list,
    "emojis": list,
    "quote": type(None),
    "quote_approval": dict,
    "card": (dict, type(None)),
    "poll": (dict, type(None)),
}
OWN = {"favourited": bool, "reblogged": bool, "muted": bool, "bookmarked": bool, "filtered": list}


def has_shape(thing: dict[str, Any], shape: dict[str, Any], optional: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    assert set(thing) - optional == set(shape), set(thing) ^ set(shape)
    for key, kind in shape.items():
        assert isinstance(thing[key], kind), (key, thing[key])
        assert not (kind is int and isinstance(thing[key], bool)), key


def is_account(thing: dict[str, Any]) -> None:
    has_shape(thing, ACCOUNT, {"suspended"})
    assert thing["id"].isdecimal()
    assert MOMENT.fullmatch(thing["created_at"])
    assert thing["last_status_at"] is None or re.fullmatch(r"\d{4}-\d\d-\d\d", thing["last_status_at"])
    for key in ("avatar", "avatar_static", "header", "header_static", "url", "uri"):
        assert re.match(r"https://[^/]+/.", thing[key]), key


def is_status(thing: dict[str, Any], *, signed_in: bool = True) -> None:
    has_shape(thing, STATUS | (OWN if signed_in else {}), {"pinned"})
    assert thing["id"].isdecimal()
    assert MOMENT.fullmatch(thing["created_at"])
    assert thing["visibility"] in ("public", "unlisted", "private", "direct")
    is_account(thing["account"])
    for mention in thing["mentions"]:
        assert set(mention) == {"id", "username", "acct", "url"}
    if thing["reblog"] is not None:
        is_status(thing["reblog"], signed_in=signed_in)
        assert thing["content"] == ""
        assert thing["reblog"]["reblog"] is None


async def _night(world: Any, *members: Account) -> Group:
    async with acquire(world.pool) as db, db.transaction():
        group = await groups.create(db, world.site, world.seal, "night", groups.Answers(title="Night owls"))
        for account in members:
            actor = await actors.by_id(db, account.actor_id)
            assert actor is not None
            await memberships.join(db, world.site, actor, group, clock.now())
    return group


async def _written(world: Any, account: Account, group: Group, text: str, **more: Any) -> Post:
    async with acquire(world.pool) as db, db.transaction():
        author = await actors.by_id(db, account.actor_id)
        assert author is not None
        if (parent := more.pop("parent", None)) is not None:
            viewer = Viewer(actor_id=author.id, account=account, member_of=(group.actor.id,))
            return await posts.reply(
                db,
                world.site,
                author,
                viewer,
                parent.id,
                Words(source=text),
                clock.now(),
                policy=world.policy,
            )
        addition = more.pop("addition", None)
        return await posts.write(
            db,
            world.site,
            author,
            group.actor,
            Words(source=text, **more),
            clock.now(),
            policy=world.policy,
            addition=addition,
        )


async def _sql(world: Any, statement: str, *values: object) -> None:
    async with acquire(world.pool) as db:
        await db.execute(statement, *values)


async def test_a_status_has_every_field_for_its_author_for_others_and_for_guests(
    world: Any, api: Any
) -> None:
    ada, ben = [await world.member(name) for name in ("ada", "ben")]
    night = await _night(world, ada, ben)
    post = await _written(
        world, ada, night, "Hello @ben #Sleep", title="A night", content_warning="Sleep", language="en"
    )
    answer = await _written(world, ben, night, "I know", parent=post)
    await _sql(
        world,
        "insert into reactions (actor_id, object_uri, kind, activity_uri)"
        " values ($1, $3, 'like', 'x'), ($2, $3, 'like', 'y'), ($1, $4, 'dislike', 'z')",
        ada.actor_id,
        ben.actor_id,
        post.uri,
        answer.uri,
    )
    await _sql(world, "insert into bookmarks (actor_id, post_id) values ($1, $2)", ben.actor_id, post.id)
    await _sql(world, "insert into thread_mutes (actor_id, root_id) values ($1, $2)", ben.actor_id, post.id)
    await _sql(world, "insert into pins (group_id, object_uri) values ($1, $2)", ada.actor_id, post.uri)
    mine, his, guest = await api(ada), await api(ben), await api()

    seen = await mine.get(f"/api/v1/statuses/{post.id}")
    is_status(seen)
    assert seen["content"].startswith("<p><strong>A night</strong></p><p>Hello <span")
    assert seen["spoiler_text"] == "Sleep"
    assert seen["sensitive"] is True
    assert seen["visibility"] == "public"
    assert seen["language"] == "en"
    assert (seen["replies_count"], seen["favourites_count"], seen["reblogs_count"]) == (1, 2, 0)
    assert (seen["favourited"], seen["bookmarked"], seen["muted"], seen["pinned"]) == (
        True,
        False,
        False,
        True,
    )
    assert [item["acct"] for item in seen["mentions"]] == ["ben", "night"]
    assert seen["mentions"][0]["url"] in seen["content"]
    assert seen["tags"] == [{"name": "sleep", "url": f"{night.actor.uri}/tagged/sleep"}]
    assert f'href="{seen["tags"][0]["url"]}"' in seen["content"]

    theirs = await his.get(f"/api/v1/statuses/{post.id}")
    assert (theirs["favourited"], theirs["bookmarked"], theirs["muted"]) == (True, True, True)
    assert "pinned" not in theirs
    reply = await his.get(f"/api/v1/statuses/{answer.id}")
    is_status(reply)
    assert reply["in_reply_to_id"] == str(post.id)
    assert reply["in_reply_to_account_id"] == str(ada.actor_id)
    assert reply["favourites_count"] == 0
    is_status(await guest.get(f"/api/v1/statuses/{post.id}"), signed_in=False)
    assert (await guest.get("/api/v1/statuses", **{"id[]": [str(answer.id), "1", "x", str(post.id)]}))[1][
        "id"
    ] == str(post.id)

    boost = (await his.get("/api/v1/timelines/home"))[1]
    is_status(boost)
    wrapper = await his.get(f"/api/v1/statuses/{boost['id']}")
    assert wrapper["reblog"]["id"] == str(post.id)
    assert wrapper["account"]["acct"] == "night"
    assert [item["acct"] for item in await his.get(f"/api/v1/statuses/{boost['id']}/favourited_by")] == [
        "ben",
        "ada",
    ]
    assert await guest.get(f"/api/v1/statuses/{post.id}/favourited_by") == []
    assert await his.get(f"/api/v1/statuses/{post.id}/reblogged_by") == []


async def test_what_one_may_not_see_is_not_there_in_any_form(world: Any, api: Any) -> None:
    ada, ben = [await world.member(name) for name in ("ada", "ben")]
    now, number, public_id = clock.now(), new_id(), new_public_id()
    post = Post(
        id=number,
        uri=world.site.post(public_id),
        public_id=public_id,
        author_id=ada.actor_id,
        root_id=number,
        content_html="<p>for Ben</p>",
        source="for Ben",
        reach="direct",
        named=(ben.actor_id,),
        published_at=now,
        received_at=now,
        active_at=now,
    )
    async with acquire(world.pool) as db, db.transaction():
        await stored.insert(db, post)
        await stored.insert(
            db,
            Post(
                id=number + 1,
                uri=world.site.post("b" * 32),
                public_id="b" * 32,
                author_id=ben.actor_id,
                root_id=number,
                parent_id=number,
                in_reply_to=post.uri,
                content_html="<p>aloud</p>",
                source="aloud",
                reach="open",
                published_at=now,
                received_at=now,
                active_at=now,
            ),
        )
    cleo, ben_app, guest = await api(await world.member("cleo")), await api(ben), await api()
    seen = await ben_app.get(f"/api/v1/statuses/{number}")
    assert seen["visibility"] == "direct"
    assert [item["acct"] for item in seen["mentions"]] == ["ben"]
    assert (await api(ada)) is not None
    for app in (cleo, guest):
        for tail in ("", "/context", "/favourited_by", "/reblogged_by"):
            await app.refused(404, "GET", f"/api/v1/statuses/{number}{tail}")
        assert await app.get("/api/v1/statuses", **{"id[]": str(number)}) == []
        aloud = await app.get(f"/api/v1/statuses/{number + 1}")
        assert aloud["in_reply_to_id"] is None
        assert aloud["in_reply_to_account_id"] is None
        assert (await app.get(f"/api/v1/statuses/{number + 1}/context"))["ancestors"] == []
    for odd in ("9" * 30, "0", "-1", "abc", "1%27"):
        await guest.refused(404, "GET", f"/api/v1/statuses/{odd}")
        await guest.refused(404, "GET", f"/api/v1/accounts/{odd}")
    above = (await ben_app.get(f"/api/v1/statuses/{number + 1}/context"))["ancestors"]
    assert [item["id"] for item in above] == [str(number)]
    for account in (ada, ben):
        for path in ("timelines/home", "timelines/public", f"accounts/{ada.actor_id}/statuses"):
            shown = await (await api(account)).get(f"/api/v1/{path}")
            assert str(number) not in [item["id"] for item in shown]


async def test_a_thread_stands_in_order_and_what_was_deleted_leaves_no_hole(world: Any, api: Any) -> None:
    ada, ben = [await world.member(name) for name in ("ada", "ben")]
    night = await _night(world, ada, ben)
    root = await _written(world, ada, night, "root")
    first = await _written(world, ben, night, "first", parent=root)
    second = await _written(world, ada, night, "second", parent=root)
    below = await _written(world, ada, night, "below first", parent=first)
    deep = await _written(world, ben, night, "deep", parent=below)
    app = await api(ada)
    found = await app.get(f"/api/v1/statuses/{root.id}/context")
    assert found["ancestors"] == []
    assert [item["id"] for item in found["descendants"]] == [
        str(post.id) for post in (first, below, deep, second)
    ]
    above = await app.get(f"/api/v1/statuses/{deep.id}/context")
    assert [item["id"] for item in above["ancestors"]] == [str(post.id) for post in (root, first, below)]
    async with acquire(world.pool) as db:
        boost = await db.fetchval("select id from boosts where post_id = $1", root.id)
    assert await app.get(f"/api/v1/statuses/{boost}/context") == found
    await _sql(world, "update posts set state = 'deleted' where id = $1", first.id)
    left = await app.get(f"/api/v1/statuses/{root.id}/context")
    assert [(item["id"], item["in_reply_to_id"]) for item in left["descendants"]] == [
        (str(second.id), str(root.id)),
        (str(below.id), str(root.id)),
        (str(deep.id), str(below.id)),
    ]
    assert left["descendants"][1]["in_reply_to_account_id"] == str(ada.actor_id)
    await app.refused(404, "GET", f"/api/v1/statuses/{first.id}/context")
    await _sql(
        world, "insert into personal_mutes (actor_id, muted_id) values ($1, $2)", ada.actor_id, ben.actor_id
    )
    assert [item["id"] for item in (await app.get(f"/api/v1/statuses/{root.id}/context"))["descendants"]] == [
        str(second.id),
        str(below.id),
    ]


async def test_a_poll_has_own_votes_and_hides_what_it_shall(world: Any, api: Any) -> None:
    ada, ben = [await world.member(name) for name in ("ada", "ben")]
    night = await _night(world, ada, ben)
    post = await _written(
        world, ada, night, "Tea?", addition=NewPoll(answers=("Yes", "No"), ends_after=timedelta(days=1))
    )
    await _sql(
        world,
        "insert into poll_votes (post_id, position, actor_id, activity_uri) values ($1, 1, $2, 'x')",
        post.id,
        ben.actor_id,
    )
    poll = (await (await api(ben)).get(f"/api/v1/statuses/{post.id}"))["poll"]
    assert poll | {"expires_at": None} == {
        "id": str(post.id),
        "expires_at": None,
        "expired": False,
        "multiple": False,
        "votes_count": 1,
        "voters_count": 1,
        "emojis": [],
        "voted": True,
        "own_votes": [1],
        "options": [{"title": "Yes", "votes_count": None}, {"title": "No", "votes_count": None}],
    }
    assert poll["expires_at"] is None or MOMENT.fullmatch(poll["expires_at"])
    guest = (await (await api()).get(f"/api/v1/statuses/{post.id}"))["poll"]
    assert not {"voted", "own_votes"} & set(guest)
    assert (await (await api(ada)).get(f"/api/v1/statuses/{post.id}"))["poll"]["voted"] is True
    await _sql(world, "update polls set hides_totals = false where post_id = $1", post.id)
    shown = (await (await api()).get(f"/api/v1/statuses/{post.id}"))["poll"]
    assert [option["votes_count"] for option in shown["options"]] == [0, 1]


async def test_an_account_has_every_field(world: Any, api: Any) -> None:
    ada, ben = await world.member("ada", role="admin"), await world.member("ben")
    night = await _night(world, ada)
    await _sql(
        world,
        """
        update actors
           set fields = $2, summary_html = '<p>hi</p>', summary_source = 'hi', approves_followers = true
         where id = $1
        """,
        ben.actor_id,
        [{"name": "Home", "source": "here", "html": "<p>here</p>"}],
    )
    app, other, guest = await api(ada), await api(ben), await api()
    for who in (app, other, guest):
        for number in (ada.actor_id, ben.actor_id, night.actor.id):
            is_account(await who.get(f"/api/v1/accounts/{number}"))
    assert (await guest.get(f"/api/v1/accounts/{night.actor.id}"))["fields"] == []
    await _sql(world, "update groups set rules_version = 1 where actor_id = $1", night.actor.id)
    rules = (await guest.get(f"/api/v1/accounts/{night.actor.id}"))["fields"][0]
    assert f'href="{night.actor.uri}/rules"' in rules["value"]
    seen = await guest.get(f"/api/v1/accounts/{ben.actor_id}")
    assert seen["locked"] is True
    assert seen["fields"] == [{"name": "Home", "value": "<p>here</p>", "verified_at": None}]
    me = await other.get("/api/v1/accounts/verify_credentials")
    assert me["id"] == str(ben.actor_id)
    assert me["source"]["note"] == "hi"
    assert me["source"]["privacy"] == "unlisted"
    assert me["source"]["fields"] == [{"name": "Home", "value": "here", "verified_at": None}]
    assert me["role"]["permissions"] == "0"
    assert int((await app.get("/api/v1/accounts/verify_credentials"))["role"]["permissions"]) & 16
    await _sql(world, "insert into group_moderators values ($1, $2)", night.actor.id, ada.actor_id)
    as_group = await api(ada, acts_as=night.actor.id)
    group = await as_group.get("/api/v1/accounts/verify_credentials")
    assert (group["group"], group["role"]["permissions"]) == (True, "0")
    assert await app.get("/api/v1/preferences") == {
        "posting:default:visibility": "unlisted",
        "posting:default:sensitive": False,
        "posting:default:language": None,
        "posting:default:quote_policy": "nobody",
        "reading:expand:media": "default",
        "reading:expand:spoilers": False,
        "reading:autoplay:gifs": False,
    }
    narrow = await api(ada, ("profile",))
    assert (await narrow.get("/api/v1/accounts/verify_credentials"))["acct"] == "ada"
    assert "scopes" in await narrow.refused(403, "GET", "/api/v1/timelines/home")
    assert "scopes" in await (await api(ada, ("write",))).refused(
        403, "GET", "/api/v1/accounts/verify_credentials"
    )


async def test_a_relationship_tells_nobody_who_blocked_whom(world: Any, api: Any) -> None:
    ada, ben = await world.member("ada", role="admin"), await world.member("ben")
    night = await _night(world, ada)
    app, other, guest = await api(ada), await api(ben), await api()
    await _sql(
        world,
        "insert into personal_blocks (actor_id, blocked_id) values ($1, $2)",
        ben.actor_id,
        ada.actor_id,
    )
    related = await app.get(
        "/api/v1/accounts/relationships", **{"id[]": [str(ben.actor_id), str(night.actor.id), "5"]}
    )
    assert [item["id"] for item in related] == [str(ben.actor_id), str(night.actor.id)]
    assert related[0] == {
        "id": str(ben.actor_id),
        "following": False,
        "showing_reblogs": False,
        "notifying": False,
        "languages": None,
        "followed_by": False,
        "blocking": False,
        "blocked_by": False,
        "muting": False,
        "muting_notifications": False,
        "muting_expires_at": None,
        "requested": False,
        "requested_by": False,
        "domain_blocking": False,
        "endorsed": False,
        "note": "",
    }
    assert related[1]["following"] is True
    assert related[1]["showing_reblogs"] is True
    assert (await other.get("/api/v1/accounts/relationships", id=str(ada.actor_id)))[0]["blocking"] is True
    assert (await app.get("/api/v1/accounts/lookup", acct=f"ben@{world.site.domain}"))["acct"] == "ben"
    await app.refused(404, "GET", "/api/v1/accounts/lookup", params={"acct": "nobody@peer.example"})
    await app.refused(404, "GET", "/api/v1/accounts/lookup")

    # Whom somebody follows is theirs to show, and in which groups they are is nobody's to learn.
    assert [item["acct"] for item in await app.get(f"/api/v1/accounts/{ada.actor_id}/following")] == ["night"]
    assert await guest.get(f"/api/v1/accounts/{ada.actor_id}/following") == []
    await _sql(world, "update actors set hides_network = false where id = $1", ada.actor_id)
    assert await guest.get(f"/api/v1/accounts/{ada.actor_id}/following") == []
    await _sql(
        world,
        "insert into follows (follower_id, followed_id, state, activity_uris)"
        " values ($1, $2, 'accepted', '{}')",
        ada.actor_id,
        ben.actor_id,
    )
    assert [item["acct"] for item in await guest.get(f"/api/v1/accounts/{ada.actor_id}/following")] == ["ben"]
    await _sql(world, "update actors set state = 'suspended' where id = $1", ben.actor_id)
    await guest.refused(404, "GET", f"/api/v1/accounts/{ben.actor_id}")
    await guest.refused(404, "GET", "/api/v1/accounts/lookup", params={"acct": "ben"})
    is_account(await app.get(f"/api/v1/accounts/{ben.actor_id}"))
    await _sql(world, "update actors set is_local = false where id = $1", ben.actor_id)
    gone = await guest.get(f"/api/v1/accounts/{ben.actor_id}")
    is_account(gone)
    assert gone["suspended"] is True
    assert gone["note"] == ""
