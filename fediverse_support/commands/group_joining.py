"""Who would like to join a group, and inviting somebody."""

from typing import Annotated

from cyclopts import Parameter

from fediverse_support.commands.ground import deed, foundation
from fediverse_support.commands.terminal import AsJson, print_json, print_table, say
from fediverse_support.community.groups import groups
from fediverse_support.community.joining import admitting, invitations
from fediverse_support.community.joining.invitations import Terms
from fediverse_support.core import clock
from fediverse_support.core.models import Group
from fediverse_support.database.join_requests import Asker
from fediverse_support.database.pool import Connection
from fediverse_support.moderation import deeds


async def requests(name: str, /, *, as_json: AsJson = False) -> None:
    """List who would like to join a group, the longest waiting first. What they wrote is only in --json."""
    async with foundation() as (_, db):
        found = await _all_waiting(db, await groups.by_name(db, name))
    if as_json:
        print_json([_shown(asker) for asker in found])
        return
    print_table(
        ("who", "since", "state", "answers"),
        (
            (one.actor.handle, one.request.created_at, one.request.state, len(one.request.answers))
            for one in found
        ),
        "Nobody waits.",
    )


async def invite(
    name: str,
    /,
    *,
    handle: Annotated[str, Parameter(help="One person: a name here, or name@their.server.")] = "",
    uses: Annotated[int, Parameter(help="How often the link may be used.")] = 1,
    days: Annotated[int, Parameter(help="How long it holds.")] = invitations.USUAL_DAYS,
    note: Annotated[str, Parameter(help="For who looks after the group: whom it is for.")] = "",
    as_json: AsJson = False,
) -> None:
    """Invite into a group: prints a link that is shown only now, or with --handle invites one person."""
    async with deed() as (base, db):
        group = await groups.by_name(db, name)
        terms = Terms(handle=handle, uses=uses, days=days, note=note)
        made = await invitations.make(db, base.site, group, None, terms, clock.now())
        about = f"{name}: {made.invitation.handle or 'a link'}"
        await deeds.record(db, None, "invite", about, "", clock.now(), group_id=group.actor.id)
        link = f"{base.site.origin}/invitations/{made.code}" if made.code else None
    until = made.invitation.expires_at
    if as_json:
        print_json({"link": link, "handle": made.invitation.handle, "expires_at": until})
    elif link:
        say(link)
    else:
        say(f"{made.invitation.handle} may join {group.actor.uri}. Nothing was sent: tell them yourself.")


async def _all_waiting(db: Connection, group: Group) -> list[Asker]:
    found: list[Asker] = []
    while page := await admitting.waiting(db, group, found[-1].request.id if found else 0):
        found += page
    return found


def _shown(asker: Asker) -> dict[str, object]:
    return {
        "id": str(asker.request.id),
        "handle": asker.actor.handle,
        "url": asker.actor.uri,
        "state": asker.request.state,
        "asked_at": asker.request.created_at,
        "rules_version": asker.request.rules_version,
        "answers": asker.request.answers,
        "messages": [
            {"from": "moderators" if line.from_team else "asker", "text": line.text, "at": line.created_at}
            for line in asker.messages
        ],
    }
