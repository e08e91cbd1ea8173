"""Reporting a post: the form, the receipt, and the page on which the moderators read it."""

import pytest

from fediverse_support.database import groups
from fediverse_support.database.pool import acquire


@pytest.fixture
async def stage(world, village, ada, ben):
    group = await village.group()
    mo = await world.member("mo")
    async with acquire(world.pool) as db:
        await groups.add_moderator(db, group.actor.id, mo.actor_id)
    post = await village.writes(ada, group.actor, "MARKER", title="Hello")
    return group, post, mo


async def rows(world, query):
    async with acquire(world.pool) as db:
        return [tuple(row) for row in await db.fetch(query)]


async def test_what_one_may_not_see_cannot_be_reported(world, village, stage, ada, ben):
    """A report must not be a way to read (L9), nor to learn that there is something."""
    inner = await village.group("inner", title="Inner", reach="sealed", seeing="members")
    await village.joins(ada, inner)
    secret = await village.writes(ada, inner.actor, "SECRET")
    browser = await world.signed_in(ben)
    await browser.get("/you")
    token = browser.forms()[0][1]["csrf_token"]
    for path in (f"/posts/{secret.public_id}/report", f"/posts/{'0' * 32}/report"):
        assert (await browser.get(path)).status_code == 404
        assert (await browser.post(path, {"csrf_token": token, "reason": "x"})).status_code == 404
    assert await rows(world, "select * from reports") == []


async def test_a_guest_signs_in_first_and_nobody_reports_themselves(world, stage, ada):
    _, post, _ = stage
    path = f"/posts/{post.public_id}/report"
    assert (await world.browser().get(path)).status_code == 303
    assert (await (await world.signed_in(ada)).get(path)).status_code == 404


async def test_a_report_has_a_receipt_and_is_read_and_closed_by_who_looks_after_the_group(world, stage, ben):
    _, post, mo = stage
    path = f"/posts/{post.public_id}/report"
    reporter, moderator = await world.signed_in(ben), await world.signed_in(mo)
    assert path in (await reporter.get(f"/posts/{post.public_id}")).text
    await reporter.get(path)
    assert "Also tell the server" not in reporter.page.text, "it is from here"
    empty = await reporter.submit(path)
    assert (empty.status_code, "few words" in empty.text) == (400, True)
    receipt = await reporter.submit(path, reason="It frightens me")
    assert receipt.status_code == 200
    assert "Your report has arrived" in receipt.text
    await reporter.get(path)
    again = await reporter.submit(path, reason="Once more")
    assert again.status_code == 409
    assert "Once more" in again.text
    shown = (await moderator.get("/groups/night_owls/reports")).text
    assert "It frightens me" in shown
    assert "MARKER" in shown
    assert "ben" in shown.lower()
    await moderator.submit("/groups/night_owls/reports", note="Talked to both")
    assert "It frightens me" not in (await moderator.follow()).text
    assert await rows(world, "select deed, reason from deeds") == [("close report", "Talked to both")]


async def test_the_desk_shows_it_too_with_its_rule(world, stage, ben):
    group, post, _ = stage
    async with acquire(world.pool) as db:
        await db.execute("update groups set rules_version = 1")
        await db.execute("insert into group_rule_versions (group_id, version) values ($1, 1)", group.actor.id)
        await db.execute(
            "insert into group_rules (group_id, version, position, title) values ($1, 1, 1, 'Be kind')",
            group.actor.id,
        )
    reporter = await world.signed_in(ben)
    path = f"/posts/{post.public_id}/report"
    assert "Be kind" in (await reporter.get(path)).text
    await reporter.submit(path, rule="Be kind")
    await reporter.get(path)
    boss = await world.signed_in(await world.member("boss", role="moderator"))
    page = (await boss.get("/desk")).text
    assert "Be kind" in page
    assert f"/posts/{post.public_id}/look-after" in page or post.uri in page
    assert await rows(world, "select rule, reason from reports") == [("Be kind", "")]


async def test_a_rule_that_the_group_does_not_have_is_not_kept(world, stage, ben):
    _, post, _ = stage
    reporter = await world.signed_in(ben)
    path = f"/posts/{post.public_id}/report"
    await reporter.get(path)
    await reporter.submit(path, rule="Made up", reason="x")
    assert await rows(world, "select rule from reports") == [("",)]


async def test_the_box_for_the_other_server_is_there_where_there_is_one(world, village, stage, ben):
    _, post, _ = stage
    rosa = await village.remote("https://harbour.example/users/rosa")
    async with acquire(world.pool) as db:
        await db.execute("update posts set author_id = $1", rosa.id)
    reporter = await world.signed_in(ben)
    path = f"/posts/{post.public_id}/report"
    page = (await reporter.get(path)).text
    assert "harbour.example" in page
    assert "your name is not" in page
