"""What the community says of itself and tells its members, written at the desk without a script."""

import pytest

from fediverse_support.database.pool import acquire

PAGES = ("/desk/house", "/desk/house/rules", "/desk/announcements")


async def fetch(world, query):
    async with acquire(world.pool) as db:
        return [tuple(row) for row in await db.fetch(query)]


@pytest.mark.parametrize("role", ["member", "moderator"])
async def test_only_who_may_finds_the_pages(world, role):
    browser = await world.signed_in(await world.member("someone", role=role))
    found = [(await browser.get(page)).status_code for page in PAGES]
    assert found == [404, 404, 200 if role == "moderator" else 404]
    guest = world.browser()
    assert [(await guest.get(page)).status_code for page in PAGES] == [303, 303, 303]


async def test_the_words_the_texts_and_their_pages(world):
    root = await world.signed_in(await world.member("root", role="admin"))
    assert (await root.get("/about/privacy")).status_code == 404
    assert (await root.get("/about/terms")).status_code == 404
    await root.get("/desk/house")
    refused = await root.submit("/desk/house", part="words", title="The Garden", email="not an address")
    assert refused.status_code == 400
    assert "not an address" in refused.text
    await root.submit(
        "/desk/house",
        part="words",
        title="The Quiet Garden",
        about="For **carers**",
        email="hello@garden.example",
        languages="de, en",
    )
    saved = await root.follow()
    assert "About The Quiet Garden" in (await root.get("/about")).text
    assert "Saved." in saved.text
    assert "Saved." not in (await root.get("/desk/house")).text
    await root.submit("/desk/house", part="privacy", privacy="We keep *little*.")
    await root.get("/desk/house")
    await root.submit("/desk/house", part="terms", terms="Be here.", **{"from": "2026-01-01"})
    await root.get("/desk/house")
    await root.submit("/desk/house", part="terms", terms="Be good.", **{"from": "2099-01-01"})
    await root.get("/desk/house")
    assert (await root.submit("/desk/house", part="terms", **{"from": "soon"})).status_code == 400
    assert (await root.submit("/desk/house", part="everything")).status_code == 400
    (told,) = await fetch(world, "select about_source, contact_email, languages from community")
    assert told == ("For **carers**", "hello@garden.example", ["de", "en"])
    guest = world.browser()
    assert "<em>little</em>" in (await guest.get("/about/privacy")).text
    terms = await guest.get("/about/terms")
    assert "Be here." in terms.text
    assert "/about/terms/2099-01-01" in terms.text
    assert "Be good." in (await guest.get("/about/terms/2099-01-01")).text
    assert (await guest.get("/about/terms/2098-01-01")).status_code == 404
    assert (await guest.get("/about/terms/soon")).status_code == 404
    assert "/about/privacy" in (await guest.get("/about")).text


async def test_the_rules_for_all_are_written_moved_and_read(world, village, ada, ben):
    root = await world.signed_in(await world.member("root", role="admin"))
    await root.get("/desk/house/rules")
    page = await root.submit("/desk/house/rules", do="add", rule_1="Be kind", details_1="Even *then*.")
    assert page.text.count("<fieldset") == 2
    await root.submit("/desk/house/rules", do="up-2", rule_2="No advice")
    saved = await root.submit("/desk/house/rules", do="publish")
    assert saved.status_code == 303
    assert await fetch(world, "select title from community_rules order by position") == [
        ("No advice",),
        ("Be kind",),
    ]
    about = await world.browser().get("/about")
    assert about.text.index("No advice") < about.text.index("<em>then</em>")
    owls = await village.group()
    await village.joins(ben, owls)
    post = await village.writes(ben, owls.actor, "Hm")
    reporter = await world.signed_in(ada)
    assert "No advice" in (await reporter.get(f"/posts/{post.public_id}/report")).text
    await root.get("/desk/house/rules")
    twice = await root.submit("/desk/house/rules", do="publish", rule_2="No advice", details_2="x")
    assert twice.status_code == 400
    assert "Two rules say the same sentence." in twice.text


async def test_an_announcement_stands_until_it_is_put_away_or_taken_back(world, ada, ben):
    root = await world.signed_in(await world.member("root", role="moderator"))
    member, other = await world.signed_in(ada), await world.signed_in(ben)
    await root.get("/desk/announcements")
    assert (await root.submit("/desk/announcements", text="x", ends="soon")).status_code == 400
    assert "This is not a day" in root.page.text
    await root.submit("/desk/announcements", text="We move on **Sunday**.", starts="2099-01-01", ends="")
    assert "<strong>Sunday</strong>" in (await member.get("/")).text
    assert "Sunday" not in (await world.browser().get("/")).text
    assert (await member.submit("/announcements")).status_code == 303
    assert "Sunday" not in (await member.get("/")).text
    ((number, kind),) = await fetch(world, "select id, all_day from announcements")
    assert kind is True
    await root.get(f"/desk/announcements/{number}")
    await root.submit(f"/desk/announcements/{number}", deed="keep", text="We stay.")
    assert "We stay." in (await other.get("/")).text
    assert "We stay." not in (await member.get("/")).text, "who has put it away is not told again"
    await root.get(f"/desk/announcements/{number}")
    assert (await root.submit(f"/desk/announcements/{number}", deed="remove")).status_code == 303
    assert "We stay." not in (await other.get("/")).text
    assert (await root.get(f"/desk/announcements/{number}")).status_code == 404
    assert [row[0] for row in await fetch(world, "select deed from deeds order by id")] == [
        "announce",
        "change announcement",
        "remove announcement",
    ]
