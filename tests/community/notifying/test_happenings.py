"""Who is told of a deed, and who is not: in the same transaction, by whichever way the deed came."""

from datetime import timedelta
from typing import Any

import msgspec

from fediverse_support.community.notifying import happenings
from fediverse_support.community.posts import releasing
from fediverse_support.core import clock
from fediverse_support.database import accounts, follows, reports
from fediverse_support.database import posts as stored_posts
from fediverse_support.database.pool import acquire
from fediverse_support.moderation import posts as moderating


async def told(home, actor) -> list[tuple[str, int, int | None]]:
    """What one has been told and what was not filtered away: kind, by whom, about which post."""
    rows = await home.pool.fetch(
        """
        select kind, from_id, post_id from notifications
         where actor_id = $1 and not is_filtered order by id
        """,
        actor.id,
    )
    return [tuple(row) for row in rows]


async def do(home, deed, *given: Any) -> Any:
    async with acquire(home.pool) as db, db.transaction():
        return await deed(db, *given)


async def events(home, kind: str) -> list[int]:
    rows = await home.pool.fetch("select subject_id from stream_events where kind = $1 order by id", kind)
    return [row["subject_id"] for row in rows]


async def test_what_one_may_not_see_or_wants_nothing_of_is_not_told(home):
    ada, ben, cem, dan = [await home.member(name) for name in ("ada", "ben", "cem", "dan")]
    group = await home.group("sober", seeing="members", reach="members")
    for member in (ada, ben, cem):
        await home.join(member, group.actor)
    await home.pool.execute("update follows set notifies = true where follower_id = $1", cem.id)
    await home.pool.execute(
        "insert into personal_blocks (actor_id, blocked_id) values ($1, $2)", cem.id, ben.id
    )
    by_ada = await home.write(ada, group.actor, "Good morning @ben and @dan and @ada.")
    by_ben = await home.write(ben, group.actor, "Hello @cem.")
    assert await told(home, ben) == [("mention", ada.id, by_ada.id)]
    assert await told(home, dan) == [], "not a member, so it is not for them"
    assert await told(home, ada) == [], "by oneself"
    assert await told(home, cem) == [("status", ada.id, by_ada.id)], "a ring, but not of who is blocked"

    await home.pool.execute("insert into personal_mutes (actor_id, muted_id) values ($1, $2)", ada.id, ben.id)
    await home.reply(ben, by_ada)
    assert await told(home, ada) == [], "muted"
    await home.pool.execute("update personal_mutes set hides_notifications = false")
    answer = await home.reply(ben, by_ada)
    assert await told(home, ada) == [("mention", ben.id, answer.id)], "answered, though not named"
    await home.pool.execute(
        "update personal_mutes set hides_notifications = true, ends_at = now() - '1s'::interval"
    )
    await home.pool.execute("insert into thread_mutes (actor_id, root_id) values ($1, $2)", ada.id, by_ada.id)
    await home.reply(ben, by_ada)
    assert len(await told(home, ada)) == 1, "a thread that is muted"
    # Twice is once; and what was deleted takes along what was told of it.
    for _ in range(2):
        await do(home, happenings.favourited, ada.id, by_ben, clock.now())
        await do(home, happenings.boosted, ada.id, by_ben, clock.now())
    assert [kind for kind, _, _ in await told(home, ben)] == ["mention", "favourite", "reblog"]
    await do(home, happenings.unfavourited, ada.id, by_ben.id)
    await home.delete(ada, by_ada)
    assert await told(home, ben) == [("reblog", ada.id, by_ben.id)]
    assert by_ada.id in await events(home, "delete")


async def test_strangers_wait_or_are_dropped_as_one_wishes(home):
    ada, ben, cem = [await home.member(name) for name in ("ada", "ben", "cem")]
    group = await home.group()
    for member in (ada, ben, cem):
        await home.join(member, group.actor)
    start = await home.write(ada, group.actor)
    await home.pool.execute(
        "insert into notification_policies (actor_id, for_not_following) values ($1, 'filter')", ada.id
    )
    await home.reply(ben, start)
    assert await told(home, ada) == []
    assert (
        await home.pool.fetchval("select from_id from notification_requests where actor_id = $1", ada.id)
        == ben.id
    )
    assert await events(home, "notification") == [], "what is filtered disturbs nobody"
    async with acquire(home.pool) as db:
        await follows.ask(db, ada.id, cem.id, "x")
        await follows.accept(db, ada.id, cem.id, clock.now())
    await do(home, happenings.favourited, cem.id, start, clock.now())
    await home.pool.execute(
        "insert into notification_permissions (actor_id, from_id) values ($1, $2)", ada.id, ben.id
    )
    await do(home, happenings.favourited, ben.id, start, clock.now())
    assert [row[:2] for row in await told(home, ada)] == [("favourite", cem.id), ("favourite", ben.id)]
    keys = await home.pool.fetch("select distinct group_key from notifications where kind = 'favourite'")
    assert len(keys) == 1
    assert keys[0][0].startswith(f"favourite-{start.id}-")
    await home.pool.execute("delete from notification_permissions")
    await home.pool.execute(
        "update notification_policies set for_not_followers = 'drop', for_new_accounts = 'filter'"
    )
    await do(home, happenings.boosted, ben.id, start, clock.now())
    assert await home.pool.fetchval("select count(*) from notifications where kind = 'reblog'") == 0


async def test_held_posts_follows_polls_reports_and_warnings_are_told_at_their_time(home):
    ada, ben = [await home.member(name) for name in ("ada", "ben")]
    group = await home.group()
    for member in (ada, ben):
        await home.join(member, group.actor)
    await home.pool.execute(
        "insert into group_moderators (group_id, actor_id) values ($1, $2)", group.actor.id, ben.id
    )
    now = clock.now()
    post = await home.write(ada, group.actor, "Hello @ben.")
    await home.pool.execute("delete from notifications")
    await home.pool.execute("delete from stream_events")
    async with acquire(home.pool) as db, db.transaction():
        await stored_posts.set_state(db, post.id, "held", None)
        held = await stored_posts.by_id(db, post.id)
        await happenings.post_live(db, home.site, held, now)
    assert await told(home, ben) == []
    boost = await home.pool.fetchval("select id from boosts where post_id = $1", post.id)
    assert await events(home, "delete") == [post.id, boost]
    async with acquire(home.pool) as db, db.transaction():
        await releasing.let_in(db, home.site, held, now)
    assert await told(home, ben) == [("mention", ada.id, post.id)]
    assert await events(home, "update") == [post.id, boost]
    late = msgspec.structs.replace(held, published_at=now - timedelta(days=3), state="live")
    await home.pool.execute("delete from notifications")
    await do(home, happenings.post_live, home.site, late, now)
    assert await told(home, ben) == [], "what was old when it came is no news"

    await home.pool.execute(
        "insert into reports (id, reporter_uri, object_uris) values (7, $1, array[$2])", ada.uri, post.uri
    )
    await do(home, happenings.reported, 7, ada.id, group.actor.id, now)
    assert await told(home, ben) == [("admin.report", ada.id, None)]
    assert await told(home, group.actor) == [("admin.report", ada.id, None)]
    await do(home, happenings.followed, ada.id, group.actor.id, True, now)
    assert (await told(home, group.actor))[-1] == ("follow_request", ada.id, None)
    async with acquire(home.pool) as db:
        await follows.remove(db, ada.id, group.actor.id)
    assert len(await told(home, group.actor)) == 1, "gone with the follow"
    account = await home.pool.fetchval("select id from accounts where actor_id = $1", ben.id)
    async with acquire(home.pool) as db, db.transaction():
        by = await accounts.by_id(db, account)
        await moderating.hide(db, home.site, await stored_posts.by_id(db, post.id), by, "Why", clock.now())
    assert await told(home, ada) == [("moderation_warning", ada.id, None)]


async def test_who_is_reported_does_not_learn_by_whom_and_others_look_at_it(home):
    ada, ben, cem, dora = [await home.member(name) for name in ("ada", "ben", "cem", "dora")]
    group = await home.group("open")
    for member in (ada, ben, cem):
        await home.join(member, group.actor)
    for name, role in (("ben", "moderator"), ("dora", "admin")):
        await home.pool.execute(
            "update accounts set role = $2 where actor_id = (select id from actors where name = $1)",
            name,
            role,
        )
    for member in (ben, cem):
        await home.pool.execute(
            "insert into group_moderators (group_id, actor_id) values ($1, $2)", group.actor.id, member.id
        )
    post = await home.write(ben, group.actor, "Pull yourself together.")
    await home.pool.execute("delete from notifications")
    await home.pool.execute(
        "insert into reports (id, reporter_uri, object_uris, group_id) values (7, $1, array[$2], $3)",
        ada.uri,
        post.uri,
        group.actor.id,
    )
    await do(home, happenings.reported, 7, ada.id, group.actor.id, clock.now())
    assert await told(home, ben) == []
    assert await told(home, group.actor) == [], "ben may act as the group"
    assert await told(home, cem) == await told(home, dora) == [("admin.report", ada.id, None)]
    async with acquire(home.pool) as db:
        assert await reports.of_group(db, group.actor.id, ben.id, 20) == []
        assert len(await reports.of_group(db, group.actor.id, cem.id, 20)) == 1
        assert await reports.still_open(db, ben.id, 20) == []
        assert len(await reports.still_open(db, dora.id, 20)) == 1
        await db.execute("update accounts set state = 'disabled' where actor_id = $1", dora.id)
        assert len(await reports.still_open(db, ben.id, 20)) == 1, "nobody else would see it"
