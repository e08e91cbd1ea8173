"""The rules of a group, to look at and to put into force from a file."""

import tomllib
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from fediverse_support.commands.ground import deed, foundation
from fediverse_support.commands.terminal import AsJson, print_json, print_table, read_file, say
from fediverse_support.community.groups import groups
from fediverse_support.community.groups import rules as agreements
from fediverse_support.community.groups.rules import Rules, Words
from fediverse_support.core import clock
from fediverse_support.core.errors import Malformed
from fediverse_support.moderation import deeds


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[rule]]` of the file."""

    title: str
    details: str = ""


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: its rules in their order."""

    rule: list[Line] = []


async def rules(
    name: str,
    /,
    *,
    file: Annotated[
        Path | None,
        Parameter(
            help="Rules to put into force, as TOML: [[rule]] with title and details; - reads them.",
            allow_leading_hyphen=True,
        ),
    ] = None,
    why: Annotated[str, Parameter(help="Why; everybody can read it beside the new version.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show the rules of a group, or put those in a file into force and tell the followers."""
    if file is not None:
        words = words_in(read_file(file))
        async with deed() as (base, db):
            group, now = await groups.by_name(db, name), clock.now()
            found = await agreements.publish(db, base.site, group, words, by=None, why=why, now=now)
            if found.version != group.rules_version:
                await deeds.record(db, None, "change rules", name, why, now, group_id=group.actor.id)
    else:
        async with foundation() as (_, db):
            found = await agreements.current(db, await groups.by_name(db, name))
    if as_json:
        print_json(_shown(found))
    elif file is not None:
        say(f"Version {found.version} is in force." if found.items else "The group has no rules now.")
    else:
        lines = ((number, rule.title) for number, rule in enumerate(found.items, start=1))
        print_table(("number", "rule"), lines, "There are no rules.")


def words_in(text: str) -> list[Words]:
    """The rules in a file. Raises `Malformed`."""
    try:
        found = msgspec.convert(tomllib.loads(text), File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Malformed(f"These are no rules: {error}. Write [[rule]] with a title, and details.") from None
    return [Words(line.title, line.details) for line in found.rule]


def _shown(found: Rules) -> dict[str, object]:
    return {
        "version": found.version,
        "rules": [{"title": rule.title, "details": rule.details_source} for rule in found.items],
    }
