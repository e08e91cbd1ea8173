"""Trying the draft on what has arrived: the button, the page while it runs, and what came of it in words."""

from datetime import timedelta

import msgspec
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.core import clock
from fediverse_support.core.errors import Malformed
from fediverse_support.database.policy_tries import Try
from fediverse_support.moderation import policy, trying
from fediverse_support.policy import sentences
from fediverse_support.policy.replay import Change, Example, Report
from fediverse_support.web.desk import arrival_words, rule_words
from fediverse_support.web.desk.benches import Bench, both
from fediverse_support.web.desk.overview import number_in
from fediverse_support.web.desk.sheets import render, sheet_of
from fediverse_support.web.forms import Form
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Visit

DAYS = ("1", "7", "30")
NO_DRAFT = N_("You have changed nothing, so there is nothing to try.")
OUTCOMES = ("accept", "hold", "refuse", "block")


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What would have become something else: how many, from what to what in words, and some of them."""

    count: int
    before: str
    after: str
    examples: tuple[Example, ...]


async def begin(visit: Visit, bench: Bench, form: Form) -> Response:
    """Let a worker run the draft over what arrived in the last days."""
    sheet = await sheet_of(visit, bench)
    if not sheet.is_draft:
        raise Malformed(NO_DRAFT)
    days, now = form.line("days"), clock.now()
    since = now - timedelta(days=int(days) if days in DAYS else 7)
    async with visit.db.transaction():
        number = await trying.begin(
            visit.db, scope=bench.scope, document=sheet.document, since=since, by=visit.account, now=now
        )
    return RedirectResponse(f"{bench.policy}/tries/{number}", 303)


async def show(visit: Visit, bench: Bench) -> Response:
    """How far a try is, or what came of it: for who began it."""
    attempt = await trying.found(visit.db, number_in(visit, "number"), visit.account, bench.scope)
    draft = await policy.load_draft(visit.db, visit.account, bench.scope)
    report = attempt.report
    return render(
        visit,
        bench,
        "desk/policy/try.html",
        attempt=attempt,
        is_running=attempt.state in ("waiting", "running"),
        total=attempt.total,
        report=report,
        changes=[_turn(visit, change) for change in report.changes] if report else [],
        totals=_totals(visit, report) if report else [],
        speed=_speed(visit, report) if report else "",
        kinds={kind: visit.text(said) for kind, said in arrival_words.KINDS.items()},
        days=_days(attempt),
        has_draft=draft is not None,
        is_stale=draft is not None and draft.document != attempt.document,
    )


def _days(attempt: Try) -> str:
    asked = (attempt.made_at - attempt.since).days
    return str(asked) if str(asked) in DAYS else "7"


def _turn(visit: Visit, change: Change) -> Turn:
    return Turn(
        count=change.count,
        before=told(visit, change.before),
        after=told(visit, change.after),
        examples=change.examples,
    )


def told(visit: Visit, worded: str) -> str:
    """An outcome as a report has it (`accept with quiet, no-media`) in the visitor's words."""
    outcome, _, amendments = worded.partition(" with ")
    said = visit.text(rule_words.OUTCOMES[outcome])
    if not amendments:
        return said
    return f"{said}, {sentences.of_amendments(amendments.split(', '), visit.text)}"


def _totals(visit: Visit, report: Report) -> list[tuple[str, int, int]]:
    before, after = report.totals_before, report.totals_after
    return [
        (visit.text(rule_words.OUTCOMES[one]), before.get(one, 0), after.get(one, 0))
        for one in OUTCOMES
        if before.get(one) or after.get(one)
    ]


def _speed(visit: Visit, report: Report) -> str:
    if report.microseconds >= 1000:
        return visit.text(N_("%(number)s milliseconds")) % {"number": round(report.microseconds / 1000, 1)}
    return visit.text(N_("%(number)s millionths of a second")) % {"number": round(report.microseconds)}


ROUTES: list[Route] = [*both("/policy/try", change=begin), *both("/policy/tries/{number}", show)]
