"""The draft as text: the same rules and word lists as on the forms, with what is wrong with them by line."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.core import clock
from fediverse_support.core.errors import Refused, Trouble
from fediverse_support.database import drafts
from fediverse_support.moderation import policy
from fediverse_support.policy import file, findings, scopes
from fediverse_support.policy.document import Document, WordList
from fediverse_support.policy.file import BadFile
from fediverse_support.policy.findings import Known
from fediverse_support.policy.matching.compiling import compile_rules
from fediverse_support.policy.wording import Finding, finding
from fediverse_support.web.desk import sheets
from fediverse_support.web.desk.benches import Bench, both
from fediverse_support.web.desk.sheets import Sheet, render, sheet_of
from fediverse_support.web.forms import Form
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Visit

MOST_SHOWN = 50
LONGEST_KEPT = 50_000
LONGEST_SHOWN = 200_000
"""Characters of a text that a browser can send back: percent-encoded, they may be three times as long."""
ELSEWHERE = N_("Servers and lists have pages of their own. Take this part out of the text.")
"""What is said to a text that speaks of domains."""


async def show(visit: Visit, bench: Bench) -> Response:
    """The draft as text, or what an ended session had kept of it."""
    sheet = await sheet_of(visit, bench)
    kept = await drafts.at(visit.db, visit.account.id, visit.request.url.path)
    text = kept.source if kept else await asyncio.to_thread(_written, sheet)
    if len(text) > LONGEST_SHOWN:
        return _page(visit, bench, sheet, "", [], is_too_long=True)
    return _page(visit, bench, sheet, text, [])


def _written(sheet: Sheet) -> str:
    return file.write(scopes.whole_of(sheet.document, sheet.scope))


def _page(
    visit: Visit,
    bench: Bench,
    sheet: Sheet,
    text: str,
    found: list[Finding],
    refusal: Trouble | None = None,
    *,
    checked: bool = False,
    is_too_long: bool = False,
) -> Response:
    is_wrong = any(one.weight == "error" for one in found)
    return render(
        visit,
        bench,
        "desk/policy/text.html",
        refusal.status if refusal else 400 if is_wrong else 200,
        sheet=sheet,
        text=text,
        findings=[
            {"line": one.line, "weight": one.weight, "what": one.said(visit.text)}
            for one in found[:MOST_SHOWN]
        ],
        more_findings=max(0, len(found) - MOST_SHOWN),
        is_wrong=is_wrong,
        is_fine=checked and not found,
        is_too_long=is_too_long,
        message=visit.text(refusal.message) if refusal else "",
    )


async def write(visit: Visit, bench: Bench, form: Form) -> Response:
    """Check the text, and put it into the draft if nothing is wrong. What is wrong stays as it was typed."""
    sheet, text = await sheet_of(visit, bench), form.text("text")
    known = await policy.known(visit.db, visit.services.site, clock.now())
    try:
        document, found = await asyncio.to_thread(_read, sheet, text, known)
    except BadFile as bad:
        return _page(visit, bench, sheet, text, list(bad.findings))
    except Refused as refusal:
        return _page(visit, bench, sheet, text, [], refusal)
    if form.line("do") == "check" or any(one.weight == "error" for one in found):
        return _page(visit, bench, sheet, text, found, checked=True)
    await sheets.save(visit, sheet, document)
    await drafts.remove(visit.db, visit.account.id, visit.request.url.path)
    return RedirectResponse(bench.policy, 303)


def _read(sheet: Sheet, text: str, known: Known) -> tuple[Document, list[Finding]]:
    """The draft that a text says, and what there is to say about it.

    Raises `BadFile`, and other `Refused` for what no line is known of.
    """
    whole, places = file.read_with_places(text, file.LARGEST_IN_BROWSER)
    if whole.domains is not None or whole.excludes is not None or whole.lists is not None:
        raise BadFile((finding(None, "error", ELSEWHERE),))
    document = scopes.laid_over(sheet.document, whole, sheet.scope)
    words = {**_shared_in(sheet, document), **document.words}
    found = findings.of_whole(msgspec.structs.replace(whole, words=words), known, places)
    if not any(one.weight == "error" for one in found):
        compile_rules(msgspec.structs.replace(document, words=words))
    return document, found


def _shared_in(sheet: Sheet, document: Document) -> dict[str, WordList]:
    """Those lists of the whole community that these rules ask for: of others there is nothing to be said."""
    asked = {name for rule in document.rules for part in (rule.when, rule.unless) for name in _names(part)}
    return {name: words for name, words in sheet.shared.items() if name in asked}


def _names(part: Mapping[str, Any]) -> Iterable[str]:
    asked = part.get("list", ())
    return (asked,) if isinstance(asked, str) else asked


def _kept(form: Form) -> Form:
    """What an ended session was about to send: the text, as far as a draft is long."""
    source = form.text("text")
    return Form(
        {
            "place": form.path("place"),
            "title": form.line("title"),
            "source": source if len(source) <= LONGEST_KEPT else "",
        }
    )


ROUTES: list[Route] = both("/policy/text", show, write, keeps=_kept)
