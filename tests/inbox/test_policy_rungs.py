"""Each rung of the ladder changes exactly what it says, on one feed of everything that a server sends."""

from typing import Any

import pytest

from fediverse_support.core.errors import Forbidden
from fediverse_support.policy.document import Document, RuleText
from fediverse_support.policy.engine import compile_policy
from fediverse_support.policy.ladder import Rung

PEER = "peer.localhost"
PICTURE = [{"type": "Image", "mediaType": "image/png", "url": "http://peer.localhost/a.png", "name": "A dog"}]

AS_USUAL = {
    "post": "live open",
    "post with media": "live open, 1 attached",
    "reply": "live open",
    "follow": "accepted",
    "like": "kept",
    "flag": "kept",
    "delete": "deleted",
    "boost by a third": "live open",
}
NOTHING_AT_ALL = dict.fromkeys(AS_USUAL, "") | {"delete": "live"}
QUIET = {
    "post": "live quiet",
    "post with media": "live quiet, 1 attached",
    "reply": "live quiet",
    "follow": "pending",
    "boost by a third": "live quiet",
}
HELD = {
    "post": "held open",
    "post with media": "held open, 1 attached",
    "reply": "held open",
    "follow": "pending",
    "like": "waits",
    "boost by a third": "held open",
}
RUNGS = {
    "no rung": (None, {}),
    "trusted": (Rung(PEER, "trusted", admits=True), {}),
    "allowed": (Rung(PEER, "allowed", admits=True), {}),
    "limited": (Rung(PEER, "limited"), QUIET),
    "held": (Rung(PEER, "held"), HELD),
    "no-media": (Rung(PEER, "default", no_media=True), {"post with media": "live open, 0 attached"}),
    "no-reports": (Rung(PEER, "default", no_reports=True), {"flag": ""}),
    "held+no-media": (Rung(PEER, "held", no_media=True), HELD | {"post with media": "held open, 0 attached"}),
    "blocked": (Rung(PEER, "blocked"), NOTHING_AT_ALL),
    "not on the allow-list": (None, NOTHING_AT_ALL),
}


async def feed(world: Any, policy: Any) -> dict[str, str]:
    """Everything that somebody on the peer sends, and what is there of it afterwards."""
    ana, group, mira = await world.known(), await world.group(), await world.member()
    third = await world.known("cats", "third", "Group")
    await world.join_elsewhere(mira, third)
    await world.pool.execute("update follows set state = 'accepted'")
    before, deleted = ana.create(group.actor.uri), ana.create(group.actor.uri)
    for earlier in (before, deleted):
        assert (await world.send(ana, earlier)).state == "done"
    world.policy = policy
    create, pictures = ana.create(group.actor.uri), ana.create(group.actor.uri, attachment=PICTURE)
    reply = ana.create(group.actor.uri, inReplyTo=before["object"]["id"])
    follow = ana.does("Follow", group.actor.uri)
    like = ana.does("Like", before["object"]["id"])
    flag = ana.does("Flag", [before["object"]["id"]], content="Look at this")
    boosted = ana.create(third.uri, audience=third.uri)
    world.internet.documents[boosted["object"]["id"]] = boosted["object"]
    announce = third.does("Announce", boosted["object"]["id"], to=[third.uri], cc=[third.followers])
    delete = ana.does("Delete", deleted["object"]["id"])
    by_ana = (create, pictures, reply, follow, like, flag, delete)
    for sender, activity in ((third, announce), *((ana, one) for one in by_ana)):
        try:
            await world.receive(sender, activity)
        except Forbidden:
            assert sender is ana
    await world.process()
    return {
        "post": await shown(world, create),
        "post with media": await shown(world, pictures, with_media=True),
        "reply": await shown(world, reply),
        "follow": await world.one("select state from follows where follower_id = $1", ana.actor.id) or "",
        "like": await waits_or(world, like, "select 'kept' from reactions where activity_uri = $1"),
        "flag": await world.one("select 'kept' from reports where activity_uri = $1", flag["id"]) or "",
        "delete": await world.one("select state from posts where uri = $1", deleted["object"]["id"]),
        "boost by a third": await shown(world, boosted),
    }


async def shown(world: Any, create: dict[str, Any], with_media: bool = False) -> str:
    post = await world.post(create["object"]["id"])
    if post is None:
        return ""
    pictures = f", {len(post['attachments'])} attached" if with_media else ""
    return f"{post['state']} {post['reach']}{pictures}"


async def waits_or(world: Any, activity: dict[str, Any], query: str) -> str:
    held = """
        select 'waits' from inbox i join holds h on h.inbox_id = i.id
         where i.activity_uri = $1 and i.state = 'held' and h.state = 'waiting'
    """
    found = await world.one(query, activity["id"]) or await world.one(held, activity["id"])
    return found or ""


@pytest.mark.parametrize("name", RUNGS)
async def test_each_rung_changes_exactly_what_it_says(world: Any, name: str) -> None:
    rung, changed = RUNGS[name]
    others = [Rung("third.localhost", "allowed", admits=True)]
    mode = "allow-list" if name == "not on the allow-list" else "open"
    policy = compile_policy(7, [*others, *([rung] if rung else [])], Document(mode=mode))
    assert await feed(world, policy) == AS_USUAL | changed
    of_rung = "select rules, reason from decisions where policy_version = 7 and outcome <> 'accept'"
    assert all(row["rules"] and row["reason"] for row in await world.rows(of_rung))
    unexplained = "select 1 from holds where decision_id is null or rules = '{}' or reason = ''"
    assert await world.rows(unexplained) == []


async def test_the_same_server_is_taken_by_one_group_and_refused_by_another(world: Any) -> None:
    ana, one, two = await world.known(), await world.group("carers"), await world.group("sober")
    rule = RuleText(name="Not from there", scope="group:sober", when={"domain": PEER}, then="refuse")
    world.policy = compile_policy(2, [Rung(PEER, "allowed")], Document(rules=(rule,)))
    taken, refused = ana.create(one.actor.uri), ana.create(two.actor.uri)
    assert (await world.send(ana, taken)).state == "done"
    before = await world.counts()
    arrived = await world.send(ana, refused)
    assert arrived.state == "refused"
    assert await world.counts() == before
    kept = await world.rows("select * from decisions where activity_uri = $1", refused["id"])
    assert [(one["outcome"], one["rules"][0], one["group_name"], one["words"]) for one in kept] == [
        ("refuse", "group:sober: Not from there", "sober", "Hello to all of you")
    ]
    # What is in a group stays judged by it, whomever a later version of it addresses.
    rule = RuleText(name="No edits", scope="group:carers", when={"edit": True}, then="refuse")
    world.policy = compile_policy(3, [], Document(rules=(rule,)))
    edited = taken["object"] | {"content": "<p>Bye</p>", "updated": "2026-02-01T10:00:00Z"}
    update = ana.wrap("Update", edited | {"cc": [two.actor.uri]})
    assert (await world.send(ana, update)).state == "refused"
    assert (await world.post(edited["id"]))["content_html"] == "<p>Hello to all of you</p>"
