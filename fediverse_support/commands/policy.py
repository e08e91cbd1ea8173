"""What is let in, and why something was or was not: the policy as a file, tried, applied and taken back."""

from typing import Annotated

import msgspec
from cyclopts import App, Parameter

from fediverse_support.commands import policy_reports as reports
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
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.core.models import Account
from fediverse_support.database import decisions, domains, groups, inbox, policy_versions
from fediverse_support.database.pool import Connection
from fediverse_support.moderation import beside, explaining, policy, trying
from fediverse_support.policy import file as policy_file
from fediverse_support.policy import findings, scopes
from fediverse_support.policy.document import INSTANCE, Whole
from fediverse_support.policy.findings import Finding
from fediverse_support.policy.spans import span
from fediverse_support.protocol.site import Site

app = App(name="policy")

OfGroup = Annotated[
    str | None, Parameter(name="--group", help="Of one group: its rules and words, and nothing else.")
]
Why = Annotated[str, Parameter(help="Stands in the history, for who asks later.")]
Sure = Annotated[
    bool,
    Parameter(
        name="--sure", negative=(), help="Also a domain below which anybody may have a name, as co.uk."
    ),
]
NOBODY: Account | None = None
"""What the command line does stands in the history without a name."""


@app.command
async def show(*, group: OfGroup = None, as_json: AsJson = False) -> None:
    """Show the policy in force: its version, its rules as sentences, its domains and lists."""
    async with foundation() as (_, db):
        scope = await _scope(db, group)
        version, whole = await policy_versions.latest(db), await policy.current(db, scope)
        levels = [] if group else await domains.listed(db)
    if as_json:
        print_json(reports.shown_json(version, whole, levels))
    else:
        reports.show(version, whole, levels)


@app.command
async def check(file: FileOrDash, /, *, group: OfGroup = None, as_json: AsJson = False) -> None:
    """Say what is wrong with a policy file, what does nothing, and what could be better; change nothing.

    Ends with 1 if it could not be applied.
    """
    text = read_file(file)
    async with foundation() as (base, db):
        if group is None:
            known = await policy.known(db, base.site, clock.now(), with_lists=True)
            found = findings.check(text, known)
        else:
            found = (await _read(db, base.site, text, await _scope(db, group)))[1]
    if as_json:
        print_json([{"line": one.line, "weight": one.weight, "what": one.what} for one in found])
    else:
        say(*found)
    if errors := sum(one.weight == "error" for one in found):
        many = "1 error" if errors == 1 else f"{errors:,} errors"
        raise Malformed(f"{file.name} cannot be applied: {many}.")
    if not as_json and not found:
        say("Nothing is wrong with it.")


@app.command(name="try")
async def try_(
    file: FileOrDash,
    /,
    *,
    since: Annotated[str, Parameter(help="How far back: 30d, 12h, 2w.")] = "30d",
    group: OfGroup = None,
    as_json: AsJson = False,
) -> None:
    """Say what a policy file would have changed about what has arrived; change nothing.

    What the file does not speak of stays as it is. Lists are not fetched for it.
    """
    text, past = read_file(file), span(since)
    async with foundation() as (base, db):
        scope = await _scope(db, group)
        whole = await _usable(db, base.site, text, scope)
        draft = await _draft(db, whole, scope)
        with reports.bar() as progress:
            report = await trying.replayed(base.pool, draft, clock.now() - past, progress)
    if as_json:
        print_json({**msgspec.to_builtins(report), "changed": report.changed})
    else:
        reports.report(report)


@app.command
async def apply(
    file: FileOrDash,
    /,
    *,
    why: Why = "",
    group: OfGroup = None,
    is_sure: Sure = False,
    as_json: AsJson = False,
) -> None:
    """Put a policy file in force, as a new version. What it does not speak of stays as it is.

    `rule = []` or an empty table takes all rules, domains, excludes, lists or words away.
    """
    text = read_file(file)
    async with deed() as (base, db):
        scope = await _scope(db, group)
        applied = await policy.apply(
            db,
            base.site,
            await _usable(db, base.site, text, scope),
            scope=scope,
            by=NOBODY,
            why=why,
            now=clock.now(),
            is_sure=is_sure,
        )
    if as_json:
        print_json(applied)
    elif applied.version is None:
        say("This is in force already. Nothing was changed.")
    else:
        say(f"Version {applied.version} is in force.")
        reports.difference(applied.difference, applied.beside)


@app.command
async def undo(*, why: Why = "", group: OfGroup = None, as_json: AsJson = False) -> None:
    """Take back the last change that a person made; said again, the one before it.

    What lists and expiry changed stays. So does what somebody has changed once more since then.
    """
    async with deed() as (base, db):
        scope = await _scope(db, group)
        undone = await policy.undo(db, base.site, scope=scope, by=NOBODY, why=why, now=clock.now())
    if as_json:
        print_json(undone)
        return
    say(f"Version {undone.undoes} is taken back; version {undone.version} is in force.")
    reports.difference(undone.difference, undone.beside)
    if undone.kept:
        say(f"As it is, because it was changed again since then: {', '.join(undone.kept)}.")


@app.command
async def history(*, group: OfGroup = None, as_json: AsJson = False) -> None:
    """List the versions of the policy, the newest first: when, by whom, why."""
    async with foundation() as (_, db):
        scope = None if group is None else await _scope(db, group)
        found = await policy.history(db, scope)
    if as_json:
        print_json(found)
        return
    print_table(
        ("version", "made", "by", "kind", "scope", "why"),
        ((one.version, one.made_at, one.by or "–", reports.kind(one), one.scope, one.why) for one in found),
        "There is no policy.",
    )


@app.command
async def export(file: FileOrDash | None = None, /, *, group: OfGroup = None) -> None:
    """Write the policy in force as a file (without FILE: to standard output). Applied, it changes nothing."""
    async with foundation() as (_, db):
        text = policy_file.write(await policy.current(db, await _scope(db, group)))
    if file is None:
        print(text, end="")
    else:
        write_file(file, text)


@app.command
async def explain(activity_id: str, /, *, as_json: AsJson = False) -> None:
    """Say what was decided about an activity, by which version and rules, and what would be decided today.

    ACTIVITY_ID is the id that it came with, its number from `inbox list`, or the number of a decision.
    """
    async with foundation() as (base, db):
        found = await _decided(db, activity_id)
        arrived = await inbox.by_activity(db, found[0].activity_uri) if found else None
        in_force = base.policies.current()
        explained = [await explaining.explain(db, one, in_force) for one in found]
    if not explained:
        raise Missing("Nothing was decided about this: it has not arrived, or that is too long ago.")
    if as_json:
        print_json(reports.explained_json(explained, arrived))
    else:
        reports.explained(explained, arrived)


async def _scope(db: Connection, group: str | None) -> str:
    if group is None:
        return INSTANCE
    found = await groups.by_name(db, group)
    if found is None:
        raise Missing(f"There is no group called {group} here.")
    return scopes.of_group(found.actor.name)


async def _read(db: Connection, site: Site, text: str, scope: str) -> tuple[Whole, list[Finding]]:
    """What a file says, and what is to be said about it, by line."""
    try:
        whole, places = policy_file.read_with_places(text)
    except policy_file.BadFile as error:
        return Whole(), list(error.findings)
    return whole, await policy.checked(db, site, whole, scope, clock.now(), places)


async def _usable(db: Connection, site: Site, text: str, scope: str) -> Whole:
    """What a file says. Raises `BadFile` with every error."""
    whole, found = await _read(db, site, text, scope)
    if errors := tuple(one for one in found if one.weight == "error"):
        raise policy_file.BadFile(errors)
    return whole


async def _draft(db: Connection, whole: Whole, scope: str) -> trying.Draft:
    document = scopes.laid_over(await policy_versions.document(db), whole, scope)
    changes = await beside.differing(db, whole)
    return trying.Draft(scope=scope, document=document, domains=changes.domains, excludes=changes.excludes)


async def _decided(db: Connection, given: str) -> list[decisions.Decided]:
    """The decisions about an activity, named by its id, its number in the inbox or that of a decision."""
    if not given.isdecimal():
        return await decisions.about(db, given)
    number = int(given) if len(given) < 19 else 0
    arrived = await inbox.by_id(db, number)
    if arrived is not None:
        return await decisions.about(db, arrived.activity_uri)
    one = await decisions.by_id(db, number)
    return [one] if one is not None else []
