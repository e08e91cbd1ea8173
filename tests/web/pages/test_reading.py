"""What is shown to whom: refusals first."""

import re

import pytest

from fediverse_support.database import pool as database_pool
from fediverse_support.database.pool import acquire

CLOSED = {"seeing": "members", "speaking": "members", "reach": "members"}


def without_tokens(page: str) -> str:
    return re.sub(r'name="(csrf_token|place)" value="[^"]*"', "", page)


async def test_what_is_hidden_answers_exactly_like_what_does_not_exist(world, village, ada, ben):
    """Status, headers and body (L3), for guests and for members who are not in the group."""
    group = await village.group(**CLOSED)
    await village.joins(ada, group)
    secret = await village.writes(ada, group.actor, "Only for us.", title="A secret")
    held = await village.writes(ada, group.actor, "Held.")
    await village.set_post_state(held, "held")
    for browser in (world.browser(), await world.signed_in(ben)):
        nothing = await browser.get("/posts/" + "0" * 32)
        for path in (
            f"/posts/{secret.public_id}",
            f"/posts/{held.public_id}",
            f"/posts/{secret.id}",
            "/posts/12345",
            "/posts/x",
            "/posts/99999999999999999999",
            "/people/nobody",
            "/people/night_owls",
            "/groups/ada",
            "/groups/none",
            "/groups/a@b@c",
            "/groups/none@nowhere.example",
            "/nothing",
            "/people/%00",
            "/groups/a%00@b.example",
            "/posts/1%00",
            "/people/%ff@%ff",
            "/desk",
            "/desk/posts/1",
        ):
            answer = await browser.get(path)
            if answer.status_code == 303:  # a guest at the desk is asked to sign in, whatever is there
                assert path.startswith("/desk")
                assert (await browser.get("/desk/arrivals")).status_code == 303
                continue
            assert answer.status_code == 404, path
            assert without_tokens(answer.text) == without_tokens(nothing.text), path
            assert dict(answer.headers) | {"content-length": ""} == dict(nothing.headers) | {
                "content-length": ""
            }


async def test_nothing_of_a_closed_group_shows_on_any_page(world, village, ada, ben):
    group = await village.group(**CLOSED)
    await village.joins(ada, group)
    post = await village.writes(ada, group.actor, "MARKER in the text", title="MARKER in the title")
    for browser in (world.browser(), await world.signed_in(ben)):
        for path in (
            "/",
            "/groups/night_owls",
            "/people/ada",
            f"/posts/{post.public_id}",
            "/about",
            "/find",
            "/you",
        ):
            assert "MARKER" not in (await browser.get(path)).text, path
    browser = await world.signed_in(ada)
    for path in ("/groups/night_owls", "/people/ada", f"/posts/{post.public_id}"):
        assert "MARKER" in (await browser.get(path)).text, path


@pytest.mark.parametrize("state", ["held", "hidden"])
async def test_a_post_out_of_view_is_seen_by_its_author_and_the_moderators_only(
    world, village, ada, ben, state
):
    group = await village.group()
    post = await village.writes(ada, group.actor, "MARKER")
    await village.set_post_state(post, state)
    mod = await world.member("mod", role="moderator")
    path = f"/posts/{post.public_id}"
    assert (await (await world.signed_in(ben)).get(path)).status_code == 404
    assert (await world.browser().get(path)).status_code == 404
    assert "MARKER" in (await (await world.signed_in(ada)).get(path)).text
    assert "MARKER" in (await (await world.signed_in(mod)).get(path)).text


async def test_every_page_has_the_headers_of_every_page(world, village, ada):
    group = await village.group()
    post = await village.writes(ada, group.actor, "Hello")
    browser = await world.signed_in(ada)
    for path in (
        "/",
        "/about",
        "/about/policy",
        "/sign-in",
        "/groups/night_owls",
        "/people/ada",
        "/you",
        "/find",
        f"/posts/{post.public_id}",
        f"/posts/{post.public_id}/edit",
        "/nothing",
        "/desk",
    ):
        headers = (await browser.get(path)).headers
        assert headers["content-security-policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
        )
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert (
            headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
        )
        assert "noindex" in headers["x-robots-tag"]
        assert headers["strict-transport-security"]
        assert "camera=()" in headers["permissions-policy"]
        if path != "/sign-in":  # it redirects who is signed in
            assert headers["cache-control"] == "private, no-store"
            assert "Cookie" in headers["vary"]


async def test_no_page_has_anything_inline_or_from_elsewhere(world, village, ada):
    group = await village.group()
    post = await village.writes(ada, group.actor, "A [link](https://elsewhere.example/x)", title="Title")
    browser = await world.signed_in(ada)
    for path in ("/", "/groups/night_owls", f"/posts/{post.public_id}", "/you", "/groups/night_owls/write"):
        text = (await browser.get(path)).text
        assert not re.search(
            r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=\"/static/)", text
        ), path
        loaded = re.findall(r'<(?:script|img|link|iframe|source)[^>]*(?:src|href)="([^"]*)"', text)
        assert all(address.startswith(("/static/", "/feeds/")) for address in loaded), loaded


async def test_names_titles_and_warnings_are_text_wherever_they_show(world, village, ada):
    """Only content is ever HTML (X1); it was sanitised when it was stored."""
    attack = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    group = await village.group(title=attack)
    post = await village.writes(ada, group.actor, attack, title=attack, content_warning=attack)
    async with acquire(world.pool) as db:
        await db.execute("update actors set display_name = $1, summary_source = $1", attack)
        await db.execute("update community set title = $1, tagline = $1", attack)
    browser = await world.signed_in(await world.member("owner", role="owner"))
    for path in (
        "/",
        "/about",
        "/groups/night_owls",
        "/people/ada",
        f"/posts/{post.public_id}",
        "/groups/night_owls/write",
        f"/desk/posts/{post.id}",
        "/you",
    ):
        text = (await browser.get(path)).text
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text, path
    assert "&lt;script&gt;" in (await browser.get("/groups/night_owls")).text


async def test_safe_stands_in_one_macro_only():
    from fediverse_support.web.rendering import folder

    places = [
        path.name
        for path in folder("templates").rglob("*.html")
        for line in path.read_text().splitlines()
        if re.search(r"\|\s*safe\b|Markup|autoescape", line)
    ]
    assert places == ["macros.html"]


async def test_a_guest_reads_an_open_group_without_any_cookie(world, village, ada):
    group = await village.group(rules="Be kind.")
    await village.writes(ada, group.actor, "Hello there", title="Hello")
    browser = world.browser()
    page = await browser.get("/groups/night_owls")
    assert "Hello" in page.text
    assert "Be kind." in page.text
    assert "@night_owls@garden.example" in page.text
    assert not browser.client.cookies


async def test_the_round_trips_of_a_page_are_few(world, village, ada, ben):
    group = await village.group()
    await village.joins(ada, group)
    post = await village.writes(ben, group.actor, "Hello", title="Hello")
    browser = await world.signed_in(ada)
    for path in ("/groups/night_owls", f"/posts/{post.public_id}"):
        await browser.get(path)
        before = database_pool.spent.queries
        await browser.get(path)
        assert database_pool.spent.queries - before <= 6, path


async def test_a_long_group_is_read_page_by_page_and_a_wrong_cursor_says_so(world, village, ada):
    group = await village.group()
    await village.joins(ada, group)
    for number in range(35):
        await village.writes(ada, group.actor, "Hello", title=f"Thread {number:02}")
    browser = world.browser()
    first = (await browser.get("/groups/night_owls")).text
    assert "Thread 34" in first
    assert "Thread 04" not in first
    older = re.search(r'href="(\?before=[^"]+)"', first)
    second = (await browser.get("/groups/night_owls" + older[1])).text
    assert "Thread 04" in second
    assert "Thread 05" not in second
    assert "That is everything." in second
    for wrong in ("x", "1-", "-1", "9" * 40 + "-1", "1-" + "9" * 40):
        assert (await browser.get(f"/groups/night_owls?before={wrong}")).status_code == 400


async def test_the_front_page_of_a_member_ends(world, village, ada, ben):
    group = await village.group()
    await village.joins(ada, group)
    post = await village.writes(ben, group.actor, "Anyone awake?", title="Anyone awake?")
    browser = await world.signed_in(ada)
    page = (await browser.get("/")).text
    assert page.index("Where you left off") < page.index("Anyone awake?") < page.index("You are up to date.")
    await browser.get(f"/posts/{post.public_id}")
    page = (await browser.get("/")).text
    assert "Nothing new in your groups" in page
    assert page.index("Waiting for an answer") < page.index("Anyone awake?")


async def test_nobody_is_asked_to_answer_themselves(world, village, ada, ben):
    group = await village.group()
    for account in (ada, ben):
        await village.joins(account, group)
    post = await village.writes(ben, group.actor, "Anyone awake?", title="Anyone awake?")
    for account in (ada, ben):
        browser = await world.signed_in(account)
        await browser.get(f"/posts/{post.public_id}")
        assert ("Waiting for an answer" in (await browser.get("/")).text) is (account is ada)


@pytest.mark.parametrize(
    "ends", ["update groups set life = 'archived'", "update posts set locked_at = now()"], ids=str
)
async def test_nobody_is_asked_to_answer_where_nobody_can(world, village, ada, ben, ends):
    group = await village.group()
    post = await village.writes(ben, group.actor, "Anyone awake?", title="Anyone awake?")
    browser = await world.signed_in(ada)
    assert "Waiting for an answer" in (await browser.get("/")).text
    await world.pool.execute(ends)
    assert "Waiting for an answer" not in (await browser.get("/")).text
    assert (await browser.get(f"/posts/{post.public_id}")).status_code == 200


async def test_a_post_of_another_server_has_its_true_host_and_its_source(world, village, ada):
    group = await village.group()
    rosa = await village.remote("https://harbour.example/users/rosa")
    async with acquire(world.pool) as db:
        await db.execute(
            """
            insert into posts (id, uri, author_id, group_id, root_id, title, content_html, reach, url,
                               published_at, active_at)
            values (7, 'https://harbour.example/notes/1', $1, $2, 7, 'From afar', '<p>Hello from afar</p>',
                    'open', 'https://harbour.example/@rosa/1', now(), now())
            """,
            rosa.id,
            group.actor.id,
        )
        path = f"/posts/{await db.fetchval('select public_id from posts where id = 7')}"
    page = (await world.browser().get(path)).text
    assert "Hello from afar" in page
    assert "@rosa@harbour.example" in page
    assert 'href="https://harbour.example/@rosa/1"' in page
    assert "original on harbour.example" in page
    person = await world.browser().get("/people/rosa@harbour.example")
    assert "From afar" in person.text


@pytest.mark.parametrize(
    ("title", "content", "shown"),
    [
        ("Awake", "<p><strong>Awake</strong></p><p>All night.</p>", "<p>All night.</p>"),
        ("Awake", "<p>@owls@x.example Awake<br>All night.</p>", "<p>All night.</p>"),
        ("Awake", "<p>Awake</p>", "<p>Awake</p>"),
        ("Awake", "<p>Awake all night.</p>", "<p>Awake all night.</p>"),
        ("", "<p>Awake</p><p>All night.</p>", "<p>Awake</p><p>All night.</p>"),
    ],
)
async def test_the_title_is_not_said_twice(world, village, ada, title, content, shown):
    group = await village.group()
    post = await village.writes(ada, group.actor, "x", title="x")
    async with acquire(world.pool) as db:
        await db.execute("update posts set title = $1, content_html = $2", title, content)
    page = await world.browser().get(f"/posts/{post.public_id}")
    assert f'<div class="prose">{shown}</div>' in page.text


async def test_german_readers_get_german_pages(world, village):
    await village.group()
    page = await world.browser().get("/", **{"accept-language": "de-AT,de;q=0.9,en;q=0.5"})
    assert '<html lang="de"' in page.text
    assert page.headers["content-language"] == "de"
    assert "Anmelden" in page.text
    assert '<html lang="en"' in (await world.browser().get("/", **{"accept-language": "xx"})).text


async def test_the_light_can_be_dimmed_and_leads_back_here_only(world):
    browser = world.browser()
    await browser.get("/about")
    answer = await browser.submit("/look", look="dim")
    assert answer.headers["location"] == "/about"
    assert 'data-look="dim"' in (await browser.get("/about")).text
    assert (await browser.post("/look", {"look": "x", "place": "//evil.example"})).headers["location"] == "/"
    assert "data-look" not in (await browser.get("/about")).text


async def test_head_and_static_files(world):
    browser = world.browser()
    assert (await browser.client.head("/about")).status_code == 200
    style = re.search(r'href="(/static/style.css\?v=[0-9a-f]+)"', (await browser.get("/about")).text)
    answer = await browser.get(style[1])
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    for path in ("/static/..%2fpyproject.toml", "/static/nothing.css", "/static/%2e%2e"):
        assert (await browser.get(path)).status_code == 404
    assert (await browser.client.post("/about")).status_code == 405


async def test_what_nobody_foresaw_answers_500_and_logs_no_content(world, village, ada, capsys, monkeypatch):
    from fediverse_support.web.pages import people

    async def broken(*_: object) -> None:
        raise ValueError("MARKER of private content")

    monkeypatch.setattr(people, "person_at", broken)
    answer = await world.browser().get("/people/ada")
    assert answer.status_code == 500
    assert "not your doing" in answer.text
    assert answer.headers["content-security-policy"]
    output = capsys.readouterr()
    assert "MARKER" not in answer.text + output.out + output.err
    assert "ValueError" in output.out + output.err
