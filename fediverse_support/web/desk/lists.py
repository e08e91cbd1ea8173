"""Lists of servers that are fetched by themselves: subscribing, what they changed, what waits for a yes."""

from collections.abc import Awaitable, Callable

import msgspec
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.joining import severing
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Malformed, Missing, Refused, Trouble
from fediverse_support.database import domain_lists as stored
from fediverse_support.database.domain_lists import Overview
from fediverse_support.database.pool import acquire
from fediverse_support.moderation import foretelling, subscriptions
from fediverse_support.moderation.list_fetching import ListFetcher
from fediverse_support.moderation.settling import Settled
from fediverse_support.policy.document import ListText
from fediverse_support.web.desk.imports import skipped_in_words
from fediverse_support.web.forms import Form
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Access, Visit, deed, page

FORMATS = ("auto", "csv", "json", "text", "fires")
MOST = ("blocked", "held", "limited")
DRAFTS_AT_ONCE = 80
"""A form has at most a hundred fields."""
HISTORY = 50
NO_NUMBER = N_("Priority and hours are whole numbers.")
TAKEN = N_("There is a list of this name already.")
UNREAD = N_("This list is being fetched just now. Look again in a minute.")
_FLAGS = ("drafts", "together", "lifts_retracted")


@page(Access.STAFF)
async def show_all(visit: Visit) -> Response:
    """Every list, and the form to subscribe to one."""
    return await _all(visit, Form({"drafts": "yes", "lifts_retracted": "yes"}))


async def _all(visit: Visit, form: Form, refusal: Trouble | None = None) -> Response:
    return visit.render(
        "desk/lists.html",
        refusal.status if refusal else 200,
        lists=await stored.listed(visit.db),
        form=form,
        formats=FORMATS,
        mosts=MOST,
        message=visit.text(refusal.message) if refusal else "",
    )


@deed(Access.STAFF)
async def subscribe(visit: Visit, form: Form) -> Response:
    """Add a list. The worker fetches it within a minute; with drafts on, nothing changes before a yes."""
    name = form.line("name")
    try:
        if await stored.by_name(visit.db, name) is not None:
            raise Conflict(TAKEN)
        async with visit.db.transaction():
            await _put(visit, name, _text(form, is_on=True))
    except (Refused, Malformed, Conflict) as refusal:
        return await _all(visit, form, refusal)
    return RedirectResponse(f"/desk/lists/{name}", 303)


@page(Access.STAFF)
async def show(visit: Visit) -> Response:
    """One list: how it counts, what the last fetches came to, what waits, what it has changed."""
    overview = await _overview(visit)
    return await _show(visit, overview, _as_form(overview.text))


async def _show(visit: Visit, overview: Overview, form: Form, refusal: Trouble | None = None) -> Response:
    after = _number(visit.request.query_params.get("after", "")) or 0
    drafts = await stored.waiting(visit.db, overview.id, limit=DRAFTS_AT_ONCE + 1, after=after)
    history = await stored.history(visit.db, overview.id, HISTORY)
    return visit.render(
        "desk/list.html",
        refusal.status if refusal else 200,
        one=overview,
        drafts=drafts[:DRAFTS_AT_ONCE],
        more=drafts[DRAFTS_AT_ONCE - 1].id if len(drafts) > DRAFTS_AT_ONCE else None,
        after=after,
        fetches=await stored.fetches(visit.db, overview.id, 10),
        left_out=lambda fetch: skipped_in_words(visit, fetch.numbers.items()),
        in_words=visit.text,
        history=[change for change in history if change.state != "waiting"],
        form=form,
        formats=FORMATS,
        mosts=MOST,
        message=visit.text(refusal.message) if refusal else "",
    )


@deed(Access.STAFF)
async def change(visit: Visit, form: Form) -> Response:
    """Change how a list counts, pause it, let it go on, or take it away with all that it says."""
    overview, do = await _overview(visit), form.line("do")
    try:
        wanted = _wanted(overview, form, do)
        if answer := await _warned(visit, overview.name, form, lambda: _put(visit, overview.name, wanted)):
            return answer
        async with visit.db.transaction():
            await _put(visit, overview.name, wanted)
    except (Refused, Malformed, Conflict) as refusal:
        return await _show(visit, overview, form, refusal)
    return RedirectResponse("/desk/lists" if wanted is None else f"/desk/lists/{overview.name}", 303)


def _wanted(overview: Overview, form: Form, do: str) -> ListText | None:
    if do == "remove":
        return None
    if do in ("pause", "resume"):
        return msgspec.structs.replace(overview.text, is_on=do == "resume")
    return _text(form, is_on=overview.is_on)


async def _put(visit: Visit, name: str, wanted: ListText | None) -> Settled:
    return await subscriptions.put(
        visit.db, visit.services.site, {name: wanted}, by=visit.account, why="", now=clock.now()
    )


@deed(Access.STAFF)
async def decide(visit: Visit, form: Form) -> Response:
    """Say yes or no to what a list wants to change: to what is ticked, or to all of it."""
    overview, do = await _overview(visit), form.line("do")
    ids = None
    if do in ("approve", "decline"):
        ids = [int(name[3:]) for name in form.fields if name.startswith("id.") and _number(name[3:])]
        if not ids:
            return RedirectResponse(f"/desk/lists/{overview.name}", 303)
    if do.startswith("decline"):
        async with visit.db.transaction():
            await subscriptions.decline(visit.db, overview.name, by=visit.account, now=clock.now(), ids=ids)
        return RedirectResponse(f"/desk/lists/{overview.name}", 303)

    async def approve() -> Settled:
        return await subscriptions.approve(
            visit.db, visit.services.site, overview.name, by=visit.account, now=clock.now(), ids=ids
        )

    if answer := await _warned(visit, overview.name, form, approve, "/decide"):
        return answer
    async with visit.db.transaction():
        await approve()
    return RedirectResponse(f"/desk/lists/{overview.name}", 303)


async def _warned(
    visit: Visit, name: str, form: Form, wanted: Callable[[], Awaitable[Settled]], way: str = ""
) -> Response | None:
    """The page that says what would end, unless nothing would, or it was seen."""
    if form.ticked("confirmed"):
        return None
    ahead = await foretelling.of_change(visit.db, wanted)
    if not ahead.severs:
        return None
    return visit.render(
        "desk/domain_confirm.html",
        name=", ".join(ahead.settled.newly_blocked[:5]),
        place=f"/desk/lists/{name}",
        action=f"/desk/lists/{name}{way}",
        fields={field: value for field, value in form.fields.items() if field != "csrf_token"},
        ends=ahead.ends,
        grace=severing.GRACE.days,
        on=clock.now() + severing.GRACE,
    )


@deed(Access.STAFF, connection="session", limit="30 per 10 minutes")
async def fetch(visit: Visit, form: Form) -> Response:
    """Fetch a list now; with `is_sure` what it says is taken although it has shrunk."""
    services, name = visit.services, _name(visit)
    fetcher = ListFetcher(services.pool, services.site, services.documents.client)
    if await fetcher.step(name, is_sure=form.ticked("is_sure")) is None:
        async with acquire(services.pool) as db:
            if await stored.by_name(db, name) is None:
                raise Missing
        raise Conflict(UNREAD)
    return RedirectResponse(f"/desk/lists/{name}", 303)


@deed(Access.STAFF)
async def lift(visit: Visit, form: Form) -> Response:
    """Let what a list has taken back, and was kept all the same, end."""
    overview = await _overview(visit)
    async with visit.db.transaction():
        await subscriptions.lift_kept(
            visit.db, visit.services.site, overview.name, by=visit.account, now=clock.now()
        )
    return RedirectResponse(f"/desk/lists/{overview.name}", 303)


def _name(visit: Visit) -> str:
    return str(visit.request.path_params["list"])


async def _overview(visit: Visit) -> Overview:
    """The list in the address. Raises `Missing`."""
    found = [one for one in await stored.listed(visit.db) if one.name == _name(visit)]
    if not found:
        raise Missing
    return found[0]


def _as_form(text: ListText) -> Form:
    said = {field: str(getattr(text, field)) for field in ("url", "format", "priority", "hours", "most")}
    return Form(said | {field: "yes" if getattr(text, field) else "" for field in _FLAGS})


def _text(form: Form, *, is_on: bool) -> ListText:
    given = {name: form.line(name) for name in ("format", "most")}
    if given["format"] not in FORMATS or given["most"] not in MOST:
        raise Malformed(N_("Choose one of the forms and one of the levels."))
    numbers = {name: _number(form.line(name)) for name in ("priority", "hours")}
    if None in numbers.values():
        raise Malformed(NO_NUMBER)
    flags = {name: form.ticked(name) for name in _FLAGS}
    return msgspec.convert(
        {"url": form.line("url"), **given, **numbers, **flags, "on": is_on}, ListText, strict=True
    )


def _number(given: str) -> int | None:
    return int(given) if given.isascii() and given.isdigit() and len(given) <= 18 else None


ROUTES: list[Route] = [
    Route("/desk/lists", show_all),
    Route("/desk/lists", subscribe, methods=["POST"]),
    Route("/desk/lists/{list}", show),
    Route("/desk/lists/{list}", change, methods=["POST"]),
    Route("/desk/lists/{list}/decide", decide, methods=["POST"]),
    Route("/desk/lists/{list}/fetch", fetch, methods=["POST"]),
    Route("/desk/lists/{list}/lift", lift, methods=["POST"]),
]
