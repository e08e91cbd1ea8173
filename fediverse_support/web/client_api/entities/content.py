"""The words of a post as apps show them, from our own sanitised HTML.

Apps open a mention or a hashtag inside of themselves when its `href` is to the letter the `url` of one of the
entries beside the text. So mentions get the address of the entry; of hashtags the entry gets theirs.
"""

import re
from functools import lru_cache

import msgspec

from fediverse_support.core.markup import safe_text, strip_group_mention, title_from
from fediverse_support.core.markup.scanning import escape, unescape

_HREF = re.compile(r'href="([^"]*)"')
_HASHTAG = re.compile(r'<a [^>]*?class="[^"]*\bhashtag\b[^"]*"[^>]*>(.*?)</a>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_LINE_END = re.compile(r"(?<=>)\s*\n\s*|\s*\n\s*(?=<)")
_PRE = re.compile(r"(<pre\b.*?</pre>)", re.DOTALL)

_LONGEST_STORED_TITLE = 200


class Words(msgspec.Struct, frozen=True):
    """`html` to show, and where each hashtag in it leads, by its name in small letters."""

    html: str
    hashtags: dict[str, str]


@lru_cache(maxsize=4096)
def words(html: str, title: str, moved: tuple[tuple[str, str], ...]) -> Words:
    """The words of a post with its title, if that does not stand in them already.

    `moved`: addresses that links in it shall have instead of others. Remembered: a page is mostly made of
    posts that were on a page before.
    """
    html = _without_line_ends(html)
    if moved:
        places = dict(moved)
        html = _HREF.sub(lambda found: _at(found[0], places.get(unescape(found[1]))), html)
    hashtags: dict[str, str] = {}
    for found in _HASHTAG.finditer(html):
        name = unescape(_TAG.sub("", found[1])).strip().removeprefix("#").lower()
        address = _HREF.search(found[0])
        if name and address:
            hashtags.setdefault(name, unescape(address[1]))
    if title and not _says(html, title):
        html = f"<p><strong>{escape(title)}</strong></p>{html}"
    return Words(html, hashtags)


def _says(html: str, title: str) -> bool:
    """Whether the title was taken from the text, as it is for posts that come without one."""
    return safe_text(strip_group_mention(title_from(html)[0]), _LONGEST_STORED_TITLE) == title


def _at(attribute: str, address: str | None) -> str:
    return attribute if address is None else f'href="{escape(address).replace(chr(34), "%22")}"'


def _without_line_ends(html: str) -> str:
    """Line ends between tags would be shown by apps that are no browsers; in program text they stay."""
    if "\n" not in html:
        return html
    parts = _PRE.split(html)
    parts[::2] = [_LINE_END.sub("", part).replace("\n", " ") for part in parts[::2]]
    return "".join(parts)
