"""Tags: what a group offers to choose from, what a post was given, and what was said under one.

A tag is a word in small letters. A post has those that its writer chose from the group's, and the hashtags in
its text; a post that arrives has those that its document names. A group's own ones have a label and a tone,
which is a help to find them again, and never all that tells them apart.
"""

import re
from collections.abc import Iterable, Sequence

import msgspec

from fediverse_support.community.groups import group_documents
from fediverse_support.community.joining import speaking
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.core.markup import hashtags_in, safe_text
from fediverse_support.core.models import Actor, Group, OfferedTag, Tone
from fediverse_support.database import groups
from fediverse_support.database import tags as stored
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.site import Site

MOST = 30
"""Tags that a post has at most."""
MOST_OFFERED = 20
LONGEST_LABEL = 60
TONES: tuple[Tone, ...] = ("plain", "leaf", "clay", "sky", "dusk")

_NAME = re.compile(r"(?=\w*[a-z])[a-z0-9_]{1,60}")


async def offered(db: Connection, group: Actor) -> list[OfferedTag]:
    """The tags that a group of ours offers, in its own order; none are known of a group elsewhere."""
    return await stored.offered(db, group.id) if group.is_local else []


async def given(db: Connection, group: Actor | None, source: str, chosen: Iterable[str]) -> tuple[str, ...]:
    """The tags of a post with this text: those `chosen` that its group offers, then the hashtags."""
    names = [tag.name for tag in await offered(db, group)] if group is not None and chosen else []
    found = dict.fromkeys([*(name for name in chosen if name in names), *hashtags_in(source)])
    return tuple(found)[:MOST]


async def offer(db: Connection, site: Site, group: Group, tags: Sequence[OfferedTag]) -> None:
    """Let a group offer these tags, and tell its followers. Safe to run twice.

    Raises `Malformed` for what does not fit and `Forbidden` for an archived group. Posts keep the tags that
    they have.
    """
    speaking.check_running(group)
    checked = [_checked(tag) for tag in tags]
    if len(checked) > MOST_OFFERED:
        raise Malformed("A group offers at most 20 tags.")
    if len({tag.name for tag in checked}) < len(checked):
        raise Malformed("Two of these tags have the same hashtag.")
    if checked == await stored.offered(db, group.actor.id):
        return
    await stored.replace(db, group.actor.id, checked)
    changed = await groups.by_actor(db, group.actor.id)
    if changed is None:
        raise Missing("This group is gone.")
    await group_documents.tell_followers(db, site, changed)


def name_of(label: str) -> str:
    """The hashtag that a label makes by itself: "Just listening" gives `just_listening`; perhaps empty."""
    return re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:LONGEST_LABEL]


def _checked(tag: OfferedTag) -> OfferedTag:
    label = safe_text(tag.label, LONGEST_LABEL + 1)
    name = tag.name.strip().lstrip("#").lower() or name_of(label)
    if not label or len(label) > LONGEST_LABEL:
        raise Malformed("Each tag needs a name of at most 60 characters.")
    if not _NAME.fullmatch(name):
        raise Malformed("A hashtag has the small letters a–z, digits and _, and at least one letter.")
    if tag.tone not in TONES:
        raise Malformed("There is no such colour here.")
    return msgspec.structs.replace(tag, name=name, label=label)
