"""Lists of domains as communities exchange them, read in any of their forms.

    #domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate
    bad.example,suspend,false,false,harassment,false

That is Mastodon's CSV, which GoToSocial, PieFed and NodeBB read as well; the `#` in the heads may be missing
(FediBlockHole). Of the columns only the domain is needed, and a domain alone is a block. Plain text has one
domain to a line (Misskey, PieFed). The JSON forms are in policy/lists/json_forms.py.
"""

import csv
import io
from collections.abc import Collection

from fediverse_support.core.errors import Malformed
from fediverse_support.core.models import Level
from fediverse_support.policy.document import Format
from fediverse_support.policy.lists import json_forms as list_json
from fediverse_support.policy.lists.rows import Listing, Rows

_COLUMNS = {
    "domain": ("domain", "host", "hostname", "instance"),
    "severity": ("severity", "level", "action"),
    "reject_media": ("reject_media",),
    "reject_reports": ("reject_reports",),
    "public_comment": ("public_comment", "comment", "reason"),
    "obfuscate": ("obfuscate",),
}
_BYTE_ORDER_MARK = "\ufeff"


def read(text: str, *, format: Format = "auto", allow: bool = False, ours: Collection[str] = ()) -> Listing:
    """Read a list. `allow`: it names whom to let in, and nothing in it may be a block.

    Rows that cannot be used are counted by their reason and not guessed at. Raises `Malformed` for what is
    not a list (a web page, broken JSON, no domain in any row) or too long.
    """
    text = text.removeprefix(_BYTE_ORDER_MARK).strip()
    if text.startswith("<"):
        raise Malformed(
            "This is a web page and not a list of domains. Is the address that of the file itself?"
        )
    rows = Rows(ours)
    if format == "json" or (format == "auto" and text[:1] in ("{", "[")):
        list_json.read(text, rows, allow=allow)
    elif format == "text":
        _read_lines(text, rows, allow)
    elif format in ("auto", "csv"):
        _read_csv(text, rows, allow)
    else:
        raise Malformed("A FIRES dataset is not a file: subscribe to its address.")
    return rows.listing()


def _read_lines(text: str, rows: Rows, allow: bool) -> None:
    for line in text.splitlines():
        name = line.partition("#")[0].strip()
        if name:
            rows.add(name, "allowed" if allow else "blocked")


def _read_csv(text: str, rows: Rows, allow: bool) -> None:
    try:
        cells = [
            row
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
            if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise Malformed(f"This is not a list of domains: {error}.") from None
    # Comments may stand before the heads, and the heads begin with the sign of a comment.
    first = next((n for n, row in enumerate(cells) if _heads(row) or not row[0].lstrip().startswith("#")), 0)
    heads = _heads(cells[first]) if cells else {}
    if not heads:
        # A list with the domain alone: whatever stands in other columns has no head that says what it is.
        _read_lines("\n".join(row[0].strip() for row in cells), rows, allow)
        return
    for row in cells[first + 1 :]:
        _read_row(row, heads, rows, allow)


def _read_row(row: list[str], heads: dict[str, int], rows: Rows, allow: bool) -> None:
    def cell(name: str) -> str:
        place = heads.get(name, len(row))
        return row[place].strip() if place < len(row) else ""

    severity = cell("severity").lower() or ("allowed" if allow else "suspend")
    if severity not in list_json.LEVEL_OF:
        rows.skip("severity")
        return
    level: Level | None = list_json.LEVEL_OF[severity]
    if allow and level not in ("allowed", "trusted"):
        rows.skip("severity")
        return
    rows.add(
        cell("domain"),
        level,
        # A block keeps all of it out anyway.
        no_media=level != "blocked" and list_json.is_true(cell("reject_media")),
        no_reports=level != "blocked" and list_json.is_true(cell("reject_reports")),
        reason=unquoted(cell("public_comment")),
        shown="partly" if list_json.is_true(cell("obfuscate")) else "open",
    )


def _heads(row: list[str]) -> dict[str, int]:
    """Where each column is, if the first row says so."""
    names = [cell.strip().lower().removeprefix("#").replace(" ", "_") for cell in row]
    found = {
        column: names.index(known)
        for column, spellings in _COLUMNS.items()
        for known in spellings[::-1]
        if known in names
    }
    return found if "domain" in found else {}


def _delimiter(text: str) -> str:
    """What separates the columns: some spreadsheets write `;` or tabs."""
    first = next((line for line in text.splitlines() if "domain" in line.lower()), "")
    return next((sign for sign in ",;\t" if sign in first), ",")


FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would run."""


def quoted(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def unquoted(text: str) -> str:
    """The text that `quoted` was given."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text
