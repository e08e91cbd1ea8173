"""Posts: whose they are is strict, how they are written is not."""

from typing import Any

import pytest

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol import parsing
from fediverse_support.protocol.urls import OPEN_NETWORK
from fediverse_support.protocol.vocabulary import Attachment, Mention, PollOption, PostDocument

ANA = "https://peer.example/u/ana"
ID = "https://peer.example/posts/1"


def note(**changes: Any) -> dict[str, Any]:
    document = {"id": ID, "type": "Note", "attributedTo": ANA, "content": "<p>hello</p>"}
    return {name: value for name, value in (document | changes).items() if value is not ...}


def read(**changes: Any) -> PostDocument:
    return parsing.post(note(**changes), OPEN_NETWORK)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ...},
        {"id": [ID]},
        {"id": {"id": ID}},
        {"id": 5},
        {"id": "https://good.example/posts/1"},
        {"id": "https://sub.peer.example/posts/1"},
        {"attributedTo": ...},
        {"attributedTo": None},
        {"attributedTo": []},
        {"attributedTo": 5},
        {"attributedTo": "https://good.example/u/ana"},
        {"attributedTo": ["https://good.example/u/ana", ANA]},
        {"attributedTo": [ANA, {"type": "Person", "id": "https://good.example/u/ana"}]},
        {"type": ...},
        {"type": "Person"},
        {"type": "Create"},
        {"type": "Tombstone"},
        {"type": "Collection"},
    ],
)
def test_o6_a_post_that_is_not_on_its_authors_server_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read(**changes)


@pytest.mark.parametrize(
    "author",
    [
        *(ANA, [ANA], {"id": ANA}, [{"type": "Person", "id": ANA}], [None, 3, ANA]),
        [{"type": "Group", "id": "https://peer.example/c/x"}, {"type": "Person", "id": ANA}],
    ],
)
def test_the_author_in_every_form(author: object) -> None:
    assert read(attributedTo=author).author == ANA


@pytest.mark.parametrize("type", ["Event", "Place", "x:Recipe", "ChatMessage", "Question"])
def test_an_unknown_type_of_post_keeps_its_name(type: str) -> None:
    assert read(type=type).type == type


def test_everything_else_may_be_missing_or_null() -> None:
    found = read(
        **dict.fromkeys(
            ["content", "summary", "name", "tag", "attachment", "to", "cc", "url", "inReplyTo", "published"]
        ),
        **dict.fromkeys(["source", "language", "contentMap", "replies", "context", "sensitive", "oneOf"]),
    )
    assert (found.content, found.mentions, found.attachments, found.to, found.url) == ("", (), (), (), None)
    assert (found.in_reply_to, found.published, found.sensitive, found.options) == (None, None, False, ())


@pytest.mark.parametrize(
    ("changes", "warning", "sensitive"),
    [
        ({}, None, False),
        ({"summary": "grief"}, "grief", True),
        ({"summary": "grief", "sensitive": False}, "grief", True),
        ({"summary": "  "}, None, False),
        ({"summary": ""}, None, False),
        ({"summary": "\u200b"}, None, True),
        ({"sensitive": True}, None, True),
        ({"sensitive": "true"}, None, True),
        ({"type": "Page", "summary": "a teaser"}, None, False),
        ({"type": "Article", "summary": "a teaser", "sensitive": False}, None, False),
        ({"type": "Page", "summary": "grief", "sensitive": True}, "grief", True),
        ({"type": "Article", "summary": "x" * 300, "sensitive": True}, None, True),
        (
            {"type": "Article", "summary": "x" * 300, "sensitive": True, "dcterms:subject": "loss"},
            "loss",
            True,
        ),
        ({"type": "Question", "summary": "grief"}, "grief", True),
        ({"summaryMap": {"de": "Trauer"}}, "Trauer", True),
        ({"summary": 5}, None, False),
    ],
)
def test_content_warnings_of_every_peer(
    changes: dict[str, Any], warning: str | None, sensitive: bool
) -> None:
    found = read(**changes)
    assert (found.content_warning, found.sensitive) == (warning, sensitive)


def test_plain_text_and_markdown_become_html() -> None:
    found = read(content="a <b>\nc\n\n\n\nd", mediaType="text/plain")
    assert found.content == "<p>a &lt;b&gt;<br>c</p><p>d</p>"
    assert read(content="1 < 2", mediaType="text/markdown").content == "<p>1 &lt; 2</p>"
    assert read(content="<p>x</p>", mediaType=["text/plain"]).content == "<p>x</p>"


def test_content_and_language_out_of_a_language_map() -> None:
    both = {"en": "<p>a</p>", "de": "<p>b</p>"}
    assert read(content=None, contentMap=both).content == "<p>a</p>"
    assert read(content="<p>b</p>", contentMap=both).language == "de"
    assert read(content="<p>c</p>", contentMap=both).language is None
    assert read(contentMap={"en": "<p>hello</p>"}).language == "en"
    assert read(language={"identifier": "fr", "name": "Français"}, contentMap={"en": "x"}).language == "fr"


def test_only_markdown_counts_as_source() -> None:
    assert read(source={"content": "*x*", "mediaType": "text/markdown"}).source == "*x*"
    assert read(source={"content": "[b]x[/b]", "mediaType": "text/bbcode"}).source is None
    assert read(source="x").source is None


def test_tags_alone_or_in_an_array() -> None:
    mention = {"type": "Mention", "href": "https://us.example/people/b", "name": "@b@us.example"}
    assert read(tag=mention).mentions == (Mention("https://us.example/people/b", "@b@us.example"),)
    tags = [mention, {"type": "Mention", "href": "nowhere"}, {"type": "Hashtag", "name": "#Grief"}, "x", None]
    found = read(tag=[*tags, {"type": ["as:Hashtag"], "name": "grief"}, {"type": "Hashtag", "name": 5}])
    assert len(found.mentions) == 1
    assert found.hashtags == ("grief",)


def test_attachments_in_every_form() -> None:
    picture = "https://media.example/a.png"
    found = read(
        attachment=[
            {
                "type": "Document",
                "url": picture,
                "mediaType": "image/png",
                "name": "alt",
                "width": 3,
                "height": -4,
            },
            {"type": "Link", "href": "https://news.example/1"},
            {"type": "Image", "url": [{"type": "Link", "href": picture, "mediaType": "image/webp"}]},
            {"type": 5, "url": picture, "summary": "said", "blurhash": "LEHV6nWB2yk8"},
            picture,
            {"type": "Image"},
            {"type": "Image", "url": "javascript:x"},
            {"id": "https://peer.example/not-a-file", "type": "Image"},
            7,
        ]
    )
    assert found.attachments == (
        Attachment(url=picture, type="Document", media_type="image/png", alt="alt", width=3, height=0),
        Attachment(url="https://news.example/1", type="Link"),
        Attachment(url=picture, type="Image", media_type="image/webp"),
        Attachment(url=picture, type="Link", alt="said", blurhash="LEHV6nWB2yk8"),
        Attachment(url=picture, type="Link"),
    )
    assert read(attachment={"type": "Image", "url": picture}).attachments[0].url == picture
    for point, expected in (([0.5, -1], (0.5, -1.0)), ([2, 0], None), ([True, 0], None), ("0,0", None)):
        image = {"type": "Image", "url": picture, "focalPoint": point, "blurhash": "<script>"}
        found_one = read(attachment=image).attachments[0]
        assert (found_one.focus, found_one.blurhash) == (expected, None)


def test_d2_tags_attachments_and_options_are_cut() -> None:
    found = read(
        type="Question",
        tag=[{"type": "Hashtag", "name": f"#t{number}"} for number in range(500)],
        attachment=[f"https://media.example/{number}" for number in range(500)],
        anyOf=[{"type": "Note", "name": str(number)} for number in range(500)],
    )
    assert (len(found.hashtags), len(found.attachments), len(found.options)) == (100, 16, 100)


def test_o6_votes_of_a_poll_are_never_negative() -> None:
    options = [
        {"type": "Note", "name": "yes", "replies": {"type": "Collection", "totalItems": -9}},
        {"type": "Note", "name": "no", "replies": {"totalItems": 4}},
        {"type": "Note"},
        "maybe",
    ]
    found = read(type="Question", oneOf=options, endTime="2026-12-01T00:00:00Z")
    assert found.options == (PollOption("yes", 0), PollOption("no", 4))
    assert not found.multiple
    assert found.end_time is not None
    assert read(type="Question", anyOf=options, closed="2026-12-01T00:00:00Z").multiple
    assert read(type="Question", anyOf=options, closed="2026-12-01T00:00:00Z").closed


def test_references_may_be_embedded() -> None:
    found = read(
        inReplyTo={"id": "https://us.example/posts/9", "type": "Note"},
        replies={"id": f"{ID}/replies", "type": "Collection", "first": {"type": "CollectionPage"}},
        context="tag:peer.example,2026:1",
        audience={"id": "https://us.example/groups/g"},
        url=[{"type": "Link", "href": "https://peer.example/@ana/1", "mediaType": "text/html"}],
    )
    assert found.in_reply_to == "https://us.example/posts/9"
    assert found.replies == f"{ID}/replies"
    assert found.context is None
    assert found.audience == ("https://us.example/groups/g",)
    assert found.url == "https://peer.example/@ana/1"
