"""What our own people write, and the plain text made of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.markup import (
    excerpt,
    linkify,
    mentions_in,
    plain_text,
    render_markdown,
    safe_text,
    sanitise,
    strip_group_mention,
    title_from,
)

MENTION = (
    '<p><span class="h-card"><a href="https://g.example/groups/sober" class="u-url mention">'
    "@<span>sober</span></a></span> "
)


def test_html_in_markdown_is_shown_as_text():
    assert render_markdown("<script>alert(1)</script> <b>x</b>") == (
        "<p>&lt;script&gt;alert(1)&lt;/script&gt; &lt;b&gt;x&lt;/b&gt;</p>\n"
    )


def test_links_that_do_not_leave_by_http_are_not_links():
    html = render_markdown(
        "[a](javascript:alert(1)) [b](/logout) [c](//evil.example) [d](https://x@evil.example)"
    )
    assert "href" not in html


def test_a_picture_becomes_a_link_with_its_description():
    html = render_markdown("![a *grey* cat](https://x.example/cat.png)")
    assert "<img" not in html
    assert '<a href="https://x.example/cat.png"' in html
    assert ">a grey cat</a>" in html


def test_a_picture_with_a_bad_address_leaves_its_description():
    assert render_markdown("![a cat](data:image/png,x)") in (
        "<p>a cat</p>\n",
        "<p>![a cat](data:image/png,x)</p>\n",
    )
    assert render_markdown("![a cat](/cat.png)") == "<p>a cat</p>\n"


def test_a_heading_becomes_a_bold_paragraph():
    assert render_markdown("## Day *one*") == "<p><strong>Day <em>one</em></strong></p>\n"


def test_a_single_line_end_counts():
    assert render_markdown("one\ntwo") == "<p>one<br>\ntwo</p>\n"


def test_a_bare_link_is_found_and_a_file_name_is_not_one():
    html = render_markdown("see https://x.example/a_b and readme.md and ana@x.example")
    assert html.count("<a ") == 1
    assert '<a href="https://x.example/a_b" rel="nofollow noopener noreferrer ugc">' in html


def test_a_known_mention_becomes_the_anchor_that_mastodon_writes():
    html = render_markdown("hello @Ana@peer.example!", {"@ana@peer.example": "https://peer.example/u/ana"})
    assert '<span class="h-card"><a href="https://peer.example/u/ana" class="mention u-url"' in html
    assert ">@<span>Ana</span></a></span>!" in html


def test_an_unknown_mention_stays_text():
    assert render_markdown("hello @ana@peer.example") == "<p>hello @ana@peer.example</p>\n"


def test_a_mention_in_code_or_in_a_link_stays_text():
    known = {"bob": "https://g.example/people/bob"}
    assert "mention" not in render_markdown("`@bob`", known)
    assert "mention" not in render_markdown("[@bob](https://x.example)", known)
    assert "mention" not in render_markdown("mail@bob", known)


def test_a_mention_with_a_bad_address_stays_text():
    assert "href" not in render_markdown("@bob", {"bob": "javascript:alert(1)"})


def test_mentions_are_listed_once_and_not_from_code():
    assert mentions_in("@bob and @ana@peer.example, @bob `@no@x.example` a@b.example") == (
        "bob",
        "ana@peer.example",
    )


def test_many_bare_links_are_left_as_text():
    assert "<a " not in render_markdown("https://x.example/ " * 500)


@pytest.mark.parametrize("text", ["\ud800", "\x00", "a\x00b", "&#0;", "&#xD800;", "&#" + "9" * 9000 + ";"])
def test_what_is_no_text_never_reaches_the_database(text):
    for made in (
        render_markdown(text),
        sanitise(text),
        linkify(text),
        safe_text(text),
        sanitise(f"<p>{text}"),
    ):
        assert "\x00" not in made
        made.encode()


def test_plain_text_keeps_lines_and_drops_tags():
    html = sanitise(
        "<p>one<br>two &amp; &lt;three&gt;</p><ul><li>four</li></ul><table><tr><td>a<td>b</table>"
    )
    assert plain_text(html) == "one\ntwo & <three>\nfour\na b"


def test_an_excerpt_ends_after_a_word():
    assert excerpt("<p>one two three</p>", 9) == "one two…"
    assert excerpt("<p>one two</p><p>three</p>", 50) == "one two three"


def test_a_name_cannot_turn_the_text_around_it():
    assert safe_text("an\u202ea\u2066b\u200b\x07 \n c") == "anab c"
    assert safe_text("\u200b") == ""
    assert safe_text("\u05d0\u200f\u05d1") == "\u05d0\u200f\u05d1"
    assert len(safe_text("word " * 1000)) <= 500


def test_linkify_escapes_and_links_and_keeps_paragraphs():
    html = linkify('<b> & https://x.example/?a=1&b="2\nnext\n\nlast')
    assert html.startswith("<p>&lt;b&gt; &amp; <a href=")
    assert html.endswith("<br>next</p><p>last</p>")
    assert plain_text(html) == '<b> & https://x.example/?a=1&b="2\nnext\nlast'


def test_a_post_by_mention_gets_its_first_line_as_title():
    title, rest = title_from(sanitise(f"{MENTION}I need <b>advice</b><br>second line</p><p>more</p>"))
    assert title == "I need advice"
    assert rest == "<p>second line</p><p>more</p>"


def test_a_mention_on_a_line_of_its_own_is_no_title():
    assert title_from(sanitise(f"{MENTION}</p><p>Hello</p><p>World</p>")) == ("Hello", "<p>World</p>")
    assert title_from(sanitise(f"{MENTION}<br>Hello<br>World</p>")) == ("Hello", "<p>World</p>")


def test_a_post_of_one_line_is_all_title():
    assert title_from("<p>How do you sleep?</p>") == ("How do you sleep?", "")


def test_a_long_first_line_is_shortened_and_nothing_is_lost():
    html = f"<p>{'word ' * 60}</p><p>rest</p>"
    title, rest = title_from(html)
    assert len(title) <= 200
    assert title.endswith("…")
    assert rest == html


def test_a_post_without_words_has_no_title():
    assert title_from("<p></p>") == ("", "<p></p>")


def test_only_mentions_are_taken_from_the_start():
    assert strip_group_mention("@sober @ana@x.example !loss@g.example hello @bob") == "hello @bob"
    assert strip_group_mention("!important note") == "!important note"
    assert strip_group_mention("@ home") == "@ home"


@given(st.text(max_size=300))
def test_no_text_stops_any_of_them(text):
    html = render_markdown(text)
    assert sanitise(html) == html
    title, rest = title_from(sanitise(text))
    assert len(title) <= 200
    assert sanitise(rest) == rest
    assert len(excerpt(html, 40)) <= 40
    assert len(safe_text(text)) <= 500
    assert sanitise(linkify(text)) == linkify(text)
    assert isinstance(mentions_in(text), tuple)


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_linkify_loses_no_word(text):
    shown = "".join(plain_text(linkify(text)).split())
    kept = "".join(plain_text(sanitise("<p>" + text.replace("&", "&amp;").replace("<", "&lt;"))).split())
    assert shown == kept
