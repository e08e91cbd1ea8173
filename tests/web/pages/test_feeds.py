"""The feeds of groups: of open ones, of open posts, and the same answer for everything else."""

from xml.etree import ElementTree

import pytest

from fediverse_support.community.groups import lives
from fediverse_support.core import clock
from fediverse_support.database.pool import acquire

ATOM = "{http://www.w3.org/2005/Atom}"
PATH = "/feeds/groups/night_owls.atom"


def parsed(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/atom+xml")
    return ElementTree.fromstring(answer.content)


def titles(feed) -> list[str]:
    return [entry.findtext(f"{ATOM}title") for entry in feed.findall(f"{ATOM}entry")]


@pytest.mark.parametrize(
    "answers",
    [
        {"reach": "quiet"},
        {"reach": "members"},
        {"reach": "sealed"},
        {"seeing": "members"},
        {"joining": "invite", "seeing": "members"},
    ],
    ids=str,
)
async def test_a_group_that_is_not_open_has_no_feed_for_anybody(world, village, ada, answers):
    """The same answer as for a name that was never given, also for who is a member (L3, L7)."""
    group = await village.group(**answers)
    await village.joins_by_hand(ada, group)
    await village.writes(ada, group.actor, "MARKER", title="MARKER")
    for browser in (world.browser(), await world.signed_in(ada)):
        nothing = await browser.get("/feeds/groups/none.atom")
        answer = await browser.get(PATH)
        assert answer.status_code == nothing.status_code == 404
        assert answer.text.replace("night_owls", "none") == nothing.text
        assert {k: v for k, v in answer.headers.items() if k != "content-length"} == {
            k: v for k, v in nothing.headers.items() if k != "content-length"
        }
        page = await browser.get("/groups/night_owls")
        assert ".atom" not in page.text


async def test_only_open_live_thread_starts_are_in_the_feed(world, village, ada):
    group = await village.group()
    kept = await village.writes(ada, group.actor, "Kept", title="Kept")
    for reach in ("quiet", "members", "sealed"):
        post = await village.writes(ada, group.actor, "MARKER", title=f"MARKER {reach}")
        async with acquire(world.pool) as db:
            await db.execute("update posts set reach = $2 where id = $1", post.id, reach)
    for state in ("held", "hidden"):
        post = await village.writes(ada, group.actor, "MARKER", title=f"MARKER {state}")
        await village.set_post_state(post, state)
    for browser in (world.browser(), await world.signed_in(ada)):
        answer = await browser.get(PATH)
        assert "MARKER" not in answer.text
        assert titles(parsed(answer)) == ["Kept"]
    async with acquire(world.pool) as db:
        await db.execute("update posts set state = 'deleted', content_html = '' where id = $1", kept.id)
    assert titles(parsed(await world.browser().get(PATH))) == []


async def test_a_post_with_a_warning_is_told_by_its_warning_only(world, village, ada):
    group = await village.group()
    await village.writes(ada, group.actor, "MARKER of it", title="A hard night", content_warning="self-harm")
    answer = await world.browser().get(PATH)
    assert "MARKER" not in answer.text
    (entry,) = parsed(answer).findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "A hard night"
    assert entry.findtext(f"{ATOM}summary") == "self-harm"


async def test_a_deleted_group_has_no_feed_any_more(world, village):
    group = await village.group()
    async with acquire(world.pool) as db, db.transaction():
        await lives.delete(db, world.site, group, clock.now())
    assert (await world.browser().get(PATH)).status_code == 410


async def test_the_feed_says_who_wrote_what_when_under_ids_that_stay(world, village, ada):
    group = await village.group(title="Night <owls> & co")
    post = await village.writes(ada, group.actor, "Hello *all* ]]> & <b>x</b>", title="Tea & <toast>\x0b")
    feed = parsed(await world.browser().get(PATH))
    assert feed.findtext(f"{ATOM}title") == "Night <owls> & co · The Garden"
    assert feed.findtext(f"{ATOM}id") == group.actor.uri
    (entry,) = feed.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}id") == post.uri
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "Ada"
    content = entry.find(f"{ATOM}content")
    assert content.get("type") == "html"
    assert "<em>all</em>" in content.text
    assert content.text.startswith("<p>")
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links["self"] == f"{world.site.origin}{PATH}"
    assert entry.findtext(f"{ATOM}updated") == entry.findtext(f"{ATOM}published")


async def test_the_newest_stands_first_and_the_feed_ends(world, village, ada):
    group = await village.group()
    for number in range(33):
        await village.writes(ada, group.actor, "x", title=f"Thread {number:02}")
    assert titles(parsed(await world.browser().get(PATH))) == [f"Thread {n:02}" for n in range(32, 2, -1)]


async def test_what_has_not_changed_is_not_sent_again(world, village, ada):
    group = await village.group()
    await village.writes(ada, group.actor, "x", title="First")
    browser = world.browser()
    first = await browser.get(PATH)
    tag = first.headers["etag"]
    for condition in (tag, f"W/{tag}", f'"x", {tag}'):
        again = await browser.get(PATH, **{"if-none-match": condition})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    await village.writes(ada, group.actor, "x", title="Second")
    changed = await browser.get(PATH, **{"if-none-match": tag})
    assert (changed.status_code, changed.headers["cache-control"]) == (200, "public, no-cache")
    assert not browser.client.cookies
    assert "noindex" in changed.headers["x-robots-tag"]


async def test_an_open_group_names_its_feed(world, village):
    await village.group()
    assert (
        f'type="application/atom+xml" title="Night owls" href="{PATH}"'
        in (await world.browser().get("/groups/night_owls")).text
    )
