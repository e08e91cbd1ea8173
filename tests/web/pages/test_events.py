"""Events on the pages: who sees the way in, who sees the guests, what a calendar is given. Refusals first."""

import re
from datetime import timedelta

import pytest
from icalendar import Calendar

from fediverse_support.community.posts import posts
from fediverse_support.community.posts.events import NewEvent
from fediverse_support.core import clock
from fediverse_support.database import actors, groups
from fediverse_support.database.pool import acquire

LINK = "https://meet.example/SECRET-LINK"


@pytest.fixture
async def owls(village):
    return await village.group()


async def call(world, account, group, **changes):
    start = clock.now() + timedelta(days=5)
    given = {
        "starts_at": start,
        "ends_at": start + timedelta(hours=2),
        "time_zone": "Europe/Berlin",
        "join_link": LINK,
    }
    async with acquire(world.pool) as db, db.transaction():
        author = await actors.by_id(db, account.actor_id)
        words = posts.Words(title="Listening circle", source="Bring tea.")
        return await posts.write(
            db,
            world.site,
            author,
            group,
            words,
            clock.now(),
            addition=NewEvent(**given | changes),
            policy=world.policy,
        )


async def count(world, query: str, *arguments) -> int:
    async with acquire(world.pool) as db:
        return await db.fetchval(query, *arguments)


async def token(browser) -> str:
    await browser.get("/you")
    return browser.forms()[0][1]["csrf_token"]


PAGES = ("", "/event.ics", "/guests", "/event")


async def test_nobody_outside_sees_the_way_in_on_any_page(world, owls, ada, ben):
    post = await call(world, ada, owls.actor, joining="approval")
    asked = await world.signed_in(ben)
    await asked.get(f"/posts/{post.public_id}")
    await asked.submit(f"/posts/{post.public_id}/come", answer="yes")
    moderator = await world.member("mo")
    async with acquire(world.pool) as db:
        await groups.add_moderator(db, owls.actor.id, moderator.actor_id)
    owner = await world.member("owner", role="owner")
    visitors = [world.browser(), asked, await world.signed_in(moderator), await world.signed_in(owner)]
    for browser in visitors:
        for place in PAGES:
            assert "SECRET" not in (await browser.get(f"/posts/{post.public_id}{place}")).text
        for path in ("/groups/night_owls", "/people/ada", "/"):
            assert "SECRET" not in (await browser.get(path)).text


async def test_an_event_among_members_is_not_there_for_others(world, village, ada, ben):
    calm = await village.group("calm", seeing="members", reach="members", speaking="members")
    await village.joins(ada, calm)
    post = await call(world, ada, calm.actor)
    for browser in (world.browser(), await world.signed_in(ben)):
        for place in ("", "/event.ics"):
            found = await browser.get(f"/posts/{post.public_id}{place}")
            absent = await browser.get(f"/posts/{'0' * 32}{place}")
            assert (found.status_code, absent.status_code) == (404, 404)
            assert found.text.replace(post.public_id, "x") == absent.text.replace("0" * 32, "x")
    browser = await world.signed_in(ben)
    fields = {"csrf_token": await token(browser), "answer": "yes"}
    assert (await browser.post(f"/posts/{post.public_id}/come", fields)).status_code == 404
    assert await count(world, "select count(*) from event_guests") == 0


async def test_nobody_but_who_looks_after_it_sees_or_decides_who_comes(world, owls, ada, ben):
    post = await call(world, ada, owls.actor, joining="approval")
    browser = await world.signed_in(ben)
    await browser.get(f"/posts/{post.public_id}")
    await browser.submit(f"/posts/{post.public_id}/come", answer="yes")
    page = await browser.follow()
    assert "You have asked to come" in page.text
    assert f"/posts/{post.public_id}/guests" not in page.text
    assert (await browser.get(f"/posts/{post.public_id}/guests")).status_code == 404
    me = f"{world.site.origin}/people/ben"
    fields = {"csrf_token": await token(browser), "guest": me, "decision": "yes"}
    assert (await browser.post(f"/posts/{post.public_id}/guests", fields)).status_code == 404
    assert await count(world, "select count(*) from event_guests where state = 'asked'") == 1
    for place in ("event", "cancel"):
        fields = {"csrf_token": fields["csrf_token"], "do": "off"}
        assert (await browser.post(f"/posts/{post.public_id}/{place}", fields)).status_code == 404
    assert (await browser.get(f"/posts/{post.public_id}/event")).status_code == 404


async def test_a_guest_is_let_in_by_the_organiser_and_sees_the_way_in(world, owls, ada, ben):
    post = await call(world, ada, owls.actor, joining="approval")
    browser = await world.signed_in(ben)
    await browser.get(f"/posts/{post.public_id}")
    await browser.submit(f"/posts/{post.public_id}/come", answer="yes")
    host = await world.signed_in(ada)
    page = await host.get(f"/posts/{post.public_id}/guests")
    assert "Ben" in page.text
    guest = f"{world.site.origin}/people/ben"
    await host.submit(f"/posts/{post.public_id}/guests", decision="yes", guest=guest)
    page = await browser.get(f"/posts/{post.public_id}")
    assert LINK in page.text
    assert "You are expected" in page.text
    file = await browser.get(f"/posts/{post.public_id}/event.ics")
    assert LINK in file.text.replace("\r\n ", "")
    await browser.get(f"/posts/{post.public_id}")
    await browser.submit(f"/posts/{post.public_id}/come", answer="no")
    assert LINK not in (await browser.follow()).text


async def test_no_page_says_how_many_come(world, owls, ada, ben):
    post = await call(world, ada, owls.actor, most_people=37)
    browser = await world.signed_in(ben)
    await browser.get(f"/posts/{post.public_id}")
    await browser.submit(f"/posts/{post.public_id}/come", answer="yes")
    page = await browser.follow()
    assert "You are expected" in page.text
    words = re.sub(r"<[^>]*>", " ", page.text.split("<main")[1].split("</main>")[0])
    assert "37" not in words


async def test_the_file_for_a_calendar_is_valid_private_and_without_the_way_in_for_guests(world, owls, ada):
    post = await call(world, ada, owls.actor, place="Old mill")
    answer = await world.browser().get(f"/posts/{post.public_id}/event.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-store"
    assert "SECRET" not in answer.text
    [event] = Calendar.from_ical(answer.content).walk("VEVENT")
    assert event["summary"] == "Listening circle"
    assert event["location"] == "Old mill"
    assert event["url"] == f"{world.site.origin}/posts/{post.public_id}"


async def test_an_event_is_called_with_the_form(world, village, owls, ada):
    await village.joins(ada, owls)
    browser = await world.signed_in(ada)
    await browser.get("/groups/night_owls/event")
    day = (clock.now() + timedelta(days=9)).strftime("%Y-%m-%d")
    await browser.submit(
        "/groups/night_owls/event",
        title="Circle",
        source="Bring tea.",
        starts=f"{day}T19:00",
        ends=f"{day}T20:30",
        time_zone="Europe/Berlin",
        where="Old <mill>",
        join_link=LINK,
        joining="approval",
        most_people="12",
    )
    page = await browser.follow()
    assert "Old &lt;mill&gt;" in page.text
    assert "(Europe/Berlin)" in page.text
    assert "7:00" in page.text
    assert await count(world, "select most_people from events where joining = 'approval'") == 12
    # The next one begins with the same time zone.
    page = await browser.get("/groups/night_owls/event")
    assert '<option value="Europe/Berlin" selected>' in page.text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"title": ""}, "needs a title"),
        ({"starts": ""}, "Please give day and time"),
        ({"starts": "99999-01-01T10:00"}, "Please give day and time"),
        ({"starts": "2026-01-01T10:00+01:00"}, "Please give day and time"),
        ({"starts": "2100-01-02T10:00", "ends": "2100-01-01T10:00"}, "ends before it begins"),
        ({"time_zone": "../etc/passwd"}, "time zone"),
        ({"join_link": "javascript:alert(1)"}, "https://"),
        ({"most_people": "many"}, "number of people"),
        ({"most_people": "²"}, "number of people"),
        ({"most_people": "0"}, "number of people"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_that_was_typed_is_lost(world, owls, ada, fields, words):
    browser = await world.signed_in(ada)
    await browser.get("/groups/night_owls/event")
    day = (clock.now() + timedelta(days=9)).strftime("%Y-%m-%d")
    given = {
        "title": "Circle",
        "source": "MARKER",
        "starts": f"{day}T19:00",
        "ends": f"{day}T20:30",
        "time_zone": "UTC",
        "where": "Old mill",
    }
    page = await browser.submit("/groups/night_owls/event", **given | fields)
    assert page.status_code == 400
    assert words in page.text
    assert "MARKER" in page.text
    assert 'value="Old mill"' in page.text
    assert await count(world, "select count(*) from posts") == 0


async def test_an_event_is_changed_and_called_off_by_its_organiser(world, owls, ada):
    post = await call(world, ada, owls.actor)
    browser = await world.signed_in(ada)
    await browser.get(f"/posts/{post.public_id}/event")
    day = (clock.now() + timedelta(days=12)).strftime("%Y-%m-%d")
    await browser.submit(
        f"/posts/{post.public_id}/event",
        starts=f"{day}T10:00",
        ends=f"{day}T11:00",
        time_zone="UTC",
        where="New place",
        joining="open",
    )
    assert "New place" in (await browser.follow()).text
    assert await count(world, "select count(*) from events where join_link = $1", LINK) == 1
    await browser.get(f"/posts/{post.public_id}/guests")
    await browser.submit(f"/posts/{post.public_id}/cancel", do="off")
    assert "This does not take place." in (await browser.follow()).text
    assert f"/posts/{post.public_id}/come" not in (await world.browser().get(f"/posts/{post.public_id}")).text
    assert await count(world, "select count(*) from activities where type = 'Update'") == 2


async def test_to_come_to_an_event_of_another_server_its_organiser_is_asked(world, village, owls, ada):
    rosa = await village.remote("https://harbour.example/users/rosa")
    async with acquire(world.pool) as db:
        await db.execute(
            """
            insert into posts (id, uri, public_id, author_id, group_id, root_id, type, reach, title,
                               content_html, published_at, received_at, active_at)
            values (7, 'https://harbour.example/e/1', repeat('7', 32), $1, $2, 7, 'Event', 'open', 'Swap',
                    '', now(), now(), now())
            """,
            rosa.id,
            owls.actor.id,
        )
        await db.execute(
            "insert into events (post_id, starts_at, place) values (7, now() + interval '1 day', 'The shed')"
        )
    browser = await world.signed_in(ada)
    page = await browser.get(f"/posts/{'7' * 32}")
    assert "The shed" in page.text
    assert "Your name goes to the organiser on the other server" in page.text
    assert "/guests" not in page.text
    await browser.submit(f"/posts/{'7' * 32}/come", answer="yes")
    assert "You have asked to come" in (await browser.follow()).text
    sent = "select count(*) from deliveries d join activities a on a.id = d.activity_id where a.type = $1"
    assert await count(world, sent, "Join") == 1
    await browser.submit(f"/posts/{'7' * 32}/come", answer="no")
    assert "You have asked to come" not in (await browser.follow()).text
    assert await count(world, sent, "Leave") == 1
