"""Writing one rule by form. Every press of a button keeps what was typed; only saving changes the draft."""

from collections.abc import Iterable
from typing import Literal

import msgspec
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Malformed, Missing, Trouble
from fediverse_support.database import drafts
from fediverse_support.policy import sentences
from fediverse_support.policy.conditions import Condition
from fediverse_support.policy.document import RuleText
from fediverse_support.policy.matching.compiling import checked_rule
from fediverse_support.policy.matching.rules import BadRule
from fediverse_support.policy.warnings import WARNINGS
from fediverse_support.web.desk import rule_forms, rule_reading, rule_words, sheets
from fediverse_support.web.desk.benches import Bench, both
from fediverse_support.web.desk.overview import number_in
from fediverse_support.web.desk.rule_reading import Written
from fediverse_support.web.desk.sheets import Sheet, render, sheet_of
from fediverse_support.web.forms import Form
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Visit

MOST_RULES = 20_000
GONE = N_(
    "This rule is not there any more: it was taken away or given another name in another window. "
    "Nothing was lost: what you typed is below, as a new rule."
)
ENOUGH = N_("There are as many rules as one community can have. Take one away first.")
BUTTONS = N_("Please use the buttons on the page.")
BLANK = RuleText(name="", then="hold")


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One condition on the form. `kind`: which element it is; `choices`: (value, words) of its boxes."""

    field: str
    kind: Literal["flag", "number", "span", "hours", "ticks", "lines"]
    label: str
    hint: str
    choices: tuple[tuple[str, str], ...] = ()


class Part(msgspec.Struct, frozen=True):
    """`when` or `unless`: its conditions, and those that can be added, by topic."""

    lines: tuple[Field, ...]
    offers: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


async def show_new(visit: Visit, bench: Bench) -> Response:
    """An empty form, one for a server that the address names, or the one that was left half-filled."""
    sheet = await sheet_of(visit, bench)
    kept = await _kept(visit, "")
    domain = visit.request.query_params.get("domain", "").strip().lower()[:253]
    blank = rule_forms.of_rule(BLANK)
    if domain:
        blank = Form({**blank.fields, "when.domain": domain.split(":")[0]})
    return _page(visit, bench, sheet, kept or blank, None, is_kept=kept is not None)


async def show(visit: Visit, bench: Bench) -> Response:
    """The form of a rule, as it is in the draft or as it was left half-filled."""
    sheet = await sheet_of(visit, bench)
    rule = _numbered(sheet, number_in(visit, "number"))
    kept = await _kept(visit, rule.name)
    return _page(visit, bench, sheet, kept or rule_forms.of_rule(rule), rule, is_kept=kept is not None)


def _numbered(sheet: Sheet, number: int) -> RuleText:
    if not 1 <= number <= sheet.many:
        raise Missing
    return sheet.rules[number - 1]


async def _kept(visit: Visit, was: str) -> Form | None:
    found = await drafts.at(visit.db, visit.account.id, visit.request.url.path)
    return rule_forms.read_kept(found.source, was) if found else None


def _page(
    visit: Visit,
    bench: Bench,
    sheet: Sheet,
    form: Form,
    was: RuleText | None,
    refusal: Trouble | None = None,
    *,
    is_kept: bool = False,
) -> Response:
    written = _written(sheet, form, was)
    shows_wrong = isinstance(refusal, Incomplete)
    return render(
        visit,
        bench,
        "desk/policy/rule.html",
        refusal.status if refusal else 200,
        form=form,
        was=was.name if was else "",
        action=visit.request.url.path if was else f"{bench.policy}/rules/new",
        parts={part: _part(visit, bench, sheet, form, part) for part in rule_forms.PARTS},
        sentence="" if written.wrong else sentences.of_rule(written.rule, visit.text, names_group=False),
        wrong={field: visit.text(why) for field, why in written.wrong.items()} if shows_wrong else {},
        message=visit.text(refusal.message) if refusal and not shows_wrong else "",
        is_kept=is_kept,
        is_amended=any(name.startswith("with.") and value for name, value in form.fields.items()),
        **_words(visit, written),
    )


def _words(visit: Visit, written: Written) -> dict[str, object]:
    """What the form says that is the same for every rule, in the visitor's language."""
    text = visit.text
    return {
        "anchors": {field: field.replace(".", "-") for field in written.wrong},
        "thens": [(value, text(said), text(hint)) for value, (said, hint) in rule_words.THENS.items()],
        "amendments": [(value, text(said)) for value, said in rule_words.AMENDMENTS.items()],
        "codes": [(code, text(warning.label)) for code, warning in WARNINGS.items()],
        "units": [(unit, text(said)) for unit, said in rule_words.UNITS.items()],
    }


class Incomplete(Malformed):
    """Something on the form is missing or wrong; what it is stands beside the field."""


def _written(sheet: Sheet, form: Form, was: RuleText | None) -> Written:
    """The rule that the form says; what the engine would not take is wrong as well."""
    others = [rule.name for rule in sheet.rules if was is None or rule.name != was.name]
    written = rule_reading.read(form, sheet.scope, was, others)
    if written.wrong:
        return written
    try:
        checked_rule(written.rule, sheet.words)
    except BadRule as bad:
        return Written(written.rule, {_field_of(bad, form): bad.what})
    return written


def _field_of(bad: BadRule, form: Form) -> str:
    """The field beside which the engine's complaint belongs."""
    return bad.where if bad.where in form.fields or bad.where == "with" else "name"


def _part(visit: Visit, bench: Bench, sheet: Sheet, form: Form, part: str) -> Part:
    there = rule_forms.present(form, part)
    names = {condition.name for condition in there}
    usable = {condition.name for condition in rule_forms.known_to(bench.scope)} - names
    offers = tuple(
        (visit.text(topic), offered)
        for topic, conditions in rule_words.TOPICS
        if (offered := tuple((name, _label(visit, name)) for name in conditions if name in usable))
    )
    return Part(tuple(_field(visit, sheet, form, part, condition) for condition in there), offers)


def _label(visit: Visit, name: str) -> str:
    return visit.text(rule_words.LABELS[name])


def _field(visit: Visit, sheet: Sheet, form: Form, part: str, condition: Condition) -> Field:
    field = f"{part}.{condition.name}"
    kind, choices = _kind(visit, sheet, condition, rule_forms.values(form, field))
    return Field(
        field=field,
        kind=kind,
        label=_label(visit, condition.name),
        hint=visit.text(rule_words.HINTS.get(condition.name, "")),
        choices=choices,
    )


def _kind(
    visit: Visit, sheet: Sheet, condition: Condition, ticked: Iterable[str]
) -> tuple[Literal["flag", "number", "span", "hours", "ticks", "lines"], tuple[tuple[str, str], ...]]:
    match condition.kind:
        case "flag" | "number" | "span" | "hours":
            return condition.kind, ()
        case "choice":
            said = rule_words.CHOICES
            return "ticks", tuple((one, visit.text(said[condition.name, one])) for one in condition.choices)
    if condition.name == "warning":
        known = {code: visit.text(warning.label) for code, warning in WARNINGS.items()}
        return "ticks", tuple((known | {one: known.get(one, one) for one in ticked}).items())
    if condition.name == "list":
        return "ticks", tuple((name, name) for name in dict.fromkeys([*sheet.words, *ticked]))
    return "lines", ()


async def write_new(visit: Visit, bench: Bench, form: Form) -> Response:
    """A press of a button on the form of a new rule."""
    return await _write(visit, bench, form, None)


async def write(visit: Visit, bench: Bench, form: Form) -> Response:
    """A press of a button on the form of a rule. The rule is known by its name: numbers shift."""
    sheet = await sheet_of(visit, bench)
    was = sheet.rule(form.text("was"))
    if was is None:
        return _page(visit, bench, sheet, form, None, Conflict(GONE))
    return await _write(visit, bench, form, was)


async def _write(visit: Visit, bench: Bench, form: Form, was: RuleText | None) -> Response:
    sheet, wanted = await sheet_of(visit, bench), form.line("do")
    match wanted:
        case "save":
            return await _save(visit, bench, sheet, form, was)
        case "forget":
            await _forget(visit)
            return RedirectResponse(visit.request.url.path, 303)
        case "remove" | "copy" if was is not None:
            return await _remove_or_copy(visit, bench, sheet, was, wanted)
    changed, place = rule_forms.after(form, wanted)
    try:
        source = rule_forms.write_kept(changed, was.name if was else "")
    except Malformed as refusal:
        return _page(visit, bench, sheet, changed, was, refusal)
    path = visit.request.url.path
    title = form.line("title") or form.line("name")
    await drafts.save(visit.db, visit.account.id, path, title, source, clock.now())
    return RedirectResponse(f"{path}#{place}", 303)


async def _save(visit: Visit, bench: Bench, sheet: Sheet, form: Form, was: RuleText | None) -> Response:
    written = _written(sheet, form, was)
    if written.wrong:
        return _page(visit, bench, sheet, form, was, Incomplete())
    if was is None and sheet.many >= MOST_RULES:
        return _page(visit, bench, sheet, form, was, Conflict(ENOUGH))
    rules = (
        (*sheet.rules, written.rule)
        if was is None
        else tuple(written.rule if rule.name == was.name else rule for rule in sheet.rules)
    )
    await _keep(visit, sheet, rules)
    number = next(at for at, rule in enumerate(rules, 1) if rule.name == written.rule.name)
    return RedirectResponse(_in_list(bench, number), 303)


def _in_list(bench: Bench, number: int) -> str:
    """The page of the list on which a rule stands."""
    at = (number - 1) // 100 * 100
    return f"{bench.policy}?from={at}#rule-{number}" if at else f"{bench.policy}#rule-{number}"


async def _remove_or_copy(visit: Visit, bench: Bench, sheet: Sheet, was: RuleText, wanted: str) -> Response:
    if wanted == "remove":
        await _keep(visit, sheet, tuple(rule for rule in sheet.rules if rule.name != was.name))
        return RedirectResponse(bench.policy, 303)
    taken = {rule.name for rule in sheet.rules}
    name = next(
        name for number in range(2, MOST_RULES + 3) if (name := _numbered_name(was, number)) not in taken
    )
    await _keep(visit, sheet, (*sheet.rules, msgspec.structs.replace(was, name=name)))
    return RedirectResponse(f"{bench.policy}/rules/{sheet.many + 1}", 303)


def _numbered_name(rule: RuleText, number: int) -> str:
    return f"{rule.name[: rule_reading.LONGEST_NAME - 8]} ({number})"


async def _keep(visit: Visit, sheet: Sheet, rules: tuple[RuleText, ...]) -> None:
    await sheets.save(visit, sheet, sheets.with_rules(sheet.document, sheet.scope, rules))
    await _forget(visit)


async def _forget(visit: Visit) -> None:
    await drafts.remove(visit.db, visit.account.id, visit.request.url.path)


ROUTES: list[Route] = [
    *both("/policy/rules/new", show_new, write_new, keeps=rule_forms.kept),
    *both("/policy/rules/{number}", show, write, keeps=rule_forms.kept),
]
