"""Tokens for programs that call the client API."""

from typing import Annotated

from cyclopts import App, Parameter

from fediverse_support.accounts import grants, members
from fediverse_support.commands.ground import deed
from fediverse_support.commands.terminal import AsJson, print_json
from fediverse_support.core import clock, scopes
from fediverse_support.core.errors import Forbidden, Malformed, Missing
from fediverse_support.core.models import Account
from fediverse_support.database import groups
from fediverse_support.database.pool import Connection
from fediverse_support.moderation import deeds

app = App(name="token", help="Tokens for programs that act for a member.")
EVERYTHING = "read write follow push"


@app.command
async def create(
    member: str,
    /,
    *,
    scopes_: Annotated[
        str, Parameter(name="--scopes", help="What it may do, separated by blanks.")
    ] = EVERYTHING,
    group: Annotated[str, Parameter(help="Act as this group, which the member looks after.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a token with which a program may act for a member, and print it: it is shown only now.

    The member sees it among their apps and can take it back there.
    """
    wanted = scopes.parse(scopes_)
    if not wanted or not scopes.KNOWN.issuperset(wanted):
        raise Malformed(f"These are not all scopes: {scopes_!r}. Write for example --scopes 'read write'.")
    async with deed() as (_, db):
        account = await members.by_name(db, member)
        if account.state != "active":
            raise Forbidden(f"{account.name} cannot sign in at present, and a token could not either.")
        acts_as = await _group(db, account, group) if group else account.actor_id
        token = await grants.issue(
            db, account=account, actor_id=acts_as, application_id=None, scopes=wanted, now=clock.now()
        )
        await deeds.record(db, None, "make token", group or account.name, " ".join(wanted), clock.now())
    if as_json:
        print_json({"access_token": token, "token_type": "Bearer", "scope": " ".join(wanted)})
    else:
        print(token)


async def _group(db: Connection, account: Account, name: str) -> int:
    found = await groups.by_name(db, name)
    if found is None:
        raise Missing(f"There is no group called {name}.")
    if not await groups.is_moderator(db, found.actor.id, account.actor_id):
        raise Forbidden(f"{account.name} does not look after {name}.")
    return found.actor.id
