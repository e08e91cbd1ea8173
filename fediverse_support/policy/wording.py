"""What is said about a policy, and in which language: sentences that translators see, and findings."""

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from fediverse_support.core.errors import Malformed

Translate = Callable[[str], str]
"""Gives a sentence of ours in another language; `str` leaves it in English."""

Weight = Literal["error", "warning", "hint"]
"""error: cannot be applied · warning: can, and surely does not do what was meant · hint: could be better."""


def N_(message: str) -> str:
    """Mark a sentence for the translators; whoever shows it translates it."""
    return message


class Part(msgspec.Struct, frozen=True):
    """A part of a sentence that is translated for itself; `form` with its `%(name)s` filled in."""

    form: str
    values: Mapping[str, str | int] = {}


Values = Mapping[str, str | int | Part]


class Finding(msgspec.Struct, frozen=True):
    """Something to say about a policy: in which line (None: not in a file), how grave, and what to do.

    `what` is the English sentence. `form` and `values` are what it was made of, for `said`.
    """

    line: int | None
    weight: Weight
    what: str
    form: str = ""
    values: Values = {}

    def said(self, translate: Translate) -> str:
        """The sentence in the language of `translate`."""
        return _filled(self.form, self.values, translate) if self.form else self.what

    def __str__(self) -> str:
        """As a terminal shows it: `line 12: error: …`."""
        return f"line {self.line}: {self.weight}: {self.what}" if self.line else f"{self.weight}: {self.what}"


def finding(line: int | None, weight: Weight, form: str, /, **values: str | int | Part) -> Finding:
    """A finding whose sentence is `form` with its `%(name)s` filled in."""
    return Finding(line, weight, _filled(form, values, str), form, values)


def _filled(form: str, values: Values, translate: Translate) -> str:
    plain = {
        name: translate(one.form) % one.values if isinstance(one, Part) else one
        for name, one in values.items()
    }
    return translate(form) % plain


class BadFile(Malformed):
    """This policy file cannot be read. `findings` has every reason, by line; the message is the first."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        first = findings[0]
        more = f" And {len(findings) - 1} more." if len(findings) > 1 else ""
        where = f"Line {first.line}: " if first.line else ""
        super().__init__(f"{where}{first.what}{more}")
        self.findings = findings
