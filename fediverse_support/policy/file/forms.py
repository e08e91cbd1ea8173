"""The forms of the values in a policy file: what each may be, and what to say about one that is not.

A form takes a value as TOML gave it and returns it as the structs of `policy/document.py` want it, or raises
`Wrong` with the place inside the value and what to do.
"""

import difflib
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from urllib.parse import urlsplit

from fediverse_support.policy.conditions import CONDITIONS, Condition
from fediverse_support.policy.document import INSTANCE
from fediverse_support.policy.file.locating import Path
from fediverse_support.policy.wording import N_

Form = Callable[[object], object]

LONGEST_NAME = 200
LONGEST_REASON = 1000
LONGEST_NOTE = 5000
LONGEST_VALUE = 2048

_SCOPE = re.compile(r"group:\S{1,54}")


class Wrong(Exception):
    """A value that cannot stand there: `form` with `values` says why, `path` where inside of it."""

    def __init__(self, form: str, *path: str | int, **values: str | int) -> None:
        super().__init__(form)
        self.form, self.path, self.values = form, path, values

    def below(self, *path: str | int) -> "Wrong":
        """The same, seen from what holds it."""
        deeper: Path = (*path, *self.path)
        return Wrong(self.form, *deeper, **self.values)


def suggestion(word: str, known: Iterable[str]) -> str:
    """The known word that `word` was probably meant to be; empty if none is near."""
    near = difflib.get_close_matches(word.lower()[:80], list(known), 1, 0.6)
    return near[0] if near else ""


def in_list(words: Iterable[str]) -> str:
    """Words one after the other, as findings show them."""
    return ", ".join(f"“{word}”" for word in words)


def unknown(word: str, known: Iterable[str], *path: str | int) -> Wrong:
    """What to say of a word that is none of `known`."""
    choices = list(known)
    shown = word if len(word) <= 80 else f"{word[:80]}…"
    if near := suggestion(word, choices):
        return Wrong(
            N_("“%(word)s” is not known here. Did you mean “%(near)s”?"), *path, word=shown, near=near
        )
    return Wrong(
        N_("“%(word)s” is not known here. It can be: %(choices)s."),
        *path,
        word=shown,
        choices=", ".join(choices),
    )


def choice(*known: str) -> Form:
    """One of these words."""

    def form(value: object) -> str:
        if not isinstance(value, str):
            raise Wrong(N_("Write one of these here: %(choices)s."), choices=in_list(known))
        if value not in known:
            raise unknown(value, known)
        return value

    return form


def flag(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise Wrong(N_("Write true or false here, without quotes."))
    return value


def number(least: int, most: int) -> Form:
    """A whole number in these bounds."""

    def form(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise Wrong(
                N_("Write a whole number from %(least)d to %(most)d here, without quotes."),
                least=least,
                most=most,
            )
        return value

    return form


def text(longest: int, *, is_needed: bool = False) -> Form:
    """Words of some length."""

    def form(value: object) -> str:
        if not isinstance(value, str):
            raise Wrong(N_("Write words in quotes here."))
        if len(value) > longest:
            raise Wrong(N_("This is longer than %(longest)d characters."), longest=longest)
        if is_needed and not value.strip():
            raise Wrong(N_("Something has to be written here."))
        return value

    return form


def line(longest: int) -> Form:
    """One line of words, not empty: the name of a rule."""
    words = text(longest, is_needed=True)

    def form(value: object) -> object:
        if not str(words(value)).isprintable():
            raise Wrong(N_("A name has one line, without invisible characters."))
        return value

    return form


def texts(longest: int, most: int) -> Form:
    """A list of words in quotes."""
    one = text(longest)

    def form(value: object) -> list[object]:
        if not isinstance(value, list):
            raise Wrong(N_('Write a list here, like ["one", "two"].'))
        if len(value) > most:
            raise Wrong(N_("This list has more than %(most)d entries."), most=most)
        return [_at(place, one, each) for place, each in enumerate(value)]

    return form


def day(value: object) -> date:
    """A day, without a time."""
    if isinstance(value, datetime) or not isinstance(value, date):
        raise Wrong(N_("Write a day here, like 2027-01-31, without quotes and without a time."))
    return value


def scope(value: object) -> str:
    """The whole community or one group."""
    if value == INSTANCE or (isinstance(value, str) and _SCOPE.fullmatch(value)):
        return str(value)
    raise Wrong(N_("Write “instance” here, or “group:” and the name of one of your groups."))


def address(value: object) -> object:
    """Where a list is fetched from."""
    given = text(LONGEST_VALUE, is_needed=True)(value)
    try:
        is_web = urlsplit(str(given)).scheme == "https" or str(given).startswith("http://")
    except ValueError:
        is_web = False
    if not is_web or not str(given).isprintable() or " " in str(given):
        raise Wrong(N_("Write the whole address of the list here; it begins with https://."))
    return given


def conditions(value: object) -> dict[str, object]:
    """The table of `when` or `unless`: known words, each with a value of its kind."""
    if not isinstance(value, dict):
        raise Wrong(N_('Write a table here, like { sender = "newcomer", has_media = true }.'))
    found: dict[str, object] = {}
    for name, asked in value.items():
        if name not in CONDITIONS:
            raise unknown(name, CONDITIONS, name)
        try:
            found[name] = _of_condition(CONDITIONS[name], asked)
        except Wrong as wrong:
            raise wrong.below(name) from None
    return found


def _of_condition(condition: Condition, value: object) -> object:
    if condition.kind == "flag":
        return flag(value)
    if condition.kind == "number":
        return number(0, 1_000_000_000)(value)
    if condition.kind in ("span", "hours"):
        return text(LONGEST_VALUE, is_needed=True)(value)
    one = choice(*condition.choices) if condition.choices else text(LONGEST_VALUE, is_needed=True)
    if not isinstance(value, list):
        return one(value)
    if not value:
        raise Wrong(N_("This list is empty, so nothing fits it. Write something into it, or leave it out."))
    return [_at(place, one, each) for place, each in enumerate(value)]


def _at(place: int, form: Form, value: object) -> object:
    try:
        return form(value)
    except Wrong as wrong:
        raise wrong.below(place) from None
