"""From rows to the frozen values of `core/models.py`."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Protocol, TypeVar

import msgspec


class Row(Protocol):
    """A row of a result: its columns by name."""

    def __getitem__(self, column: str, /) -> Any:
        """The value in `column`; raises KeyError."""


T = TypeVar("T", bound=msgspec.Struct)


def reader(kind: type[T], prefix: str = "") -> Callable[[Row], T]:
    """A function that makes a `kind` of a row, from the columns named like its fields (after `prefix`).

    Other columns are left alone, so that a newer migration does not trip an older program.
    """
    pairs = tuple((field, f"{prefix}{field}") for field in kind.__struct_fields__)

    def read(row: Row) -> T:
        return kind(**{field: row[column] for field, column in pairs})

    return read


def remembering(kind: type[T], most: int) -> Callable[[str | None], tuple[T, ...]]:
    """A function that makes values of a JSON list of rows, and remembers the last `most` of them.

    What comes again in the same bytes gives the same object: it is decoded once, and whoever makes something
    of it can remember that by the object. So `kind` is frozen, and compared and hashed as an object
    (`eq=False`).
    """
    one = lru_cache(most)(msgspec.json.Decoder(kind).decode)
    each = msgspec.json.Decoder(list[msgspec.Raw]).decode

    def read(rows: str | None) -> tuple[T, ...]:
        return tuple([one(bytes(row)) for row in each(rows)]) if rows else ()

    return read


def changed(status: str) -> int:
    """How many rows a statement changed, from its status ("UPDATE 3")."""
    return int(status.rsplit(" ", 1)[1])


def all_of(read: Callable[[Row], T], rows: Iterable[Row]) -> list[T]:
    """Every row as a value."""
    return [read(row) for row in rows]
