"""What the community tells its members, written at the desk."""

from datetime import UTC, date, datetime, time

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.house import announcements
from fediverse_support.community.house.announcements import MOST_AT_ONCE, Words
from fediverse_support.core import clock
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.core.markup import excerpt
from fediverse_support.database import announcements as stored
from fediverse_support.database.announcements import Announcement
from fediverse_support.moderation import deeds
from fediverse_support.web.desk.overview import number_in
from fediverse_support.web.forms import Form
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Access, Visit, deed, page

_NO_DAY = N_("This is not a day. Write it like 2026-11-30.")
ADDRESS = "/desk/announcements"


@page(Access.STAFF)
async def show(visit: Visit) -> Response:
    """All of them, with a form for another one."""
    return await _page(visit, Form({}))


async def _page(visit: Visit, form: Form, status: int = 200, message: str = "") -> Response:
    return visit.render(
        "desk/announcements.html",
        status,
        announcements=await stored.every(visit.db, MOST_AT_ONCE),
        form=form,
        message=visit.text(message),
    )


@deed(Access.STAFF, limit="30 per hour")
async def publish(visit: Visit, form: Form) -> Response:
    """Tell all members."""
    now = clock.now()
    try:
        async with visit.db.transaction():
            made = await announcements.publish(visit.db, _words(form), now)
            await deeds.record(visit.db, visit.account, "announce", str(made.id), _in_short(made), now)
    except Malformed as trouble:
        return await _page(visit, form, trouble.status, trouble.message)
    return RedirectResponse(ADDRESS, 303)


@page(Access.STAFF)
async def show_one(visit: Visit) -> Response:
    """One of them, to say in other words."""
    found = await _found(visit)
    return _edit_page(visit, found, form_of(found))


def _edit_page(
    visit: Visit, found: Announcement, form: Form, status: int = 200, message: str = ""
) -> Response:
    return visit.render(
        "desk/announcement.html", status, announcement=found, form=form, message=visit.text(message)
    )


@deed(Access.STAFF)
async def change(visit: Visit, form: Form) -> Response:
    """Say it in other words, or take it back."""
    now, found = clock.now(), await _found(visit)
    try:
        async with visit.db.transaction():
            if form.line("deed") == "remove":
                await announcements.remove(visit.db, found.id)
                await deeds.record(
                    visit.db, visit.account, "remove announcement", str(found.id), _in_short(found), now
                )
            else:
                changed = await announcements.change(visit.db, found.id, _words(form), now)
                await deeds.record(
                    visit.db, visit.account, "change announcement", str(found.id), _in_short(changed), now
                )
    except Malformed as trouble:
        return _edit_page(visit, found, form, trouble.status, trouble.message)
    return RedirectResponse(ADDRESS, 303)


def form_of(found: Announcement) -> Form:
    """The fields of an announcement as they were written."""
    return Form(
        {
            "text": found.source,
            "starts": found.starts_at.date().isoformat() if found.starts_at else "",
            "ends": found.ends_at.date().isoformat() if found.ends_at else "",
        }
    )


async def _found(visit: Visit) -> Announcement:
    found = await stored.by_id(visit.db, number_in(visit))
    if found is None:
        raise Missing
    return found


def _words(form: Form) -> Words:
    """Days are whole days in UTC: what is announced here is rarely about an hour."""
    starts, ends = _day(form.line("starts")), _day(form.line("ends"))
    return Words(
        source=form.text("text"),
        starts_at=datetime.combine(starts, time.min, UTC) if starts else None,
        ends_at=datetime.combine(ends, time(23, 59, 59), UTC) if ends else None,
        all_day=starts is not None or ends is not None,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Malformed(_NO_DAY) from None


def _in_short(one: Announcement) -> str:
    return excerpt(one.html, 200)


ROUTES = [
    Route(ADDRESS, show),
    Route(ADDRESS, publish, methods=["POST"]),
    Route(f"{ADDRESS}/{{id}}", show_one),
    Route(f"{ADDRESS}/{{id}}", change, methods=["POST"]),
]
