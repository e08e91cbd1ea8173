"""Hashtags in posts, and links between the pages of a wiki."""

from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.markup import hashtags_in, render_markdown

HERE = "https://garden.example/groups/owls"


def tagged(name: str) -> str:
    return f"{HERE}/tagged/{name}"


def page(title: str) -> str:
    return f"{HERE}/wiki/{title.lower().replace(' ', '-')}"


def test_a_hashtag_in_code_or_in_a_link_or_in_a_word_is_none():
    source = "`#code` [#link](https://a.example) https://a.example/#part a#b &#35; #1 ##twice #"
    assert hashtags_in(source) == ()
    assert "hashtag" not in render_markdown(source, hashtags=tagged)


def test_hashtags_are_listed_once_in_lower_case():
    assert hashtags_in("#Sleep, #sleep and (#Größe) #check_in2.") == ("sleep", "größe", "check_in2")


def test_a_hashtag_becomes_the_anchor_that_mastodon_writes():
    html = render_markdown("About #Sleep.", hashtags=tagged)
    assert f'<a href="{HERE}/tagged/sleep" class="mention hashtag"' in html
    assert "#<span>Sleep</span></a>." in html


def test_without_an_address_a_hashtag_stays_text():
    assert render_markdown("About #Sleep.") == "<p>About #Sleep.</p>\n"


def test_a_heading_of_two_words_is_no_hashtag():
    assert hashtags_in("# Sleep\n\n#sleep") == ("sleep",)


def test_a_page_is_linked_by_its_title_or_by_other_words():
    html = render_markdown("[[First steps]] and [[First steps|here]]", pages=page)
    assert html.count(f'href="{HERE}/wiki/first-steps"') == 2
    assert ">First steps</a>" in html
    assert ">here</a>" in html


def test_outside_of_a_wiki_two_brackets_are_text():
    assert "[[First steps]]" in render_markdown("[[First steps]]")


def test_brackets_that_name_no_page_stay_text():
    for source in ("[[]]", "[[ ]]", "[[|x]]", "[[a\nb]]", "[[open", f"[[{'x' * 999}]]", "`[[code]]`"):
        assert "<a" not in render_markdown(source, pages=page)


def test_a_title_is_no_way_around_the_cleaner():
    html = render_markdown(
        '[["><script>alert(1)</script>|<img src=x onerror=alert(1)>]]', pages=lambda _: page("x")
    )
    assert "<script" not in html
    assert "<img" not in html
    html = render_markdown("[[x]]", pages=lambda _: "javascript:alert(1)")
    assert "<a" not in html


def test_headings_of_a_page_stand_below_its_title():
    html = render_markdown("# One\n\n## Two\n\n###### Six", pages=page)
    assert "<h2>One</h2>" in html
    assert "<h3>Two</h3>" in html
    assert "<h6>Six</h6>" in html


@given(st.text(alphabet="[]|#@ab1 `\n", max_size=60))
def test_no_text_stops_either(text):
    html = render_markdown(text, {"a": "https://a.example/a"}, hashtags=tagged, pages=page)
    assert "javascript:" not in html
    assert all(name and name == name.lower() for name in hashtags_in(text))
