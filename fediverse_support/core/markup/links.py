"""Which links may be shown: absolute http, https and mailto, and nothing that reads as another host."""

import re
from collections.abc import Container

from linkify_it import LinkifyIt

from fediverse_support.core.markup.scanning import pieces

LONGEST_LINK = 2048
MOST_BARE_LINKS = 200
RELATIONS = "nofollow noopener noreferrer ugc"
"""What every link in a text says of itself: no vote for search engines, no handle on our window, no trail."""

_AUTHORITY_ENDS = re.compile(r"[/?#]")
_HOST = re.compile(r"[^\s/?#@:\[\]%]+(?::\d{1,5})?|\[[0-9a-f:.]+\](?::\d{1,5})?", re.IGNORECASE)
_NOT_IN_A_LINK = re.compile(r"[\s\\\x00-\x20\x7f-\xa0\u2028\u2029]")
_ESCAPES = str.maketrans({"<": "%3C", ">": "%3E", '"': "%22", "`": "%60"})


def safe_link(url: str) -> str | None:
    """`url` if a reader may be sent there, else None.

    Refused: other schemes, relative and scheme-relative addresses (they would point into this server),
    a user name before the host (`https://bank.example@evil.example`), backslashes, spaces and control
    characters inside (browsers drop or turn them). See reliability fact X2 of the field: every one of these
    was a hole somewhere.
    """
    url = url.strip()
    if len(url) > LONGEST_LINK or _NOT_IN_A_LINK.search(url):
        return None
    scheme, colon, rest = url.partition(":")
    scheme = scheme.lower()
    if not colon or not (
        _is_web(rest) if scheme in ("http", "https") else scheme == "mailto" and _is_mail(rest)
    ):
        return None
    return f"{scheme}:{rest.translate(_ESCAPES)}"


def has_few_links(text: str) -> bool:
    """Whether `text` has few enough bare links to look for them, which takes time by their square."""
    return text.count("://") <= MOST_BARE_LINKS


def link_finder() -> LinkifyIt:
    """What finds bare links in text: only those that say http or https.

    Guessing would make `http://readme.md` of a file name, and a mail address of half a handle.
    """
    finder = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    for scheme in ("ftp:", "mailto:", "//"):
        finder.add(scheme, None)
    return finder


def _is_web(rest: str) -> bool:
    if not rest.startswith("//"):
        return False
    authority = _AUTHORITY_ENDS.split(rest[2:], maxsplit=1)[0]
    return _HOST.fullmatch(authority) is not None


def _is_mail(rest: str) -> bool:
    name, at, host = rest.partition("@")
    return bool(name and at and host) and "@" not in host and not rest.startswith("/")


_HREF = re.compile(r"""href\s*=\s*["']?(https?://[^"'\s>]+)""", re.IGNORECASE)
_NAMES_SOMEBODY = re.compile(r"""class\s*=\s*["'][^"']*\b(?:mention|hashtag)\b""", re.IGNORECASE)
_BARE = re.compile(r"https?://[^\s/?#<>\"']+", re.IGNORECASE)


def linked_hosts(html: str, familiar: Container[str] | None = None) -> tuple[str, ...]:
    """The host of each link in `html` in its order, with repetition; mentions and hashtags are no links.

    Addresses that stand in the text without being a link count too. `familiar`: a link that calls itself a
    mention or a hashtag is believed only if it leads to one of these hosts; None: always. Also for HTML
    that nobody has cleaned. Never raises.

    >>> linked_hosts('<a href="https://B.example/x">x</a> <a class="mention" href="https://c.example/@a">a</a>')
    ('b.example',)
    """
    found: list[str] = []
    is_inside = False
    for piece in pieces(html):
        if piece.name == "a":
            is_inside = not piece.closes
            link = _HREF.search(piece.tag)
            host = _host_of(link[1]) if link is not None else ""
            names_somebody = _NAMES_SOMEBODY.search(piece.tag) and (familiar is None or host in familiar)
            found += [] if names_somebody else [host]
        if not is_inside and "://" in piece.text:
            found += [_host_of(bare) for bare in _BARE.findall(piece.text)]
    return tuple(host for host in found if host)


def _host_of(url: str) -> str:
    authority = _AUTHORITY_ENDS.split(url.partition("://")[2], maxsplit=1)[0]
    return authority.rpartition("@")[2].partition(":")[0].lower().rstrip(".,;!)")
