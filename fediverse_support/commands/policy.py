"""What is let in, and why something was or was not."""

from cyclopts import App

from fediverse_support.commands.ground import foundation
from fediverse_support.commands.terminal import AsJson, print_fields, print_json, print_table, say
from fediverse_support.core.errors import Missing
from fediverse_support.database import decisions, domains, inbox, policy_versions
from fediverse_support.database.pool import Connection

app = App(name="policy")


@app.command
async def show(*, as_json: AsJson = False) -> None:
    """Show the policy in force: its version, and the domains that are treated specially."""
    async with foundation() as (_, db):
        version, levels = await policy_versions.latest(db), await domains.listed(db)
    if as_json:
        print_json({"version": version, "domains": levels})
        return
    say(f"Version {version}")
    print_table(
        ("domain", "level", "reason"),
        ((one.domain, one.level, one.public_reason) for one in levels),
        "No domain has a level: everything that is properly signed is let in.",
    )


@app.command
async def history(*, as_json: AsJson = False) -> None:
    """List the versions of the policy, the newest first: when, by whom, why."""
    async with foundation() as (_, db):
        found = await policy_versions.history(db)
    if as_json:
        print_json(found)
        return
    print_table(
        ("version", "made", "by", "why"),
        ((one.version, one.made_at, one.by or "–", one.why) for one in found),
        "There is no policy.",
    )


@app.command
async def explain(activity_id: str, /, *, as_json: AsJson = False) -> None:
    """Say what was decided about an activity, by which version, and why.

    ACTIVITY_ID is the id that it came with, or its number from `inbox list`.
    """
    async with foundation() as (_, db):
        uri = await _uri(db, activity_id)
        found = await decisions.about(db, uri)
        arrived = await inbox.by_activity(db, uri)
    if not found:
        raise Missing("Nothing was decided about this: it has not arrived, or that is more than 30 days ago.")
    state = {"state": arrived.state, "outcome": arrived.outcome} if arrived else None
    if as_json:
        print_json({"arrival": state, "decisions": [{**_shown(one), "facts": one.facts} for one in found]})
        return
    for decision in found:
        print_fields(_shown(decision).items())
    if arrived:
        say(f"What became of it: {arrived.state}. {arrived.outcome}")


async def _uri(db: Connection, given: str) -> str:
    if not given.isdecimal():
        return given
    arrived = await inbox.by_id(db, int(given)) if len(given) < 19 else None
    if arrived is None:
        raise Missing("No arrival has this number.")
    return arrived.activity_uri


def _shown(decision: decisions.Decided) -> dict[str, object]:
    return {
        "activity": decision.activity_uri,
        "type": decision.activity_type,
        "from": decision.actor_uri,
        "outcome": decision.outcome,
        "amendments": ", ".join(decision.amendments),
        "rules": "; ".join(decision.rules),
        "reason": decision.reason,
        "policy_version": decision.policy_version,
        "decided_at": decision.decided_at,
    }
