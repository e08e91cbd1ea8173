"""How this community deals with other servers: the domain ladder."""

from typing import Annotated

from cyclopts import App, Parameter

from fediverse_support.commands.ground import deed, foundation
from fediverse_support.commands.terminal import (
    AsJson,
    FileOrDash,
    print_json,
    print_table,
    read_file,
    say,
    write_file,
)
from fediverse_support.core import clock
from fediverse_support.core.errors import Missing
from fediverse_support.core.models import Level
from fediverse_support.database import domains
from fediverse_support.moderation import domain_levels, domain_lists
from fediverse_support.moderation.domain_levels import Setting
from fediverse_support.protocol.urls import normal_host

app = App(name="domains")


@app.command(name="list")
async def list_(*, as_json: AsJson = False) -> None:
    """List the domains that have a level. Each covers all below it; the most specific counts."""
    async with foundation() as (_, db):
        found = await domains.listed(db)
    if as_json:
        print_json(found)
        return
    print_table(
        ("domain", "level", "since", "public reason", "private note"),
        ((one.domain, one.level, one.set_at, one.public_reason, one.private_note) for one in found),
        "No domain has a level: all are let in.",
    )


@app.command(name="set")
async def set_(
    domain: str,
    level: Level,
    /,
    *,
    reason: Annotated[str, Parameter(help="May be shown to everybody.")] = "",
    note: Annotated[str, Parameter(help="Stays among moderators.")] = "",
) -> None:
    """Give a domain and all below it a level.

    allowed: what comes from it is let in · limited: kept out of public view · held: a moderator looks first ·
    blocked: no exchange at all.
    """
    setting = Setting(domain=domain, level=level, public_reason=reason, private_note=note)
    async with deed() as (base, db):
        await domain_levels.put(db, base.site, setting, None, clock.now())
    say(f"{domain} is {level} now.")


@app.command
async def remove(domain: str, /) -> None:
    """Take the level of a domain away."""
    name = normal_host(domain).partition(":")[0]
    async with deed() as (base, db):
        if name not in {one.domain for one in await domains.listed(db)}:
            raise Missing(f"{name} has no level of its own.")
        await domain_levels.put(db, base.site, Setting(domain=name, level=None), None, clock.now())
    say(f"{name} has no level of its own any more.")


@app.command(name="import")
async def import_(file: FileOrDash, /, *, as_json: AsJson = False) -> None:
    """Take over a list: Mastodon's CSV, or one domain to a line.

    suspend becomes blocked, silence becomes limited, a domain alone is blocked. Domains that have a level
    here keep it. Rows with * hide their domain and are left out.
    """
    text = read_file(file)
    async with deed() as (base, db):
        done = await domain_lists.take_over(db, base.site, text, file.name, None, clock.now())
    if as_json:
        print_json(done)
        return
    say(
        f"Added {done.added}, kept {done.kept} as they were. Left out: {done.hidden} hidden by *, "
        f"{done.without_effect} without effect, {done.unreadable} unreadable."
    )


@app.command
async def export(file: FileOrDash, /) -> None:
    """Write the list as Mastodon's CSV. Private notes stay here."""
    async with foundation() as (_, db):
        text = await domain_lists.written(db)
    write_file(file, text)
