"""The sheet on the workbench: what is in force, what this person has changed, and what differs."""

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from fediverse_support.core import clock
from fediverse_support.database import policy_versions
from fediverse_support.moderation import policy
from fediverse_support.policy import merging, scopes
from fediverse_support.policy.document import INSTANCE, Document, RuleText, WordList
from fediverse_support.web.desk import differences
from fediverse_support.web.desk.benches import Bench
from fediverse_support.web.desk.differences import Differences
from fediverse_support.web.security import Visit


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """`document` is the draft, or what is in force if there is none; of a group, its rules and words.

    `base` is what the draft began from (the version `based_on`), `standing` what is in force now. `shared`:
    the word lists of the whole community, which a group's rules may ask for too.
    """

    document: Document
    base: Document
    standing: Document
    based_on: int
    is_draft: bool
    scope: str
    shared: Mapping[str, WordList]

    @property
    def words(self) -> dict[str, WordList]:
        """Every word list that a rule here may ask for."""
        own_lists = self.document.words.items()
        return {
            **self.shared,
            **{name: one for name, one in own_lists if one.scope in (INSTANCE, self.scope)},
        }

    @property
    def rules(self) -> tuple[RuleText, ...]:
        """The rules of this scope, in their order; they are numbered from 1."""
        return own(self.document, self.scope)

    @property
    def many(self) -> int:
        """How many those are."""
        return len(self.rules)

    @property
    def is_mode_new(self) -> bool:
        """Whether the draft changes who may come in."""
        return self.document.mode != self.standing.mode

    def rule(self, name: str) -> RuleText | None:
        """The rule of this scope with this name."""
        return next((rule for rule in self.rules if rule.name == name), None)


def own(document: Document, scope: str) -> tuple[RuleText, ...]:
    """The rules of one scope, in their order."""
    return tuple(rule for rule in document.rules if rule.scope == scope)


async def sheet_of(visit: Visit, bench: Bench) -> Sheet:
    """What lies on this bench for this visitor."""
    everything = await policy_versions.document(visit.db)
    standing = within(everything, bench.scope)
    shared = {} if bench.group is None else scopes.part(everything, INSTANCE).words
    draft = await policy.load_draft(visit.db, visit.account, bench.scope)
    if draft is None:
        latest = await policy.based_on(visit.db)
        return Sheet(
            document=standing,
            base=standing,
            standing=standing,
            based_on=latest,
            is_draft=False,
            scope=bench.scope,
            shared=shared,
        )
    base = within(await policy_versions.document(visit.db, draft.based_on), bench.scope)
    return Sheet(
        document=draft.document,
        base=base,
        standing=standing,
        based_on=draft.based_on,
        is_draft=True,
        scope=bench.scope,
        shared=shared,
    )


def within(document: Document, scope: str) -> Document:
    """What of a document is worked on in this scope: all of it at the desk, else the part of the group."""
    return document if scope == INSTANCE else scopes.part(document, scope)


async def save(visit: Visit, sheet: Sheet, document: Document) -> None:
    """Keep the draft; one that says what it began from is none any more."""
    if document == sheet.base:
        await policy.discard_draft(visit.db, visit.account, sheet.scope)
        return
    await policy.save_draft(visit.db, visit.account, sheet.scope, document, sheet.based_on, clock.now())


async def rebase(visit: Visit, sheet: Sheet) -> None:
    """Put the draft on top of what others have put into force since it was begun."""
    document, _ = merging.merged(sheet.base, sheet.document, sheet.standing)
    latest = await policy.based_on(visit.db)
    if document == sheet.standing:
        await policy.discard_draft(visit.db, visit.account, sheet.scope)
        return
    await policy.save_draft(visit.db, visit.account, sheet.scope, document, latest, clock.now())


def changes(visit: Visit, sheet: Sheet) -> Differences:
    """What the draft changes, in sentences."""
    return differences.between(sheet.base, sheet.document, visit.text)


def meanwhile(visit: Visit, sheet: Sheet) -> Differences:
    """What others have put into force since the draft was begun, in sentences."""
    return differences.between(sheet.base, sheet.standing, visit.text)


def with_rules(document: Document, scope: str, rules: tuple[RuleText, ...]) -> Document:
    """`document` with these rules of one scope, those of others as they are and where they are."""
    waiting = list(rules)
    found = []
    for rule in document.rules:
        if rule.scope != scope:
            found.append(rule)
        elif waiting:
            found.append(waiting.pop(0))
    return msgspec.structs.replace(document, rules=(*found, *waiting))


def render(visit: Visit, bench: Bench, template: str, status: int = 200, **data: object) -> Response:
    """A page of the workbench."""
    return visit.render(template, status, bench=bench, group=bench.group, **data)
