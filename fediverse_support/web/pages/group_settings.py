"""The settings of a group: what it is called, what it is for, where it is listed, and its doors.

For its owner and the admins. A change of the doors is shown in words first, above all who loses sight of
what, and is made only when it is sent once more.
"""

from typing import Any

import msgspec
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.groups import groups
from fediverse_support.community.groups.groups import Answers
from fediverse_support.community.house import topics
from fediverse_support.core import clock
from fediverse_support.core.errors import Malformed, Missing, Trouble
from fediverse_support.core.local_times import time_zones
from fediverse_support.core.models import Group
from fediverse_support.database import directory
from fediverse_support.database import groups as stored
from fediverse_support.moderation import deeds
from fediverse_support.web import doors
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.groups import own_actor
from fediverse_support.web.pages.places import owned
from fediverse_support.web.rendering import N_, address_of
from fediverse_support.web.security import Access, Visit, deed, page

CHOICES: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    (
        "joining",
        N_("Who can join?"),
        (
            ("open", N_("Anyone, at once")),
            ("approval", N_("Whoever is let in after asking")),
            ("invite", N_("Who is invited")),
        ),
    ),
    (
        "seeing",
        N_("Who can read?"),
        (("everyone", N_("Everyone")), ("members", N_("Members only"))),
    ),
    (
        "speaking",
        N_("Who can write?"),
        (
            ("everyone", N_("Everyone who can read")),
            ("members", N_("Members")),
            ("moderators", N_("Who looks after the group")),
        ),
    ),
    (
        "reach",
        N_("How far can a post go at most?"),
        (
            ("open", N_("Everywhere: it can be shown and passed on")),
            ("quiet", N_("To whoever has the link, not put on show")),
            ("members", N_("To members, also to those on other servers")),
            ("sealed", N_("To members here; it never leaves this server")),
        ),
    ),
    (
        "default_reach",
        N_("How far does a post go if its author does not choose?"),
        (
            ("", N_("As far as it may")),
            ("quiet", N_("To whoever has the link, not put on show")),
            ("members", N_("To members")),
            ("sealed", N_("To members here")),
        ),
    ),
)
_NAMES = tuple(name for name, _, _ in CHOICES)


@page(Access.MEMBER)
async def show(visit: Visit) -> Response:
    """The form with everything as it is."""
    group = await owned(visit)
    return await _page(visit, group, await _fields_of(visit, group))


async def _fields_of(visit: Visit, group: Group) -> Form:
    placed = (await directory.places(visit.db, [group.actor.id])).get(group.actor.id, [])
    slugs = [branch.topic.slug for branch in await topics.tree(visit.db) if branch.topic.id in placed]
    listed = {f"topic{number}": slug for number, slug in enumerate(slugs)}
    zone = {"time_zone": await stored.time_zone(visit.db, group.actor.id)}
    return Form(fields_of(groups.answers_of(group)) | listed | zone)


def fields_of(answers: Answers) -> dict[str, str]:
    """The fields of the form that says `answers`."""
    return {name: getattr(answers, name) or "" for name in ("title", "summary", *_NAMES)}


async def _page(
    visit: Visit,
    group: Group,
    form: Form,
    refusal: Trouble | None = None,
    changes: list[str] | None = None,
    becomes: Group | None = None,
) -> Response:
    return visit.render(
        "group/settings.html",
        refusal.status if refusal else 200,
        group=group,
        form=form,
        choices=questions(visit),
        branches=await topics.tree(visit.db),
        time_zones=time_zones(),
        topic_fields=[f"topic{number}" for number in range(topics.MOST_OF_A_GROUP)],
        message=visit.text(refusal.message) if refusal else "",
        changes=[visit.text(line) for line in changes or []],
        sentences=[visit.text(line) for line in doors.in_words(becomes or group)],
        understood=_mark(becomes) if becomes else "",
    )


def questions(visit: Visit) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The questions about the doors with what can be answered: (field, question, [(value, words)])."""
    return [
        (name, visit.text(question), [(value, visit.text(words)) for value, words in answers])
        for name, question, answers in CHOICES
    ]


@deed(Access.MEMBER, limit="60 per hour")
async def change(visit: Visit, form: Form) -> Response:
    """Change the group; where its doors change, only after these words have been read."""
    group = await owned(visit)
    try:
        answers = read(groups.answers_of(group), form)
        becomes = groups.would_be(group, answers)
        changes = doors.changes(group, becomes)
        if changes and form.line("understood") != _mark(becomes):
            return await _page(visit, group, form, changes=changes, becomes=becomes)
        await _save(visit, group, answers, form)
    except (Malformed, Missing) as refusal:
        return await _page(visit, group, form, refusal)
    return RedirectResponse(f"{address_of(group.actor)}/care", 303)


async def _save(visit: Visit, group: Group, answers: Answers, form: Form) -> None:
    slugs = [form.line(f"topic{number}") for number in range(topics.MOST_OF_A_GROUP)]
    async with visit.db.transaction():
        await topics.put_group(visit.db, group.actor.id, [slug for slug in slugs if slug])
        if zone := form.line("time_zone"):
            await groups.set_time_zone(visit.db, group, zone)
        changed = await groups.edit(visit.db, visit.services.site, group, answers, await own_actor(visit))
        said = on_record(changed)
        await deeds.record(visit.db, visit.account, "edit group", group.actor.name, said, clock.now())


def on_record(group: Group) -> str:
    """The doors of a group as the record of deeds keeps them."""
    return " ".join(f"{name}: {getattr(group, name)}" for name in _NAMES)


def read(before: Answers, form: Form) -> Answers:
    """What the form says; what it does not ask stays as `before`."""
    given: dict[str, Any] = {name: form.line(name) for name in _NAMES}
    given["default_reach"] = given["default_reach"] or None
    given |= {"title": form.line("title"), "summary": form.text("summary")}
    return msgspec.structs.replace(before, **given)


def _mark(group: Group) -> str:
    """What the form carries that was read: only exactly these doors are then made."""
    return " ".join(str(getattr(group, name) or "usual") for name in _NAMES)


ROUTES: list[Route] = [
    Route("/groups/{name}/settings", show),
    Route("/groups/{name}/settings", change, methods=["POST"]),
]
