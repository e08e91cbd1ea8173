"""A moderator on another server changes what one of our groups says of itself.

Its title and description can be changed in this way, and nothing else: who joins, sees and speaks is decided
here. What is passed on as it came must not say otherwise, because a server could believe it.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from fediverse_support.community.groups import group_documents, groups
from fediverse_support.community.posts import announcing
from fediverse_support.core.errors import Forbidden, Missing
from fediverse_support.core.markup import plain_text, safe_text
from fediverse_support.core.models import Group
from fediverse_support.database import groups as stored
from fediverse_support.inbox.authority import our_group, require_moderator
from fediverse_support.inbox.context import Context
from fediverse_support.inbox.trust import Verified
from fediverse_support.moderation import deeds
from fediverse_support.protocol.vocabulary import ActorDocument

_OURS_TO_SAY = (
    "type", "preferredUsername", "inbox", "outbox", "followers", "following", "featured", "moderators",
    "attributedTo", "publicKey", "assertionMethod", "endpoints", "manuallyApprovesFollowers",
    "postingRestrictedToMods", "movedTo", "alsoKnownAs", "suspended", "url",
)  # fmt: skip
"""What of a group's document nobody but this server decides."""


async def update(context: Context, described: ActorDocument, sender: Verified) -> str:
    """Change title and description, as `groups.edit` allows; raises `Forbidden` for who is no moderator."""
    actor = await our_group(context, described.id)
    if actor is None:
        raise Forbidden("This is from here, and not for others to change.")
    await require_moderator(context, actor, sender)
    group = await stored.by_actor(context.db, actor.id)
    if group is None:
        raise Missing("This group is gone.")
    answers = groups.answers_of(group)
    changed = msgspec.structs.replace(
        answers,
        title=safe_text(described.name or answers.title, 200),
        summary=_summary(described, answers.summary),
    )
    if changed == answers:
        return "Nothing has changed."
    is_plain = await _says_nothing_else(context, group, described.raw)
    await groups.edit(context.db, context.site, group, changed)
    if is_plain:
        await announcing.pass_on(context.db, context.site, actor, context.raw, actor.uri, context.now)
    await deeds.record(
        context.db, None, "edit group", actor.name, "", context.now, by_uri=sender.uri, group_id=actor.id
    )
    context.hold_back()
    return "Changed by a moderator."


def _summary(described: ActorDocument, otherwise: str) -> str:
    """The description as Markdown: its source if that came along, else what its HTML says."""
    if described.source is not None:
        return described.source.replace("\x00", "")
    if described.summary is not None:
        return plain_text(described.summary)
    return otherwise


async def _says_nothing_else(context: Context, group: Group, raw: Mapping[str, Any]) -> bool:
    ours = await group_documents.document(context.db, context.site, group)
    return all(raw[name] == ours.get(name) for name in _OURS_TO_SAY if raw.get(name) is not None)
