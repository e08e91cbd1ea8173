"""What people write in private to those who look after a group, and answering it as the group.

For the moderators of that group and for nobody else: those who look after the whole community find nothing
here unless they look after the group as well.
"""

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.people import posting_by_mention
from fediverse_support.community.people.posting_by_mention import Deed, Wish
from fediverse_support.community.posts import judging
from fediverse_support.core import clock
from fediverse_support.core.errors import Forbidden, Malformed, Missing, Trouble
from fediverse_support.core.models import Group, Viewer
from fediverse_support.database import actors, direct_posts, posts
from fediverse_support.web.forms import Form, number_in
from fediverse_support.web.pages import holding
from fediverse_support.web.pages.places import our_group
from fediverse_support.web.rendering import address_of
from fediverse_support.web.security import Access, Visit, deed, page

AT_ONCE = 50


async def _looked_after(visit: Visit) -> Group:
    """The group that the path names, for its moderators. To others there is none."""
    group = await our_group(visit)
    if group.actor.id not in visit.viewer.moderates:
        raise Missing
    return group


@page(Access.MEMBER)
async def show(visit: Visit) -> Response:
    """The letters and the answers, the newest first."""
    return await _letters_page(visit, await _looked_after(visit))


async def _letters_page(
    visit: Visit, group: Group, trouble: Trouble | None = None, form: Form | None = None
) -> Response:
    before = number_in(visit.request.query_params.get("before", ""))
    found = await direct_posts.letters_of_group(visit.db, group.actor.id, before, AT_ONCE + 1)
    shown = found[:AT_ONCE]
    answered = await direct_posts.answered(
        visit.db, group.actor.id, [letter.post.root_id for letter in shown]
    )
    return visit.render(
        "group/letters.html",
        trouble.status if trouble else 200,
        group=group,
        letters=shown,
        answered=answered,
        older=shown[-1].post.id if len(found) > AT_ONCE else None,
        message=holding.told(visit, trouble),
        written=form,
        number=number_in(form.line("letter")) if form else None,
    )


@deed(Access.MEMBER, limit="60 per 10 minutes")
async def answer(visit: Visit, form: Form) -> Response:
    """Answer a letter in private, as the group."""
    group = await _looked_after(visit)
    as_group = Viewer(
        actor_id=group.actor.id, member_of=(group.actor.id,), moderates=(group.actor.id,), account=None
    )
    letter = await posts.seen_by(visit.db, as_group, number_in(form.line("letter")) or 0)
    author = await actors.by_id(visit.db, letter.author_id) if letter is not None else None
    if letter is None or author is None or letter.reach != "direct" or author.id == group.actor.id:
        raise Missing
    handle = author.name if author.is_local else author.handle
    wish = Wish(source=f"@{handle} {form.text('source')}", visibility="direct", in_reply_to=letter.id)
    try:
        if not form.text("source").strip():
            raise Malformed("There is nothing written yet.")
        async with judging.on_record(visit.db):
            await posting_by_mention.publish(
                visit.db,
                Deed(
                    site=visit.services.site,
                    me=group.actor,
                    viewer=as_group,
                    wish=wish,
                    now=clock.now(),
                    policy=visit.services.policy(),
                ),
            )
    except (Malformed, Forbidden) as refusal:
        return await _letters_page(visit, group, refusal, form)
    return RedirectResponse(f"{address_of(group.actor)}/letters", 303)


ROUTES: list[Route] = [
    Route("/groups/{name}/letters", show),
    Route("/groups/{name}/letters", answer, methods=["POST"]),
]
