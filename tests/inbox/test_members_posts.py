"""What members on other servers say in a members-only group of ours: to whom it was meant decides."""

import pytest

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CANARY = "canary-7f3a"


def members_note(author, group, **more):
    """What a server that knows closed groups sends, as Lemmy 1.0 does."""
    fields = {
        "to": [group.actor.uri, f"{group.actor.uri}/followers"],
        "cc": [],
        "audience": group.actor.uri,
        "content": f"<p>{CANARY}</p>",
    }
    note = author.note(**fields | more)
    return author.wrap("Create", note, audience=group.actor.uri)


async def scene(world, *, joined=True, **answers):
    world.internet.software |= {"peer": "fediverse-support", "far": "lemmy"}
    ana, lea = await world.known(), await world.known("lea", "far")
    group = await world.group(**({"seeing": "members"} | answers))
    await world.follows_us(lea, group.actor)
    if joined:
        await world.follows_us(ana, group.actor)
    return ana, lea, group


async def refused(world, ana, activity):
    before = await world.counts()
    arrived = await world.send(ana, activity)
    assert arrived.state == "refused"
    assert CANARY not in arrived.outcome
    assert await world.counts() == before
    return arrived.outcome


async def test_who_is_no_member_says_nothing_among_members(world):
    ana, _, group = await scene(world, joined=False)
    assert "Only members" in await refused(world, ana, members_note(ana, group))


async def test_who_waits_to_be_let_in_is_no_member(world):
    ana, _, group = await scene(world, joined=False)
    await world.follows_us(ana, group.actor)
    await world.pool.execute("update follows set state = 'pending' where follower_id = $1", ana.actor.id)
    await refused(world, ana, members_note(ana, group))


async def test_a_public_post_into_a_members_only_group_is_refused(world):
    ana, _, group = await scene(world)
    activity = members_note(ana, group, to=[group.actor.uri, PUBLIC])
    assert "addressed to everybody" in await refused(world, ana, activity)


async def test_a_public_answer_to_a_post_for_members_is_refused_also_in_an_open_group(world):
    ana, _, group = await scene(world, seeing="everyone")
    await world.send(ana, first := ana.create(group.actor.uri))
    await world.pool.execute("update posts set reach = 'members'")
    answer = ana.create(group.actor.uri, inReplyTo=first["object"]["id"])
    assert "addressed to everybody" in await refused(world, ana, answer)


async def test_a_note_for_members_of_an_open_group_is_refused(world):
    ana, _, group = await scene(world, seeing="everyone")
    assert "public" in await refused(world, ana, members_note(ana, group))


@pytest.mark.parametrize(
    ("shape", "is_letter"),
    [
        ("followers-only", False), ("direct", True), ("followers, no audience", False),
        ("followers, with audience", False), ("another audience", True),
    ],
)  # fmt: skip
async def test_a_microblog_note_that_mentions_the_group_never_becomes_a_post_in_it(world, shape, is_letter):
    ana, _, group = await scene(world)
    uri, followers = group.actor.uri, f"{group.actor.uri}/followers"
    more = {
        # Mastodon puts a mentioned group and its followers into a followers-only and into a direct Note.
        "followers-only": {"to": [ana.followers], "cc": [uri, followers], "audience": None},
        "direct": {"to": [uri, followers], "cc": [], "audience": None},
        "followers, no audience": {"to": [ana.followers, followers], "cc": [uri], "audience": None},
        "followers, with audience": {"to": [uri, followers], "cc": [ana.followers]},
        "another audience": {"to": [uri, followers], "audience": f"{uri}x"},
    }[shape]
    tag = [{"type": "Mention", "href": uri, "name": "@carers"}]
    activity = members_note(ana, group, tag=tag, **more)
    if not is_letter:
        assert "public" in await refused(world, ana, activity)
        return
    # What names nobody but the group is for who looks after it.
    assert (await world.send(ana, activity)).state == "done"
    post = await world.post(activity["object"]["id"])
    assert (post["group_id"], post["reach"], list(post["named"])) == (None, "direct", [group.actor.id])
    assert await world.sent("Announce") == []


async def test_a_sealed_group_takes_nothing_from_outside(world):
    ana, _, group = await scene(world, reach="sealed")
    await refused(world, ana, members_note(ana, group))


@pytest.mark.parametrize("type", ["Note", "Page", "Article", "Question"])
async def test_what_a_member_says_is_kept_for_members_and_announced_to_their_servers(world, type):
    ana, lea, group = await scene(world)
    activity = members_note(ana, group, type=type, name="A title")
    assert (await world.send(ana, activity)).outcome == "Stored."
    post = await world.post(activity["object"]["id"])
    assert (post["reach"], post["group_id"], post["state"]) == ("members", group.actor.id, "live")
    (announce,) = await world.sent("Announce")
    assert announce["body"]["object"]["id"] == activity["id"]
    assert not announce["is_public"]
    for addressed in (announce["body"], announce["body"]["object"], announce["body"]["object"]["object"]):
        assert PUBLIC not in [*addressed["to"], *addressed["cc"]]
    assert any(lea.origin in inbox for inbox in announce["inboxes"])


async def test_an_answer_among_members_finds_its_thread(world):
    ana, lea, group = await scene(world)
    await world.send(ana, first := members_note(ana, group))
    await world.send(lea, answer := members_note(lea, group, inReplyTo=first["object"]["id"]))
    root, reply = await world.post(first["object"]["id"]), await world.post(answer["object"]["id"])
    assert (reply["root_id"], reply["reach"]) == (root["id"], "members")


async def test_an_answer_to_a_post_for_members_in_an_open_group_is_for_members(world):
    ana, lea, group = await scene(world, seeing="everyone")
    await world.send(ana, first := ana.create(group.actor.uri))
    await world.pool.execute("update posts set reach = 'members'")
    await world.send(lea, answer := members_note(lea, group, inReplyTo=first["object"]["id"]))
    assert (await world.post(answer["object"]["id"]))["reach"] == "members"


@pytest.mark.parametrize("is_public", [True, False], ids=["wider", "narrower"])
async def test_an_edit_does_not_change_who_may_read(world, is_public):
    ana, _, group = await scene(world, seeing="members" if is_public else "everyone")
    first = members_note(ana, group) if is_public else ana.create(group.actor.uri, audience=group.actor.uri)
    await world.send(ana, first)
    to = {"to": [group.actor.uri, PUBLIC]} if is_public else {"to": [group.actor.uri], "cc": []}
    changed = first["object"] | to | {"updated": "2026-02-01T10:00:00Z", "content": f"<p>{CANARY}2</p>"}
    outcome = await refused(world, ana, ana.does("Update", changed, to=changed["to"], cc=changed["cc"]))
    assert "who may read" in outcome


async def test_an_edit_and_a_deletion_go_to_members_only(world):
    ana, _, group = await scene(world)
    await world.send(ana, first := members_note(ana, group))
    note = first["object"] | {"updated": "2026-02-01T10:00:00Z"}
    await world.send(ana, ana.wrap("Update", note))
    await world.send(ana, ana.does("Delete", note["id"], to=[PUBLIC]))
    announced = await world.sent("Announce")
    assert [row["body"]["object"]["type"] for row in announced] == ["Create", "Update", "Delete"]
    for row in announced:
        assert PUBLIC not in [*row["body"]["to"], *row["body"]["cc"]]


async def test_posts_that_answer_each_other_in_a_circle_end(world, internet):
    ana, _, group = await scene(world)
    one, two = members_note(ana, group), members_note(ana, group)
    one["object"]["inReplyTo"] = two["object"]["id"]
    two["object"]["inReplyTo"] = one["object"]["id"]
    itself = members_note(ana, group)
    itself["object"]["inReplyTo"] = itself["object"]["id"]
    for activity in (one, two, itself):
        internet.documents[activity["object"]["id"]] = activity["object"]
    internet.asked.clear()
    for activity in (one, two, itself):
        assert (await world.send(ana, activity)).state == "done"
    assert len(internet.asked) <= 3
    rows = await world.rows("select id, root_id, parent_id from posts")
    assert len(rows) == 3
    assert all(row["parent_id"] != row["id"] for row in rows)
    roots = [row["id"] for row in rows if row["id"] == row["root_id"]]
    assert {row["root_id"] for row in rows} == set(roots), "every thread has a root that is its own"


async def test_who_may_not_speak_does_not_make_us_look_up_what_they_answer(world, internet):
    ana, _, group = await scene(world, joined=False)
    activity = members_note(ana, group, inReplyTo=internet.url("victim", "/notes/1"))
    internet.asked.clear()
    await refused(world, ana, activity)
    assert internet.asked == []


async def test_no_stranger_is_stored_among_members_because_a_member_answers_them(world, internet):
    ana, _, group = await scene(world)
    eve = await world.known("eve", "evil")
    above = members_note(eve, group)["object"]
    internet.documents[above["id"]] = above
    activity = members_note(ana, group, inReplyTo=above["id"])
    assert (await world.send(ana, activity)).state == "done"
    assert await world.post(above["id"]) is None
