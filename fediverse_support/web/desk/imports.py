"""Taking over a list of domains from a file or from what somebody pastes: first what it would do, then it.

A file of several mebibytes is read for those who look after the community and for nobody else.
"""

from collections.abc import Iterable, Mapping
from typing import cast, get_args

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.joining import severing
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Malformed, Missing, Refused, Trouble
from fediverse_support.database import import_drafts
from fediverse_support.database.import_drafts import ImportDraft
from fediverse_support.database.pool import Connection, acquire
from fediverse_support.moderation import domain_lists, foretelling
from fediverse_support.moderation.domain_lists import Imported
from fediverse_support.moderation.foretelling import Foretold
from fediverse_support.policy.document import Format
from fediverse_support.policy.lists.rows import Skip
from fediverse_support.web.forms import LARGEST_UPLOAD, Form
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Access, Visit, deed, page

FORMATS = ("auto", "csv", "json", "text")
EMPTY = N_("Choose a file, or paste a list.")
PASTED = N_("a pasted list")
LONGEST_SOURCE = 100

SKIPS: Mapping[Skip, str] = {
    "present": N_("there already"),
    "duplicate": N_("named twice"),
    "hidden": N_("hidden in part by *, so that nobody can tell whose they are"),
    "excluded": N_("excepted: no list may say anything about them"),
    "noop": N_("without effect"),
    "severity": N_("of a severity that we do not know"),
    "name": N_("not a domain"),
    "suffix": N_("everybody's, such as co.uk"),
    "own": N_("our own"),
    "address": N_("an IP address"),
    "actor": N_("about persons, not servers"),
    "advisory": N_("a warning without advice"),
}
"""Why rows are left out, in the order in which they are shown."""
assert set(SKIPS) == set(get_args(Skip))


@page(Access.STAFF)
async def show(visit: Visit) -> Response:
    """Where a list is chosen."""
    return _form(visit, Form({}))


def _form(visit: Visit, form: Form, refusal: Trouble | None = None) -> Response:
    return visit.render(
        "desk/import.html",
        refusal.status if refusal else 200,
        form=form,
        formats=FORMATS,
        message=visit.text(refusal.message) if refusal else "",
    )


@deed(Access.STAFF, connection="session", uploads=LARGEST_UPLOAD, limit="60 per 10 minutes")
async def choose(visit: Visit, form: Form) -> Response:
    """Keep the list and show what it would do; nothing is taken over yet."""
    try:
        text = form.uploaded("file") or form.text("list")
        if not text.strip():
            raise Malformed(EMPTY)
    except Malformed as refusal:
        return _form(visit, form, refusal)
    given = form.line("format")
    draft = ImportDraft(
        text=text,
        source=(form.line("source") or form.file_name("file"))[:LONGEST_SOURCE] or visit.text(PASTED),
        format=cast(Format, given if given in FORMATS else "auto"),
        overwrite=form.ticked("overwrite"),
        allow=form.ticked("allow"),
    )
    async with acquire(visit.services.pool) as db:
        await import_drafts.keep(db, visit.account.id, draft, clock.now())
    return RedirectResponse("/desk/domains/import/look", 303)


@page(Access.STAFF)
async def look(visit: Visit) -> Response:
    """What the chosen list would do, to the last domain and the last follow."""
    draft = await import_drafts.of_account(visit.db, visit.account.id)
    if draft is None:
        return RedirectResponse("/desk/domains/import", 303)
    return await _look(visit, draft)


async def _look(visit: Visit, draft: ImportDraft, refusal: Trouble | None = None) -> Response:
    """`refusal`: of the attempt to take it over."""
    status, needs_to_be_sure = refusal.status if refusal else 200, False
    try:
        try:
            imported, ahead = await _ahead(visit, draft, is_sure=False)
        except Conflict as conflict:
            imported, ahead = await _ahead(visit, draft, is_sure=True)
            refusal, needs_to_be_sure = conflict, True
    except (Refused, Malformed) as unreadable:
        return _form(visit, Form({"source": draft.source, "format": draft.format}), unreadable)
    return visit.render(
        "desk/import_look.html",
        status,
        draft=draft,
        imported=imported,
        skipped=skipped_in_words(visit, imported.skipped.items()),
        blocked=ahead.settled.newly_blocked,
        ends=ahead.ends,
        severs=ahead.severs,
        grace=severing.GRACE.days,
        needs_to_be_sure=needs_to_be_sure,
        message=visit.text(refusal.message) if refusal else "",
    )


async def _ahead(visit: Visit, draft: ImportDraft, *, is_sure: bool) -> tuple[Imported, Foretold]:
    return await foretelling.foretold(
        visit.db, lambda: _taken(visit, visit.db, draft, is_sure), lambda taken: taken.settled
    )


async def _taken(visit: Visit, db: Connection, draft: ImportDraft, is_sure: bool) -> Imported:
    return await domain_lists.imported(
        db,
        visit.services.site,
        draft.text,
        draft.source,
        visit.account,
        clock.now(),
        is_sure=is_sure,
        **{name: getattr(draft, name) for name in ("format", "overwrite", "allow")},
    )


def skipped_in_words(visit: Visit, skipped: Iterable[tuple[str, int]]) -> list[tuple[int, str]]:
    """How many rows of a list were left out, and why, in the visitor's language."""
    found = dict(skipped)
    return [(found[why], visit.text(words)) for why, words in SKIPS.items() if found.get(why)]


@deed(Access.STAFF)
async def take(visit: Visit, form: Form) -> Response:
    """Take the chosen list over, or throw it away."""
    draft = await import_drafts.of_account(visit.db, visit.account.id)
    if draft is None:
        raise Missing
    if form.line("do") == "discard":
        await import_drafts.forget(visit.db, visit.account.id)
        return RedirectResponse("/desk/domains", 303)
    try:
        async with visit.db.transaction():
            imported = await _taken(visit, visit.db, draft, form.ticked("is_sure"))
            await import_drafts.forget(visit.db, visit.account.id)
    except Conflict as refusal:
        return await _look(visit, draft, refusal)
    if not imported.settled.changed:
        return RedirectResponse("/desk/domains", 303)
    return RedirectResponse(f"/desk/policy/versions/{imported.settled.version}", 303)


ROUTES: list[Route] = [
    Route("/desk/domains/import", show),
    Route("/desk/domains/import", choose, methods=["POST"]),
    Route("/desk/domains/import/look", look),
    Route("/desk/domains/import/look", take, methods=["POST"]),
]
