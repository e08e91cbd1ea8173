"""Rules: who reads them, who changes them, and that who writes has agreed to them."""

import pytest

from fediverse_support.community.groups import groups, rules
from fediverse_support.community.groups.rules import Words
from fediverse_support.community.joining import memberships
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Forbidden, Malformed
from fediverse_support.database import actors
from fediverse_support.database import groups as stored
from fediverse_support.database.pool import acquire

KIND = Words("Be kind.", "No *advice* unless somebody asks for it.")
QUIET = Words("What is said here stays here.")
EDIT = "/groups/night_owls/rules/edit"


@pytest.fixture
def publishes(world):
    async def publish(group, *words, why="", by=None, instead_of=None):
        async with acquire(world.pool) as db, db.transaction():
            moderator = await actors.by_id(db, by.actor_id) if by else None
            return await rules.publish(
                db, world.site, group, words, by=moderator, why=why, now=clock.now(), instead_of=instead_of
            )

    return publish


@pytest.fixture
def lets_care(world):
    async def let(account, group):
        async with acquire(world.pool) as db:
            await stored.add_moderator(db, group.actor.id, account.actor_id)

    return let


async def agreed(world, group, account) -> int:
    async with acquire(world.pool) as db:
        return await rules.agreed_version(db, await groups.by_name(db, group.actor.name), account.actor_id)


@pytest.mark.parametrize("below", ["", "/history", "/history/1", "/edit"])
async def test_the_rules_of_a_group_that_one_may_not_know_of_are_not_there(
    below, world, village, ada, publishes
):
    group = await village.group("inside", seeing="members", joining="invite")
    await publishes(group, KIND)
    for browser in (world.browser(), await world.signed_in(ada)):
        nothing = await browser.get(f"/groups/nothing/rules{below}")
        hidden = await browser.get(f"/groups/inside/rules{below}")
        assert hidden.status_code == nothing.status_code
        assert "Be kind" not in hidden.text
        if hidden.status_code == 303:
            continue
        assert hidden.text.replace("/inside/", "/nothing/") == nothing.text


async def test_only_who_looks_after_a_group_changes_its_rules(world, village, ada, ben, publishes, lets_care):
    group, other = await village.group(), await village.group("early_birds")
    await village.joins(ada, group)
    await lets_care(ben, other)
    for account in (ada, ben):
        browser = await world.signed_in(account)
        assert (await browser.get(EDIT)).status_code == 404
        await browser.get("/you")
        token = browser.forms()[0][1]["csrf_token"]
        refused = await browser.post(EDIT, {"csrf_token": token, "rule_1": "Obey.", "do": "publish"})
        assert refused.status_code == 404
    async with acquire(world.pool) as db:
        assert await rules.versions(db, group) == []


async def test_an_archived_group_keeps_its_rules_as_they_are(world, village, ada, publishes, lets_care):
    group = await village.group()
    await publishes(group, KIND)
    await lets_care(ada, group)
    async with acquire(world.pool) as db:
        await db.execute("update groups set life = 'archived'")
    browser = await world.signed_in(ada)
    assert (await browser.get(EDIT)).status_code == 403
    shown = await browser.get("/groups/night_owls/rules")
    assert shown.status_code == 200
    assert EDIT not in shown.text


async def test_everybody_reads_the_rules_of_an_open_group(world, village, publishes):
    await publishes(await village.group(), KIND, QUIET)
    page = (await world.browser().get("/groups/night_owls/rules")).text
    assert 'id="rule-2"' in page
    assert "What is said here stays here." in page
    assert "<em>advice</em>" in page


async def test_a_script_in_a_rule_is_shown_as_text(world, village, publishes):
    evil = "<script>alert(1)</script>"
    await publishes(await village.group(), Words(f"Be {evil}", f"{evil} [x](javascript:alert(1))"), why=evil)
    for path in ("", "/history", "/history/1"):
        page = (await world.browser().get(f"/groups/night_owls/rules{path}")).text
        assert "<script>alert" not in page
        assert 'href="javascript' not in page


async def test_moderators_write_rules_with_buttons_alone(world, village, ada, lets_care):
    group = await village.group()
    await lets_care(ada, group)
    browser = await world.signed_in(ada)
    await browser.get(EDIT)
    await browser.submit(EDIT, rule_1="Be kind.", do="add")
    await browser.follow()
    await browser.submit(EDIT, rule_2="Stay.", details_2="Here.", do="add")
    await browser.follow()
    await browser.submit(EDIT, rule_3="Third.", do="up-3")
    await browser.follow()
    await browser.submit(EDIT, do="remove-1")
    await browser.follow()
    await browser.submit(EDIT, why="A beginning.", do="publish")
    page = (await browser.follow()).text
    assert page.index("Third.") < page.index("Stay.")
    assert "Be kind" not in page
    assert await agreed(world, group, ada) == 1
    history = (await browser.get("/groups/night_owls/rules/history")).text
    assert "A beginning." in history
    assert "This is your draft" not in (await browser.get(EDIT)).text


async def test_an_ended_session_loses_no_rule(world, village, lets_care):
    account = await world.member("cleo", password="three quiet green lamps")
    await lets_care(account, await village.group())
    browser = await world.signed_in(account)
    await browser.get(EDIT)
    browser.client.cookies.clear()
    await browser.submit(EDIT, rule_1="Be kind.", details_1="Always.", do="publish")
    await browser.submit("/sign-in", name="cleo", password="three quiet green lamps")
    page = (await browser.follow()).text
    assert 'value="Be kind."' in page
    assert "Always." in page


async def test_the_second_of_two_moderators_sees_what_the_first_one_did(
    world, village, ada, publishes, lets_care
):
    group = await village.group()
    await lets_care(ada, group)
    browser = await world.signed_in(ada)
    await browser.get(EDIT)
    await publishes(group, QUIET)
    page = await browser.submit(EDIT, rule_1="Be kind.", do="publish")
    assert page.status_code == 409
    assert "What is said here stays here." in page.text
    assert 'value="Be kind."' in page.text
    await browser.submit(EDIT, do="publish")
    assert "Be kind." in (await browser.follow()).text


async def test_the_same_rules_again_make_no_new_version(world, village, publishes):
    group = await village.group()
    assert (await publishes(group, KIND)).version == 1
    assert (await publishes(group, KIND)).version == 1
    assert (await publishes(group, QUIET)).version == 2
    assert (await publishes(group)).version == 0
    assert (await publishes(group, KIND)).version == 4


@pytest.mark.parametrize(
    "words", [[Words("x" * 201)], [Words("", "only details")], [Words("a", "x" * 5001)], [Words("a")] * 41]
)
async def test_rules_that_do_not_fit_change_nothing(words, world, village, publishes):
    group = await village.group()
    with pytest.raises(Malformed):
        await publishes(group, *words)
    async with acquire(world.pool) as db:
        assert await rules.versions(db, group) == []


async def test_who_writes_has_agreed_to_the_rules_in_force(world, village, ada, ben, publishes, lets_care):
    group = await village.group()
    await village.joins(ada, group)
    await lets_care(ben, group)
    await village.writes(ada, group.actor, "Before there were rules.", title="Before")
    await publishes(group, KIND, by=ben)
    with pytest.raises(Forbidden):
        await village.writes(ada, group.actor, "After.", title="After")
    await village.writes(ben, group.actor, "Moderators make the rules.", title="Mine")
    async with acquire(world.pool) as db:
        await rules.agree(db, group.actor.id, ada.actor_id, 1, clock.now())
    await village.writes(ada, group.actor, "Agreed.", title="After")
    await publishes(group, KIND, QUIET, by=ben)
    with pytest.raises(Forbidden):
        await village.writes(ada, group.actor, "They are others now.", title="Later")


async def test_nobody_agrees_to_what_they_have_not_read(world, village, ada, publishes):
    group = await village.group()
    await publishes(group, KIND)
    await publishes(group, QUIET)
    async with acquire(world.pool) as db:
        for version in (0, 1, 3):
            with pytest.raises(Conflict):
                await rules.agree(db, group.actor.id, ada.actor_id, version, clock.now())
        await rules.agree(db, group.actor.id, ada.actor_id, 2, clock.now())
        await rules.agree(db, group.actor.id, ada.actor_id, 2, clock.now())
        in_force = await groups.by_name(db, "night_owls")
        assert await rules.agreed(db, in_force) == [ada.actor_id]


async def test_who_writes_agrees_once_where_they_write(world, village, ada, publishes):
    group = await village.group()
    await village.joins(ada, group)
    await publishes(group, KIND)
    browser = await world.signed_in(ada)
    write = "/groups/night_owls/write"
    page = await browser.get(write)
    assert "Be kind." in page.text
    [sent] = [values for form, values in browser.forms() if form["action"] == write]
    words = {"title": "Awake", "source": "Words that must stay."}
    refused = await browser.post(write, {name: sent[name] for name in sent if name != "agreed"} | words)
    assert refused.status_code == 403
    assert "Words that must stay." in refused.text
    await browser.submit(write)
    assert "Words that must stay." in (await browser.follow()).text
    assert await agreed(world, group, ada) == 1
    assert 'name="agreed"' not in (await browser.get(write)).text


async def test_an_answer_is_kept_as_a_draft_until_its_writer_agrees(world, village, ada, ben, publishes):
    group = await village.group()
    for account in (ada, ben):
        await village.joins(account, group)
    post = await village.writes(ben, group.actor, "Hello?", title="Anybody")
    await publishes(group, KIND)
    browser = await world.signed_in(ada)
    thread, answer = f"/posts/{post.public_id}", f"/posts/{post.public_id}/reply"
    await browser.get(thread)
    [sent] = [values for form, values in browser.forms() if form["action"] == answer]
    assert sent.pop("agreed") == "1"
    assert (await browser.post(answer, sent | {"source": "I am here."})).status_code == 403
    assert "I am here." in (await browser.get(thread)).text
    await browser.submit(answer)
    assert "I am here." in (await browser.follow()).text
    assert await agreed(world, group, ada) == 1


async def test_rules_that_change_while_somebody_writes_are_shown_before_they_count(
    world, village, ada, publishes
):
    group = await village.group()
    await village.joins(ada, group)
    await publishes(group, KIND)
    browser = await world.signed_in(ada)
    await browser.get("/groups/night_owls/write")
    await publishes(group, KIND, QUIET)
    page = await browser.submit("/groups/night_owls/write", title="Awake", source="Still here.")
    assert page.status_code == 409
    assert "What is said here stays here." in page.text
    assert "Still here." in page.text
    assert await agreed(world, group, ada) == 0


async def test_members_are_asked_on_the_page_of_the_group_and_read_it_all_the_same(
    world, village, ada, ben, publishes
):
    group = await village.group()
    await village.joins(ada, group)
    await village.writes(ada, group.actor, "Before.", title="A thread from before")
    await publishes(group, KIND)
    browser = await world.signed_in(ada)
    page = await browser.get("/groups/night_owls")
    assert "A thread from before" in page.text
    await browser.submit("/groups/night_owls/rules/agree")
    assert "I agree" not in (await browser.follow()).text
    await publishes(group, KIND, QUIET)
    page = (await browser.get("/groups/night_owls")).text
    assert "The rules have changed since you agreed." in page
    assert "<ins>What is said here stays here.</ins>" in page
    assert "I agree" not in (await (await world.signed_in(ben)).get("/groups/night_owls")).text
    assert "The rules that you agreed to" in (await browser.get("/groups/night_owls/rules")).text


async def test_who_has_left_leaves_no_agreement_behind(world, village, ada, publishes):
    group = await village.group()
    await village.joins(ada, group)
    await publishes(group, KIND)
    browser = await world.signed_in(ada)
    await browser.get("/groups/night_owls")
    await browser.submit("/groups/night_owls/rules/agree")
    assert await agreed(world, group, ada) == 1
    async with acquire(world.pool) as db, db.transaction():
        member = await actors.by_id(db, ada.actor_id)
        await memberships.leave(db, world.site, member, group.actor, clock.now())
    assert await agreed(world, group, ada) == 0


async def test_followers_elsewhere_are_told_of_new_rules(world, village, publishes):
    group = await village.group()
    rosa = await village.remote("https://peer.example/users/rosa")
    async with acquire(world.pool) as db:
        await db.execute(
            """
            insert into follows (follower_id, followed_id, state, accepted_at, activity_uris)
            values ($1, $2, 'accepted', now(), '{https://peer.example/1}')
            """,
            rosa.id,
            group.actor.id,
        )
    await publishes(group, KIND)
    async with acquire(world.pool) as db:
        sent = await db.fetchval("select body::text from activities where type = 'Update'")
    assert "Be kind." in sent
    assert "<em>advice</em>" in sent


async def test_where_nobody_writes_any_more_nobody_is_asked_to_agree(world, village, ada, publishes):
    group = await village.group()
    await village.joins(ada, group)
    await publishes(group, KIND)
    browser = await world.signed_in(ada)
    assert "I agree" in (await browser.get("/groups/night_owls")).text
    async with acquire(world.pool) as db:
        await db.execute("update groups set life = 'archived'")
    for path in ("/groups/night_owls", "/groups/night_owls/rules"):
        assert "I agree" not in (await browser.get(path)).text
