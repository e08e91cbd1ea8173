"""What becomes of a list that has been fetched: it counts, it waits for a person, or it changes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from fediverse_support.database import domain_lists as stored
from fediverse_support.database import domains, list_entries, policy_versions
from fediverse_support.database.domain_lists import ListChange, Outcome, Subscription
from fediverse_support.database.pool import Connection
from fediverse_support.moderation import cutting, subscriptions
from fediverse_support.moderation.settling import settle
from fediverse_support.policy.lists.diff import Difference, differences, has_shrunk
from fediverse_support.policy.lists.rows import Listed, Listing
from fediverse_support.protocol.site import Site


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What a list said when it was fetched. `listing` None: nothing new.

    `gone`: only changes were read; about these domains the list says nothing any more, and what it does not
    mention stays. None: it was read as a whole.
    """

    listing: Listing | None
    gone: frozenset[str] | None = None
    etag: str | None = None
    last_modified: str | None = None
    cursor: str | None = None


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """What a fetch came to, in numbers and in a sentence for people who look after lists."""

    name: str
    outcome: Outcome
    numbers: Mapping[str, int] = {}
    message: str = ""


class _State(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a list: what counts, what is kept though taken back, what waits, what was declined."""

    entries: Mapping[str, Listed]
    kept: frozenset[str]
    waiting: Mapping[str, ListChange]
    declined: Mapping[str, Listed | None]

    @property
    def said(self) -> dict[str, Listed]:
        """What the list said when it was last read, as far as it was not declined."""
        found = {name: one for name, one in self.entries.items() if name not in self.kept}
        for name, change in self.waiting.items():
            found.pop(name, None)
            if change.after is not None:
                found[name] = change.after
        return found


async def take(
    db: Connection,
    site: Site,
    subscription: Subscription,
    given: Given,
    now: datetime,
    *,
    is_sure: bool = False,
) -> Fetched:
    """Compare what a list says with what it said, and let the difference count or wait.

    The caller opened the transaction and leased the list. `is_sure`: somebody wants it although it has shrunk
    or is about everyone. Safe to run twice.
    """
    listing = given.listing
    if listing is None:
        await _remember(db, subscription, given)
        return Fetched(name=subscription.name, outcome="unchanged", message="Nothing new.")
    await domains.alone(db)
    state = await _state(db, subscription)
    said = _said(state, given, listing)
    numbers: dict[str, int] = {"domains": len(said)} | {str(why): n for why, n in listing.skipped.items()}
    if has_shrunk(state.said, said) and not is_sure:
        numbers |= {"before": len(state.said), "missing": len(state.said.keys() - said.keys())}
        return Fetched(
            name=subscription.name, outcome="too-small", numbers=numbers, message=_too_small(numbers)
        )
    await _remember(db, subscription, given)
    await _adopt(db, subscription, state, said)
    wanted = _wanted(state, said)
    await _overtake(db, state, wanted, now)
    fresh = [one for one in wanted if one.domain not in state.waiting or not _is_same(state, one)]
    doubt, cuts = ("", {}) if is_sure else await _doubt(db, subscription, listing, fresh)
    waits = subscription.drafts or bool(doubt)
    await stored.add_changes(db, subscription.id, fresh, "waiting" if waits else "applied", now)
    if not waits:
        # What waited because of a doubt, and is said again without one, still waits for a person.
        await _apply(db, site, subscription, fresh, now)
    outcome, message = _came_to(wanted, fresh, waits)
    if listing.skipped.get("own"):
        message += " It names our own domain; that is left out."
    return Fetched(
        name=subscription.name,
        outcome=outcome,
        numbers=numbers | cuts | _counted(fresh, waits),
        message=f"{doubt} {message}".strip(),
    )


def _said(state: _State, given: Given, listing: Listing) -> dict[str, Listed]:
    """What the list says now, read as a whole or as what has changed. How names are shown is ours to say."""
    new = {one.domain: msgspec.structs.replace(one, shown="open") for one in listing.entries}
    if given.gone is None:
        return new
    return {name: one for name, one in state.said.items() if name not in given.gone} | new


def _wanted(state: _State, said: Mapping[str, Listed]) -> list[Difference]:
    """What the list wants to be different from what counts, but for what a person has declined."""
    before = {name: one for name, one in state.entries.items() if name not in state.kept or name in said}
    return [
        one
        for one in differences(before, said)
        if one.domain not in state.declined or state.declined[one.domain] != one.after
    ]


def _is_same(state: _State, wanted: Difference) -> bool:
    return state.waiting[wanted.domain].after == wanted.after


def _too_small(numbers: Mapping[str, int]) -> str:
    return (
        f"The list named {numbers['before']} domains, and {numbers['missing']} of them are missing now: "
        "more than a third. "
        "Nothing was changed. Fetch it anyway if that is meant."
    )


def _came_to(wanted: Sequence[Difference], fresh: Sequence[Difference], waits: bool) -> tuple[Outcome, str]:
    if not fresh:
        waiting = f"{len(wanted)} changes still wait for a person."
        return ("waits", waiting) if wanted else ("unchanged", "Nothing new.")
    if waits:
        return "waits", f"{len(fresh)} changes wait for a person."
    numbers = _counted(fresh, waits)
    return (
        "changed",
        f"{numbers['added']} added, {numbers['changed']} changed, {numbers['retracted']} taken back.",
    )


def _counted(fresh: Iterable[Difference], waits: bool) -> dict[str, int]:
    kinds = [one.kind for one in fresh]
    if waits:
        return {"waiting": len(kinds)}
    return {
        "added": kinds.count("add"),
        "changed": kinds.count("change"),
        "retracted": kinds.count("retract"),
    }


async def _doubt(
    db: Connection, subscription: Subscription, listing: Listing, fresh: Sequence[Difference]
) -> tuple[str, dict[str, int]]:
    """Why changes should wait for a person although the list may count at once; empty if they need not.

    With it how many servers it would `cut` off, of how many that are `known`.
    """
    if listing.is_about_everyone:
        return "The list names everybody: all servers, or all under a suffix such as co.uk.", {}
    if subscription.most != "blocked" or not subscription.is_on:
        return "", {}
    blocks = [one.domain for one in fresh if one.after is not None and one.after.level == "blocked"]
    cut, known = await cutting.cut_off(db, blocks, by_list=True)
    if cut * 2 <= known:
        return "", {}
    words = f"It would end the exchange with {cut} of the {known} servers that people here know."
    return words, {"cut": cut, "known": known}


async def _state(db: Connection, subscription: Subscription) -> _State:
    entries, kept = await list_entries.read(db, subscription.id)
    return _State(
        entries=entries,
        kept=kept,
        waiting={one.domain: one for one in await stored.waiting(db, subscription.id)},
        declined=await stored.declined(db, subscription.id),
    )


async def _adopt(
    db: Connection, subscription: Subscription, state: _State, said: Mapping[str, Listed]
) -> None:
    """Let what was kept though the list had taken it back be the list's again, now that it says it again."""
    again = [said[name] for name in state.kept & said.keys() if said[name] == state.entries[name]]
    await list_entries.store(db, subscription.id, again)


async def _overtake(db: Connection, state: _State, wanted: Sequence[Difference], now: datetime) -> None:
    """What waits and is no longer what the list wants need not be decided."""
    afters = {one.domain: one.after for one in wanted}
    past = [
        change.id
        for name, change in state.waiting.items()
        if name not in afters or afters[name] != change.after
    ]
    await stored.decide(db, past, "overtaken", None, now)


async def _apply(
    db: Connection, site: Site, subscription: Subscription, fresh: Sequence[Difference], now: datetime
) -> None:
    if not fresh:
        return
    await subscriptions.apply(db, subscription, fresh, now)
    _, message = _came_to(fresh, fresh, False)
    number = await policy_versions.begin(
        db, by=None, why=f"The list {subscription.name}: {message}", kind="list"
    )
    await settle(db, site, now, None, number, {one.domain for one in fresh})


async def _remember(db: Connection, subscription: Subscription, given: Given) -> None:
    await stored.remember(
        db,
        subscription.id,
        etag=given.etag,
        last_modified=given.last_modified,
        cursor=given.cursor,
    )
