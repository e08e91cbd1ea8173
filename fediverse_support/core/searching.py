"""What somebody typed into a search box: words, and a few things that narrow it down.

    from:me  from:ada  from:rosa@peer.example      who wrote it
    in:night_owls  in:owls@peer.example            in which group
    in:library                                     only what one has written or kept oneself
    has:media  has:poll  has:link                  what it carries
    is:reply  is:sensitive                         what it is
    before:2026-05-01  after:…  during:…           when it was written, by days in UTC
    language:de
    "two words"  -not  this or that                as in any search (`websearch_to_tsquery`)

Pure, and raises nothing on any text: what is none of these is a word.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import msgspec

LONGEST = 400
MOST_NAME_WORDS = 6
_PART = re.compile(r'-?"[^"]*"?|\S+')
_NARROWING = re.compile(r"(-?)([a-z]+):(\S+)", re.IGNORECASE)
_WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]{2,}"
)
"""Words of scripts that set no spaces between them: looked for as sequences of signs (migration 0045)."""
_SIGN = re.compile(_WITHOUT_SPACES.pattern.removesuffix("{2,}"))
_MARKS = re.compile("[\u0300-\u036f]")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for: `words` as in any search, and nothing that has one of `without`, which is one too.

    `author` and `group` are `name` or `name@host` in small letters, or `me`.

    `has_…`, `is_…`: True for only those, False for all others. `since` is in the range, `until` is not.
    """

    words: str = ""
    without: str = ""
    author: str | None = None
    group: str | None = None
    is_own: bool = False
    has_media: bool | None = None
    has_poll: bool | None = None
    has_link: bool | None = None
    is_reply: bool | None = None
    is_sensitive: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    language: str | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether it says enough to look for without words: whose, or where."""
        return bool(self.words or self.author or self.group or self.is_own)


def parse(text: str) -> Query:
    """The query that `text` means.

    >>> query = parse('from:me "out loud" -work has:media')
    >>> query.words, query.without
    ('"out loud"', 'work')
    """
    words: list[str] = []
    without: list[str] = []
    said: dict[str, object] = {}
    for part in _PART.findall(text[:LONGEST].replace("\x00", " ")):
        found = _NARROWING.fullmatch(part)
        narrowing = _narrowing(found) if found is not None else None
        if narrowing is not None:
            said |= narrowing
        elif part.startswith("-") and is_worth_looking(part):
            without.append(_word(part.lstrip("-")))
        else:
            words.append(_word(part))
    return msgspec.structs.replace(Query(words=" ".join(words), without=" or ".join(without)), **said)


def is_worth_looking(text: str) -> bool:
    """Whether there is a letter or digit in `text`: with signs alone nothing is found."""
    return any(character.isalnum() for character in text)


def name_words(text: str) -> list[str]:
    """The words of a name that somebody began to type, as names are found by (migration 0046): letters and
    digits without marks; in scripts without spaces each sign is one."""
    plain = unicodedata.normalize("NFKD", text[:LONGEST])
    plain = unicodedata.normalize("NFKC", _MARKS.sub("", plain)).lower()
    spaced = _SIGN.sub(lambda sign: f" {sign[0]} ", plain)
    words = ("".join(letter for letter in word if letter.isalnum()) for word in re.split(r"[\W_]+", spaced))
    return [word for word in words if word][:MOST_NAME_WORDS]


def _word(part: str) -> str:
    if part.startswith('"'):
        return part
    return _WITHOUT_SPACES.sub(lambda run: f'"{run[0]}"', part)


def _narrowing(found: re.Match[str]) -> dict[str, object] | None:
    """What one part narrows it down to; None if it is only a word with a colon."""
    is_wanted, name, value = not found[1], found[2].lower(), found[3].strip('"').lower()
    if name in ("has", "is"):
        field = _FLAGS.get(f"{name}:{value}")
        return {field: is_wanted} if field else None
    read = _READERS.get(name)
    return read(value) if read is not None and is_wanted else None


def _author(value: str) -> dict[str, object] | None:
    name = value.removeprefix("@")
    return {"author": name} if name else None


def _place(value: str) -> dict[str, object] | None:
    if value == "library":
        return {"is_own": True}
    if value in ("all", "public"):
        return {}
    name = value.lstrip("@!")
    return {"group": name} if name else None


def _before(value: str) -> dict[str, object] | None:
    day = _day(value)
    return {"until": day} if day is not None else None


def _after(value: str) -> dict[str, object] | None:
    day = _day(value)
    return {"since": day + timedelta(days=1)} if day is not None else None


def _during(value: str) -> dict[str, object] | None:
    day = _day(value)
    return {"since": day, "until": day + timedelta(days=1)} if day is not None else None


def _language(value: str) -> dict[str, object] | None:
    return {"language": value} if _LANGUAGE.fullmatch(value) else None


def _day(value: str) -> datetime | None:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC) if 1970 <= day.year <= 9000 else None


_READERS: dict[str, Callable[[str], dict[str, object] | None]] = {
    "from": _author,
    "in": _place,
    "before": _before,
    "after": _after,
    "during": _during,
    "language": _language,
}
_FLAGS = {
    "has:media": "has_media",
    "has:poll": "has_poll",
    "has:link": "has_link",
    "is:reply": "is_reply",
    "is:sensitive": "is_sensitive",
}
