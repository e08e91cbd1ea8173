"""The pages of invitations."""

import html
import re

import pytest

from fediverse_support.database import groups
from fediverse_support.database.pool import acquire


@pytest.fixture
async def secret(village):
    return await village.group("secret", title="NAMED", joining="invite", seeing="members")


@pytest.fixture
async def keeper(world, secret):
    mo = await world.member("mo")
    async with acquire(world.pool) as db:
        await groups.add_moderator(db, secret.actor.id, mo.actor_id)
    return await world.signed_in(mo)


async def link_by(keeper, **fields):
    """A new link, as a path."""
    await keeper.get("/groups/secret/invitations")
    page = await keeper.submit("/groups/secret/invitations", **fields)
    assert page.status_code == 200, page.text
    return html.unescape(re.search(r'value="https://garden.example(/invitations/[^"]+)"', page.text)[1])


@pytest.mark.parametrize("path", ["/invitations/nothing", "/invitations/" + "x" * 32, "/invitations/%00"])
async def test_a_link_that_nobody_made_is_none(world, ada, keeper, path):
    await link_by(keeper)
    for browser in (world.browser(), await world.signed_in(ada)):
        assert (await browser.get(path)).status_code == 404


async def test_looking_at_a_link_uses_nothing_up(world, ada, keeper):
    link = await link_by(keeper)
    browser = await world.signed_in(ada)
    for _ in range(3):
        assert "You are invited to NAMED" in (await browser.get(link)).text
        await world.browser().get(link)
    assert await world.pool.fetchval("select uses from invitations") == 0
    assert await world.pool.fetchval("select count(*) from follows") == 0


@pytest.mark.parametrize("why", ["expired", "revoked", "used up"])
async def test_a_link_that_has_ended_says_so_and_names_no_hidden_group(world, ada, ben, keeper, why):
    link = await link_by(keeper)
    if why == "expired":
        await world.pool.execute("update invitations set expires_at = now()")
    elif why == "revoked":
        await keeper.get("/groups/secret/invitations")
        await keeper.submit("/groups/secret/invitations/revoke")
    else:
        other = await world.signed_in(ben)
        await other.get(link)
        await other.submit(link)
    words = {"expired": "has run out", "revoked": "was taken back", "used up": "as often as it may"}
    browser = await world.signed_in(ada)
    for guest in (world.browser(), browser):
        page = await guest.get(link)
        assert page.status_code == 410
        assert words[why] in page.text
        assert "NAMED" not in page.text
        assert "secret" not in page.text
    await browser.get("/you")
    token = browser.forms()[-1][1]["csrf_token"]
    answer = await browser.post(link, {"csrf_token": token})
    assert (answer.status_code, "NAMED" in answer.text) == (410, False)
    assert (await browser.get("/groups/secret")).status_code == 404
    assert (await keeper.get(link)).status_code == 410 if why != "used up" else True
    assert "NAMED" in (await keeper.get(link)).text


async def test_who_must_sign_in_first_comes_back_to_the_link(world, keeper):
    await world.member("cleo", password="three quiet green lamps")
    link = await link_by(keeper)
    browser = world.browser()
    page = await browser.get(link)
    assert f'action="{link}"' not in page.text
    assert f'href="/sign-in?next={link}"' in page.text
    await browser.get(f"/sign-in?next={link}")
    await browser.submit("/sign-in", name="cleo", password="three quiet green lamps")
    assert browser.page.headers["location"] == link
    await browser.follow()
    await browser.submit(link)
    page = await browser.follow()
    assert "NAMED" in page.text
    assert (await browser.get(link)).status_code == 303
    assert await world.pool.fetchval("select state from follows") == "accepted"


async def test_the_link_is_shown_once(keeper):
    link = await link_by(keeper, note="for Rosa", uses="3", days="90")
    page = await keeper.get("/groups/secret/invitations")
    assert link not in page.text
    assert "for Rosa" in page.text
    assert "used 0 of 3" in page.text
    assert page.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize("fields", [{"days": "91"}, {"days": "x"}, {"uses": "0"}, {"uses": "9999999"}])
async def test_terms_that_do_not_fit_are_explained_and_kept(keeper, fields):
    await keeper.get("/groups/secret/invitations")
    answer = await keeper.submit("/groups/secret/invitations", note="for Rosa", **fields)
    assert answer.status_code == 400
    assert "for Rosa" in answer.text


async def test_an_empty_handle_does_not_become_a_link_for_everybody(world, keeper):
    await keeper.get("/groups/secret/invitations")
    token = keeper.forms()[0][1]["csrf_token"]
    fields = {"csrf_token": token, "kind": "handle", "handle": " ", "days": "14"}
    assert (await keeper.post("/groups/secret/invitations", fields)).status_code == 400
    assert await world.pool.fetchval("select count(*) from invitations") == 0


async def test_who_is_invited_by_name_finds_the_door_and_nobody_else_does(world, ada, ben, keeper):
    await keeper.get("/groups/secret/invitations")
    token = keeper.forms()[0][1]["csrf_token"]
    fields = {"csrf_token": token, "kind": "handle", "handle": "ada", "days": "14"}
    page = await keeper.post("/groups/secret/invitations", fields)
    assert "@ada@garden.example is invited" in page.text
    assert (await (await world.signed_in(ben)).get("/groups/secret/join")).status_code == 404
    browser = await world.signed_in(ada)
    page = await browser.get("/groups/secret/join")
    assert "You are invited. You need not wait for anybody." in page.text
    await browser.submit("/groups/secret/join")
    await browser.follow()
    assert await world.pool.fetchval("select state from follows") == "accepted"


async def test_inviting_somebody_elsewhere_tells_of_their_server(world, village, keeper):
    await village.remote("https://harbour.example/users/rosa")
    await keeper.get("/groups/secret/invitations")
    token = keeper.forms()[0][1]["csrf_token"]
    fields = {"csrf_token": token, "kind": "handle", "handle": "@rosa@harbour.example", "days": "14"}
    page = await keeper.post("/groups/secret/invitations", fields)
    assert "@rosa@harbour.example is invited" in page.text
    assert "the first member from harbour.example" in page.text


async def test_who_is_invited_elsewhere_into_a_hidden_group_needs_its_link_and_not_its_handle(keeper):
    await keeper.get("/groups/secret/invitations")
    token = keeper.forms()[0][1]["csrf_token"]
    fields = {"csrf_token": token, "kind": "handle", "handle": "rosa@harbour.example", "days": "14"}
    page = await keeper.post("/groups/secret/invitations", fields)
    assert "When they follow https://garden.example/groups/secret from" in page.text
    assert "@secret@garden.example" not in page.text


async def test_nobody_else_makes_or_takes_back_invitations(world, village, ada, keeper):
    await link_by(keeper)
    number = str(await world.pool.fetchval("select id from invitations"))
    other = await village.group("other", title="Other")
    eve = await world.member("eve")
    async with acquire(world.pool) as db:
        await groups.add_moderator(db, other.actor.id, eve.actor_id)
    for account in (ada, eve):
        browser = await world.signed_in(account)
        await browser.get("/you")
        token = browser.forms()[-1][1]["csrf_token"]
        fields = {"csrf_token": token, "kind": "link", "days": "14", "uses": "1", "invitation": number}
        assert (await browser.post("/groups/secret/invitations", fields)).status_code == 404
        assert (await browser.post("/groups/secret/invitations/revoke", fields)).status_code == 404
        assert (await browser.post("/groups/other/invitations/revoke", fields)).status_code == 404
    assert await world.pool.fetchval("select count(*) from invitations where revoked_at is null") == 1
