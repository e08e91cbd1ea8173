"""From the fields of a form (`rule_forms.py`) back to a rule, with what is wrong by field."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Literal

import msgspec

from fediverse_support.policy.conditions import Condition
from fediverse_support.policy.decisions import AMENDMENTS, WARN
from fediverse_support.policy.document import RuleText
from fediverse_support.web.desk.rule_forms import PARTS, TICKED, listed, present, values
from fediverse_support.web.forms import Form
from fediverse_support.web.rendering import N_

LONGEST_NAME = 100
HIGHEST = 1_000
"""The highest priority, and, below nought, the lowest."""

NO_NAME = N_("Give the rule a name: it stands beside every decision that it makes.")
TOO_LONG = N_("This is too long for a name. Shorten it, please.")
NAME_TAKEN = N_("Another rule has this name. Choose one that tells them apart.")
NOT_A_NUMBER = N_("Write a whole number here, without a unit.")
NOTHING_CHOSEN = N_("Choose at least one, or take this condition away.")
NOTHING_WRITTEN = N_("Write at least one here, or take this condition away.")
NO_TIMES = N_("Say from when until when.")
NOT_A_DAY = N_("Write the day as year-month-day, like 2027-03-31.")
NO_OUTCOME = N_("Choose what shall happen.")


_TIME = re.compile(r"\d\d:\d\d")


class Written(msgspec.Struct, frozen=True):
    """What a form says: the rule, and what is wrong by field (the rule is then not fit for use)."""

    rule: RuleText
    wrong: Mapping[str, str]


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
    return before is not None and type(before) is not bool and listed(before) == listed(value)


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
