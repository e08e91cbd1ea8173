"""Deciding about what waits: let it in, with a warning or without, send it back, or do not let it in.

    accept            everybody sees it, and servers are told of it, as it would have been at once
    amend_and_accept  the same, with a warning, folded, without its media, or kept quiet
    return_with_note  its author reads the note, changes it and sends it again; then it waits anew
    refuse            it stays with its author, who is told why

Staff decide about everything that waits, the moderators of a group about what is in their group; to everybody
else none of it is there (L3). Each deed is on the record with its reason and the rules that held the thing.
Senders on other servers learn nothing, except where `tells` says so: then the group writes them a letter.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediverse_support.community.joining import letters, servers
from fediverse_support.community.people import receipts
from fediverse_support.community.posts import amendments as changing
from fediverse_support.community.posts import releasing
from fediverse_support.core.errors import Conflict, Malformed, Missing
from fediverse_support.core.models import Actor, Post, Viewer
from fediverse_support.database import (
    accounts,
    covering,
    drafts,
    groups,
    hold_lines,
    holds,
    inbox,
    post_amendments,
    posts,
)
from fediverse_support.database.hold_lines import Line
from fediverse_support.database.holds import State
from fediverse_support.database.pool import Connection
from fediverse_support.moderation import deeds
from fediverse_support.policy.decisions import AMENDMENTS, WARN
from fediverse_support.protocol.site import Site

AT_ONCE = 50
LONGEST_NOTE = 2_000
LONGEST_WARNING = 300
TOO_LATE = "Somebody has decided about this already."
BLOCKED = "Its server is blocked, so nothing that came from there is let in."
CHANGED = "Its author has changed it since you read it. Please read it again; nothing was done."


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a moderator says along: `note` is for the author, `tells`: also if they are on another server.

    `seen` is what `stamp` gave for what the moderator had read; empty: whatever it says now.
    """

    note: str = ""
    seen: str = ""
    tells: bool = False


NOTHING = Said()


def sight(by: Viewer | None) -> Sequence[int] | None:
    """The groups about whose holds somebody decides; None: all of them. (`by` None is the command line.)"""
    return None if by is None or by.is_staff else by.moderates


def may_decide(by: Viewer | None, group_id: int | None) -> bool:
    """Whether somebody decides about what waits in this group (None: in none)."""
    seen = sight(by)
    return seen is None or (group_id is not None and group_id in seen)


async def waiting(
    db: Connection,
    by: Viewer | None,
    *,
    group_id: int | None = None,
    state: State = "waiting",
    after: int | None = None,
    limit: int = AT_ONCE,
) -> list[Line]:
    """What waits, or was sent back (state `returned`), as far as `by` decides about it, the oldest first.

    `group_id`: only in this group; `after`: below this hold.
    """
    return await hold_lines.listed(db, sight(by), state, group_id, after, limit)


async def one(db: Connection, by: Viewer | None, hold_id: int) -> Line:
    """One hold, also one that was decided. Raises `Missing`, also for who does not decide about it."""
    line = await hold_lines.by_id(db, hold_id)
    if line is None or not may_decide(by, line.hold.group_id):
        raise Missing
    return line


def stamp(line: Line) -> str:
    """What stands for the words that wait: another one as soon as their author changes them."""
    post = line.post
    words = [post.title, post.content_warning, post.content_html] if post is not None else []
    body = msgspec.json.encode([words, line.hold.words], order="deterministic")
    return hashlib.sha256(body).hexdigest()[:16]


async def accept(
    db: Connection, site: Site, hold_id: int, by: Viewer | None, now: datetime, said: Said = NOTHING
) -> None:
    """Let it in as it is. The caller opened the transaction, as for everything below.

    All of them raise `Missing` for who does not decide about it, and `Conflict` if somebody else was quicker
    or the author has changed it in the meantime; then nothing is done.
    """
    await _let_in(db, site, hold_id, by, now, said, ())


async def amend_and_accept(
    db: Connection,
    site: Site,
    hold_id: int,
    by: Viewer | None,
    amendments: Sequence[str],
    now: datetime,
    said: Said = NOTHING,
) -> None:
    """Let it in with `amendments` (`policy/decisions.py`), beside those of policy. Raises `Malformed` too.

    Here only: what servers elsewhere have of a post from elsewhere is its author's.
    """
    await _let_in(db, site, hold_id, by, now, said, checked_amendments(amendments))


async def return_with_note(
    db: Connection, site: Site, hold_id: int, by: Viewer | None, now: datetime, said: Said
) -> None:
    """Ask its author to change it: it stays held, and waits again once they have. Raises `Malformed` too."""
    line = await _taken(db, hold_id, by, said)
    note = _note(said.note)
    if line.post is None:
        raise Malformed("Only what somebody wrote can be sent back: let this in, or do not.")
    if line.hold.state == "returned":
        raise Conflict("This was sent back already. It is its author's turn.")
    await _decide(db, line, "returned", by, note, now)
    await _record(db, line, by, "send back held", note, now)
    await _tell(db, site, line, said, note, now, "returned")


async def refuse(
    db: Connection, site: Site, hold_id: int, by: Viewer | None, now: datetime, said: Said = NOTHING
) -> None:
    """Do not let it in. Its author is told why: in the words of the note, else of the rule that held it.

    A post stays with its author and the moderators, who can still let it in later; of an edit the words are
    kept as a draft of its author's. Raises `Malformed` if there is no reason at all.
    """
    line = await _taken(db, hold_id, by, said)
    note = _note(said.note or line.hold.reason)
    match line.hold.kind:
        case "post" if line.post is not None:
            moderator = by.actor_id if by is not None else None
            await posts.set_state(db, line.post.id, "hidden", moderator)
            await posts.refresh_activity(db, line.post.root_id)
        case "edit":
            await _keep_as_draft(db, line, now)
        case "arrival" if line.hold.inbox_id is not None:
            await inbox.turn_away(db, line.hold.inbox_id, "A moderator did not let this in.", now)
    await _decide(db, line, "refused", by, note, now)
    await _record(db, line, by, "refuse held", note, now)
    await _tell(db, site, line, said, note, now, "refused")


def checked_amendments(given: Sequence[str]) -> tuple[str, ...]:
    """These amendments, each once. Raises `Malformed` for none, or for what is none."""
    found = tuple(dict.fromkeys(one.strip() for one in given if one.strip()))
    for one in found:
        words = one.removeprefix(WARN).strip()
        is_warning = one.startswith(WARN) and 0 < len(words) <= LONGEST_WARNING
        if one not in AMENDMENTS and not is_warning:
            raise Malformed("Please say what to add: a warning, folded, without media, or quiet.")
    if not found:
        raise Malformed("Please say what to add: a warning, folded, without media, or quiet.")
    return found


async def _let_in(
    db: Connection,
    site: Site,
    hold_id: int,
    by: Viewer | None,
    now: datetime,
    said: Said,
    amendments: Sequence[str],
) -> None:
    line = await _taken(db, hold_id, by, said)
    if line.author is not None and not line.author.is_local and await _is_blocked(db, line.author):
        raise Conflict(BLOCKED)
    match line.hold.kind:
        case "post" if line.post is not None:
            await releasing.let_in(db, site, await _amended(db, line.post, amendments), now)
        case "edit" if line.post is not None:
            words = line.hold.words or {}
            await releasing.let_edit_in(db, site, line.post, words, amendments, now)
        case _:
            await _let_arrival_in(db, line, amendments, now)
    await _decide(db, line, "amended" if amendments else "accepted", by, said.note, now)
    if line.post is not None and line.author is not None and line.hold.kind == "post":
        await receipts.of_decision(db, site, line.group, line.author, line.post, "accepted", said.note, now)
    reason = "; ".join(one for one in (said.note, ", ".join(amendments)) if one)
    await _record(db, line, by, "let held in", reason, now)


async def _let_arrival_in(db: Connection, line: Line, amendments: Sequence[str], now: datetime) -> None:
    """What was kept in the inbox is processed again, now that a moderator has looked at it."""
    if amendments and line.post is None:
        raise Malformed("There are no words here that something could be added to.")
    if line.hold.inbox_id is None or not await inbox.let_in(db, line.hold.inbox_id, now, amendments):
        raise Conflict("What came is not here any more.")


async def _is_blocked(db: Connection, author: Actor) -> bool:
    """Whether there is no exchange any more with the server of who sent it."""
    return await covering.is_refused(db, servers.home_of(author))


async def _amended(db: Connection, post: Post, amendments: Sequence[str]) -> Post:
    if not amendments:
        return post
    changed = changing.amended(post, amendments)
    await posts.amend(db, changed)
    await post_amendments.add(db, post.id, amendments)
    return changed


async def _taken(db: Connection, hold_id: int, by: Viewer | None, said: Said) -> Line:
    """A hold to decide about, with its post locked: first the post, as its author's deeds lock it too."""
    line = await one(db, by, hold_id)
    if line.hold.post_id is not None:
        await posts.lock(db, line.hold.post_id)
    await holds.lock(db, hold_id)
    line = await one(db, by, hold_id)
    if not line.hold.is_open or (line.hold.kind == "post" and not _is_held(line.post)):
        raise Conflict(TOO_LATE)
    if said.seen and said.seen != stamp(line):
        raise Conflict(CHANGED)
    return line


def _is_held(post: Post | None) -> bool:
    return post is not None and post.state == "held"


def _note(text: str) -> str:
    note = text.strip()
    if not note:
        raise Malformed("Please say why, so that its author can read it.")
    if len(note) > LONGEST_NOTE:
        raise Malformed("A note has at most 2,000 characters.")
    return note


async def _decide(
    db: Connection, line: Line, state: State, by: Viewer | None, note: str, now: datetime
) -> None:
    actor_id = by.actor_id if by is not None else None
    if not await holds.decide(db, line.hold.id, state, actor_id, note[:LONGEST_NOTE], now):
        raise Conflict(TOO_LATE)


async def _record(
    db: Connection, line: Line, by: Viewer | None, deed: str, reason: str, now: datetime
) -> None:
    """On the record with what held it, so that a rule that is too strict can be found later."""
    about = line.post.uri if line.post else line.arrived.activity_uri if line.arrived else line.hold.actor_uri
    rules = f" (held by {', '.join(line.hold.rules)})" if line.hold.rules else ""
    account = by.account if by is not None else None
    await deeds.record(db, account, deed, about, f"{reason}{rules}".strip(), now, group_id=line.hold.group_id)


async def _keep_as_draft(db: Connection, line: Line, now: datetime) -> None:
    """The words of an edit that was not let in, for who wrote them: nothing that somebody wrote is lost."""
    words = (line.hold.words or {}).get("post")
    if words is None or line.post is None or line.author is None or not line.author.is_local:
        return
    account = await accounts.by_name(db, line.author.name)
    if account is not None:
        place = f"/posts/{line.post.public_id}/edit"
        await drafts.save(db, account.id, place, words.get("title", ""), words["source"], now)


async def _tell(
    db: Connection, site: Site, line: Line, said: Said, note: str, now: datetime, what: receipts.Decided
) -> None:
    """A receipt for a member here; a letter of the group to somebody elsewhere, if the moderator wants it."""
    author, group = line.author, line.group
    if author is not None and author.is_local and line.post is not None and line.hold.kind == "post":
        await receipts.of_decision(db, site, group, author, line.post, what, note, now)
        return
    if not said.tells or author is None or author.is_local or author.state != "active" or line.post is None:
        return
    if group is None or not group.is_local or not await _is_known_outside(db, group):
        return
    await letters.write(db, site, group, author, note, now, in_reply_to=line.post.uri)


async def _is_known_outside(db: Connection, group: Actor) -> bool:
    rules = await groups.by_actor(db, group.id)
    return rules is not None and rules.reach != "sealed"
