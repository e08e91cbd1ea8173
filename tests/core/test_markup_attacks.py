"""HTML of people who mean harm, and text that is made to keep us busy (reliability X1, X2, D6, D7)."""

import json
import re
import time
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.markup import LONGEST_HTML, linkify, render_markdown, sanitise
from fediverse_support.core.markup import cleaner as cleaner_module
from fediverse_support.core.markup.links import safe_link

CORPUS = Path(__file__).parents[2] / "../shared/corpora/xss/xss-vectors.json"

ALLOWED = """
    p br span a del s pre blockquote code b strong u i em sub sup ul ol li h1 h2 h3 h4 h5
    h6 hr ruby rt rp table caption thead tbody tfoot tr th td
"""
TAGS = frozenset(ALLOWED.split())
ATTRIBUTES = {
    "a": {"href", "class", "rel"},
    "span": {"class"},
    "p": {"class"},
    "ol": {"start", "reversed"},
    "li": {"value"},
}
CLASSES = {"mention", "hashtag", "h-card", "u-url", "invisible", "ellipsis", "quote-inline"}


class Faults(HTMLParser):
    """Collects whatever in a piece of HTML is not on the list."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in TAGS:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ATTRIBUTES.get(tag, set()) or not self.fine(name, value or ""):
                self.found.append(f"{tag} {name}={value!r}")
        if tag == "a" and dict(attrs).get("rel") != "nofollow noopener noreferrer ugc":
            self.found.append("a link without rel")

    def fine(self, name, value):
        if name == "class":
            return set(value.split()) <= CLASSES and bool(value)
        if name == "href":
            url = urlsplit(value)
            web = url.scheme in ("http", "https") and bool(url.hostname) and "@" not in url.netloc
            return (web or re.fullmatch(r"mailto:[^@/]+@[^@]+", value)) and not re.search(
                r"[\s\\<>\"]", value
            )
        return True

    def handle_comment(self, data):
        self.found.append("a comment")

    def handle_decl(self, decl):
        self.found.append("a declaration")

    def handle_pi(self, data):
        self.found.append("an instruction")


def faults(html: str) -> list[str]:
    parser = Faults()
    parser.feed(html)
    parser.close()
    return parser.found


@pytest.fixture(scope="module")
def vectors() -> list[str]:
    if not CORPUS.is_file():
        pytest.skip("the xss corpus is not there")
    return [vector["html"] for vector in json.loads(CORPUS.read_text())]


def test_the_checker_sees_an_attack():
    assert faults("<img src=x onerror=alert(1)>")
    assert faults('<a href="javascript:alert(1)" rel="nofollow noopener noreferrer ugc">x</a>')
    assert faults('<p style="x">')
    assert faults('<a href="//evil.example" rel="nofollow noopener noreferrer ugc">x</a>')


def test_no_vector_of_the_corpus_survives_the_cleaner(vectors):
    assert len(vectors) > 2000
    assert [vector for vector in vectors if faults(sanitise(vector))] == []


def test_no_vector_survives_as_markdown(vectors):
    assert [vector for vector in vectors if faults(render_markdown(vector))] == []
    assert [vector for vector in vectors if faults(render_markdown(f"[x]({vector}) ![y]({vector})"))] == []


def test_no_vector_survives_inside_a_link_or_as_plain_text(vectors):
    assert [v for v in vectors if faults(sanitise(f'<p><a class="mention {v}" href="{v}">x</a>'))] == []
    assert [v for v in vectors if faults(linkify(f"https://x.example/{v}"))] == []


def test_no_vector_survives_as_the_address_of_a_mention(vectors):
    assert [v for v in vectors if faults(render_markdown("@bob", {"bob": v}))] == []


def test_cleaning_twice_changes_nothing(vectors):
    assert [v for v in vectors if sanitise(sanitise(v)) != sanitise(v)] == []


PIECES = """
    < < > > / " ' ` = & x a p b svg math style href= class=a https://x.example &lt; &#13; javascript: <!-- -->
    ]]> <template> <table> <td> <a </a> <p <ul> <li>
"""
PARTS = st.sampled_from([*PIECES.split(), "\x00", "\r", "\n", " ", " "])


@given(st.lists(PARTS, max_size=60).map("".join))
def test_no_html_gets_past_the_cleaner_and_cleaning_is_final(html):
    cleaned = sanitise(html)
    assert faults(cleaned) == []
    assert sanitise(cleaned) == cleaned


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "/logout",
        "//evil.example/",
        "logout",
        "https:evil.example",
        "https:///evil.example",
        "https://bank.example@evil.example/",
        "https://bank.example\\@evil.example/",
        "https://a b.example/",
        "https://x.example/\u2028a",
        "https://",
        "https://x.example:port/",
        "http://[::1",
        "mailto:",
        "mailto:ana",
        "mailto://x@y.example",
        "https://x.example/" + "a" * 2048,
        "",
    ],
)
def test_a_link_that_may_mislead_is_refused(url):
    assert safe_link(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://x.example",
        "http://x.example:8080/a?b=c#d",
        "https://[::1]/",
        "mailto:ana@x.example",
        "https://\u00fc.example/",
    ],
)
def test_an_honest_link_is_kept(url):
    assert safe_link(url) == url


def test_a_picture_is_never_shown():
    assert sanitise('<p>hi<img src="https://spy.example/p.png" alt="x"></p>') == "<p>hi</p>"


def test_only_the_known_classes_are_kept():
    html = sanitise(
        '<span class="h-card evil"><a class="u-url btn mention" href="https://x.example">x</a></span>'
    )
    assert 'class="h-card"' in html
    assert 'class="mention u-url"' in html
    assert sanitise('<span class="fixed inset-0">x</span>') == "<span>x</span>"


def test_deep_nesting_becomes_plain_text():
    assert sanitise("<b>" * 30 + "x") == "<b>" * 30 + "x" + "</b>" * 30
    assert sanitise("<b>" * 50_000 + "x < y") == "<p>x &lt; y</p>"
    assert sanitise("<ul><li>" * 5_000 + "x") == "<p>x</p>"


def test_very_long_html_becomes_plain_text_of_a_bounded_length():
    for html in ("<p>x</p>" * 50_000, "&" * 300_000, "<a>" * 66_000, "<td>" * 40_000, "x" * 300_000):
        cleaned = sanitise(html)
        assert len(cleaned) <= LONGEST_HTML
        assert faults(cleaned) == []
        assert sanitise(cleaned) == cleaned


@pytest.mark.parametrize("error", [ValueError("bad"), RecursionError()])
def test_a_cleaner_that_fails_leaves_plain_text(monkeypatch, error):
    class Broken:
        def clean(self, html):
            raise error

    monkeypatch.setattr(cleaner_module, "_CLEANER", Broken())
    assert sanitise('<p onclick="x">one <script>two</p>') == "<p>one two</p>"


def test_a_panic_of_the_parser_leaves_plain_text_and_an_interrupt_passes(monkeypatch):
    class PanicException(BaseException):
        pass

    class Broken:
        error: BaseException = PanicException()

        def clean(self, html):
            raise self.error

    monkeypatch.setattr(cleaner_module, "_CLEANER", Broken())
    assert sanitise("<p>one</p>") == "<p>one</p>"
    Broken.error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        sanitise("<p>one</p>")


SLOW = [
    "[",
    "![",
    "*a_ ",
    "**a ",
    "`",
    "> ",
    "- a\n  ",
    "http://",
    "https://x.example/((",
    "<http://",
    "@a@b.",
    "[a](",
    "&",
    "<",
]


def seconds(work, text: str) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        work(text)
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.parametrize("pattern", SLOW)
@pytest.mark.parametrize("work", [render_markdown, sanitise, linkify])
def test_four_times_the_text_takes_nowhere_near_sixteen_times_as_long(work, pattern):
    short, long = (pattern * (size // len(pattern)) for size in (2_000, 8_000))
    assert seconds(work, long) < 12 * seconds(work, short) + 0.05
