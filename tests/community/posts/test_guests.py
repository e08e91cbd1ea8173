"""Events of ours: who does not come, who learns the way in, and that nobody else does."""

import asyncio
import json
from datetime import timedelta

import pytest

from fediverse_support.community.posts import guests, hosting, posts
from fediverse_support.community.posts.events import NewEvent
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Forbidden, Malformed, Missing
from fediverse_support.database import events
from fediverse_support.database.pool import acquire
from tests.support.remote import RemoteActor

LINK = "https://meet.example/SECRET-LINK"


def new(**changes) -> NewEvent:
    start = clock.now() + timedelta(days=5)
    given = {
        "starts_at": start,
        "ends_at": start + timedelta(hours=2),
        "time_zone": "Europe/Berlin",
        "join_link": LINK,
    }
    return NewEvent(**given | changes)


async def call(home, author, group, **changes):
    async with acquire(home.pool) as db, db.transaction():
        words = posts.Words(title="Listening circle", source="Bring tea.")
        return await posts.write(
            db, home.site, author, group, words, clock.now(), addition=new(**changes), policy=home.policy
        )


async def ask(home, person, post, uri="", now=None, **more):
    async with acquire(home.pool) as db, db.transaction():
        return await guests.ask(
            db, home.site, person, post.id, uri or f"{person.uri}#comes", now or clock.now(), **more
        )


async def decide(home, post, person, yes=True):
    async with acquire(home.pool) as db, db.transaction():
        if yes:
            await guests.let_in(db, home.site, post.id, person.id, clock.now())
        else:
            await guests.decline(db, home.site, post.id, person.id)


async def state_of(home, post, person):
    async with acquire(home.pool) as db:
        return await events.state_of(db, post.id, person.id)


@pytest.mark.parametrize(
    "changes",
    [
        {"ends_at": clock.now() + timedelta(days=4)},
        {"starts_at": clock.now() - timedelta(days=3), "ends_at": clock.now() - timedelta(days=2)},
        {"ends_at": clock.now() + timedelta(days=99)},
        {"starts_at": clock.now() + timedelta(days=9_000), "ends_at": clock.now() + timedelta(days=9_001)},
        {"time_zone": "Mars/Olympus"},
        {"join_link": "javascript:alert(1)"},
        {"join_link": "http://meet.example/x"},
        {"join_link": "https://meet.example/x\r\nATTENDEE:x"},
        {"join_link": "https://" + "x" * 2_000},
        {"most_people": 0},
        {"most_people": 10_001},
        {"place": "x" * 501},
        {"joining": "nobody"},
    ],
    ids=" and ".join,
)
async def test_an_event_that_is_none_is_refused_and_nothing_is_written(home, changes):
    member, group = await home.member(), await home.group()
    with pytest.raises(Malformed):
        await call(home, member, group.actor, **changes)
    assert await home.pool.fetchval("select count(*) from posts") == 0


async def test_the_way_in_is_in_nothing_that_is_sent_or_served(home):
    ada, ben, group = await home.member("ada"), await home.member("ben"), await home.group()
    lea = await home.meet(RemoteActor("lea", "https://lemmy.example"))
    await home.join(lea, group.actor)
    post = await call(home, ada, group.actor)
    await ask(home, ben, post)
    async with acquire(home.pool) as db, db.transaction():
        await hosting.change(
            db,
            home.site,
            ada,
            post.id,
            new(place="Old mill"),
            clock.now() + timedelta(seconds=1),
            policy=home.policy,
        )
    async with acquire(home.pool) as db, db.transaction():
        await hosting.set_cancelled(db, home.site, ada, post.id, True, clock.now() + timedelta(seconds=2))
    bodies = [row["body"] for row in await home.pool.fetch("select body from activities")]
    assert len(bodies) > 5
    assert not any("SECRET" in body for body in bodies)
    for path in (
        f"/posts/{post.public_id}",
        f"/posts/{post.public_id}/context",
        f"/groups/{group.actor.name}/outbox",
        f"/people/{ada.name}/outbox",
        f"/posts/{post.public_id}/event.ics",
    ):
        for accept in ("application/activity+json", "text/html"):
            assert "SECRET" not in (await home.get(path, accept)).text
    served = (await home.get(f"/posts/{post.public_id}")).json()
    assert (served["type"], served["location"]) == ("Event", {"type": "Place", "name": "Old mill"})


async def test_who_may_not_see_an_event_cannot_come(home):
    group = await home.group(seeing="members", reach="members", speaking="members")
    ada, stranger = await home.member("ada"), await home.member("stranger")
    await home.join(ada, group.actor)
    post = await call(home, ada, group.actor)
    with pytest.raises(Missing):
        await ask(home, stranger, post)
    assert await state_of(home, post, stranger) is None


async def test_who_was_asked_to_stay_away_cannot_come(home):
    ada, ben, group = await home.member("ada"), await home.member("ben"), await home.group()
    post = await call(home, ada, group.actor)
    await home.pool.execute(
        "insert into blocks (blocker_uri, blocked_uri, target_uri, activity_uri) values ($1, $2, $1, 'x')",
        group.actor.uri,
        ben.uri,
    )
    with pytest.raises(Forbidden):
        await ask(home, ben, post)


async def test_there_are_never_more_guests_than_places(home):
    ada, group = await home.member("ada"), await home.group()
    post = await call(home, ada, group.actor, most_people=3)
    people = [await home.member(f"m{number}") for number in range(7)]
    results = await asyncio.gather(*(ask(home, person, post) for person in people), return_exceptions=True)
    assert sorted(map(str, results)).count("accepted") == 3
    assert sum(isinstance(result, Conflict) for result in results) == 4
    assert await home.pool.fetchval("select count(*) from event_guests where state = 'accepted'") == 3
    coming = next(person for person, result in zip(people, results, strict=True) if result == "accepted")
    late = next(person for person, result in zip(people, results, strict=True) if result != "accepted")
    async with acquire(home.pool) as db, db.transaction():
        assert await guests.stay_away(db, coming, post.id)
    assert await ask(home, late, post) == "accepted"


async def test_by_approval_nobody_is_let_in_beyond_the_places(home):
    ada, ben, cleo, group = (
        await home.member("ada"),
        await home.member("ben"),
        await home.member("cleo"),
        await home.group(),
    )
    post = await call(home, ada, group.actor, joining="approval", most_people=1)
    assert await ask(home, ben, post) == "asked"
    assert await ask(home, cleo, post) == "asked"
    await decide(home, post, ben)
    with pytest.raises(Conflict):
        await decide(home, post, cleo)
    assert await state_of(home, post, cleo) == "asked"


async def test_who_was_told_no_cannot_get_in_by_leaving_and_asking_again(home):
    ada, ben, group = await home.member("ada"), await home.member("ben"), await home.group()
    post = await call(home, ada, group.actor)
    await ask(home, ben, post)
    await decide(home, post, ben, yes=False)
    async with acquire(home.pool) as db, db.transaction():
        assert not await guests.stay_away(db, ben, post.id)
    with pytest.raises(Forbidden):
        await ask(home, ben, post)


async def test_nobody_comes_to_what_is_over_or_called_off_or_their_own(home):
    ada, ben, group = await home.member("ada"), await home.member("ben"), await home.group()
    post = await call(home, ada, group.actor)
    with pytest.raises(Conflict):
        await ask(home, ada, post)
    with pytest.raises(Conflict):
        await ask(home, ben, post, now=clock.now() + timedelta(days=6))
    async with acquire(home.pool) as db, db.transaction():
        await hosting.set_cancelled(db, home.site, ada, post.id, True, clock.now() + timedelta(seconds=1))
    with pytest.raises(Conflict):
        await ask(home, ben, post)


async def test_nobody_but_the_organiser_changes_or_cancels(home):
    ada, ben, group = await home.member("ada"), await home.member("ben"), await home.group()
    post = await call(home, ada, group.actor)
    async with acquire(home.pool) as db, db.transaction():
        with pytest.raises(Forbidden):
            await hosting.change(db, home.site, ben, post.id, new(), clock.now(), policy=home.policy)
        with pytest.raises(Forbidden):
            await hosting.set_cancelled(db, home.site, ben, post.id, True, clock.now())


async def letters(home, author) -> list[dict]:
    found = await home.published(author)
    return [one for one in found if one["type"] == "Create" and one["object"]["type"] == "Note"]


async def test_somebody_elsewhere_is_answered_and_gets_the_way_in_once_in_a_letter_to_them_alone(home):
    ada, group = await home.member("ada"), await home.group()
    rosa = await home.meet(RemoteActor("rosa", "https://mobilizon.example"))
    post = await call(home, ada, group.actor)
    join = "https://mobilizon.example/joins/1"
    for _ in range(3):
        assert await ask(home, rosa, post, join) == "accepted"
    [letter] = await letters(home, ada)
    assert LINK in letter["object"]["content"]
    assert letter["to"] == letter["object"]["to"] == [rosa.uri]
    assert letter["cc"] == letter["object"]["cc"] == []
    for uri in (letter["id"], letter["object"]["id"]):
        assert (await home.get(uri.removeprefix(home.site.origin))).status_code == 404
    accept = next(one for one in await home.published(ada) if one["type"] == "Accept")
    assert accept["object"] == {"type": "Join", "id": join, "actor": rosa.uri, "object": post.uri}
    reached = await home.pool.fetch(
        "select distinct d.inbox_url from deliveries d join activities a on a.id = d.activity_id "
        "where a.body like '%SECRET%'"
    )
    assert [row["inbox_url"] for row in reached] == [rosa.inbox_url]
    assert "SECRET" not in json.dumps((await home.get(f"/people/{ada.name}/outbox")).json())


async def test_a_new_link_goes_to_every_guest_elsewhere_and_a_changed_place_to_nobody_by_letter(home):
    ada, group = await home.member("ada"), await home.group()
    rosa = await home.meet(RemoteActor("rosa", "https://mobilizon.example"))
    post = await call(home, ada, group.actor)
    await ask(home, rosa, post)
    for seconds, changes in enumerate([{"place": "Mill"}, {"join_link": "https://meet.example/OTHER"}], 1):
        async with acquire(home.pool) as db, db.transaction():
            later = clock.now() + timedelta(seconds=seconds)
            await hosting.change(db, home.site, ada, post.id, new(**changes), later, policy=home.policy)
    first, second = await letters(home, ada)
    assert LINK in first["object"]["content"]
    assert "OTHER" in second["object"]["content"]


async def test_a_cancelled_event_is_told_to_everybody_and_to_guests_elsewhere_by_letter(home):
    ada, group = await home.member("ada"), await home.group()
    rosa = await home.meet(RemoteActor("rosa", "https://mobilizon.example"))
    post = await call(home, ada, group.actor)
    await ask(home, rosa, post)
    for seconds, off in ((1, True), (2, False)):
        async with acquire(home.pool) as db, db.transaction():
            later = clock.now() + timedelta(seconds=seconds)
            await hosting.set_cancelled(db, home.site, ada, post.id, off, later)
    updates = [one["object"] for one in await home.published(ada) if one["type"] == "Update"]
    assert [one["name"] for one in updates] == ["Cancelled: Listening circle", "Listening circle"]
    assert [one["ical:status"] for one in updates] == ["CANCELLED", "CONFIRMED"]
    assert updates[0]["updated"] < updates[1]["updated"]
    _, off, on = await letters(home, ada)
    assert "does not take place" in off["object"]["content"]
    assert "after all" in on["object"]["content"]


async def test_a_deleted_event_is_wiped_with_its_link_and_guests(home):
    ada, ben, group = await home.member("ada"), await home.member("ben"), await home.group()
    post = await call(home, ada, group.actor)
    await ask(home, ben, post)
    await home.delete(ada, post)
    for table in ("events", "event_guests"):
        assert await home.pool.fetchval(f"select count(*) from {table}") == 0
