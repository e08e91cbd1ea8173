"""Asking to join from an app.

The same rules as on the page (`FS_REGISTRATION`). Where somebody reads every request, the app gets its token
at once and may do nothing with it until its owner was let in. No address is confirmed here, because none is
needed.
"""

from typing import Any

from starlette.routing import Route

from fediverse_support.accounts import authorizing, members, passwords, sign_up
from fediverse_support.community.notifying import happenings
from fediverse_support.core.errors import Conflict, Forbidden, Malformed, Missing
from fediverse_support.core.models import Account
from fediverse_support.web.client_api.calls import Answer, Call, Who, call
from fediverse_support.web.client_api.oauth import tokens

Details = dict[str, list[dict[str, str]]]


@call("write:accounts", who=Who.APP, limit="5 per 30 minutes")
async def create(call: Call) -> Answer | dict[str, Any]:
    """A new account and a token for it. Raises `Forbidden` where nobody can join by themselves."""
    grant = call.grant
    if grant is None or grant.account is not None or grant.application_id is None:
        raise Forbidden("This action is not allowed")
    if call.services.settings.registration in ("invite", "closed"):
        raise Forbidden("This community does not take sign-ups at the moment.")
    if wrong := _wrong(call):
        return _refused(wrong)
    try:
        async with call.db.transaction():
            account = await _asked(call)
            await happenings.signed_up(call.db, account.actor_id, call.now)
            issued = await authorizing.first_token(call.db, grant.application_id, account, call.now)
    except Conflict as taken:
        return _refused({"username": [_error("ERR_TAKEN", taken.message)]})
    return tokens.entity(issued)


async def _asked(call: Call) -> Account:
    services, params = call.services, call.params
    request = sign_up.Request(
        name=params.text("username"),
        email=params.text("email"),
        password=params.text("password"),
        words=params.text("reason"),
    )
    return await sign_up.ask(
        call.db, services.site, services.seal, services.settings.registration, request, call.now
    )


def _wrong(call: Call) -> Details:
    """What somebody must change, by field, all at once."""
    params, found = call.params, Details()
    name = params.text("username")
    try:
        name = members.check_name(name)
        if name in members.NAMES_OF_THE_HOUSE:
            found["username"] = [_error("ERR_RESERVED", "is not free")]
    except Malformed as trouble:
        found["username"] = [_error("ERR_INVALID" if name else "ERR_BLANK", trouble.message)]
    try:
        members.checked_email(params.text("email"))
    except Malformed as trouble:
        found["email"] = [_error("ERR_INVALID", trouble.message)]
    try:
        passwords.check_strength(params.text("password"), name, call.site.domain)
    except Malformed as trouble:
        found["password"] = [_error("ERR_INVALID", trouble.message)]
    if not params.flag("agreement"):
        found["agreement"] = [_error("ERR_ACCEPTED", "must be accepted")]
    if len(params.text("reason")) > sign_up.REQUEST_LENGTH:
        found["reason"] = [_error("ERR_TOO_LONG", f"is longer than {sign_up.REQUEST_LENGTH} characters")]
    return found


def _error(code: str, description: str) -> dict[str, str]:
    return {"error": code, "description": description}


def _refused(details: Details) -> Answer:
    said = [f"{field.capitalize()}: {one[0]['description'].rstrip('.')}" for field, one in details.items()]
    return Answer({"error": f"Validation failed: {', '.join(said)}", "details": details}, 422)


@call("write:accounts", who=Who.APP)
async def confirm_again(call: Call) -> None:
    """There is never a letter to send again: an address is not confirmed. Raises `Forbidden`."""
    raise Forbidden("This method is only available while the e-mail is awaiting confirmation")


@call(who=Who.APP)
async def is_confirmed(call: Call) -> bool:
    """Whether the address of a member needs no confirming any more. Raises `Missing` without a member."""
    if call.grant is None or call.grant.account is None:
        raise Missing
    return True


ROUTES = [
    Route("/api/v1/accounts", create, methods=["POST"]),
    Route("/api/v1/emails/confirmations", confirm_again, methods=["POST"]),
    Route("/api/v1/emails/check_confirmation", is_confirmed),
]
