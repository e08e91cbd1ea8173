"""The JSON-LD contexts that we know, held here as tables: no context is ever fetched.

Each table lists the terms of a vocabulary that peers use, in our own arrangement. What a term means is a
fact of its specification, named in the module that holds it.
"""

from collections.abc import Mapping
from typing import Any

from fediverse_support.protocol.contexts import activitystreams, extensions, security

CONTEXTS: Mapping[str, Mapping[str, Any]] = {
    "https://www.w3.org/ns/activitystreams": activitystreams.TERMS,
    "http://www.w3.org/ns/activitystreams": activitystreams.TERMS,
    "https://www.w3.org/ns/activitystreams.jsonld": activitystreams.TERMS,
    "https://w3id.org/security/v1": security.KEYS,
    "https://w3id.org/identity/v1": security.KEYS,
    "https://w3id.org/security/data-integrity/v1": security.PROOFS,
    "https://w3id.org/security/data-integrity/v2": security.PROOFS,
    "https://w3id.org/security/multikey/v1": security.MULTIKEYS,
    "https://www.w3.org/ns/cid/v1": security.IDENTIFIERS,
    "https://www.w3.org/ns/did/v1": security.IDENTIFIERS,
    "https://join-lemmy.org/context.json": extensions.LEMMY,
    "https://purl.archive.org/socialweb/webfinger": extensions.WEBFINGER,
    "https://w3id.org/fep/844e": extensions.IMPLEMENTS,
    "https://gotosocial.org/ns": extensions.GOTOSOCIAL,
}
"""The terms of each context, by the URL that documents name it with."""

OURS: tuple[Any, ...] = (
    "https://www.w3.org/ns/activitystreams",
    "https://w3id.org/security/v1",
    "https://w3id.org/security/data-integrity/v2",
    "https://w3id.org/security/multikey/v1",
    extensions.TERMS,
)
"""The names that `protocol.parsing` reads: what a document is compacted to."""
