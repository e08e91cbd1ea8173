"""Like, Dislike, EmojiReact, and taking them back."""

import pytest


async def reactions(world):
    rows = await world.rows("select actor_id, kind from reactions order by actor_id, kind")
    return [(row["actor_id"], row["kind"]) for row in rows]


async def thread(world):
    ana, group = await world.known(), await world.group()
    activity = ana.create(group.actor.uri)
    await world.send(ana, activity)
    return ana, group, activity["object"]["id"]


@pytest.mark.parametrize("object", [None, 2, [], {"type": "Note"}, "not a url"])
async def test_a_reaction_to_nothing_is_refused(world, object):
    ana = await world.known()
    before = await world.counts()
    assert (await world.send(ana, ana.does("Like", object))).state == "refused"
    assert await world.counts() == before


@pytest.mark.parametrize(
    ("type", "more", "kind"),
    [
        ("Like", {}, "like"),
        ("Dislike", {}, "dislike"),
        ("Like", {"content": "❤"}, "❤"),
        ("EmojiReact", {"content": "🕯"}, "🕯"),
        ("Like", {"content": "<b>x</b>" * 100}, None),
        ("Like", {"cc": [2], "to": None}, "like"),
    ],
)
async def test_a_reaction_is_kept_once_and_passed_on_to_those_who_understand(world, type, more, kind):
    ana, _group, uri = await thread(world)
    before = len(await world.sent())
    like = ana.does(type, uri, **more)
    assert (await world.send(ana, like)).outcome == "Kept."
    assert (await world.send(ana, ana.does(type, uri, **more))).outcome == "Known."
    ((actor_id, kept),) = await reactions(world)
    assert actor_id == ana.actor.id
    assert kept == (kind or kept)
    assert len(kept) <= 64
    (announce,) = (await world.sent())[before:]
    assert announce["body"]["object"] == like
    assert not announce["is_public"]


async def test_a_whole_object_is_as_good_as_its_id(world):
    ana, _, uri = await thread(world)
    await world.send(ana, ana.does("Like", {"id": uri, "type": "Note", "content": "whatever"}))
    assert await world.one("select object_uri from reactions") == uri


async def test_a_reaction_may_come_before_its_post(world):
    ana, group = await world.known(), await world.group()
    activity = ana.create(group.actor.uri)
    await world.send(ana, ana.does("Like", activity["object"]["id"]))
    await world.send(ana, activity)
    assert len(await reactions(world)) == 1


async def test_nobody_takes_back_the_reaction_of_another(world):
    ana, _, uri = await thread(world)
    eve = await world.known("eve")
    like = ana.does("Like", uri)
    await world.send(ana, like)
    assert (await world.send(eve, eve.does("Undo", like))).state == "refused"
    await world.send(eve, eve.does("Undo", like["id"]))
    await world.send(eve, eve.does("Undo", like | {"actor": eve.uri}))
    assert len(await reactions(world)) == 1


@pytest.mark.parametrize("form", ["embedded", "by id", "without an id", "under a new id"])
async def test_a_reaction_is_taken_back(world, form):
    ana, _, uri = await thread(world)
    like = ana.does("Dislike", uri)
    await world.send(ana, like)
    without = {name: value for name, value in like.items() if name != "id"}
    undone = {
        "embedded": like,
        "by id": like["id"],
        "without an id": without,
        "under a new id": like | {"id": ana.id()},
    }[form]
    before = len(await world.sent())
    undo = ana.does("Undo", undone)
    assert (await world.send(ana, undo)).state == "done"
    assert await reactions(world) == []
    passed_on = [row["body"]["object"] for row in (await world.sent())[before:]]
    assert passed_on == [undo]


@pytest.mark.parametrize("embedded", [True, False])
async def test_an_undo_that_comes_before_its_reaction_still_counts(world, embedded):
    ana, _, uri = await thread(world)
    like = ana.does("Like", uri)
    await world.send(ana, ana.does("Undo", like if embedded else like["id"]))
    assert (await world.send(ana, like)).outcome == "Taken back before it arrived."
    assert await reactions(world) == []


async def test_a_neighbour_cannot_use_up_an_undo(world):
    ana, _, uri = await thread(world)
    eve = await world.known("eve")
    like = ana.does("Like", uri)
    await world.send(eve, eve.does("Undo", like["id"]))
    await world.send(ana, ana.does("Undo", like["id"]))
    await world.send(ana, like)
    assert await reactions(world) == []


async def test_a_reaction_to_what_was_deleted_leaves_nothing(world):
    ana, _, uri = await thread(world)
    ben = await world.known("ben")
    await world.send(ana, ana.does("Delete", uri))
    await world.send(ben, ben.does("Like", uri))
    assert await reactions(world) == []


async def test_a_boost_of_a_post_of_ours_is_remembered_and_taken_back(world):
    ana = await world.known()
    member, group = await world.member(), await world.group()
    uri = "http://here.localhost:1/posts/" + "a" * 32
    await world.pool.execute(
        """
        insert into posts (id, uri, public_id, author_id, group_id, root_id, content_html, reach,
                           published_at, active_at)
        values (1, $1, $2, $3, $4, 1, 'x', 'open', now(), now())
        """,
        uri,
        "a" * 32,
        member.id,
        group.actor.id,
    )
    first, second = ana.does("Announce", uri), ana.does("Announce", uri)
    for boost in (first, second):
        assert (await world.send(ana, boost)).outcome == "Remembered."
    assert await world.one("select count(*) from boosts where actor_id = $1", ana.actor.id) == 1
    eve = await world.known("eve")
    await world.send(eve, eve.does("Undo", first["id"]))
    assert await world.one("select count(*) from boosts where actor_id = $1", ana.actor.id) == 1
    assert (await world.send(ana, ana.does("Undo", first))).state == "done"
    assert await world.one("select count(*) from boosts where actor_id = $1", ana.actor.id) == 0


@pytest.mark.parametrize(
    "object", ["http://here.localhost:1/posts/nothing", "http://peer.localhost:9/posts/1", 7, None]
)
async def test_a_boost_of_anything_else_is_refused(world, object):
    ana = await world.known()
    before = await world.counts()
    assert (await world.send(ana, ana.does("Announce", object))).state == "refused"
    assert await world.counts() == before
