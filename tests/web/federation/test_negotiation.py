"""Page or document?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.web.federation.negotiation import prefers_document

LD = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        BROWSER,
        "text/html",
        "text/*, application/activity+json;q=0.1",
        "*/*, application/activity+json;q=0.9",
        "text/html, application/activity+json",
        "application/activity+json;q=0",
        "application/activity+json;q=nonsense",
        "application/activity+json;q=2",
        "application/activity+json;q=0.5, text/html;q=0.6",
        'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"',
        "application/xml",
        ',;="',
    ],
)
def test_a_page_is_for_whoever_does_not_ask_for_a_document_first(accept):
    assert not prefers_document(accept)


@pytest.mark.parametrize(
    "accept",
    [
        "application/activity+json",
        "Application/Activity+JSON",
        "application/activity+json; charset=utf-8",
        "application/ld+json",
        LD,
        f"application/activity+json, {LD}",  # ours, Mastodon
        f"{LD}, application/activity+json",  # Misskey
        "application/activity+json, application/ld+json, text/html;q=0.1",  # older Mastodon
        "application/activity+json, */*",
        "application/activity+json;q=0.9, */*;q=0.1",
        "application/json",
        "application/activity+json, text/html",
    ],
)
def test_a_document_is_for_whoever_asks_for_one_first(accept):
    assert prefers_document(accept)


@given(st.text(max_size=3_000))
def test_nothing_in_the_header_can_break_it(accept):
    assert prefers_document(accept) in (True, False)


async def test_one_address_answers_both_and_says_so_to_caches(home):
    await home.group()
    page = await home.get("/groups/sober", accept=BROWSER)
    document = await home.get("/groups/sober")
    assert page.headers["content-type"].startswith("text/html")
    assert document.headers["content-type"] == "application/activity+json"
    assert "Accept" in page.headers["vary"]
    assert "Accept" in document.headers["vary"]


async def test_several_accept_headers_are_read_as_one(home):
    await home.group()
    headers = [("accept", "text/html;q=0.1"), ("accept", "application/activity+json")]
    answer = await home.client.get("/groups/sober", headers=headers)
    assert answer.headers["content-type"] == "application/activity+json"


async def test_the_front_page_is_no_actor(home):
    """A document there would need this address as its id (federation notes 13.3)."""
    answer = await home.get("/")
    assert answer.status_code == 406
    assert (await home.get("/", accept=BROWSER)).status_code == 200
