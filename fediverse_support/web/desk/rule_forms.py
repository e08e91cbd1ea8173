"""The form of a rule: from a rule to its fields, from the fields back to a rule, and one that is half filled.

Fields are named after the parts of a rule: `name`, `then`, `with.quiet`, `when.domain`, `unless.sender`. A
condition is on the form when its field is there, be it empty; one of which several boxes can be ticked has a
field for each box below that (`when.sender.newcomer`). Buttons say what shall happen in `do`: `save`, `look`,
`add.when`, `drop.when.domain`.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Literal

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
LONGEST_NAME = 100
LONGEST_KEPT = 50_000
HIGHEST = 1_000

NO_NAME = N_("Give the rule a name: it stands beside every decision that it makes.")
TOO_LONG = N_("This is too long for a name. Shorten it, please.")
NAME_TAKEN = N_("Another rule has this name. Choose one that tells them apart.")
NOT_A_NUMBER = N_("Write a whole number here, without a unit.")
NOTHING_CHOSEN = N_("Choose at least one, or take this condition away.")
NOTHING_WRITTEN = N_("Write at least one here, or take this condition away.")
NO_TIMES = N_("Say from when until when.")
NOT_A_DAY = N_("Write the day as year-month-day, like 2027-03-31.")
NO_OUTCOME = N_("Choose what shall happen.")

_SPAN = re.compile(r"(\d{1,6})([mhdw])")
_HOURS = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")
_TIME = re.compile(r"\d\d:\d\d")


class Written(msgspec.Struct, frozen=True):
    """What a form says: the rule, and what is wrong by field (the rule is then not fit for use)."""

    rule: RuleText
    wrong: Mapping[str, str]


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
        return {field: ""} | {f"{field}.{one}": "yes" for one in _listed(value)}
    if condition.kind == "span" and (found := _SPAN.fullmatch(str(value))):
        return {field: found[1], f"{field}.unit": found[2]}
    if condition.kind == "hours" and (found := _HOURS.fullmatch(str(value))):
        return {field: "", f"{field}.from": found[1], f"{field}.to": found[2]}
    return {field: "\n".join(str(one) for one in _listed(value))}


def _listed(value: Any) -> list[Any]:
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


def read(form: Form, scope: str, was: RuleText | None = None, taken: Iterable[str] = ()) -> Written:
    """The rule that the form says, and by field what is wrong with it.

    Where a value is the same as in the rule `was`, it stays in the form in which it was written there.
    `taken`: the names of the other rules of this scope.
    """
    wrong: dict[str, str] = {}
    parts = {part: _conditions(form, part, wrong, getattr(was, part, {})) for part in PARTS}
    then = form.line("then")
    rule = RuleText(
        name=_name(form, set(taken), wrong),
        scope=scope,
        when=parts["when"],
        unless=parts["unless"],
        then=_then(then, wrong),
        amendments=_amendments(form, was),
        reason=form.line("reason")[:1000],
        note=form.text("note").strip()[:5000],
        priority=_number(form.line("priority") or "0", "priority", wrong, lowest=-HIGHEST, highest=HIGHEST),
        expires=_day(form, "expires", wrong),
        review=_day(form, "review", wrong),
        answers=then == "refuse" and form.ticked("answers"),
        is_off=form.ticked("off"),
    )
    return Written(rule, wrong)


def _name(form: Form, taken: set[str], wrong: dict[str, str]) -> str:
    name = form.line("name")
    if not name:
        wrong["name"] = NO_NAME
    elif len(name) > LONGEST_NAME:
        wrong["name"] = TOO_LONG
    elif name in taken:
        wrong["name"] = NAME_TAKEN
    return name


def _then(given: str, wrong: dict[str, str]) -> Literal["accept", "hold", "refuse"]:
    match given:
        case "accept" | "hold" | "refuse":
            return given
    wrong["then"] = NO_OUTCOME
    return "hold"


def _amendments(form: Form, was: RuleText | None) -> tuple[str, ...]:
    chosen = [one for one in values(form, "with") if one in AMENDMENTS or one.startswith(WARN)]
    words = [" ".join(line.split()) for line in form.text("with.words").split("\n") if line.strip()]
    found = tuple(chosen) + tuple(f"{WARN}{line}" for line in words)
    if was is not None and set(found) == set(was.amendments):
        return was.amendments
    return tuple(sorted(set(found)))


def _day(form: Form, field: str, wrong: dict[str, str]) -> date | None:
    given = form.line(field)
    if not given:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        wrong[field] = NOT_A_DAY
        return None


def _number(
    given: str, field: str, wrong: dict[str, str], *, lowest: int = 0, highest: int = 1_000_000
) -> int:
    try:
        found = int(given) if given.isascii() and len(given) < 10 else None
    except ValueError:
        found = None
    if found is None or not lowest <= found <= highest:
        wrong[field] = NOT_A_NUMBER
        return 0
    return found


def _conditions(form: Form, part: str, wrong: dict[str, str], was: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for condition in _in_order(present(form, part), was):
        value = _value(condition, form, f"{part}.{condition.name}", wrong)
        before = was.get(condition.name)
        found[condition.name] = before if _is_same(before, value) else value
    return found


def _in_order(conditions: list[Condition], was: Mapping[str, Any]) -> list[Condition]:
    """Those that stood there before first, as they stood: a rule that is only looked at stays equal."""
    place = {name: at for at, name in enumerate(was)}
    return sorted(conditions, key=lambda one: place.get(one.name, len(place)))


def _is_same(before: Any, value: Any) -> bool:
    return before is not None and type(before) is not bool and _listed(before) == _listed(value)


def _value(condition: Condition, form: Form, field: str, wrong: dict[str, str]) -> Any:
    match condition.kind:
        case "flag":
            return form.line(field) == "yes"
        case "number":
            return _number(form.line(field), field, wrong)
        case "span":
            return _span(form, field, wrong)
        case "hours":
            return _hours(form, field, wrong)
    if condition.kind == "choice" or condition.name in TICKED:
        return _alone(values(form, field), field, wrong, NOTHING_CHOSEN)
    lines = [line.strip() for line in form.text(field).split("\n") if line.strip()]
    return _alone(lines, field, wrong, NOTHING_WRITTEN)


def _alone(found: list[str], field: str, wrong: dict[str, str], message: str) -> Any:
    if not found:
        wrong[field] = message
    return found[0] if len(found) == 1 else found


def _span(form: Form, field: str, wrong: dict[str, str]) -> str:
    unit = form.line(f"{field}.unit")
    number = _number(form.line(field), field, wrong, lowest=1, highest=999_999)
    return f"{number}{unit if unit in ('m', 'h', 'd', 'w') else 'd'}"


def _hours(form: Form, field: str, wrong: dict[str, str]) -> str:
    begin, end = (form.line(f"{field}.{edge}") for edge in ("from", "to"))
    if not (_TIME.fullmatch(begin) and _TIME.fullmatch(end)) or begin == end:
        wrong[field] = NO_TIMES
    return f"{begin}-{end}"


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
