"""Where in a policy file something stands, so that what is said about it can name the line.

Python's TOML reader tells what a file says and not where. This one goes over the same text and notes the
line of every table, key and value of a list. It believes nothing: what it cannot follow it steps over, and
the reader then says what is wrong. It also keeps that reader from what would cost it dearly: tables within
tables without an end (https://toml.io/en/v1.0.0 has no limit).
"""

import re
from collections.abc import Mapping

import msgspec

from fediverse_support.policy.wording import N_, BadFile, finding

Path = tuple[str | int, ...]
"""A place in the file: the keys that lead there, and numbers from 0 in lists: `("rule", 2, "when")`."""

DEEPEST = 5
"""How many tables and lists may stand in each other. A rule's list of words is the deepest that means
something, at five."""

MOST_COMMENTS = 1000
"""More are not noted; one is enough to say that they are not kept."""

_BLANK = re.compile(r"[ \t]*+")
_SPACE = re.compile(r"[ \t\r\n]*+")
_KEY = re.compile(r"""([A-Za-z0-9_-]++)|"((?:[^"\\\n]++|\\.)*+)"|'([^'\n]*+)'""")
_TEXT = re.compile(
    r'"""(?:[^"\\]++|\\.|"(?!""))*+"{3,5}'
    r"|'''(?:[^']++|'(?!''))*+'{3,5}"
    r'|"(?:[^"\\\n]++|\\.)*+"'
    r"|'[^'\n]*+'",
    re.DOTALL,
)
_PLAIN = re.compile(r"[^,\]}\n#]*+")
_REST = re.compile(r"[^\n]*+")
_ESCAPE = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(["\\btnfr]))')
_ESCAPED = {'"': '"', "\\": "\\", "b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}


class Places(msgspec.Struct, frozen=True):
    """The line of each path, and the comments with their lines."""

    lines: Mapping[Path, int] = {}
    comments: tuple[tuple[int, str], ...] = ()

    def line(self, *path: str | int) -> int | None:
        """Where `path` stands, or else what holds it; None when nothing of it is in the file."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[:-1]
        return None


NOWHERE = Places()
"""For what is in no file."""


def places_of(text: str) -> Places:
    """The places of a file in TOML, good or bad. Takes time in proportion to its length.

    Raises `BadFile` where tables and lists stand in each other more than `DEEPEST` deep.
    """
    walk = _Walk(text)
    walk.through()
    return Places(walk.lines, tuple(walk.comments))


class _Walk:
    """A walk through the text from its beginning to its end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.comments: list[tuple[int, str]] = []
        self._line = 1
        self._counted_to = 0
        self._table: Path = ()
        self._counts: dict[Path, int] = {}

    def through(self) -> None:
        """Go over every statement."""
        while self._to_next():
            start = self.at
            if not (self._header() if self.text.startswith("[", start) else self._pair(self._table)):
                # Not TOML: on with the next line, so that the walk ends whatever there is.
                self.at = max(self.at, start + 1)
                self._skip(_REST)

    def _to_next(self) -> bool:
        """Step over blank lines and comments; whether something follows."""
        self._space()
        return self.at < len(self.text)

    def _line_here(self) -> int:
        self._line += self.text.count("\n", self._counted_to, self.at)
        self._counted_to = self.at
        return self._line

    def _skip(self, pattern: re.Pattern[str]) -> None:
        if found := pattern.match(self.text, self.at):
            self.at = found.end()

    def _takes(self, mark: str) -> bool:
        if not self.text.startswith(mark, self.at):
            return False
        self.at += len(mark)
        return True

    def _space(self) -> None:
        """Step over blanks, line ends and comments."""
        self._skip(_SPACE)
        while self.text.startswith("#", self.at):
            found = _REST.match(self.text, self.at)
            if found is not None and len(self.comments) < MOST_COMMENTS:
                self.comments.append((self._line_here(), found[0]))
            self._skip(_REST)
            self._skip(_SPACE)

    def _header(self) -> bool:
        line, is_list = self._line_here(), self.text.startswith("[[", self.at)
        self.at += 2 if is_list else 1
        keys = self._keys()
        if not keys or not self._takes("]]" if is_list else "]"):
            return False
        path: Path = ()
        for place, key in enumerate(keys):
            path = (*path, key)
            if is_list and place == len(keys) - 1:
                self._counts[path] = self._counts.get(path, -1) + 1
            self.lines.setdefault(path, line)
            if path in self._counts:
                path = (*path, self._counts[path])
                self.lines.setdefault(path, line)
        self._table = path
        return True

    def _pair(self, table: Path) -> bool:
        """A key, and what it says."""
        line, keys = self._line_here(), self._keys()
        if not keys or not self._takes("="):
            return False
        for length in range(1, len(keys) + 1):
            self.lines.setdefault((*table, *keys[:length]), line)
        self._skip(_BLANK)
        return self._value((*table, *keys))

    def _keys(self) -> list[str]:
        """The parts of a key with dots; none if there is no key."""
        keys: list[str] = []
        while True:
            self._skip(_BLANK)
            found = _KEY.match(self.text, self.at)
            if found is None:
                return []
            self.at = found.end()
            quoted = found[2]
            keys.append(_unescaped(quoted) if quoted is not None else found[1] or found[3] or "")
            self._depth(len(keys))
            self._skip(_BLANK)
            if not self._takes("."):
                return keys

    def _depth(self, depth: int) -> None:
        if depth > DEEPEST:
            raise BadFile(
                (finding(self._line_here(), "error", N_("Here are more tables in each other than we read.")),)
            )

    def _value(self, path: Path) -> bool:
        self._depth(len(path))
        if self._takes("["):
            return self._list(path)
        if self._takes("{"):
            return self._table_in_line(path)
        found = _TEXT.match(self.text, self.at) or _PLAIN.match(self.text, self.at)
        if found is None or found.end() == self.at:
            return False
        self.at = found.end()
        return True

    def _list(self, path: Path) -> bool:
        number = 0
        while True:
            self._space()
            if self._takes("]"):
                return True
            here = (*path, number)
            self.lines[here] = self._line_here()
            if not self._value(here):
                return False
            number += 1
            self._space()
            if not self._takes(","):
                return self._takes("]")

    def _table_in_line(self, path: Path) -> bool:
        while True:
            self._space()
            if self._takes("}"):
                return True
            if not self._pair(path):
                return False
            self._space()
            if not self._takes(","):
                return self._takes("}")


def _unescaped(text: str) -> str:
    def meant(found: re.Match[str]) -> str:
        code = found[1] or found[2]
        if code is None:
            return _ESCAPED[found[3]]
        return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else ""

    return _ESCAPE.sub(meant, text) if "\\" in text else text
