"""What people say outside of groups: what other servers get of it, may ask for, and never learn."""

import json

import pytest

from fediverse_support.community.people import personal_posts
from fediverse_support.community.posts import posts, reacting
from fediverse_support.core import clock
from fediverse_support.core.models import Viewer
from fediverse_support.database import holds as stored_holds
from fediverse_support.database.pool import acquire
from fediverse_support.moderation import holds
from fediverse_support.policy.document import RuleText
from tests.support.followers import told
from tests.support.remote import RemoteActor

SECRET = "quokka"


async def says(home, author, source: str, reach: str, parent=None):
    async with acquire(home.pool) as db, db.transaction():
        return await personal_posts.write(
            db,
            home.site,
            author,
            posts.Words(source=source, reach=reach),
            clock.now(),
            policy=home.policy,
            parent=parent,
        )


async def follower(home, followed, name: str, origin: str) -> RemoteActor:
    remote = RemoteActor(name, origin)
    stored = await home.meet(remote)
    await home.pool.execute(
        """
        insert into follows (follower_id, followed_id, state, activity_uris) values ($1, $2, 'accepted', '{}')
        """,
        stored.id,
        followed.id,
    )
    return remote


async def test_no_server_is_shown_what_is_for_certain_people(home):
    ada = await home.member()
    rosa = await follower(home, ada, "rosa", "https://far.example")
    await home.meet(RemoteActor("theo", "https://other.example"))
    private = [
        await says(home, ada, f"{SECRET} @rosa@far.example", "direct"),
        await says(home, ada, f"{SECRET} for those who follow", "followers"),
    ]
    public = await says(home, ada, "for everybody", "open")
    private.append(await says(home, ada, f"{SECRET} @theo@other.example", "direct", public))
    activities = {
        row["object_uri"]: row["uri"]
        for row in await home.pool.fetch("select uri, object_uri from activities")
    }

    async def asked(url: str) -> tuple[int, str]:
        path = url.removeprefix(home.site.origin)
        answer = await home.get(path, **rosa.sign_get(url))
        return answer.status_code, answer.text

    for post in private:
        places = [post.uri, f"{post.uri}/replies", f"{post.uri}/context", activities[post.uri]]
        for place in places:
            status, text = await asked(place)
            assert (status, SECRET in text) == (404, False), place
            assert (await home.get(place.removeprefix(home.site.origin))).status_code == 404
    for place in (
        f"{ada.uri}/outbox",
        f"{ada.uri}/outbox/newest",
        f"{public.uri}/replies",
        f"{public.uri}/context",
        ada.uri,
    ):
        status, text = await asked(place)
        assert (status, SECRET in text) == (200, False), place
        assert not any(post.public_id in text for post in private), place
    outbox = json.loads((await asked(f"{ada.uri}/outbox"))[1])
    assert [item["object"]["id"] for item in outbox["orderedItems"]] == [public.uri]
    assert (await asked(public.uri))[0] == 200
    assert await told(home, "far.example") == [("Create", "Note")] * 3
    assert await told(home, "other.example") == [("Create", "Note")]
    # What it was, nobody learns when it is gone either.
    for post in private:
        await home.delete(ada, post)
        assert (await asked(post.uri))[0] == 404
    assert (await told(home, "other.example"))[-1] == ("Delete", "Tombstone")


async def test_what_waits_outside_of_groups_is_told_when_it_is_let_in(home):
    ada = await home.member()
    await follower(home, ada, "rosa", "https://far.example")
    await home.rules(RuleText(name="slow", when={"words": ["slow"]}, then="hold", reason="First read."))
    post = await says(home, ada, "a slow day", "open")
    assert post.state == "held"
    assert await told(home, "far.example") == []
    async with acquire(home.pool) as db, db.transaction():
        number = await stored_holds.open_of(db, post.id)
        await holds.accept(db, home.site, number, None, clock.now())
    assert (await home.post_by_uri(post.uri)).state == "live"
    assert await told(home, "far.example") == [("Create", "Note")]
    await home.edit(ada, await home.post_by_uri(post.uri), "a day")
    assert (await told(home, "far.example"))[-1] == ("Update", "Note")


@pytest.mark.parametrize("reach", ["members", "sealed"])
async def test_words_for_members_are_never_boosted_or_liked_outside(home, reach):
    ada, group = await home.member(), await home.group(reach=reach)
    ben = await home.member("ben")
    for person in (ada, ben):
        await home.join(person, group.actor)
    post = await home.write(ada, group.actor, f"{SECRET}")
    viewer = Viewer(actor_id=ben.id, member_of=(group.actor.id,))
    async with acquire(home.pool) as db, db.transaction():
        await reacting.favourite(db, home.site, ben, viewer, post.id, clock.now())
        with pytest.raises(reacting.Forbidden):
            await reacting.boost(db, home.site, ben, viewer, post.id, clock.now())
        with pytest.raises(reacting.Missing):
            await reacting.favourite(db, home.site, ben, Viewer(actor_id=ben.id), post.id, clock.now())
    about = await home.published(ben)
    assert [one["type"] for one in about] == ([] if reach == "sealed" else ["Like"])
    assert SECRET not in json.dumps(about)
