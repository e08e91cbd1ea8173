"""Threads that are spread over servers: looking for the rest of one, and what was looked for lately."""

from typing import Annotated

from cyclopts import App, Parameter

from fediverse_support.commands.ground import configured
from fediverse_support.commands.ground import foundation as on_foundation
from fediverse_support.commands.terminal import AsJson, Progress, print_json, print_table, say
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Missing
from fediverse_support.database import gatherings, posts
from fediverse_support.database.gatherings import Gathering, Line
from fediverse_support.database.pool import Connection, acquire
from fediverse_support.foundation import Foundation, laid
from fediverse_support.inbox.gathering.gatherer import Gatherer

app = App(name="threads", help="The rest of threads, on the servers that they are spread over.")


@app.command
async def gather(uri: str, /) -> None:
    """Look now for the rest of the thread that a post is in, by the post's id or the address of its page.

    Also if that was done a moment ago. What other servers need time for goes on in the worker.
    """
    found = configured()
    with Progress(at_once=True) as progress:
        async with laid(found, progress, join=True) as base:
            async with acquire(base.pool) as db:
                root_id = await _thread_of(db, base, uri)
                now = clock.now()
                await gatherings.ask(db, [root_id], now, due_at=now, not_since=now, most=2**31)

            def tell(gathering: Gathering) -> None:
                progress(f"{gathering.found} found, {gathering.fetched} looked at …")

            gatherer = Gatherer(
                base.pool,
                base.site,
                base.documents,
                base.acquaintance,
                base.policies.current,
                on_step=tell,
            )
            ended = await gatherer.step(root_id=root_id)
    if ended is None:
        raise Conflict("A worker is looking for it just now: `inbox threads list` shows how far it is.")
    say(f"{ended.found} posts were found, {ended.fetched} looked at.")
    if ended.is_under_way:
        say("A server asked us to wait, or did not answer. The worker goes on with it.")


@app.command(name="list")
async def list_(
    *,
    limit: Annotated[int, Parameter(help="How many at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the threads whose rest is being looked for, then those that were looked for last."""
    async with on_foundation() as (_, db):
        found = await gatherings.recent(db, min(max(limit, 1), 1000))
    if as_json:
        print_json([_shown(line) for line in found])
        return
    print_table(
        ("state", "found", "looked at", "due", "ended", "thread"),
        ((line.state, line.found, line.fetched, line.due_at, line.finished_at, line.uri) for line in found),
        "No thread was looked for.",
    )


async def _thread_of(db: Connection, base: Foundation, uri: str) -> int:
    """The number of the thread that the post `uri` is in. Raises `Missing`."""
    post = await posts.by_uri(db, uri)
    if post is None and uri.startswith(f"{base.site.origin}/posts/"):
        post = await posts.by_public_id(db, uri.rpartition("/")[2])
    if post is None:
        raise Missing("There is no such post here.")
    return post.root_id


def _shown(line: Line) -> dict[str, object]:
    return {
        "thread": line.uri,
        "state": line.state,
        "found": line.found,
        "looked_at": line.fetched,
        "asked_at": line.asked_at,
        "due_at": line.due_at,
        "ended_at": line.finished_at,
        "error": line.last_error,
    }
