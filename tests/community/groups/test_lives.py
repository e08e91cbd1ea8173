"""Archiving, moving and deleting a group: refusals first, then what is told to whom and what is left."""

import pytest

from fediverse_support.community.groups import groups, lives
from fediverse_support.community.house import topics
from fediverse_support.community.joining import memberships
from fediverse_support.community.posts import posts
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Forbidden, Malformed, Missing
from fediverse_support.database import actors, follows
from fediverse_support.database import groups as stored
from fediverse_support.database import lives as stored_lives
from fediverse_support.database.pool import acquire


async def fresh(home, group):
    async with acquire(home.pool) as db:
        return await stored.by_actor(db, group.actor.id)


async def elsewhere(home, name="choir", kind="Group", aliases=(), moved_to=None):
    """A group of another server, as it was just fetched."""
    uri = f"https://harbour.example/groups/{name}"
    async with acquire(home.pool) as db:
        await db.execute(
            """
            insert into actors (id, uri, type, is_local, name, host, inbox_url, also_known_as, moved_to)
            values ((random() * 1e12)::bigint, $1, $2, false, $3, 'harbour.example', $1 || '/inbox', $4, $5)
            """,
            uri,
            kind,
            name,
            list(aliases),
            moved_to,
        )
        return await actors.by_uri(db, uri)


async def follower(home, group, name="rosa"):
    actor = await elsewhere(home, name, "Person")
    await home.join(actor, group.actor)
    return actor


async def does(home, deed, *arguments):
    async with acquire(home.pool) as db, db.transaction():
        return await deed(db, home.site, *arguments)


async def test_nobody_joins_or_writes_in_an_archived_group(home):
    group, ada, ben = await home.group(), await home.member("ada"), await home.member("ben")
    await home.join(ada, group.actor)
    first = await home.write(ada, group.actor)
    archived = await does(home, lives.archive, group)
    rosa = await elsewhere(home, "rosa", "Person")
    with pytest.raises(Forbidden):
        await home.write(ada, group.actor)
    with pytest.raises(Forbidden):
        await home.reply(ada, first)
    with pytest.raises(Forbidden):
        await does(home, memberships.join, ben, archived, clock.now())
    with pytest.raises(Forbidden):
        async with acquire(home.pool) as db, db.transaction():
            await memberships.ask(
                db, home.site, rosa, group.actor, "https://h/1", clock.now(), must_wait=False
            )
    assert await home.pool.fetchval("select state from posts where id = $1", first.id) == "live"


async def test_archived_and_running_again_are_told_as_who_may_post(home):
    group = await home.group()
    await follower(home, group)
    await does(home, lives.archive, group)
    await does(home, lives.reopen, await fresh(home, group))
    said = await home.published(group.actor)
    assert [one["type"] for one in said] == ["Update", "Update"]
    assert [one["object"]["postingRestrictedToMods"] for one in said] == [True, False]
    assert await home.pool.fetchval("select count(*) from deliveries") == 2


async def test_what_a_person_did_is_told_as_theirs_too(home):
    """Lemmy takes an Update of a group only from one of the people who look after it."""
    group, ada = await home.group(), await home.member()
    await does(home, lives.archive, group, ada)
    (update,) = await home.published(ada)
    assert (update["type"], update["object"]["postingRestrictedToMods"]) == ("Update", True)
    assert [one["type"] for one in await home.published(group.actor)] == ["Update", "Announce"]


@pytest.mark.parametrize("reach", ["sealed"])
async def test_a_group_that_nobody_outside_knows_says_nothing_outside(home, reach):
    group = await home.group(reach=reach)
    ours = group.actor.uri
    target = await elsewhere(home, aliases=[ours])
    await does(home, lives.archive, group)
    for refused in (lives.move, lives.add_alias):
        with pytest.raises(Conflict):
            await does(home, refused, await fresh(home, group), target)
    await does(home, lives.delete, await fresh(home, group), clock.now())
    assert await home.published(group.actor) == []
    assert (await home.get("/groups/sober")).status_code == 404


@pytest.mark.parametrize(
    ("target", "trouble"),
    [
        ({"aliases": ["https://garden.example/groups/other"]}, "does not say yet"),
        ({}, "does not say yet"),
        ({"kind": "Person", "aliases": ["OURS"]}, "a group of another server"),
        ({"aliases": ["OURS"], "moved_to": "https://third.example/g"}, "has not moved itself"),
    ],
)
async def test_a_group_moves_only_to_one_that_carries_it_on(home, target, trouble):
    group = await home.group()
    named = [group.actor.uri if one == "OURS" else one for one in target.get("aliases", [])]
    new = await elsewhere(home, **target | {"aliases": named})
    with pytest.raises(Malformed, match=trouble):
        await does(home, lives.move, group, new)
    assert (await fresh(home, group)).actor.moved_to is None
    assert await home.published(group.actor) == []


async def test_a_group_never_moves_to_another_one_here(home):
    group, other = await home.group(), await home.group("other")
    await home.pool.execute(
        "update actors set also_known_as = array[$2] where id = $1", other.actor.id, group.actor.uri
    )
    with pytest.raises(Malformed):
        await does(home, lives.move, group, (await fresh(home, other)).actor)


async def test_a_move_names_the_new_place_first_and_takes_nobody_here_along(home):
    group, ada = await home.group(), await home.member()
    await home.join(ada, group.actor)
    await follower(home, group)
    target = await elsewhere(home, aliases=[group.actor.uri])
    moved = await does(home, lives.move, group, target)
    update, move = await home.published(group.actor)
    assert update["object"]["movedTo"] == target.uri
    assert update["object"]["postingRestrictedToMods"]
    assert (move["type"], move["object"], move["target"]) == ("Move", group.actor.uri, target.uri)
    assert move["to"] == [f"{group.actor.uri}/followers"]
    served = (await home.get("/groups/sober")).json()
    assert served["movedTo"] == target.uri
    with pytest.raises(Forbidden):
        await home.write(ada, group.actor)
    with pytest.raises(Conflict):
        await does(home, lives.move, moved, target)
    async with acquire(home.pool) as db:
        assert await follows.between(db, ada.id, target.id) is None


async def test_a_move_can_be_taken_back(home):
    group = await home.group()
    target = await elsewhere(home, aliases=[group.actor.uri])
    moved = await does(home, lives.move, group, target)
    back = await does(home, lives.reopen, moved)
    assert (back.actor.moved_to, back.life) == (None, "running")
    assert "movedTo" not in (await home.get("/groups/sober")).json()


async def test_a_group_says_what_it_carries_on(home):
    group, former = await home.group(), await elsewhere(home)
    for _ in range(2):
        group = await does(home, lives.add_alias, await fresh(home, group), former)
    assert (await home.get("/groups/sober")).json()["alsoKnownAs"] == [former.uri]
    with pytest.raises(Missing):
        await does(home, lives.remove_alias, group, "https://harbour.example/groups/none")
    await does(home, lives.remove_alias, group, former.uri)
    assert "alsoKnownAs" not in (await home.get("/groups/sober")).json()


async def test_only_groups_elsewhere_are_carried_on_and_not_too_many(home):
    group, other = await home.group(), await home.group("other")
    for wrong in (await elsewhere(home, "rosa", "Person"), other.actor):
        with pytest.raises(Malformed):
            await does(home, lives.add_alias, group, wrong)
    for number in range(lives.MOST_ALIASES):
        await does(home, lives.add_alias, await fresh(home, group), await elsewhere(home, f"g{number}"))
    with pytest.raises(Conflict):
        await does(home, lives.add_alias, await fresh(home, group), await elsewhere(home, "more"))


async def furnished(home):
    """A group with one of everything."""
    group, sister = await home.group(), await home.group("sister")
    ada = await home.member()
    await home.join(ada, group.actor)
    await follower(home, group)
    root = await home.write(ada, group.actor, "MARKER words")
    await home.reply(ada, root)
    number = group.actor.id
    async with acquire(home.pool) as db, db.transaction():
        await topics.add(db, "Grief")
        await topics.put_group(db, number, ["grief"])
        await stored.add_moderator(db, number, ada.id)
        await stored_lives.offer(db, number, ada.id, ada.id, clock.now())
        await stored.pin(db, number, root.uri)
        for statement in (
            "insert into sister_groups values ($1, $2), ($2, $1)",
            "insert into group_tags (group_id, name, label) values ($1, 'a', 'A') returning $2::bigint",
            "insert into wiki_pages (id, group_id, slug) values ($2, $1, 'a')",
            "insert into group_rule_versions (group_id, version) values ($1, 1) returning $2::bigint",
            "insert into rule_agreements (group_id, actor_id, version) values ($1, $2, 1)",
            "insert into group_rules (group_id, version, position, title) values ($1, 1, 1, $2::int8::text)",
            "insert into invitations (id, group_id, handle, expires_at) values ($2, $1, 'a@b', now())",
            "insert into join_requests (id, group_id, actor_id) values (1, $1, $2)",
            """
            insert into repeating_threads
                (id, group_id, author_id, title, source, frequency, at_time, time_zone, next_at)
            values (1, $1, $2, 'x', 'x', 'daily', '10:00', 'UTC', now())
            """,
        ):
            await db.execute(statement, number, ada.id if "actor_id" in statement else sister.actor.id)
    return group, root, ada


async def test_nothing_of_a_deleted_group_is_left(home):
    group, _, ada = await furnished(home)
    number = group.actor.id
    async with acquire(home.pool) as db, db.transaction():
        await db.execute(
            "insert into drafts (account_id, place, title, source) select id, $1, '', 'MARKER' from accounts",
            "/groups/sober/write",
        )
        await db.execute(
            "insert into entry_notices_seen (group_id, actor_id) values ($1, $2)", number, ada.id
        )
        words = await db.fetch(
            """
            select column_name from information_schema.columns
             where table_name = 'groups' and column_name like any (array['%\\_source', '%\\_html'])
            """
        )
        for (column,) in words:
            await db.execute(f"update groups set {column} = 'MARKER' where actor_id = $1", number)
    assert await does(home, lives.delete, group, clock.now()) == 2
    kept = await home.pool.fetchrow("select * from groups where actor_id = $1", number)
    assert len(words) >= 6
    assert "MARKER" not in str(dict(kept))
    tables = await home.pool.fetch(
        """
        select table_name from information_schema.columns
         where column_name = 'group_id' and table_schema = 'public' and table_name <> 'posts'
           and table_name not in (select table_name from information_schema.views)
        """
    )
    kept_on_record = {"reports", "deeds"}
    for (table,) in tables:
        if table not in kept_on_record:
            left = await home.pool.fetchval(
                f"select count(*) from {table} where group_id = $1", group.actor.id
            )
            assert left == 0, table
    assert len(tables) > 12
    for query in (
        "select count(*) from follows where followed_id = $1",
        "select count(*) from sister_groups where sister_id = $1",
        "select count(*) from posts where group_id = $1 and (content_html <> '' or state <> 'deleted')",
    ):
        assert await home.pool.fetchval(query, group.actor.id) == 0, query
    assert await home.pool.fetchval("select count(*) from drafts") == 0
    assert await home.pool.fetchval("select state from actors where id = $1", ada.id) == "active"


async def test_a_deleted_group_is_gone_everywhere_and_its_name_is_never_free(home):
    group, root, _ = await furnished(home)
    paths = ["/groups/sober", f"/posts/{root.public_id}"]
    paths += [f"/groups/sober/{name}" for name in ("outbox", "followers", "moderators", "featured")]
    for path in paths:
        assert (await home.get(path)).status_code == 200, path
    await does(home, lives.delete, group, clock.now())
    for path in [*paths, "/.well-known/webfinger?resource=acct:sober@" + home.site.domain]:
        answer = await home.get(path)
        assert answer.status_code == 410, path
        assert "MARKER" not in answer.text
    page = await home.get("/groups/sober", accept="text/html")
    assert page.status_code == 410
    assert "deleted by who looked after it" in page.text
    with pytest.raises(Conflict):
        await home.group("sober")
    with pytest.raises(Missing):
        async with acquire(home.pool) as db:
            await groups.by_name(db, "sober")


async def test_the_followers_of_a_deleted_group_are_told_and_nothing_old_follows(home):
    group, _, ada = await furnished(home)
    await does(home, lives.delete, group, clock.now())
    said = await home.published(group.actor)
    last = said[-1]
    assert (last["type"], last["object"]) == ("Delete", group.actor.uri)
    waiting = await home.pool.fetch(
        """
        select a.type, a.undone_at is not null as withdrawn from deliveries d
          join activities a on a.id = d.activity_id where d.actor_id = $1 order by a.id
        """,
        group.actor.id,
    )
    assert [row["type"] for row in waiting if not row["withdrawn"]] == ["Delete"]
    create = await home.pool.fetchval(
        "select uri from activities where type = 'Create' and actor_id = $1", ada.id
    )
    answer = await home.get(create.removeprefix(home.site.origin))
    assert answer.status_code in (404, 410)
    assert "MARKER" not in answer.text
    for _ in range(2):
        await does(home, lives.delete, await fresh(home, group), clock.now())
    assert len(await home.published(group.actor)) == len(said)


async def test_a_late_copy_of_what_was_said_in_it_brings_nothing_back(home):
    group, root, ada = await furnished(home)
    await does(home, lives.delete, group, clock.now())
    assert await home.pool.fetchval("select count(*) from tombstones where uri = $1", root.uri) == 1
    gone, words = (await fresh(home, group)).actor, posts.Words(source="x")
    with pytest.raises((Forbidden, Missing)):
        async with acquire(home.pool) as db, db.transaction():
            await posts.write(db, home.site, ada, gone, words, clock.now(), policy=home.policy)
