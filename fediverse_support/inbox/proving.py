"""Integrity proofs (FEP-8b32): what lets a document be believed whoever has handed it on (O10, O11).

A key counts only if its owner lists it in the document that stands at the owner's own id; those keys are
in `actor_keys`, and an owner whom we have not met is met first.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from fediverse_support.core.errors import RemoteTrouble, Trouble, Unauthenticated
from fediverse_support.database import keys
from fediverse_support.inbox.context import Sources
from fediverse_support.protocol.signatures import proofs
from fediverse_support.protocol.signatures.keys import load_public


class Proved(msgspec.Struct, frozen=True):
    """A document, as far as its proof speaks for it, and the actor who made it."""

    document: Mapping[str, Any]
    author: str


async def proved(context: Sources, document: Mapping[str, Any], author: str) -> Proved | None:
    """`document` if a valid proof by `author`, who is named in it, stands behind it; None otherwise.

    Without a proof nothing is looked up. Raises `Needs` where the author has to be met first, and
    `RemoteTrouble` where that is not possible just now.
    """
    if "proof" not in document:
        return None
    try:
        return Proved(await _checked(context, document, author), author)
    except RemoteTrouble:
        raise
    except Trouble:
        # A proof that cannot be checked takes nothing away: the document is as good as without it.
        return None


async def _checked(context: Sources, document: Mapping[str, Any], author: str) -> Mapping[str, Any]:
    method = proofs.verification_method(document)
    actor = await context.actor(author)
    row = await keys.by_id(context.db, method)
    if row is None or row.actor_id != actor.id:
        raise Unauthenticated("The proof's key is not its author's.")
    known = {method: load_public(row.id, row.actor_uri, row.public_key)}
    if proofs.verify(document, known, context.now, context.site.gate) != author:
        raise Unauthenticated("The proof is by somebody else.")
    return proofs.covered(document)
