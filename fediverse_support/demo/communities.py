"""One community of the demo: its settings, its database, its foundation and its worker.

Both databases live in one embedded PostgreSQL, which starts twice as fast as two; nothing else is shared.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import msgspec

from fediverse_support.core.settings import Settings
from fediverse_support.database import databases
from fediverse_support.foundation import Foundation, laid
from fediverse_support.inbox.processing import Processed
from fediverse_support.outbox.reports import DeliveryReport
from fediverse_support.worker import Worker

NAMES = ("garden", "harbour")
LOOPBACK = "127.0.0.0/8"
KEPT = (
    "domain",
    "origin",
    "bind",
    "data_dir",
    "database_url",
    "outbound_allow_private",
    "outbound_allow_http",
    "log",
)
"""The settings in which a demo differs from the defaults."""


class Watchers(msgspec.Struct, frozen=True):
    """Who is told of what crosses: the name of the community where it happened, and what happened."""

    processed: Callable[[str, Processed], None]
    tried: Callable[[str, DeliveryReport], None]


class Community(msgspec.Struct, frozen=True):
    """A community that is ready to run."""

    name: str
    foundation: Foundation
    worker: Worker

    @property
    def host(self) -> str:
        """What stands in the `Host` header of requests to it."""
        return self.foundation.site.host


def host_of(name: str, port: int) -> str:
    """The host of community `name`; browsers find every name under `.localhost` on this machine."""
    return f"{name}.localhost:{port}"


def settings_of(name: str, port: int, folder: Path, dsn: str) -> Settings:
    """The settings of community `name`: those of a test network, and else the defaults."""
    host = host_of(name, port)
    return Settings(
        domain=host,
        origin=f"http://{host}",
        bind=f"127.0.0.1:{port}",
        data_dir=str(folder / name),
        database_url=dsn,
        outbound_allow_private=LOOPBACK,
        outbound_allow_http=True,
        log="text",
    )


async def opened(
    stack: AsyncExitStack, port: int, folder: Path, server: str, watchers: Watchers
) -> list[Community]:
    """Both communities, on databases in `server` that are made the first time; closed by `stack`."""
    await databases.make(server, NAMES)
    settings = [settings_of(name, port, folder, _named(server, name)) for name in NAMES]
    foundations = await asyncio.gather(
        *(stack.enter_async_context(laid(found, _quietly)) for found in settings)
    )
    for found in settings:
        _keep(found)
    return [
        _with_worker(name, foundation, watchers) for name, foundation in zip(NAMES, foundations, strict=True)
    ]


def _keep(settings: Settings) -> None:
    """Write down what `FS_SETTINGS` names for commands beside the demo, anew at each start."""
    lines = [f"{name} = {json.dumps(getattr(settings, name))}" for name in KEPT]
    (settings.data_path / "settings.toml").write_text("\n".join([*lines, ""]), encoding="utf-8")


def _with_worker(name: str, foundation: Foundation, watchers: Watchers) -> Community:
    worker = Worker(
        foundation,
        on_processed=lambda processed: watchers.processed(name, processed),
        on_tried=lambda report: watchers.tried(name, report),
    )
    return Community(name, foundation, worker)


def named(communities: Sequence[Community], name: str) -> Community:
    """The community called `name`."""
    return next(found for found in communities if found.name == name)


def _named(server: str, database: str) -> str:
    return urlunsplit(urlsplit(server)._replace(path=f"/{database}"))


def _quietly(line: str) -> None:
    """Which migrations are applied is no news to somebody who wants to see two communities talk."""
