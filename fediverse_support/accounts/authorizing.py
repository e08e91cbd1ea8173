"""Letting an application act for somebody: from what it asks for, over a code, to a token.

    wished ── the member says yes ── allow ── code ── the application ── redeem ── token

A code is for one application, one address, once, within ten minutes, and with PKCE for whoever asked. One
that comes twice was stolen or lost: what it was given for ends (RFC 6749, 4.1.2).
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from fediverse_support.accounts import applications, grants
from fediverse_support.core import scopes
from fediverse_support.core.errors import Denied, Forbidden, Missing
from fediverse_support.core.models import Account, Actor, Viewer
from fediverse_support.database import accounts, actors, authorization_codes
from fediverse_support.database import applications as registered
from fediverse_support.database import grants as stored
from fediverse_support.database.applications import Application
from fediverse_support.database.pool import Connection
from fediverse_support.protocol import oauth
from fediverse_support.protocol.oauth import Mode

LASTS = timedelta(minutes=10)
REMEMBERED = timedelta(days=1)
"""So long a second use of a code is noticed."""
MOST_OWN = 20
"""Tokens of an application itself; the oldest end when there are more."""
LONGEST_STATE = 2000


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What an application asks a member to allow, checked."""

    application: Application
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    challenge: str | None
    mode: Mode


class Issued(msgspec.Struct, frozen=True):
    """A new token: the only time that anybody sees it."""

    token: str
    scopes: tuple[str, ...]
    made_at: datetime


async def asking(db: Connection, client_id: str, redirect_uri: str) -> Application:
    """The application that asks. Raises `Denied` if it is unknown or the address is not one of its own to the
    letter; then nothing may be sent to that address.
    """
    application = await applications.known(db, client_id)
    if application is None:
        raise Denied("invalid_client", "We do not know this app. Please sign in from the app again.")
    if redirect_uri not in application.redirect_uris:
        raise Denied(
            "invalid_request", "This app has not registered the address that it asks us to answer to."
        )
    return application


def wished(application: Application, asked: Mapping[str, str]) -> Wish:
    """What it asks for, by the parameters of its request. Raises `Denied`."""
    if asked.get("response_type") != "code":
        raise Denied("unsupported_response_type", "The app asks in a way that we do not offer.")
    mode = asked.get("response_mode") or "query"
    if mode not in ("query", "fragment"):
        raise Denied("invalid_request", "The app wants the answer in a way that we do not offer.")
    wanted = scopes.parse(asked.get("scope", "")) or _usual(application)
    _check_scopes(application, wanted)
    return Wish(
        application=application,
        redirect_uri=asked["redirect_uri"],
        scopes=wanted,
        state=asked.get("state"),
        challenge=_challenge(asked),
        mode="fragment" if mode == "fragment" else "query",
    )


def _challenge(asked: Mapping[str, str]) -> str | None:
    challenge = asked.get("code_challenge") or None
    if challenge is None:
        return None
    if asked.get("code_challenge_method") != "S256" or not oauth.is_challenge(challenge):
        raise Denied("invalid_request", "The app must prove itself with S256.")
    return challenge


def _usual(application: Application) -> tuple[str, ...]:
    """What is meant by an application that says nothing: reading, or all of it if that is less."""
    return scopes.DEFAULT if scopes.all_covered(application.scopes, scopes.DEFAULT) else application.scopes


def _check_scopes(application: Application, wanted: Sequence[str]) -> None:
    is_known = scopes.KNOWN.issuperset(wanted)
    if not is_known or not scopes.all_covered(application.scopes, wanted):
        raise Denied("invalid_scope", "The requested scope is invalid, unknown, or malformed.")


def answer_to(wish: Wish, *values: tuple[str, str]) -> str:
    """Where to go with the answer to a wish."""
    state = [("state", wish.state)] if wish.state is not None else []
    return oauth.answer_to(wish.redirect_uri, wish.mode, [*values, *state])


async def cared_for(db: Connection, viewer: Viewer) -> list[Actor]:
    """The groups of ours as which this member may let an application act, in the order of their names."""
    found = await actors.by_ids(db, viewer.moderates)
    groups = [one for one in found if one.is_group and one.is_local and one.state == "active"]
    return sorted(groups, key=lambda group: group.name)


async def allow(db: Connection, viewer: Viewer, wish: Wish, acts_as: int, now: datetime) -> str:
    """The member says yes; the code for the application. `acts_as` is the actor as whom it will act.

    Raises `Forbidden` if that is neither the member nor a group that they look after.
    """
    account = viewer.account
    if account is None or acts_as not in (
        account.actor_id,
        *(group.id for group in await cared_for(db, viewer)),
    ):
        raise Forbidden("You do not look after this group.")
    code = secrets.token_urlsafe(32)
    await authorization_codes.remove_old(db, now - REMEMBERED)
    await authorization_codes.add(
        db,
        grants.hash_of(code),
        application_id=wish.application.id,
        account_id=account.id,
        actor_id=acts_as,
        redirect_uri=wish.redirect_uri,
        scopes=wish.scopes,
        challenge=wish.challenge,
        now=now,
    )
    return code


async def redeem(
    db: Connection, application: Application, code: str, redirect_uri: str, verifier: str, now: datetime
) -> Issued | None:
    """A token for a code, in a transaction of the caller's, which must end well even when there is none:
    None for a code that is not theirs, too old, used, or brought without its proof.
    """
    code_hash = grants.hash_of(code)
    found = await authorization_codes.taken_up(db, code_hash)
    if found is None or found.application_id != application.id:
        return None
    if found.used_at is not None:
        await stored.remove_of_code(db, code_hash)
        return None
    is_right = redirect_uri == found.redirect_uri and oauth.proves(verifier, found.challenge)
    account = await accounts.by_id(db, found.account_id)
    if not is_right or now - found.made_at > LASTS or account is None or account.state != "active":
        return None
    await authorization_codes.use(db, code_hash, now)
    token = await grants.issue(
        db,
        account=account,
        actor_id=found.actor_id,
        application_id=application.id,
        scopes=found.scopes,
        code_hash=code_hash,
        now=now,
    )
    return Issued(token, found.scopes, now)


async def own_token(db: Connection, application: Application, scope: str, now: datetime) -> Issued:
    """A token of the application itself, for no person. Raises `Denied` for scopes that it did not name."""
    wanted = scopes.parse(scope) or _usual(application)
    _check_scopes(application, wanted)
    token = await grants.issue(
        db, account=None, actor_id=None, application_id=application.id, scopes=wanted, now=now
    )
    await stored.keep_newest_own(db, application.id, MOST_OWN)
    return Issued(token, wanted, now)


async def first_token(db: Connection, application_id: int, account: Account, now: datetime) -> Issued:
    """A token for somebody who has just signed up in an application, with all that it named.

    Raises `Missing` if the application is gone.
    """
    application = await registered.by_id(db, application_id)
    if application is None:
        raise Missing
    token = await grants.issue(
        db,
        account=account,
        actor_id=account.actor_id,
        application_id=application.id,
        scopes=application.scopes,
        now=now,
    )
    return Issued(token, application.scopes, now)


async def revoke(db: Connection, application: Application, token: str) -> None:
    """End a token at the wish of its application. Safe to run twice. Raises `Denied` for another's."""
    found = await stored.owned(db, grants.hash_of(token))
    if found is None:
        return
    if found.application_id != application.id:
        raise Denied("unauthorized_client", "You are not authorized to revoke this token", 403)
    await stored.remove(db, found.id)
