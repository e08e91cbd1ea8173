"""The words of a post: links that are to the letter those of the entries beside them, titles, line ends."""

from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.markup import render_markdown, safe_text, sanitise
from fediverse_support.web.client_api.entities.content import words


def test_a_mention_leads_where_its_entry_says() -> None:
    html = render_markdown("Hello @ana@peer.example", {"ana@peer.example": "https://peer.example/users/ana"})
    made = words(html, "", (("https://peer.example/users/ana", "https://peer.example/@ana"),))
    assert 'href="https://peer.example/@ana"' in made.html
    assert "users/ana" not in made.html
    odd = words(html, "", (("https://peer.example/users/ana", 'https://peer.example/"><script>?a=1&b=2'),))
    assert "<script>" not in odd.html
    assert 'href="https://peer.example/%22' in odd.html


def test_the_entry_of_a_hashtag_leads_where_the_text_does() -> None:
    html = sanitise(
        '<p><a href="https://m.example/tags/Sleep?a&amp;b" class="mention hashtag">#<span>Sleep</span></a>'
    )
    assert words(html, "", ()).hashtags == {"sleep": "https://m.example/tags/Sleep?a&b"}
    assert words('<p><a href="https://m.example/tags/x" rel="nofollow">#x</a></p>', "", ()).hashtags == {}


def test_a_title_is_said_once() -> None:
    assert (
        words("<p>I cannot sleep</p>", "A night", ()).html
        == "<p><strong>A night</strong></p><p>I cannot sleep</p>"
    )
    assert words("<p>A night</p><p>more</p>", "A night", ()).html == "<p>A night</p><p>more</p>"
    assert words("<p>x</p>", "<b>", ()).html == "<p><strong>&lt;b&gt;</strong></p><p>x</p>"
    group = '<a href="https://g.example/g" class="u-url mention">@<span>g</span></a>'
    mention = f'<p><span class="h-card">{group}</span> A night</p>'
    assert words(mention, "A night", ()).html == mention


def test_line_ends_are_only_in_program_text() -> None:
    html = render_markdown("one\ntwo\n\n```\na\n\nb\n```\n\n- x\n- y")
    made = words(html, "", ()).html
    before, code, after = made.partition("<pre>")
    assert code
    inside, _, rest = after.partition("</pre>")
    assert "a\n\nb" in inside
    assert "\n" not in before + rest


@given(st.text(max_size=200), st.text(max_size=40))
def test_whatever_was_written_stays_clean(text: str, title: str) -> None:
    made = words(render_markdown(text), safe_text(title), ()).html
    assert sanitise(made).replace("\n", "") == made.replace("\n", "") or "<pre>" in made
