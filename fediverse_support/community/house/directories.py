"""The list of our groups, by what somebody needs. Who may not know of a group does not find it here.

Groups of other servers are never listed, because that somebody here follows one is nobody's business.
"""

from datetime import datetime

import msgspec

from fediverse_support.community import visibility
from fediverse_support.community.house import topics
from fediverse_support.core.models import Group, Viewer
from fediverse_support.database import directory, groups
from fediverse_support.database.directory import Topic
from fediverse_support.database.pool import Connection

LONGEST_SEARCH = 100


class Shelf(msgspec.Struct, frozen=True):
    """A topic, how deep it stands in the tree, and the groups in it."""

    topic: Topic
    depth: int
    groups: list[Group]


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    """The shelves that hold something, the groups without a topic, and those that are archived."""

    shelves: list[Shelf]
    others: list[Group]
    archived: list[Group]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.shelves or self.others or self.archived)


async def listed(db: Connection, viewer: Viewer, domain: str, now: datetime) -> list[Group]:
    """The groups that the directory shows to `viewer`, invitations counted; `domain` is ours."""
    invited: set[int] = set()
    if viewer.account is not None:
        invited = await directory.invited_to(db, f"{viewer.account.name}@{domain}", now)
    return [
        group
        for group in await groups.listed(db)
        if group.actor.moved_to is None and (group.actor.id in invited or visibility.is_listed(viewer, group))
    ]


async def of(db: Connection, viewer: Viewer, domain: str, now: datetime, words: str = "") -> Directory:
    """The directory for `viewer`; with `words`, only groups with all of them in title or description.

    What the viewer may know is decided first, so that a search tells nothing about anything else.
    """
    shown = await listed(db, viewer, domain, now)
    ids = [group.actor.id for group in shown]
    if words := " ".join(words[:LONGEST_SEARCH].lower().split()):
        found = await directory.matching(db, ids, words)
        shown = [group for group in shown if group.actor.id in found]
    running = [group for group in shown if group.life == "running"]
    places = await directory.places(db, [group.actor.id for group in running])
    shelves = _shelves(await topics.tree(db), running, places)
    return Directory(
        shelves=shelves,
        others=[group for group in running if group.actor.id not in places],
        archived=[group for group in shown if group.life == "archived"],
    )


def _shelves(
    branches: list[topics.Branch], running: list[Group], places: dict[int, list[int]]
) -> list[Shelf]:
    """The topics with a group in them or below them: an empty one would tell of a group that is hidden."""
    shelves = [
        Shelf(
            branch.topic,
            branch.depth,
            [group for group in running if branch.topic.id in places.get(group.actor.id, ())],
        )
        for branch in branches
    ]
    parents = {shelf.topic.id: shelf.topic.parent_id for shelf in shelves}
    needed: set[int] = set()
    for shelf in shelves:
        topic_id: int | None = shelf.topic.id if shelf.groups else None
        while topic_id is not None and topic_id not in needed:
            needed.add(topic_id)
            topic_id = parents[topic_id]
    return [shelf for shelf in shelves if shelf.topic.id in needed]
