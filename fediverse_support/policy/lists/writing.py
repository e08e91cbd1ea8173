"""Writing the ladder as a list that others can read. Private notes never leave."""

import csv
import io
from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from fediverse_support.core.models import Level
from fediverse_support.policy.lists.formats import quoted
from fediverse_support.policy.lists.rows import Listed

Form = Literal["csv", "json", "text"]
HEADS = ("#domain", "#severity", "#reject_media", "#reject_reports", "#public_comment", "#obfuscate")

_SEVERITY_OF: dict[Level, str | None] = {
    "blocked": "suspend",
    "limited": "silence",
    # Nobody else has a level between; what is nearest tells them at least that we are careful.
    "held": "silence",
    "default": "noop",
    "allowed": None,
    "trusted": None,
}


def write(entries: Iterable[Listed], form: Form = "csv", *, allow: bool = False) -> str:
    """The list in one of three forms; `allow`: only whom we let in, else only whom we treat specially.

    CSV is Mastodon's: `held` becomes `silence`, what is not shown in full has no row (an entry `partly` shown
    is marked to be obfuscated), and text that a spreadsheet would run is made harmless. JSON has our own
    levels beside Mastodon's severities. Text has one blocked domain to a line. What is shown to nobody is
    left out of all.
    """
    shown = sorted((one for one in entries if one.shown != "hidden"), key=lambda one: one.domain)
    rows = [one for one in shown if (_SEVERITY_OF[one.level] is None) is allow]
    if form == "json":
        return (
            msgspec.json.format(msgspec.json.encode([_object(one) for one in rows]), indent=2).decode() + "\n"
        )
    if form == "text":
        return "".join(f"{one.domain}\n" for one in rows if allow or one.level == "blocked")
    return _csv(rows, allow)


def _csv(rows: Iterable[Listed], allow: bool) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADS[:1] if allow else HEADS)
    writer.writerows([one.domain] if allow else _cells(one) for one in rows)
    return out.getvalue()


def _cells(one: Listed) -> tuple[str, ...]:
    flags = (one.no_media, one.no_reports)
    return (
        one.domain,
        _SEVERITY_OF[one.level] or "",
        *("true" if flag else "false" for flag in flags),
        quoted(one.public_reason),
        "true" if one.shown == "partly" else "false",
    )


def _object(one: Listed) -> dict[str, Any]:
    return {
        "domain": one.domain,
        "severity": _SEVERITY_OF[one.level] or "noop",
        "level": one.level,
        "reject_media": one.no_media,
        "reject_reports": one.no_reports,
        "comment": one.public_reason,
        "obfuscate": one.shown == "partly",
    }
