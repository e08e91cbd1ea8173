"""The commands of `domains` that are about lists which are fetched by themselves."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

from cyclopts import Parameter

from fediverse_support.commands.ground import deed, foundation
from fediverse_support.commands.terminal import AsJson, print_json, print_table, say
from fediverse_support.core import clock
from fediverse_support.core.errors import Missing, RemoteTrouble
from fediverse_support.database import domain_lists as stored
from fediverse_support.database.domain_lists import Fetch, ListChange
from fediverse_support.moderation import subscriptions
from fediverse_support.moderation.list_fetching import ListFetcher
from fediverse_support.policy.document import Format, ListText
from fediverse_support.policy.levels import word_of
from fediverse_support.policy.lists.rows import Listed


async def subscribe(
    url: str,
    name: str,
    /,
    *,
    priority: Annotated[int, Parameter(help="0 to 255; the higher goes before the lower.")] = 100,
    drafts: Annotated[bool, Parameter(help="Each change waits for a person.")] = True,
    together: Annotated[
        bool, Parameter(negative=(), help="Count only where enough lists of this kind agree.")
    ] = False,
    every: Annotated[int, Parameter(help="Hours between two fetches, 1 to 720.")] = 24,
    format: Format = "auto",
    most: Annotated[
        Literal["limited", "held", "blocked"], Parameter(help="The most severe level it may set here.")
    ] = "blocked",
    keep_retracted: Annotated[
        bool, Parameter(negative=(), help="What it takes back stays until somebody lifts it.")
    ] = False,
) -> None:
    """Fetch a list of domains from an address, again and again, or change how a list of that name counts."""
    text = ListText(
        url=url,
        format=format,
        priority=priority,
        hours=every,
        drafts=drafts,
        together=together,
        lifts_retracted=not keep_retracted,
        most=most,
    )
    async with deed() as (base, db):
        await subscriptions.put(db, base.site, {name: text}, by=None, why="", now=clock.now())
    say(f"The list {name} is fetched every {every} hours. Fetch it now with: domains fetch {name}")


async def unsubscribe(name: str, /) -> None:
    """Fetch a list no more, and let all that it says end."""
    async with deed() as (base, db):
        await subscriptions.find(db, name)
        await subscriptions.put(db, base.site, {name: None}, by=None, why="", now=clock.now())
    say(f"The list {name} says nothing here any more.")


async def lists(*, as_json: AsJson = False) -> None:
    """List the lists: how each counts, what waits, and what its last fetch came to."""
    async with foundation() as (_, db):
        found = await stored.listed(db)
        last = {one.name: next(iter(await stored.fetches(db, one.id, 1)), None) for one in found}
    if as_json:
        print_json(
            [
                {"name": one.name, **_plain(one.text), "domains": one.domains, "waiting": one.waiting,
                 "kept": one.orphans, "fetched_at": one.fetched_at, "next_fetch_at": one.next_fetch_at,
                 "failure": one.failure, "last": last[one.name]}
                for one in found
            ]
        )  # fmt: skip
        return
    print_table(
        ("name", "priority", "domains", "waiting", "kept", "fetched", "last fetch", "address"),
        (
            (one.name, one.priority, one.domains, one.waiting, one.orphans, one.fetched_at,
             _summary(last[one.name]), one.url)
            for one in found
        ),
        "No list is fetched.",
    )  # fmt: skip


async def fetch(
    name: str,
    /,
    *,
    sure: Annotated[
        bool, Parameter(negative=(), help="Take it although it has shrunk, or names very many.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fetch a list now."""
    async with foundation() as (base, db):
        await subscriptions.find(db, name)
        fetched = await ListFetcher(base.pool, base.site, base.client).step(name, is_sure=sure)
    if fetched is None:
        raise RemoteTrouble(f"The list {name} is being fetched by the worker just now.")
    if as_json:
        print_json(fetched)
        return
    if fetched.outcome in ("failed", "too-small"):
        raise RemoteTrouble(f"{name}: {fetched.message}")
    say(f"{name}: {fetched.message}")


async def drafts(name: str, /, *, limit: int = 200, as_json: AsJson = False) -> None:
    """List the changes of a list that wait for a person."""
    async with foundation() as (_, db):
        subscription = await subscriptions.find(db, name)
        found = await stored.waiting(db, subscription.id, limit=limit)
    if as_json:
        print_json(
            [
                {"number": str(one.id), "domain": one.domain, "kind": one.kind, "before": one.before,
                 "after": one.after, "seen_at": one.seen_at}
                for one in found
            ]
        )  # fmt: skip
        return
    print_table(
        ("number", "domain", "what", "before", "after", "reason", "seen"),
        (_row(one) for one in found),
        "Nothing waits.",
    )


async def approve(name: str, /, *numbers: int) -> None:
    """Let changes of a list count that wait: those with these numbers, or all."""
    async with deed() as (base, db):
        settled = await subscriptions.approve(
            db, base.site, name, by=None, now=clock.now(), ids=numbers or None
        )
    say(f"Done: {len(settled.changed)} levels are different now, version {settled.version}.")


async def decline(name: str, /, *numbers: int) -> None:
    """Let changes of a list not count that wait: those with these numbers, or all. They do not come again."""
    async with deed() as (_, db):
        count = await subscriptions.decline(db, name, by=None, now=clock.now(), ids=numbers or None)
    say(f"Declined {count} changes.")


async def lift(name: str, /, *only: str) -> None:
    """End what a list has taken back and what was kept: these domains, or all."""
    async with deed() as (base, db):
        settled = await subscriptions.lift_kept(
            db, base.site, name, by=None, now=clock.now(), only=only or None
        )
        if not settled.changed:
            raise Missing(f"The list {name} has taken nothing back that is kept.")
    say(f"Lifted {len(settled.changed)} domains.")


COMMANDS: dict[str, Callable[..., Awaitable[None]]] = {
    "subscribe": subscribe,
    "unsubscribe": unsubscribe,
    "lists": lists,
    "fetch": fetch,
    "drafts": drafts,
    "approve": approve,
    "decline": decline,
    "lift": lift,
}
"""By their names; `commands/domains.py` has the rest."""


def _row(change: ListChange) -> tuple[object, ...]:
    now = change.after or change.before
    return (
        change.id,
        change.domain,
        change.kind,
        _word(change.before),
        _word(change.after),
        now.public_reason if now else "",
        change.seen_at,
    )


def _summary(last: Fetch | None) -> str:
    return f"{last.outcome}: {last.message}" if last else ""


def _word(listed: Listed | None) -> str:
    return "" if listed is None else word_of(listed.level, listed.no_media, listed.no_reports)


def _plain(text: ListText) -> dict[str, object]:
    return {field: getattr(text, field) for field in ListText.__struct_fields__}
