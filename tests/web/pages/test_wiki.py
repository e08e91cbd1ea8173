"""The wiki of a group: who reads and writes it, and that nothing is lost."""

from html.parser import HTMLParser

import pytest

from fediverse_support.community.groups import wiki
from fediverse_support.community.posts import removals
from fediverse_support.core import clock
from fediverse_support.core.errors import Missing
from fediverse_support.database import actors, blocks, groups
from fediverse_support.database.pool import acquire

WIKI = "/groups/night_owls/wiki"
PAGE = f"{WIKI}/first-steps"
WORDS = {"title": "First steps", "source": "Breathe.\n\nThen *write*."}


@pytest.fixture
def writes_page(world):
    async def write(account, group, title="First steps", source="Breathe."):
        async with acquire(world.pool) as db, db.transaction():
            author = await actors.by_id(db, account.actor_id)
            words = wiki.Words(title=title, source=source)
            return await wiki.create(db, group, author, words, clock.now())

    return write


@pytest.fixture
def changes_page(world):
    async def change(account, group, on, source, title="First steps", slug="first-steps"):
        async with acquire(world.pool) as db, db.transaction():
            author = await actors.by_id(db, account.actor_id)
            words = wiki.Words(title=title, source=source)
            return await wiki.edit(db, group, slug, on, author, words, clock.now())

    return change


@pytest.fixture
async def group(village):
    return await village.group()


@pytest.fixture
async def cleo(world, group):
    """Who looks after the group."""
    account = await world.member("cleo")
    async with acquire(world.pool) as db:
        await groups.add_moderator(db, group.actor.id, account.actor_id)
    return account


async def set_group(world, **values):
    async with acquire(world.pool) as db:
        for column, value in values.items():
            await db.execute(
                {
                    "wiki_editors": "update groups set wiki_editors = $1",
                    "life": "update groups set life = $1",
                }[column],
                value,
            )


async def token_of(browser) -> str:
    await browser.get("/you")
    return browser.forms()[0][1]["csrf_token"]


@pytest.mark.parametrize("below", ["", "/first-steps", "/first-steps/history", "/first-steps/history/1"])
@pytest.mark.parametrize("seeing", ["members", "everyone"])
async def test_what_only_members_see_has_no_wiki_for_others(
    below, seeing, world, village, ada, ben, writes_page
):
    closed = await village.group("inside", seeing=seeing, reach="members")
    await village.joins(ben, closed)
    await writes_page(ben, closed)
    for browser in (world.browser(), await world.signed_in(ada)):
        hidden = await browser.get(f"/groups/inside/wiki{below}")
        nothing = await browser.get(f"/groups/nothing/wiki{below}")
        assert (hidden.status_code, nothing.status_code) == (404, 404)
        assert hidden.text.replace("/inside/", "/nothing/") == nothing.text
    assert (await (await world.signed_in(ben)).get(f"/groups/inside/wiki{below}")).status_code == 200


@pytest.mark.parametrize("deed", ["edit", "delete", "restore", "history/1"])
async def test_a_stranger_a_member_and_who_looks_after_another_group_change_nothing(
    deed, world, village, ada, ben, cleo, group, writes_page
):
    await writes_page(cleo, group)
    await village.joins(ada, group)
    other = await village.group("early_birds")
    async with acquire(world.pool) as db:
        await groups.add_moderator(db, other.actor.id, ben.actor_id)
    for account in (ada, ben, await world.member("dora")):
        browser = await world.signed_in(account)
        sent = {"csrf_token": await token_of(browser), **WORDS, "on": "1"}
        assert (await browser.post(f"{PAGE}/{deed}", sent)).status_code in (403, 404)
    async with acquire(world.pool) as db:
        page = await wiki.page_at(db, group, "first-steps")
    assert (page.number, page.source, page.deleted_at) == (1, "Breathe.", None)


async def test_a_blocked_member_writes_nothing(world, village, ada, group):
    await set_group(world, wiki_editors="members")
    await village.joins(ada, group)
    async with acquire(world.pool) as db:
        member = await actors.by_id(db, ada.actor_id)
        await blocks.block(
            db,
            blocker_uri=group.actor.uri,
            blocked_uri=member.uri,
            target_uri=group.actor.uri,
            activity_uri=f"{group.actor.uri}#block",
            reason="",
            ends_at=None,
        )
    browser = await world.signed_in(ada)
    sent = {"csrf_token": await token_of(browser), **WORDS, "on": "0"}
    assert (await browser.post(f"{PAGE}/edit", sent)).status_code == 403


async def test_an_archived_group_keeps_its_wiki_as_it_is(world, cleo, group, writes_page):
    await writes_page(cleo, group)
    await set_group(world, life="archived")
    browser = await world.signed_in(cleo)
    page = await browser.get(PAGE)
    assert page.status_code == 200
    assert "/edit" not in page.text
    token = await token_of(browser)
    for deed in ("edit", "delete", "history/1"):
        sent = {"csrf_token": token, **WORDS, "on": "1"}
        assert (await browser.post(f"{PAGE}/{deed}", sent)).status_code == 403


EVIL = (
    "<script>alert(1)</script> [a](javascript:alert(1)) ![b](data:text/html,x) "
    "[[<img src=x onerror=alert(1)>]] "
    '<a href="https://a.example" onclick="alert(1)">x</a>\n\n# <svg onload=alert(1)>'
)


async def test_a_page_full_of_tricks_is_only_text(world, cleo, group, writes_page, changes_page):
    page = await writes_page(cleo, group, f"Tricks {EVIL[:60]}", EVIL)
    await changes_page(cleo, group, 1, f"{EVIL}\n</textarea><script>alert(2)</script>", slug=page.slug)
    browser = await world.signed_in(cleo)
    base = f"{WIKI}/{page.slug}"
    for path in (
        WIKI,
        base,
        f"{base}/edit",
        f"{base}/history",
        f"{base}/history/2",
        f"{base}/compare?from=1&to=2",
    ):
        found = await browser.get(path)
        assert found.status_code == 200
        assert Doors(found.text).open == []


class Doors(HTMLParser):
    """Where a page could run something: scripts, handlers, addresses that are none."""

    def __init__(self, page):
        super().__init__()
        self.open = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag in ("svg", "object", "iframe", "embed") or (
            tag == "script" and not str(given.get("src", "")).startswith("/static/")
        ):
            self.open.append(tag)
        for name, value in attrs:
            address = name in ("href", "src", "action", "formaction")
            if name.startswith("on") or (address and not str(value).startswith(("/", "https://", "?", "#"))):
                self.open.append(f"{name}={value}")


async def test_moderators_begin_a_page_and_everybody_reads_it(world, cleo, group):
    browser = await world.signed_in(cleo)
    await browser.get(f"{WIKI}?title=First+steps")
    await browser.follow()
    assert 'value="First steps"' in browser.page.text
    await browser.submit(f"{PAGE}/edit", source="Breathe.\n\nSee [[Night calls|who to call]].")
    page = await browser.follow()
    assert "Breathe." in page.text
    guest = world.browser()
    page = await guest.get(PAGE)
    assert 'href="https://garden.example/groups/night_owls/wiki/night-calls"' in page.text
    assert "/edit" not in page.text
    assert "First steps" in (await guest.get(WIKI)).text


async def test_members_write_where_the_group_says_so(world, village, ada, cleo, group):
    await village.joins(ada, group)
    moderator, member = await world.signed_in(cleo), await world.signed_in(ada)
    assert (await member.get(f"{PAGE}/edit")).status_code == 403
    await moderator.get(WIKI)
    form = next(
        values for given, values in moderator.forms() if given["action"] == WIKI and given["method"] == "post"
    )
    await moderator.post(WIKI, form | {"editors": "members"})
    await member.get(f"{PAGE}/edit")
    await member.submit(f"{PAGE}/edit", **WORDS)
    assert "<em>write</em>" in (await member.follow()).text


async def test_the_slower_of_two_writers_sees_both_texts_and_loses_none(
    world, cleo, group, writes_page, changes_page
):
    await writes_page(cleo, group, source="One.\nTwo.")
    browser = await world.signed_in(cleo)
    await browser.get(f"{PAGE}/edit")
    await changes_page(cleo, group, 1, "One.\nTwo, said faster.")
    page = await browser.submit(f"{PAGE}/edit", source="One.\nTwo, said slower.", why="Better.")
    assert page.status_code == 409
    assert "Two, said faster." in page.text
    assert "Two, said slower." in page.text
    assert 'value="Better."' in page.text
    await browser.submit(f"{PAGE}/edit", source="One.\nTwo, said by both.")
    assert "said by both" in (await browser.follow()).text
    history = (await browser.get(f"{PAGE}/history")).text
    assert "Revision 3" in history
    assert "Revision 4" not in history


async def test_two_revisions_are_compared_in_words_and_marks(world, cleo, group, writes_page, changes_page):
    await writes_page(cleo, group, source="Breathe in.\nBreathe out.")
    await changes_page(cleo, group, 1, "Breathe in.\nRest.")
    page = (await world.browser().get(f"{PAGE}/compare?from=2&to=1")).text
    assert "<del>" in page
    assert "Gone:</span> Breathe out.</del>" in page
    assert "New:</span> Rest.</ins>" in page


@pytest.mark.parametrize(
    "path",
    [
        "/compare",
        "/compare?from=1&to=x",
        "/compare?from=1&to=99",
        "/history/99999999999999999999",
        "/history/0",
    ],
)
async def test_a_revision_that_never_was_is_an_answer_and_no_trouble(path, world, cleo, group, writes_page):
    await writes_page(cleo, group)
    assert (await world.browser().get(f"{PAGE}{path}")).status_code in (400, 404)


async def test_going_back_makes_a_new_revision(world, cleo, group, writes_page, changes_page):
    await writes_page(cleo, group, source="Good.")
    await changes_page(cleo, group, 1, "Spoiled.")
    browser = await world.signed_in(cleo)
    await browser.get(f"{PAGE}/history/1")
    await browser.submit(f"{PAGE}/history/1", why="It was better.")
    assert "Good." in (await browser.follow()).text
    history = (await browser.get(f"{PAGE}/history")).text
    assert "Revision 3" in history
    assert "It was better." in history


async def test_a_page_that_was_taken_away_can_be_brought_back(world, village, ada, cleo, group, writes_page):
    await writes_page(cleo, group)
    browser, guest = await world.signed_in(cleo), world.browser()
    await browser.get(PAGE)
    await browser.submit(f"{PAGE}/delete")
    assert "First steps" in (await browser.follow()).text
    assert (await guest.get(PAGE)).status_code == 404
    assert "Begin this page" not in (await browser.get(PAGE)).text
    await browser.get(WIKI)
    assert (await guest.get(f"{PAGE}/history/1")).status_code == 404
    assert "First steps" not in (await guest.get(WIKI)).text
    await browser.submit(f"{PAGE}/restore")
    assert "Breathe." in (await browser.follow()).text
    async with acquire(world.pool) as db:
        deeds = [row["deed"] for row in await db.fetch("select deed from deeds order by id")]
    assert deeds == ["delete wiki page", "restore wiki page"]


async def test_an_ended_session_loses_nothing_of_a_page(world, group):
    account = await world.member("finn", password="three quiet green lamps")
    async with acquire(world.pool) as db:
        await groups.add_moderator(db, group.actor.id, account.actor_id)
    browser = await world.signed_in(account)
    await browser.get(f"{PAGE}/edit")
    browser.client.cookies.clear()
    await browser.submit(f"{PAGE}/edit", **WORDS)
    await browser.submit("/sign-in", name="finn", password="three quiet green lamps")
    page = (await browser.follow()).text
    assert "Breathe." in page
    assert 'value="First steps"' in page
    await browser.submit(f"{PAGE}/edit")
    assert "<em>write</em>" in (await browser.follow()).text


async def test_a_renamed_page_is_found_by_both_names(world, cleo, group, writes_page, changes_page):
    await writes_page(cleo, group)
    await changes_page(cleo, group, 1, "Breathe.", title="How to begin")
    browser = world.browser()
    assert (await browser.get(f"{WIKI}/how-to-begin")).status_code == 303
    assert "How to begin" in (await browser.follow()).text


async def test_the_words_of_who_has_left_stay_without_their_name(world, cleo, group, writes_page):
    await writes_page(cleo, group)
    async with acquire(world.pool) as db, db.transaction():
        author = await actors.by_id(db, cleo.actor_id)
        await removals.forget_actor(db, world.site, author, clock.now())
    page = (await world.browser().get(f"{PAGE}/history")).text
    assert "Revision 1" in page
    assert "Cleo" not in page


async def test_a_title_in_another_script_has_an_address(world, cleo, group, writes_page):
    page = await writes_page(cleo, group, "Первые шаги", "Дыши.")
    assert "Дыши" in (await world.browser().get(f"{WIKI}/{page.slug}")).text
    async with acquire(world.pool) as db:
        with pytest.raises(Missing):
            await wiki.page_at(db, group, "../etc")
