"""What waits for a moderator: who may decide, what each decision does, and what nobody learns until then."""

import asyncio
from datetime import timedelta

import pytest

from fediverse_support.community.posts import holds as waiting
from fediverse_support.community.posts import hosting, judging, polls, posts, repeating
from fediverse_support.community.posts.events import NewEvent
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Malformed, Missing
from fediverse_support.core.models import GUEST, Viewer
from fediverse_support.database import drafts
from fediverse_support.database import holds as stored
from fediverse_support.database.pool import acquire
from fediverse_support.moderation import holds
from fediverse_support.moderation import posts as moderating
from fediverse_support.moderation.holds import Said
from fediverse_support.policy.document import RuleText

HOLD = RuleText(
    name="Everything waits",
    scope="group:sober",
    when={"activity": ["Create", "Update"]},
    unless={"sender": "moderator"},
    then="hold",
    reason="A moderator reads first.",
)
WARN = RuleText(name="Food", when={"words": "cake"}, amendments=("warn:ed", "quiet"))
REFUSE = RuleText(
    name="No phones", when={"words": "phone me"}, then="refuse", reason="No phone numbers here."
)


@pytest.fixture
async def held(scene):
    """A member, a thread of theirs that waits, and who may decide about it."""
    await scene.home.rules(HOLD, WARN, REFUSE)
    ada = await scene.account("ada")
    scene.ada = await scene.actor(ada)
    await scene.home.join(scene.ada, scene.group.actor)
    scene.post = await scene.home.write(scene.ada, scene.group.actor, "First words.")
    scene.by = viewer(scene.mo, moderates=(scene.group.actor.id,))
    return scene


def viewer(account, **more):
    return Viewer(actor_id=account.actor_id, account=account, **more)


async def lines(scene, by, **more):
    async with acquire(scene.home.pool) as db:
        return await holds.waiting(db, by, **more)


async def number(scene, post=None, kind="post"):
    """The hold of a post."""
    found = await lines(scene, None)
    return next(
        line.hold.id
        for line in found
        if line.hold.post_id == (post or scene.post).id and line.hold.kind == kind
    )


async def decide(scene, deed, *arguments, now=None, **said):
    async with acquire(scene.home.pool) as db, db.transaction():
        words = (Said(**said),) if said else ()
        await deed(db, scene.home.site, *arguments, now or clock.now(), *words)


async def own(scene, actor):
    async with acquire(scene.home.pool) as db:
        return await waiting.of_author(db, actor.uri, clock.now())


async def test_who_does_not_look_after_the_group_decides_nothing(held):
    hold_id = await number(held)
    other = await held.home.group("other")
    stranger = await held.account("stranger")
    member = viewer(await held.account("ben"), member_of=(held.group.actor.id,))
    for by in (GUEST, member, viewer(stranger, moderates=(other.actor.id,))):
        assert await lines(held, by) == []
        with pytest.raises(Missing):
            await decide(held, holds.accept, hold_id, by)
        with pytest.raises(Missing):
            await decide(held, holds.amend_and_accept, hold_id, by, ["quiet"])
        for deed in (holds.return_with_note, holds.refuse):
            with pytest.raises(Missing):
                await decide(held, deed, hold_id, by, note="x")
    assert (await held.again(held.post)).state == "held"
    assert [line.hold.id for line in await lines(held, held.by)] == [hold_id]
    staff = viewer(await held.account("boss", role="moderator"))
    assert [line.place for line in await lines(held, staff)] == [1]


async def test_nothing_of_what_waits_leaves_or_is_shown(held):
    assert await held.sent() == []
    reply = await held.home.reply(held.ada, await mo_writes(held), "An answer.")
    sent = len(await held.sent())
    assert reply.state == "held"
    home, name = held.home, held.group.actor.name
    for post in (held.post, reply):
        for path in (f"/posts/{post.public_id}", f"/posts/{post.public_id}/replies"):
            assert (await home.get(path)).status_code == 404
            assert (await home.get(path, accept="text/html")).status_code == 404
    for path in (f"/groups/{name}", f"/people/{held.ada.name}", f"/groups/{name}/feed", "/"):
        shown = await home.get(path, accept="text/html")
        assert "First words" not in shown.text
        assert held.post.public_id not in shown.text
    for path in (f"/groups/{name}/outbox", f"/people/{held.ada.name}/outbox"):
        assert held.post.public_id not in (await home.get(path)).text
    root = await home.get(f"/posts/{(await mo_thread(held)).public_id}/replies")
    assert reply.uri not in root.text
    assert len(await held.sent()) == sent


async def mo_writes(scene):
    return await scene.home.write(
        await scene.actor(scene.mo), scene.group.actor, "From the moderator.", "Mo's"
    )


async def mo_thread(scene):
    uri = await scene.home.pool.fetchval("select uri from posts where title = $1", "Mo's")
    return await scene.home.post_by_uri(uri)


async def test_what_is_let_in_sets_out_with_the_time_it_was_written_at(held):
    thread = await mo_writes(held)
    reply = await held.home.reply(held.ada, thread, "An answer.")
    before, later = len(await held.sent()), clock.now() + timedelta(hours=2)
    await decide(held, holds.accept, await number(held), held.by, now=later)
    live = await held.again(held.post)
    assert (live.state, live.published_at) == ("live", held.post.published_at)
    assert {(body["type"], hosts) for _, hosts, body in await held.sent(before)} == {
        ("Create", ""),
        ("Announce", "lemmy.example"),
        ("Announce", "masto.example"),
    }
    create = (await held.sent(before))[0][2]
    assert create["object"]["published"].startswith(f"{held.post.published_at:%Y-%m-%dT%H:%M:%S}")
    await decide(held, holds.accept, await number(held, reply), held.by, now=later)
    assert (await held.again(thread)).active_at == later, "who has read the thread since is told of it"
    deeds = [line for line in await held.deeds() if line[0] == "let held in"]
    assert deeds[0][1:] == (held.post.uri, "(held by group:sober: Everything waits)")
    assert await own(held, held.ada) == []


async def test_a_moderator_adds_a_warning_and_it_is_in_what_is_sent(held):
    for wrong in ([], ["nonsense"], ["warn:"]):
        with pytest.raises(Malformed):
            await decide(held, holds.amend_and_accept, await number(held), held.by, wrong)
    await decide(held, holds.amend_and_accept, await number(held), held.by, ["warn:Death", "quiet"])
    live = await held.again(held.post)
    assert (live.content_warning, live.sensitive, live.reach) == ("Death", True, "quiet")
    create = next(body for _, _, body in await held.sent() if body["type"] == "Create")
    assert (create["object"]["summary"], create["object"]["sensitive"]) == ("Death", True)
    state = await held.home.pool.fetchval("select state from holds where post_id = $1", held.post.id)
    assert state == "amended"


async def test_what_is_sent_back_waits_again_at_the_end_of_the_line(held):
    second = await held.home.write(held.ada, held.group.actor, "Second.", "Second")
    hold_id = await number(held)
    with pytest.raises(Malformed):
        await decide(held, holds.return_with_note, hold_id, held.by, note="  ")
    await decide(held, holds.return_with_note, hold_id, held.by, note="Please leave the name out.")
    assert [line.hold.post_id for line in await lines(held, held.by)] == [second.id]
    assert [line.hold.id for line in await lines(held, held.by, state="returned")] == [hold_id]
    mine = {one.line.hold.post_id: one.line.hold for one in await own(held, held.ada)}
    assert (mine[held.post.id].state, mine[held.post.id].note) == ("returned", "Please leave the name out.")
    with pytest.raises(Conflict):
        await decide(held, holds.return_with_note, hold_id, held.by, note="Again")
    later = clock.now() + timedelta(seconds=5)
    await held.home.edit(held.ada, held.post, "Without the name.", later)
    assert [line.hold.post_id for line in await lines(held, held.by)] == [second.id, held.post.id]
    place = {one.line.hold.post_id: one.line.place for one in await own(held, held.ada)}
    assert place == {second.id: 1, held.post.id: 2}
    await decide(held, holds.accept, hold_id, held.by, now=later)
    create = next(body for _, _, body in await held.sent() if body["type"] == "Create")
    assert "Without the name" in create["object"]["content"]
    warned = "select count(*) from deeds where deed = 'hide post'"
    assert await held.home.pool.fetchval(warned) == 0, "nobody is warned for it"


async def test_who_is_refused_is_told_why_and_it_can_be_let_in_later(held):
    await decide(held, holds.refuse, await number(held), held.by)
    assert (await held.again(held.post)).state == "hidden"
    (mine,) = await own(held, held.ada)
    assert (mine.line.hold.state, mine.line.hold.note) == ("refused", "A moderator reads first.")
    assert await held.sent() == []
    await held.does(moderating.show, await held.again(held.post), held.mo, "It was a mistake.")
    assert [body["type"] for _, _, body in await held.sent()] == ["Create", "Announce", "Announce"]
    assert await own(held, held.ada) == []
    await held.does(moderating.hide, await held.again(held.post), held.mo, "Later")
    await held.does(moderating.show, await held.again(held.post), held.mo, "")
    creates = [body for _, _, body in await held.sent() if body["type"] == "Create"]
    assert len(creates) == 1, "it set out once"


async def test_the_second_of_two_moderators_is_told_so(held):
    hold_id = await number(held)
    ended = await asyncio.gather(
        decide(held, holds.accept, hold_id, held.by),
        decide(held, holds.refuse, hold_id, held.by, note="No"),
        return_exceptions=True,
    )
    assert [type(one) for one in ended if one is not None] == [Conflict]
    done = [deed for deed, *_ in await held.deeds() if "held" in deed]
    assert len(done) == 1
    with pytest.raises(Conflict):
        await decide(held, holds.accept, hold_id, held.by)


async def test_what_was_changed_since_it_was_read_is_read_again(held):
    async with acquire(held.home.pool) as db:
        seen = holds.stamp(await holds.one(db, held.by, await number(held)))
    await held.home.edit(held.ada, held.post, "Other words.", clock.now() + timedelta(seconds=1))
    with pytest.raises(Conflict, match="changed it since"):
        await decide(held, holds.accept, await number(held), held.by, seen=seen)
    assert (await held.again(held.post)).state == "held"


async def test_what_its_author_deletes_waits_no_more(held):
    hold_id = await number(held)
    await held.home.delete(held.ada, held.post)
    assert (await lines(held, held.by), await held.sent()) == ([], [])
    with pytest.raises(Conflict):
        await decide(held, holds.accept, hold_id, held.by)


async def test_an_edit_waits_while_the_old_words_stay(held):
    await decide(held, holds.accept, await number(held), held.by)
    before, later = len(await held.sent()), clock.now() + timedelta(seconds=2)
    await held.home.edit(held.ada, held.post, "Changed.", later)
    assert "First words" in (await held.again(held.post)).content_html
    assert await held.sent(before) == []
    await decide(held, holds.refuse, await number(held, kind="edit"), held.by, note="Rather not.")
    assert "First words" in (await held.again(held.post)).content_html
    async with acquire(held.home.pool) as db:
        (draft,) = await drafts.of_account(db, (await held.home.pool.fetchval("select id from accounts a "
            "where a.actor_id = $1", held.ada.id)))  # fmt: skip
    assert (draft.place, draft.source) == (f"/posts/{held.post.public_id}/edit", "Changed.")
    for words in ("Changed with cake.", "Changed again with cake."):
        later += timedelta(seconds=2)
        await held.home.edit(held.ada, held.post, words, later)
    await decide(held, holds.amend_and_accept, await number(held, kind="edit"), held.by, ["sensitive"])
    live = await held.again(held.post)
    assert "Changed again" in live.content_html
    assert (live.content_warning, live.reach, live.state) == ("Eating, body image", "open", "live")
    update = (await held.sent(before))[0][2]
    assert (update["type"], update["object"]["summary"]) == ("Update", "Eating, body image")


async def test_policy_adds_to_what_a_member_writes_or_refuses_it_on_the_record(held):
    other = await held.home.group("other")
    cake = await held.home.write(held.ada, other.actor, "There was cake.")
    assert (cake.content_warning, cake.reach, cake.state) == ("Eating, body image", "quiet", "live")
    with pytest.raises(judging.NotTaken, match="No phone numbers here"):
        await on_record(held, other.actor, posts.Words(title="Hi", source="Please phone me."))
    assert await held.home.pool.fetchval("select count(*) from posts where title = 'Hi'") == 0
    decided = await held.home.pool.fetch("select outcome, rules, facts, words from decisions order by id")
    assert [line["outcome"] for line in decided][-2:] == ["accept", "refuse"]
    assert decided[-1]["rules"] == ["instance: No phones"]
    assert decided[-1]["facts"]["sender"]["is_local"]


async def on_record(scene, group, words):
    home = scene.home
    async with acquire(home.pool) as db, judging.on_record(db):
        await posts.write(db, home.site, scene.ada, group, words, clock.now(), policy=home.policy)


async def test_a_poll_an_event_and_a_repeating_thread_wait_too(held):
    home, now = held.home, clock.now()
    poll = polls.NewPoll(answers=("Yes", "No"), ends_after=timedelta(hours=1))
    event = NewEvent(starts_at=now + timedelta(days=1), ends_at=now + timedelta(days=2), time_zone="UTC")
    written = []
    for title, addition in (("Poll", poll), ("Event", event)):
        async with acquire(home.pool) as db, db.transaction():
            words = posts.Words(title=title, source="")
            written.append(
                await posts.write(
                    db,
                    home.site,
                    held.ada,
                    held.group.actor,
                    words,
                    now,
                    policy=home.policy,
                    addition=addition,
                )
            )
    for post in written:
        await decide(held, holds.accept, await number(held, post), held.by, now=now + timedelta(hours=3))
    ends = await home.pool.fetchval("select ends_at from polls where post_id = $1", written[0].id)
    assert ends == now + timedelta(hours=4), "it is open for as long as it should have been"
    types = [body["object"]["type"] for _, _, body in await held.sent() if body["type"] == "Create"]
    assert types == ["Question", "Event"]
    async with acquire(home.pool) as db, db.transaction():
        moved = NewEvent(**{**event_fields(event), "place": "The old mill"})
        at = now + timedelta(hours=4)
        await hosting.change(db, home.site, held.ada, written[1].id, moved, at, policy=home.policy)
    place = "select place from events where post_id = $1"
    assert await home.pool.fetchval(place, written[1].id) == ""
    edit = await number(held, written[1], "edit")
    await decide(held, holds.accept, edit, held.by, now=now + timedelta(hours=5))
    assert await home.pool.fetchval(place, written[1].id) == "The old mill"
    await home.rules(RuleText(name="All", when={"activity": "Create"}, then="hold", reason="All of it."))
    wish = repeating.Wish(
        title="Monday",
        source="How are you?",
        schedule=repeating.Schedule(frequency="daily", at_time=now.time()),
    )
    async with acquire(home.pool) as db, db.transaction():
        await repeating.set_up(db, held.group.actor, await held.actor(held.mo), wish, now - timedelta(days=2))
        assert await repeating.write_next(db, home.site, now, policy=home.policy)
    assert "Monday" in [line.post.title for line in await lines(held, held.by)]


def event_fields(event):
    return {name: getattr(event, name) for name in ("starts_at", "ends_at", "time_zone")}


async def test_how_long_it_takes_is_the_middle_of_what_it_took_lately(held):
    now, group_id = clock.now(), held.group.actor.id
    async with acquire(held.home.pool) as db:
        assert await stored.typical_wait(db, group_id, now) is None
    for minutes in (10, 20, 600):
        post = await held.home.write(held.ada, held.group.actor, f"{minutes}")
        await held.home.pool.execute(
            "update holds set held_at = $2 where post_id = $1", post.id, now - timedelta(minutes=minutes)
        )
        await decide(held, holds.accept, await number(held, post), held.by, now=now)
    async with acquire(held.home.pool) as db:
        assert await stored.typical_wait(db, group_id, now) == timedelta(minutes=20)
        assert await stored.typical_wait(db, group_id, now + timedelta(days=31)) is None
    (mine,) = await own(held, held.ada)
    assert (mine.usual, mine.line.place) == (timedelta(minutes=20), 1)


async def test_a_post_from_elsewhere_is_announced_as_it_came(held):
    post = await held.post_of(held.rosa)
    assert (post.state, await held.sent()) == ("held", [])
    await decide(held, holds.return_with_note, await number(held, post), held.by, note="No", tells=False)
    assert await held.sent() == [], "who sent it learns nothing"
    blocked = await held.post_of(held.rosa)
    await decide(held, holds.accept, await any_number(held, post), held.by)
    (_, hosts, announce), (_, _, boost) = await held.sent()
    assert (hosts, announce["object"]["type"], boost["object"]) == ("lemmy.example", "Create", post.uri)
    await held.home.set_level("masto.example", "blocked")
    with pytest.raises(Conflict, match="blocked"):
        await decide(held, holds.accept, await any_number(held, blocked), held.by)
    await held.home.set_level("masto.example", "allowed")
    told = await held.post_of(held.rosa)
    await decide(held, holds.refuse, await number(held, told), held.by, note="Not here.", tells=True)
    ((actor, hosts, letter),) = (await held.sent())[2:]
    assert (actor, hosts) == (held.group.actor.uri, "masto.example")
    assert "Not here." in letter["object"]["content"]


async def any_number(scene, post):
    return await scene.home.pool.fetchval("select id from holds where post_id = $1", post.id)
