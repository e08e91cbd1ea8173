"""What has changed between two versions of what people wrote: lines of a text, titled items of a list.

The result reads from top to bottom like the newer version, with what is gone where it stood. It is bounded:
long texts that share nothing are not compared line by line, because that takes time by their square.
"""

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal, Protocol, TypeVar

import msgspec

MOST_LINES = 3_000
"""More changed lines than this on either side are shown as one block that is gone and one that is new."""


class Line(msgspec.Struct, frozen=True):
    """A line of a comparison; with kind `skipped`, `text` is how many lines were left out."""

    kind: Literal["same", "gone", "new", "skipped"]
    text: str


class Titled(Protocol):
    """An item of a list, known by its title; two are equal if all of them is."""

    @property
    def title(self) -> str:
        """What it is called."""


T = TypeVar("T", bound=Titled)


class Change(msgspec.Struct, frozen=True):
    """What became of one item. `was` and `now` are its places, counted from 1; None where it is not."""

    kind: Literal["new", "gone", "reworded", "moved"]
    was: int | None
    now: int | None


def lines(old: str, new: str) -> list[Line]:
    """The lines of `new`, with those of `old` that are gone; nothing is left out."""
    before, after = old.split("\n"), new.split("\n")
    start = _shared(before, after)
    end = _shared(before[start:][::-1], after[start:][::-1])
    middle_before, middle_after = before[start : len(before) - end], after[start : len(after) - end]
    return [
        *(Line("same", text) for text in after[:start]),
        *_middle(middle_before, middle_after),
        *(Line("same", text) for text in after[len(after) - end :]),
    ]


def around_changes(compared: Sequence[Line], distance: int = 3) -> list[Line]:
    """What changed, with `distance` lines on either side; longer runs that stayed are counted only."""
    found: list[Line] = []
    for is_same, group in groupby(compared, lambda line: line.kind == "same"):
        run = list(group)
        if not is_same or len(run) <= 2 * distance + 1:
            found += run
            continue
        skipped = run[distance : len(run) - distance]
        found += [*run[:distance], Line("skipped", str(len(skipped))), *run[len(run) - distance :]]
    return found


def items(old: Sequence[T], new: Sequence[T]) -> list[Change]:
    """What became of each item that is not as and where it was: an item is the same one if its title is.

    Of items whose titles changed, the first of the old ones became the first of the new ones, and so on, if
    they stand between the same neighbours.
    """
    found: list[Change] = []
    matcher = SequenceMatcher(None, [one.title for one in old], [one.title for one in new], autojunk=False)
    for kind, i, i_end, j, j_end in matcher.get_opcodes():
        pairs = min(i_end - i, j_end - j)
        if kind == "equal":
            found += [
                Change("reworded", i + k + 1, j + k + 1) for k in range(pairs) if old[i + k] != new[j + k]
            ]
        else:
            found += _between(old, new, range(i, i_end), range(j, j_end))
    return found


def _between(old: Sequence[T], new: Sequence[T], gone: range, came: range) -> list[Change]:
    """What happened between two neighbours that stayed."""
    titles_before, titles_after = {one.title: i for i, one in enumerate(old)}, {one.title for one in new}
    changes: list[Change] = []
    moved = {j: titles_before[new[j].title] for j in came if new[j].title in titles_before}
    lost = [i for i in gone if old[i].title not in titles_after]
    fresh = [j for j in came if j not in moved]
    changes += [Change("moved", i + 1, j + 1) for j, i in moved.items()]
    changes += [Change("reworded", i + 1, j + 1) for i, j in zip(lost, fresh, strict=False)]
    changes += [Change("gone", i + 1, None) for i in lost[len(fresh) :]]
    changes += [Change("new", None, j + 1) for j in fresh[len(lost) :]]
    return sorted(changes, key=lambda change: change.now or change.was or 0)


def _middle(before: list[str], after: list[str]) -> list[Line]:
    if max(len(before), len(after)) > MOST_LINES:
        return [*(Line("gone", text) for text in before), *(Line("new", text) for text in after)]
    found: list[Line] = []
    for kind, i, i_end, j, j_end in SequenceMatcher(None, before, after).get_opcodes():
        if kind == "equal":
            found += [Line("same", text) for text in after[j:j_end]]
        else:
            found += [Line("gone", text) for text in before[i:i_end]]
            found += [Line("new", text) for text in after[j:j_end]]
    return found


def _shared(first: Sequence[str], second: Sequence[str]) -> int:
    """How many lines both begin with."""
    return next(
        (count for count, (one, other) in enumerate(zip(first, second, strict=False)) if one != other),
        min(len(first), len(second)),
    )
