"""Word lists, which rules ask for by their name. What is changed here is the draft."""

from urllib.parse import quote

import msgspec
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.core.errors import Conflict, Malformed, Missing, Trouble
from fediverse_support.database import drafts, policy_versions
from fediverse_support.policy.document import Document, RuleText, WordList
from fediverse_support.policy.matching.compiling import checked_list
from fediverse_support.policy.matching.rules import BadRule
from fediverse_support.web.desk import sheets
from fediverse_support.web.desk.benches import Bench, both
from fediverse_support.web.desk.sheets import Sheet, render, sheet_of
from fediverse_support.web.forms import Form
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Visit

LONGEST_NAME = 60
LONGEST_NOTE = 1_000
LONGEST_PHRASE = 200
LONGEST_SHOWN = 200_000
"""Characters of a list that a browser can send back: percent-encoded, they may be three times as long."""
NO_NAME = N_("Give the list a name of at most 60 characters.")
TAKEN = N_("There is a list of this name already, here or in a group. Choose another name.")
LONG_PHRASE = N_("This line is longer than 200 characters: “%(phrase)s …”. Shorten it, please.")
STILL_ASKED = N_("Nothing was changed: these rules still ask for this list: %(rules)s.")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One word list: how many phrases, which rules ask for it, whether the draft changes it."""

    name: str
    many: int
    note: str
    rules: tuple[str, ...]
    is_new: bool


async def show_all(visit: Visit, bench: Bench) -> Response:
    """Every word list of this scope, and the form to make one."""
    return await _all(visit, bench, Form({}))


async def _all(visit: Visit, bench: Bench, form: Form, refusal: Trouble | None = None) -> Response:
    sheet = await sheet_of(visit, bench)
    lists = _own(sheet)
    return render(
        visit,
        bench,
        "desk/policy/words.html",
        refusal.status if refusal else 200,
        sheet=sheet,
        lists=[
            Line(
                name=name,
                many=len(words.phrases),
                note=words.note,
                rules=_asking(sheet, name),
                is_new=sheet.base.words.get(name) != words,
            )
            for name, words in sorted(lists.items())
        ],
        name=form.line("name"),
        message=visit.text(refusal.message) if refusal else "",
    )


def _own(sheet: Sheet) -> dict[str, WordList]:
    return {name: words for name, words in sheet.document.words.items() if words.scope == sheet.scope}


def _asking(sheet: Sheet, name: str) -> tuple[str, ...]:
    return tuple(rule.name for rule in sheet.document.rules if _asks(rule, name))


def _asks(rule: RuleText, name: str) -> bool:
    asked = [part["list"] for part in (rule.when, rule.unless) if "list" in part]
    return any(name == one or (not isinstance(one, str) and name in one) for one in asked)


async def make(visit: Visit, bench: Bench, form: Form) -> Response:
    """Go to the page of a new list; it is there as soon as something is written on it."""
    name = form.line("name")
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        return await _all(visit, bench, form, Malformed(NO_NAME))
    everywhere = await policy_versions.document(visit.db)
    sheet = await sheet_of(visit, bench)
    if name in everywhere.words or name in sheet.document.words:
        return await _all(visit, bench, form, Conflict(TAKEN))
    return RedirectResponse(_place(bench, name), 303)


def _place(bench: Bench, name: str) -> str:
    return f"{bench.policy}/words/one?list={quote(name, safe='')}"


async def show(visit: Visit, bench: Bench) -> Response:
    """One list; one that is not there yet is empty."""
    sheet, name = await sheet_of(visit, bench), await _name(visit, bench)
    words = _own(sheet).get(name, WordList(phrases=()))
    kept = await drafts.at(visit.db, visit.account.id, _place(bench, name))
    phrases = kept.source if kept else "\n".join(words.phrases)
    return _page(visit, bench, sheet, name, phrases, words.note)


async def _name(visit: Visit, bench: Bench) -> str:
    """The name in the address. Raises `Missing` for none, and for that of a list of another scope."""
    name = visit.request.query_params.get("list", "")
    standing = (await policy_versions.document(visit.db)).words.get(name)
    is_foreign = standing is not None and standing.scope != bench.scope
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or is_foreign:
        raise Missing
    return name


def _page(
    visit: Visit,
    bench: Bench,
    sheet: Sheet,
    name: str,
    phrases: str,
    note: str,
    refusal: Trouble | None = None,
) -> Response:
    return render(
        visit,
        bench,
        "desk/policy/word_list.html",
        refusal.status if refusal else 200,
        name=name,
        phrases=phrases,
        note=note,
        rules=_asking(sheet, name),
        is_too_long=len(phrases) > LONGEST_SHOWN,
        message=refusal.message if refusal else "",
    )


async def write(visit: Visit, bench: Bench, form: Form) -> Response:
    """Put the list into the draft, or take it out."""
    sheet, name = await sheet_of(visit, bench), await _name(visit, bench)
    note = form.line("note")[:LONGEST_NOTE]
    try:
        document = (
            _without(visit, sheet, name)
            if form.line("do") == "remove"
            else _with(visit, sheet, name, form.text("phrases"), note)
        )
    except (Malformed, Conflict) as refusal:
        return _page(visit, bench, sheet, name, form.text("phrases"), note, refusal)
    await sheets.save(visit, sheet, document)
    await drafts.remove(visit.db, visit.account.id, _place(bench, name))
    return RedirectResponse(f"{bench.policy}/words", 303)


def _without(visit: Visit, sheet: Sheet, name: str) -> Document:
    if rules := _asking(sheet, name):
        raise Conflict(visit.text(STILL_ASKED) % {"rules": ", ".join(rules)})
    words = {other: words for other, words in sheet.document.words.items() if other != name}
    return msgspec.structs.replace(sheet.document, words=words)


def _with(visit: Visit, sheet: Sheet, name: str, text: str, note: str) -> Document:
    phrases = tuple(dict.fromkeys(" ".join(line.split()) for line in text.split("\n") if line.strip()))
    for phrase in phrases:
        if len(phrase) > LONGEST_PHRASE:
            raise Malformed(visit.text(LONG_PHRASE) % {"phrase": phrase[:60]})
    words = WordList(phrases=phrases, scope=sheet.scope, note=note)
    try:
        checked_list(name, words)
    except BadRule as bad:
        raise Malformed(bad.what) from None
    return msgspec.structs.replace(sheet.document, words={**sheet.document.words, name: words})


def _kept(form: Form) -> Form:
    """What an ended session was about to send: the phrases, as the draft of this list."""
    source = form.text("phrases")[:50_000]
    return Form({"place": form.path("place"), "title": form.line("title"), "source": source})


ROUTES: list[Route] = [
    *both("/policy/words", show_all, make),
    *both("/policy/words/one", show, write, keeps=_kept),
]
