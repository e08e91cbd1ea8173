"""What the community says of itself: its name, how it is reached, how it treats data, its terms and rules."""

from datetime import date

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.groups.rules import MOST, Words
from fediverse_support.community.house import description, house_rules, house_texts
from fediverse_support.core import clock
from fediverse_support.core.errors import Malformed
from fediverse_support.database import house_texts as stored
from fediverse_support.moderation import deeds
from fediverse_support.web.forms import Form
from fediverse_support.web.pages import rule_forms
from fediverse_support.web.pages.rule_forms import Draft
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Access, Visit, deed, page

_NO_DAY = N_("This is not a day. Write it like 2026-11-30.")
ADDRESS = "/desk/house"
RULES = "/desk/house/rules"
KEPT = "kept"
"""In the query of the page that one comes back to: what was sent is stored."""


@page(Access.ADMIN)
async def show(visit: Visit) -> Response:
    """The words as they are."""
    found = await description.of(visit.db)
    privacy = await house_texts.current(visit.db, "privacy", clock.now())
    terms = await house_texts.current(visit.db, "terms", clock.now())
    fields = {
        "title": found.title,
        "tagline": found.tagline,
        "about": found.about_source,
        "email": found.contact_email,
        "languages": " ".join(found.languages),
        "privacy": privacy.source if privacy else "",
        "terms": terms.source if terms else "",
    }
    return await _page(visit, Form(fields))


async def _page(visit: Visit, form: Form, status: int = 200, message: str = "") -> Response:
    return visit.render(
        "desk/house.html",
        status,
        form=form,
        message=visit.text(message),
        is_kept=_is_kept(visit),
        versions=await stored.versions(visit.db, "terms"),
        today=clock.now().date(),
    )


@deed(Access.ADMIN)
async def change(visit: Visit, form: Form) -> Response:
    """Keep one of the three parts; what does not fit is shown again as it was typed."""
    part = form.line("part")
    try:
        async with visit.db.transaction():
            await _change(visit, form, part)
            await deeds.record(visit.db, visit.account, "edit community", part[:60], "", clock.now())
    except Malformed as trouble:
        return await _page(visit, form, trouble.status, trouble.message)
    visit.services.templates.house.forget()
    return RedirectResponse(f"{ADDRESS}?{KEPT}", 303)


async def _change(visit: Visit, form: Form, part: str) -> None:
    db, now = visit.db, clock.now()
    match part:
        case "words":
            await description.edit(
                db, title=form.line("title"), tagline=form.line("tagline"), about=form.text("about")
            )
            languages = form.line("languages").replace(",", " ").split()
            await description.edit_contact(db, email=form.line("email"), languages=languages)
        case "privacy":
            await house_texts.publish(db, "privacy", form.text("privacy"), None, now)
        case "terms":
            await house_texts.publish(db, "terms", form.text("terms"), _day(form.line("from")), now)
        case _:
            raise Malformed(N_("Please use the buttons on the page."))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Malformed(_NO_DAY) from None


@page(Access.ADMIN)
async def show_rules(visit: Visit) -> Response:
    """The rules of the whole community, to change."""
    in_force = await house_rules.in_force(visit.db)
    words = tuple(Words(rule.title, rule.details_source) for rule in in_force)
    return _rules_page(visit, Draft(rules=words or (Words(""),)))


def _rules_page(visit: Visit, draft: Draft, status: int = 200, message: str = "") -> Response:
    return visit.render(
        "desk/house_rules.html",
        status,
        draft=draft,
        message=visit.text(message),
        most=MOST,
        is_kept=_is_kept(visit),
    )


def _is_kept(visit: Visit) -> bool:
    return visit.request.method == "GET" and KEPT in visit.request.query_params


@deed(Access.ADMIN)
async def change_rules(visit: Visit, form: Form) -> Response:
    """Add, move or take out one on the page; or put all into force."""
    draft, wanted = rule_forms.read(form), form.line("do")
    if wanted != "publish":
        return _rules_page(visit, rule_forms.after(draft, wanted)[0])
    try:
        async with visit.db.transaction():
            now = clock.now()
            made = await house_rules.publish(visit.db, draft.rules, now)
            titles = "; ".join(rule.title for rule in made)
            await deeds.record(visit.db, visit.account, "change rules", "", titles[:2_000], now)
    except Malformed as trouble:
        return _rules_page(visit, draft, trouble.status, trouble.message)
    return RedirectResponse(f"{RULES}?{KEPT}", 303)


ROUTES = [
    Route(ADDRESS, show),
    Route(ADDRESS, change, methods=["POST"]),
    Route(RULES, show_rules),
    Route(RULES, change_rules, methods=["POST"]),
]
