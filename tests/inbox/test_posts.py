"""Create, Update and Delete of posts, as they come from other servers."""

import pytest

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


async def test_what_somebody_says_to_their_followers_is_no_post_in_a_group(world):
    ana, group = await world.known(), await world.group()
    before = await world.counts()
    arrived = await world.send(ana, ana.create(group.actor.uri, to=[ana.followers], cc=[group.actor.uri]))
    assert arrived.state == "refused"
    assert "public" in arrived.outcome
    assert await world.counts() == before


async def test_a_post_for_no_group_is_refused(world):
    ana = await world.known()
    before = await world.counts()
    arrived = await world.send(ana, ana.create())
    assert (arrived.state, arrived.outcome) == ("refused", "This is for no group here.")
    assert await world.counts() == before


async def test_a_post_into_a_group_that_is_not_there_is_refused(world):
    ana = await world.known()
    arrived = await world.send(ana, ana.create("http://here.localhost:1/groups/nobody"))
    assert arrived.state == "refused"


@pytest.mark.parametrize(
    "answers",
    [{"speaking": "members"}, {"speaking": "moderators"}, {"seeing": "members"}, {"reach": "sealed"}],
    ids=str,
)
async def test_a_group_says_who_may_speak_in_it(world, answers):
    ana, group = await world.known(), await world.group(**answers)
    before = await world.counts()
    arrived = await world.send(ana, ana.create(group.actor.uri))
    assert arrived.state == "refused"
    assert await world.counts() == before


async def test_a_follower_may_speak_where_members_may(world):
    ana, group = await world.known(), await world.group(speaking="members")
    await world.follows_us(ana, group.actor)
    assert (await world.send(ana, ana.create(group.actor.uri))).state == "done"


async def test_who_is_blocked_from_a_group_may_not_speak_in_it(world):
    ana, group = await world.known(), await world.group()
    await world.pool.execute(
        "insert into blocks (blocker_uri, blocked_uri, target_uri, activity_uri) values ($1, $2, $1, 'x')",
        group.actor.uri,
        ana.uri,
    )
    assert (await world.send(ana, ana.create(group.actor.uri))).state == "refused"


async def test_a_post_is_stored_and_announced_in_both_dialects(world):
    ana, group = await world.known(), await world.group()
    lemmy, mastodon = await world.known("lea", "lemmy"), await world.known("mia", "masto")
    await world.pool.execute("insert into hosts (name, software) values ($1, 'lemmy')", lemmy.actor.host)
    await world.follows_us(lemmy, group.actor)
    await world.follows_us(mastodon, group.actor)
    activity = ana.create(group.actor.uri, name="A title", summary="grief", sensitive=True)
    arrived = await world.send(ana, activity)
    assert (arrived.state, arrived.outcome) == ("done", "Stored.")
    post = await world.post(activity["object"]["id"])
    assert (post["title"], post["content_warning"], post["state"]) == ("A title", "grief", "live")
    assert post["group_id"] == group.actor.id
    assert post["root_id"] == post["id"]
    assert post["content_html"] == "<p>Hello to all of you</p>"
    whole, boost = await world.sent("Announce")
    assert whole["body"]["object"] == activity
    assert whole["inboxes"] == [f"{lemmy.origin}/inbox"]
    assert boost["body"]["object"] == activity["object"]["id"]
    assert boost["inboxes"] == [f"{mastodon.origin}/inbox", f"{ana.uri}/inbox"]
    assert boost["is_public"]
    assert not whole["is_public"]


async def test_a_post_that_arrives_twice_is_one_post(world):
    ana, group = await world.known(), await world.group()
    activity = ana.create(group.actor.uri)
    await world.send(ana, activity)
    counts = await world.counts()
    await world.send(ana, activity)
    again = ana.wrap("Create", activity["object"])
    assert (await world.send(ana, again)).outcome == "Known."
    assert await world.counts() == counts


async def test_an_answer_takes_its_place_and_is_passed_on_but_not_boosted(world):
    ana, ben, group = await world.known(), await world.known("ben"), await world.group()
    first = ana.create(group.actor.uri)
    await world.send(ana, first)
    before = len(await world.sent("Announce"))
    answer = ben.create(
        None, inReplyTo=first["object"]["id"], published="2026-01-01T11:00:00Z", name="no title here"
    )
    assert (await world.send(ben, answer)).state == "done"
    root, reply = await world.post(first["object"]["id"]), await world.post(answer["object"]["id"])
    assert (reply["root_id"], reply["parent_id"]) == (root["id"], root["id"])
    assert reply["group_id"] == group.actor.id
    assert reply["title"] == ""
    assert root["active_at"] == reply["published_at"]
    announced = (await world.sent("Announce"))[before:]
    assert [row["body"]["object"] for row in announced] == [answer]


async def test_an_answer_that_comes_first_waits_for_its_parent_in_a_thread_of_its_own(world):
    ana, ben, group = await world.known(), await world.known("ben"), await world.group()
    first = ana.create(group.actor.uri)
    answer = ben.create(group.actor.uri, inReplyTo=first["object"]["id"])
    below = ana.create(None, inReplyTo=answer["object"]["id"])
    await world.send(ben, answer)
    await world.send(ana, below)
    alone = await world.post(answer["object"]["id"])
    assert alone["root_id"] == alone["id"]
    await world.send(ana, first)
    root = await world.post(first["object"]["id"])
    assert {row["root_id"] for row in await world.rows("select root_id from posts")} == {root["id"]}
    parents = {row["uri"]: row["parent_id"] for row in await world.rows("select * from posts")}
    assert parents[answer["object"]["id"]] == root["id"]
    assert parents[below["object"]["id"]] == alone["id"]


async def test_the_missing_parent_is_fetched_where_it_belongs_to_the_group(world, internet):
    ana, ben, group = await world.known(), await world.known("ben", "other"), await world.group()
    note = ana.note(group.actor.uri)
    internet.documents[note["id"]] = note
    answer = ben.create(group.actor.uri, inReplyTo=note["id"])
    await world.send(ben, answer)
    root = await world.post(note["id"])
    assert root["group_id"] == group.actor.id
    assert (await world.post(answer["object"]["id"]))["root_id"] == root["id"]


async def test_what_we_fetched_is_announced_when_its_author_sends_it(world, internet):
    ana, ben, group = await world.known(), await world.known("ben", "other"), await world.group()
    first = ana.create(group.actor.uri)
    internet.documents[first["object"]["id"]] = first["object"]
    await world.send(ben, ben.create(group.actor.uri, inReplyTo=first["object"]["id"]))
    await world.send(ana, first)
    boosted = [row["body"]["object"] for row in await world.sent("Announce")]
    assert boosted.count(first["object"]["id"]) == 1
    assert boosted.count(first) == 1
    await world.send(ana, ana.wrap("Create", first["object"]))
    assert len(await world.sent("Announce")) == len(boosted)


async def test_an_answer_does_not_drag_somebody_elses_thread_into_the_group(world, internet):
    ana, ben, group = await world.known(), await world.known("ben", "other"), await world.group()
    stranger = ana.note(None)
    internet.documents[stranger["id"]] = stranger
    answer = ben.create(group.actor.uri, inReplyTo=stranger["id"])
    assert (await world.send(ben, answer)).state == "done"
    assert await world.post(stranger["id"]) is None
    alone = await world.post(answer["object"]["id"])
    assert alone["root_id"] == alone["id"]


async def test_a_change_is_kept_with_what_was_said_before_and_passed_on(world):
    ana, group = await world.known(), await world.group()
    activity = ana.create(group.actor.uri)
    await world.send(ana, activity)
    before = len(await world.sent())
    changed = activity["object"] | {"content": "<p>Changed</p>", "updated": "2026-01-02T10:00:00Z"}
    update = ana.wrap("Update", changed)
    assert (await world.send(ana, update)).outcome == "Changed."
    post = await world.post(changed["id"])
    assert post["content_html"] == "<p>Changed</p>"
    versions = await world.rows("select * from post_versions")
    assert [row["content_html"] for row in versions] == ["<p>Hello to all of you</p>"]
    assert [row["body"]["object"] for row in (await world.sent())[before:]] == [update]
    counts = await world.counts()
    assert (await world.send(ana, ana.wrap("Update", changed))).outcome == "Known."
    older = activity["object"] | {"content": "<p>Between</p>", "updated": "2026-01-01T12:00:00Z"}
    await world.send(ana, ana.wrap("Update", older))
    assert (await world.post(changed["id"]))["content_html"] == "<p>Changed</p>"
    counts["post_versions"] += 1
    assert await world.counts() == counts


async def test_only_the_author_changes_a_post(world):
    ana, eve, group = await world.known(), await world.known("eve"), await world.group()
    activity = ana.create(group.actor.uri)
    await world.send(ana, activity)
    before = await world.counts()
    stolen = activity["object"] | {"attributedTo": eve.uri, "updated": "2026-02-01T10:00:00Z"}
    assert (await world.send(eve, eve.wrap("Update", stolen))).state == "refused"
    lying = activity["object"] | {"content": "<p>Owned</p>", "updated": "2026-02-01T10:00:00Z"}
    assert (await world.send(eve, eve.wrap("Update", lying))).state == "refused"
    assert await world.counts() == before
    assert (await world.post(activity["object"]["id"]))["content_html"] == "<p>Hello to all of you</p>"


async def test_a_post_with_a_time_in_the_future_is_no_newer_when_it_comes_again(world):
    ana, group = await world.known(), await world.group()
    activity = ana.create(group.actor.uri, published="2999-01-01T00:00:00Z")
    await world.send(ana, activity)
    counts = await world.counts()
    world.clock.let_pass(minutes=1)
    assert (await world.send(ana, ana.wrap("Create", activity["object"]))).outcome == "Known."
    assert await world.counts() == counts


async def test_a_deleted_post_is_wiped_withdrawn_and_stays_away(world):
    ana, group = await world.known(), await world.group()
    mastodon = await world.known("mia", "masto")
    await world.follows_us(mastodon, group.actor)
    activity = ana.create(group.actor.uri)
    uri = activity["object"]["id"]
    await world.send(ana, activity)
    delete = ana.does("Delete", {"type": "Tombstone", "id": uri}, to=[PUBLIC])
    assert (await world.send(ana, delete)).outcome == "Deleted."
    post = await world.post(uri)
    assert (post["state"], post["content_html"], post["title"]) == ("deleted", "", "")
    (undo,) = await world.sent("Undo")
    assert undo["body"]["object"]["object"] == uri
    assert f"{mastodon.origin}/inbox" in undo["inboxes"]
    counts = await world.counts()
    again = ana.wrap("Create", activity["object"])
    await world.send(ana, again)
    await world.send(ana, ana.does("Delete", uri))
    assert (await world.post(uri))["content_html"] == ""
    assert await world.counts() == counts


async def test_what_was_deleted_before_it_arrived_has_no_words(world):
    ana, group = await world.known(), await world.group()
    activity = ana.create(group.actor.uri, name="Secret", summary="secret", content="secret")
    uri = activity["object"]["id"]
    await world.send(ana, ana.does("Delete", uri))
    await world.send(ana, activity)
    post = await world.post(uri)
    assert post["state"] == "deleted"
    assert "ecret" not in str(post)
    assert await world.sent("Announce") == []


async def test_nobody_deletes_what_others_wrote(world):
    ana, eve, group = await world.known(), await world.known("eve"), await world.group()
    far = await world.known("fay", "far")
    activity = ana.create(group.actor.uri)
    uri = activity["object"]["id"]
    await world.send(ana, activity)
    before = await world.counts()
    assert (await world.send(eve, eve.does("Delete", uri))).state == "refused"
    assert (await world.send(far, far.does("Delete", uri))).state == "refused"
    assert (await world.send(far, far.does("Delete", ana.id("notes")))).state == "refused"
    assert await world.counts() == before


async def test_a_neighbour_cannot_use_up_the_place_of_a_deletion(world):
    ana, eve, group = await world.known(), await world.known("eve"), await world.group()
    activity = ana.create(group.actor.uri)
    uri = activity["object"]["id"]
    await world.send(eve, eve.does("Delete", uri))
    await world.send(ana, ana.does("Delete", uri))
    await world.send(ana, activity)
    assert (await world.post(uri))["state"] == "deleted"


async def test_a_moderator_elsewhere_takes_down_a_post_and_brings_it_back(world):
    ana, mod, group = await world.known(), await world.known("mod", "other"), await world.group()
    activity = ana.create(group.actor.uri)
    uri = activity["object"]["id"]
    await world.send(ana, activity)
    delete = mod.does("Delete", uri, summary="spam", to=[PUBLIC], cc=[group.actor.uri])
    assert (await world.send(mod, delete)).state == "refused"
    assert (await world.post(uri))["state"] == "live"
    await world.pool.execute(
        "insert into group_moderators (group_id, actor_id) values ($1, $2)", group.actor.id, mod.actor.id
    )
    delete = mod.does("Delete", uri, summary="spam", to=[PUBLIC], cc=[group.actor.uri])
    assert (await world.send(mod, delete)).outcome == "Taken down by a moderator of the group."
    post = await world.post(uri)
    assert (post["state"], post["hidden_by"]) == ("hidden", mod.actor.id)
    assert (await world.send(ana, ana.does("Undo", delete))).state == "refused"
    assert (await world.send(mod, mod.does("Undo", delete))).outcome == "Restored by a moderator."
    assert (await world.post(uri))["state"] == "live"


async def test_an_actor_that_leaves_takes_everything_along(world):
    ana, group = await world.known(), await world.group()
    await world.follows_us(ana, group.actor)
    activity = ana.create(group.actor.uri)
    await world.send(ana, activity)
    delete = ana.does("Delete", ana.uri, to=[PUBLIC])
    assert (await world.send(ana, delete)).outcome == "The account is gone, with 1 posts."
    assert (await world.post(activity["object"]["id"]))["state"] == "deleted"
    assert await world.one("select state from actors where uri = $1", ana.uri) == "gone"
    assert await world.one("select count(*) from follows") == 0


async def test_a_held_server_waits_for_a_moderator_and_nothing_is_announced(world):
    ana, group = await world.known(), await world.group()
    world.set_levels(peer="held")
    activity = ana.create(group.actor.uri)
    assert (await world.send(ana, activity)).outcome == "Stored. A moderator looks at it first."
    assert (await world.post(activity["object"]["id"]))["state"] == "held"
    assert await world.sent() == []
    assert await world.one("select count(*) from held_activities") == 1


async def test_a_limited_server_is_kept_out_of_public_view(world):
    ana, group = await world.known(), await world.group()
    world.set_levels(peer="limited")
    activity = ana.create(group.actor.uri)
    await world.send(ana, activity)
    assert (await world.post(activity["object"]["id"]))["reach"] == "quiet"


async def test_an_unlisted_post_stays_quiet_and_so_do_its_answers(world):
    ana, ben, group = await world.known(), await world.known("ben"), await world.group()
    first = ana.create(group.actor.uri, to=[ana.followers], cc=[PUBLIC, group.actor.uri])
    early = ben.create(group.actor.uri, inReplyTo=first["object"]["id"])
    late = ben.create(None, inReplyTo=first["object"]["id"])
    for sender, activity in ((ben, early), (ana, first), (ben, late)):
        await world.send(sender, activity)
    assert {row["reach"] for row in await world.rows("select reach from posts")} == {"quiet"}
