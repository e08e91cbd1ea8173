"""The rules of a group: numbered, kept in every version, agreed to.

A change makes a new version, because people have agreed to the old one. Nobody is kept from reading by rules
that changed; but who writes from here has agreed to the version in force. Moderators are not asked: they are
the ones who make the rules. Nor is who writes from another server: what they agree to is between them and
their own server.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediverse_support.community.groups import group_documents
from fediverse_support.community.joining import speaking
from fediverse_support.core.comparing import Change, items
from fediverse_support.core.errors import Conflict, Forbidden, Malformed, Missing
from fediverse_support.core.markup import render_markdown, safe_text
from fediverse_support.core.models import Actor, Group, Rule, Standing
from fediverse_support.database import groups
from fediverse_support.database import rules as stored
from fediverse_support.database.pool import Connection
from fediverse_support.database.rules import Version
from fediverse_support.protocol.site import Site

MOST = 40
LONGEST_TITLE = 200
LONGEST_DETAILS = 5_000
LONGEST_HTML = 20_000
LONGEST_WHY = 1_000

UNASKED = "Please read the rules of this group, and agree to them, before you write in it."


class Rules(msgspec.Struct, frozen=True):
    """One version of a group's rules; version 0 has none."""

    version: int
    items: tuple[Rule, ...]


class Words(msgspec.Struct, frozen=True):
    """A rule as somebody writes it: its title in one line, its details in Markdown."""

    title: str
    details: str = ""


class Chapter(msgspec.Struct, frozen=True):
    """A version in the history: who made it and why, what was in force before, and what changed."""

    line: Version
    before: Rules
    after: Rules
    changes: list[Change]


async def current(db: Connection, group: Group) -> Rules:
    """The rules in force; version 0 and nothing where there are none."""
    return await of_version(db, group, group.rules_version) if group.rules_version else Rules(0, ())


async def of_version(db: Connection, group: Group, version: int) -> Rules:
    """The rules of one version, in force or not; without items for one that took all of them back."""
    return Rules(version, tuple(await stored.of_version(db, group.actor.id, version)))


async def versions(db: Connection, group: Group) -> list[Version]:
    """Every version there was, the newest first: who made it, when and why."""
    return await stored.versions(db, group.actor.id)


async def history(db: Connection, group: Group) -> list[Chapter]:
    """Every version there was, the newest first, with its rules and what had changed in it."""
    texts = {
        version: Rules(version, tuple(found))
        for version, found in (await stored.every(db, group.actor.id)).items()
    }
    chapters = []
    for line in await versions(db, group):
        before = texts.get(line.version - 1, Rules(line.version - 1, ()))
        after = texts.get(line.version, Rules(line.version, ()))
        chapters.append(Chapter(line, before, after, items(before.items, after.items)))
    return chapters


async def agree(db: Connection, group_id: int, actor_id: int, version: int, now: datetime) -> None:
    """Record that somebody agrees to `version`. Safe to run twice.

    Raises `Conflict` if other rules are in force by now: nobody agrees to what they have not read.
    """
    group = await groups.by_actor(db, group_id)
    if group is None or group.rules_version != version or version == 0:
        raise Conflict("The rules have changed while you were reading. Please look at them again.")
    await stored.agree(db, group_id, actor_id, version, now)


async def agreed_version(db: Connection, group: Group, actor_id: int) -> int:
    """The latest version that somebody has agreed to, 0 for none."""
    return await stored.agreed_version(db, group.actor.id, actor_id)


async def agreed(db: Connection, group: Group) -> list[int]:
    """The actors that have agreed to the version in force."""
    return await stored.agreed(db, group.actor.id, group.rules_version)


async def to_agree(db: Connection, group: Group, author: Actor, standing: Standing) -> int:
    """The version that `author` has to agree to before they write, 0 for none."""
    if not group.rules_version or not author.is_local or standing.is_moderator:
        return 0
    has_agreed = await stored.agreed_version(db, group.actor.id, author.id) == group.rules_version
    return 0 if has_agreed else group.rules_version


async def check_agreed(db: Connection, group: Group, author: Actor, standing: Standing) -> None:
    """Raise `Forbidden` if `author` has to agree to the rules before they write."""
    if await to_agree(db, group, author, standing):
        raise Forbidden(UNASKED)


async def publish(
    db: Connection,
    site: Site,
    group: Group,
    words: Sequence[Words],
    *,
    by: Actor | None,
    why: str,
    now: datetime,
    instead_of: int | None = None,
) -> Rules:
    """Put new rules into force and tell the group's followers; who publishes them agrees to them.

    The same rules again make no new version. `instead_of` is the version that the writer had before them:
    raises `Conflict` if another is in force by now. Raises `Malformed` for rules that do not fit,
    `Forbidden` for an archived group. `by` is None for the command line. Without any words the group has no
    rules from now on.
    """
    speaking.check_running(group)
    made = tuple(checked(rule) for rule in words)
    if len(made) > MOST:
        raise Malformed("A group has at most 40 rules.")
    if len(why := safe_text(why, LONGEST_WHY + 1)) > LONGEST_WHY:
        raise Malformed("Say why in at most 1,000 characters.")
    in_force, latest = await stored.lock(db, group.actor.id)
    if instead_of is not None and instead_of != in_force:
        raise Conflict("Somebody else has changed the rules in the meantime. Nothing of yours was lost.")
    if made == tuple(await stored.of_version(db, group.actor.id, in_force)):
        return Rules(in_force, made)
    number = latest + 1
    await stored.insert(db, group.actor.id, number, made, made_by=by.id if by else None, why=why, now=now)
    if made and by is not None:
        await stored.agree(db, group.actor.id, by.id, number, now)
    await _tell(db, site, group)
    return Rules(number if made else 0, made)


async def _tell(db: Connection, site: Site, group: Group) -> None:
    changed = await groups.by_actor(db, group.actor.id)
    if changed is None:
        raise Missing("This group is gone.")
    await group_documents.tell_followers(db, site, changed)


def checked(words: Words) -> Rule:
    """A rule as it is kept; raises `Malformed` for words that do not fit."""
    title = safe_text(words.title, LONGEST_TITLE + 1)
    details = words.details.replace("\x00", "").strip()
    if not title:
        raise Malformed("Each rule needs a title: the rule itself, in one sentence.")
    if len(title) > LONGEST_TITLE or len(details) > LONGEST_DETAILS:
        raise Malformed("A rule has at most 200 characters, its explanation 5,000.")
    html = render_markdown(details)
    if len(html) > LONGEST_HTML:
        raise Malformed("The explanation of a rule is too long. Please shorten it.")
    return Rule(title=title, details_source=details, details_html=html)
