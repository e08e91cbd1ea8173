"""The keys that an actor publishes: `publicKey` for HTTP signatures, `assertionMethod` for proofs."""

from collections.abc import Mapping

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol.signatures.keys import PublicKey, load_public
from fediverse_support.protocol.signatures.multikey import load_multikey
from fediverse_support.protocol.urls import Gate

MOST_KEYS = 8
"""Keys looked at in one document; loading costs time, and no server publishes more than three."""


def published_keys(actor: Mapping[str, object], gate: Gate) -> tuple[PublicKey, ...]:
    """The usable keys in the document of `actor`, which must have been fetched from its own id.

    A key is usable if it names this actor as its owner, has an id on the same server, and can be loaded.
    Others are left out rather than refused, so that one unknown kind of key hides no good one. Both
    `publicKey` and `assertionMethod` may be one object or a list; a key that is only linked is not
    fetched. This is the actor's half of the reciprocal claim that O1 and O10 ask for.
    """
    owner = actor.get("id")
    if not isinstance(owner, str):
        return ()
    return tuple(key for entry in _entries(actor) if (key := _loaded(entry, owner, gate)) is not None)


def _entries(actor: Mapping[str, object]) -> list[dict[str, object]]:
    entries: list[dict[str, object]] = []
    for name in ("publicKey", "assertionMethod"):
        value = actor.get(name)
        items = value if isinstance(value, list) else [value]
        entries.extend(item for item in items if isinstance(item, dict))
    return entries[:MOST_KEYS]


def _loaded(entry: dict[str, object], owner: str, gate: Gate) -> PublicKey | None:
    key_id, pem, multibase = entry.get("id"), entry.get("publicKeyPem"), entry.get("publicKeyMultibase")
    if not isinstance(key_id, str) or entry.get("owner", entry.get("controller")) != owner:
        return None
    if not gate.same_origin(key_id, owner):
        return None
    try:
        if isinstance(pem, str):
            return load_public(key_id, owner, pem)
        return load_multikey(key_id, owner, multibase) if isinstance(multibase, str) else None
    except Malformed:
        return None
