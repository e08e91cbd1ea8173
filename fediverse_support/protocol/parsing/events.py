"""What an event says of itself beside the words that every post has (FEP-8a8e, Mobilizon, PieFed)."""

from fediverse_support.protocol.accessors import embedded, is_a, many, text
from fediverse_support.protocol.vocabulary import Document

LONGEST = 500
_ADDRESS = ("name", "streetAddress", "postalCode", "addressLocality", "addressRegion", "addressCountry")


def place(document: Document) -> str:
    """The name of the first place and its address. A virtual location is none; its link is not read."""
    for item in many(document.get("location"), 8):
        if isinstance(item, str) and not item.startswith(("http://", "https://")):
            return item[:LONGEST]
        if isinstance(item, dict) and not is_a(item, ("VirtualLocation",)):
            return ", ".join(dict.fromkeys(_parts(item)))[:LONGEST]
    return ""


def time_zone(document: Document) -> str:
    """The name of the time zone as it is written, perhaps of none that exists."""
    return text(document, "timezone", 60) or text(document, "timeZone", 60) or ""


def is_cancelled(document: Document) -> bool:
    """Whether it does not take place: FEP-8a8e's `eventStatus`, Mobilizon's `ical:status`."""
    status = text(document, "eventStatus", 100) or text(document, "ical:status", 100) or ""
    return status.rpartition("/")[2].lower() in ("eventcancelled", "cancelled", "canceled")


def _parts(place: Document) -> list[str]:
    name = text(place, "name", LONGEST)
    address = place.get("address")
    if isinstance(address, str):
        return [part for part in (name, address[:LONGEST]) if part]
    found = embedded(address) or {}
    return [part for part in (name, *(text(found, key, 200) for key in _ADDRESS)) if part]
