"""The page on which a member lets an app act for them, or does not.

    /oauth/authorize   asks, after signing in if need be; the answer goes to the app's own address
    …/native           shows the code, for programs that have no address

What is wrong with a request is said on a page here and never sent on: anybody can register an app, so that a
page of ours that passes visitors on unasked would be an open redirect (RFC 9700, 4.11.2). It is always asked,
also of an app that was allowed before: another app may use its name.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.accounts import authorizing
from fediverse_support.accounts.authorizing import Wish
from fediverse_support.core import clock
from fediverse_support.core.errors import Denied, Malformed, Missing
from fediverse_support.protocol import oauth
from fediverse_support.web import forms
from fediverse_support.web.client_api.oauth import permissions
from fediverse_support.web.client_api.oauth.windows import ASK, kept_open
from fediverse_support.web.forms import Form
from fediverse_support.web.middleware import CONTENT_SECURITY_POLICY
from fediverse_support.web.rendering import LANGUAGES
from fediverse_support.web.security import Access, Visit, deed, page

NATIVE = f"{ASK}/native"
PARAMETERS = (
    "response_type",
    "response_mode",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "lang",
)
"""What is kept on the way through the sign-in. Everything else is ignored."""
DENIED = (
    ("error", "access_denied"),
    ("error_description", "The resource owner or authorization server denied the request."),
)

_CODE = re.compile(r"[A-Za-z0-9_-]{43}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NO = frozenset(("", "0", "false", "f", "off", "no", "none", "null"))


@page(Access.ANYONE)
async def ask(visit: Visit) -> Response:
    """The question, once it is known who is asked."""
    query = visit.request.query_params
    asked = _asked(query)
    _speak(visit, asked)
    try:
        wish = await _wish(visit, asked)
    except Denied as trouble:
        return _refused(visit, trouble)
    place = _place(asked)
    if visit.viewer.is_guest or query.get("force_login", "").strip().lower() not in _NO:
        return kept_open(
            visit.render("sign_in.html", next=place, kept=None, message="", app=wish.application.name)
        )
    return await _question(visit, wish, asked)


async def _question(visit: Visit, wish: Wish, asked: Mapping[str, str]) -> Response:
    response = visit.render(
        "oauth/consent.html",
        wish=wish,
        asked={name: value for name, value in asked.items() if value},
        kind=oauth.kind_of(wish.redirect_uri),
        place=oauth.host_of(wish.redirect_uri) or oauth.scheme_of(wish.redirect_uri),
        is_open=wish.redirect_uri.startswith("http:") and oauth.kind_of(wish.redirect_uri) == "site",
        permissions=[visit.text(words) for words in permissions.in_words(wish.scopes)],
        groups=await authorizing.cared_for(visit.db, visit.viewer),
        another=f"{_place(asked)}&force_login=true",
    )
    # Browsers hold `form-action` against the redirect that answers the form, too.
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.replace(
        "form-action 'self'", f"form-action {oauth.sources_of(wish.redirect_uri)}"
    )
    return kept_open(response)


@deed(Access.ANYONE, limit="60 per 15 minutes")
async def answer(visit: Visit, form: Form) -> Response:
    """Yes or no. Everything is looked at once more: the form came from a browser."""
    asked = _asked(form.fields)
    _speak(visit, asked)
    try:
        wish = await _wish(visit, asked)
    except Denied as trouble:
        return _refused(visit, trouble)
    if visit.viewer.is_guest:
        return kept_open(RedirectResponse(_place(asked), 303))
    if form.line("decision") == "deny":
        return _sent(wish, *DENIED)
    if form.line("decision") != "allow":
        raise Malformed("Please use the buttons on the page.")
    acts_as = forms.number_in(form.line("as")) or visit.account.actor_id
    async with visit.db.transaction():
        code = await authorizing.allow(visit.db, visit.viewer, wish, acts_as, clock.now())
    return _sent(wish, ("code", code))


@page(Access.ANYONE, connection="session")
async def native(visit: Visit) -> Response:
    """The code, to be copied. Nothing but what can be a code is ever shown here."""
    code = visit.request.query_params.get("code", "")
    if "error" in visit.request.query_params:
        return visit.render("oauth/code.html", code="")
    if not _CODE.fullmatch(code):
        raise Missing
    return visit.render("oauth/code.html", code=code)


async def _wish(visit: Visit, asked: Mapping[str, str]) -> Wish:
    application = await authorizing.asking(
        visit.db, asked.get("client_id", ""), asked.get("redirect_uri", "")
    )
    return authorizing.wished(application, asked)


def _asked(sent: Mapping[str, str]) -> dict[str, str]:
    """The parameters that count, to the letter. Raises `Malformed` for what no app sends."""
    asked = {name: sent[name] for name in PARAMETERS if name in sent}
    if any(_CONTROL.search(value) for value in asked.values()):
        raise Malformed("The app sent something that we cannot read. Please sign in from the app again.")
    if forms.local_path(_place(asked), "") == "":
        raise Malformed("The app sent more than we take. Please sign in from the app again.")
    return asked


def _place(asked: Mapping[str, str]) -> str:
    """This page with the same question, to come back to after signing in."""
    return f"{ASK}?{urlencode(asked)}"


def _speak(visit: Visit, asked: Mapping[str, str]) -> None:
    """Speak the language that the app speaks, if we do; Mastodon.py sends the word None."""
    language = asked.get("lang", "").lower()[:2]
    if language in LANGUAGES:
        visit.language = language


def _refused(visit: Visit, trouble: Denied) -> Response:
    return kept_open(
        visit.render("oauth/refused.html", 400, message=visit.text(trouble.message), code=trouble.code)
    )


def _sent(wish: Wish, *values: tuple[str, str]) -> Response:
    """On to the app. The address stays as it was registered: a library would write `://` in its own way."""
    if wish.redirect_uri == oauth.OUT_OF_BAND:
        return kept_open(RedirectResponse(f"{NATIVE}?{urlencode(values)}", 303))
    address = authorizing.answer_to(wish, *values)
    return kept_open(Response(status_code=303, headers={"Location": address, "Cache-Control": "no-store"}))


ROUTES = [
    Route(ASK, ask),
    Route(f"{ASK}/", ask),
    Route(ASK, answer, methods=["POST"]),
    Route(f"{ASK}/", answer, methods=["POST"]),
    Route(NATIVE, native),
]
