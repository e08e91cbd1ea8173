"""What members say of themselves, here and to the servers that show them, and how they usually write.

A member who acts as a group changes what that group says of itself: its name, its words and its pictures. Who
joins it, sees it and speaks in it is decided on its own pages.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.accounts import members
from fediverse_support.accounts.members import ABOUT_LENGTH, DISPLAY_NAME_LENGTH
from fediverse_support.community.groups import group_documents
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.core.markup import linkify, render_markdown, safe_text
from fediverse_support.core.models import PERSONAL_REACHES, Account, Actor, Reach
from fediverse_support.database import accounts, actors, follows, groups, keys
from fediverse_support.database.pool import Connection
from fediverse_support.outbox.publishing import Followers, new_activity_uri, publish
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.rendering import actors as documents
from fediverse_support.protocol.site import Site

MOST_FIELDS = 4
LONGEST_FIELD = 255


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What a member changes about themselves; None stays as it is.

    `fields` are pairs of name and plain value, of which empty ones are left out. `reach`, `sensitive` and
    `language` ("" for none) are how a new post outside of groups goes out unless they say otherwise.
    """

    display_name: str | None = None
    about: str | None = None
    fields: Sequence[tuple[str, str]] | None = None
    approves_followers: bool | None = None
    is_bot: bool | None = None
    discoverable: bool | None = None
    indexable: bool | None = None
    hides_network: bool | None = None
    reach: Reach | None = None
    sensitive: bool | None = None
    language: str | None = None


async def describe(
    db: Connection, site: Site, account: Account, display_name: str, about: str, now: datetime
) -> None:
    """Change a member's name and words about themselves, and tell followers and the groups elsewhere.

    The caller opened the transaction. Raises `Malformed` if either is too long.
    """
    await members.describe(db, account, display_name, about)
    await tell(db, site, account.actor_id, now)


async def change(db: Connection, site: Site, actor_id: int, changes: Changes, now: datetime) -> None:
    """Change what the person or group `actor_id` says of itself, and tell it. The caller opened the
    transaction, has set the pictures, and has made sure that this may be done.

    Raises `Malformed` for what does not fit; nothing is changed then.
    """
    actor = await actors.by_id(db, actor_id)
    if actor is None:
        raise Missing
    await _describe(db, actor, changes)
    if not actor.is_group:
        await actors.set_profile(
            db,
            actor.id,
            fields=_fields(changes.fields) if changes.fields is not None else None,
            approves_followers=changes.approves_followers,
            is_bot=changes.is_bot,
            discoverable=changes.discoverable,
            indexable=changes.indexable,
            hides_network=changes.hides_network,
        )
        await accounts.set_posting_defaults(
            db,
            actor.id,
            reach=changes.reach,
            sensitive=changes.sensitive,
            language=_language(changes.language),
        )
    await tell(db, site, actor.id, now)


async def tell(db: Connection, site: Site, actor_id: int, now: datetime) -> None:
    """Send what a person or group of ours says of itself now to the servers that show it."""
    actor = await actors.by_id(db, actor_id)
    if actor is None:
        raise Missing
    if actor.is_group:
        group = await groups.by_actor(db, actor.id)
        if group is not None:
            await group_documents.tell_followers(db, site, group)
        return
    document = documents.person(site, actor, await keys.of_actor(db, actor.id), updated=now)
    update = activities.update_actor(new_activity_uri(site), actor, document, now=now)
    elsewhere = [group for group in await follows.followed_groups(db, actor.id) if not group.is_local]
    await publish(db, site, actor, update, object_uri=actor.uri, followers=Followers(actor), to=elsewhere)


def reach_in(visibility: str) -> Reach:
    """The reach that an app means by one of its four words. Raises `Malformed`."""
    words: dict[str, Reach] = dict(
        zip(("direct", "private", "unlisted", "public"), PERSONAL_REACHES, strict=True)
    )
    if visibility not in words:
        raise Malformed("Validation failed: Visibility is not included in the list")
    return words[visibility]


async def _describe(db: Connection, actor: Actor, changes: Changes) -> None:
    if changes.display_name is None and changes.about is None:
        return
    name = actor.display_name if changes.display_name is None else changes.display_name.strip()
    about = actor.summary_source if changes.about is None else changes.about
    if len(name) > DISPLAY_NAME_LENGTH or len(about) > ABOUT_LENGTH:
        raise Malformed("This is longer than fits. Nothing was changed.")
    html = render_markdown(about) if about.strip() else ""
    shown = safe_text(name, DISPLAY_NAME_LENGTH) or actor.name
    await actors.describe(db, actor.id, display_name=shown, summary_source=about, summary_html=html)


def _fields(pairs: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Lines of a profile as they are kept. Raises `Malformed`."""
    found = [
        (safe_text(name, LONGEST_FIELD + 1), safe_text(value, LONGEST_FIELD + 1)) for name, value in pairs
    ]
    kept = [(name, value) for name, value in found if name or value]
    if len(kept) > MOST_FIELDS:
        raise Malformed("Validation failed: A profile has at most 4 fields")
    if any(len(text) > LONGEST_FIELD for pair in kept for text in pair):
        raise Malformed("Validation failed: A field has at most 255 characters")
    return [{"name": name, "source": value, "html": linkify(value)} for name, value in kept]


def _language(tag: str | None) -> str | None:
    """A language tag that may stand beside a post; raises `Malformed`."""
    if tag is not None and len(tag) > 35:
        raise Malformed("Validation failed: Language is not included in the list")
    return tag
