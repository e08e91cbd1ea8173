"""The people who have an account here."""

from typing import Annotated

from cyclopts import App, Parameter

from fediverse_support.accounts import members
from fediverse_support.commands.ground import deed, foundation
from fediverse_support.commands.terminal import (
    AsJson,
    PasswordFromInput,
    password,
    print_fields,
    print_json,
    print_table,
    say,
)
from fediverse_support.core import clock
from fediverse_support.core.models import Account, Role
from fediverse_support.database import accounts, actors, follows
from fediverse_support.moderation import deeds, sign_ups

app = App(name="member")
Reason = Annotated[str, Parameter(help="Kept on the record of the moderators.")]


@app.command
async def add(
    name: str,
    /,
    *,
    email: Annotated[str | None, Parameter(help="Where letters go.")] = None,
    role: Annotated[Role, Parameter(help="What they may do.")] = "member",
    display_name: Annotated[str, Parameter(help="The name that others see.")] = "",
    password_stdin: PasswordFromInput = False,
    as_json: AsJson = False,
) -> None:
    """Make an account that may sign in at once. The first owner of a community is made like this.

    NAME has 1 to 30 small letters, digits and _; it can never be changed or given to another.
    """
    secret = password(password_stdin)
    async with deed() as (base, db):
        made = await members.add(
            db,
            base.site,
            base.seal,
            name=members.check_name(name),
            password=secret,
            now=clock.now(),
            email=email,
            role=role,
            display_name=display_name,
        )
        await deeds.record(db, None, f"add {role}", made.name, "", clock.now())
    if as_json:
        print_json(_shown(made))
    else:
        say(f"Added {made.name}, {made.role}: they can sign in at {base.site.origin} now.")


@app.command(name="list")
async def list_(
    *,
    waiting: Annotated[bool, Parameter(negative=(), help="Only who waits to be let in.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the accounts, the oldest first."""
    async with foundation() as (_, db):
        found = await (accounts.waiting if waiting else accounts.listed)(db)
    if as_json:
        print_json([_shown(account) for account in found])
        return
    print_table(
        ("name", "role", "state", "since", "e-mail", "display name"),
        ((one.name, one.role, one.state, one.created_at, one.email, one.display_name) for one in found),
        "Nobody waits." if waiting else "There are no accounts yet.",
    )


@app.command
async def show(name: str, /, *, as_json: AsJson = False) -> None:
    """Show one account and the groups it is in."""
    async with foundation() as (_, db):
        account = await members.by_name(db, name)
        actor = await actors.by_id(db, account.actor_id)
        groups = [group.handle for group in await follows.followed_groups(db, account.actor_id)]
    shown = _shown(account) | {"url": actor.uri if actor else None, "groups": groups}
    if as_json:
        print_json(shown)
    else:
        print_fields(
            (key, ", ".join(value) if isinstance(value, list) else value) for key, value in shown.items()
        )


@app.command
async def disable(name: str, /, *, reason: Reason = "") -> None:
    """Close an account: its sessions end, and the person is not shown any more. `enable` undoes it."""
    async with deed() as (_, db):
        account = await members.by_name(db, name)
        await members.disable(db, account)
        await deeds.record(db, None, "disable member", account.name, reason, clock.now())
    say(f"{account.name} cannot sign in any more and is not shown.")


@app.command
async def enable(name: str, /, *, reason: Reason = "") -> None:
    """Open a closed account again."""
    async with deed() as (_, db):
        account = await members.by_name(db, name)
        await members.enable(db, account)
        await deeds.record(db, None, "enable member", account.name, reason, clock.now())
    say(f"{account.name} can sign in again.")


@app.command
async def role(name: str, new: Annotated[Role, Parameter(name="ROLE")], /, *, reason: Reason = "") -> None:
    """Give an account another role."""
    async with deed() as (_, db):
        account = await members.by_name(db, name)
        await accounts.set_role(db, account.id, new)
        await deeds.record(db, None, f"make {new}", account.name, reason, clock.now())
    say(f"{account.name} is {new} now.")


@app.command
async def reset_password(name: str, /, *, password_stdin: PasswordFromInput = False) -> None:
    """Set a new password and end every session of the account."""
    secret = password(password_stdin)
    async with deed() as (base, db):
        account = await members.by_name(db, name)
        await members.reset_password(db, account, base.site, secret)
        await deeds.record(db, None, "reset password", account.name, "", clock.now())
    say(f"{account.name} has a new password and is signed out everywhere.")


@app.command
async def approve(name: str, /, *, reason: Reason = "") -> None:
    """Let somebody in who has asked to join."""
    async with deed() as (_, db):
        account = await members.by_name(db, name)
        await sign_ups.approve(db, account.id, None, reason, clock.now())
    say(f"{account.name} can sign in now.")


@app.command
async def decline(name: str, /, *, reason: Reason = "") -> None:
    """Do not let somebody in who has asked to join. The name stays taken."""
    async with deed() as (_, db):
        account = await members.by_name(db, name)
        await sign_ups.decline(db, account.id, None, reason, clock.now())
    say(f"{account.name} was not let in.")


def _shown(account: Account) -> dict[str, object]:
    return {
        "id": str(account.id),
        "name": account.name,
        "display_name": account.display_name,
        "email": account.email,
        "role": account.role,
        "state": account.state,
        "request": account.request,
        "created_at": account.created_at,
    }
