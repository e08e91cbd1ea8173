"""Titles as parts of an address."""

import hashlib
import re
import unicodedata

LONGEST = 80

_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


def slug_of(title: str) -> str:
    """`title` as small letters, digits and hyphens: the same title always gives the same, never empty.

    Accents are dropped. A title in another script has no such letters: it gives a short number made of it.
    """
    plain = unicodedata.normalize("NFKD", title.casefold()).encode("ascii", "ignore").decode()
    slug = _NOT_SLUG.sub("-", plain).strip("-")[:LONGEST].rstrip("-")
    return slug or f"p-{hashlib.blake2b(title.strip().casefold().encode(), digest_size=6).hexdigest()}"


def is_slug(text: str) -> bool:
    """Whether `text` may be such a part of an address."""
    return _SLUG.fullmatch(text) is not None
