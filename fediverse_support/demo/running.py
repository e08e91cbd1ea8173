"""Starting everything in order, and stopping it: the whole life of the demo in one event loop."""

import asyncio
import logging
import os
import shutil
import signal
import socket
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, closing
from pathlib import Path

from fediverse_support import app
from fediverse_support.core import clock, logs
from fediverse_support.core.settings import Settings
from fediverse_support.database import embedded
from fediverse_support.demo import communities, doors, story
from fediverse_support.demo.communities import Community, Watchers
from fediverse_support.demo.crossings import Crossings
from fediverse_support.demo.telling import Teller, Tide
from fediverse_support.demo.view import View
from fediverse_support.inbox.processing import Processed
from fediverse_support.serving import loop_factory, run_on
from fediverse_support.web.client_api.streaming.pump import Pump
from fediverse_support.web.services import Services

TOLD = "told"
"""The file that says that the whole story was told: without it the folder is not worth keeping."""


def run(port: int, fresh: bool) -> None:
    """Run the two communities on `port` until SIGINT or SIGTERM; `fresh` forgets what was said before.

    Each port has a folder of its own, because the address of a community can never change. Raises
    `Misconfigured` with what to do when port or folder are in use, or the database does not start.
    """
    with closing(doors.listen(port)) as listener, asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_demo(listener, folder_for(port), fresh))


def folder_for(port: int) -> Path:
    """Where the demo on `port` keeps what is said in it, below `FS_DATA_DIR`."""
    base = os.environ.get("FS_DATA_DIR") or Settings(domain="localhost").data_dir
    return Path(base).expanduser() / "demo" / str(port)


async def _demo(listener: socket.socket, folder: Path, fresh: bool) -> None:
    stop = _stop_on_signals()
    view, tide = View(), Tide()
    port: int = listener.getsockname()[1]
    # What crosses is told in sentences of the demo's own: the log is only for what goes wrong.
    settings = communities.settings_of(communities.NAMES[0], port, folder, "")
    logs.configure(settings, least=logging.WARNING)
    is_told = (folder / TOLD).exists() and not fresh
    if not is_told:
        await asyncio.to_thread(_forget, folder)
        view.say("Making two communities. What they say to each other crosses below.")
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(embedded.running(folder, view.say))
        both = await communities.opened(stack, port, folder, server, _watchers(port, view, tide))
        teller = None if is_told else Teller(story.read(), both, tide, clock.now())
        async with asyncio.TaskGroup() as group:
            for found in both:
                group.create_task(run_on(found.foundation, stop, web=False, worker=found.worker))
            services = {found.host: app.services_on(found.foundation) for found in both}
            for reached in services.values():
                group.create_task(Pump(reached).run(stop))
            group.create_task(doors.serve(_doors(both, services), listener, stop))
            group.create_task(_introduced(teller, view, port, folder, stop))
        view.say("Stopping …")


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _forget(folder: Path) -> None:
    """Delete what an earlier demo left, or one that was stopped before its story was told."""
    embedded.remove(folder)
    shutil.rmtree(folder, ignore_errors=True)


def _watchers(port: int, view: View, tide: Tide) -> Watchers:
    names = {communities.host_of(name, port): name for name in communities.NAMES}
    crossings = Crossings(names, view.show)

    def processed(name: str, what: Processed) -> None:
        crossings.processed(name, what)
        tide.turn()

    return Watchers(processed=processed, tried=crossings.tried)


def _doors(both: Sequence[Community], services: Mapping[str, Services]) -> doors.Doors:
    applications = {
        found.host: app.build(found.foundation, services=services[found.host], on_stored=found.worker.wake)
        for found in both
    }
    titles = {found.name: found.title for found in story.read().communities}
    return doors.Doors(applications, {found.host: titles[found.name] for found in both})


async def _introduced(
    teller: Teller | None, view: View, port: int, folder: Path, stop: asyncio.Event
) -> None:
    """Tell the story if it was not told yet, unless asked to stop meanwhile; then say where to look."""
    if teller is not None:
        telling = asyncio.create_task(teller.tell())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({telling, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not telling.done():
                return
            telling.result()
        finally:
            telling.cancel()
            stopping.cancel()
        (folder / TOLD).touch()
    view.introduce(story.read(), port, str(folder))
