"""The domain ladder: `allowed`, `limited`, `held`, `blocked`; an entry covers its subdomains.

A look-up costs one dictionary access for each label of the name, however long the ladder is.
"""

from collections.abc import Iterable

import msgspec

from fediverse_support.core.models import Level


class Rung(msgspec.Struct, frozen=True):
    """The level of one domain, with the reason that may be shown."""

    domain: str
    level: Level
    public_reason: str = ""


class Ladder(msgspec.Struct, frozen=True):
    """All rungs by domain."""

    rungs: dict[str, Rung]

    def of(self, host: str) -> Rung | None:
        """The rung that covers `host` (a name, perhaps with a port): the most specific one, or None.

        >>> Ladder({"b.example": Rung("b.example", "held")}).of("a.b.example").level
        'held'
        """
        name = host.partition(":")[0].rstrip(".").lower()
        while name:
            if name in self.rungs:
                return self.rungs[name]
            name = name.partition(".")[2]
        return None

    def blocks(self, host: str) -> bool:
        """Whether there is no exchange at all with `host`."""
        rung = self.of(host)
        return rung is not None and rung.level == "blocked"


def ladder_of(rungs: Iterable[Rung]) -> Ladder:
    """The ladder with these rungs."""
    return Ladder({rung.domain: rung for rung in rungs})
