"""The workbench: the rules as sentences, with what is changed and not in force yet."""

import asyncio
from datetime import date
from typing import Literal, NamedTuple

import msgspec
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.core import clock
from fediverse_support.core.errors import Malformed, Trouble
from fediverse_support.moderation import policy
from fediverse_support.policy import scopes, sentences
from fediverse_support.policy.document import Document, RuleText
from fediverse_support.web.desk import sheets
from fediverse_support.web.desk.benches import Bench, at_desk, both
from fediverse_support.web.desk.sheets import Sheet, render, sheet_of
from fediverse_support.web.forms import Form
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Visit

AT_ONCE = 100

DONE = {
    "applied": N_("This is in force now. The history can take it back."),
    "undone": N_("The last change was taken back."),
    "discarded": N_("Your changes were thrown away. This is what is in force."),
}

Tag = tuple[Literal["", "clay", "sky", "plain"], str]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One rule in the list. `state`: what the draft does to it; `is_silent`: it matches nothing today."""

    number: int
    rule: RuleText
    sentence: str
    state: Literal["", "new", "changed", "gone"]
    is_silent: bool
    tags: tuple[Tag, ...]


class Pages(msgspec.Struct, frozen=True):
    """Where the pages before and after begin, if there are any."""

    before: int | None
    after: int | None


async def show(visit: Visit, bench: Bench) -> Response:
    """The rules in force, or the draft if there is one, with what it changes."""
    return await _page(visit, bench)


async def _page(visit: Visit, bench: Bench, refusal: Trouble | None = None) -> Response:
    sheet, query = await sheet_of(visit, bench), visit.request.query_params
    asked = query.get("q", "").strip()[:200]
    entries = _entries(sheet)
    if asked:
        entries = await asyncio.to_thread(_with_words, visit, entries, asked)
    shown, pages = _cut(entries, query.get("from", ""))
    history = await policy.history(visit.db, bench.scope, 1)
    return render(
        visit,
        bench,
        "desk/policy/overview.html",
        refusal.status if refusal else 200,
        sheet=sheet,
        lines=[_line(visit, entry) for entry in shown],
        pages=pages,
        asked=asked,
        elsewhere=_of_groups(sheet.document) if bench.group is None else (),
        version=history[0] if history else None,
        ways_open=refusal is not None,
        message=visit.text(refusal.message) if refusal else "",
        done=visit.text(DONE.get(query.get("done", ""), "")),
    )


class Entry(NamedTuple):
    """One rule with its number (0: the draft has taken it away) and as it was before the draft."""

    number: int
    rule: RuleText
    before: RuleText | None


def _entries(sheet: Sheet) -> list[Entry]:
    before = {rule.name: rule for rule in sheets.own(sheet.base, sheet.scope)}
    names = {rule.name for rule in sheet.rules}
    found = [Entry(number, rule, before.get(rule.name)) for number, rule in enumerate(sheet.rules, 1)]
    return found + [Entry(0, rule, rule) for name, rule in before.items() if name not in names]


def _with_words(visit: Visit, entries: list[Entry], asked: str) -> list[Entry]:
    """Those rules that have these words in their name, sentence or note."""
    wanted = asked.casefold()
    return [entry for entry in entries if wanted in _searched(visit, entry.rule).casefold()]


def _searched(visit: Visit, rule: RuleText) -> str:
    return f"{rule.name}\n{sentences.of_rule(rule, visit.text, names_group=False)}\n{rule.note}"


def _line(visit: Visit, entry: Entry) -> Line:
    number, rule, before = entry
    state: Literal["", "new", "changed", "gone"] = ""
    if number == 0:
        state = "gone"
    elif before != rule:
        state = "new" if before is None else "changed"
    today = clock.now().date()
    return Line(
        number=number,
        rule=rule,
        sentence=sentences.of_rule(rule, visit.text, names_group=False),
        state=state,
        is_silent=rule.is_off or _is_over(rule, today) or state == "gone",
        tags=tuple(_tags(visit, rule, state, today)),
    )


def _is_over(rule: RuleText, today: date) -> bool:
    return rule.expires is not None and rule.expires < today


def _tags(visit: Visit, rule: RuleText, state: str, today: date) -> list[Tag]:
    text = visit.text
    states: dict[str, Tag] = {
        "new": ("", text(N_("new, not in force yet"))),
        "changed": ("", text(N_("changed, not in force yet"))),
        "gone": ("clay", text(N_("taken away, but still in force"))),
    }
    found = [states[state]] if state else []
    if rule.is_off:
        found.append(("plain", text(N_("switched off"))))
    if _is_over(rule, today):
        found.append(("plain", text(N_("over: its last day has passed"))))
    if rule.review is not None and rule.review <= today:
        found.append(("clay", text(N_("look at it again"))))
    elif rule.review is not None:
        day = sentences.of_day(rule.review, text)
        found.append(("plain", text(N_("look at it again on %(day)s")) % {"day": day}))
    if rule.priority:
        found.append(("plain", text(N_("priority %(number)s")) % {"number": rule.priority}))
    return found


def _cut(entries: list[Entry], begin: str) -> tuple[list[Entry], Pages]:
    """The part of the list to show: a hundred rules."""
    at = int(begin) if begin.isascii() and begin.isdigit() and len(begin) < 7 else 0
    before = max(0, at - AT_ONCE) if at > 0 else None
    after = at + AT_ONCE if len(entries) > at + AT_ONCE else None
    return entries[at : at + AT_ONCE], Pages(before, after)


def _of_groups(document: Document) -> list[tuple[str, int]]:
    """The groups that have rules of their own, and how many."""
    found: dict[str, int] = {}
    for rule in document.rules:
        if name := scopes.group_of(rule.scope):
            found[name] = found.get(name, 0) + 1
    return sorted(found.items())


async def set_ways(visit: Visit, bench: Bench, form: Form) -> Response:
    """Put into the draft who may come in, and how many lists must agree."""
    sheet = await sheet_of(visit, bench)
    mode, consensus = form.line("mode"), form.line("consensus")
    if mode not in ("open", "allow-list"):
        return await _page(visit, bench, Malformed(N_("Choose who may come in.")))
    if not (consensus.isascii() and consensus.isdigit() and 1 <= int(consensus[:6]) <= 50):
        return await _page(visit, bench, Malformed(N_("Write a whole number from 1 to 50 for the lists.")))
    changed = msgspec.structs.replace(
        sheet.document, mode="open" if mode == "open" else "allow-list", consensus=int(consensus)
    )
    await sheets.save(visit, sheet, changed)
    return RedirectResponse(bench.policy, 303)


ROUTES: list[Route] = [*both("/policy", show), *at_desk("/policy/ways", set_ways)]
