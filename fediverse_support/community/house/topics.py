"""The tree of topics: what somebody may need, and the groups that are there for it. Admins tend it."""

import re
import unicodedata
from collections.abc import Sequence

import msgspec

from fediverse_support.core.errors import Conflict, Malformed, Missing
from fediverse_support.database import directory
from fediverse_support.database.directory import Topic
from fediverse_support.database.pool import Connection

MOST_TOPICS = 300
DEEPEST = 4
MOST_OF_A_GROUP = 3
"""A group that stands everywhere helps nobody to find it."""

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,79}", re.ASCII)


class Branch(msgspec.Struct, frozen=True):
    """A topic in the order of the tree, and how deep it stands (0 at the top)."""

    topic: Topic
    depth: int


async def tree(db: Connection) -> list[Branch]:
    """Every topic, each followed by those below it."""
    return in_order(await directory.topics(db))


def in_order(topics: Sequence[Topic]) -> list[Branch]:
    """These topics as a tree; each level keeps the order in which it is given."""
    below: dict[int | None, list[Topic]] = {}
    for topic in topics:
        below.setdefault(topic.parent_id, []).append(topic)
    found: list[Branch] = []
    waiting = [Branch(topic, 0) for topic in reversed(below.get(None, []))]
    while waiting:
        branch = waiting.pop()
        found.append(branch)
        waiting += [Branch(topic, branch.depth + 1) for topic in reversed(below.get(branch.topic.id, []))]
    return found


async def by_slug(db: Connection, slug: str) -> Topic:
    """The topic with this slug; raises `Missing`."""
    found = await directory.topic_by_slug(db, slug)
    if found is None:
        raise Missing(f"There is no topic {slug[:80]!r}.")
    return found


async def add(db: Connection, name: str, *, description: str = "", slug: str = "", below: str = "") -> Topic:
    """Put a new topic at the end of its level. Without a slug the name becomes one.

    Raises `Malformed`, `Missing` for a parent that is not there, `Conflict` for a slug that is taken.
    """
    await directory.lock_topics(db)
    name, description, slug = _checked(name, description, slug)
    parent = await by_slug(db, below) if below else None
    branches = await tree(db)
    if len(branches) >= MOST_TOPICS:
        raise Malformed(f"There can be {MOST_TOPICS} topics at most.")
    if parent is not None and _depth(branches, parent.id) + 1 >= DEEPEST:
        raise Malformed(f"Topics can stand {DEEPEST} deep at most.")
    added = await directory.add_topic(
        db, slug=slug, name=name, description=description, parent_id=parent.id if parent else None
    )
    if added is None:
        raise Conflict(f"There is a topic {slug} already.")
    return added


async def describe(db: Connection, topic: Topic, name: str, *, description: str, slug: str = "") -> None:
    """Rename a topic. Raises `Malformed`, or `Conflict` for a slug that is taken."""
    name, description, slug = _checked(name, description, slug or topic.slug)
    if not await directory.describe_topic(db, topic.id, slug=slug, name=name, description=description):
        raise Conflict(f"There is a topic {slug} already.")


async def move(db: Connection, topic: Topic, below: str) -> None:
    """Put a topic, with all that stands below it, at the end below another; at the top for "".

    Raises `Missing`, or `Malformed` for a place below itself or too deep.
    """
    await directory.lock_topics(db)
    parent = await by_slug(db, below) if below else None
    branches = await tree(db)
    depths = _below(branches, topic.id)
    if parent is not None:
        if parent.id in depths:
            raise Malformed("A topic cannot stand below itself.")
        if _depth(branches, parent.id) + 1 + max(depths.values()) >= DEEPEST:
            raise Malformed(f"Topics can stand {DEEPEST} deep at most.")
    parent_id = parent.id if parent else None
    level = [branch.topic for branch in branches if branch.topic.parent_id == parent_id]
    await directory.place_topic(db, topic.id, parent_id, max((one.position for one in level), default=0) + 1)


async def shift(db: Connection, topic: Topic, by: int) -> None:
    """Let a topic change places with its neighbour: -1 up, 1 down. At the end nothing happens."""
    await directory.lock_topics(db)
    level = [one for one in await directory.topics(db) if one.parent_id == topic.parent_id]
    ids = [one.id for one in level]
    place = ids.index(topic.id) if topic.id in ids else -1
    if place >= 0 and 0 <= place + by < len(ids):
        ids[place], ids[place + by] = ids[place + by], ids[place]
        await directory.order_topics(db, ids)


async def remove(db: Connection, topic: Topic) -> None:
    """Take a topic out of the tree; the topics and groups below it move up. Safe to run twice."""
    await directory.lock_topics(db)
    current = await directory.topic_by_slug(db, topic.slug)
    if current is not None:
        await directory.remove_topic(db, current)


async def put_group(db: Connection, group_id: int, slugs: Sequence[str]) -> None:
    """Let a group stand under these topics and no others. Raises `Missing`, or `Malformed` for too many."""
    wanted = list(dict.fromkeys(slugs))
    if len(wanted) > MOST_OF_A_GROUP:
        raise Malformed(f"A group can stand under {MOST_OF_A_GROUP} topics at most.")
    await directory.put_group(db, group_id, [(await by_slug(db, slug)).id for slug in wanted])


def slug_of(name: str) -> str:
    """A slug from a name: "Grief & loss" becomes "grief-loss". Empty for a name without such letters."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80].rstrip("-")


def _checked(name: str, description: str, slug: str) -> tuple[str, str, str]:
    name, description = " ".join(name.split()), " ".join(description.split())
    slug = slug or slug_of(name)
    if not 1 <= len(name) <= 100:
        raise Malformed("A topic needs a name of 1 to 100 characters.")
    if len(description) > 500:
        raise Malformed("The description of a topic may have 500 characters.")
    if _SLUG.fullmatch(slug) is None:
        raise Malformed("A topic needs a short name for its address: small letters a–z, digits and hyphens.")
    return name, description, slug


def _depth(branches: Sequence[Branch], topic_id: int) -> int:
    return next(branch.depth for branch in branches if branch.topic.id == topic_id)


def _below(branches: Sequence[Branch], topic_id: int) -> dict[int, int]:
    """A topic and all below it, each with how much deeper than the first it stands."""
    depths: dict[int, int] = {topic_id: 0}
    for branch in branches:
        if branch.topic.parent_id in depths:
            depths[branch.topic.id] = depths[branch.topic.parent_id] + 1
    return depths
