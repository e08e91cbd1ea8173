"""What was in force when: the history, and one version with who, when, why and what it changed."""

from starlette.responses import Response
from starlette.routing import Route

from fediverse_support.core.errors import Missing
from fediverse_support.database import policy_benches, policy_versions
from fediverse_support.database.policy_versions import Change, Version
from fediverse_support.policy import sentences
from fediverse_support.policy.document import INSTANCE
from fediverse_support.web.desk import differences, sheets
from fediverse_support.web.desk.benches import Bench, both
from fediverse_support.web.desk.overview import number_in
from fediverse_support.web.desk.sheets import render
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Visit

AT_ONCE = 50
MOST_LINES = 200


async def show_history(visit: Visit, bench: Bench) -> Response:
    """Every version, the newest first: at the desk of the whole community, else of the group."""
    scope = None if bench.scope == INSTANCE else bench.scope
    before = visit.request.query_params.get("before", "")
    latest = int(before) if before.isascii() and before.isdigit() and len(before) < 9 else None
    found = await policy_benches.history(visit.db, scope, latest, AT_ONCE + 1)
    return render(
        visit,
        bench,
        "desk/policy/history.html",
        versions=found[:AT_ONCE],
        more=len(found) > AT_ONCE,
        before=latest,
        taken_back=await policy_benches.taken_back(visit.db, scope),
        undoable=await policy_versions.to_undo(visit.db, bench.scope) is not None,
    )


async def show_version(visit: Visit, bench: Bench) -> Response:
    """One version: what it changed, and all of its rules. Of a group only what that group has done."""
    version = await policy_versions.by_number(visit.db, number_in(visit, "number"))
    if version is None or bench.scope not in (INSTANCE, version.scope):
        raise Missing
    before = sheets.within(await policy_versions.document(visit.db, version.version - 1), bench.scope)
    after = sheets.within(await policy_versions.document(visit.db, version.version), bench.scope)
    beside, many = await beside_of(visit, version) if bench.group is None else ([], 0)
    rules = sheets.own(after, bench.scope)
    return render(
        visit,
        bench,
        "desk/policy/version.html",
        version=version,
        changes=differences.between(before, after, visit.text),
        beside=beside,
        more_beside=many - len(beside),
        lines=[(rule, sentences.of_rule(rule, visit.text, names_group=False)) for rule in rules[:MOST_LINES]],
        more_lines=max(0, len(rules) - MOST_LINES),
    )


async def beside_of(visit: Visit, version: Version) -> tuple[list[str], int]:
    """What a version changed beside the rules, in sentences; the first of them, and how many there are."""
    changes = await policy_versions.changes(visit.db, version.version)
    return [_told(visit, change) for change in changes[:MOST_LINES]], len(changes)


def _told(visit: Visit, change: Change) -> str:
    match change.kind:
        case "domain":
            return _of_domain(visit, change)
        case "exclude":
            form = (
                N_("%(name)s: lists may say something about it again.")
                if change.after is None
                else N_("%(name)s: no list says anything about it any more.")
            )
        case "list":
            form = (
                N_("The list “%(name)s” is not followed any more.")
                if change.after is None
                else N_("The list “%(name)s” is followed.")
                if change.before is None
                else N_("How the list “%(name)s” is followed has changed.")
            )
    return visit.text(form) % {"name": change.key}


def _of_domain(visit: Visit, change: Change) -> str:
    before, after = (_level(visit, state) for state in (change.before, change.after))
    form = N_("%(name)s: %(after)s (before: %(before)s)")
    return visit.text(form) % {"name": change.key, "before": before, "after": after}


def _level(visit: Visit, state: dict[str, object] | None) -> str:
    if state is None:
        return visit.text(N_("no level of its own"))
    words = [str(state.get("level", "default"))]
    words += [name.replace("_", "-") for name in ("no_media", "no_reports") if state.get(name)]
    return ", ".join(words)


ROUTES: list[Route] = [
    *both("/policy/history", show_history),
    *both("/policy/versions/{number}", show_version),
]
