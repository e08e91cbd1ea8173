"""Page or document: where both have one address, `Accept` decides.

A server that wants ActivityStreams says so; whoever does not say so gets the page.
"""

import re

from starlette.requests import Request

ACTIVITY_STREAMS = "https://www.w3.org/ns/activitystreams"
LONGEST = 2_000
"""Characters of `Accept` that are looked at; browsers send a tenth of it."""

_PARTS = re.compile(r'(?:[^,"]++|"[^"]*+")++')
_QUALITY = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.ASCII)
_PAGES = ("text/html", "application/xhtml+xml")


def wants_document(request: Request) -> bool:
    """Whether who sent this request wants ActivityStreams rather than a page."""
    return prefers_document(",".join(request.headers.getlist("accept")))


def prefers_document(accept: str) -> bool:
    """Whether ActivityStreams is wanted more than HTML.

    It must be named: a wildcard means the page. Of two that are wanted equally the one named first wins, and
    what is named wins over a wildcard. What cannot be read counts as not said.
    """
    document = page = (0.0, 0)
    anything = 0.0
    for place, part in enumerate(_PARTS.findall(accept[:LONGEST])):
        name, parameters = _range(part)
        quality = _quality(parameters.get("q", "1"))
        if _is_document(name, parameters.get("profile")):
            document = max(document, (quality, -place))
        elif name in _PAGES:
            page = max(page, (quality, -place))
        elif name in ("*/*", "text/*"):
            anything = max(anything, quality)
    return document[0] > 0 and document[0] >= anything and document > page


def _range(part: str) -> tuple[str, dict[str, str]]:
    """One range of types and its parameters."""
    name, *pairs = part.split(";")
    split = (pair.partition("=") for pair in pairs)
    return name.strip().lower(), {key.strip().lower(): value.strip(' \t"') for key, _, value in split}


def _is_document(name: str, profile: str | None) -> bool:
    """`application/json` counts too: nobody who asks for it wants a page."""
    if name == "application/ld+json":
        return profile is None or ACTIVITY_STREAMS in profile.split()
    return name in ("application/activity+json", "application/json")


def _quality(text: str) -> float:
    return float(text) if _QUALITY.fullmatch(text) else 0.0
