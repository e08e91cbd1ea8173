"""People elsewhere who would like to come to events of ours, and events that arrive from elsewhere."""

import json
from datetime import timedelta

import pytest

from fediverse_support.community.posts import coming_elsewhere, posts
from fediverse_support.community.posts.events import NewEvent
from fediverse_support.database import events
from fediverse_support.database.pool import acquire

LINK = "https://meet.example/SECRET-LINK"


async def call(world, group, author=None, **changes):
    """An event of a member of ours."""
    author = author or await world.member()
    start = world.clock() + timedelta(days=5)
    given = {
        "starts_at": start,
        "ends_at": start + timedelta(hours=1),
        "time_zone": "UTC",
        "join_link": LINK,
    }
    async with acquire(world.pool) as db, db.transaction():
        words = posts.Words(title="Circle", source="")
        return await posts.write(
            db,
            world.site,
            author,
            group,
            words,
            world.clock(),
            addition=NewEvent(**given | changes),
            policy=world.policy,
        )


async def states(world) -> list[str]:
    return [row["state"] for row in await world.rows("select state from event_guests order by asked_at")]


async def test_who_may_not_see_an_event_gets_no_answer_at_all(world):
    group = await world.group(seeing="members", reach="members", speaking="members")
    author, ana = await world.member(), await world.known()
    await world.pool.execute(
        "insert into follows (follower_id, followed_id, state, activity_uris) "
        "values ($1, $2, 'accepted', '{x}')",
        author.id,
        group.actor.id,
    )
    post = await call(world, group.actor, author)
    before = await world.counts()
    hidden = await world.send(ana, ana.does("Join", post.uri))
    absent = await world.send(ana, ana.does("Join", f"{world.site.origin}/posts/{'0' * 32}"))
    assert {hidden.state, absent.state} <= {"refused", "done"}
    assert await world.counts() == before
    assert await states(world) == []


@pytest.mark.parametrize("object", [None, 5, "not a url", {}, []])
async def test_a_join_to_nothing_is_refused(world, object):
    ana = await world.known()
    assert (await world.send(ana, ana.does("Join", object))).state == "refused"


async def test_a_join_to_a_post_that_is_no_event_does_nothing(world):
    ana, group = await world.known(), await world.group()
    thread = ana.create(group.actor.uri)
    await world.send(ana, thread)
    arrived = await world.send(ana, ana.does("Join", thread["object"]["id"]))
    assert arrived.outcome == "Nothing to do here for this event."


async def test_who_asks_is_let_in_and_gets_the_way_in_alone(world):
    ana, group = await world.known(), await world.group()
    post = await call(world, group.actor)
    join = ana.does("Join", post.uri)
    assert (await world.send(ana, join)).outcome == "Let in."
    [accept] = await world.sent("Accept")
    assert accept["body"]["object"]["id"] == join["id"]
    assert accept["inboxes"] == [f"{ana.uri}/inbox"]
    [with_link] = [row for row in await world.sent() if "SECRET" in json.dumps(row["body"])]
    assert with_link["inboxes"] == [f"{ana.uri}/inbox"]
    assert (with_link["body"]["to"], with_link["body"]["cc"]) == ([ana.uri], [])
    assert not with_link["is_public"]


async def test_where_there_is_no_place_left_the_answer_is_no(world):
    ana, ben, group = await world.known(), await world.known("ben"), await world.group()
    post = await call(world, group.actor, most_people=1)
    await world.send(ana, ana.does("Join", post.uri))
    assert "no place left" in (await world.send(ben, ben.does("Join", post.uri))).outcome
    [reject] = await world.sent("Reject")
    assert reject["inboxes"] == [f"{ben.uri}/inbox"]
    assert await states(world) == ["accepted"]


async def test_by_approval_one_waits_without_an_answer_and_without_the_way_in(world):
    ana, group = await world.known(), await world.group()
    post = await call(world, group.actor, joining="approval")
    assert (await world.send(ana, ana.does("Join", post.uri))).outcome == "Waits for the organiser."
    assert await world.sent("Accept") == []
    assert not any("SECRET" in json.dumps(row["body"]) for row in await world.sent())


async def test_from_a_server_that_is_looked_at_first_one_waits(world):
    ana, group = await world.known(), await world.group()
    post = await call(world, group.actor)
    world.set_levels(peer="held")
    assert (await world.send(ana, ana.does("Join", post.uri))).outcome == "Waits for the organiser."


@pytest.mark.parametrize("verb", ["Leave", "Undo"])
async def test_who_does_not_come_after_all_is_no_guest(world, verb):
    ana, ben, group = await world.known(), await world.known("ben"), await world.group()
    post = await call(world, group.actor, most_people=1)
    join = ana.does("Join", post.uri)
    await world.send(ana, join)
    await world.send(ben, ben.does("Leave", post.uri))  # was no guest: takes nobody else off
    assert await states(world) == ["accepted"]
    await world.send(ana, ana.does(verb, post.uri if verb == "Leave" else join))
    assert await states(world) == []
    assert (await world.send(ben, ben.does("Join", post.uri))).outcome == "Let in."


async def test_nobody_takes_back_what_somebody_else_has_asked(world):
    ana, eve, group = await world.known(), await world.known("eve", "evil"), await world.group()
    post = await call(world, group.actor)
    join = ana.does("Join", post.uri)
    await world.send(ana, join)
    await world.send(eve, eve.does("Undo", join))
    assert await states(world) == ["accepted"]


async def test_a_join_that_was_taken_back_before_it_came_does_nothing(world):
    ana, group = await world.known(), await world.group()
    post = await call(world, group.actor)
    join = ana.does("Join", post.uri)
    await world.send(ana, ana.does("Undo", join))
    assert (await world.send(ana, join)).outcome == "Taken back before it arrived."
    assert await states(world) == []


@pytest.mark.parametrize("verb", ["TentativeAccept", "TentativeReject", "Invite"])
async def test_what_we_have_no_use_for_is_left_alone(world, verb):
    ana, group = await world.known(), await world.group()
    post = await call(world, group.actor)
    arrived = await world.send(ana, ana.does(verb, post.uri))
    assert (arrived.state, arrived.outcome) == ("done", f"Nothing to do here for {verb}.")


async def test_an_accept_of_a_join_that_we_never_sent_does_nothing(world):
    ana = await world.known()
    mira = await world.member()
    join = {"type": "Join", "id": f"{world.site.origin}/activities/1", "actor": mira.uri, "object": ana.uri}
    assert (await world.send(ana, ana.does("Accept", join))).state == "refused"


async def asked_elsewhere(world, ana, group, mira):
    """A member of ours has asked to come to an event of somebody elsewhere; the event and the Join."""
    create = event(ana, group)
    await world.send(ana, create)
    post = await world.post(create["object"]["id"])
    async with acquire(world.pool) as db, db.transaction():
        await coming_elsewhere.ask(db, world.site, mira, post["id"], world.clock())
    [join] = await world.sent("Join")
    return create["object"]["id"], join


def letter(author, event_uri, guest, **changes):
    note = {
        "id": author.id("notes"),
        "type": "Note",
        "attributedTo": author.uri,
        "to": [guest],
        "content": "<p>The way in<script>alert(1)</script></p>",
        "inReplyTo": event_uri,
    } | changes
    return author.does("Create", note, to=note["to"])


async def test_the_organiser_elsewhere_is_asked_and_nobody_else(world):
    ana, group, mira = await world.known(), await world.group(), await world.member()
    uri, join = await asked_elsewhere(world, ana, group, mira)
    assert (join["body"]["object"], join["body"]["to"], join["body"]["cc"]) == (uri, [ana.uri], [])
    assert join["inboxes"] == [f"{ana.uri}/inbox"]
    assert not join["is_public"]
    assert await states(world) == ["asked"]


@pytest.mark.parametrize("verb", ["Accept", "Reject"])
async def test_nobody_but_the_organiser_answers(world, verb):
    ana, eve, group, mira = (
        await world.known(),
        await world.known("eve", "evil"),
        await world.group(),
        await world.member(),
    )
    _, join = await asked_elsewhere(world, ana, group, mira)
    for answer in (join["uri"], join["body"]):
        assert (await world.send(eve, eve.does(verb, answer))).state == "refused"
    assert await states(world) == ["asked"]


@pytest.mark.parametrize(("verb", "state"), [("Accept", "accepted"), ("Reject", "declined")])
@pytest.mark.parametrize("is_embedded", [True, False])
async def test_the_organisers_answer_counts(world, verb, state, is_embedded):
    ana, group, mira = await world.known(), await world.group(), await world.member()
    _, join = await asked_elsewhere(world, ana, group, mira)
    answer = join["body"] if is_embedded else join["uri"]
    assert (await world.send(ana, ana.does(verb, answer))).state == "done"
    assert await states(world) == [state]


async def test_a_letter_of_the_organiser_is_kept_for_the_guest_and_is_no_post(world):
    ana, group, mira = await world.known(), await world.group(), await world.member()
    uri, join = await asked_elsewhere(world, ana, group, mira)
    number = await world.one("select count(*) from posts")
    for _ in range(2):
        assert (await world.send(ana, letter(ana, uri, mira.uri))).state == "done"
    await world.send(ana, ana.does("Accept", join["uri"]))
    [row] = await world.rows("select letter_html from event_guests")
    assert row["letter_html"] == "<p>The way in</p>"
    assert await world.one("select count(*) from posts") == number


@pytest.mark.parametrize(
    "changes",
    [
        {"to": ["https://www.w3.org/ns/activitystreams#Public"]},
        {"to": ["http://here.localhost:1/people/nobody"]},
        {"inReplyTo": None},
        {"inReplyTo": "http://here.localhost:1/posts/" + "0" * 32},
        {"content": "x" * 60_000},
    ],
    ids=["public", "to nobody here", "about nothing", "about something else", "endless"],
)
async def test_what_is_no_letter_to_a_guest_is_not_kept(world, changes):
    ana, group, mira = await world.known(), await world.group(), await world.member()
    uri, _ = await asked_elsewhere(world, ana, group, mira)
    await world.send(ana, letter(ana, uri, mira.uri, **changes))
    [row] = await world.rows("select letter_html from event_guests")
    assert row["letter_html"] == ""


async def test_nobody_but_the_organiser_writes_to_a_guest_and_to_nobody_but_a_guest(world):
    ana, eve, group = await world.known(), await world.known("eve", "evil"), await world.group()
    mira, noor = await world.member(), await world.member("noor")
    uri, _ = await asked_elsewhere(world, ana, group, mira)
    await world.send(eve, letter(eve, uri, mira.uri))
    await world.send(ana, letter(ana, uri, noor.uri))
    # A private message like any other, and nothing that belongs to the event.
    kept = await world.rows("select named from posts where reach = 'direct'")
    assert {tuple(row["named"]) for row in kept} == {(mira.id,), (noor.id,)}
    [row] = await world.rows("select letter_html from event_guests")
    assert row["letter_html"] == ""


async def event_of(world, create):
    post = await world.post(create["object"]["id"])
    async with acquire(world.pool) as db:
        return await events.of_post(db, post["id"])


def event(author, group, **changes):
    given = {
        "type": "Event",
        "name": "Seed swap",
        "startTime": "2027-03-01T10:00:00+00:00",
        "endTime": "2027-03-01T12:00:00+00:00",
        "timezone": "Pacific/Auckland",
        "onlineLink": LINK,
        "location": {"type": "Place", "name": "The <b>shed</b>\r\nATTENDEE:x"},
    }
    return author.create(group.actor.uri, **given | changes)


async def test_an_event_from_elsewhere_is_stored_with_when_and_where_and_without_its_link(world):
    ana, group = await world.known(), await world.group()
    create = event(ana, group)
    assert (await world.send(ana, create)).state == "done"
    found = await event_of(world, create)
    assert found.starts_at.isoformat() == "2027-03-01T10:00:00+00:00"
    assert (found.time_zone, found.join_link) == ("Pacific/Auckland", "")
    assert found.place == "The <b>shed</b> ATTENDEE:x"  # plain text: templates and calendars escape it


@pytest.mark.parametrize(
    "changes",
    [
        {"startTime": None},
        {"startTime": "soon"},
        {"startTime": "99999-01-01T00:00:00Z"},
        {"startTime": "9999-12-31T23:59:59-12:00"},
        {"startTime": "0001-01-01T00:00:00Z"},
        {"startTime": 5},
    ],
    ids=str,
)
async def test_an_event_that_does_not_say_when_is_a_post(world, changes):
    ana, group = await world.known(), await world.group()
    create = event(ana, group, **changes)
    assert (await world.send(ana, create)).state == "done"
    assert await event_of(world, create) is None


async def test_an_end_before_the_start_is_left_out_and_a_zone_that_is_none_is_utc(world):
    ana, group = await world.known(), await world.group()
    create = event(ana, group, endTime="2027-02-01T10:00:00Z", timezone="Mars/Olympus")
    await world.send(ana, create)
    found = await event_of(world, create)
    assert (found.ends_at, found.time_zone) == (None, "UTC")


async def test_a_newer_version_moves_the_event_and_an_older_one_does_not(world):
    ana, group = await world.known(), await world.group()
    create = event(ana, group)
    await world.send(ana, create)
    for updated, hour in (("2026-01-03T00:00:00Z", 11), ("2026-01-02T00:00:00Z", 9)):
        changes = {"startTime": f"2027-03-01T{hour:02}:00:00Z", "updated": updated}
        await world.send(ana, ana.wrap("Update", create["object"] | changes))
    assert (await event_of(world, create)).starts_at.hour == 11


async def test_a_cancelled_event_is_known_as_such(world):
    ana, group = await world.known(), await world.group()
    create = event(ana, group)
    await world.send(ana, create)
    changes = {"eventStatus": "https://schema.org/EventCancelled", "updated": "2026-01-03T00:00:00Z"}
    await world.send(ana, ana.wrap("Update", create["object"] | changes))
    assert (await event_of(world, create)).is_cancelled


async def test_nobody_but_the_author_moves_an_event(world):
    ana, eve, group = await world.known(), await world.known("eve"), await world.group()
    create = event(ana, group)
    await world.send(ana, create)
    forged = create["object"] | {"startTime": "2027-03-01T23:00:00Z", "updated": "2026-01-03T00:00:00Z"}
    for owner in (ana.uri, eve.uri):
        activity = eve.wrap("Update", forged | {"attributedTo": owner})
        assert (await world.send(eve, activity)).state == "refused"
    assert (await event_of(world, create)).starts_at.hour == 10
