"""The desk: closed to all others, and every deed on the record."""

import json

import pytest

from fediverse_support.core import clock
from fediverse_support.core.identifiers import new_id
from fediverse_support.core.models import GUEST
from fediverse_support.database import activities, inbox
from fediverse_support.database.pool import acquire
from fediverse_support.web.desk.routes import ROUTES
from fediverse_support.web.pages.routes import ROUTES as PAGES
from fediverse_support.web.security import Access


@pytest.fixture
async def mod(world):
    return await world.member("mod", role="moderator")


@pytest.fixture
async def desk(world, mod):
    return await world.signed_in(mod)


async def fetch(world, query, *arguments):
    async with acquire(world.pool) as db:
        return await db.fetch(query, *arguments)


async def deeds(world) -> list[tuple[str, str, str]]:
    rows = await fetch(world, "select deed, object, reason from deeds order by id")
    return [tuple(row) for row in rows]


def test_every_address_of_the_desk_is_for_staff():
    """The pages that a group has too are for who looks after it: `tests/web/desk` of each asks for that."""
    at_desk = {route.endpoint.access for route in ROUTES if route.path.startswith("/desk")}
    assert at_desk <= {Access.STAFF, Access.ADMIN}
    assert {route.path.split("/")[1] for route in ROUTES} <= {"desk", "groups"}


def test_what_a_flood_would_hurt_has_a_limit():
    """Limits belong to handlers, so that another spelling of the address changes nothing (D12)."""
    limited = {route.path for route in PAGES if route.endpoint.limit}
    assert limited >= {"/sign-in", "/join", "/you/password", "/groups/{name}/follow", "/groups/{name}/write",
                       "/posts/{id}/reply", "/drafts"}  # fmt: skip


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{sorted(route.methods)[-1]} {route.path}")
async def test_nobody_but_staff_reaches_an_address_of_the_desk(world, ada, route):
    path = route.path.replace("{id}", "1")
    member, guest = await world.signed_in(ada), world.browser()
    if "POST" in route.methods:
        await member.get("/you")
        token = member.forms()[0][1]["csrf_token"]
        assert (await member.post(path, {"csrf_token": token, "decision": "approve"})).status_code == 404
        assert (await guest.post(path, {"decision": "approve"})).status_code == 401
    else:
        assert (await member.get(path)).status_code == 404
        assert (await guest.get(path)).status_code == 303
    assert await deeds(world) == []


async def test_a_sign_up_is_approved_once_and_on_the_record(world, desk):
    newcomer = await world.member("newcomer", state="waiting")
    await desk.get("/desk")
    path = f"/desk/sign-ups/{newcomer.id}"
    fields = next(values for form, values in desk.forms() if form["action"] == path)
    await desk.post(path, fields | {"decision": "approve", "reason": "Known to Carla"})
    assert (await desk.follow()).status_code == 200
    assert (await desk.get("/people/newcomer")).status_code == 200
    assert await deeds(world) == [("approve sign-up", "newcomer", "Known to Carla")]
    again = await desk.post(path, fields | {"decision": "decline"})
    assert again.status_code == 409
    assert len(await deeds(world)) == 1


async def test_a_declined_sign_up_is_never_shown_and_the_name_stays_taken(world, desk):
    newcomer = await world.member("newcomer", state="waiting")
    await desk.get("/desk")
    await desk.submit(f"/desk/sign-ups/{newcomer.id}", decision="decline")
    assert (await desk.get("/people/newcomer")).status_code == 404
    guest = world.browser()
    await guest.get("/join")
    answer = await guest.submit("/join", name="newcomer", password="three quiet green lamps")
    assert answer.status_code == 409


async def test_a_post_is_hidden_and_its_followers_are_told_and_it_comes_back(world, village, ada, desk):
    group = await village.group()
    rosa = await village.remote("https://harbour.example/users/rosa")
    async with acquire(world.pool) as db:
        await db.execute(
            "insert into follows (follower_id, followed_id, state, activity_uris) "
            "values ($1, $2, 'accepted', '{x}')",
            rosa.id,
            group.actor.id,
        )
    post = await village.writes(ada, group.actor, "MARKER", title="Title")
    path = f"/desk/posts/{post.id}"
    await desk.get(path)
    await desk.submit(path, deed="hide", reason="It names somebody.")
    await desk.follow()
    assert (await world.browser().get(f"/posts/{post.public_id}")).status_code == 404
    assert "MARKER" in (await desk.get("/desk/posts/" + str(post.id))).text
    assert "Title" in (await desk.get("/desk/posts")).text
    sent = await fetch(world, "select type, undone_at from activities order by id")
    assert [row["type"] for row in sent][-3:] == ["Undo", "Delete", "Announce"]
    assert sent[-1]["undone_at"] is None, "what tells of the deletion is not taken back with the post"
    await desk.get(path)
    await desk.submit(path, deed="show", reason="A misunderstanding.")
    assert (await world.browser().get(f"/posts/{post.public_id}")).status_code == 200
    last = await fetch(world, "select body, undone_at from activities order by id desc limit 2")
    boosted, announced = (json.loads(row["body"]) for row in last)
    assert (announced["type"], announced["object"]["type"]) == ("Announce", "Undo")
    assert (boosted["type"], boosted["object"]) == ("Announce", post.uri)
    async with acquire(world.pool) as db:
        assert [line.body for line in await activities.outbox_of(db, GUEST, group.actor.id, None, 5)] == [
            row["body"]
            for row in await db.fetch(
                "select body from activities where body like '%Announce%Create%' and undone_at is null"
            )
        ]
    assert [line[0] for line in await deeds(world)] == ["hide post", "show post"]


async def test_a_held_post_is_announced_when_it_is_let_in(world, village, desk):
    group = await village.group()
    rosa = await village.remote("https://harbour.example/users/rosa")
    create = {"id": "https://harbour.example/c/1", "type": "Create", "actor": rosa.uri, "object": "x",
              "to": ["https://www.w3.org/ns/activitystreams#Public"]}  # fmt: skip
    async with acquire(world.pool) as db:
        await db.execute(
            """
            insert into posts (id, uri, author_id, group_id, root_id, title, content_html, reach, state,
                               published_at, active_at)
            values (7, 'https://harbour.example/n/1', $1, $2, 7, 'From afar', '<p>MARKER</p>', 'open', 'held',
                    now(), now())
            """,
            rosa.id,
            group.actor.id,
        )
        await db.execute("insert into held_activities (post_id, body) values (7, $1)", json.dumps(create))
        await db.execute(
            "insert into holds (id, kind, post_id, group_id, actor_uri) values (8, 'post', 7, $1, $2)",
            group.actor.id,
            rosa.uri,
        )
    assert 'href="/desk/holds"' in (await desk.get("/desk")).text
    assert "From afar" in (await desk.get("/desk/holds")).text
    assert 'href="/desk/holds/8"' in (await desk.get("/desk/posts/7")).text
    await desk.submit("/desk/posts/7", deed="show")
    found = await fetch(world, "select public_id from posts where id = 7")
    assert "MARKER" in (await world.browser().get(f"/posts/{found[0]['public_id']}")).text
    bodies = [json.loads(row["body"]) for row in await fetch(world, "select body from activities")]
    assert {body["type"] for body in bodies} == {"Announce"}
    assert any(body["object"] == "https://harbour.example/n/1" for body in bodies)
    assert await fetch(world, "select 1 from held_activities") == []
    again = await desk.post("/desk/posts/7", {"csrf_token": await token_of(desk), "deed": "show"})
    assert again.status_code == 409


async def test_arrivals_are_shown_with_their_decision_and_filtered(world, desk):
    async with acquire(world.pool) as db:
        for number, (host, outcome) in enumerate([("a.example", "accept"), ("b.example", "refuse")]):
            await db.execute(
                "insert into decisions (id, activity_uri, actor_uri, host, activity_type, outcome, rules, "
                "reason, policy_version) values ($1, 'x', $2, $3, 'Create', $4, '{a-rule}', $5, 1)",
                number, f"https://{host}/users/x", host, outcome, f"Reason {number}",
            )  # fmt: skip
    everything = (await desk.get("/desk/arrivals")).text
    assert "Reason 0" in everything
    assert "Reason 1" in everything
    assert "Reason 1" not in (await desk.get("/desk/arrivals?host=a.example")).text
    assert "Reason 0" not in (await desk.get("/desk/arrivals?outcome=refuse")).text
    assert (await desk.get("/desk/arrivals?outcome='%22&host=%ff'--")).status_code == 200
    assert (await desk.get("/desk/arrivals?host=%00x")).status_code == 404


async def test_a_report_is_closed_once(world, mod, desk):
    async with acquire(world.pool) as db:
        await db.execute(
            "insert into reports (id, reporter_uri, object_uris, reason) "
            "values (5, 'https://a.example/u', '{x}', 'Why')"
        )
    await desk.get("/desk")
    await desk.submit("/desk/reports/5/close", reason="Talked to both")
    assert desk.page.status_code == 303
    assert await deeds(world) == [("close report", "5", "Talked to both")]
    await desk.get("/desk")
    answer = await desk.post("/desk/reports/5/close", {"csrf_token": await token_of(desk)})
    assert answer.status_code == 409


async def token_of(browser) -> str:
    await browser.get("/you")
    return browser.forms()[0][1]["csrf_token"]


async def test_what_was_parked_is_tried_again(world, desk):
    now = clock.now()
    arrived = inbox.Arrived(
        id=new_id(), activity_uri="https://a.example/1", actor_uri="https://a.example/u", type="Create",
        host="a.example", state="parked", forwarded=False, body=b"{}", request=None, received_at=now,
    )  # fmt: skip
    async with acquire(world.pool) as db:
        await inbox.add_many(db, [arrived])
    await desk.get("/desk")
    await desk.submit(f"/desk/parked/{arrived.id}/replay")
    assert [row["state"] for row in await fetch(world, "select state from inbox")] == ["waiting"]


async def test_a_server_that_rests_is_shown_and_called_again(world, desk):
    async with acquire(world.pool) as db:
        await db.execute(
            "insert into hosts (name, failures, opened_at, last_error) "
            "values ('a.example', 7, now(), 'Timeout')"
        )
    page = await desk.get("/desk/hosts")
    assert "resting" in page.text
    assert "Timeout" in page.text
    await desk.submit("/desk/hosts")
    rows = await fetch(world, "select failures, opened_at from hosts")
    assert [tuple(row) for row in rows] == [(0, None)]
    assert (
        await desk.post("/desk/hosts", {"csrf_token": await token_of(desk), "host": "no"})
    ).status_code == 404


async def test_what_was_done_can_be_read(world, desk):
    await desk.get("/desk/domains/of/b.example")
    await desk.submit("/desk/domains/of/b.example", do="set", level="held", reason="Too loud")
    page = (await desk.get("/desk/deeds")).text
    assert "set domain to held" in page
    assert "Too loud" in page
    assert "mod" in page
