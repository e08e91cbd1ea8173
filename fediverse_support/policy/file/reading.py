"""A policy as a file: TOML that a moderator can read, and that says the same after writing and reading again.

    [community]       mode, consensus
    [domains]         "bad.example" = { level = "blocked", reason = "…" }
    [excludes]        "friend.example" = "why no list may say anything about it"
    [lists.NAME]      a list of domains that is fetched by itself
    [words.NAME]      phrases = ["…", "…"]
    [[rule]]          name, scope, when, unless, then, with, reason, note, priority, expires, review,
                      answers, off

What a file does not mention stays as it is; `rule = []` or an empty table takes everything of that kind away.
The values are those of `policy/document.py`, the words of a rule those of `policy/conditions.py`.
Format: https://toml.io/en/v1.0.0
"""

import re
import tomllib

from fediverse_support.policy.document import Whole
from fediverse_support.policy.file.locating import Places, places_of
from fediverse_support.policy.file.tables import Reader
from fediverse_support.policy.file.writing import write
from fediverse_support.policy.wording import N_, BadFile, Finding, finding

__all__ = ["LARGEST", "BadFile", "read", "read_with_places", "text_of", "write"]

LARGEST = 8 * 1024 * 1024
"""Bytes of a file that is given by a command."""

LARGEST_IN_BROWSER = 512 * 1024
"""Bytes of a file that comes with a form."""

MOST_FINDINGS = 100
"""How many reasons `BadFile` has at most: nobody reads more, and a file of nonsense has one in each line."""

_WHERE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


def text_of(data: bytes, largest: int = LARGEST) -> str:
    """The text of a file that came as bytes. Raises `BadFile` if it is too large or not UTF-8."""
    if len(data) > largest:
        raise _too_large(largest)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _bad(line, N_("This is not text in UTF-8. Save the file as UTF-8 and try again.")) from None


def read(text: str, largest: int = LARGEST) -> Whole:
    """What a file says. Raises `BadFile` with everything that is wrong; `largest` is in bytes of UTF-8.

    It can be read does not mean that it can be applied: see `findings.check`.
    """
    return read_with_places(text, largest)[0]


def read_with_places(text: str, largest: int = LARGEST) -> tuple[Whole, Places]:
    """The same, with the line in which each thing stands."""
    # A character has one byte at least: what is far too long is not even encoded.
    if len(text) > largest or len(text.encode("utf-8", "replace")) > largest:
        raise _too_large(largest)
    text = text.replace("\r\n", "\n")
    places = places_of(text)
    given = _tables(text, places)
    reader = Reader(places)
    whole = reader.whole(given)
    if reader.findings:
        ranked = sorted(reader.findings, key=lambda found: found.line or 0)
        raise BadFile(tuple(ranked[:MOST_FINDINGS]))
    return whole, places


def _tables(text: str, places: Places) -> dict[str, object]:
    try:
        text.encode()
        return tomllib.loads(text)
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise _bad(line, N_("This is not text in UTF-8. Save the file as UTF-8 and try again.")) from None
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(text, str(error)) from None
    except (ValueError, OverflowError):
        # A number of thousands of digits, or a date that no calendar has.
        raise _bad(None, N_("There is a number or a date in it that cannot be.")) from None
    except RecursionError:
        raise _bad(None, N_("Here are more tables in each other than we read.")) from None


def _not_toml(text: str, message: str) -> BadFile:
    where = _WHERE.search(message)
    line = text.count("\n") + 1
    if where is not None:
        message = message[: where.start()]
        line = int(where[1]) if where[1] else len(text.rstrip().split("\n"))
    return _bad(line, N_("This cannot be read as TOML: %(why)s."), why=message[:200])


def _too_large(largest: int) -> BadFile:
    return _bad(None, N_("This file is larger than %(size)d KiB."), size=largest // 1024)


def _bad(line: int | None, form: str, /, **values: str | int) -> BadFile:
    found: Finding = finding(line, "error", form, **values)
    return BadFile((found,))
