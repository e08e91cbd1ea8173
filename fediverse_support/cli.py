"""The command line: which commands there are, and what their ends mean.

Exit codes: 0 done · 1 refused or failed, with one clear line on standard error · 2 wrong usage.
What a command was asked for goes to standard output, everything else to standard error.
"""

import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from fediverse_support import __version__
from fediverse_support.commands.terminal import complain
from fediverse_support.core.errors import Trouble

app = App(
    name="fediverse-support",
    help="A federated server for peer support communities. All settings: docs/settings.md.",
    version=__version__,
    help_format="markdown",
    suppress_keyboard_interrupt=False,
)

# Named by their path, so that a command loads only what it needs: --help answers in a fifth of a second.
_RUNNING = ("demo", "serve", "web", "worker", "migrate", "doctor", "backup", "restore")
_FAMILIES = (
    "member",
    "token",
    "group",
    "topics",
    "community",
    "domains",
    "policy",
    "holds",
    "inbox",
    "deliveries",
    "keys",
)
_HELP = {
    "demo": "Run two small communities on this machine that federate with each other.",
    "serve": "Run the community: web and worker in one process.",
    "web": "Run only the web side; any number of these, with at least one worker somewhere.",
    "worker": "Run only the loops behind it: process the inbox, deliver the outbox, keep house.",
    "migrate": "Bring the database up to date.",
    "doctor": "Look whether everything is as it should be, and say what to do where it is not.",
    "backup": "Write database, media and secret key to one file.",
    "restore": "Load a backup into an empty database.",
    "member": "The people who have an account here.",
    "token": "Tokens for programs that act for a member.",
    "group": "The groups of this community and who looks after them.",
    "topics": "What somebody may need: the tree by which groups are listed.",
    "community": "What the community says of itself.",
    "domains": "How this community deals with other servers: the domain ladder.",
    "policy": "What is let in, and why something was or was not.",
    "holds": "What waits for a moderator, and deciding about it.",
    "inbox": "What has arrived from other servers, and what could not be digested.",
    "deliveries": "What leaves for other servers, and who does not answer.",
    "keys": "The keys that our people and groups sign with.",
}
for _name in _RUNNING:
    app.command(f"fediverse_support.commands.running:{_name}", name=_name, help=_HELP[_name])
for _name in _FAMILIES:
    app.command(f"fediverse_support.commands.{_name}:app", name=_name, help=_HELP[_name])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code. A defect of ours ends as `core/logs.py` says."""
    try:
        code = app(
            sys.argv[1:] if arguments is None else arguments,
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
        )
        sys.stdout.flush()
    except CycloptsError as wrong:
        wrong.verbose = False
        complain(f"{wrong} Try --help.")
        return 2
    except Trouble as trouble:
        complain(trouble.message)
        return 1
    except BaseExceptionGroup as several:
        complain(_trouble_in(several).message)
        return 1
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    return code if isinstance(code, int) else 0


def _trouble_in(several: BaseExceptionGroup[BaseException]) -> Trouble:
    """The first foreseen error of those that ended tasks side by side; raises the group if there is none."""
    for error in several.exceptions:
        if isinstance(error, Trouble):
            return error
        if isinstance(error, BaseExceptionGroup):
            return _trouble_in(error)
    raise several
