"""What is done with a draft as a whole: put it into force, throw it away; and taking the last change back."""

import asyncio
import bisect
from collections.abc import Sequence

import msgspec
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.joining import severing
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Malformed, Trouble
from fediverse_support.database import policy_benches, policy_versions
from fediverse_support.database.policy_versions import Version
from fediverse_support.moderation import policy, trying
from fediverse_support.policy import file, findings, merging, scopes
from fediverse_support.policy.document import RuleText
from fediverse_support.policy.findings import Known
from fediverse_support.policy.replay import Severed
from fediverse_support.policy.wording import Finding
from fediverse_support.web.desk import differences, sheets
from fediverse_support.web.desk.benches import Bench, both
from fediverse_support.web.desk.sheets import Sheet, render, sheet_of
from fediverse_support.web.desk.versions import beside_of
from fediverse_support.web.forms import Form
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Visit

LONGEST_WHY = 1_000
MOST_NOTICED = 20

SAY_WHY = N_("Please say why, for who asks later. Nothing was changed, and nothing was lost.")
CHANGED_MEANWHILE = N_("Nothing was changed: somebody was here before you. See below what they did.")
NOTHING_TO_APPLY = N_("What you have written is in force already. Nothing was changed.")
ANOTHER_IS_LAST = N_("Something was changed since you looked. Look again at what would be taken back.")


async def show_apply(visit: Visit, bench: Bench) -> Response:
    """What would be in force, with what others have done meanwhile, and the field for why."""
    return await _apply_page(visit, bench, Form({}))


async def _apply_page(visit: Visit, bench: Bench, form: Form, refusal: Trouble | None = None) -> Response:
    sheet = await sheet_of(visit, bench)
    is_crossed = isinstance(refusal, Conflict)
    return render(
        visit,
        bench,
        "desk/policy/apply.html",
        refusal.status if refusal else 200,
        changes=sheets.changes(visit, sheet),
        meanwhile=sheets.meanwhile(visit, sheet) if is_crossed else None,
        crossed=merging.merged(sheet.base, sheet.document, sheet.standing)[1] if is_crossed else (),
        findings=await noticed(visit, sheet),
        ends=await _ends(visit, sheet),
        grace=severing.GRACE.days,
        is_tried=await policy_benches.is_tried(visit.db, visit.account.id, bench.scope, sheet.document),
        why=form.line("why"),
        message=visit.text(refusal.message) if refusal else "",
    )


async def _ends(visit: Visit, sheet: Sheet) -> Severed | None:
    """Whose follows it would end; None if nobody's, or if it could not be put into force as it is.

    Of what a draft holds only how the community begins with servers decides about that.
    """
    standing, wanted = sheet.standing, sheet.document
    if (standing.mode, standing.consensus) == (wanted.mode, wanted.consensus):
        return None
    try:
        ends = await trying.would_end(visit.db, sheet.scope, wanted)
    except Malformed:
        return None
    return ends if ends.members or ends.followers else None


async def noticed(visit: Visit, sheet: Sheet) -> list[str]:
    """What there is to say, rule by rule: warnings about all of the draft, hints about what is new in it."""
    known = await policy.known(visit.db, visit.services.site, clock.now())
    found = await asyncio.to_thread(_noticed, sheet, known)
    old = differences.by_name(sheet.base)
    return [
        f"{rule.name}: {one.said(visit.text)}" if rule else one.said(visit.text)
        for rule, one in found
        if one.weight == "warning"
        or (one.weight == "hint" and rule is not None and old.get(f"{rule.scope}: {rule.name}") != rule)
    ][:MOST_NOTICED]


def _noticed(sheet: Sheet, known: Known) -> list[tuple[RuleText | None, Finding]]:
    """Every finding with the rule that it is about: the draft is written out, for lines to find it by."""
    text = file.write(scopes.whole_of(sheet.document, sheet.scope))
    whole, places = file.read_with_places(text)
    words = {**sheet.shared, **sheet.document.words}
    found = findings.of_whole(msgspec.structs.replace(whole, words=words), known, places)
    rules = whole.rules or ()
    starts = [places.line("rule", number) or 0 for number in range(len(rules))]
    return [(_rule_at(rules, starts, one.line), one) for one in found]


def _rule_at(rules: Sequence[RuleText], starts: list[int], line: int | None) -> RuleText | None:
    at = bisect.bisect_right(starts, line or 0) - 1
    return rules[at] if at >= 0 else None


async def apply(visit: Visit, bench: Bench, form: Form) -> Response:
    """Put the draft into force; or first put it on top of what others have done meanwhile."""
    sheet = await sheet_of(visit, bench)
    if form.line("do") == "rebase":
        await sheets.rebase(visit, sheet)
        return RedirectResponse(f"{bench.policy}/apply", 303)
    why = form.line("why")[:LONGEST_WHY]
    try:
        if not why:
            raise Malformed(SAY_WHY)
        async with visit.db.transaction():
            await _put(visit, bench, sheet, why)
    except Conflict:
        return await _apply_page(visit, bench, form, Conflict(CHANGED_MEANWHILE))
    except Malformed as refusal:
        return await _apply_page(visit, bench, form, refusal)
    return RedirectResponse(f"{bench.policy}?done=applied", 303)


async def _put(visit: Visit, bench: Bench, sheet: Sheet, why: str) -> None:
    applied = await policy.apply(
        visit.db,
        visit.services.site,
        scopes.whole_of(sheet.document, bench.scope),
        scope=bench.scope,
        by=visit.account,
        why=why,
        now=clock.now(),
        based_on=sheet.based_on,
    )
    await policy.discard_draft(visit.db, visit.account, bench.scope)
    if applied.version is None:
        raise Malformed(NOTHING_TO_APPLY)


async def show_discard(visit: Visit, bench: Bench) -> Response:
    """What would be lost."""
    sheet = await sheet_of(visit, bench)
    return render(visit, bench, "desk/policy/discard.html", changes=sheets.changes(visit, sheet))


async def discard(visit: Visit, bench: Bench, form: Form) -> Response:
    """Throw the draft away."""
    await policy.discard_draft(visit.db, visit.account, bench.scope)
    return RedirectResponse(f"{bench.policy}?done=discarded", 303)


async def show_undo(visit: Visit, bench: Bench) -> Response:
    """What would be taken back."""
    return await _undo_page(visit, bench, Form({}))


async def _undo_page(visit: Visit, bench: Bench, form: Form, refusal: Trouble | None = None) -> Response:
    number = await policy_versions.to_undo(visit.db, bench.scope)
    version = await policy_versions.by_number(visit.db, number) if number else None
    return render(
        visit,
        bench,
        "desk/policy/undo.html",
        refusal.status if refusal else 200,
        version=version,
        changes=await _brought(visit, bench, version) if version else None,
        beside=(await beside_of(visit, version))[0] if version and bench.group is None else (),
        why=form.line("why"),
        message=visit.text(refusal.message) if refusal else "",
    )


async def _brought(visit: Visit, bench: Bench, version: Version) -> differences.Differences:
    before = await policy_versions.document(visit.db, version.version - 1)
    after = await policy_versions.document(visit.db, version.version)
    return differences.between(
        sheets.within(before, bench.scope), sheets.within(after, bench.scope), visit.text
    )


async def undo(visit: Visit, bench: Bench, form: Form) -> Response:
    """Take back the last change that a person made here, if it is still the one that was looked at."""
    why = form.line("why")[:LONGEST_WHY]
    number = await policy_versions.to_undo(visit.db, bench.scope)
    if number is None or str(number) != form.line("version"):
        return await _undo_page(visit, bench, form, Conflict(ANOTHER_IS_LAST))
    if not why:
        return await _undo_page(visit, bench, form, Malformed(SAY_WHY))
    async with visit.db.transaction():
        await policy.undo(
            visit.db, visit.services.site, scope=bench.scope, by=visit.account, why=why, now=clock.now()
        )
    return RedirectResponse(f"{bench.policy}?done=undone", 303)


ROUTES: list[Route] = [
    *both("/policy/apply", show_apply, apply),
    *both("/policy/discard", show_discard, discard),
    *both("/policy/undo", show_undo, undo),
]
