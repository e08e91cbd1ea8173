"""Ready-made rules for a group: presets of a sentence each, and single pieces with a question or two.

They go into the draft of who looks after the group, as ordinary rules. The workbench itself is that of the
desk (`web/desk/`), under the address of the group.
"""

from typing import Literal

import msgspec
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.core.errors import Malformed, Trouble
from fediverse_support.policy import sentences
from fediverse_support.policy.document import RuleText
from fediverse_support.policy.matching.compiling import checked_rule
from fediverse_support.policy.presets import BUILDING_BLOCKS, PRESETS, Block, Param, Preset, expand
from fediverse_support.policy.warnings import WARNINGS
from fediverse_support.web.desk import rule_words, sheets
from fediverse_support.web.desk.benches import Bench, bench_of
from fediverse_support.web.desk.sheets import render, sheet_of
from fediverse_support.web.forms import Form
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Access, Visit, deed, page

UNKNOWN = N_("Please use the buttons on the page.")
NOT_A_NUMBER = N_("Write a whole number here, without a unit.")
HINTS = {"names": N_("One a line, without #."), "domains": N_("One a line.")}


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One preset, with its rules as sentences."""

    key: str
    title: str
    sentence: str
    rules: tuple[str, ...]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One question of a piece. `id` is unique on the page; `choices` are (value, words, is chosen)."""

    id: str
    name: str
    kind: Literal["number", "lines", "hours", "ticks", "choice"]
    label: str
    hint: str
    value: str
    choices: tuple[tuple[str, str, bool], ...] = ()


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """One building block as a short form."""

    key: str
    title: str
    hint: str
    fields: tuple[Asked, ...]
    is_open: bool


@page(Access.MEMBER)
async def show(visit: Visit) -> Response:
    """The presets and the pieces."""
    return await _page(visit, await bench_of(visit), Form({}))


async def _page(visit: Visit, bench: Bench, form: Form, refusal: Trouble | None = None) -> Response:
    return render(
        visit,
        bench,
        "desk/policy/presets.html",
        refusal.status if refusal else 200,
        sheet=await sheet_of(visit, bench),
        presets=[_card(visit, bench, preset) for preset in PRESETS.values()],
        pieces=[_piece(visit, block, form) for block in BUILDING_BLOCKS.values()],
        message=visit.text(refusal.message) if refusal else "",
    )


def _card(visit: Visit, bench: Bench, preset: Preset) -> Card:
    rules = expand(preset.key, bench.name)
    return Card(
        key=preset.key,
        title=visit.text(preset.title),
        sentence=visit.text(preset.sentence),
        rules=tuple(sentences.of_rule(rule, visit.text, names_group=False) for rule in rules),
    )


def _piece(visit: Visit, block: Block, form: Form) -> Piece:
    is_open = form.line("block") == block.key
    return Piece(
        key=block.key,
        title=visit.text(block.title),
        hint=visit.text(block.sentence),
        fields=tuple(_asked(visit, block, one, form if is_open else None) for one in block.params),
        is_open=is_open,
    )


def _asked(visit: Visit, block: Block, param: Param, form: Form | None) -> Asked:
    default = param.default if isinstance(param.default, str | int) else "\n".join(param.default)
    return Asked(
        id=f"{block.key}-{param.name}",
        name=param.name,
        kind=_kind(param),
        label=visit.text(param.label),
        hint=visit.text(HINTS.get(param.kind, "")),
        value=str(default) if form is None else form.text(param.name),
        choices=tuple(_choice(visit, param, one, form) for one in param.choices),
    )


def _kind(param: Param) -> Literal["number", "lines", "hours", "ticks", "choice"]:
    match param.kind:
        case "number" | "hours":
            return param.kind
        case "choice":
            return "choice" if isinstance(param.default, str) else "ticks"
    return "lines"


def _choice(visit: Visit, param: Param, value: str, form: Form | None) -> tuple[str, str, bool]:
    warning = WARNINGS.get(value)
    said = warning.label if warning else rule_words.CHOICES.get(("sender", value), value)
    if form is None:
        is_chosen = value == param.default if isinstance(param.default, str) else value in param.default
    else:
        is_chosen = form.line(param.name) == value or form.ticked(f"{param.name}.{value}")
    return value, visit.text(said), is_chosen


@deed(Access.MEMBER, limit="300 per 10 minutes")
async def use(visit: Visit, form: Form) -> Response:
    """Put a preset or one piece into the draft."""
    bench = await bench_of(visit)
    sheet = await sheet_of(visit, bench)
    try:
        rules = _chosen(bench, form)
        for rule in rules:
            checked_rule(rule, sheet.words)
    except Malformed as refusal:
        return await _page(visit, bench, form, refusal)
    gone = {rule.name for rule in rules} | (_of_presets(bench) if form.line("preset") else set())
    kept = tuple(rule for rule in sheet.rules if rule.name not in gone)
    await sheets.save(visit, sheet, sheets.with_rules(sheet.document, bench.scope, (*kept, *rules)))
    return RedirectResponse(bench.policy, 303)


def _chosen(bench: Bench, form: Form) -> tuple[RuleText, ...]:
    if form.line("preset"):
        if form.line("preset") not in PRESETS:
            raise Malformed(UNKNOWN)
        return expand(form.line("preset"), bench.name)
    block = BUILDING_BLOCKS.get(form.line("block"))
    if block is None:
        raise Malformed(UNKNOWN)
    return (block.rule(bench.name, {one.name: _answer(one, form) for one in block.params}),)


def _of_presets(bench: Bench) -> set[str]:
    """The names of all rules that presets make: those of one take the place of those of another."""
    return {rule.name for key in PRESETS for rule in expand(key, bench.name)}


def _answer(param: Param, form: Form) -> object:
    match _kind(param):
        case "number":
            given = form.line(param.name)
            if not (given.isascii() and given.isdigit() and len(given) < 7):
                raise Malformed(NOT_A_NUMBER)
            return int(given)
        case "hours":
            return f"{form.line(f'{param.name}.from')}-{form.line(f'{param.name}.to')}"
        case "ticks":
            return tuple(one for one in param.choices if form.ticked(f"{param.name}.{one}"))
        case "choice":
            if form.line(param.name) not in param.choices:
                raise Malformed(UNKNOWN)
            return form.line(param.name)
    lines = (line.strip().lstrip("#") for line in form.text(param.name).split("\n"))
    return tuple(line for line in lines if line)


ROUTES: list[Route] = [
    Route("/groups/{name}/policy/presets", show),
    Route("/groups/{name}/policy/presets", use, methods=["POST"]),
]
