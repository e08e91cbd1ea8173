"""What a members-only group of another server passes on: its own members' words, and nobody else's."""

import pytest

from fediverse_support.network.documents import Documents

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CANARY = "canary-1b9d"


async def closed(world, name, host, approves=True):
    """A group elsewhere that, unless it does not, approves its followers."""
    group = await world.known(name, host, "Group", manuallyApprovesFollowers=approves)
    await world.pool.execute(
        "update actors set approves_followers = $2 where id = $1", group.actor.id, approves
    )
    return group


async def scene(world, *, approves=True):
    """A members-only group elsewhere that mira is in, and ana, a member of it on a third server."""
    group = await closed(world, "sober", "lemmy", approves)
    ana = await world.known("ana", "far")
    mira = await world.member()
    await world.join_elsewhere(mira, group)
    await world.pool.execute("update follows set state = 'accepted', accepted_at = now()")
    return group, ana, mira


def among_members(author, group, **more):
    fields = {
        "to": [group.uri, group.followers],
        "cc": [],
        "audience": group.uri,
        "content": f"<p>{CANARY}</p>",
    }
    return author.wrap("Create", author.note(**fields | more), audience=group.uri)


def announce(group, object):
    return group.does("Announce", object, to=[group.uri, group.followers], cc=[])


async def refused(world, sender, activity):
    before = await world.counts()
    arrived = await world.send(sender, activity)
    assert arrived.state == "refused"
    assert CANARY not in arrived.outcome
    assert await world.counts() == before
    return arrived.outcome


@pytest.mark.parametrize("state", ["pending", "gone"])
async def test_without_an_accepted_member_here_nothing_is_taken(world, state):
    group, _, mira = await scene(world)
    lea = await world.known("lea", "lemmy")
    if state == "pending":
        await world.pool.execute("update follows set state = 'pending'")
    else:
        await world.pool.execute("delete from follows where follower_id = $1", mira.id)
    assert await refused(world, group, announce(group, among_members(lea, group)))


async def test_a_forged_body_of_an_author_elsewhere_is_not_believed(world, internet):
    group, ana, _ = await scene(world)
    create = among_members(ana, group)
    true = create["object"] | {"content": "<p>True</p>"}
    await refused(world, group, announce(group, create))
    internet.documents[true["id"]] = true
    internet.asked.clear()
    # Asked for, and not found, a moment ago: that is not asked again at once.
    other = among_members(ana, group)
    internet.documents[other["object"]["id"]] = other["object"] | {"content": "<p>True</p>"}
    assert (await world.send(group, announce(group, other))).outcome == "Stored."
    post = await world.post(other["object"]["id"])
    assert (post["content_html"], post["reach"]) == ("<p>True</p>", "members")
    assert internet.asked == [other["object"]["id"]]


async def test_a_group_does_not_announce_what_members_of_another_group_say(world, internet):
    group, ana, mira = await scene(world)
    other = await closed(world, "other", "piefed")
    await world.join_elsewhere(mira, other)
    await world.pool.execute("update follows set state = 'accepted'")
    create = among_members(ana, other)
    internet.documents[create["object"]["id"]] = create["object"]
    assert "meant for fewer" in await refused(world, group, announce(group, create))
    assert "meant for fewer" in await refused(world, group, announce(group, create["object"]["id"]))


async def test_an_answer_below_another_groups_post_does_not_come_from_this_one(world, internet):
    group, ana, mira = await scene(world)
    other = await closed(world, "other", "piefed")
    await world.join_elsewhere(mira, other)
    await world.pool.execute("update follows set state = 'accepted'")
    leo = await world.known("leo", "piefed")
    await world.send(other, announce(other, first := among_members(leo, other)))
    create = among_members(ana, group, inReplyTo=first["object"]["id"])
    internet.documents[create["object"]["id"]] = create["object"]
    assert "its own members" in await refused(world, group, announce(group, create))


async def test_what_members_say_in_our_group_does_not_come_from_a_group_elsewhere(world, internet):
    group, ana, _ = await scene(world)
    ours = await world.group(seeing="members")
    await world.follows_us(ana, ours.actor)
    note = among_members(ana, group, to=[ours.actor.uri], audience=ours.actor.uri)["object"]
    internet.documents[note["id"]] = note
    assert "its own members" in await refused(world, group, announce(group, ana.wrap("Create", note)))


async def test_a_person_passes_on_no_private_post(world, internet):
    group, ana, _ = await scene(world)
    eve = await world.known("eve", "evil")
    create = among_members(ana, group)
    internet.documents[create["object"]["id"]] = create["object"]
    internet.asked.clear()
    for shown in (create, create["object"], create["object"]["id"]):
        await refused(world, eve, eve.does("Announce", shown, to=[PUBLIC]))
    assert internet.asked == []


@pytest.mark.parametrize(
    "change",
    [{"to": ["FOLLOWERS"], "cc": ["GROUP"]}, {"audience": None}, {"to": [], "audience": None}],
    ids=["followers-only", "no audience", "for nobody"],
)
async def test_a_private_note_that_only_mentions_the_group_is_not_for_its_members(world, change):
    group, _, _ = await scene(world)
    lea = await world.known("lea", "lemmy")
    names = {"FOLLOWERS": lea.followers, "GROUP": group.uri}
    change = {k: [names[x] for x in v] if isinstance(v, list) else v for k, v in change.items()}
    await refused(world, group, announce(group, among_members(lea, group, **change)))


async def test_a_group_that_everybody_follows_passes_on_nothing_private(world):
    group, _, _ = await scene(world, approves=False)
    lea = await world.known("lea", "lemmy")
    await refused(world, group, announce(group, among_members(lea, group)))


async def test_the_author_alone_does_not_bring_it_to_us(world):
    group, ana, _ = await scene(world)
    outcome = await refused(world, ana, among_members(ana, group))
    assert "comes from that group" in outcome


@pytest.mark.parametrize("way", ["same server", "proof", "fetched"])
async def test_what_is_believed_is_kept_for_the_members(world, internet, way):
    group, ana, _ = await scene(world)
    author = await world.known("lea", "lemmy") if way == "same server" else ana
    create = among_members(author, group)
    if way == "proof":
        create = author.proved(create)
    if way == "fetched":
        internet.documents[create["object"]["id"]] = create["object"]
    internet.asked.clear()
    assert (await world.send(group, announce(group, create))).outcome == "Stored."
    post = await world.post(create["object"]["id"])
    assert (post["reach"], post["group_id"]) == ("members", group.actor.id)
    assert internet.asked == ([create["object"]["id"]] if way == "fetched" else [])
    assert await world.sent("Announce") == []


async def test_what_its_server_does_not_show_yet_is_asked_for_again_for_some_hours(world, internet):
    group, ana, _ = await scene(world)
    create = among_members(ana, group)
    now = world.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    told = announce(group, create) | {"published": now}
    assert (await world.send(group, told)).state == "waiting"
    world.clock.let_pass(minutes=10)
    internet.documents[create["object"]["id"]] = create["object"]
    # What failed a moment ago is not asked for again by the same.
    world.documents = Documents(world.client, ana.key)
    await world.process(world.new_processor())
    assert (await world.arrived(told["id"])).outcome == "Stored."
    lost = announce(group, among_members(ana, group)) | {"published": now}
    assert (await world.send(group, lost)).state == "waiting"
    world.clock.let_pass(hours=7)
    await world.process()
    assert (await world.arrived(lost["id"])).state == "refused"


async def test_a_public_post_of_a_group_that_approves_its_members_is_shown_to_members_only(world):
    group, _, _ = await scene(world)
    lea = await world.known("lea", "lemmy")
    create = lea.create(group.uri, audience=group.uri)
    await world.send(group, announce(group, create))
    assert (await world.post(create["object"]["id"]))["reach"] == "members"
    changed = create["object"] | {"updated": "2026-02-01T10:00:00Z", "content": "<p>Better</p>"}
    assert (await world.send(group, announce(group, lea.wrap("Update", changed)))).outcome == "Changed."
    assert (await world.post(create["object"]["id"]))["reach"] == "members"


async def test_an_answer_among_members_takes_its_place_in_the_thread(world):
    group, _, _ = await scene(world)
    lea, leo = await world.known("lea", "lemmy"), await world.known("leo", "lemmy")
    first = among_members(lea, group)
    answer = among_members(leo, group, inReplyTo=first["object"]["id"])
    await world.send(group, announce(group, answer))
    await world.send(group, announce(group, first))
    root, reply = await world.post(first["object"]["id"]), await world.post(answer["object"]["id"])
    assert (reply["root_id"], reply["reach"]) == (root["id"], "members")


async def test_groups_that_announce_each_other_in_a_circle_find_nothing_new(world, internet):
    """A group elsewhere follows ours, somebody here is in it, and it passes on whatever we pass on."""
    group, ana, _ = await scene(world, approves=False)
    world.internet.software["lemmy"] = "lemmy"
    ours = await world.group()
    await world.follows_us(group, ours.actor)
    mira = await world.member("tom")
    create = ana.create(ours.actor.uri, audience=ours.actor.uri)
    internet.documents[create["object"]["id"]] = create["object"]
    internet.documents[create["id"]] = create
    await world.send(ana, create)
    sent = await world.sent()
    announced = [row["body"] for row in sent if row["type"] == "Announce"]
    assert announced
    before = await world.counts()
    for body in announced:
        for shown in (body, body["id"], body["object"], create, create["object"], create["object"]["id"]):
            await world.send(group, group.does("Announce", shown, to=[PUBLIC], cc=[group.followers]))
            await world.send(group, group.does("Announce", group.does("Announce", shown), to=[PUBLIC]))
    assert await world.counts() == before, "no post, no Announce and no delivery came of it"
    assert await world.sent() == sent
    assert mira is not None


async def test_our_own_words_that_come_back_are_no_news(world):
    group, _, _ = await scene(world)
    ours = "http://here.localhost:1/posts/" + "a" * 32
    note = {
        "id": ours,
        "type": "Note",
        "attributedTo": "http://here.localhost:1/people/mira",
        "to": [group.uri, group.followers],
        "audience": group.uri,
    }
    before = await world.counts()
    for shown in (ours, note, {"type": "Create", "actor": note["attributedTo"], "object": note}):
        assert "is from here" in (await world.send(group, announce(group, shown))).outcome
    assert await world.counts() == before
