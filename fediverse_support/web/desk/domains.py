"""Other servers: the ladder as it holds, and what is said about one of them, by whom and why that counts."""

from datetime import date, timedelta
from urllib.parse import quote, urlencode

import msgspec
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.joining import severing
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Malformed, Missing, Refused, Trouble
from fediverse_support.core.models import LEVELS, Level
from fediverse_support.database import domain_lists, known_people, severances
from fediverse_support.database import domains as stored
from fediverse_support.moderation import domain_lists as exchanged
from fediverse_support.moderation import foretelling, ladder, staying
from fediverse_support.moderation.foretelling import Foretold
from fediverse_support.moderation.settling import Settled
from fediverse_support.policy import domain_names, sentences
from fediverse_support.policy.document import DomainText, Shown
from fediverse_support.policy.domain_names import UnfitName
from fediverse_support.policy.lists.writing import Form as ListForm
from fediverse_support.web.desk import domain_words
from fediverse_support.web.forms import Form
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Access, Visit, deed, page

AT_ONCE = 100
PEOPLE = 20
SOON = timedelta(days=14)
NO_DATE = N_("Write a day as 2027-01-31, or leave the field empty.")
_EXPORTS: dict[str, tuple[ListForm, str]] = {
    "csv": ("csv", "text/csv"),
    "json": ("json", "application/json"),
    "text": ("text", "text/plain"),
}


@page(Access.STAFF)
async def show_all(visit: Visit) -> Response:
    """The ladder, a page at a time, with a search; what is to be looked at again; whose follows end soon."""
    query = visit.request.query_params
    asked = {name: query.get(name, "").strip().lower()[:253] for name in ("search", "level", "from", "after")}
    level = asked["level"] if asked["level"] in LEVELS else ""
    lists = await domain_lists.listed(visit.db)
    source = {"hand": 0, **{one.name: one.id for one in lists}}.get(asked["from"])
    found = await stored.find(
        visit.db,
        search=asked["search"],
        level=level,
        list_id=source,
        after=asked["after"],
        limit=AT_ONCE + 1,
    )
    kept = {name: value for name, value in asked.items() if value and name != "after"}
    more = urlencode({**kept, "after": found[AT_ONCE - 1].domain}) if len(found) > AT_ONCE else ""
    today = clock.now().date()
    return visit.render(
        "desk/domains.html",
        lines=found[:AT_ONCE],
        more=more,
        asked=asked,
        is_filtered=bool(kept) or bool(asked["after"]),
        levels=LEVELS,
        lists=lists,
        mode=await stored.mode(visit.db),
        due=await stored.due_for_review(visit.db, today),
        ending=[one for one in await severances.standing(visit.db) if one.state == "waiting"],
        today=today,
        soon=today + SOON,
        day_of=lambda day: sentences.of_day(day, visit.text),
    )


@page(Access.STAFF)
async def look_up(visit: Visit) -> Response:
    """The way to the page of a server that somebody typed in."""
    try:
        name = domain_names.read_name(visit.request.query_params.get("domain", ""))
    except UnfitName as unfit:
        return visit.render("desk/domain_unfit.html", 422, message=visit.text(unfit.message))
    return RedirectResponse(_place(name), 303)


@page(Access.STAFF)
async def show(visit: Visit) -> Response:
    """What every source says about one server, what counts and why, and whom we know there."""
    name = _name(visit)
    found = await domain_words.known(visit.db, name)
    return await _show(visit, found, _as_form(found.entry))


async def _show(
    visit: Visit, found: domain_words.Known, form: Form, refusal: Trouble | None = None
) -> Response:
    return visit.render(
        "desk/domain.html",
        refusal.status if refusal else 200,
        known=found,
        meaning=domain_words.meaning(visit, found),
        why=domain_words.why(visit, found),
        choices=domain_words.choices(visit),
        shown=domain_words.shown(visit),
        form=form,
        people=await known_people.at(visit.db, found.name, PEOPLE),
        present=await severing.present(visit.db, found.name),
        message=visit.text(refusal.message) if refusal else "",
        asks_if_sure=isinstance(refusal, UnfitName) and refusal.why == "suffix",
    )


@deed(Access.STAFF)
async def change(visit: Visit, form: Form) -> Response:
    """Set what holds for a server, or take it away. If follows would end, that is said before."""
    name = _name(visit)
    try:
        wanted = None if form.line("do") == "remove" else _text(form)
        if not form.ticked("confirmed"):
            ahead = await foretelling.of_change(visit.db, lambda: _put(visit, name, wanted, form))
            if ahead.severs:
                return _confirm(visit, name, form, ahead)
        async with visit.db.transaction():
            await _put(visit, name, wanted, form)
    except (Refused, Malformed, Conflict) as refusal:
        return await _show(visit, await domain_words.known(visit.db, name), form, refusal)
    return RedirectResponse(_place(name), 303)


async def _put(visit: Visit, name: str, wanted: DomainText | None, form: Form) -> Settled:
    return await ladder.put(
        visit.db,
        visit.services.site,
        {name: wanted},
        by=visit.account,
        why=form.line("why")[:500],
        now=clock.now(),
        is_sure=form.ticked("is_sure"),
    )


def _confirm(visit: Visit, name: str, form: Form, ahead: Foretold) -> Response:
    fields = {field: value for field, value in form.fields.items() if field != "csrf_token"}
    return visit.render(
        "desk/domain_confirm.html",
        name=name,
        place=_place(name),
        fields=fields,
        ends=ahead.ends,
        grace=severing.GRACE.days,
        on=clock.now() + severing.GRACE,
    )


@deed(Access.STAFF)
async def stay(visit: Visit, form: Form) -> Response:
    """Take a block back before follows end."""
    async with visit.db.transaction():
        await staying.stay_in_touch(
            visit.db, visit.services.site, _read(form.line("host")), visit.account, clock.now()
        )
    return RedirectResponse("/desk/domains", 303)


@page(Access.STAFF)
async def export(visit: Visit) -> Response:
    """The ladder as a file that others can take over. Notes stay here."""
    query = visit.request.query_params
    form, kind = _EXPORTS.get(query.get("form", "csv"), _EXPORTS["csv"])
    allow = bool(query.get("allow"))
    text = await exchanged.written(visit.db, form, allow=allow)
    ending = "txt" if form == "text" else form
    name = f"{visit.services.site.domain.partition(':')[0]}-{'allowed' if allow else 'domains'}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(text, media_type=kind, headers=headers)


def _name(visit: Visit) -> str:
    """The domain in the address, if it is written there as we write it."""
    given = str(visit.request.path_params["domain"])
    if _read(given) != given:
        raise Missing
    return given


def _read(given: str) -> str:
    try:
        return domain_names.read_name(given)
    except UnfitName:
        raise Missing from None


def _place(name: str) -> str:
    return f"/desk/domains/of/{quote(name)}"


def _as_form(entry: DomainText | None) -> Form:
    if entry is None:
        return Form({})
    said = {
        name: str(value) for name, value in msgspec.to_builtins(entry).items() if value not in (None, False)
    }
    return Form({**said, "level": entry.level, "shown": entry.shown})


def _text(form: Form) -> DomainText:
    level, shown = form.line("level"), form.line("shown") or "open"
    if level not in LEVELS:
        raise Malformed(N_("Choose how to deal with this server."))
    return DomainText(
        level=msgspec.convert(level, Level),
        no_media=form.ticked("no_media"),
        no_reports=form.ticked("no_reports"),
        reason=form.line("reason"),
        note=form.text("note").strip(),
        shown=msgspec.convert(shown if shown in ("open", "partly", "hidden") else "open", Shown),
        expires=_day(form.line("expires")),
        review=_day(form.line("review")),
    )


def _day(given: str) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise Malformed(NO_DATE) from None


ROUTES: list[Route] = [
    Route("/desk/domains", show_all),
    Route("/desk/domains/look-up", look_up),
    Route("/desk/domains/export", export),
    Route("/desk/domains/stay", stay, methods=["POST"]),
    Route("/desk/domains/of/{domain}", show),
    Route("/desk/domains/of/{domain}", change, methods=["POST"]),
]
