"""What never leaves, and how large what leaves may be."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediverse_support.core.errors import Gone, Missing, TooLarge
from fediverse_support.core.markup import render_markdown, sanitise, title_from
from fediverse_support.protocol import json_gate, parsing
from fediverse_support.protocol.rendering import activities, actors, collections, posts, sizes
from fediverse_support.protocol.vocabulary import PUBLIC

ID = "https://g.example/activities/" + "c" * 32


def test_a_sealed_group_is_never_rendered(world):
    sealed = msgspec.structs.replace(world.group, reach="sealed")
    with pytest.raises(Missing):
        actors.group(world.site, sealed, world.keys_of(world.sober.uri))


def test_a_sealed_post_is_never_rendered_nor_announced(world):
    with pytest.raises(Missing):
        world.note(msgspec.structs.replace(world.root, reach="sealed"))
    common = {"group": world.sober, "reach": "sealed", "now": world.now}
    with pytest.raises(Missing):
        activities.announce_activity(ID, activity={}, **common)
    with pytest.raises(Missing):
        activities.announce_object(ID, object_id=world.root.uri, author=world.ana.uri, **common)
    with pytest.raises(Missing):
        activities.lock(ID, actor=world.ana.uri, object_id=world.root.uri, group=world.sober, reach="sealed")


@pytest.mark.parametrize("state", ["held", "hidden"])
def test_a_post_that_waits_or_was_hidden_is_not_rendered(world, state):
    with pytest.raises(Missing):
        world.note(msgspec.structs.replace(world.root, state=state))


def test_a_deleted_post_is_gone(world):
    with pytest.raises(Gone):
        world.note(msgspec.structs.replace(world.root, state="deleted"))


def test_a_page_of_more_than_forty_is_refused():
    with pytest.raises(TooLarge):
        collections.page("https://g.example/p", "https://g.example/c", ["https://g.example/x"] * 41)


TEXTS = {
    "plain": "A quiet word. " * 1428,
    "links": "[x](https://x.example/) " * 833,
    "lines": "a\n\n" * 6666,
    "german": "Ähnlich schön, " * 1333,
    "chinese": "\u4e00" * 20_000,
    "emoji": "\U0001f917" * 20_000,
    "quotes": "\"<&>'" * 4_000,
    "stars": "*a*" * 6_666,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_post_of_twenty_thousand_characters_fits_into_what_misskey_takes(world, text):
    assert 19_900 < len(text) <= 20_000
    long = msgspec.structs.replace(
        world.reply, source=text, content_html=render_markdown(text), content_warning="w" * 300
    )
    note = posts.note(
        world.site, long, world.ana, world.sober, parent_author=world.bo, root_uri=world.root.uri
    )
    create = activities.create(ID, note)
    announce = activities.announce_activity(
        ID, group=world.sober, activity=create, reach="open", now=world.now
    )
    assert len(json_gate.write(announce)) < 64 * 1024
    assert sizes.size(note) <= sizes.LARGEST_NOTE
    assert parsing.post(note, world.site.gate).content


def test_a_post_of_common_length_loses_nothing(world):
    text = "A quiet word. " * 1000
    note = world.note(msgspec.structs.replace(world.root, source=text, content_html=render_markdown(text)))
    assert note["source"]["content"] == text
    assert note["contentMap"]["en"] == note["content"]


def test_a_post_that_is_too_long_ends_with_a_link_to_the_whole(world):
    html = "<p>" + "\U0001f917 " * 20_000 + "</p>"
    note = world.note(msgspec.structs.replace(world.root, content_html=html))
    assert not {"source", "contentMap"} & set(note)
    assert note["content"].endswith(f'…</p><p><a href="{world.root.uri}">{world.root.uri}</a></p>')
    assert sanitise(note["content"]).startswith("<p>First &lt;day&gt;")


MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
LINES = st.text(st.characters(codec="utf-8"), max_size=60)


@settings(max_examples=40)
@given(
    title=LINES,
    warning=LINES,
    text=LINES,
    reach=st.sampled_from(["open", "quiet", "members"]),
    is_root=st.booleans(),
    published=MOMENTS,
    edited=st.none() | MOMENTS,
    language=st.none() | st.sampled_from(["en", "de", "zh-Hant", "x-klingon", "EN", "a"]),
)
def test_any_post_becomes_a_note_that_says_the_same(
    world, title, warning, text, reach, is_root, published, edited, language
):
    post = msgspec.structs.replace(
        world.root if is_root else world.reply,
        title=title,
        content_warning=warning,
        content_html=render_markdown(text),
        source=text,
        reach=reach,
        published_at=published,
        edited_at=edited,
        language=language,
    )
    note = posts.note(
        world.site, post, world.ana, world.sober, parent_author=world.bo, root_uri=world.root.uri
    )
    found = parsing.post(json_gate.read(json_gate.write(note)), world.site.gate)
    assert (PUBLIC in [*found.to, *found.cc]) is (reach != "members")
    has_own_title = bool(title) and title_from(post.content_html)[0] != title
    assert ("name" in note) is (is_root and has_own_title)
    assert (found.in_reply_to is None) is is_root
    assert found.sensitive is bool(warning)
    assert found.content == note["content"]
    if edited is not None:
        assert found.published < found.updated
