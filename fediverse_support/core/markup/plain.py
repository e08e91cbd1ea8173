"""From HTML to plain text and back."""

import re
import unicodedata

from fediverse_support.core.markup.cleaner import as_text, sanitise
from fediverse_support.core.markup.links import has_few_links, link_finder, safe_link
from fediverse_support.core.markup.scanning import escape, tags_removed

LONGEST_LINE = 500

_UNSEEN = re.compile(
    "[\u00ad\u200b\u2060-\u206f\u202a-\u202e\u180e\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\ue000-\uf8ff]"
)
"""Characters that show nothing or turn the text around them: overrides, isolates, tags, private use.

The marks U+200E and U+200F and the joiners stay: Arabic, Hebrew, Persian and emoji need them.
"""

_LINKS = link_finder()


def plain_text(html: str) -> str:
    """What our own (sanitised) `html` says, a line for each line and block. Not HTML: escape it."""
    lines = (" ".join(line.split()) for line in tags_removed(html).split("\n"))
    return "\n".join(line for line in lines if line)


def excerpt(html: str, length: int = 200) -> str:
    """The beginning of what our own `html` says, on one line of at most `length` characters."""
    return shortened(" ".join(plain_text(html).split()), length)


def shortened(text: str, length: int) -> str:
    """`text`, cut after a word and ended with `…` if it is longer than `length` characters."""
    if len(text) <= length:
        return text
    cut = text[: max(length - 1, 0)]
    after_a_word = cut.rpartition(" ")[0]
    return f"{(after_a_word if len(after_a_word) > length // 2 else cut).rstrip()}…"


def safe_text(text: str, length: int = LONGEST_LINE) -> str:
    """`text` (a name, a title, a warning) as one line without control characters and invisible tricks.

    At most `length` characters. The result is plain text: templates escape it. Misskey's "warning without
    words", a lone U+200B, becomes the empty string.
    """
    line = " ".join(_UNSEEN.sub("", as_text(text)).split())
    return shortened(unicodedata.normalize("NFC", line).strip(), length)


def linkify(text: str) -> str:
    """Plain `text` as HTML: paragraphs at empty lines, its http and https addresses as links."""
    paragraphs = re.split(r"\n[^\S\n]*\n\s*", as_text(text).strip())
    return sanitise("".join(f"<p>{_linked(part)}</p>" for part in paragraphs if part))


def _linked(text: str) -> str:
    parts, done = [], 0
    links = _LINKS.match(text) if has_few_links(text) else None
    for link in links or ():
        href, shown = safe_link(link.url), escape(link.text)
        parts += [
            escape(text[done : link.index]),
            shown if href is None else f'<a href="{escape(href)}">{shown}</a>',
        ]
        done = link.last_index
    return "".join([*parts, escape(text[done:])]).replace("\n", "<br>")
