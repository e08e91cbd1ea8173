"""What a member is told of a server with which the exchange ends, and asking again once it is back."""

from datetime import timedelta

from fediverse_support.community.joining import memberships, severing
from fediverse_support.community.joining.speaking import CUT_OFF
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict
from fediverse_support.database import actors
from fediverse_support.database.pool import acquire

HOST = "bad.example"


async def level(world, level):
    async with acquire(world.pool) as db, db.transaction():
        await db.execute("delete from domain_levels where domain = $1", HOST)
        if level:
            await db.execute(
                "insert into domain_levels (domain, level, public_reason) values ($1, $2, $3)",
                HOST,
                level,
                "Spam, for weeks.",
            )
            await severing.blocked(db, world.site, [HOST], None, clock.now())
        else:
            await severing.unblocked(db, world.site, [HOST], clock.now())


async def week_passes(world):
    async with acquire(world.pool) as db, db.transaction():
        return await severing.sever_next(db, world.site, clock.now() + timedelta(days=8))


async def settled(world, village, ada, ben):
    """Ada is in two groups there and Ben in one; Cleo in none."""
    groups = {}
    for name in ("lamp", "closed"):
        groups[name] = await village.remote(f"https://{HOST}/c/{name}", "Group", name)
    async with acquire(world.pool) as db:
        await db.execute("update actors set approves_followers = true where name = 'closed'")
        for account, name in ((ada, "lamp"), (ada, "closed"), (ben, "lamp")):
            await db.execute(
                "insert into follows (follower_id, followed_id, state, activity_uris) "
                "values ($1, $2, 'accepted', '{}')",
                account.actor_id,
                groups[name].id,
            )
    return groups


async def test_a_member_is_told_what_concerns_them_and_nothing_else(world, village, ada, ben):
    await settled(world, village, ada, ben)
    cleo = await world.member("cleo")
    browsers = [await world.signed_in(account) for account in (ada, ben, cleo)]
    await level(world, "blocked")
    hers, his, none = [(await browser.get("/")).text for browser in browsers]
    assert HOST not in none
    assert "closed" not in his, "only who is in a group hears its name"
    assert "closed" in hers
    for page in (hers, his):
        assert "The exchange with bad.example ends" in page
        assert "Spam, for weeks." in page
        assert "You need do nothing." in page
    action = next(form["action"] for form, _ in browsers[0].forms() if "/put-away" in form["action"])
    assert (await browsers[2].get("/you")).status_code == 200
    token = browsers[2].forms()[0][1]["csrf_token"]
    assert (await browsers[2].post(action, {"csrf_token": token})).status_code == 404, "that is Ada's"
    await browsers[0].get("/")
    await browsers[0].submit(action)
    assert "The exchange with" not in (await browsers[0].follow()).text
    assert HOST in (await browsers[1].get("/")).text

    await level(world, None)
    assert "goes on" in (await browsers[1].get("/")).text
    await level(world, "blocked")
    assert await week_passes(world)
    page = (await browsers[1].get("/")).text
    assert "The exchange with bad.example has ended" in page
    assert page.count('id="notice-') == 1, "one matter is told once"


async def test_whoever_wants_asks_to_join_again_and_nobody_else_does_it_for_them(world, village, ada, ben):
    groups = await settled(world, village, ada, ben)
    await level(world, "blocked")
    assert await week_passes(world)
    async with acquire(world.pool) as db, db.transaction():
        member, group = await actors.by_id(db, ada.actor_id), groups["lamp"]
        try:
            await memberships.join_elsewhere(db, world.site, member, group)
            raise AssertionError("There is no exchange with it.")
        except Conflict:
            pass
    await level(world, None)
    browser, his = await world.signed_in(ada), await world.signed_in(ben)
    page = (await browser.get("/")).text
    assert "There is exchange with bad.example again" in page
    assert page.count("/ask-again") == 2
    action = next(form["action"] for form, _ in browser.forms() if "/ask-again" in form["action"])
    for group, status in (("0", 404), ("x", 404), (str(ben.actor_id), 404), (str(groups["lamp"].id), 303)):
        await browser.get("/")
        assert (await browser.submit(action, group=group)).status_code == status, group
    await browser.get("/")
    assert (await browser.submit(action, group=str(groups["lamp"].id))).status_code == 404, "asked already"
    async with acquire(world.pool) as db:
        states = await db.fetch("select follower_id, state from follows")
        assert [tuple(row) for row in states] == [(ada.actor_id, "pending")]
        sent = await db.fetch("select type, actor_id from activities")
        assert [tuple(row) for row in sent] == [("Follow", ada.actor_id)]
    assert "/ask-again" in (await browser.get("/")).text, "one group is still offered"
    await browser.submit(action.replace("ask-again", "put-away"))
    assert HOST not in (await browser.follow()).text.replace("@lamp@bad.example", "")

    await level(world, "blocked")
    page = (await his.get("/")).text
    assert "/ask-again" not in page, "it is blocked again"


async def test_nobody_is_let_write_where_no_word_would_arrive(world, village, ada, ben):
    """Somebody who writes at night must not wait for an answer that cannot come."""
    groups = await settled(world, village, ada, ben)
    browser = await world.signed_in(ada)
    place = f"/groups/lamp@{HOST}"
    said = {"title": "Awake", "source": "Is anybody there?", "reach": "open"}
    await browser.get(f"{place}/write")
    await browser.submit(f"{place}/write", **said)
    thread = (await browser.follow()).url.path
    await level(world, "blocked")
    page = (await browser.get(place)).text
    assert CUT_OFF in page
    assert f"{place}/write" not in page, "no button that leads nowhere"
    assert CUT_OFF in (await browser.get(thread)).text
    assert CUT_OFF in (await browser.get(f"{place}/write")).text
    answer = await browser.submit(f"{place}/write", **said)
    assert answer.status_code == 403
    assert CUT_OFF in answer.text
    assert "Is anybody there?" in answer.text, "what was written is not lost"
    count = "select count(*) from posts where group_id = $1"
    assert await world.pool.fetchval(count, groups["lamp"].id) == 1
    await level(world, None)
    assert CUT_OFF not in (await browser.get(place)).text
    await browser.get(f"{place}/write")
    assert (await browser.submit(f"{place}/write", **said)).status_code == 303
