"""Lists of domains as communities exchange them: Mastodon's CSV, or one domain to a line.

    #domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate
    bad.example,suspend,false,false,harassment,false

Only the domain is needed, and the `#` in the heads may be missing (FediBlockHole). A list with the domain
alone is a list of blocks. Mastodon 4.3 writes and GoToSocial reads this form.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from fediverse_support.core.errors import Malformed
from fediverse_support.core.models import Level
from fediverse_support.policy.ladder import Rung

Severity = Literal["suspend", "silence", "noop"]

MOST_ROWS = 20_000
HEADS = ("#domain", "#severity", "#reject_media", "#reject_reports", "#public_comment", "#obfuscate")

_LEVEL_OF: dict[str, Level | None] = {"suspend": "blocked", "silence": "limited", "noop": None}
_SEVERITY_OF: dict[Level, Severity | None] = {
    "blocked": "suspend",
    "limited": "silence",
    # Nobody else has a level between; what is nearest tells them at least that we are careful.
    "held": "silence",
    "allowed": None,
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would run."""


class Listing(msgspec.Struct, frozen=True):
    """What a list says. `hidden` rows name their domain only in part (`ba*.ex*mple`), which helps nobody."""

    rungs: tuple[Rung, ...]
    hidden: int = 0
    without_effect: int = 0
    unreadable: int = 0


def read(text: str) -> Listing:
    """Read a list. Raises `Malformed` if it has more than 20,000 rows or is not CSV at all.

    Rows that cannot be read are counted, not guessed at. Domains are as written; who stores them checks them.
    """
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline="")) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise Malformed(f"This is not a list of domains: {error}.") from None
    heads = _heads(rows[0]) if rows else {}
    found = [_row(row, heads) for row in (rows[1:] if heads else rows) if not _is_comment(row, heads)]
    if len(found) > MOST_ROWS:
        raise Malformed(f"A list may have {MOST_ROWS:,} rows, and this one has {len(found):,}.")
    rungs = {rung.domain: rung for rung in found if isinstance(rung, Rung)}
    return Listing(
        tuple(rungs.values()), found.count("hidden"), found.count("without effect"), found.count("unreadable")
    )


def write(rungs: Iterable[Rung]) -> str:
    """The same as Mastodon's CSV. What is allowed, and what only we know of, has no place in that form."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADS)
    writer.writerows(_cells(rungs))
    return out.getvalue()


def _cells(rungs: Iterable[Rung]) -> Iterator[tuple[str, ...]]:
    for rung in rungs:
        severity = _SEVERITY_OF[rung.level]
        if severity is not None:
            yield rung.domain, severity, "false", "false", _quoted(rung.public_reason), "false"


def _heads(row: list[str]) -> dict[str, int]:
    """Where each column is, if the first row says so."""
    names = [cell.strip().lower().removeprefix("#") for cell in row]
    return {name: place for place, name in enumerate(names)} if "domain" in names else {}


def _is_comment(row: list[str], heads: dict[str, int]) -> bool:
    return not heads and row[0].lstrip().startswith("#")


def _row(row: list[str], heads: dict[str, int]) -> Rung | str:
    def cell(name: str) -> str:
        place = heads.get(name, 0 if name == "domain" else len(row))
        return row[place].strip() if place < len(row) else ""

    domain = cell("domain").lower().rstrip(".")
    severity = cell("severity").lower() or "suspend"
    if "*" in domain:
        return "hidden"
    if not domain or severity not in _LEVEL_OF:
        return "unreadable"
    level = _LEVEL_OF[severity]
    return "without effect" if level is None else Rung(domain, level, _unquoted(cell("public_comment")))


def _quoted(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _unquoted(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text
