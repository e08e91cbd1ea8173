"""The pool of connections, and what "the database is away" means to everybody above.

Everything that a query can fail with because of the *server* (gone, restarting, full, overloaded)
becomes `Unavailable` in `acquire`; everything else is a mistake of ours and stays what it is.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy

from fediverse_support.core.errors import Misconfigured, Unavailable
from fediverse_support.core.settings import Settings

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

OLDEST_SERVER = 15
"""The major version of PostgreSQL in Debian 12; nothing newer may be asked for in SQL."""

_SERVER_SETTINGS = {
    "application_name": "fediverse-support",
    "timezone": "UTC",
    "synchronous_commit": "on",  # a 2xx means that it is on disk, whatever the server's own setting
    "plan_cache_mode": "force_generic_plan",  # planning our longer statements anew costs more than they do
    "jit": "off",  # costs more than it brings on queries of milliseconds
    "lock_timeout": "10s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
}
_HUNG_AFTER = 40.0
_CONNECT_WITHIN = 5.0
_TIDY_WITHIN = 5.0

AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shut down, crashed, starting up, statement timeout
    asyncpg.InsufficientResourcesError,  # disk full, out of memory, too many connections
    asyncpg.TransactionRollbackError,  # deadlock: the same request may well succeed again
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby that has not taken over yet
    asyncpg.InvalidCachedStatementError,  # a migration ran under us
    ConnectionError,
    TimeoutError,
)
"""What is raised when the server, not the query, is the trouble."""

UNFIT = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
"""What is raised when the value is the trouble: it would fail again."""

TAKEN = asyncpg.UniqueViolationError
"""What is raised when there is such a row already."""


UNSTORABLE = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.StatementTooComplexError)
"""What is raised when a value, not the server, is the trouble: trying again will not help."""


class Spent:
    """How long this process has waited for the database, and in how many round trips, since its start."""

    __slots__ = ("queries", "seconds")

    def __init__(self) -> None:
        self.seconds = 0.0
        self.queries = 0


spent = Spent()
"""Read by the metrics and by tests that count round trips."""


class _Timed(asyncpg.Connection):
    """A connection that counts its round trips, and needs none to go back to the pool."""

    __slots__ = ()

    def get_reset_query(self) -> str:
        """Nothing: an open transaction is rolled back anyway, and nobody sets session state on the pool."""
        return ""

    async def fetch(self, *args: Any, **kwargs: Any) -> Any:
        """All rows."""
        return await _timed(super().fetch(*args, **kwargs))

    async def fetchrow(self, *args: Any, **kwargs: Any) -> Any:
        """The first row."""
        return await _timed(super().fetchrow(*args, **kwargs))

    async def fetchval(self, *args: Any, **kwargs: Any) -> Any:
        """One value."""
        return await _timed(super().fetchval(*args, **kwargs))

    async def fetchmany(self, *args: Any, **kwargs: Any) -> Any:
        """All rows of all executions."""
        return await _timed(super().fetchmany(*args, **kwargs))

    async def execute(self, *args: Any, **kwargs: Any) -> Any:
        """The status line."""
        return await _timed(super().execute(*args, **kwargs))

    async def executemany(self, *args: Any, **kwargs: Any) -> Any:
        """Nothing."""
        return await _timed(super().executemany(*args, **kwargs))


async def connect(settings: Settings, dsn: str) -> Pool:
    """Open a pool of at most `settings.database_pool` connections to the server at `dsn`.

    `jsonb` and `json` come and go as plain Python values. Raises `Misconfigured` when the server is
    not one that we can use, `Unavailable` when it cannot be reached just now.
    """
    try:
        return await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=settings.database_pool,
            init=_prepare,
            connection_class=_Timed,
            server_settings=_SERVER_SETTINGS,
            timeout=_CONNECT_WITHIN,
            command_timeout=_HUNG_AFTER,
        )
    except (*AWAY, OSError) as error:
        raise Unavailable(f"The database cannot be reached: {error}.") from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise Misconfigured(f"The database of DATABASE_URL does not let us in: {error}.") from error


@asynccontextmanager
async def acquire(pool: Pool, *, within: float = _CONNECT_WITHIN) -> AsyncIterator[Connection]:
    """A connection for the block, had within so many seconds.

    Raises `Unavailable`, whether before or in the middle of the block, when the server is the trouble.
    """
    try:
        # asyncpg's own time-out makes a task of each call; this one costs a tenth. What it cancels may begin
        # to tidy up and wait for a server that is gone: the second one ends that.
        async with asyncio.timeout(within + _TIDY_WITHIN), asyncio.timeout(within):
            connection = await pool.acquire()
    except (*AWAY, OSError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise Unavailable("The database cannot be reached just now.") from error
    try:
        yield connection
    except AWAY as error:
        raise Unavailable("The database did not finish this.") from error
    except asyncpg.InterfaceError as error:
        if not _is_lost(connection):
            raise
        raise Unavailable("The database went away.") from error
    except asyncpg.InternalClientError as error:
        # The server's farewell has been read and the end of the connection has not: asyncpg is confused.
        connection.terminate()
        raise Unavailable("The database went away.") from error
    finally:
        # What the block did stands; a connection that cannot be tidied up is thrown away by the pool.
        with suppress(*AWAY, asyncpg.InterfaceError, asyncpg.InternalClientError):
            await pool.release(connection, timeout=_TIDY_WITHIN)


def _is_lost(connection: "PoolConnectionProxy[asyncpg.Record]") -> bool:
    # asyncpg raises the same error for a wrong call and for a call on a lost connection.
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        return True


async def _prepare(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    try:
        await _set_up(connection)
    except (Exception, asyncio.CancelledError):
        # asyncpg closes what cannot be set up, politely and without an end if the server goes meanwhile;
        # whoever waits for this connection would wait for ever.
        connection.terminate()
        raise


async def _set_up(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    version = connection.get_server_version()
    if version.major < OLDEST_SERVER:
        raise Misconfigured(
            f"The database is PostgreSQL {version.major}; this program needs {OLDEST_SERVER} or later."
        )
    if connection.get_settings().server_encoding != "UTF8":
        raise Misconfigured("The database must be in UTF-8: create it again with encoding 'UTF8'.")
    for name, prefix in (("json", b""), ("jsonb", b"\x01")):
        # Binary, because asyncpg would otherwise make a `str` of it only for us to make bytes again.
        await connection.set_type_codec(
            name,
            schema="pg_catalog",
            format="binary",
            encoder=_encoder(prefix),
            decoder=_decoder(len(prefix)),
        )


def _encoder(prefix: bytes) -> Callable[[object], bytes]:
    encode = msgspec.json.Encoder().encode
    return lambda value: prefix + encode(value)


def _decoder(skipped: int) -> Callable[[bytes], object]:
    decode = msgspec.json.Decoder().decode
    return lambda value: decode(value[skipped:])


async def _timed(call: Awaitable[Any]) -> Any:
    began = time.perf_counter()
    try:
        return await call
    finally:
        spent.seconds += time.perf_counter() - began
        spent.queries += 1
