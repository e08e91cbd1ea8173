"""What waits, by its kind, and what becomes of it; what is amended; who is answered; what is on record."""

import itertools
from datetime import timedelta
from typing import Any

import pytest

from fediverse_support.community.posts import posts as writing
from fediverse_support.community.posts import releasing
from fediverse_support.database import decisions, inbox, posts, senders
from fediverse_support.database.decisions import Wanted
from fediverse_support.database.pool import acquire
from fediverse_support.policy.document import Document, RuleText
from fediverse_support.policy.engine import compile_policy
from fediverse_support.policy.ladder import Rung

PEER = "peer.localhost"
VERSIONS = itertools.count(2)
PICTURE = {"type": "Image", "mediaType": "image/png", "url": "http://peer.localhost/a.png", "name": "A dog"}
LINK = {"type": "Link", "href": "http://news.localhost/story", "mediaType": "text/html"}


def rule(world: Any, *rungs: Rung, **given: Any) -> None:
    """Put one rule in force, and these rungs."""
    rules = (RuleText(name="The rule", **given),) if given else ()
    world.policy = compile_policy(next(VERSIONS), rungs, Document(rules=rules))


def edit(ana: Any, create: dict[str, Any], day: int = 2, **changes: Any) -> dict[str, Any]:
    """An Update of what was created, of a day in February."""
    note = create["object"] | {"updated": f"2026-02-{day:02}T10:00:00Z"} | changes
    return ana.wrap("Update", note)


async def let_in(world: Any, uri: str, *amendments: str) -> None:
    """Let in what is held in the inbox, as `moderation/holds.py` does, and work on it."""
    arrived = await world.arrived(uri)
    async with acquire(world.pool) as db:
        assert await inbox.let_in(db, arrived.id, world.clock(), amendments)
        assert not await inbox.let_in(db, arrived.id, world.clock())
    await world.process()


@pytest.mark.parametrize("verb", ["Like", "Dislike", "EmojiReact", "Announce"])
async def test_what_somebody_does_to_a_post_waits_and_is_done_when_it_is_let_in(
    world: Any, verb: str
) -> None:
    ana, group = await world.known(), await world.group()
    post = await _ours(world, group)
    rule(world, Rung(PEER, "held"))
    before = await world.counts()
    deed = ana.does(verb, post.uri, content="🌱")
    assert (await world.send(ana, deed)).state == "held"
    assert await world.counts() == before
    held = (await world.rows("select * from holds"))[0]
    assert (held["kind"], held["group_id"], held["state"], held["actor_uri"]) == (
        "arrival", group.actor.id, "waiting", ana.uri
    )  # fmt: skip
    async with acquire(world.pool) as db:
        await inbox.forget_old(db, world.clock() + timedelta(days=400))
        decided = await decisions.by_id(db, held["decision_id"])
    assert decided is not None
    assert decided.outcome == "hold"
    assert decided.group_name == "carers"
    await let_in(world, deed["id"])
    assert (await world.arrived(deed["id"])).state == "done"
    boosted = await world.one("select count(*) from boosts where actor_id <> $1", group.actor.id)
    assert await world.one("select count(*) from reactions") + boosted == 1


async def test_what_is_undone_while_it_waits_waits_no_longer(world: Any) -> None:
    ana, eve, group = await world.known(), await world.known("eve"), await world.group()
    post = await _ours(world, group)
    rule(world, Rung(PEER, "held"))
    like, dislike = ana.does("Like", post.uri), ana.does("Dislike", post.uri)
    for deed in (like, dislike):
        await world.send(ana, deed)
    await world.send(eve, eve.does("Undo", like))
    assert (await world.arrived(like["id"])).state == "held"
    await world.send(ana, ana.does("Undo", like))
    await world.send(ana, ana.does("Undo", dislike["id"]))
    assert {(await world.arrived(deed["id"])).state for deed in (like, dislike)} == {"done"}
    assert await world.one("select array_agg(distinct state) from holds") == ["withdrawn"]
    assert await world.one("select count(*) from reactions") == 0


async def test_what_is_let_in_is_not_taken_from_a_server_that_was_blocked_since(world: Any) -> None:
    ana, group = await world.known(), await world.group()
    post = await _ours(world, group)
    rule(world, Rung(PEER, "held"))
    like = ana.does("Like", post.uri)
    await world.send(ana, like)
    rule(world, Rung(PEER, "blocked"))
    await let_in(world, like["id"])
    assert (await world.arrived(like["id"])).state == "refused"
    assert await world.one("select count(*) from reactions") == 0


async def test_the_edit_of_a_live_post_waits_and_a_later_one_takes_its_place(world: Any) -> None:
    ana, group = await world.known(), await world.group()
    create = ana.create(group.actor.uri)
    await world.send(ana, create)
    announced = len(await world.sent())
    rule(world, when={"edit": True}, then="hold", reason="Edits are looked at.")
    first = edit(ana, create, 2, content="<p>First thought</p>")
    second = edit(ana, create, 3, content="<p>Second thought</p>", attachment=[PICTURE])
    assert (await world.send(ana, first)).state == "held"
    assert (await world.send(ana, second)).state == "held"
    post = await world.post(create["object"]["id"])
    assert (post["content_html"], post["state"]) == ("<p>Hello to all of you</p>", "live")
    assert await world.one("select count(*) from post_versions") == 0
    assert (await world.arrived(first["id"])).state == "done"
    states = await world.rows("select state, kind, post_id from holds order by id")
    assert [(one["state"], one["kind"], one["post_id"]) for one in states] == [
        ("withdrawn", "arrival", post["id"]), ("waiting", "arrival", post["id"])
    ]  # fmt: skip
    await let_in(world, second["id"], "no-media", "warn:food")
    post = await world.post(create["object"]["id"])
    assert (post["content_html"], post["attachments"], post["content_warning"]) == (
        "<p>Second thought</p>", [], "food"
    )  # fmt: skip
    assert len(await world.sent()) > announced


async def test_the_edit_of_a_held_post_goes_into_it_and_is_what_is_announced(world: Any) -> None:
    ana, lea, group = await world.known(), await world.known("lea", "lemmy"), await world.group()
    await world.pool.execute("insert into hosts (name, software) values ($1, 'lemmy')", lea.actor.host)
    await world.follows_us(lea, group.actor)
    rule(world, when={"sender": "stranger"}, then="hold", reason="We do not know you yet.")
    create = ana.create(group.actor.uri, published="2026-01-01T10:00:00Z")
    assert (await world.send(ana, create)).state == "done"
    await world.pool.execute("update holds set state = 'returned', note = 'Please be kinder.'")
    assert (await world.send(ana, edit(ana, create, content="<p>Kinder</p>"))).state == "done"
    assert await world.one("select state from holds") == "waiting"
    assert await world.sent() == []
    async with acquire(world.pool) as db, db.transaction():
        post = await posts.by_uri(db, create["object"]["id"])
        assert post is not None
        assert (post.state, post.content_html) == ("held", "<p>Kinder</p>")
        await releasing.let_in(db, world.site, post, world.clock())
    told = [str(one["body"]) for one in await world.sent("Announce")]
    assert any("Kinder" in body for body in told)
    assert not any("Hello to all" in body for body in told)


async def test_what_a_group_elsewhere_passes_on_waits_like_what_comes_by_itself(world: Any) -> None:
    group, ana = await world.known("sober", "lemmy", "Group"), await world.known("ana", "far")
    await world.join_elsewhere(await world.member(), group)
    await world.pool.execute("update follows set state = 'accepted'")
    known, new = (ana.create(group.uri, audience=group.uri) for _ in range(2))
    for one in (known, new):
        world.internet.documents[one["object"]["id"]] = one["object"]

    def passes_on(*objects: Any) -> dict[str, Any]:
        return group.does("Announce", list(objects), to=[group.uri], cc=[group.followers])

    assert (await world.send(group, passes_on(known["object"]["id"]))).state == "done"
    rule(world, Rung("far.localhost", "held"))
    changed = edit(ana, known, content="<p>Changed</p>")
    world.internet.documents[known["object"]["id"]] = changed["object"]
    batch = passes_on(changed, new["object"]["id"], "http://far.localhost:1/nothing")
    assert (await world.send(group, batch)).state == "held"
    assert (await world.post(known["object"]["id"]))["content_html"] == "<p>Hello to all of you</p>"
    assert (await world.post(new["object"]["id"]))["state"] == "held"
    held = await world.rows("select kind, actor_uri, post_id from holds order by kind")
    assert [one["kind"] for one in held] == ["arrival", "post"]
    assert {one["actor_uri"] for one in held} == {ana.uri}
    await let_in(world, batch["id"])
    assert (await world.post(known["object"]["id"]))["content_html"] == "<p>Changed</p>"
    assert (await world.post(new["object"]["id"]))["state"] == "held"


async def test_o14_a_post_that_is_only_named_is_judged_by_its_words(world: Any) -> None:
    ana, group = await world.known(), await world.group()
    rule(world, when={"words": ["cheap pills"]}, then="refuse")
    create = ana.create(group.actor.uri, content="<p>Cheap <b>pills</b></p>")
    world.internet.documents[create["object"]["id"]] = create["object"]
    before = await world.counts()
    arrived = await world.send(ana, create | {"object": create["object"]["id"]})
    assert arrived.state == "refused"
    assert await world.counts() == before
    # Nor does an Update of what is not known bring it in, nor a harmless copy with the id of another.
    assert (await world.send(ana, ana.wrap("Update", create["object"]))).state == "refused"
    assert await world.counts() == before


async def test_o14_a_quote_of_a_blocked_server_does_not_come_in(world: Any) -> None:
    ana, group = await world.known(), await world.group()
    rule(world, Rung("bad.localhost", "blocked"))
    quoting = ana.create(group.actor.uri, quoteUrl="http://bad.localhost:1/notes/1")
    assert (await world.send(ana, quoting)).state == "refused"
    assert await world.post(quoting["object"]["id"]) is None


async def test_o14_what_was_looked_up_for_an_answer_is_judged_and_the_refusal_is_kept(world: Any) -> None:
    ana, bo, group = await world.known(), await world.known("bo", "far"), await world.group()
    rule(world, when={"words": "casino"}, then="refuse", reason="No adverts.")
    above = bo.note(group.actor.uri, content="<p>C\u200basino</p>")
    world.internet.documents[above["id"]] = above
    answer = ana.create(group.actor.uri, inReplyTo=above["id"])
    assert (await world.send(ana, answer)).state == "done"
    assert await world.post(above["id"]) is None
    async with acquire(world.pool) as db:
        kept = await decisions.about_object(db, above["id"])
        traffic = await decisions.traffic(
            db, Wanted(rule="instance: The rule", actor=bo.uri, outcome="refuse")
        )
    assert [(one.outcome, one.reason, one.actor_uri) for one in kept] == [("refuse", "No adverts.", bo.uri)]
    assert [one.id for one in traffic] == [kept[0].id]
    # What bo did not send does not count as sent by bo; what ana sent does.
    async with acquire(world.pool) as db:
        for person, sent in ((bo, 0), (ana, 1)):
            around = await senders.look(
                db, uri=person.uri, author_uri="", addressed=(), in_reply_to=None, now=world.clock()
            )
            assert around.sender.this_hour == around.sender.today == sent


async def test_no_later_version_undoes_what_policy_asked_for_and_none_reaches_farther(world: Any) -> None:
    ana, group = await world.known(), await world.group()
    amendments = ("quiet", "no-media", "sensitive", "warn:ed", "warn:Food and weight")
    rule(world, when={"sender": "stranger"}, amendments=amendments)
    create = ana.create(group.actor.uri, attachment=[PICTURE, LINK], summary="food")
    await world.send(ana, create)
    post = await world.post(create["object"]["id"])
    assert post["reach"] == "quiet"
    assert post["sensitive"]
    assert [one["url"] for one in post["attachments"]] == [LINK["href"]]
    assert post["content_warning"] == "food, Eating, body image, Food and weight"
    rule(world)
    plain = edit(
        ana, create, content="<p>Nothing to see</p>", summary=None, attachment=[PICTURE], sensitive=False
    )
    assert (await world.send(ana, plain)).state == "done"
    post = await world.post(create["object"]["id"])
    assert post["content_html"] == "<p>Nothing to see</p>"
    assert (post["reach"], post["sensitive"], post["attachments"]) == ("quiet", True, [])
    assert post["content_warning"] == "Eating, body image, Food and weight"
    # L8: what is narrow already stays as narrow.
    rule(world, when={"edit": True}, amendments=("quiet",))
    closed = await world.group("closed", seeing="members", reach="members")
    await world.follows_us(ana, closed.actor)
    secret = ana.create(closed.actor.uri, to=[closed.actor.uri], cc=[], audience=closed.actor.uri)
    assert (await world.send(ana, secret)).outcome == "Stored."
    await world.send(ana, edit(ana, secret, content="<p>Ours</p>"))
    post = await world.post(secret["object"]["id"])
    assert (post["content_html"], post["reach"]) == ("<p>Ours</p>", "members")
    asked = await world.rows("select facts from decisions where object_uri = $1", post["uri"])
    assert [one["facts"]["visibility"] for one in asked] == ["members", "members"]


async def test_a_refusal_is_answered_only_where_the_community_wants_that(world: Any) -> None:
    ana, group = await world.known(), await world.group()
    hidden = await world.group("hidden", joining="invite", seeing="members", reach="members")
    no = {"when": {"from": "elsewhere"}, "then": "refuse", "reason": "Not just now."}
    create, follow = ana.create(group.actor.uri), ana.does("Follow", group.actor.uri)
    rule(world, **no)
    await world.send(ana, ana.create(group.actor.uri))
    rule(world, Rung(PEER, "blocked"), **no, answers=True)
    await _send_blocked(world, ana, group)
    rule(world, **no, answers=True)
    await world.send(ana, ana.create(hidden.actor.uri))
    await world.send(ana, ana.does("Delete", "http://peer.localhost/nothing"))
    assert await world.sent() == []
    for activity in (create, follow):
        assert (await world.send(ana, activity)).state == "refused"
    told = await world.sent("Reject")
    assert [(one["body"]["actor"], one["body"]["summary"], one["inboxes"]) for one in told] == [
        (group.actor.uri, "Not just now.", [f"{ana.uri}/inbox"])
    ] * 2
    assert told[0]["body"]["object"] == create["id"]
    assert told[1]["body"]["object"]["id"] == follow["id"]
    assert await world.one("select count(*) from follows") == 0


async def test_decisions_can_be_found_by_everything_that_somebody_asks_for(world: Any) -> None:
    ana, group = await world.known(), await world.group()
    rule(world, when={"has_media": True}, then="hold", reason="Pictures wait.")
    plain, picture = ana.create(group.actor.uri), ana.create(group.actor.uri, attachment=[PICTURE])
    await world.send(ana, plain)
    await world.send(ana, picture)
    async with acquire(world.pool) as db:
        held = await decisions.traffic(db, Wanted(outcome="hold"))
        assert [one.object_uri for one in held] == [picture["object"]["id"]]
        assert held[0].facts["media_types"] == ["image/png"]
        assert "text" not in held[0].facts
        assert held[0].words == "Hello to all of you\nA dog"
        both = await decisions.traffic(db, Wanted(group="carers", kind="Create", host=ana.actor.host))
        assert len(both) == 2
        assert await decisions.by_id(db, both[1].id) == both[1]
        assert await decisions.traffic(db, Wanted(before=both[0].id)) == both[1:]
        assert await decisions.traffic(db, Wanted(since=world.clock() + timedelta(hours=1))) == []
        assert await decisions.about(db, plain["id"]) == both[1:]
        for nothing in (Wanted(group="sober"), Wanted(rule="x"), Wanted(kind="Like"), Wanted(host="far")):
            assert await decisions.traffic(db, nothing) == []


async def _ours(world: Any, group: Any) -> Any:
    member = await world.member()
    async with acquire(world.pool) as db, db.transaction():
        words = writing.Words(title="A thread", source="Good morning.")
        return await writing.write(
            db, world.site, member, group.actor, words, world.clock(), policy=world.policy
        )


async def _send_blocked(world: Any, ana: Any, group: Any) -> None:
    """What was taken in before its server was blocked, and is worked on after that."""
    policy = world.policy
    rule(world)
    create = ana.create(group.actor.uri)
    await world.receive(ana, create)
    world.policy = policy
    await world.process()
    assert (await world.arrived(create["id"])).state == "refused"
