"""The log: what happened and where, never what anybody said or who they are.

Nothing private can get in by accident, because this is a list of what may pass, not of what may not:

- from our own code, only the keys in `ALLOWED` pass; the names of others are listed under `withheld`;
- of an exception only its kind and the lines it passed through, since its text may quote a post;
- of other libraries only warnings and worse, and of those only the sentence itself, without its values;
- no line breaks or control characters, so that nobody can forge a line by way of a value.
"""

import logging
import re
import sys
import threading
import traceback
from collections.abc import MutableMapping, Sequence
from types import TracebackType
from typing import Any

import structlog

from fediverse_support.core.settings import Settings

ALLOWED = frozenset(
    {
        "at",  # lines of code
        "bind",
        "decision",  # of policy: a number of ours
        "delivery",  # a number of ours
        "error",  # the kind of an exception
        "event",
        "file",
        "host",  # another server, as `deliveries hosts` names it too
        "inbox_id",
        "level",
        "library",
        "method",
        "number",
        "pid",
        "reason",  # the safe sentence of a `Trouble`
        "seconds",
        "state",
        "status",
        "timestamp",
        "tries",
    }
)
"""What may stand in a line of the log."""

LONGEST = 300
FRAMES = 8

_Event = MutableMapping[str, Any]
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_PRIVATE = re.compile(
    r"[^\s@<>\"']+@[^\s@<>\"']+"  # e-mail addresses and handles
    r"|\b\w+://\S+"
    r"|(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])"
    r"|(?<![\w:])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:])"
)
_log = structlog.get_logger(__name__)


def configure(settings: Settings, *, least: int = logging.INFO) -> None:
    """Let everything in this process log by these rules, to standard error. Safe to run twice.

    Text on a terminal and JSON elsewhere, unless `settings.log` names one of them. `least` is the level below
    which nothing is said, as `logging` counts them.
    """
    is_terminal = sys.stderr.isatty()
    as_text = settings.log == "text" or (settings.log == "" and is_terminal)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_what_may_pass,
            structlog.dev.ConsoleRenderer(colors=is_terminal)
            if as_text
            else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    _take_over_other_libraries()
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda args: _log.error("thread.failed", exc_info=args.exc_value)
    sys.unraisablehook = lambda args: _log.error("cleanup.failed", exc_info=args.exc_value)


def only_what_may_pass(logger: object, method: str, event: _Event) -> _Event:
    """The processor that keeps the promises of this module: the last one before a line is written."""
    error = _exception_in(event.pop("exc_info", None))
    passed = {name: _plain(value) for name, value in event.items() if name in ALLOWED}
    if error is not None:
        passed["error"] = kind_of(error)
        passed["at"] = lines_of(error)
    if withheld := sorted(_plain_text(str(name)) for name in event if name not in ALLOWED):
        passed["withheld"] = withheld
    return passed


def kind_of(error: BaseException) -> str:
    """What kind of error it was, and of what kind its cause and its parts were; never what it said."""
    kind = type(error).__name__
    if isinstance(error, BaseExceptionGroup):
        kind += f"({', '.join(kind_of(part) for part in error.exceptions[:5])})"
    cause = error.__cause__
    return f"{kind} from {type(cause).__name__}" if cause is not None else kind


def lines_of(error: BaseException) -> list[str]:
    """The last lines of code that an error passed through, as `file:line function`."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _short(path: str) -> str:
    for anchor in ("site-packages/", "fediverse_support/"):
        if anchor in path:
            return path[path.rindex(anchor) :].removeprefix("site-packages/")
    return path.rpartition("/")[2]


def _exception_in(value: object) -> BaseException | None:
    if value is True:
        return sys.exc_info()[1]
    if isinstance(value, tuple):
        value = value[1] if len(value) > 1 else None
    return value if isinstance(value, BaseException) else None


def _plain(value: object) -> object:
    """A number, or text without line breaks, addresses and URLs; of anything else only what kind it is."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return _plain_text(value)
    if isinstance(value, Sequence) and all(isinstance(part, str) for part in value):
        return [_plain_text(part) for part in value[:FRAMES]]
    return f"<{type(value).__name__}>"


def _plain_text(value: str) -> str:
    text = value.encode("utf-8", "replace").decode()
    return _PRIVATE.sub("…", _CONTROL.sub(" ", text))[:LONGEST]


class _OtherLibraries(logging.Handler):
    """Takes what uvicorn, asyncio, asyncpg, aiohttp … log by the standard library."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log the first line of the template: values, and what asyncio adds below it, may be private."""
        said = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        first = said.strip().partition("\n")[0]
        _log.log(record.levelno, first, library=record.name, exc_info=record.exc_info)


def _take_over_other_libraries() -> None:
    logging.basicConfig(level=logging.WARNING, handlers=[_OtherLibraries()], force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio", "asyncpg", "aiohttp", "httpx"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
        library.setLevel(logging.WARNING)


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The last resort: a defect of ours ends the program with a line in the log instead of a traceback."""
    if issubclass(kind, KeyboardInterrupt):
        return
    _log.critical("program.failed", exc_info=error.with_traceback(trace))
