"""Our groups: made by an admin, looked after by moderators, changed with care."""

import msgspec

from fediverse_support.community.groups import closing, group_documents
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Malformed, Missing
from fediverse_support.core.identifiers import is_local_name
from fediverse_support.core.local_times import is_time_zone
from fediverse_support.core.markup import render_markdown
from fediverse_support.core.models import REACHES, Actor, Group
from fediverse_support.core.sealing import Seal
from fediverse_support.database import accounts, actors, groups
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.site import Site


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What an admin says of a group. `summary` and `rules` are Markdown."""

    title: str
    summary: str = ""
    rules: str = ""
    joining: str = "open"
    seeing: str = "everyone"
    speaking: str = "everyone"
    reach: str = "open"
    default_reach: str | None = None
    """How far a post goes whose author does not choose; None, or further than `reach`: as far as it may."""


async def create(db: Connection, site: Site, seal: Seal, name: str, answers: Answers) -> Group:
    """Make a group. Raises `Malformed` for a name or answers that do not fit, `Conflict` if it is taken.

    Names of people and groups are one space, and a name that was once used is never free again (O17).
    """
    if not is_local_name(name):
        raise Malformed("A name has 1 to 30 characters: small letters a–z, digits and _.")
    await accounts.lock_name(db, name)
    if await actors.local_by_name(db, name) is not None:
        raise Conflict(f"The name {name} is taken, or was used before.")
    checked = _checked(answers)
    actor = await actors.add_local(
        db,
        site,
        seal,
        type="Group",
        name=name,
        display_name=checked.title,
        summary_source=checked.summary,
        summary_html=render_markdown(checked.summary),
    )
    group = _group(actor, checked)
    await groups.insert(db, group)
    return group


async def edit(db: Connection, site: Site, group: Group, answers: Answers, by: Actor | None = None) -> Group:
    """Change a group and tell its followers. Closing its doors narrows what was said in it, at once.

    `by` is who did it, if that is one of our people: some servers believe it only from a person.
    """
    checked = _checked(answers)
    await actors.describe(
        db,
        group.actor.id,
        display_name=checked.title,
        summary_source=checked.summary,
        summary_html=render_markdown(checked.summary),
    )
    await groups.update(db, _group(group.actor, checked))
    changed = await groups.by_actor(db, group.actor.id)
    if changed is None:
        raise Missing("This group is gone.")
    await closing.settle(db, site, group, changed, clock.now())
    await group_documents.tell_followers(db, site, changed, by)
    return changed


async def set_time_zone(db: Connection, group: Group, name: str) -> None:
    """Say in which zone a group's days and nights are, as rules ask for. Raises `Malformed`."""
    if not is_time_zone(name):
        raise Malformed(f"There is no time zone {name!r}. Write one like Europe/Berlin, or UTC.")
    await groups.set_time_zone(db, group.actor.id, name)


def would_be(group: Group, answers: Answers) -> Group:
    """What a group would become by these answers. Raises `Malformed` as `edit` does."""
    return _group(group.actor, _checked(answers))


def answers_of(group: Group) -> Answers:
    """What was said of a group the last time, for changing a part of it."""
    given = {
        "title": group.actor.display_name,
        "summary": group.actor.summary_source,
        "rules": group.rules_source,
    }
    others = {name: getattr(group, name) for name in Answers.__struct_fields__ if name not in given}
    return Answers(**given, **others)


async def by_name(db: Connection, name: str) -> Group:
    """Our group of this name; raises `Missing`."""
    group = await groups.by_name(db, name)
    if group is None or group.actor.state != "active":
        raise Missing("There is no such group here.")
    return group


async def moderators(db: Connection, group: Group) -> list[Actor]:
    """Who looks after a group."""
    return await groups.moderators(db, group.actor.id)


def _checked(answers: Answers) -> Answers:
    title = " ".join(answers.title.split())
    if not 1 <= len(title) <= 200:
        raise Malformed("A group needs a title of 1 to 200 characters.")
    if max(len(answers.summary), len(answers.rules)) > 20_000:
        raise Malformed("The description and the rules may have 20,000 characters each.")
    for value, allowed in (
        (answers.joining, ("open", "approval", "invite")),
        (answers.seeing, ("everyone", "members")),
        (answers.speaking, ("everyone", "members", "moderators")),
        (answers.reach, ("open", "quiet", "members", "sealed")),
        (answers.default_reach or "open", ("open", "quiet", "members", "sealed")),
    ):
        if value not in allowed:
            raise Malformed(f"{value!r} is not one of {', '.join(allowed)}.")
    return msgspec.structs.replace(answers, title=title)


def _group(actor: Actor, answers: Answers) -> Group:
    reach = "members" if answers.seeing == "members" and answers.reach != "sealed" else answers.reach
    usual = answers.default_reach
    return msgspec.convert(
        {
            "actor": actor,
            "joining": answers.joining,
            "seeing": answers.seeing,
            "speaking": answers.speaking,
            "reach": reach,
            "default_reach": usual if usual in REACHES[: REACHES.index(reach)] else None,
            "rules_source": answers.rules,
            "rules_html": render_markdown(answers.rules),
        },
        Group,
    )
