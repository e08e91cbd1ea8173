"""The groups of this community and who looks after them."""

from dataclasses import asdict, dataclass
from typing import Annotated, Literal

import msgspec
from cyclopts import App, Parameter

from fediverse_support.commands import group_joining, group_life, group_rules
from fediverse_support.commands.ground import deed, foundation
from fediverse_support.commands.terminal import AsJson, print_fields, print_json, print_table, say
from fediverse_support.community.groups import groups
from fediverse_support.community.groups.groups import Answers
from fediverse_support.core import clock
from fediverse_support.core.errors import Missing
from fediverse_support.core.models import Actor, Group, Reach
from fediverse_support.database import actors
from fediverse_support.database import groups as stored
from fediverse_support.database.pool import Connection
from fediverse_support.moderation import deeds, teams
from fediverse_support.protocol.site import Site

app = App(name="group")
moderators = App(name="moderators", help="Who looks after a group.")
app.command(moderators)
app.command(group_joining.requests)
app.command(group_joining.invite)
app.command(group_rules.rules)
group_life.register(app)


@Parameter(name="*")
@dataclass(frozen=True)
class Given:
    """What may be said of a group on the command line; None leaves it as it is. Named like `Answers`."""

    summary: Annotated[str | None, Parameter(help="What it is for, in Markdown.")] = None
    rules: Annotated[str | None, Parameter(help="Its rules, in Markdown.")] = None
    joining: Annotated[
        Literal["open", "approval", "invite"] | None, Parameter(name="--join", help="Who may join.")
    ] = None
    seeing: Annotated[
        Literal["everyone", "members"] | None, Parameter(name="--see", help="Who sees what is said.")
    ] = None
    speaking: Annotated[
        Literal["everyone", "members", "moderators"] | None, Parameter(name="--post", help="Who may post.")
    ] = None
    reach: Annotated[Reach | None, Parameter(help="How far it carries; sealed never leaves this server.")] = (
        None
    )
    default_reach: Annotated[
        Reach | Literal["widest"] | None,
        Parameter(help="How far a post goes unless its author says otherwise; widest: as far as it may."),
    ] = None


_NOTHING = Given()


@app.command
async def add(
    name: str,
    /,
    *,
    title: Annotated[str, Parameter(help="What people read, up to 200 characters.")],
    given: Given = _NOTHING,
    owner: Annotated[str, Parameter(help="The member who decides about it; else the admins do.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a group. NAME has 1 to 30 small letters, digits and _; people and groups share all names."""
    answers = _changed(Answers(title=title), given)
    async with deed() as (base, db):
        made = await groups.create(db, base.site, base.seal, name, answers)
        await deeds.record(db, None, "add group", name, "", clock.now())
        if owner:
            await group_life.make_owner(db, base.site, made, owner)
    if as_json:
        print_json(_shown(made))
    else:
        say(f"Added the group @{made.actor.handle}: {made.actor.uri}")


@app.command(name="list")
async def list_(*, as_json: AsJson = False) -> None:
    """List our groups."""
    async with foundation() as (_, db):
        found = await stored.listed(db)
    if as_json:
        print_json([_shown(group) for group in found])
        return
    print_table(
        ("name", "join", "see", "post", "reach", "title"),
        (
            (one.actor.name, one.joining, one.seeing, one.speaking, one.reach, one.actor.display_name)
            for one in found
        ),
        "There are no groups yet.",
    )


@app.command
async def show(name: str, /, *, as_json: AsJson = False) -> None:
    """Show one group and its moderators."""
    async with foundation() as (_, db):
        group = await groups.by_name(db, name)
        team = await groups.moderators(db, group)
        owner_id = await stored.owner(db, group.actor.id)
        time_zone = await stored.time_zone(db, group.actor.id)
    shown = _shown(group) | {
        "time_zone": time_zone,
        "owner": next((actor.handle for actor in team if actor.id == owner_id), ""),
        "moderators": [actor.handle for actor in team],
    }
    if as_json:
        print_json(shown)
    else:
        print_fields(
            (key, ", ".join(value) if isinstance(value, list) else value) for key, value in shown.items()
        )


@app.command
async def edit(
    name: str,
    /,
    *,
    title: Annotated[str | None, Parameter(help="What people read, up to 200 characters.")] = None,
    given: Given = _NOTHING,
    time_zone: Annotated[
        str | None, Parameter(help="Where its days and nights are, such as Europe/Berlin: for rules.")
    ] = None,
) -> None:
    """Change what is named, leave the rest, and tell the followers."""
    async with deed() as (base, db):
        group = await groups.by_name(db, name)
        answers = _changed(groups.answers_of(group), given, title)
        await groups.edit(db, base.site, group, answers)
        if time_zone is not None:
            await groups.set_time_zone(db, group, time_zone)
        await deeds.record(db, None, "edit group", name, "", clock.now())
    say(f"Changed {name}.")


@moderators.command(name="list")
async def list_moderators(group: str, /, *, as_json: AsJson = False) -> None:
    """List who looks after a group."""
    async with foundation() as (_, db):
        found = await groups.moderators(db, await groups.by_name(db, group))
    if as_json:
        print_json([{"handle": actor.handle, "url": actor.uri} for actor in found])
    else:
        print_table(("handle", "name"), ((one.handle, one.display_name) for one in found), "Nobody yet.")


@moderators.command(name="add")
async def add_moderator(group: str, person: str, /) -> None:
    """Let somebody look after a group: a member here, or name@domain of somebody we have met."""
    async with deed() as (base, db):
        found, moderator = await groups.by_name(db, group), await _person(db, base.site, person)
        await teams.name(db, base.site, found.actor, moderator, None, clock.now())
    say(f"{moderator.handle} looks after {group} now.")


@moderators.command(name="remove")
async def remove_moderator(group: str, person: str, /) -> None:
    """Let somebody look after a group no longer."""
    async with deed() as (base, db):
        found, moderator = await groups.by_name(db, group), await _person(db, base.site, person)
        await teams.dismiss(db, base.site, found.actor, moderator, None, clock.now())
    say(f"{moderator.handle} does not look after {group} any more.")


async def _person(db: Connection, site: Site, given: str) -> Actor:
    name, _, host = given.lstrip("@").partition("@")
    is_ours = host in ("", site.domain)
    found = await (actors.local_by_name(db, name) if is_ours else actors.by_handle(db, name, host))
    if found is None or found.is_group or found.state != "active":
        raise Missing(f"We know nobody called {given}.")
    return found


def _changed(answers: Answers, given: Given, title: str | None = None) -> Answers:
    given_ones = {**asdict(given), "title": title}
    changes = {key: value for key, value in given_ones.items() if value is not None}
    if given.default_reach == "widest":
        changes["default_reach"] = None
    return msgspec.structs.replace(answers, **changes)


def _shown(group: Group) -> dict[str, object]:
    return {
        "name": group.actor.name,
        "handle": group.actor.handle,
        "url": group.actor.uri,
        "title": group.actor.display_name,
        "summary": group.actor.summary_source,
        "rules": group.rules_source,
        "join": group.joining,
        "see": group.seeing,
        "post": group.speaking,
        "reach": group.reach,
        "default_reach": group.default_reach or "widest",
        "life": group.life,
        "moved_to": group.actor.moved_to or "",
        "also_known_as": list(group.actor.also_known_as),
    }
