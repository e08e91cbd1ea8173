"""Who an activity is really from. Handlers take a `Verified`, and only this package's guards make one."""

import msgspec

from fediverse_support.core.models import Actor


class Verified(msgspec.Struct, frozen=True):
    """An actor whose signature, or whose server's answer, stands behind what is being processed.

    Made in `processing.py` for the signer of a request, and in `handlers/` for the author of an object
    that was fetched from its own origin or proved by an integrity proof. Nowhere else.
    """

    actor: Actor

    @property
    def uri(self) -> str:
        """The actor's id."""
        return self.actor.uri
