"""What policy gets to know of what arrives (inbox/facts.py): no server, no database."""

from datetime import UTC, datetime
from typing import Any

import pytest

from fediverse_support.database.senders import Surroundings
from fediverse_support.inbox.facts import arrival_of, carried
from fediverse_support.policy.arrivals import Arrival, Sender, of_facts
from fediverse_support.protocol import parsing
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.urls import OPEN_NETWORK

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SITE = Site("here.example", "https://here.example", OPEN_NETWORK)
ANA, GROUP = "https://peer.example/users/ana", "https://here.example/groups/carers"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
AROUND = Surroundings(
    sender=Sender(accepted=4), group="carers", group_uri=GROUP, thread_of="own", minute=61,
    followers=(f"{ANA}/followers", f"{GROUP}/followers"), moderator_is_here=True,
)  # fmt: skip


def arrived(around: Surroundings = AROUND, type: str = "Create", **note: Any) -> Arrival:
    """The facts of a Note by ana that comes with an activity of this type."""
    document = {
        "id": "https://peer.example/notes/1", "type": "Note", "attributedTo": ANA, "content": "<p>Hello</p>",
        "to": [PUBLIC], "cc": [GROUP],
    } | note  # fmt: skip
    raw = {"id": "https://peer.example/a/1", "type": type, "actor": ANA, "object": document}
    activity = parsing.activity(raw, OPEN_NETWORK)
    return arrival_of(activity, carried(activity, SITE), raw["id"], SITE, NOW, around)


def did(type: str, object: Any, **more: Any) -> Arrival:
    """The facts of an activity that carries no post."""
    raw = {"id": "https://peer.example/a/2", "type": type, "actor": ANA, "object": object} | more
    return arrival_of(parsing.activity(raw, OPEN_NETWORK), None, raw["id"], SITE, NOW, AROUND)


def test_the_text_is_all_that_a_reader_sees_and_length_leaves_descriptions_out() -> None:
    found = arrived(
        type="Create",
        name="A title",
        summary="food",
        content="<p>sl<b>ow</b></p><script>hidden()</script><p>and <i>steady</i></p>",
        attachment=[{"type": "Image", "url": "https://peer.example/a.png", "name": "A dog"}],
    )
    assert found.text == "A title\nfood\nslow\nand steady\nA dog"
    assert found.length == len("A title\nfood\nslow\nand steady")
    assert found.content_warning == "food"
    assert found.is_sensitive
    poll = arrived(type="Create", oneOf=[{"type": "Note", "name": "Red"}, {"type": "Note", "name": "Blue"}])
    assert poll.has_poll
    assert poll.text == "Hello\nRed\nBlue"


@pytest.mark.parametrize(
    ("content", "hosts"),
    [
        ('<a href="https://x.example/p">https://<span>x.example</span></a>', ("x.example",)),
        (
            '<a href="https://a.example/1">a</a> <a href="HTTPS://A.example/2">b</a>',
            ("a.example", "a.example"),
        ),
        ('<a href="https://peer.example/@bo" class="u-url mention">@bo</a>', ()),
        ('<a href="https://peer.example/tags/cats" class="mention hashtag">#cats</a>', ()),
        ('<a href="https://shop.example/x" class="mention">@sale</a>', ("shop.example",)),
        ('<a href="https://shop.example/x" class="hashtag">#sale</a>', ("shop.example",)),
        ("look at https://bare.example/x, please", ("bare.example",)),
        ('<a title=">" href="https://odd.example/">x</a>', ("odd.example",)),
        ('<a href="&#104;ttps://coded.example/">x</a>', ("coded.example",)),
        ('<a href="https://bücher.example/">x</a>', ("xn--bcher-kva.example",)),
        ('<a href="javascript:alert(1)">x</a> <a href="/logout">y</a>', ()),
        ('<script>var u = "https://never.example/";</script>', ()),
    ],
)
def test_where_links_lead_is_known_whatever_they_call_themselves(
    content: str, hosts: tuple[str, ...]
) -> None:
    tags = [{"type": "Mention", "href": "https://peer.example/users/bo", "name": "@bo"}]
    found = arrived(type="Create", content=f"<p>{content}</p>", tag=tags)
    assert found.link_hosts == hosts
    assert found.mentions == 1


def test_a_link_that_is_attached_is_a_link_and_no_media() -> None:
    found = arrived(
        attachment=[
            {"type": "Link", "href": "https://news.example/story", "mediaType": "text/html"},
            {"type": "Document", "url": "https://peer.example/b.webp", "mediaType": "image/WebP"},
            {"type": "Image", "url": "https://peer.example/c", "name": "A cat"},
            {"type": "Link", "href": "https://peer.example/d.mp4", "mediaType": "video/mp4"},
        ]
    )
    assert found.link_hosts == ("news.example",)
    assert found.attachments == 3
    assert found.media_types == ("image/webp", "image", "video/mp4")
    assert found.without_alt == 2


@pytest.mark.parametrize("member", ["quote", "quoteUrl", "quoteUri", "_misskey_quote", "tag"])
def test_the_server_of_what_is_quoted_has_a_part_in_it(member: str) -> None:
    uri: Any = "https://bad.example/notes/9"
    if member == "tag":
        kind = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
        uri = [{"type": "Link", "mediaType": kind, "href": uri, "name": "RE"}]
    found = arrived(**{member: uri})
    assert found.has_quote
    assert found.hosts == ("peer.example", "bad.example")


def test_every_server_that_has_a_part_in_it_is_named_once_and_ours_never() -> None:
    elsewhere = Surroundings(group_uri="https://third.example/c/cats")
    raw = {"type": "Announce", "actor": "https://b.example/c/x", "object": "https://peer.example/notes/1"}
    activity = parsing.activity(raw, OPEN_NETWORK)
    post = parsing.post(
        {"id": "https://peer.example/notes/1", "type": "Note", "attributedTo": ANA, "to": [PUBLIC]},
        OPEN_NETWORK,
    )
    found = arrival_of(activity, post, "https://b.example/a", SITE, NOW, elsewhere)
    assert found.hosts == ("b.example", "peer.example", "third.example")
    assert found.author_uri == found.who == ANA
    assert arrived().hosts == ("peer.example",)


def test_whom_somebody_reports_or_bans_has_no_part_in_that() -> None:
    for kind in ("Flag", "Block"):
        assert did(kind, "https://bad.example/users/eve", target=GROUP).hosts == ("peer.example",)
    assert did("Like", "https://bad.example/notes/1").hosts == ("peer.example", "bad.example")


def test_warnings_are_found_in_hashtags_and_in_what_people_write() -> None:
    tags = [{"type": "Hashtag", "name": "#cw_sh", "href": "https://peer.example/tags/cw_sh"}]
    found = arrived(summary="CW: food", tag=tags)
    assert set(found.warnings) == {"sh", "ed"}
    assert found.hashtags == ("cw_sh",)


@pytest.mark.parametrize(
    ("to", "cc", "visibility"),
    [
        ([PUBLIC], [], "open"),
        ([GROUP], [PUBLIC], "quiet"),
        ([f"{ANA}/followers"], [], "members"),
        ([GROUP, f"{GROUP}/followers"], [], "members"),
        (["https://here.example/people/mira"], [], "direct"),
    ],
)
def test_how_far_it_reaches_is_known(to: list[str], cc: list[str], visibility: str) -> None:
    assert arrived(to=to, cc=cc).visibility == visibility


def test_an_update_of_something_known_is_an_edit_and_anything_else_is_new() -> None:
    known = Surroundings(known="live")
    assert arrived(known, "Update").is_edit
    assert not arrived(Surroundings(), "Update").is_edit
    assert not arrived(known, "Create").is_edit


def test_whose_thread_it_is_in_is_said_of_answers_only() -> None:
    assert arrived(inReplyTo="https://here.example/posts/1").thread_of == "own"
    assert arrived().thread_of == ""


def test_facts_come_back_as_they_were_but_for_the_words_of_the_warning() -> None:
    found = arrived(summary="food", content="<p>Hello https://x.example/</p>", language="de")
    again = of_facts(found.facts(), found.text)
    assert again.text == found.text
    assert again.warnings == found.warnings
    assert again.content_warning != ""
    assert again.sender == found.sender
    assert again.link_hosts == ("x.example",)
    assert again.minute == 61
    assert again.moderator_is_here
