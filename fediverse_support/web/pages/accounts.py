"""Signing in and out, asking to join, and what a member keeps about themselves."""

from starlette.responses import RedirectResponse, Response

from fediverse_support.accounts import grants, members, sessions, sign_in, sign_up
from fediverse_support.community.notifying import happenings
from fediverse_support.community.people import profiles
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Missing, Refused, TooMany, Trouble
from fediverse_support.core.models import Account
from fediverse_support.database import actors, drafts
from fediverse_support.web import forms
from fediverse_support.web.client_api.oauth.windows import kept_open
from fediverse_support.web.forms import Form
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Access, Visit, deed, page

NINETY_DAYS = 90 * 24 * 3600
NOTHING = Form({})


@page(Access.ANYONE)
async def show_sign_in(visit: Visit) -> Response:
    """The form to sign in."""
    after = forms.local_path(visit.request.query_params.get("next", "/"))
    if not visit.viewer.is_guest:
        return RedirectResponse(after, 303)
    return visit.render("sign_in.html", next=after, kept=None, message="")


@deed(Access.ANYONE, limit="30 per 15 minutes")
async def do_sign_in(visit: Visit, form: Form) -> Response:
    """Sign in; words that an ended session had kept become a draft again."""
    kept = form if form.text("source").strip() else None
    try:
        account = await sign_in.by_password(visit.db, form.line("name"), form.secret("password"), clock.now())
    except TooMany:
        raise
    except Refused as refusal:
        message = visit.text(refusal.message)
        after = form.path("next")
        return kept_open(
            visit.render("sign_in.html", refusal.status, next=after, kept=kept, message=message), after
        )
    return await _begin_session(visit, account, form, kept)


async def _begin_session(visit: Visit, account: Account, form: Form, kept: Form | None) -> Response:
    now = clock.now()
    after = form.path("next")
    async with visit.db.transaction():
        opened = await sessions.begin(visit.db, account, now, former=visit.session_token or None)
        if kept:
            after = form.path("place")
            await drafts.save(visit.db, account.id, after, form.line("title"), form.text("source"), now)
    response = RedirectResponse(after, 303)
    visit.set_cookie(response, visit.session_cookie, opened.token, NINETY_DAYS)
    response.delete_cookie(visit.form_cookie, secure=visit.services.settings.is_secure, httponly=True)
    return kept_open(response, after)


@deed(Access.ANYONE)
async def sign_out(visit: Visit, form: Form) -> Response:
    """End this session, or every session of this member and every app that may act for them."""
    if form.ticked("everywhere") and not visit.viewer.is_guest:
        async with visit.db.transaction():
            await sessions.end_all(visit.db, visit.account)
            await grants.end_all(visit.db, visit.account)
    await sessions.end(visit.db, visit.session_token)
    response = RedirectResponse("/", 303)
    response.delete_cookie(visit.session_cookie, secure=visit.services.settings.is_secure, httponly=True)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@page(Access.ANYONE)
async def show_join(visit: Visit) -> Response:
    """The form to ask for membership."""
    return _join_page(visit, NOTHING)


@deed(Access.ANYONE, limit="10 per hour")
async def do_join(visit: Visit, form: Form) -> Response:
    """Take a request to join."""
    request = sign_up.Request(
        name=form.line("name"),
        email=form.line("email"),
        password=form.secret("password"),
        words=form.text("words"),
    )
    services = visit.services
    try:
        async with visit.db.transaction():
            account = await sign_up.ask(
                visit.db,
                services.site,
                services.seal,
                services.settings.registration,
                request,
                now := clock.now(),
            )
            await happenings.signed_up(visit.db, account.actor_id, now)
    except (Refused, Conflict) as refusal:
        return _join_page(visit, form, refusal)
    return visit.render("joined.html", is_waiting=account.state == "waiting")


def _join_page(visit: Visit, form: Form, refusal: Trouble | None = None) -> Response:
    return visit.render(
        "join.html",
        refusal.status if refusal else 200,
        registration=visit.services.settings.registration,
        form=form,
        message=visit.text(refusal.message) if refusal else "",
    )


@page(Access.MEMBER)
async def you(visit: Visit) -> Response:
    """What a member keeps here about themselves."""
    is_changed = visit.request.query_params.get("changed") == "password"
    return await _you_page(visit, done=N_("The password is changed.") if is_changed else "")


async def _you_page(visit: Visit, status: int = 200, message: str = "", done: str = "") -> Response:
    actor = await actors.by_id(visit.db, visit.account.actor_id)
    if actor is None:
        raise Missing
    return visit.render(
        "you.html",
        status,
        actor=actor,
        sessions=await sessions.of(visit.db, visit.account),
        mark=sessions.mark_of(visit.session_token),
        message=visit.text(message),
        done=visit.text(done),
    )


@deed(Access.MEMBER)
async def describe(visit: Visit, form: Form) -> Response:
    """Change what others see of a member."""
    try:
        async with visit.db.transaction():
            await profiles.describe(
                visit.db,
                visit.services.site,
                visit.account,
                form.line("display_name"),
                form.text("about"),
                clock.now(),
            )
    except Refused as refusal:
        return await _you_page(visit, refusal.status, message=refusal.message)
    return RedirectResponse("/you", 303)


@deed(Access.MEMBER, limit="10 per 15 minutes")
async def change_password(visit: Visit, form: Form) -> Response:
    """Change the password; the session gets a new cookie and all others end."""
    try:
        async with visit.db.transaction():
            await members.change_password(
                visit.db,
                visit.account,
                visit.services.site,
                form.secret("present"),
                form.secret("new"),
            )
            opened = await sessions.begin(visit.db, visit.account, clock.now())
    except Refused as refusal:
        return await _you_page(visit, refusal.status, message=refusal.message)
    response = RedirectResponse("/you?changed=password", 303)
    visit.set_cookie(response, visit.session_cookie, opened.token, NINETY_DAYS)
    return response
