"""The list of groups: what is hidden stays hidden first, then how it is found."""

import re

import pytest

from fediverse_support.community.groups import lives
from fediverse_support.community.house import topics
from fediverse_support.core import clock
from fediverse_support.database import groups
from fediverse_support.database.pool import acquire

CLOSED = {"seeing": "members", "speaking": "members", "reach": "members"}
EVERY_PATH = ("/groups", "/groups?q=secret", "/")


async def put(world, group, *slugs: str) -> None:
    async with acquire(world.pool) as db, db.transaction():
        await topics.put_group(db, group.actor.id, slugs)


async def topic(world, name: str, **more: str) -> None:
    async with acquire(world.pool) as db, db.transaction():
        await topics.add(db, name, **more)


async def invite(world, group, handle: str, **changes: object) -> None:
    given = {"expires": "1 day", "revoked": None, "most": 1, "uses": 0} | changes
    async with acquire(world.pool) as db:
        await db.execute(
            """
            insert into invitations (id, group_id, handle, expires_at, revoked_at, most_uses, uses)
            values ((random() * 1000000)::bigint, $1, $2, now() + $3::text::interval, $4, $5, $6)
            """,
            group.actor.id,
            handle,
            given["expires"],
            given["revoked"],
            given["most"],
            given["uses"],
        )


async def test_a_private_group_is_shown_to_nobody_who_was_not_invited(world, village, ada, ben):
    group = await village.group(title="Secret circle", summary="secret", joining="invite", **CLOSED)
    await village.joins_by_hand(ada, group)
    await topic(world, "Grief")
    await put(world, group, "grief")
    for browser in (world.browser(), await world.signed_in(ben)):
        for path in EVERY_PATH:
            page = (await browser.get(path)).text
            assert "Secret circle" not in page, path
            assert "Grief" not in page, path
    for browser in (await world.signed_in(ada), await world.signed_in(await world.member("m", "moderator"))):
        assert "Secret circle" in (await browser.get("/groups?q=secret")).text
    await invite(world, group, "ben@garden.example")
    browser = await world.signed_in(ben)
    assert "Secret circle" in (await browser.get("/groups")).text
    assert (await browser.get("/groups/night_owls")).status_code == 200


@pytest.mark.parametrize(
    "changes", [{"expires": "-1 day"}, {"uses": 1}, {"handle": "ben@other.example"}], ids=str
)
async def test_an_invitation_that_is_used_up_or_of_somebody_else_shows_nothing(world, village, ben, changes):
    group = await village.group(title="Secret circle", joining="invite", **CLOSED)
    await invite(world, group, changes.pop("handle", "ben@garden.example"), **changes)
    browser = await world.signed_in(ben)
    assert "Secret circle" not in (await browser.get("/groups")).text
    assert (await browser.get("/groups/night_owls")).status_code == 404


async def test_a_sealed_group_is_for_the_people_of_this_community(world, village, ada):
    await village.group(title="Secret circle", reach="sealed")
    for path in EVERY_PATH:
        assert "Secret circle" not in (await world.browser().get(path)).text
    assert "Secret circle" in (await (await world.signed_in(ada)).get("/groups")).text


async def test_a_quiet_group_is_not_listed_for_guests_but_has_its_page(world, village, ada):
    await village.group(title="Secret circle", reach="quiet")
    for path in EVERY_PATH:
        assert "Secret circle" not in (await world.browser().get(path)).text
    assert (await world.browser().get("/groups/night_owls")).status_code == 200
    assert "Secret circle" in (await (await world.signed_in(ada)).get("/groups")).text


async def test_groups_of_other_servers_are_never_listed(world, village, ada):
    choir = await village.remote("https://harbour.example/groups/choir", "Group", "choir")
    async with acquire(world.pool) as db:
        await db.execute(
            "insert into follows (follower_id, followed_id, state, activity_uris) values ($1, $2, $3, '{}')",
            ada.actor_id,
            choir.id,
            "accepted",
        )
    ben = await world.member("ben2")
    for browser in (world.browser(), await world.signed_in(ben), await world.signed_in(ada)):
        assert "choir" not in (await browser.get("/groups")).text


async def test_a_search_says_nothing_of_what_one_may_not_know(world, village, ben):
    """The page is the same, to the byte, whether a hidden group matches or nothing does."""
    await village.group(title="Secret circle", summary="lanterns", joining="invite", **CLOSED)
    browser = await world.signed_in(ben)
    pages = [
        re.sub(r'name="csrf_token" value="[^"]*"|lanterns|unheard', "", (await browser.get(path)).text)
        for path in ("/groups?q=lanterns", "/groups?q=unheard")
    ]
    assert pages[0] == pages[1]


async def test_groups_stand_below_their_topics_in_order_with_their_doors(world, village):
    await topic(world, "Loss", description="When somebody is gone.")
    await topic(world, "Pets", below="loss")
    await topic(world, "Nobody is here")
    await put(
        world, await village.group("widows", title="After a death", summary="One *day*\n\nmore"), "loss"
    )
    await put(world, await village.group("cats", title="My cat died", joining="approval"), "pets")
    await village.group("else", title="Something else")
    page = (await world.browser().get("/groups")).text
    order = ["Loss", "When somebody is gone.", "After a death", "Pets", "My cat died", "Something else"]
    places = [page.index(words) for words in order]
    assert places == sorted(places)
    assert "Nobody is here" not in page
    assert "<p>One day</p>" in page
    assert "Everyone reads; ask to join" in page


async def test_a_search_wants_every_word_and_takes_signs_as_they_are(world, village):
    await village.group("owls", title="Night owls", summary="Awake at 100% at_night")
    await village.group("birds", title="Early birds")
    browser = world.browser()
    for words, found in (
        ("OWLS awake", True),
        ("owls birds", False),
        ("100%", True),
        ("at_n", True),
        ("a%n", False),
        ("atxn", False),
        ("' or 1=1 --", False),
        ("\\", False),
    ):
        page = (await browser.client.get("/groups", params={"q": words})).text
        assert ("Night owls" in page) == found, words
        assert "Early birds" not in page


async def test_an_archived_group_stands_apart_and_one_that_moved_not_at_all(world, village):
    await village.group("owls", title="Night owls")
    await village.group("birds", title="Early birds")
    async with acquire(world.pool) as db:
        await db.execute(
            "update groups g set life = 'archived' from actors a where a.id = g.actor_id and a.name = 'owls'"
        )
        await db.execute("update actors set moved_to = 'https://x.example/g' where name = 'birds'")
    page = (await world.browser().get("/groups")).text
    assert (
        page.index("Archived groups") < page.index("Night owls") < page.index("Archived: everyone can read")
    )
    assert "Early birds" not in page
    assert "Night owls" not in (await world.browser().get("/")).text


async def test_the_front_page_leads_to_the_list(world, village):
    await village.group()
    assert 'href="/groups"' in (await world.browser().get("/")).text


@pytest.mark.parametrize("kind", ["handle", "link"])
async def test_whoever_looks_a_hidden_group_up_finds_what_a_stranger_to_it_finds(world, village, ada, kind):
    """By every field that takes an address: the same status and words as for a name never given (L3)."""
    own = await village.group("own")
    await village.group("veiled", joining="invite", **CLOSED)
    ended = await village.group("ended", joining="invite", reach="sealed")
    async with acquire(world.pool) as db, db.transaction():
        await groups.add_moderator(db, own.actor.id, ada.actor_id)
        await db.execute("update group_moderators set is_owner = true")
        await lives.delete(db, world.site, ended, clock.now())
    browser = await world.signed_in(ada)
    for page, action in (
        ("/find", "/find"),
        ("/groups/own/sisters", "/groups/own/sisters"),
        ("/groups/own/life", "/groups/own/move"),
        ("/groups/own/life", "/groups/own/aliases"),
    ):
        answers = []
        for name in ("veiled", "ended", "strange"):
            address = (
                f"@{name}@garden.example" if kind == "handle" else f"https://garden.example/groups/{name}"
            )
            await browser.get(page)
            answer = await browser.submit(action, address=address)
            answers.append((answer.status_code, answer.text.replace(name, "")))
        assert answers[0] == answers[2], action
        assert answers[1] == answers[2], action
        assert answers[0][0] == 404
