"""JSON-LD, kept in its place (decision 12 of the architecture).

The inbox reads plain JSON. A JSON-LD processor meets a foreign document only when that is authenticated and
written with other names than everyone's (`@type`, `as:Note`, aliases of its own), and then in a process of
its own: see `network/jsonld_process.py`. Nothing is ever canonicalised: 700 bytes can make that last an hour.
"""

from collections.abc import Iterator
from typing import Any

from fediverse_support.core.errors import Malformed, Refused, TooLarge
from fediverse_support.protocol.contexts import CONTEXTS, OURS
from fediverse_support.protocol.contexts.activitystreams import NAMESPACE
from fediverse_support.protocol.vocabulary import Document

MOST_NODES = 2000
MOST_CONTEXTS = 16
RESTRUCTURING = frozenset({"@graph", "@included", "@reverse", "@nest", "@import"})
"""Keywords that can give the same statements another shape (CVE-2022-24307, -2026-42462, -2026-46349)."""

_NAMESPACES = (NAMESPACE, NAMESPACE.replace("https:", "http:"))
_PREFIXES = ("as:", *_NAMESPACES)
_UNUSUAL = ("@", *_PREFIXES)
_INNER = frozenset({dict, list})
_BREAKS = (AttributeError, KeyError, TypeError, ValueError, IndexError, RecursionError)


def needs_compaction(document: Document) -> bool:
    """Whether `document` says things in other words than those that `protocol.parsing` reads.

    True for keywords (`@type`), prefixed names (`as:actor`) and a context that gives ActivityStreams terms
    names of its own. Cheap, and never true for what known peers send.
    """
    values: list[Any] = [document]
    for value in values:  # Written out, not built on `_members`: this runs for every activity that arrives.
        if isinstance(value, list):
            values.extend(inner for inner in value if type(inner) in _INNER)
            continue
        for name, inner in value.items():
            if (name == "type" or name.startswith(_UNUSUAL)) and _is_unusual(name, inner):
                return True
            if type(inner) in _INNER and name != "@context":
                values.append(inner)
    return False


def outline(document: Document) -> dict[str, Any]:
    """The outermost names of `document` without `@` and `as:`, and ids in place of `{"@id": …}`.

    Enough to see by whom and what a document in such words is; not enough to act on, since an alias of its
    own is not followed. Raises `Malformed` where two names become one.
    """
    found: dict[str, Any] = {}
    for name, value in document.items():
        plain = _plain(name)
        if plain in found:
            raise Malformed("This document says one thing twice.")
        if isinstance(value, dict) and isinstance(value.get("@id"), str):
            value = value["@id"]
        found[plain] = _plain(value) if plain == "type" and isinstance(value, str) else value
    return found


def _plain(name: str) -> str:
    if name in ("@id", "@type"):
        return name[1:]
    return next((name.removeprefix(start) for start in _PREFIXES if name.startswith(start)), name)


def compact(document: Document) -> dict[str, Any]:
    """`document` in everyone's words (`contexts.OURS`). Call it through `network.jsonld_process` only.

    Raises `Refused` for contexts that we do not hold and for keywords that restructure, `TooLarge` beyond
    2,000 members or 16 contexts, `Malformed` for what is not JSON-LD.
    """
    _check(document)
    found = _processed("compact", document, {"@context": list(OURS)})
    if not isinstance(found, dict) or any(name in RESTRUCTURING for name, _ in _members(found)):
        raise Refused("This document is restructured by its JSON-LD.")
    return found


def expand(document: Document) -> list[Any]:
    """`document` in expanded form, to prove what a document of our own says. Raises as `compact` does."""
    _check(document)
    found = _processed("expand", document)
    return found if isinstance(found, list) else [found]


def _processed(function: str, document: Document, *arguments: Any) -> Any:
    # Imported only here: pyld brings an HTTP client and an XML parser along, and hardly a process needs it.
    from pyld import jsonld

    try:
        return getattr(jsonld, function)(
            dict(document), *arguments, {"documentLoader": _load, "processingMode": "json-ld-1.1"}
        )
    except (jsonld.JsonLdError, *_BREAKS):  # pyld lets the latter out on documents from the field.
        raise Malformed("This document is not valid JSON-LD.") from None


def _load(url: str, options: object) -> dict[str, Any]:
    """The context at `url` from our table; `_check` has seen that it is there."""
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": url,
        "document": {"@context": CONTEXTS[url]},
    }


def _check(document: Document) -> None:
    """Refuse, before a processor sees it, what is too much, restructures, or names a context unknown here."""
    contexts = 0
    for seen, (name, value) in enumerate(_members(document)):
        if name == "@context":
            contexts += len(_listed(value))
            if any(url not in CONTEXTS for url in _texts(value)):
                raise Refused("This document uses a JSON-LD context that we do not know.")
        if seen >= MOST_NODES or contexts > MOST_CONTEXTS:
            raise TooLarge("This document is too large for JSON-LD.")
        if name in RESTRUCTURING or not RESTRUCTURING.isdisjoint(_texts(value)):
            raise Refused("This document is restructured by its JSON-LD.")


def _members(document: Document) -> Iterator[tuple[str, Any]]:
    """Every name with its value, at whatever depth, contexts included."""
    values: list[Any] = [document]
    for value in values:
        if isinstance(value, dict):
            yield from value.items()
            values.extend(value.values())
        elif isinstance(value, list):
            values.extend(value)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _texts(value: object) -> list[str]:
    return [entry for entry in _listed(value) if isinstance(entry, str)]


def _is_unusual(name: str, value: object) -> bool:
    if name == "@context":
        return any(_renames(entry) for entry in _listed(value))
    if name == "type":
        return any(text.startswith(_PREFIXES) for text in _texts(value))
    return True


def _renames(context: object) -> bool:
    """Whether a local context gives a keyword or an ActivityStreams term another name."""
    if not isinstance(context, dict):
        return False
    for name, definition in context.items():
        meaning = definition.get("@id") if isinstance(definition, dict) else definition
        if not isinstance(meaning, str):
            continue
        if meaning in ("@id", "@type") and name not in ("id", "type", "@id", "@type"):
            return True
        if meaning in _NAMESPACES and name not in ("as", "@vocab"):
            return True
        term = next((meaning.removeprefix(start) for start in _PREFIXES if meaning.startswith(start)), "")
        if term not in ("", name) and not name.startswith("@"):
            return True
    return False
