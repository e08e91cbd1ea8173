"""Who a thing is for: reading `to` and `cc` of others, and making our own.

open      Public in `to`               everyone, in every timeline
quiet     Public in `cc`               everyone who looks for it (Mastodon: unlisted)
members   a followers collection       those whom the author or the group accepted
direct    nobody but named people
"""

from collections.abc import Collection, Iterable
from typing import Literal

import msgspec

from fediverse_support.protocol.vocabulary import PUBLIC

Visibility = Literal["open", "quiet", "members", "direct"]


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """What to write into `to`, `cc` and `audience`. Lemmy wants `to` and `cc` on activity and object both."""

    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    audience: str | None = None


def is_public(to: Collection[str], cc: Collection[str]) -> bool:
    """Whether everybody may see it."""
    return PUBLIC in to or PUBLIC in cc


def is_quiet(to: Collection[str], cc: Collection[str]) -> bool:
    """Whether everybody may see it, but it is not to be shown around."""
    return PUBLIC in cc and PUBLIC not in to


def visibility(to: Collection[str], cc: Collection[str], *followers: str | None) -> Visibility:
    """How far a thing reaches, given the followers collections of its author and, if any, its group.

    Public counts first: Mastodon adds the followers of a mentioned group to `cc` whatever the reach.
    """
    if is_public(to, cc):
        return "quiet" if is_quiet(to, cc) else "open"
    known = {collection for collection in followers if collection is not None}
    return "members" if known & {*to, *cc} else "direct"


def is_for_group(group: str, *lists: Collection[str]) -> bool:
    """Whether `group` is in `to`, `cc` or `audience`. A Mention tag alone does not make a group post."""
    return any(group in addressees for addressees in lists)


def audience_for_group_post(
    group: str, followers: str, reach: Visibility, mentioned: Iterable[str] = ()
) -> Audience:
    """The audience of a post in `group`, and of every activity about it.

    `open` and `quiet` differ only in where Public stands. Friendica finds the members by `followers`.
    A `members` post names the group and its followers and nothing public, as Lemmy's private ones do.
    """
    people = tuple(mentioned)
    if reach == "open":
        return _audience(group, to=(group, PUBLIC), cc=(followers, *people))
    if reach == "quiet":
        return _audience(group, to=(group, followers), cc=(PUBLIC, *people))
    if reach == "members":
        return _audience(group, to=(group, followers), cc=people)
    return _audience(None, to=people or (group,), cc=())


def audience_for_announce(
    group: str, followers: str, reach: Visibility, author: str | None = None
) -> Audience:
    """The audience of the group's Announce: its followers, and Public unless the post is for members only.

    A post that is `direct` is never announced; asked for it all the same, this names the group alone.
    """
    authors = (author,) if author is not None else ()
    if reach == "open":
        return _audience(group, to=(group, PUBLIC), cc=(followers, *authors))
    if reach == "quiet":
        return _audience(group, to=(group, followers), cc=(PUBLIC, *authors))
    if reach == "members":
        return _audience(group, to=(group, followers), cc=authors)
    return _audience(group, to=(group,), cc=())


def _audience(group: str | None, *, to: Iterable[str], cc: Iterable[str]) -> Audience:
    first = tuple(dict.fromkeys(to))
    return Audience(
        to=first, cc=tuple(item for item in dict.fromkeys(cc) if item not in first), audience=group
    )
