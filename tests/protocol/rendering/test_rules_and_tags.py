"""Rules and tags as peers find them, and that they come back."""

import re

import msgspec
import pytest

from fediverse_support.core.models import Rule
from fediverse_support.protocol import parsing
from fediverse_support.protocol.rendering import actors, posts, sidebar
from fediverse_support.protocol.rendering.tags import COLOURS
from fediverse_support.web.rendering import folder

LISTENING = "https://g.example/groups/sober/tagged/just_listening"


def test_the_rules_stand_below_the_description(world):
    document = actors.group(world.site, world.group, world.keys_of(world.sober.uri), rules=world.rules)
    assert document["summary"].startswith(world.sober.summary_html)
    assert (
        "<li><strong>Be &lt;kind&gt; &amp; *calm*</strong><p>No <em>ad</em>.</p></li>" in document["summary"]
    )
    assert document["source"]["content"] == (
        "Sidebar *HTML*\n\n## Rules\n\n1. **Be \\<kind\\> & \\*calm\\***\n\n   No _ad_.\n\n"
        "2. **What is said here stays here**"
    )


def test_a_group_without_rules_says_nothing_of_them(world):
    assert sidebar.html(world.group, ()) == world.sober.summary_html
    assert sidebar.source(world.group, ()) == world.sober.summary_source


@pytest.mark.parametrize("length", [10, 300, 5000])
def test_rules_of_any_length_stay_below_what_peers_cut_off(world, length):
    rules = [
        Rule(title="é" * 200, details_source="x" * length, details_html=f"<p>{'x' * length}</p>")
        for _ in range(40)
    ]
    html, source = sidebar.html(world.group, rules), sidebar.source(world.group, rules)
    assert len(html.encode()) <= sidebar.LARGEST_HTML
    assert len(source) <= sidebar.LARGEST_SOURCE
    assert ("x" * length in html) != ("https://g.example/groups/sober/rules" in html)
    assert "https://g.example/groups/sober/rules" in source


def test_the_words_before_the_rules_are_told_too(world):
    group = msgspec.structs.replace(world.group, rules_html="<p>Please.</p>", rules_source="Please.")
    assert sidebar.html(group, ()).endswith("<p><strong>Rules</strong></p><p>Please.</p>")
    assert sidebar.source(group, ()).endswith("## Rules\n\nPlease.")


def test_lemmy_and_piefed_are_told_what_tags_there_are(world, profiles):
    document = profiles["group with rules and tags"]
    assert document["tag"] == [
        {
            "type": "CommunityPostTag",
            "id": LISTENING,
            "preferredUsername": "just_listening",
            "name": "Just listening",
        }
    ]
    [offered] = document["lemmy:tagsForPosts"]
    assert (offered["type"], offered["id"]) == ("lemmy:CommunityTag", LISTENING)
    # PieFed looks these members up without asking whether they are there.
    assert {"display_name", "text_color", "background_color", "blur_images"} < set(offered)


def test_a_group_that_offers_none_has_no_empty_lists(profiles):
    assert "tag" not in profiles["group"]
    assert "lemmy:tagsForPosts" not in profiles["group"]


def test_everybody_reads_hashtags_and_lemmy_and_piefed_their_own(world):
    tags = [tag for tag in world.tagged()["tag"] if tag["type"] != "Mention"]
    assert tags[0] == {"type": "Hashtag", "href": LISTENING, "name": "#just_listening"}
    assert [tag["type"] for tag in tags] == ["Hashtag", "Hashtag", "CommunityPostTag", "lemmy:CommunityTag"]
    assert all("?" not in (tag.get("id") or tag["href"]) for tag in tags)


def test_tags_are_no_audience(world):
    tagged, plain = world.tagged(), world.note()
    assert (tagged["to"], tagged["cc"]) == (plain["to"], plain["cc"])


def test_tags_come_back_once_each(world):
    assert parsing.post(world.tagged(), world.site.gate).hashtags == ("just_listening", "größe")


def test_a_group_elsewhere_has_its_page_here(world):
    there = msgspec.structs.replace(
        world.sober, uri="https://p.example/c/sober", is_local=False, host="p.example"
    )
    post = msgspec.structs.replace(world.root, tags=("sleep",))
    tags = posts.note(world.site, post, world.ana, there)["tag"]
    assert tags[-1]["href"] == "https://g.example/groups/sober@p.example/tagged/sleep"


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ({"type": "Hashtag", "name": "#Sleep"}, "sleep"),
        ({"type": "Hashtag", "name": "a/../b c"}, "a_b_c"),
        ({"type": "CommunityPostTag", "id": LISTENING, "preferredUsername": "x"}, "just_listening"),
        (
            {"type": "CommunityPostTag", "id": "https://p.example/c/x/tag/4", "preferredUsername": "News"},
            "news",
        ),
        (
            {"type": "lemmy:CommunityTag", "id": "https://p.example/4", "display_name": "Need advice"},
            "need_advice",
        ),
        ({"type": "Hashtag", "name": "#"}, None),
        ({"type": "Hashtag", "name": 7}, None),
        ({"type": "CommunityPostTag"}, None),
        ({"type": "Emoji", "name": ":sleep:"}, None),
        ("https://p.example/tag", None),
    ],
)
def test_tags_of_others_are_read_as_words(world, tag, name):
    document = world.note() | {"tag": [tag]}
    assert parsing.post(document, world.site.gate).hashtags == ((name,) if name else ())


def test_piefed_shows_the_colours_that_our_pages_have():
    sheet = (folder("static") / "style.css").read_text()
    tokens = dict(re.findall(r"--([\w-]+):\s*(#\w{6})", sheet.split("@media")[0]))
    assert {
        "plain": (tokens["faint"], tokens["paper"]),
        "leaf": (tokens["leaf-deep"], tokens["leaf-wash"]),
        **{name: (tokens[name], tokens[f"{name}-wash"]) for name in ("clay", "sky", "dusk")},
    } == COLOURS
