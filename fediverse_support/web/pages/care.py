"""Looking after a group: the page from which everything is reached, and the list of who is in it."""

from starlette.responses import Response
from starlette.routing import Route

from fediverse_support.core.errors import Missing
from fediverse_support.database import direct_posts, groups, hold_lines, join_requests, lives, surroundings
from fediverse_support.database.surroundings import sort_key
from fediverse_support.web.pages.places import cared_for, decides, looks_after, our_group
from fediverse_support.web.security import Access, Visit, page

MEMBERS_AT_ONCE = 100
LONGEST_NAME = 400


@page(Access.MEMBER)
async def show(visit: Visit) -> Response:
    """Everything that can be done for a group, for those who look after it."""
    group = await cared_for(visit)
    offered = await lives.handover(visit.db, group.actor.id)
    return visit.render(
        "group/care.html",
        group=group,
        decides=await decides(visit, group.actor),
        asking=await join_requests.count_waiting(visit.db, group.actor.id),
        holding=await hold_lines.number_waiting(visit.db, [group.actor.id]),
        reads_letters=group.actor.id in visit.viewer.moderates,
        letters=await direct_posts.number_unanswered(visit.db, group.actor.id),
        is_offered=offered is not None and offered.to_id == visit.viewer.actor_id,
    )


@page(Access.MEMBER)
async def members(visit: Visit) -> Response:
    """Who is in a group: for who is in it themselves and for who looks after it. To others there is no list.

    Names and nothing else: not how many, nor when anybody was last here.
    """
    group = await our_group(visit)
    cares = looks_after(visit, group.actor)
    if not cares and group.actor.id not in visit.viewer.member_of:
        raise Missing
    after = visit.request.query_params.get("after", "")[:LONGEST_NAME]
    found = await surroundings.members(visit.db, group.actor.id, after, MEMBERS_AT_ONCE + 1)
    shown = found[:MEMBERS_AT_ONCE]
    return visit.render(
        "group/members.html",
        group=group,
        people=shown,
        after=sort_key(shown[-1]) if len(found) > MEMBERS_AT_ONCE else "",
        team={person.id for person in await groups.moderators(visit.db, group.actor.id)},
        cares=cares,
    )


ROUTES: list[Route] = [
    Route("/groups/{name}/care", show),
    Route("/groups/{name}/members", members),
]
