"""What a group says before one goes in, and while one writes."""

import pytest

from fediverse_support.community.groups import notices
from fediverse_support.core.errors import Malformed
from fediverse_support.database import groups
from fediverse_support.database.pool import acquire

NOTICES = "/groups/night_owls/notices"


@pytest.fixture
async def owls(village):
    return await village.group()


@pytest.fixture
async def cleo(world, owls):
    """Who looks after the group."""
    account = await world.member("cleo")
    async with acquire(world.pool) as db:
        await groups.add_moderator(db, owls.actor.id, account.actor_id)
    return account


@pytest.fixture
def says(world):
    async def say(entry="", posting=""):
        async with acquire(world.pool) as db, db.transaction():
            group = await groups.by_name(db, "night_owls")
            await notices.say(db, group, entry=entry, posting=posting)

    return say


async def test_only_who_looks_after_a_group_writes_its_notices(world, village, ada, owls):
    await village.joins(ada, owls)
    browser = await world.signed_in(ada)
    assert (await browser.get(NOTICES)).status_code == 404
    await browser.get("/you")
    token = browser.forms()[0][1]["csrf_token"]
    assert (await browser.post(NOTICES, {"csrf_token": token, "entry": "Go."})).status_code == 404
    assert (await world.browser().get(NOTICES)).status_code == 303


async def test_a_notice_lets_nobody_into_a_closed_group(world, village, ada):
    closed = await village.group("inside", seeing="members")
    async with acquire(world.pool) as db, db.transaction():
        await notices.say(db, closed, entry="About hard nights.", posting="")
    browser = await world.signed_in(ada)
    assert "About hard nights." not in (await browser.get("/groups/inside?in=1")).text
    await browser.get("/you")
    token = browser.forms()[0][1]["csrf_token"]
    assert (await browser.post("/groups/inside/go-in", {"csrf_token": token})).status_code == 404


async def test_an_archived_group_keeps_its_notices(world, owls, cleo):
    browser = await world.signed_in(cleo)
    await browser.get(NOTICES)
    async with acquire(world.pool) as db:
        await db.execute("update groups set life = 'archived'")
    assert (await browser.submit(NOTICES, entry="Late.")).status_code == 403


async def test_each_member_reads_the_entry_notice_once_until_it_changes(world, village, ada, owls, says):
    await village.joins(ada, owls)
    await village.writes(ada, owls.actor, "Hello.", title="A thread")
    await says(entry="We speak of *hard* nights.")
    browser = await world.signed_in(ada)
    page = (await browser.get("/groups/night_owls")).text
    assert "<em>hard</em>" in page
    assert "A thread" not in page
    await browser.submit("/groups/night_owls/go-in")
    page = (await browser.follow()).text
    assert "A thread" in page
    assert "<em>hard</em>" not in page
    await says(entry="We speak of *hard* nights.", posting="Be brief.")
    assert "A thread" in (await browser.get("/groups/night_owls")).text
    await says(entry="We speak of other things.")
    assert "other things" in (await browser.get("/groups/night_owls")).text


async def test_a_guest_goes_in_with_a_link_and_nothing_is_kept(world, village, ada, owls, says):
    await village.writes(ada, owls.actor, "Hello.", title="A thread")
    await says(entry="We speak of hard nights.")
    browser = world.browser()
    assert "A thread" not in (await browser.get("/groups/night_owls")).text
    assert "A thread" in (await browser.get("/groups/night_owls?in=1")).text
    assert "A thread" in (await browser.get("/groups/night_owls?before=9999999999999999-1")).text
    assert not browser.client.cookies


async def test_the_posting_notice_stands_where_one_writes(world, village, ada, owls, cleo):
    await village.joins(ada, owls)
    post = await village.writes(ada, owls.actor, "Hello.", title="A thread")
    moderator = await world.signed_in(cleo)
    await moderator.get(NOTICES)
    await moderator.submit(NOTICES, posting="No numbers, please. <script>alert(1)</script>")
    browser = await world.signed_in(ada)
    for path in ("/groups/night_owls/write", f"/posts/{post.public_id}"):
        page = (await browser.get(path)).text
        assert "No numbers, please." in page
        assert "<script>alert" not in page
    assert "No numbers" not in (await world.browser().get(f"/posts/{post.public_id}")).text


async def test_a_notice_that_is_too_long_changes_nothing(world, owls, says):
    with pytest.raises(Malformed):
        await says(entry="x" * 2001)
    async with acquire(world.pool) as db:
        assert (await groups.by_name(db, "night_owls")).entry_source == ""
