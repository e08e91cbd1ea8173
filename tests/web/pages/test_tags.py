"""Tags: who keeps them, how posts get them, and what is found under one."""

import pytest

from fediverse_support.community.groups import tags
from fediverse_support.core.errors import Malformed
from fediverse_support.core.models import OfferedTag
from fediverse_support.database import groups
from fediverse_support.database.pool import acquire

TAGS = "/groups/night_owls/tags"
LISTENING = OfferedTag(name="just_listening", label="Just listening", tone="sky")
ADVICE = OfferedTag(name="advice", label="Advice, please", tone="clay")


@pytest.fixture
def offers(world):
    async def offer(group, *offered):
        async with acquire(world.pool) as db, db.transaction():
            await tags.offer(db, world.site, group, offered)

    return offer


@pytest.fixture
def lets_care(world):
    async def let(account, group):
        async with acquire(world.pool) as db:
            await groups.add_moderator(db, group.actor.id, account.actor_id)

    return let


async def test_only_who_looks_after_a_group_changes_its_tags(world, village, ada, ben, lets_care):
    group, other = await village.group(), await village.group("early_birds")
    await village.joins(ada, group)
    await lets_care(ben, other)
    for account in (ada, ben):
        browser = await world.signed_in(account)
        assert (await browser.get(TAGS)).status_code == 404
        await browser.get("/you")
        token = browser.forms()[0][1]["csrf_token"]
        sent = {"csrf_token": token, "label_1": "Mine", "before": ""}
        assert (await browser.post(TAGS, sent)).status_code == 404
    assert (await world.browser().get(TAGS)).status_code == 303
    async with acquire(world.pool) as db:
        assert await tags.offered(db, group.actor) == []


async def test_an_archived_group_keeps_its_tags_as_they_are(world, village, ada, lets_care):
    await lets_care(ada, await village.group())
    browser = await world.signed_in(ada)
    await browser.get(TAGS)
    async with acquire(world.pool) as db:
        await db.execute("update groups set life = 'archived'")
    assert (await browser.submit(TAGS, label_1="Late")).status_code == 403


async def test_what_is_said_under_a_tag_in_a_closed_group_is_for_its_members(
    world, village, ada, ben, offers
):
    group = await village.group("inside", seeing="members")
    await offers(group, LISTENING)
    await village.joins(ben, group)
    await village.writes(ben, group.actor, "A secret.", title="A secret", tags=("just_listening",))
    for browser in (world.browser(), await world.signed_in(ada)):
        page = (await browser.get("/groups/inside?tag=just_listening")).text
        assert "A secret" not in page
        assert "Just listening" not in page
    assert "A secret" in (await (await world.signed_in(ben)).get("/groups/inside?tag=just_listening")).text


async def test_tags_are_kept_changed_and_ordered_on_one_page(world, village, ada, lets_care):
    group = await village.group()
    await lets_care(ada, group)
    browser = await world.signed_in(ada)
    await browser.get(TAGS)
    await browser.submit(TAGS, label_1="Just listening", tone_1="sky", label_2="Advice", name_2="#Advice")
    await browser.get(TAGS)
    await browser.submit(TAGS, place_1="3", tone_1="dusk", label_3="New", tone_3="nonsense", place_3="1")
    async with acquire(world.pool) as db:
        found = await tags.offered(db, group.actor)
    assert [(tag.name, tag.label, tag.tone) for tag in found] == [
        ("new", "New", "plain"),
        ("advice", "Advice", "plain"),
        ("just_listening", "Just listening", "dusk"),
    ]
    await browser.get(TAGS)
    await browser.submit(TAGS, label_1="")
    async with acquire(world.pool) as db:
        assert [tag.name for tag in await tags.offered(db, group.actor)] == ["advice", "just_listening"]


async def test_the_second_of_two_moderators_overwrites_nothing(world, village, ada, lets_care, offers):
    group = await village.group()
    await lets_care(ada, group)
    browser = await world.signed_in(ada)
    await browser.get(TAGS)
    await offers(group, ADVICE)
    assert (await browser.submit(TAGS, label_1="Mine")).status_code == 409
    async with acquire(world.pool) as db:
        assert await tags.offered(db, group.actor) == [ADVICE]


@pytest.mark.parametrize(
    "offered",
    [
        [OfferedTag(name="123", label="Numbers")],
        [OfferedTag(name="größe", label="Size")],
        [OfferedTag(name="", label="Первые")],
        [OfferedTag(name="a", label="")],
        [OfferedTag(name="a", label="x" * 61)],
        [OfferedTag(name="same", label="One"), OfferedTag(name="Same", label="Two")],
        [OfferedTag(name=f"tag_{number}", label="x") for number in range(21)],
    ],
)
async def test_tags_that_do_not_fit_change_nothing(offered, world, village, offers):
    group = await village.group()
    with pytest.raises(Malformed):
        await offers(group, *offered)
    async with acquire(world.pool) as db:
        assert await tags.offered(db, group.actor) == []


async def test_a_label_is_shown_as_text(world, village, ada, offers):
    group = await village.group()
    await offers(group, OfferedTag(name="x", label="<script>alert(1)</script>"))
    await village.joins(ada, group)
    post = await village.writes(ada, group.actor, "Hello.", title="Hello", tags=("x",))
    browser = await world.signed_in(ada)
    for path in ("/groups/night_owls", "/groups/night_owls/write", f"/posts/{post.public_id}"):
        page = (await browser.get(path)).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


async def test_writers_choose_tags_and_type_hashtags(world, village, ada, offers):
    group = await village.group()
    await village.joins(ada, group)
    await offers(group, LISTENING, ADVICE)
    browser = await world.signed_in(ada)
    await browser.get("/groups/night_owls/write")
    [sent] = [values for form, values in browser.forms() if form["action"] == "/groups/night_owls/write"]
    sent.pop("tag_just_listening")
    sent |= {"title": "Awake", "source": "About #Sleep again.", "tag_advice": "1", "tag_forged": "1"}
    await browser.post("/groups/night_owls/write", sent)
    thread = await browser.follow()
    assert "><bdi>Advice, please</bdi></a>" in thread.text
    assert "><bdi>#sleep</bdi></a>" in thread.text
    assert "forged" not in thread.text
    assert 'href="https://garden.example/groups/night_owls/tagged/sleep"' in thread.text
    async with acquire(world.pool) as db:
        assert await db.fetchval("select tags from posts") == ["advice", "sleep"]


async def test_threads_are_found_by_tag_here_and_by_the_address_of_the_hashtag(world, village, ada, offers):
    group = await village.group()
    await village.joins(ada, group)
    await offers(group, LISTENING)
    await village.writes(ada, group.actor, "One.", title="With it", tags=("just_listening",))
    await village.writes(ada, group.actor, "Two #other.", title="Without it")
    browser = world.browser()
    await browser.get("/groups/night_owls/tagged/Just_Listening")
    page = (await browser.follow()).text
    assert "With it" in page
    assert "Without it" not in page
    page = (await browser.get("/groups/night_owls?tag=other")).text
    assert "Without it" in page
    assert 'aria-current="true">#other</a>' in page
    assert (
        "Nothing has been written under this tag" in (await browser.get("/groups/night_owls?tag=none")).text
    )


async def test_an_edit_keeps_what_was_chosen_and_drops_what_was_unticked(world, village, ada, offers):
    group = await village.group()
    await village.joins(ada, group)
    await offers(group, LISTENING, ADVICE)
    post = await village.writes(
        ada, group.actor, "One #word.", title="One", tags=("just_listening", "advice")
    )
    browser = await world.signed_in(ada)
    edit = f"/posts/{post.public_id}/edit"
    page = await browser.get(edit)
    assert page.text.count(" checked") == 2
    sent = next(values for given, values in browser.forms() if given["action"] == edit)
    sent.pop("tag_advice")
    await browser.post(edit, sent | {"source": "One."})
    async with acquire(world.pool) as db:
        assert await db.fetchval("select tags from posts") == ["just_listening"]


async def test_the_threads_of_a_tag_go_on_over_pages(world, village, ada):
    group = await village.group()
    await village.joins(ada, group)
    for number in range(31):
        await village.writes(ada, group.actor, "About #sleep.", title=f"Night {number}.")
    browser = world.browser()
    page = (await browser.get("/groups/night_owls?tag=sleep")).text
    older = page.split('<p class="pages"><a href="')[1].split('"')[0].replace("&amp;", "&")
    assert "tag=sleep" in older
    assert "Night 0." in (await browser.get(f"/groups/night_owls{older}")).text
