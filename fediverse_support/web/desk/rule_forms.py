"""The form of a rule: its fields, what its buttons do to them, and keeping one that is half filled.

Fields are named after the parts of a rule: `name`, `then`, `with.quiet`, `when.domain`, `unless.sender`. A
condition is on the form when its field is there, be it empty; one of which several boxes can be ticked has a
field for each box below that (`when.sender.newcomer`). Buttons say what shall happen in `do`: `save`, `look`,
`add.when`, `drop.when.domain`.
"""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from fediverse_support.core.errors import Malformed
from fediverse_support.policy.conditions import CONDITIONS, Condition
from fediverse_support.policy.decisions import AMENDMENTS, WARN
from fediverse_support.policy.document import INSTANCE, RuleText
from fediverse_support.policy.warnings import WARNINGS
from fediverse_support.web.forms import Form
from fediverse_support.web.rendering import N_

PARTS = ("when", "unless")
TICKED = ("list", "warning")
"""Names of which there are few enough to be ticked."""
LONGEST_KEPT = 50_000

_SPAN = re.compile(r"(\d{1,6})([mhdw])")
_HOURS = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")


class Kept(msgspec.Struct, frozen=True):
    """A form that somebody is filling in. `was`: the name of the rule that it changes, empty for none."""

    was: str
    fields: dict[str, str]


_READER = msgspec.json.Decoder(Kept)


def present(form: Form, part: str) -> list[Condition]:
    """The conditions that are on the form."""
    return [condition for condition in CONDITIONS.values() if f"{part}.{condition.name}" in form.fields]


def known_to(scope: str) -> list[Condition]:
    """The conditions that a rule of this scope may use: in a group's there is no need to name the group."""
    return [one for one in CONDITIONS.values() if scope == INSTANCE or one.name != "group"]


def values(form: Form, field: str) -> list[str]:
    """What was ticked below a field."""
    start = f"{field}."
    return [
        name.removeprefix(start) for name, value in form.fields.items() if name.startswith(start) and value
    ]


def of_rule(rule: RuleText) -> Form:
    """The fields that say what this rule says."""
    fields = {
        "name": rule.name,
        "then": rule.then,
        "reason": rule.reason,
        "note": rule.note,
        "priority": str(rule.priority),
        "expires": rule.expires.isoformat() if rule.expires else "",
        "review": rule.review.isoformat() if rule.review else "",
        "with.words": "\n".join(_own_words(rule.amendments)),
    }
    fields |= {f"with.{one}": "yes" for one in rule.amendments if one in AMENDMENTS}
    fields |= {f"with.{one}": "yes" for one in rule.amendments if _is_code(one)}
    fields |= {name: "yes" for name, is_set in (("answers", rule.answers), ("off", rule.is_off)) if is_set}
    for part, conditions in (("when", rule.when), ("unless", rule.unless)):
        for name, value in conditions.items():
            fields |= _fields_of(CONDITIONS[name], f"{part}.{name}", value)
    return Form(fields)


def _is_code(amendment: str) -> bool:
    return amendment.startswith(WARN) and amendment.removeprefix(WARN) in WARNINGS


def _own_words(amendments: Iterable[str]) -> list[str]:
    return [one.removeprefix(WARN) for one in amendments if one.startswith(WARN) and not _is_code(one)]


def _fields_of(condition: Condition, field: str, value: Any) -> dict[str, str]:
    if condition.kind == "flag":
        return {field: "yes" if value else "no"}
    if condition.kind == "choice" or condition.name in TICKED:
        return {field: ""} | {f"{field}.{one}": "yes" for one in listed(value)}
    if condition.kind == "span" and (found := _SPAN.fullmatch(str(value))):
        return {field: found[1], f"{field}.unit": found[2]}
    if condition.kind == "hours" and (found := _HOURS.fullmatch(str(value))):
        return {field: "", f"{field}.from": found[1], f"{field}.to": found[2]}
    return {field: "\n".join(str(one) for one in listed(value))}


def listed(value: Any) -> list[Any]:
    """The values of a condition, of which a single one may stand alone."""
    return list(value) if isinstance(value, list | tuple) else [value]


def after(form: Form, wanted: str) -> tuple[Form, str]:
    """The form after a press of one of its buttons, and the id of the place on the page to go on at."""
    verb, _, rest = wanted.partition(".")
    if verb == "add" and rest in PARTS:
        name = form.line(f"add.{rest}")
        field = f"{rest}.{name}"
        if name not in CONDITIONS:
            return form, rest
        fresh = {} if field in form.fields else _fresh(CONDITIONS[name], field)
        return Form({**form.fields, **fresh}), field.replace(".", "-")
    if verb == "drop":
        left = {
            name: value
            for name, value in form.fields.items()
            if name != rest and not name.startswith(f"{rest}.")
        }
        return Form(left), rest.partition(".")[0]
    return form, "sentence"


def _fresh(condition: Condition, field: str) -> dict[str, str]:
    match condition.kind:
        case "flag":
            return {field: "yes"}
        case "span":
            return {field: "", f"{field}.unit": "d"}
        case "hours":
            return {field: "", f"{field}.from": "22:00", f"{field}.to": "07:00"}
        case _:
            return {field: ""}


def write_kept(form: Form, was: str) -> str:
    """The half-filled form as text. Raises `Malformed` if it is too long to be kept."""
    buttons = ("csrf_token", "do", "place", "title", "was")
    fields = {name: value for name, value in form.fields.items() if name not in buttons}
    text = msgspec.json.encode(Kept(was, fields)).decode()
    if len(text) > LONGEST_KEPT:
        raise Malformed(N_("This is too long for a form. Put long lists of words into a word list."))
    return text


def read_kept(text: str, was: str) -> Form | None:
    """The form that was kept as `text` if it is about the rule `was`, else None."""
    try:
        kept = _READER.decode(text)
    except msgspec.DecodeError:
        return None
    return Form(kept.fields) if kept.was == was else None


def kept(form: Form) -> Form:
    """What an ended session was about to send, as the draft that it will be after signing in."""
    try:
        source = write_kept(form, form.line("was"))
    except Malformed:
        source = ""
    return Form({"place": form.path("place"), "title": form.line("title"), "source": source})
