"""What has changed in a list since it was last read, and whether that can be meant."""

from collections.abc import Collection, Mapping
from typing import Literal

import msgspec

from fediverse_support.policy.lists.rows import Listed

Kind = Literal["add", "change", "retract"]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What a list wants to be different about one domain."""

    domain: str
    kind: Kind
    before: Listed | None = None
    after: Listed | None = None


def differences(before: Mapping[str, Listed], after: Mapping[str, Listed]) -> list[Difference]:
    """What leads from one state of a list to the next, by domain.

    A new reason alone is a change as well: it is shown to people.
    """
    found = []
    for domain in sorted(before.keys() | after.keys()):
        was, becomes = before.get(domain), after.get(domain)
        if was != becomes:
            kind: Kind = "add" if was is None else "retract" if becomes is None else "change"
            found.append(Difference(domain=domain, kind=kind, before=was, after=becomes))
    return found


def has_shrunk(before: Collection[str], after: Collection[str]) -> bool:
    """Whether more than a third of what a list said is gone: rather a mishap than a change of mind.

    A list of the same length about others counts as well: nothing of what it said is left.
    """
    gone = len(set(before) - set(after))
    return gone * 3 > len(before)
