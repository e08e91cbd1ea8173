"""What people elsewhere say outside of groups: taken if somebody here has asked for it or is meant by it."""

import pytest

from fediverse_support.community.joining import memberships
from fediverse_support.core.errors import Refused
from fediverse_support.core.models import GUEST, Viewer
from fediverse_support.database import follows, posts
from fediverse_support.database.pool import acquire
from fediverse_support.inbox.acquaintance import Acquaintance
from fediverse_support.inbox.lookups import Lookups
from fediverse_support.policy.document import Document, RuleText
from fediverse_support.policy.engine import compile_policy

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


async def followed_from_here(world, member, person):
    """A member of ours follows somebody elsewhere."""
    async with acquire(world.pool) as db, db.transaction():
        await follows.ask(db, member.id, person.actor.id, f"{member.uri}#f-{person.name}")
        await follows.accept(db, member.id, person.actor.id, world.clock())


async def block(world, who, whom):
    await world.pool.execute(
        "insert into personal_blocks (actor_id, blocked_id) values ($1, $2)", who.id, whom.actor.id
    )


async def seen(world, uri, viewer):
    """Whether `viewer` may see the post with this id."""
    found = await world.post(uri)
    async with acquire(world.pool) as db:
        return await posts.seen_by(db, viewer, found["id"]) is not None


def letter(sender, *to, **more):
    """A Create of a Note for certain people only."""
    return sender.create(to=[one.uri for one in to], cc=[], **more)


async def test_nobody_asked_for_what_a_stranger_says(world):
    ana, _mira, bob = await world.known(), await world.member(), await world.known("bob", "other")
    before = await world.counts()
    for activity in (
        ana.create(),
        ana.create(to=[ana.followers], cc=[]),
        ana.create(to=[], cc=[]),
        letter(ana, bob),
        ana.create(to=["http://here.localhost:1/people/nobody"], cc=[]),
        ana.create(inReplyTo="http://here.localhost:1/posts/" + "0" * 32),
        ana.does("Announce", bob.id("notes"), to=[PUBLIC]),
    ):
        arrived = await world.send(ana, activity)
        assert arrived.state == "refused", arrived.outcome
    assert await world.counts() == before
    assert not await world.rows(
        """
        select words from decisions
         where words is not null and facts->>'visibility' in ('direct', 'followers')
        """
    )


async def test_a_letter_is_seen_by_whom_it_names_and_by_nobody_else(world):
    ana, mira, otto = await world.known(), await world.member(), await world.member("otto")
    group = await world.group()
    await world.follows_us(ana, group.actor)
    await followed_from_here(world, otto, ana)
    activity = letter(ana, mira, content="<p>Only for you</p>")
    arrived = await world.send(ana, activity)
    assert arrived.state == "done"
    uri = activity["object"]["id"]
    post = await world.post(uri)
    assert (post["reach"], list(post["named"]), post["group_id"]) == ("direct", [mira.id], None)
    assert post["title"] == ""
    staff = Viewer(actor_id=9, member_of=(group.actor.id, ana.actor.id), moderates=(group.actor.id,))
    for viewer in (
        GUEST,
        Viewer(actor_id=otto.id, follows=(ana.actor.id,)),
        staff,
        Viewer(server="peer.localhost"),
    ):
        assert not await seen(world, uri, viewer)
    assert await seen(world, uri, Viewer(actor_id=mira.id))
    assert not await seen(world, uri, Viewer(actor_id=mira.id, apart_from=(ana.actor.id,)))
    assert not await world.sent()
    assert await world.one("select count(*) from decisions where words like '%Only for you%'") == 0


async def test_words_for_followers_are_seen_by_them_and_whom_they_name(world):
    ana, mira, otto = await world.known(), await world.member(), await world.member("otto")
    await followed_from_here(world, mira, ana)
    activity = ana.create(to=[ana.followers], cc=[])
    assert (await world.send(ana, activity)).state == "done"
    uri = activity["object"]["id"]
    assert await seen(world, uri, Viewer(actor_id=mira.id, follows=(ana.actor.id,)))
    for viewer in (
        GUEST,
        Viewer(actor_id=otto.id),
        Viewer(actor_id=mira.id),
        Viewer(server="peer.localhost"),
    ):
        assert not await seen(world, uri, viewer)


async def test_somebody_who_is_blocked_reaches_nobody_and_is_told_nothing(world):
    ana, mira = await world.known(), await world.member()
    own = await world.member("otto")
    await block(world, mira, ana)
    await world.pool.execute(
        "insert into personal_domain_blocks (actor_id, domain) values ($1, 'localhost')", own.id
    )
    before = await world.counts()
    for activity in (
        letter(ana, mira),
        letter(ana, own),
        ana.create(cc=[mira.uri]),
        ana.does("Follow", mira.uri),
        ana.does("Follow", own.uri),
    ):
        assert (await world.send(ana, activity)).state == "refused"
    assert await world.counts() == before
    assert not await world.sent()


async def test_public_words_of_who_is_followed_are_taken_with_their_edits_and_end(world):
    ana, mira = await world.known(), await world.member()
    await followed_from_here(world, mira, ana)
    note = ana.note()
    assert (await world.send(ana, ana.wrap("Create", note))).state == "done"
    post = await world.post(note["id"])
    assert (post["reach"], post["group_id"], post["title"]) == ("open", None, "")
    edited = note | {"content": "<p>Better words</p>", "updated": "2026-01-01T11:00:00Z"}
    await world.send(ana, ana.wrap("Update", edited))
    assert "Better" in (await world.post(note["id"]))["content_html"]
    narrower = edited | {
        "to": [mira.uri],
        "cc": [],
        "content": "<p>Secret</p>",
        "updated": "2026-01-01T12:00:00Z",
    }
    assert (await world.send(ana, ana.wrap("Update", narrower))).state == "refused"
    assert "Better" in (await world.post(note["id"]))["content_html"]
    await world.send(ana, ana.does("Delete", note["id"]))
    assert (await world.post(note["id"]))["state"] == "deleted"


async def test_an_edit_widens_nothing_and_takes_names_away(world):
    ana, mira, otto = await world.known(), await world.member(), await world.member("otto")
    note = ana.note(to=[mira.uri], cc=[])
    await world.send(ana, ana.wrap("Create", note))
    wider = note | {"to": [PUBLIC, mira.uri], "content": "<p>Two</p>", "updated": "2026-01-01T11:00:00Z"}
    await world.send(ana, ana.wrap("Update", wider))
    assert (await world.post(note["id"]))["reach"] == "direct"
    other = note | {"to": [otto.uri], "content": "<p>Three</p>", "updated": "2026-01-01T12:00:00Z"}
    await world.send(ana, ana.wrap("Update", other))
    assert not await seen(world, note["id"], Viewer(actor_id=mira.id))
    assert await seen(world, note["id"], Viewer(actor_id=otto.id))


async def test_private_answers_never_join_the_thread_of_a_group(world):
    ana, mira, group = await world.known(), await world.member(), await world.group()
    start = ana.note(group.actor.uri)
    await world.send(ana, ana.wrap("Create", start))
    thread = await world.post(start["id"])
    bob = await world.known("bob", "other")
    await world.send(bob, letter(bob, mira, inReplyTo=start["id"]))
    post = (await world.rows("select * from posts where author_id = $1", bob.actor.id))[0]
    assert (post["root_id"], post["group_id"], post["parent_id"]) == (post["id"], None, thread["id"])
    assert (await world.post(start["id"]))["active_at"] == thread["active_at"]
    # Nor when what they answer comes later.
    later = ana.note(group.actor.uri)
    await world.send(bob, letter(bob, mira, inReplyTo=later["id"]))
    await world.send(ana, ana.wrap("Create", later))
    assert await world.one("select count(*) from posts where group_id is not null and reach = 'direct'") == 0
    root = (await world.post(later["id"]))["id"]
    assert await world.one("select count(*) from posts where root_id = $1", root) == 1


async def test_a_letter_to_a_group_is_for_who_looks_after_it(world):
    ana, group = await world.known(), await world.group()
    closed, sealed = (
        await world.group("inner", seeing="members", reach="members"),
        await world.group("cellar", reach="sealed"),
    )
    activity = letter(ana, group.actor)
    assert (await world.send(ana, activity)).state == "done"
    post = await world.post(activity["object"]["id"])
    assert (list(post["named"]), post["group_id"], post["reach"]) == ([group.actor.id], None, "direct")
    assert await seen(world, post["uri"], Viewer(actor_id=group.actor.id))
    assert not await seen(
        world, post["uri"], Viewer(actor_id=5, member_of=(group.actor.id,), moderates=(group.actor.id,))
    )
    assert not await world.sent()
    for other in (closed, sealed):
        assert (await world.send(ana, letter(ana, other.actor))).state == "refused"


async def test_answers_to_our_people_are_taken_from_who_could_read_them(world):
    ana, mira, bob = await world.known(), await world.member(), await world.known("bob", "other")
    number = 77
    for uri, reach in (("open", "open"), ("secret", "direct"), ("circle", "followers")):
        number += 1
        await world.pool.execute(
            """
            insert into posts (id, uri, author_id, root_id, content_html, reach, named, published_at,
                               active_at)
            values ($1, $2, $3, $1, 'x', $4, $5, now(), now())
            """,
            number, f"http://here.localhost:1/posts/{uri}", mira.id, reach,
            [ana.actor.id] if reach == "direct" else [],
        )  # fmt: skip
    said = "http://here.localhost:1/posts/"
    # A boost for certain people only is no news for others.
    quiet = bob.does("Announce", f"{said}open", to=[bob.followers])
    assert (await world.send(bob, quiet)).state == "done"
    assert await world.one("select count(*) from boosts where post_id is not null") == 0
    await world.send(bob, bob.does("Undo", quiet))
    answer = bob.create(inReplyTo=f"{said}open")
    assert (await world.send(bob, answer)).state == "done"
    assert (await world.post(answer["object"]["id"]))["root_id"] == 78
    for hidden in ("secret", "circle"):
        await world.send(bob, bob.does("Like", f"{said}{hidden}"))
        await world.send(bob, bob.does("Announce", f"{said}{hidden}", to=[PUBLIC]))
        assert (await world.send(bob, bob.create(inReplyTo=f"{said}{hidden}"))).state == "refused"
    assert await world.one("select count(*) from reactions") == 0
    assert await world.one("select count(*) from boosts") == 0
    await world.send(ana, ana.does("Like", f"{said}secret"))
    assert await world.one("select count(*) from reactions") == 1
    wide = ana.create(inReplyTo=f"{said}secret", cc=[mira.uri])
    assert (await world.send(ana, wide)).state == "done"
    post = await world.post(wide["object"]["id"])
    assert (post["reach"], list(post["named"]), post["root_id"]) == ("direct", [mira.id], 79)


async def test_what_is_private_does_not_wait_for_a_moderator(world):
    ana, mira = await world.known(), await world.member()
    await followed_from_here(world, mira, ana)
    world.set_levels(peer="held")
    for activity in (letter(ana, mira), ana.create(to=[ana.followers], cc=[])):
        assert (await world.send(ana, activity)).state == "refused"
    assert await world.one("select count(*) from posts") == 0
    assert await world.one("select count(*) from holds") == 0
    public = ana.create()
    assert (await world.send(ana, public)).state == "done"
    assert (await world.post(public["object"]["id"]))["state"] == "held"


async def test_a_boost_by_who_is_followed_brings_the_post(world):
    ana, mira, bob = await world.known(), await world.member(), world.remote("bob", "other")
    await followed_from_here(world, mira, ana)
    note = bob.note()
    world.internet.documents[note["id"]] = note
    boost = ana.does("Announce", note["id"], to=[PUBLIC], cc=[ana.followers])
    assert (await world.send(ana, boost)).state == "done"
    post = await world.post(note["id"])
    assert post["reach"] == "open"
    row = (await world.rows("select * from boosts where actor_id = $1", ana.actor.id))[0]
    assert (row["post_id"], row["reach"]) == (post["id"], "open")
    hidden = bob.note(to=[bob.followers], cc=[])
    world.internet.documents[hidden["id"]] = hidden
    for object, to in ((hidden["id"], [PUBLIC]), (bob.note()["id"], [ana.followers])):
        assert (await world.send(ana, ana.does("Announce", object, to=to))).state == "refused"
    assert await world.post(hidden["id"]) is None
    undo = ana.does("Undo", boost)
    await world.send(ana, undo)
    assert await world.one("select count(*) from boosts") == 0


async def test_a_follow_of_a_person_is_answered_at_once_unless_they_approve(world):
    ana, mira, shy = await world.known(), await world.member(), await world.member("shy")
    await world.pool.execute("update actors set approves_followers = true where id = $1", shy.id)
    assert (await world.send(ana, ana.does("Follow", mira.uri))).state == "done"
    assert [sent["type"] for sent in await world.sent()] == ["Accept"]
    assert (await world.send(ana, ana.does("Follow", shy.uri))).state == "done"
    assert [sent["type"] for sent in await world.sent()] == ["Accept"]
    async with acquire(world.pool) as db, db.transaction():
        kept = await follows.between(db, ana.actor.id, shy.id)
        assert kept.state == "pending"
        await memberships.let_in(db, world.site, ana.actor, shy, world.clock())
    assert [sent["type"] for sent in await world.sent()] == ["Accept", "Accept"]


async def test_somebody_elsewhere_blocks_one_of_ours_and_thinks_better_of_it(world):
    ana, mira = await world.known(), await world.member()
    await followed_from_here(world, mira, ana)
    await world.follows_us(ana, mira)
    block = ana.does("Block", mira.uri)
    await world.send(ana, block)
    assert await world.one("select count(*) from follows") == 0
    assert (await world.rows("select actor_id, blocked_id from personal_blocks"))[0] == {
        "actor_id": ana.actor.id, "blocked_id": mira.id
    }  # fmt: skip
    await world.send(ana, ana.does("Undo", block))
    assert await world.one("select count(*) from personal_blocks") == 0


@pytest.mark.parametrize("rule", [{"visibility": "followers"}, {"visibility": "direct"}], ids=str)
async def test_policy_knows_who_may_read(world, rule):
    ana, mira = await world.known(), await world.member()
    await followed_from_here(world, mira, ana)
    refuses = RuleText(name="private", when=rule, then="refuse", reason="No.")
    world.policy = compile_policy(3, [], Document(rules=(refuses,)))
    outcomes = {
        kind: (await world.send(ana, activity)).state
        for kind, activity in (
            ("followers", ana.create(to=[ana.followers], cc=[])),
            ("direct", letter(ana, mira)),
            ("open", ana.create()),
        )
    }  # fmt: skip
    assert outcomes == {kind: "refused" if kind == rule["visibility"] else "done" for kind in outcomes}


async def test_a_member_looks_up_what_is_public_and_nothing_else(world):
    bob = await world.known("bob", "other")
    acquaintance = Acquaintance(world.pool, world.site, world.documents, lambda: world.policy)
    lookups = Lookups(world.pool, world.site, world.documents, acquaintance, lambda: world.policy)
    note = bob.note()
    hidden = (bob.note(to=[bob.followers], cc=[]), bob.note(to=[], cc=[]))
    for one in (note, *hidden):
        world.internet.documents[one["id"]] = one | {"@context": "https://www.w3.org/ns/activitystreams"}
    found = await lookups.find(note["id"], world.clock())
    assert (found.reach, found.group_id) == ("open", None)
    for one in hidden:
        with pytest.raises(Refused):
            await lookups.find(one["id"], world.clock())
    assert await world.one("select count(*) from posts") == 1
