"""The rows of a list of domains, whatever its form: what is taken over, and what is left out and why."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Literal

import msgspec

from fediverse_support.core.errors import Malformed
from fediverse_support.core.models import Level
from fediverse_support.policy import domain_names
from fediverse_support.policy.document import Shown
from fediverse_support.policy.domain_names import UnfitName
from fediverse_support.policy.levels import SEVERITY

Skip = Literal[
    "hidden", "own", "suffix", "address", "name", "severity", "noop", "duplicate", "actor", "advisory",
    "excluded", "present",
]  # fmt: skip
"""Why a row was left out; `SKIPS` says it in words."""

SKIPS: dict[Skip, str] = {
    "hidden": "hidden by *",
    "own": "our own domain",
    "suffix": "everybody's (a suffix such as co.uk)",
    "address": "an IP address",
    "name": "not a domain",
    "severity": "of a severity that we do not know",
    "noop": "without effect",
    "duplicate": "named twice",
    "actor": "about persons",
    "advisory": "a warning without advice",
    "excluded": "excluded from lists",
    "present": "set by hand already",
}

MOST_ROWS = 200_000
LONGEST_REASON = 1_000


class Listed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a list says about one domain."""

    domain: str
    level: Level = "default"
    no_media: bool = False
    no_reports: bool = False
    public_reason: str = ""
    shown: Shown = "open"


class Listing(msgspec.Struct, frozen=True):
    """All that a list says, each domain once, and how many of its rows were left out for which reason."""

    entries: tuple[Listed, ...]
    skipped: Mapping[Skip, int] = {}

    @property
    def is_about_everyone(self) -> bool:
        """Whether a row named all servers, or all under a suffix such as `co.uk`: a slip, or worse."""
        return self.skipped.get("suffix", 0) > 0


class Rows:
    """Takes in rows one by one. `ours` are this community's own names: no list speaks of them."""

    def __init__(self, ours: Collection[str] = ()) -> None:
        self._ours = ours
        self._entries: dict[str, Listed] = {}
        self._skipped: Counter[Skip] = Counter()
        self._count = 0

    def add(
        self,
        name: str,
        level: Level | None,
        *,
        no_media: bool = False,
        no_reports: bool = False,
        reason: str = "",
        shown: Shown = "open",
    ) -> None:
        """Take a row; `level` None has no effect but by its flags. Raises `Malformed` for too many rows.

        Of two rows about one domain the more severe stays, with the flags of both.
        """
        self._one_more()
        domain = self._domain(name)
        if domain is None:
            return
        if level is None and not (no_media or no_reports):
            self.skip("noop", counts=False)
            return
        reason = reason.replace("\x00", "").strip()[:LONGEST_REASON]
        found = Listed(
            domain=domain,
            level=level or "default",
            no_media=no_media,
            no_reports=no_reports,
            public_reason=reason,
            shown=shown,
        )
        before = self._entries.get(domain)
        if before is not None:
            self._skipped["duplicate"] += 1
            found = _merged(before, found)
        self._entries[domain] = found

    def skip(self, why: Skip, *, counts: bool = True) -> None:
        """Leave a row out. Raises `Malformed` for too many rows."""
        if counts:
            self._one_more()
        self._skipped[why] += 1

    def listing(self) -> Listing:
        """What was taken in. Raises `Malformed` if there were rows and none of them names a domain."""
        if not self._entries and self._skipped["name"] and self._skipped["name"] == self._count:
            raise Malformed("This is not a list of domains: no row of it names one.")
        return Listing(tuple(self._entries.values()), dict(self._skipped))

    def _domain(self, name: str) -> str | None:
        if name.strip().rstrip(".") == "*":
            self._skipped["suffix"] += 1
            return None
        try:
            domain = domain_names.read_name(name)
        except UnfitName as error:
            self._skipped[error.why] += 1
            return None
        why = domain_names.unfit(domain, self._ours)
        if why is not None:
            self._skipped[why] += 1
            return None
        return domain

    def _one_more(self) -> None:
        self._count += 1
        if self._count > MOST_ROWS:
            raise Malformed(f"A list may have {MOST_ROWS:,} rows, and this one has more.")


def _merged(one: Listed, other: Listed) -> Listed:
    """The more severe of two rows, with the flags of both; their order never matters."""
    first, second = sorted(
        (one, other), key=lambda row: (-SEVERITY[row.level], row.public_reason == "", row.public_reason)
    )
    return msgspec.structs.replace(
        first,
        no_media=first.no_media or second.no_media,
        no_reports=first.no_reports or second.no_reports,
        shown="partly" if "partly" in (first.shown, second.shown) else first.shown,
    )
