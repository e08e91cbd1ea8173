"""Who owns a document (FEP-fe34): the actor it names, on the server it has its id from."""

from collections.abc import Iterator, Mapping

from fediverse_support.core.errors import Malformed, Unauthenticated
from fediverse_support.protocol.urls import Gate


def require_owner(document: Mapping[str, object], owner: str, gate: Gate) -> None:
    """`Unauthenticated` unless `document` belongs to the actor `owner`.

    Its id has the owner's origin; `actor` and `attributedTo` name nobody else; and where neither is there
    the document is the owner itself. `Malformed` when one of them cannot be read.
    """
    document_id = document.get("id")
    if not isinstance(document_id, str):
        raise Malformed("The document has no id.")
    if not gate.same_origin(document_id, owner):
        raise Unauthenticated("The document's id is on another server than its owner.")
    named = {uri for name in ("actor", "attributedTo") for uri in _uris(document.get(name))}
    if (named or {document_id}) != {owner}:
        raise Unauthenticated("The document belongs to somebody else.")


def _uris(value: object) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        uri = item.get("id") if isinstance(item, dict) else item
        if isinstance(uri, str):
            yield uri
        elif item is not None:
            raise Malformed("The document's owner cannot be read.")
