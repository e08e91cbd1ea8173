"""The domain ladder: trusted, allowed, default, limited, held, blocked; an entry covers its subdomains.

A look-up costs one dictionary access for each label of the name, however long the ladder is.
"""

from collections.abc import Iterable
from functools import lru_cache

import idna
import msgspec

from fediverse_support.core.models import Level
from fediverse_support.policy.document import Mode


class Rung(msgspec.Struct, frozen=True, gc=False):
    """The level of one domain and of all below it, with the reason that may be shown.

    The flags combine with every level: nothing with pictures is taken as it is (`no_media`), and reports from
    there are refused without a word (`no_reports`). `admits`: on an allow-list it lets the domain in.
    """

    domain: str
    level: Level
    public_reason: str = ""
    no_media: bool = False
    no_reports: bool = False
    admits: bool = False


class Ladder(msgspec.Struct, frozen=True):
    """All rungs by domain, and whether only those are let in who are on the list."""

    rungs: dict[str, Rung]
    mode: Mode = "open"

    def of(self, host: str) -> Rung | None:
        """The rung that covers `host` (a name, perhaps with a port): the most specific one, or None.

        >>> Ladder({"b.example": Rung("b.example", "held")}).of("a.b.example").level
        'held'
        """
        for name in names_above(host):
            rung = self.rungs.get(name)
            if rung is not None:
                return rung
        return None

    def lets_in(self, host: str) -> bool:
        """Whether the allow-list lets `host` in; on an open ladder it always does.

        The most specific entry decides: what only restricts a domain below one that is let in has been given
        its `admits` already (policy/precedence.py).
        """
        if self.mode == "open":
            return True
        rung = self.of(host)
        return rung is not None and rung.admits

    def blocks(self, host: str) -> bool:
        """Whether there is no exchange at all with `host`: it is blocked, or not on the allow-list."""
        return self.level(host) == "blocked"

    def level(self, host: str) -> Level:
        """The level of `host`: `default` where nothing speaks of it, `blocked` where no list lets it in."""
        if not self.lets_in(host):
            return "blocked"
        rung = self.of(host)
        return "default" if rung is None else rung.level

    def takes_media(self, host: str) -> bool:
        """Whether pictures from `host` are taken."""
        rung = self.of(host)
        return not self.blocks(host) and not (rung is not None and rung.no_media)

    def takes_reports(self, host: str) -> bool:
        """Whether reports from `host` are taken."""
        rung = self.of(host)
        return not self.blocks(host) and not (rung is not None and rung.no_reports)


def ladder_of(rungs: Iterable[Rung], mode: Mode = "open") -> Ladder:
    """The ladder with these rungs; how their domains are written (case, dots, Unicode) does not matter."""
    return Ladder({plain_host(rung.domain): rung for rung in rungs}, mode)


@lru_cache(maxsize=8192)
def names_above(host: str) -> tuple[str, ...]:
    """`host` without its port, and every domain above it, the most specific first.

    Cached: most of what arrives is from the same servers.

    >>> names_above("A.b.example:8443")
    ('a.b.example', 'b.example', 'example')
    """
    name = plain_host(host)
    found = []
    while name:
        found.append(name)
        name = name.partition(".")[2]
    return tuple(found)


def plain_host(host: str) -> str:
    """A host as the ladder keeps it: lower case, Punycode, without port and without a dot at the end.

    What is no proper name is kept as it is: it then simply stands for nothing.
    """
    name = host if host.isascii() else _punycode(host)
    bare = name.partition(":")[0] if not name.startswith("[") else name.partition("]")[0] + "]"
    return bare.strip().rstrip(".").lower()


def _punycode(host: str) -> str:
    name, colon, port = host.strip().partition(":")
    try:
        return idna.encode(name.rstrip(".。"), uts46=True).decode("ascii") + colon + port
    except (idna.IDNAError, UnicodeError):
        return host
