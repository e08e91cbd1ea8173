"""Agreeing to the rules of a group: asked kindly where its members read, and once where somebody writes."""

from datetime import datetime

import msgspec
from starlette.responses import RedirectResponse, Response

from fediverse_support.community.groups import rules
from fediverse_support.community.groups.rules import Rules
from fediverse_support.core import clock
from fediverse_support.core.comparing import Change, items
from fediverse_support.core.models import Group
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.places import our_group
from fediverse_support.web.rendering import address_of
from fediverse_support.web.security import Access, Visit, deed


class Asked(msgspec.Struct, frozen=True):
    """What somebody is asked to agree to: `rules`, and what has changed since they agreed to `agreed`.

    `agreed` has version 0 for who never did; then there are no changes to tell.
    """

    rules: Rules
    agreed: Rules
    changes: list[Change]


async def asked_of(visit: Visit, group: Group | None) -> Asked | None:
    """What the visitor has to agree to before they write in `group`; None if there is nothing to ask.

    Guests are not asked, nor are moderators, who make the rules; nor anybody where nobody writes any more.
    """
    if group is None or not group.rules_version or visit.viewer.actor_id is None:
        return None
    if group.life != "running" or group.actor.id in visit.viewer.moderates:
        return None
    version = await rules.agreed_version(visit.db, group, visit.viewer.actor_id)
    if version == group.rules_version:
        return None
    in_force = await rules.current(visit.db, group)
    agreed = await rules.of_version(visit.db, group, version)
    return Asked(in_force, agreed, items(agreed.items, in_force.items) if version else [])


async def take(visit: Visit, group_id: int | None, form: Form, now: datetime) -> None:
    """Record an agreement that was given together with what somebody wrote; call it in their transaction.

    Raises `Conflict` if the rules have changed since the form was made.
    """
    given = form.line("agreed")
    if group_id is not None and visit.viewer.actor_id is not None and given.isdecimal() and len(given) < 9:
        await rules.agree(visit.db, group_id, visit.viewer.actor_id, int(given), now)


@deed(Access.MEMBER)
async def agree(visit: Visit, form: Form) -> Response:
    """Agree to the rules in force."""
    group = await our_group(visit)
    async with visit.db.transaction():
        await take(visit, group.actor.id, form, clock.now())
    return RedirectResponse(form.path("place", address_of(group.actor)), 303)
