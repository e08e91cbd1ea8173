"""How this community deals with other servers: the domain ladder, set by hand and by lists."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from cyclopts import App, Parameter

from fediverse_support.commands import domain_lists as list_commands
from fediverse_support.commands.ground import deed, foundation
from fediverse_support.commands.terminal import (
    AsJson,
    FileOrDash,
    print_json,
    print_table,
    read_file,
    say,
    write_file,
)
from fediverse_support.community.joining import severing
from fediverse_support.community.joining.severing import Preview
from fediverse_support.core import clock
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.database import domains, severances
from fediverse_support.database.domains import DomainLevel
from fediverse_support.moderation import domain_levels, domain_lists, ladder
from fediverse_support.moderation.domain_levels import Setting
from fediverse_support.policy import domain_names
from fediverse_support.policy.document import Format, Shown
from fediverse_support.policy.levels import level_of, word_of
from fediverse_support.policy.lists.writing import Form

app = App(name="domains")
for _name, _command in list_commands.COMMANDS.items():
    app.command(_command, name=_name)


def _check_level(_: object, written: str) -> None:
    """Wrong usage, and not merely refused, as for every word of which there are only a few."""
    try:
        level_of(written)
    except Malformed as no:
        raise ValueError(no.message) from None


LevelWord = Annotated[str, Parameter(validator=_check_level)]
Sure = Annotated[bool, Parameter(negative=(), help="Do it although it concerns very many.")]


@app.command(name="list")
async def list_(*, as_json: AsJson = False) -> None:
    """List the domains that have a level, and where it comes from.

    Each covers all below it; the most specific counts.
    """
    async with foundation() as (_, db):
        found = await domains.listed(db)
    if as_json:
        print_json([_plain(one) for one in found])
        return
    print_table(
        ("domain", "level", "from", "since", "last day", "review", "public reason", "private note"),
        (_row(one) for one in found),
        "No domain has a level: all are let in.",
    )


@app.command(name="set")
async def set_(
    domain: str,
    level: LevelWord,
    /,
    *,
    reason: Annotated[str, Parameter(help="May be shown to everybody.")] = "",
    note: Annotated[str, Parameter(help="Stays among moderators.")] = "",
    expires: Annotated[date | None, Parameter(help="The last day on which it holds.")] = None,
    review: Annotated[date | None, Parameter(help="When somebody should look at it again.")] = None,
    shown: Annotated[Shown, Parameter(help="How the public page names it.")] = "open",
    sure: Sure = False,
) -> None:
    """Give a domain and all below it a level by hand.

    trusted: its people count as approved · allowed: let in · default: as if nothing were said ·
    limited: kept out of public view · held: a moderator looks first · blocked: no exchange at all.
    +no-media and +no-reports may be added to each, as in limited+no-media, or stand alone.
    """
    setting = Setting(
        domain=domain,
        level=level,
        public_reason=reason,
        private_note=note,
        shown=shown,
        expires=expires,
        review=review,
    )
    name, wanted = domain_names.read_name(domain), level_of(level)
    async with deed() as (base, db):
        is_block = wanted.level == "blocked"
        preview = await severing.preview(db, [name]) if is_block else Preview()
        await domain_levels.put(db, base.site, setting, None, clock.now(), is_sure=sure)
    say(f"{name} is {word_of(wanted.level, wanted.no_media, wanted.no_reports)} now.", *_said(preview))


@app.command
async def remove(domain: str, /) -> None:
    """Take away what was set by hand for a domain. What a list says about it holds then."""
    name = domain_names.read_name(domain)
    async with deed() as (base, db):
        if name not in await domains.entries(db, [name]):
            raise Missing(f"{name} has no level of its own.")
        await domain_levels.put(db, base.site, Setting(domain=name, level=None), None, clock.now())
    say(f"{name} has no level of its own any more.")


@app.command
async def exclude(
    domain: str, /, *, note: Annotated[str, Parameter(help="Stays among moderators.")] = ""
) -> None:
    """Let no list say anything about a domain and those below it."""
    await _exclude(domain, note)
    say(f"No list says anything about {domain_names.read_name(domain)} any more.")


@app.command
async def unexclude(domain: str, /) -> None:
    """Let lists speak of an excluded domain again."""
    await _exclude(domain, None)
    say(f"Lists speak of {domain_names.read_name(domain)} again.")


async def _exclude(domain: str, note: str | None) -> None:
    async with deed() as (base, db):
        settled = await ladder.exclude(
            db, base.site, {domain: note}, by=None, why=note or "", now=clock.now()
        )
        if note is None and not settled.changed:
            raise Missing(f"{domain} is not excluded.")


@app.command
async def excludes(*, as_json: AsJson = False) -> None:
    """List the domains of which no list says anything."""
    async with foundation() as (_, db):
        found = await domains.excludes(db)
    if as_json:
        print_json(found)
        return
    print_table(
        ("domain", "since", "note"),
        ((one.domain, one.set_at, one.note) for one in found),
        "No domain is excluded from lists.",
    )


@app.command
async def review(*, until: Annotated[date | None, Parameter(help="Today, if not said.")] = None,
                 as_json: AsJson = False) -> None:  # fmt: skip
    """List what was set by hand and should be looked at again by now."""
    async with foundation() as (_, db):
        found = await domains.due_for_review(db, until or clock.now().date())
    if as_json:
        print_json([_plain(one) for one in found])
        return
    print_table(
        ("domain", "level", "review", "set by", "private note"),
        ((one.domain, _word(one), one.review_on, one.set_by, one.private_note) for one in found),
        "Nothing is due.",
    )


@app.command(name="import")
async def import_(
    file: FileOrDash,
    /,
    *,
    format: Annotated[Format, Parameter(help="What form it has; found out if not said.")] = "auto",
    overwrite: Annotated[bool, Parameter(negative=(), help="Also change what was set by hand.")] = False,
    allow: Annotated[bool, Parameter(negative=(), help="The list names whom to let in.")] = False,
    sure: Sure = False,
    as_json: AsJson = False,
) -> None:
    """Take over a list by hand: Mastodon's CSV, one domain to a line, or the JSON of other servers.

    suspend becomes blocked, silence becomes limited, a domain alone is blocked. Domains that were set by hand
    keep what they have. Rows with * hide their domain and are left out; so is all that is no domain.
    """
    text = read_file(file)
    async with deed() as (base, db):
        done = await domain_lists.imported(
            db, base.site, text, file.name, None, clock.now(),
            format=format, overwrite=overwrite, allow=allow, is_sure=sure,
        )  # fmt: skip
    if as_json:
        print_json({"added": done.added, "changed": done.changed, "skipped": done.skipped})
        return
    say(
        f"Added {done.added}, changed {done.changed}.",
        *([f"Left out: {done.left_out}."] if done.left_out else ()),
    )


@app.command
async def export(
    file: FileOrDash,
    /,
    *,
    format: Annotated[Form, Parameter(help="csv is Mastodon's.")] = "csv",
    allow: Annotated[bool, Parameter(negative=(), help="Only those whom we let in.")] = False,
) -> None:
    """Write the ladder as a list. Private notes stay here, and what is shown to nobody."""
    async with foundation() as (_, db):
        text = await domain_lists.written(db, format, allow=allow)
    write_file(file, text)


@app.command(name="severances")
async def severances_(*, as_json: AsJson = False) -> None:
    """List the blocked servers on which follows end, or have ended."""
    async with foundation() as (_, db):
        found = await severances.standing(db)
    if as_json:
        print_json([{"host": one.domain, "state": one.state, "blocked_at": one.blocked_at,
                     "severs_at": one.severs_at, "ended_at": one.ended_at} for one in found])  # fmt: skip
        return
    print_table(
        ("host", "state", "blocked", "follows end", "ended"),
        ((one.domain, one.state, one.blocked_at, one.severs_at, one.ended_at) for one in found),
        "No follow ends because a server is blocked.",
    )


def _said(preview: Preview) -> Sequence[str]:
    """What a block costs members, as lines."""
    if not preview.members and not preview.followers:
        return ()
    groups = ", ".join(f"{handle} ({members})" for handle, members in preview.groups)
    more = f" and {preview.unnamed} closed groups" if preview.unnamed else ""
    return (
        f"Members here who follow somebody there: {preview.members}. Groups: {groups or 'none'}{more}. "
        f"People there who follow one of ours: {preview.followers}.",
        f"These follows end in {severing.GRACE.days} days. If you remove the level until then, they stay.",
    )


def _word(one: DomainLevel) -> str:
    return word_of(one.level, one.no_media, one.no_reports)


def _row(one: DomainLevel) -> Sequence[object]:
    source = one.list_name or ("by hand" if one.is_by_hand else "excluded")
    return (
        one.domain, _word(one), source, one.set_at, one.expires_on, one.review_on, one.public_reason,
        one.private_note,
    )  # fmt: skip


def _plain(one: DomainLevel) -> dict[str, object]:
    return {
        "domain": one.domain,
        "level": one.level,
        "no_media": one.no_media,
        "no_reports": one.no_reports,
        "public_reason": one.public_reason,
        "private_note": one.private_note,
        "shown": one.shown,
        "list": one.list_name,
        "is_by_hand": one.is_by_hand,
        "expires_on": one.expires_on,
        "review_on": one.review_on,
        "set_by": one.set_by,
        "set_at": one.set_at,
    }
