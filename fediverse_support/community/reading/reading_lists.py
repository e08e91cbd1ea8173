"""The lists that somebody reads: those they keep, their groups, and two that the server makes.

A client of Mastodon knows lists and no groups. So each group that somebody is in is a list of theirs: its
number is the group's own, and "exclusive" says whether the group is in Home as well. The two that the server
makes have the lowest numbers. What the server makes, it tends itself: nothing else of it can be changed.
"""

from collections.abc import Mapping, Sequence

import msgspec

from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.core.markup import safe_text
from fediverse_support.database import reading_lists as stored
from fediverse_support.database.pool import Connection
from fediverse_support.database.reading_lists import Joined, ReadingList, RepliesPolicy

NEEDS_A_REPLY = 1
"""What others have begun and nobody has answered."""
MY_GROUPS = 2
"""Everything in one's groups."""

LONGEST_TITLE = 200
MOST = 50
MOST_MEMBERS = 1_000

MANAGED = "This list is managed by the server."
UNKNOWN = "Record not found"

_POLICIES: Mapping[str, RepliesPolicy] = {"followed": "followed", "list": "list", "none": "none"}


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants of a list; None leaves it as it is."""

    title: str | None = None
    replies_policy: str | None = None
    exclusive: bool | None = None


async def add(db: Connection, actor_id: int, wanted: Changes) -> ReadingList:
    """Make a list; the caller opened the transaction. Raises `Malformed`."""
    if await stored.lock(db, actor_id) >= MOST:
        raise Malformed(f"You can have at most {MOST} lists.")
    policy = _policy(wanted.replies_policy) or "list"
    return await stored.insert(
        db, actor_id, _title(wanted.title or ""), policy, exclusive=bool(wanted.exclusive)
    )


async def change(db: Connection, actor_id: int, list_id: int, wanted: Changes) -> ReadingList | Joined:
    """Change a list; the caller opened the transaction. Of a group's list, only whether it is exclusive.

    Raises `Missing`, or `Malformed` for what does not fit or is managed by the server. Safe to run twice.
    """
    if list_id in (NEEDS_A_REPLY, MY_GROUPS):
        raise Malformed(MANAGED)
    group = await stored.group_of(db, actor_id, list_id)
    if group is not None:
        return await _change_group(db, actor_id, group, wanted)
    before = await kept(db, actor_id, list_id)
    after = msgspec.structs.replace(
        before,
        title=before.title if wanted.title is None else _title(wanted.title),
        replies_policy=_policy(wanted.replies_policy) or before.replies_policy,
        exclusive=before.exclusive if wanted.exclusive is None else wanted.exclusive,
    )
    await stored.update(db, actor_id, after)
    if after.exclusive != before.exclusive:
        await _settle_home(db, actor_id, await _all_members(db, list_id))
    return after


async def remove(db: Connection, actor_id: int, list_id: int) -> None:
    """Delete a list; whom only it kept out of Home comes back. Raises `Missing` or `Malformed`."""
    list_kept = await own(db, actor_id, list_id)
    members = await _all_members(db, list_id)
    await stored.remove(db, actor_id, list_id)
    if list_kept.exclusive:
        await stored.come_home(db, actor_id, members)


async def put(db: Connection, actor_id: int, list_id: int, member_ids: Sequence[int]) -> None:
    """Put some of whom one follows into a list. Raises `Missing` if one does not follow all of them.

    Safe to run twice.
    """
    list_kept = await own(db, actor_id, list_id)
    if await stored.followed(db, actor_id, member_ids) != set(member_ids):
        raise Missing(UNKNOWN)
    await stored.put(db, actor_id, list_id, member_ids)
    if await stored.number_of_members(db, list_id) > MOST_MEMBERS:
        raise Malformed(f"A list can have at most {MOST_MEMBERS:,} people.")
    if list_kept.exclusive:
        await stored.leave_home(db, actor_id, member_ids)


async def take(db: Connection, actor_id: int, list_id: int, member_ids: Sequence[int]) -> None:
    """Take some out of a list. Safe to run twice. Raises `Missing` or `Malformed`."""
    list_kept = await own(db, actor_id, list_id)
    inside = set(await _all_members(db, list_id)) & set(member_ids)
    await stored.take(db, actor_id, list_id, member_ids)
    if list_kept.exclusive:
        await stored.come_home(db, actor_id, sorted(inside))


async def own(db: Connection, actor_id: int, list_id: int) -> ReadingList:
    """A list whose members its keeper may change. Raises `Malformed` for one that the server manages."""
    if list_id in (NEEDS_A_REPLY, MY_GROUPS) or await stored.group_of(db, actor_id, list_id) is not None:
        raise Malformed(MANAGED)
    return await kept(db, actor_id, list_id)


async def kept(db: Connection, actor_id: int, list_id: int) -> ReadingList:
    """One of the lists that somebody keeps; raises `Missing`."""
    found = await stored.by_id(db, actor_id, list_id)
    if found is None:
        raise Missing(UNKNOWN)
    return found


async def _change_group(db: Connection, actor_id: int, group: Joined, wanted: Changes) -> Joined:
    """Apps send every field of a list when one is changed: what stays as it was is no change."""
    is_renamed = wanted.title is not None and wanted.title != group.title
    if is_renamed or wanted.replies_policy not in (None, "list"):
        raise Malformed(MANAGED)
    in_home = group.in_home if wanted.exclusive is None else not wanted.exclusive
    await stored.show_at_home(db, actor_id, group.id, in_home)
    return msgspec.structs.replace(group, in_home=in_home)


async def _settle_home(db: Connection, actor_id: int, member_ids: Sequence[int]) -> None:
    await stored.leave_home(db, actor_id, member_ids)
    await stored.come_home(db, actor_id, member_ids)


async def _all_members(db: Connection, list_id: int) -> list[int]:
    found = await stored.members(db, list_id, below=2**63 - 1, after=0, is_upward=False, limit=None)
    return [member.member_id for member in found]


def _title(title: str) -> str:
    line = safe_text(title, LONGEST_TITLE + 1)
    if not line:
        raise Malformed("Validation failed: Title can't be blank")
    if len(line) > LONGEST_TITLE:
        raise Malformed(f"Validation failed: Title is too long (maximum is {LONGEST_TITLE} characters)")
    return line


def _policy(word: str | None) -> RepliesPolicy | None:
    if not word:
        return None
    if word not in _POLICIES:
        raise Malformed(f"Validation failed: {word[:40]!r} is not a valid replies_policy")
    return _POLICIES[word]
