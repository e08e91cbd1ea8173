"""What commands stand on: the settings, the database, and everything else where they need it.

All of it works beside a running `serve`, also with the embedded database, which is then shared. When nothing
runs, the embedded database is started for the command and stopped after it.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fediverse_support.commands.terminal import Progress
from fediverse_support.core import logs, settings
from fediverse_support.core.settings import Settings
from fediverse_support.database import embedded, pool
from fediverse_support.database.pool import Connection, Pool, acquire
from fediverse_support.foundation import Foundation, laid


def configured() -> Settings:
    """The settings, with the log set up by them. Raises `Misconfigured`."""
    found = settings.load()
    logs.configure(found)
    return found


@asynccontextmanager
async def foundation() -> AsyncIterator[tuple[Foundation, Connection]]:
    """Everything laid, and one connection to use outside any transaction."""
    found = configured()
    async with AsyncExitStack() as stack:
        progress = stack.enter_context(Progress())
        base = await stack.enter_async_context(laid(found, progress, join=True))
        yield base, await stack.enter_async_context(acquire(base.pool))


@asynccontextmanager
async def deed() -> AsyncIterator[tuple[Foundation, Connection]]:
    """As `foundation`, in a transaction: all of the command happens, or nothing."""
    async with foundation() as (base, db), db.transaction():
        yield base, db


@asynccontextmanager
async def database(found: Settings, progress: Progress, *, join: bool = True) -> AsyncIterator[Pool]:
    """The database alone, as it is: nothing is migrated and nothing is made in it.

    `join` False: refuse where another program runs the embedded one. Raises `Misconfigured`, `Unavailable`.
    """
    async with AsyncExitStack() as stack:
        dsn = found.database_url or await stack.enter_async_context(
            embedded.running(found.data_path, progress, join=join)
        )
        connections = await pool.connect(found, dsn)
        stack.push_async_callback(connections.close)
        yield connections
