"""The one cleaner that every piece of HTML passes before it is stored.

nh3 (ammonia, html5ever) parses as a browser does and writes out only what is on the list. The list is what
Mastodon keeps, and what long posts of forums need: headings, rules and tables. No pictures: they would tell
another server who reads what, and when.
"""

import re

import nh3

from fediverse_support.core.markup.links import RELATIONS, safe_link
from fediverse_support.core.markup.scanning import LONGEST_ESCAPE, escape, nesting, tags_removed

LONGEST_HTML = 200_000
"""Characters. Longer HTML is cut and shown as plain text: no honest post is that long."""

DEEPEST_NESTING = 32

_TEXT = {
    "p",
    "br",
    "span",
    "a",
    "del",
    "s",
    "pre",
    "blockquote",
    "code",
    "b",
    "strong",
    "u",
    "i",
    "em",
    "sub",
    "sup",
}
_BLOCKS = {"ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ruby", "rt", "rp"}
_TABLES = {"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"}
_WITH_THEIR_CONTENT = {
    "script",
    "style",
    "title",
    "template",
    "iframe",
    "object",
    "textarea",
    "noscript",
    "svg",
    "math",
}
_CLASSES = {
    "a": ("mention", "hashtag", "u-url"),
    "span": ("h-card", "mention", "hashtag", "invisible", "ellipsis"),
    "p": ("quote-inline",),
}
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")


def sanitise(html: str) -> str:
    """`html` of another server as HTML that may be stored and shown.

    Kept are the tags and classes on the list, and links to http, https and mailto, which get
    `rel="nofollow noopener noreferrer ugc"`. More than 200,000 characters, more than 32 levels, or anything
    that the parser cannot take gives the plain text in one paragraph. Never raises; running it on its own
    result changes nothing.
    """
    html = as_text(html)
    if len(html) > LONGEST_HTML:
        return _as_plain(html[:LONGEST_HTML])
    cleaned = _clean(html)
    if cleaned is None:
        return _as_plain(html)
    if len(cleaned) > LONGEST_HTML or nesting(cleaned) > DEEPEST_NESTING:
        return _as_plain(cleaned)
    return cleaned


def as_text(text: str) -> str:
    r"""`text` without what no text has: lone surrogates, NUL, control characters; line ends are `\n`.

    PostgreSQL refuses a NUL and UTF-8 a surrogate, so one such character would lose the whole post.
    """
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return _NOT_TEXT.sub("", whole.replace("\r\n", "\n").replace("\r", "\n"))


def _clean(html: str) -> str | None:
    try:
        cleaned: str = _CLEANER.clean(html)
        if f'{RELATIONS}" ' in cleaned:
            # Dropping an attribute changed the order of the others; cleaning again settles it.
            cleaned = _CLEANER.clean(cleaned)
    except BaseException as error:
        # A bug in the Rust parser arrives as PanicException, which is no Exception and cannot be imported.
        if type(error).__name__ != "PanicException" and not isinstance(error, ValueError | RecursionError):
            raise
        return None
    # References such as &#13; or &#0; are characters only now.
    return as_text(cleaned)


def _as_plain(html: str) -> str:
    text = " ".join(tags_removed(html).split())
    escaped = escape(text)
    if len(escaped) > LONGEST_HTML - 7:
        escaped = escape(text[: LONGEST_HTML // LONGEST_ESCAPE - 7])
    return f"<p>{escaped}</p>"


def _kept(tag: str, attribute: str, value: str) -> str | None:
    match attribute:
        case "href":
            return safe_link(value)
        case "class":
            named = value.split()
            return " ".join(name for name in _CLASSES.get(tag, ()) if name in named) or None
        case "start" | "value":
            return value if value.isascii() and value.isdigit() and len(value) <= 6 else None
        case "reversed":
            return ""
        case _:
            return value


_CLEANER = nh3.Cleaner(
    tags=_TEXT | _BLOCKS | _TABLES,
    clean_content_tags=_WITH_THEIR_CONTENT,
    attributes={
        "*": set(),
        "a": {"href", "class"},
        "span": {"class"},
        "p": {"class"},
        "ol": {"start", "reversed"},
        "li": {"value"},
    },
    attribute_filter=_kept,
    url_schemes={"http", "https", "mailto"},
    link_rel=RELATIONS,
    strip_comments=True,
)
