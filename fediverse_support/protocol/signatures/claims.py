"""What a request says about its sender, before any key has been looked at."""

from typing import Literal

import msgspec

Style = Literal["cavage", "rfc9421"]
"""How a request is signed: draft-cavage-http-signatures-12, or RFC 9421."""


class Claim(msgspec.Struct, frozen=True):
    """A request that is in order in everything that needs no key.

    `bases` are the byte strings of which one must have been signed: there are two where senders differ in
    whether they sign the query. `algorithm` is what the sender says the key is, "" where it says nothing;
    it is only ever compared with the key, never obeyed. `covered` are the names of the headers (lower case)
    that were signed: nothing may rest on any other.
    """

    style: Style
    key_id: str
    bases: tuple[bytes, ...]
    signature: bytes
    algorithm: Literal["", "rsa", "ed25519"]
    covered: frozenset[str] = frozenset()
