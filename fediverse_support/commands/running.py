"""Running the program, and what is done to all of it at once."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from fediverse_support.commands.ground import configured, database
from fediverse_support.commands.terminal import AsJson, Progress, print_json, printable, say
from fediverse_support.core import clock
from fediverse_support.database import migrations
from fediverse_support.database.pool import acquire


def demo(
    *,
    fresh: Annotated[bool, Parameter(negative=(), help="Forget what the last demo left behind.")] = False,
    port: Annotated[int, Parameter(help="Where both communities listen.")] = 8600,
) -> None:
    """Run two small communities on this machine that federate with each other.

    Prints where to look and shows what crosses between them. Needs no settings. Ctrl-C stops everything.
    """
    from fediverse_support import demo

    demo.run(port, fresh)


def serve() -> None:
    """Run the community: web and worker in one process, until SIGTERM or Ctrl-C."""
    _run(web=True, worker=True)


def web() -> None:
    """Run only the web side; any number of these, with at least one worker somewhere.

    Processes apart share a database, so they need DATABASE_URL.
    """
    _run(web=True, worker=False)


def worker() -> None:
    """Run only the loops behind it: process the inbox, deliver the outbox, keep house. Any number of them."""
    _run(web=False, worker=True)


def _run(*, web: bool, worker: bool) -> None:
    from fediverse_support import serving

    serving.run(configured(), web=web, worker=worker)


async def migrate(
    *,
    check: Annotated[bool, Parameter(negative=(), help="Change nothing; exit with 1 if some wait.")] = False,
) -> int:
    """Bring the database up to date. `serve` does this by itself unless FS_MIGRATE is off."""
    found = configured()
    with Progress(at_once=not check) as progress:
        async with database(found, progress) as connections, acquire(connections) as db:
            if check:
                waiting = await migrations.pending(db, migrations.folder())
                say(*(f"Waiting: {migration.name}" for migration in waiting))
            else:
                waiting = []
                await migrations.apply(db, migrations.folder(), progress)
    if not waiting:
        say("The database is up to date.")
    return 1 if waiting else 0


async def doctor(*, as_json: AsJson = False) -> int:
    """Look whether everything is as it should be, and say what to do where it is not. Exit code 1 then."""
    from fediverse_support.operations.doctor import examine

    with Progress() as progress:
        progress("Looking …")
        findings = await examine(configured(), now=clock.now())
    if as_json:
        print_json(findings)
    for finding in () if as_json else findings:
        sign = {True: "ok  ", False: "FAIL", None: "–   "}[finding.ok]
        print(printable(f"{sign} {finding.name}: {finding.what.rstrip('.')}. {finding.what_to_do}"))
    return 1 if any(finding.ok is False for finding in findings) else 0


async def backup(file: Path, /) -> None:
    """Write database, media and secret key to one file.

    The server may go on running. The file is not encrypted: whoever has it has everything.
    """
    from fediverse_support.operations.backup import backup

    found = configured()
    with Progress(at_once=True) as progress:
        async with database(found, progress) as connections:
            await backup(found, connections, file, progress, now=clock.now())
    say(f"Backed up to {file}.")


async def restore(file: Path, /) -> None:
    """Load a backup into an empty database and data folder. Stop the server first."""
    from fediverse_support.operations.restore import restore

    found = configured()
    with Progress(at_once=True) as progress:
        async with database(found, progress, join=False) as connections:
            await restore(found, connections, file, progress)
    say(f"Restored from {file}. Start the server with: fediverse-support serve")
