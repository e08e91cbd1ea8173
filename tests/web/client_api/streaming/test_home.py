"""What reaches the stream of somebody's Home is what they find there when they look, and the other way."""

import msgspec

from fediverse_support.community.reading import timelines
from fediverse_support.core.identifiers import new_public_id
from fediverse_support.core.models import Viewer
from fediverse_support.database import posts, stream_audiences
from fediverse_support.database.pool import acquire
from fediverse_support.database.timeline_parts import Part


async def viewer_of(db, who) -> Viewer:
    rows = await db.fetch(
        "select f.followed_id, a.type from follows f join actors a on a.id = f.followed_id "
        "where f.follower_id = $1 and f.state = 'accepted'",
        who,
    )
    blocks = await db.fetch(
        "select blocked_id as id from personal_blocks where actor_id = $1 "
        "union select actor_id from personal_blocks where blocked_id = $1",
        who,
    )
    return Viewer(
        actor_id=who,
        member_of=tuple(row[0] for row in rows if row[1] == "Group"),
        follows=tuple(row[0] for row in rows if row[1] != "Group"),
        apart_from=tuple(row["id"] for row in blocks),
    )


async def test_home_as_it_is_streamed_is_home_as_it_is_read(home):
    people = [await home.member(f"person{number}") for number in range(6)]
    ada, ben, cem, dan, eve, fay = people
    open_group, closed = await home.group("tea"), await home.group("sober", seeing="members", reach="members")
    for member in people[:4]:
        await home.join(member, open_group.actor)
    for member in (ada, ben):
        await home.join(member, closed.actor)
    follow = """
        insert into follows (follower_id, followed_id, state, activity_uris, accepted_at, in_home,
                             shows_boosts, languages)
        values ($1, $2, 'accepted', '{}', now(), $3, $4, $5)
    """
    for follower, followed, in_home, boosts, languages in (
        (ben, ada, True, True, []),
        (cem, ada, True, False, []),
        (dan, ada, False, True, []),
        (eve, ada, True, True, []),
        (eve, ben, True, True, []),
        (fay, ada, True, True, ["de"]),
        (fay, ben, True, True, []),
    ):
        await home.pool.execute(follow, follower.id, followed.id, in_home, boosts, languages)
    await home.pool.execute(
        "update follows set shows_boosts = false where follower_id = $1 and followed_id = $2",
        cem.id,
        open_group.actor.id,
    )
    await home.pool.execute("insert into personal_mutes (actor_id, muted_id) values ($1, $2)", dan.id, ben.id)
    await home.pool.execute(
        "insert into personal_blocks (actor_id, blocked_id) values ($1, $2)", eve.id, ben.id
    )
    template = await home.write(ada, open_group.actor, "A thread.")
    await home.write(ben, open_group.actor, "Another.")
    await home.write(ada, closed.actor, "For members.")
    answer = await home.reply(ben, template)
    await home.reply(ada, answer)

    async def personal(author, reach, parent=None, language=None, named=()):
        async with acquire(home.pool) as db, db.transaction():
            number = await db.fetchval("select number_at(clock_timestamp())")
            made = msgspec.structs.replace(
                template, id=number, uri=f"{template.uri}/{number}", public_id=new_public_id(),
                author_id=author.id, group_id=None, root_id=parent.root_id if parent else number,
                parent_id=parent.id if parent else None, in_reply_to=parent.uri if parent else None,
                reach=reach, language=language, named=tuple(one.id for one in named), mentions=(),
            )  # fmt: skip
            await posts.insert(db, made)
        return made

    said = await personal(ada, "open")
    await personal(ada, "followers", language="de")
    await personal(ada, "followers", language="en")
    await personal(ada, "direct", named=(ben,))
    await personal(ada, "quiet", parent=said)
    to_stranger = await personal(fay, "open")
    await personal(ada, "open", parent=to_stranger)
    await personal(ben, "open", parent=said)
    for booster, post in ((ben, said), (ada, to_stranger), (cem, template), (ben, to_stranger)):
        await home.pool.execute(
            "insert into boosts (id, actor_id, object_uri, post_id, activity_uris) "
            "values (number_at(clock_timestamp()), $1, $2, $3, '{}')",
            booster.id, post.uri, post.id,
        )  # fmt: skip

    numbers = [one.id for one in people]
    entries = await home.pool.fetch(
        "select id, id as post_id, null::bigint as booster from posts "
        "union all select id, post_id, actor_id from boosts order by id"
    )
    assert len(entries) > 18
    streamed = {who: set() for who in numbers}
    stands = {}
    async with acquire(home.pool) as db:
        for entry in entries:
            for who in await stream_audiences.home(
                db, entry["id"], entry["post_id"], entry["booster"], numbers
            ):
                streamed[who].add(entry["id"])
        for who in numbers:
            page = await timelines.home(
                db, await viewer_of(db, who), Part(limit=40, max_id=2**63 - 1, after=0)
            )
            stands[who] = {status.entry_id for status in page.statuses}
    assert streamed == stands
    assert all(stands.values())
