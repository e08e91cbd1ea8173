"""What leaves for other servers, and who does not answer."""

from typing import Annotated

from cyclopts import App, Parameter

from fediverse_support.commands.ground import deed, foundation
from fediverse_support.commands.terminal import AsJson, print_json, print_table, say
from fediverse_support.core import clock
from fediverse_support.core.errors import Missing
from fediverse_support.database import hosts, overviews
from fediverse_support.database.deliveries import State
from fediverse_support.database.hosts import Queue
from fediverse_support.database.overviews import ListedDelivery
from fediverse_support.moderation import deeds
from fediverse_support.protocol.urls import normal_host

app = App(name="deliveries")


@app.command(name="list")
async def list_(
    *,
    host: Annotated[str | None, Parameter(help="Only to this server.")] = None,
    state: Annotated[State | None, Parameter(help="Only what is in this state.")] = None,
    limit: Annotated[int, Parameter(help="How many at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List deliveries, the newest first: to whom, how often tried, what was answered."""
    async with foundation() as (_, db):
        found = await overviews.of_deliveries(db, host=host, state=state, limit=min(max(limit, 1), 1000))
    if as_json:
        print_json([_shown(one) for one in found])
        return
    print_table(
        ("number", "queued", "state", "tries", "type", "to", "last answer"),
        (
            (
                one.id,
                one.created_at,
                one.state,
                one.attempts,
                one.type,
                one.inbox_url,
                one.last_error or one.last_status,
            )
            for one in found
        ),
        "Nothing.",
    )


@app.command(name="hosts")
async def list_hosts(*, as_json: AsJson = False) -> None:
    """List the servers for which something waits or which do not answer, those that wait longest first."""
    async with foundation() as (_, db):
        found = await hosts.queues(db)
    if as_json:
        print_json(found)
        return
    print_table(
        ("server", "software", "waiting", "oldest", "how it is", "last success", "last error"),
        (
            (
                one.name,
                one.software,
                one.waiting,
                one.oldest_at,
                _how(one),
                one.last_success_at,
                one.last_error,
            )
            for one in found
        ),
        "Nothing waits, and every server that we know of answers.",
    )


@app.command
async def retry(host: str, /) -> None:
    """Call a server now, whatever went wrong before: its circuit closes and what waits is due."""
    name = host if ":" in host else normal_host(host)
    async with deed() as (_, db):
        waiting = await hosts.retry(db, name, clock.now())
        if waiting is None:
            raise Missing(f"We have never had anything to do with {name}.")
        await deeds.record(db, None, "retry host", name, "", clock.now())
    say(f"{name} is called now; {waiting} deliveries wait for it.")


def _how(host: Queue) -> str:
    if host.blocked_us_at:
        return "does not want us"
    if host.opened_at:
        return f"does not answer since {host.opened_at:%Y-%m-%d %H:%M}"
    return f"failed {host.failures} times" if host.failures else "answers"


def _shown(delivery: ListedDelivery) -> dict[str, object]:
    return {
        "number": str(delivery.id),
        "activity": delivery.activity_uri,
        "type": delivery.type,
        "host": delivery.host,
        "inbox": delivery.inbox_url,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "queued_at": delivery.created_at,
        "due_at": delivery.due_at,
        "finished_at": delivery.finished_at,
        "last_status": delivery.last_status,
        "last_error": delivery.last_error,
    }
