"""Standard output, standard error and standard input, as every command uses them."""

import getpass
import re
import sys
import threading
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
from cyclopts import CycloptsError, Parameter

from fediverse_support.core.errors import Malformed, Misconfigured

if TYPE_CHECKING:
    from rich.status import Status

AsJson = Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON.")]
PasswordFromInput = Annotated[
    bool, Parameter(negative=(), help="Read the password from the first line of standard input.")
]


def _no_option(_: object, file: Path) -> None:
    if str(file).startswith("-") and str(file) != "-":
        raise ValueError("This looks like an option. A file whose name begins so is written ./-name.")


FileOrDash = Annotated[
    Path,
    Parameter(allow_leading_hyphen=True, validator=_no_option, help="A file; - is standard input or output."),
]

LONGEST_FILE = 10_000_000
LONGEST_PASSWORD = 8_192
_SAID_AFTER = 2.0

# What other servers wrote ends up here: without this, a name could move the cursor or colour the terminal.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def printable(value: object) -> str:
    """One line of text that does nothing to a terminal but stand there."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"
    return _UNPRINTABLE.sub(" ", str(value).encode("utf-8", "replace").decode()).strip()


def say(*lines: object) -> None:
    """Print lines of text."""
    for line in lines:
        print(printable(line))


def complain(message: str) -> None:
    """One line on standard error."""
    print(f"fediverse-support: {printable(message)}", file=sys.stderr)


def print_json(value: object) -> None:
    """Print a value as JSON and nothing else. Numbers of ours must be text by then: readers round them."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def print_table(heads: Sequence[str], rows: Iterable[Sequence[object]], nothing: str) -> None:
    """Print rows below their heads, or the sentence `nothing`."""
    cells = [[printable(cell) for cell in row] for row in rows]
    if not cells:
        print(nothing)
        return
    widths = [max(len(row[column]) for row in [list(heads), *cells]) for column in range(len(heads))]
    for row in [[head.upper() for head in heads], *cells]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def print_fields(fields: Iterable[tuple[str, object]]) -> None:
    """Print one thing: a name and a value to a line, what is empty left out."""
    shown = [(name, printable(value)) for name, value in fields if value not in (None, "")]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        print(f"{name.ljust(width)}  {value}")


class Progress:
    """Says on standard error what is being done, as soon as a command takes longer than two seconds.

    `at_once`: without waiting, for commands that take long. A turning sign on a terminal, lines elsewhere.
    """

    def __init__(self, *, at_once: bool = False) -> None:
        self._last = ""
        self._is_open = at_once
        self._lock = threading.Lock()
        self._timer = threading.Timer(_SAID_AFTER, self._open)
        self._timer.daemon = True
        self._status: Status | None = None

    def __enter__(self) -> "Progress":
        if not self._is_open:
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._is_open = False
            if self._status is not None:
                self._status.stop()

    def __call__(self, message: str) -> None:
        """Say that this is being done now."""
        with self._lock:
            self._last = printable(message)
            if self._is_open:
                self._show()

    def _open(self) -> None:
        with self._lock:
            self._is_open = True
            if self._last:
                self._show()

    def _show(self) -> None:
        if not sys.stderr.isatty():
            print(self._last, file=sys.stderr, flush=True)
            return
        from rich.console import Console
        from rich.text import Text

        if self._status is None:
            self._status = Console(stderr=True).status(Text(self._last))
            self._status.start()
        else:
            self._status.update(Text(self._last))


def password(from_input: bool) -> str:
    """A password from standard input, or asked for twice on a terminal; never from the command line.

    Raises `CycloptsError` (wrong usage) where there is neither, `Malformed` for what is not text.
    """
    if from_input:
        return _first_line()
    if not sys.stdin.isatty():
        raise CycloptsError(msg="Give the password on standard input, with --password-stdin.")
    first = getpass.getpass("Password: ", stream=sys.stderr)
    if getpass.getpass("Once more: ", stream=sys.stderr) != first:
        raise Malformed("These were two different passwords. Nothing was changed.")
    return first


def _first_line() -> str:
    line = sys.stdin.buffer.readline(LONGEST_PASSWORD)
    try:
        return line.rstrip(b"\r\n").decode()
    except UnicodeDecodeError:
        raise Malformed("The password must be text in UTF-8.") from None


def read_file(file: Path) -> str:
    """The text of a file, or of standard input for `-`. Raises `Misconfigured` or `Malformed`."""
    try:
        if str(file) == "-":
            data = sys.stdin.buffer.read(LONGEST_FILE + 1)
        else:
            with open(file, "rb") as source:
                data = source.read(LONGEST_FILE + 1)
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}.") from None
    if len(data) > LONGEST_FILE:
        raise Malformed(f"{file} is larger than {LONGEST_FILE // 1_000_000} MB.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Malformed(f"{file} is not text in UTF-8.") from None


def write_file(file: Path, text: str) -> None:
    """Write a new file, or to standard output for `-`. Raises `Misconfigured`; overwrites nothing."""
    if str(file) == "-":
        sys.stdout.write(text)
        return
    try:
        with open(file, "x", encoding="utf-8", newline="") as target:
            target.write(text)
    except FileExistsError:
        raise Misconfigured(f"{file} is there already: choose another name.") from None
    except OSError as error:
        raise Misconfigured(f"{file} cannot be written: {error.strerror}.") from None
