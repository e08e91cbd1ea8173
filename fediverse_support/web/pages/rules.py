"""The rules of a group: those in force, those before, and the page on which its moderators change them."""

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.groups import rules
from fediverse_support.community.joining import speaking
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Malformed, Missing, Trouble
from fediverse_support.core.models import Group
from fediverse_support.database import drafts
from fediverse_support.web.forms import Form
from fediverse_support.web.pages import agreeing, rule_forms
from fediverse_support.web.pages.groups import own_actor
from fediverse_support.web.pages.places import cared_for, looks_after, our_group
from fediverse_support.web.pages.rule_forms import Draft
from fediverse_support.web.rendering import N_, address_of
from fediverse_support.web.security import Access, Visit, deed, page

CHANGED_MEANWHILE = N_(
    "Somebody else has changed the rules in the meantime. Nothing of yours was lost: compare the two below, "
    "then put yours into force if they shall take the place of the others."
)


@page(Access.ANYONE)
async def show(visit: Visit) -> Response:
    """The rules in force, for everybody who may know of the group: one reads them before joining."""
    group = await our_group(visit)
    actor_id = visit.viewer.actor_id
    return visit.render(
        "group/rules.html",
        group=group,
        rules=await rules.current(visit.db, group),
        versions=await rules.versions(visit.db, group),
        agreed=await rules.agreed_version(visit.db, group, actor_id) if actor_id else 0,
        asked=await agreeing.asked_of(visit, group) if group.actor.id in visit.viewer.member_of else None,
        may_edit=_may_edit(visit, group),
    )


@page(Access.ANYONE)
async def history(visit: Visit) -> Response:
    """Every version, who made it, why, and what changed in it."""
    group = await our_group(visit)
    chapters = await rules.history(visit.db, group)
    return visit.render("group/rules_history.html", group=group, chapters=chapters)


@page(Access.ANYONE)
async def version(visit: Visit) -> Response:
    """One version, as somebody may have agreed to it."""
    group = await our_group(visit)
    number = int(visit.request.path_params["number"])
    line = next((one for one in await rules.versions(visit.db, group) if one.version == number), None)
    if line is None:
        raise Missing
    shown = await rules.of_version(visit.db, group, number)
    return visit.render("group/rules_version.html", group=group, rules=shown, line=line)


def _may_edit(visit: Visit, group: Group) -> bool:
    return group.life == "running" and looks_after(visit, group.actor)


@page(Access.MEMBER)
async def show_edit(visit: Visit) -> Response:
    """The form for the rules: the draft that was left here, else those in force."""
    group = await cared_for(visit)
    speaking.check_running(group)
    kept = await drafts.at(visit.db, visit.account.id, _place(group))
    draft = rule_forms.read_draft(kept.source) if kept else None
    if draft is None:
        draft = rule_forms.of_rules(await rules.current(visit.db, group))
        kept = None
    trouble = Conflict(CHANGED_MEANWHILE) if draft.based_on != group.rules_version else None
    return await _edit_page(visit, group, draft, trouble, status=200, is_draft=kept is not None)


async def _edit_page(
    visit: Visit, group: Group, draft: Draft, trouble: Trouble | None, *, status: int, is_draft: bool = False
) -> Response:
    in_force = await rules.current(visit.db, group)
    return visit.render(
        "group/rules_edit.html",
        status,
        group=group,
        draft=draft,
        in_force=in_force,
        in_conflict=draft.based_on != in_force.version,
        message=visit.text(trouble.message) if trouble else "",
        is_draft=is_draft,
    )


@deed(Access.MEMBER, limit="300 per 10 minutes", keeps=rule_forms.kept)
async def edit(visit: Visit, form: Form) -> Response:
    """One press of a button on that page: each keeps what was typed; only one puts it into force."""
    group = await cared_for(visit)
    speaking.check_running(group)
    draft = rule_forms.read(form)
    wanted = form.line("do")
    if wanted == "publish":
        return await _publish(visit, group, draft)
    if wanted == "discard":
        await drafts.remove(visit.db, visit.account.id, _place(group))
        return RedirectResponse(f"{address_of(group.actor)}/rules", 303)
    changed, place = rule_forms.after(draft, wanted)
    try:
        source = rule_forms.write_draft(changed)
    except Malformed as refusal:
        return await _edit_page(visit, group, draft, refusal, status=400)
    await drafts.save(visit.db, visit.account.id, _place(group), form.line("title"), source, clock.now())
    return RedirectResponse(f"{_place(group)}#{place}", 303)


async def _publish(visit: Visit, group: Group, draft: Draft) -> Response:
    author = await own_actor(visit)
    try:
        async with visit.db.transaction():
            await rules.publish(
                visit.db,
                visit.services.site,
                group,
                draft.rules,
                by=author,
                why=draft.why,
                now=clock.now(),
                instead_of=draft.based_on,
            )
            await drafts.remove(visit.db, visit.account.id, _place(group))
    except (Malformed, Conflict) as refusal:
        # Read again: the version in force may be another than when this began.
        return await _edit_page(visit, await cared_for(visit), draft, refusal, status=refusal.status)
    return RedirectResponse(f"{address_of(group.actor)}/rules", 303)


def _place(group: Group) -> str:
    return f"{address_of(group.actor)}/rules/edit"


ROUTES = [
    Route("/groups/{name}/rules", show),
    Route("/groups/{name}/rules/agree", agreeing.agree, methods=["POST"]),
    Route("/groups/{name}/rules/edit", show_edit),
    Route("/groups/{name}/rules/edit", edit, methods=["POST"]),
    Route("/groups/{name}/rules/history", history),
    Route("/groups/{name}/rules/history/{number:int}", version),
]
