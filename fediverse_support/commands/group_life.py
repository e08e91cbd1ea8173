"""Turns in the life of a group: who owns it, where it is listed, archived, moved, deleted."""

from typing import Annotated

from cyclopts import App, Parameter

from fediverse_support.commands.ground import deed, foundation
from fediverse_support.commands.terminal import say
from fediverse_support.community.groups import groups, lives, ownership, sisters
from fediverse_support.community.house import topics
from fediverse_support.core import clock
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.core.models import Actor, Group
from fediverse_support.database import actors
from fediverse_support.database.pool import Connection
from fediverse_support.foundation import Foundation
from fediverse_support.inbox.lookups import Lookups
from fediverse_support.moderation import deeds
from fediverse_support.protocol.site import Site


def register(app: App) -> None:
    """Let the commands of this file be commands of `app`."""
    for command in (archive, unarchive, owner, move, alias, delete):
        app.command(command)
    app.command(put_under, name="topics")
    app.command(next_door, name="sisters")


async def archive(name: str, /) -> None:
    """Let everything stay readable while nobody joins or writes any more; `unarchive` undoes it."""
    async with deed() as (base, db):
        await lives.archive(db, base.site, await groups.by_name(db, name))
        await deeds.record(db, None, "archive group", name, "", clock.now())
    say(f"{name} is archived.")


async def unarchive(name: str, /) -> None:
    """Let an archived group run again; of one that has moved, the move is taken back."""
    async with deed() as (base, db):
        await lives.reopen(db, base.site, await groups.by_name(db, name))
        await deeds.record(db, None, "reopen group", name, "", clock.now())
    say(f"{name} runs again.")


async def owner(name: str, person: str, /) -> None:
    """Let a member own a group: the owner decides about its doors, its moderators and its end."""
    async with deed() as (base, db):
        await make_owner(db, base.site, await groups.by_name(db, name), person)
    say(f"{person} owns {name} now.")


async def make_owner(db: Connection, site: Site, group: Group, person: str) -> None:
    """Let the member of this name own a group, and put it on the record. Raises `Missing`, `Malformed`."""
    found = await actors.local_by_name(db, person)
    if found is None or found.state != "active":
        raise Missing(f"There is no member called {person}.")
    await ownership.assign(db, site, group, found)
    await deeds.record(db, None, "assign group", group.actor.name, person, clock.now())


async def put_under(name: str, /, *slugs: str) -> None:
    """Let a group stand under these topics and no others; with none, under none."""
    async with deed() as (_, db):
        group = await groups.by_name(db, name)
        await topics.put_group(db, group.actor.id, slugs)
        await deeds.record(db, None, "list group", name, " ".join(slugs), clock.now())
    say(f"{name} is listed under {', '.join(slugs)}." if slugs else f"{name} is listed under no topic.")


async def next_door(
    name: str,
    group: Annotated[str, Parameter(help="A name here, or name@server.")],
    /,
    *,
    remove: Annotated[bool, Parameter(negative=(), help="Take it away.")] = False,
) -> None:
    """Let another group, here or elsewhere, stand next door on a group's page."""
    async with foundation() as (base, db):
        sister = await _group(base, db, group)
        async with db.transaction():
            found = await groups.by_name(db, name)
            if remove:
                await sisters.remove(db, found, sister.id)
            else:
                await sisters.add(db, found, sister)
            what = "remove sister group" if remove else "add sister group"
            await deeds.record(db, None, what, name, sister.uri, clock.now())
    say(f"{sister.handle} stands next door to {name}{' no longer' if remove else ''}.")


async def move(name: str, target: Annotated[str, Parameter(help="name@server, or its address.")], /) -> None:
    """Move a group to one of another server, which must say that it carries this one on.

    Followers elsewhere are told; members here find a button and decide for themselves. Afterwards the group
    can be read here, and nothing is written any more. `unarchive` takes it back.
    """
    async with foundation() as (base, db):
        found = await _lookups(base).group_now(target, clock.now())
        async with db.transaction():
            await lives.move(db, base.site, await groups.by_name(db, name), found)
            await deeds.record(db, None, "move group", name, found.uri, clock.now())
    say(f"{name} has moved to {found.uri}.")


async def alias(
    name: str,
    former: Annotated[str, Parameter(help="name@server, or the address of the group elsewhere.")],
    /,
    *,
    remove: Annotated[bool, Parameter(negative=(), help="Carry it on no longer.")] = False,
) -> None:
    """Say that a group carries on one of another server, which can then move here."""
    async with foundation() as (base, db):
        found = None if remove else await _lookups(base).group_now(former, clock.now())
        async with db.transaction():
            group = await groups.by_name(db, name)
            if found is None:
                await lives.remove_alias(db, base.site, group, former)
            else:
                await lives.add_alias(db, base.site, group, found)
            what = "remove alias of group" if remove else "alias group"
            await deeds.record(db, None, what, name, found.uri if found else former, clock.now())
    say(f"{name} carries on {found.uri if found else former}{' no longer' if remove else ''}.")


async def delete(
    name: str, /, *, confirm: Annotated[str, Parameter(help="The name once more, because this is final.")]
) -> None:
    """Delete a group for good: everything said in it, its members, its rules and wiki, for everybody.

    Its address answers 410 from then on, and its name is never given out again. To keep what was said,
    archive the group instead.
    """
    if confirm != name:
        raise Malformed(f"To delete {name}, say --confirm {name}. Nothing was deleted.")
    async with deed() as (base, db):
        number = await lives.delete(db, base.site, await groups.by_name(db, name), clock.now())
        await deeds.record(db, None, "delete group", name, "", clock.now())
    say(f"Deleted {name} and {number} posts in it.")


async def _group(base: Foundation, db: Connection, given: str) -> Actor:
    """A group of ours by its name, or one elsewhere by its address. Raises `Missing`, `Malformed`."""
    bare, _, host = given.lstrip("@").partition("@")
    if host in ("", base.site.domain) and not given.lower().startswith(("http://", "https://")):
        return (await groups.by_name(db, bare)).actor
    return await _lookups(base).group_now(given, clock.now())


def _lookups(base: Foundation) -> Lookups:
    return Lookups(base.pool, base.site, base.documents, base.acquaintance, base.policies.current)
