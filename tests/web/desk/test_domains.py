"""Other servers at the desk: deny first, then what is said, what counts, and what is said before a block."""

import pytest

from fediverse_support.community.joining import severing
from fediverse_support.core import clock
from fediverse_support.database.pool import acquire

UNTICKED = {"no_media": "", "no_reports": ""}
SUSPENDS = "#domain,#severity,#public_comment\nbad.example,suspend,Spam\nworse.example,silence,\n"


@pytest.fixture
async def desk(world):
    return await world.signed_in(await world.member("mod", role="moderator"))


async def fetch(world, query, *arguments):
    async with acquire(world.pool) as db:
        return await db.fetch(query, *arguments)


async def levels(world):
    rows = await fetch(world, "select domain, level from domain_levels order by domain")
    return {row["domain"]: row["level"] for row in rows}


async def setting(desk, name, **fields):
    """Send the form of a server's page."""
    await desk.get(f"/desk/domains/of/{name}")
    return await desk.submit(
        f"/desk/domains/of/{name}", **UNTICKED | {"do": "set", "level": "blocked"} | fields
    )


async def in_groups_there(world, village, ada):
    """Ada is in an open and in a closed group on bad.example; Rosa from there follows Ada."""
    rosa = await village.remote("https://bad.example/u/rosa")
    for name in ("lamp", "CLOSED"):
        group = await village.remote(f"https://bad.example/c/{name}", "Group", name)
        async with acquire(world.pool) as db:
            await db.execute("update actors set approves_followers = name = 'CLOSED' where id = $1", group.id)
            pairs = [(ada.actor_id, group.id)] + ([(rosa.id, ada.actor_id)] if name == "lamp" else [])
            await db.executemany(
                "insert into follows (follower_id, followed_id, state, activity_uris) "
                "values ($1, $2, 'accepted', '{}')",
                pairs,
            )


async def test_a_level_that_makes_no_sense_is_refused_and_nothing_is_lost(world, desk):
    for name, fields in (
        ("garden.example", {}), ("example", {}), ("x.example", {"level": "banished"}),
        ("x.example", {"expires": "soon"}), ("x.example", {"expires": "2020-01-01"}),
    ):  # fmt: skip
        answer = await setting(desk, name, reason="Kept words", **fields)
        assert answer.status_code in (400, 409), (name, fields)
        assert "Kept words" in answer.text
    for path in ("of/Bad.Example", "of/1.2.3.4", "of/%00", "of/a_b"):
        assert (await desk.get(f"/desk/domains/{path}")).status_code == 404, path
    assert (await desk.get("/desk/domains/look-up?domain=1.2.3.4")).status_code == 422
    assert await levels(world) == {}
    assert await fetch(world, "select 1 from deeds") == []


async def test_a_server_gets_a_level_with_all_that_belongs_to_it(world, desk):
    answer = await desk.get("/desk/domains/look-up?domain=Bad.Example.")
    assert answer.headers["location"] == "/desk/domains/of/bad.example"
    assert "Nothing is said about this server" in (await desk.follow()).text
    wanted = {
        "level": "limited", "no_media": "yes", "reason": "Spam", "note": "SECRET", "shown": "partly",
        "expires": "2099-01-31", "review": "2020-02-01",
    }  # fmt: skip
    await setting(desk, "bad.example", **wanted)
    page = (await desk.follow()).text
    assert "It was set by hand." in page
    for name, value in wanted.items():
        assert value in page, name
    page = (await desk.get("/desk/domains")).text
    assert page.count("bad.example") >= 2, "it is to be looked at again"
    assert "SECRET" not in page
    for below in ("a.bad.example", "b.a.bad.example"):
        page = (await desk.get(f"/desk/domains/of/{below}")).text
        assert "Nothing is said about this name itself." in page
    assert "SECRET" not in (await world.browser().get("/about/policy")).text
    export = await desk.get("/desk/domains/export?form=csv")
    assert "attachment" in export.headers["content-disposition"]
    assert "SECRET" not in export.text
    assert "bad.example" in (await desk.get("/desk/domains/export?form=json")).text
    await setting(desk, "bad.example", do="remove")
    assert await levels(world) == {}
    deeds = [row["deed"] for row in await fetch(world, "select deed from deeds order by id")]
    assert deeds == ["set domain to limited+no-media", "remove domain level"]


async def test_before_a_block_ends_follows_it_says_whose_and_waits_for_a_yes(world, village, ada, desk):
    await in_groups_there(world, village, ada)
    page = (await desk.get("/desk/domains/of/bad.example")).text
    assert "lamp@bad.example" in page
    answer = await setting(desk, "bad.example", reason="Spam")
    assert answer.status_code == 200
    assert "The exchange with bad.example would end" in answer.text
    for words in (
        "1 member of this community",
        "1 account there",
        "lamp@bad.example",
        "1 group that chooses",
    ):
        assert words in answer.text, words
    assert "CLOSED" not in answer.text, "only its members know its name"
    assert await levels(world) == {}, "nothing has happened"
    assert await fetch(world, "select 1 from severances") == []
    assert await fetch(world, "select 1 from policy_versions where version > 1") == []
    await desk.submit("/desk/domains/of/bad.example")
    assert await levels(world) == {"bad.example": "blocked"}
    assert "Follows end soon" in (await desk.get("/desk/domains")).text
    assert "The exchange with bad.example ends" in (await (await world.signed_in(ada)).get("/")).text

    await desk.get("/desk/domains")
    await desk.submit("/desk/domains/stay")
    assert await levels(world) == {}
    assert [row["state"] for row in await fetch(world, "select state from severances")] == ["undone"]
    token = (await desk.get("/desk/domains"), desk.forms())[1]
    fields = next(values for form, values in token if "csrf_token" in values)
    again = await desk.post("/desk/domains/stay", {**fields, "host": "bad.example"})
    assert again.status_code == 409, "somebody was quicker"


async def test_staying_in_touch_with_one_host_leaves_what_stands_above_it(world, village, ada, desk):
    await in_groups_there(world, village, ada)
    await setting(desk, "example.org", confirmed="yes")
    async with acquire(world.pool) as db, db.transaction():
        await db.execute("update actors set uri = replace(uri, 'bad.example', 'b.example.org')")
        await severing.blocked(db, world.site, ["example.org"], None, clock.now())
    await desk.get("/desk/domains")
    await desk.submit("/desk/domains/stay")
    assert await levels(world) == {"example.org": "blocked", "b.example.org": "default"}
    assert [row["state"] for row in await fetch(world, "select state from severances")] == ["undone"]


async def test_twenty_thousand_servers_are_shown_a_page_at_a_time(world, desk):
    async with acquire(world.pool) as db:
        await db.execute(
            """
            insert into domain_levels (domain, level)
            select 'n' || lpad(number::text, 5, '0') || '.example', 'blocked'
              from generate_series(1, 20000) number
            """
        )
    page = await desk.get("/desk/domains")
    assert page.text.count("/desk/domains/of/n") == 100
    assert len(page.content) < 120_000
    path = page.text.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert "n00101.example" in (await desk.get(path)).text
    assert (await desk.get("/desk/domains?search=19999")).text.count("/desk/domains/of/n") == 1
    assert "No server fits." in (await desk.get("/desk/domains?level=held")).text
    for odd in ("from=nobody", "level=x&after=%F0", "after=zzz", "search=%25"):
        assert (await desk.get(f"/desk/domains?{odd}")).status_code == 200, odd


async def test_a_list_is_seen_before_it_is_taken_over(world, village, ada, desk):
    await in_groups_there(world, village, ada)
    await desk.get("/desk/domains/import")
    token = next(values for form, values in desk.forms() if form["action"] == "/desk/domains/import")[
        "csrf_token"
    ]
    sent = {"sec-fetch-site": "same-origin"}

    async def choose(text, **fields):
        return await desk.client.post(
            "/desk/domains/import",
            data={"csrf_token": token, "source": "a friend"} | fields,
            files={"file": ("list.csv", text, "text/csv")},
            headers=sent,
        )

    assert (await choose(b"", csrf_token="forged")).status_code == 403
    for text in (b"", b"<!doctype html><p>Not found", b"\xff\xfe\x00"):
        answer = await choose(text)
        if answer.status_code == 303:
            answer = await desk.get("/desk/domains/import/look")
        assert answer.status_code == 400, text
    assert (await choose(b"x" * 5_000_000)).status_code == 413
    assert (await desk.post("/desk/domains/import", {"csrf_token": token})).status_code == 415

    assert (
        await choose(SUSPENDS.encode() + b"garden.example,suspend,\nb*d.example,suspend,\n")
    ).status_code == 303
    page = await desk.get("/desk/domains/import/look")
    assert page.status_code == 200
    for words in ("<dt>New</dt><dd>2</dd>", "<dt>Blocked from then on</dt><dd>1</dd>", "Left out: our own",
                  "hidden in part", "lamp@bad.example", "Take over 2 servers", "From: a friend"):  # fmt: skip
        assert words in page.text, words
    assert await levels(world) == {}, "it was only looked at"
    assert (await choose(SUSPENDS.encode(), source="")).status_code == 303
    assert "From: list.csv" in (await desk.get("/desk/domains/import/look")).text
    answer = await desk.submit("/desk/domains/import/look", do="take", is_sure="yes")
    assert answer.status_code == 303
    assert await levels(world) == {"bad.example": "blocked", "worse.example": "limited"}
    assert [row["state"] for row in await fetch(world, "select state from severances")] == ["waiting"]
    assert (await desk.get("/desk/domains/import/look")).status_code == 303, "it is forgotten"
    assert (await desk.follow()).status_code == 200


async def test_an_exception_keeps_lists_away_and_says_what_ends_when_it_ends(world, village, ada, desk):
    await in_groups_there(world, village, ada)
    await desk.get("/desk/domains/excludes")
    await desk.submit("/desk/domains/excludes", domain="Bad.Example", note="A friend", do="add")
    assert "A friend" in (await desk.follow()).text
    async with acquire(world.pool) as db:
        await db.execute("insert into domain_lists (id, name, url) values (5, 'big', 'https://l.example/x')")
        await db.execute(
            "insert into list_entries (list_id, domain, level) values (5, 'bad.example', 'blocked')"
        )
    page = (await desk.get("/desk/domains/of/bad.example")).text
    assert "No list may say anything about bad.example." in page
    await desk.get("/desk/domains/excludes")
    answer = await desk.submit("/desk/domains/excludes", domain="bad.example", do="remove")
    assert "would end" in answer.text
    assert "blocked" not in (await levels(world)).values()
    await desk.submit("/desk/domains/excludes")
    assert await levels(world) == {"bad.example": "blocked"}
    assert "Only the list big speaks of it." in (await desk.get("/desk/domains/of/bad.example")).text
    assert (await desk.submit("/desk/domains/of/bad.example", do="set", level="held")).status_code == 303
    assert "that goes before every list" in (await desk.follow()).text
