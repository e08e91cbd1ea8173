"""How a level and what goes with it is written in one word: `held`, `limited+no-media`, `no-reports`."""

from fediverse_support.core.errors import Malformed
from fediverse_support.core.models import LEVELS, Level
from fediverse_support.policy.document import DomainText

FLAGS = ("no-media", "no-reports")
"""What may be joined to every level: pictures are left out; reports from there are refused silently."""

SEVERITY: dict[Level, int] = {level: place for place, level in enumerate(LEVELS)}
"""The larger, the less welcome."""

_SEPARATOR = "+"


def level_of(word: str) -> DomainText:
    """The level and flags that `word` names; flags alone stand for the level `default`.

    Raises `Malformed` for a word that does not exist, and for two levels in one.

    >>> level_of("limited+no-media").no_media
    True
    """
    parts = [part.strip().lower().replace("_", "-") for part in word.split(_SEPARATOR)]
    levels = [part for part in parts if part not in FLAGS]
    if len(levels) > 1 or any(part not in LEVELS for part in levels):
        raise Malformed(f"A level is one of {', '.join(LEVELS)}, with +no-media or +no-reports if you like.")
    level: Level = next((known for known in LEVELS if levels == [known]), "default")
    return DomainText(level=level, no_media="no-media" in parts, no_reports="no-reports" in parts)


def word_of(level: Level, no_media: bool = False, no_reports: bool = False) -> str:
    """The word for a level with its flags; `level_of` reads it.

    >>> word_of("default", no_reports=True)
    'no-reports'
    """
    flags = [flag for flag, is_set in zip(FLAGS, (no_media, no_reports), strict=True) if is_set]
    return _SEPARATOR.join(flags if flags and level == "default" else [level, *flags])
