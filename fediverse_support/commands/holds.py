"""What waits for a moderator: see it, let it in, send it back, or not let it in."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

from cyclopts import App, Parameter

from fediverse_support.commands.ground import deed, foundation
from fediverse_support.commands.terminal import AsJson, print_fields, print_json, print_table, say
from fediverse_support.community.groups import groups
from fediverse_support.core import clock
from fediverse_support.core.errors import Malformed
from fediverse_support.database.hold_lines import Line
from fediverse_support.moderation import hold_words, holds
from fediverse_support.moderation.holds import Said
from fediverse_support.policy.decisions import WARN

app = App(name="holds", help="What waits for a moderator, and deciding about it.")

Note = Annotated[str, Parameter(help="What its author reads.")]
Tells = Annotated[
    bool, Parameter(negative=(), help="Also tell somebody on another server, by a letter of the group.")
]
LONGEST_EXCERPT = 60


@app.command(name="list")
async def list_(
    *,
    group: Annotated[str, Parameter(help="Only what is in this group of ours.")] = "",
    state: Annotated[Literal["waiting", "returned"], Parameter(help="returned: sent back.")] = "waiting",
    limit: Annotated[int, Parameter(help="How many at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List what waits, the oldest first, and where each stands in the line of its group."""
    async with foundation() as (_, db):
        group_id = (await groups.by_name(db, group)).actor.id if group else None
        found = await holds.waiting(db, None, group_id=group_id, state=state, limit=min(max(limit, 1), 1000))
    if as_json:
        print_json([shown(line) for line in found])
        return
    print_table(
        ("hold", "since", "place", "kind", "who", "group", "what"),
        (
            (
                line.hold.id,
                line.hold.held_at,
                line.place or "",
                line.hold.kind,
                _who(line),
                line.group.handle if line.group else "",
                _what(line)[:LONGEST_EXCERPT],
            )
            for line in found
        ),
        "Nothing waits.",
    )


@app.command
async def show(hold: int, /, *, as_json: AsJson = False) -> None:
    """Show one hold with its words, why it waits and what came of it."""
    async with foundation() as (_, db):
        line = await holds.one(db, None, hold)
    if as_json:
        print_json(shown(line))
        return
    print_fields(
        [
            ("hold", line.hold.id),
            ("state", line.hold.state),
            ("kind", line.hold.kind),
            ("who", _who(line)),
            ("group", line.group.handle if line.group else ""),
            ("since", line.hold.held_at),
            ("place in line", line.place or ""),
            ("reason", line.hold.reason),
            ("rules", ", ".join(line.hold.rules)),
            ("decision", line.hold.decision_id or ""),
            ("decided", line.hold.decided_at or ""),
            ("note", line.hold.note),
            ("warning", hold_words.of(line).content_warning),
        ]
    )
    say("", *hold_words.of(line).text.splitlines())


@app.command
async def accept(hold: int, /, *, note: Note = "") -> None:
    """Let it in as it is."""
    await _decide(hold, note, False, holds.accept, "It is let in.")


@app.command
async def amend(
    hold: int,
    /,
    *,
    warning: Annotated[
        list[str] | None, Parameter(help="A code such as sh, or words; may be repeated.")
    ] = None,
    sensitive: Annotated[bool, Parameter(negative=(), help="Fold its pictures.")] = False,
    no_media: Annotated[bool, Parameter(negative=(), help="Leave its pictures and files out.")] = False,
    quiet: Annotated[bool, Parameter(negative=(), help="Put it on show nowhere.")] = False,
    note: Note = "",
) -> None:
    """Let it in with a warning, folded, without its media, or quiet."""
    boxes = (("sensitive", sensitive), ("no-media", no_media), ("quiet", quiet))
    added = [*(f"{WARN}{one}" for one in warning or ()), *(name for name, ticked in boxes if ticked)]
    if not added:
        raise Malformed("Say what to add: --warning, --sensitive, --no-media or --quiet.")
    async with deed() as (base, db):
        await holds.amend_and_accept(db, base.site, hold, None, added, clock.now(), Said(note=note))
    say(f"It is let in, with {', '.join(added)}.")


@app.command(name="return")
async def return_(
    hold: int,
    /,
    *,
    note: Annotated[str, Parameter(help="What they should change: its author reads it.")],
    tell: Tells = False,
) -> None:
    """Send it back to its author, who changes it and sends it again."""
    await _decide(hold, note, tell, holds.return_with_note, "It was sent back.")


@app.command
async def refuse(
    hold: int,
    /,
    *,
    note: Annotated[str, Parameter(help="Why not; otherwise the reason of the rule is told.")] = "",
    tell: Tells = False,
) -> None:
    """Do not let it in. It stays with its author, who is told why."""
    await _decide(hold, note, tell, holds.refuse, "It was not let in.")


Deed = Callable[..., Awaitable[None]]


async def _decide(hold: int, note: str, tells: bool, decide: Deed, done: str) -> None:
    async with deed() as (base, db):
        await decide(db, base.site, hold, None, clock.now(), Said(note=note, tells=tells))
    say(done)


def shown(line: Line) -> dict[str, object]:
    """A hold for `--json`; numbers of ours are text."""
    hold, words = line.hold, hold_words.of(line)
    return {
        "hold": str(hold.id),
        "state": hold.state,
        "kind": hold.kind,
        "who": hold.actor_uri,
        "group": line.group.uri if line.group else None,
        "post": line.post.uri if line.post else None,
        "activity": line.arrived.activity_uri if line.arrived else None,
        "since": hold.held_at,
        "place": line.place or None,
        "reason": hold.reason,
        "rules": hold.rules,
        "decision": str(hold.decision_id) if hold.decision_id else None,
        "warning": words.content_warning,
        "words": words.text,
        "decided_at": hold.decided_at,
        "note": hold.note,
    }


def _who(line: Line) -> str:
    return line.author.handle if line.author else line.hold.actor_uri


def _what(line: Line) -> str:
    if line.hold.kind == "arrival":
        return line.arrived.type if line.arrived else ""
    return (line.post.title if line.post else "") or " ".join(hold_words.of(line).text.split())
