"""The rules for all, the texts and the announcements of the community, by command."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from fediverse_support.commands.ground import deed, foundation
from fediverse_support.commands.group_rules import words_in
from fediverse_support.commands.terminal import AsJson, FileOrDash, print_json, print_table, read_file, say
from fediverse_support.community.house import announcements, house_rules, house_texts
from fediverse_support.community.house.announcements import MOST_AT_ONCE, Words
from fediverse_support.core import clock
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.core.markup import excerpt
from fediverse_support.database import announcements as stored
from fediverse_support.database.house_texts import versions
from fediverse_support.moderation import deeds

announce = App(name="announcements")


async def rules(
    *,
    file: Annotated[
        Path | None,
        Parameter(
            help="Rules to put into force, as TOML: [[rule]] with title and details; - reads them.",
            allow_leading_hyphen=True,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the rules that hold everywhere here, or put those in a file into force."""
    if file is None:
        async with foundation() as (_, db):
            found = await house_rules.in_force(db)
    else:
        words = words_in(read_file(file))
        async with deed() as (_, db):
            found = await house_rules.publish(db, words, clock.now())
            await deeds.record(db, None, "change rules", "", "", clock.now())
    if as_json:
        print_json([{"title": rule.title, "details": rule.details_source} for rule in found])
    else:
        print_table(("number", "rule"), ((rule.id, rule.title) for rule in found), "There are no rules.")


async def text(
    kind: Literal["privacy", "terms"],
    /,
    *,
    file: FileOrDash | None = None,
    day: Annotated[str, Parameter(name="--from", help="The day from which it holds: 2026-11-30.")] = "",
    remove: Annotated[bool, Parameter(negative=(), help="Have no such text, or not of that day.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show how data is treated or the terms, or let a text in Markdown hold from a day on."""
    if file is not None or remove:
        source = "" if file is None else read_file(file)
        async with deed() as (_, db):
            await house_texts.publish(db, kind, source, _day(day), clock.now())
            await deeds.record(db, None, "edit community", kind, "", clock.now())
        say("Removed." if remove else "Changed.")
        return
    async with foundation() as (_, db):
        found = await versions(db, kind)
    if as_json:
        print_json([{"from": one.effective_on.isoformat(), "source": one.source} for one in found])
        return
    if not found:
        say("Nothing is written yet.")
    for one in found[:1]:
        say(one.source)


@announce.command(name="list")
async def list_(*, as_json: AsJson = False) -> None:
    """List what was announced, the newest first."""
    async with foundation() as (_, db):
        found = await stored.every(db, MOST_AT_ONCE)
    lines = [
        (
            one.id,
            one.published_at,
            one.ends_at.date().isoformat() if one.ends_at else "",
            excerpt(one.html, 80),
        )
        for one in found
    ]
    if as_json:
        print_json(
            [
                {"id": one.id, "source": one.source, "published_at": one.published_at, "ends_at": one.ends_at}
                for one in found
            ]
        )
    else:
        print_table(("id", "published", "until", "words"), lines, "Nothing has been announced.")


@announce.command
async def add(
    words: str,
    /,
    *,
    until: Annotated[str, Parameter(help="The last day on which it is shown: 2026-11-30.")] = "",
) -> None:
    """Tell all members something, in Markdown."""
    day = _day(until)
    ends_at = datetime.combine(day, time(23, 59, 59), UTC) if day else None
    async with deed() as (_, db):
        made = await announcements.publish(
            db, Words(source=words, ends_at=ends_at, all_day=ends_at is not None), clock.now()
        )
        await deeds.record(db, None, "announce", str(made.id), excerpt(made.html, 200), clock.now())
    say(f"Announced as {made.id}.")


@announce.command
async def remove(number: int, /) -> None:
    """Take an announcement back."""
    async with deed() as (_, db):
        found = await stored.by_id(db, number)
        if found is None:
            raise Missing(f"There is no announcement {number}.")
        await announcements.remove(db, number)
        await deeds.record(
            db, None, "remove announcement", str(number), excerpt(found.html, 200), clock.now()
        )
    say("Taken back.")


def _day(given: str) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise Malformed("This is not a day. Write it like 2026-11-30.") from None
