"""What has arrived from other servers, and what could not be digested."""

from typing import Annotated

from cyclopts import App, Parameter

from fediverse_support.commands import threads
from fediverse_support.commands.ground import deed, foundation
from fediverse_support.commands.terminal import AsJson, print_fields, print_json, print_table, printable, say
from fediverse_support.core import clock
from fediverse_support.core.errors import Missing
from fediverse_support.database import inbox
from fediverse_support.database.inbox import Arrived, State
from fediverse_support.moderation import cases

app = App(name="inbox")
app.command(threads.app)


@app.command(name="list")
async def list_(
    *,
    parked: Annotated[bool, Parameter(negative=(), help="Only what could not be digested.")] = False,
    state: Annotated[State | None, Parameter(help="Only what is in this state.")] = None,
    limit: Annotated[int, Parameter(help="How many at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List what arrived last, the newest first. What was said in it is never shown here."""
    async with foundation() as (_, db):
        found = await inbox.recent(db, "parked" if parked else state, min(max(limit, 1), 1000))
    if as_json:
        print_json([_shown(one) for one in found])
        return
    print_table(
        ("number", "arrived", "state", "type", "from", "outcome"),
        ((one.id, one.received_at, one.state, one.type, one.actor_uri, one.outcome) for one in found),
        "Nothing is parked." if parked else "Nothing.",
    )


@app.command
async def show(
    number: int,
    /,
    *,
    body: Annotated[
        bool, Parameter(negative=(), help="Also what was said. Look only if you must: it may be private.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show one arrival."""
    async with foundation() as (_, db):
        found = await inbox.by_id(db, number) if abs(number) < 2**63 else None
    if found is None:
        raise Missing("No arrival has this number.")
    text = found.body.decode("utf-8", "replace")
    if as_json:
        print_json(_shown(found) | ({"body": text} if body else {}))
        return
    print_fields(_shown(found).items())
    if body:
        print(printable(text))


@app.command
async def replay(number: int, /) -> None:
    """Let a parked or refused arrival be processed once more."""
    async with deed() as (_, db):
        if abs(number) >= 2**63 or await inbox.by_id(db, number) is None:
            raise Missing("No arrival has this number.")
        await cases.replay(db, number, None, clock.now())
    say(f"{number} will be processed again.")


def _shown(arrived: Arrived) -> dict[str, object]:
    return {
        "number": str(arrived.id),
        "activity": arrived.activity_uri,
        "type": arrived.type,
        "from": arrived.actor_uri,
        "host": arrived.host,
        "state": arrived.state,
        "outcome": arrived.outcome,
        "attempts": arrived.attempts,
        "received_at": arrived.received_at,
        "processed_at": arrived.processed_at,
        "bytes": len(arrived.body),
    }
