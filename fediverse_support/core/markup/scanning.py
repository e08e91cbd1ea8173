"""Walking over cleaned HTML in one pass, without a parser.

Valid only for what the cleaner wrote: there every `<` begins a tag and every tag ends at the next `>`, all
elements are closed in order, and the only character references are `&amp; &lt; &gt; &quot; &nbsp;`.
On anything else these functions give some text and never raise; they run in linear time on any input.
"""

from collections.abc import Iterator

import msgspec

EMPTY_TAGS = frozenset({"br", "hr"})
BLOCK_TAGS = frozenset(
    {
        *("p", "pre", "blockquote", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "hr"),
        *("table", "caption", "thead", "tbody", "tfoot", "tr"),
    }
)
_REFERENCES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&nbsp;", "\u00a0"), ("&amp;", "&"))
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})

LONGEST_ESCAPE = 5
"""Characters that one character may become in `escape`."""


class Piece(msgspec.Struct, frozen=True):
    """One tag with the text up to the next: `start` and `end` are where the tag lies in the HTML."""

    tag: str
    name: str
    closes: bool
    text: str
    start: int
    end: int


def pieces(html: str) -> Iterator[Piece]:
    """The tags of `html`, each with the text behind it; the text before the first has an empty tag."""
    at = html.find("<")
    yield Piece("", "", False, unescape(html if at < 0 else html[:at]), 0, 0)
    while at >= 0:
        following = html.find("<", at + 1)
        inside = html[at + 1 : following if following >= 0 else len(html)]
        tag, closed, text = inside.partition(">")
        name = tag.lstrip("/").partition(" ")[0].rstrip("/").lower()
        end = at + 1 + len(tag) + len(closed)
        yield Piece(f"<{tag}{closed}", name, tag.startswith("/"), unescape(text), at, end)
        at = following


def nesting(html: str) -> int:
    """How deep the elements of `html` lie in each other."""
    depth = deepest = 0
    for piece in pieces(html):
        if piece.closes:
            depth -= 1
        elif piece.name and piece.name not in EMPTY_TAGS:
            depth += 1
            deepest = max(deepest, depth)
    return deepest


def tags_removed(html: str) -> str:
    """The text of `html`, with a line end for each line break and each end of a block."""
    parts = []
    for piece in pieces(html):
        if piece.name == "br" or (piece.name in BLOCK_TAGS and piece.closes):
            parts.append("\n")
        elif piece.name in ("td", "th") and piece.closes:
            parts.append(" ")
        parts.append(piece.text)
    return "".join(parts)


def unescape(text: str) -> str:
    """`text` with the cleaner's five character references resolved, and no others.

    Not `html.unescape`, which raises ValueError on a reference of more than 4,300 digits.
    """
    if "&" in text:
        for reference, character in _REFERENCES:
            text = text.replace(reference, character)
    return text


def escape(text: str) -> str:
    """`text` as HTML content that shows it literally (not for attributes)."""
    return text.translate(_ESCAPES)
