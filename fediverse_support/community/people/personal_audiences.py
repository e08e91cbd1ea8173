"""Posts outside of groups: for whom they are, and which of those that come from other servers are taken.

What somebody elsewhere says outside of groups is kept only where somebody here has asked for it or is meant:

- somebody here follows who wrote it, and it is for everybody or for those who follow them;
- it names one of our people, or, if it is for named people only, one of our groups: then it is a letter to
  who looks after that group;
- it answers in public something that somebody here wrote, or somebody who is followed from here;
- somebody who is followed from here has boosted it, or a member has looked it up, and it is public.

Whom somebody has blocked, or whose server, does not reach them by naming them (`database/places.py`). What is
for fewer than everybody is read by those whom it is for and by nobody else, moderators included: therefore it
never waits for a moderator. Policy lets it in or does not.
"""

from fediverse_support.community.arriving.audiences import NOT_FOR_ALL, is_for_members, personal_reach_of
from fediverse_support.community.arriving.received_posts import Place
from fediverse_support.core.errors import Refused
from fediverse_support.core.models import PERSONAL_REACHES, Actor, Post, Reach
from fediverse_support.database.places import Found
from fediverse_support.protocol.addressing import is_public
from fediverse_support.protocol.vocabulary import PostDocument

NOT_FOR_US = "This is for no group here."
NOT_ASKED = "What is for certain people only does not wait for a moderator, who would have to read it."
PRIVATE: tuple[Reach, ...] = ("direct", "followers")
"""The reaches of what is not for everybody."""


def place_in(found: Found, document: PostDocument, author: Actor) -> Place:
    """The place of a post: in the group that was found, or outside of groups if it is not for one.

    Private words never become part of a group's thread, and a post in a group never part of a conversation
    outside: then it begins a thread of its own.
    """
    is_in_group = found.group is not None and (
        is_public(document.to, document.cc) or is_for_members(document, author, found.group)
    )
    parent, astray_from = found.parent, None
    if parent is not None and (parent.group_id is not None) is not is_in_group:
        parent, astray_from = None, parent if not is_in_group else None
    is_letter = personal_reach_of(document, author) == "direct"
    return Place(
        group=found.group if is_in_group else None,
        parent=parent,
        rules=found.rules if is_in_group else None,
        standing=found.standing,
        is_known=found.is_known,
        is_buried=found.is_buried,
        is_awaited=found.is_awaited,
        astray_from=astray_from,
        is_followed=found.is_followed,
        is_answer=found.is_answer,
        named=(*found.named, *(found.named_groups if is_letter else ())),
    )


def check(document: PostDocument, author: Actor, place: Place) -> None:
    """Raise `Refused` unless somebody here has asked for this post outside of groups, or is meant by it."""
    if not (document.content.strip() or document.attachments or document.options or document.name):
        raise Refused("There is nothing in it.")
    reach = personal_reach_of(document, author)
    is_taken = bool(place.named) or (place.is_followed and reach != "direct")
    if reach not in PRIVATE:
        is_taken = is_taken or place.is_answer or place.is_wanted
    if not is_taken:
        raise Refused(NOT_FOR_ALL if reach in PRIVATE else NOT_FOR_US)


def check_held(post: Post) -> None:
    """Raise `Refused` for what policy would hold, if it is private."""
    if post.group_id is None and post.reach in PRIVATE:
        raise Refused(NOT_ASKED)


def check_unchanged(document: PostDocument, author: Actor, known: Post) -> None:
    """Raise `Refused` if a new version is for fewer people than who has read the one before.

    If it is for more it is shown to those who could see it before.
    """
    if PERSONAL_REACHES.index(personal_reach_of(document, author)) < PERSONAL_REACHES.index(known.reach):
        raise Refused("An edit does not change who may read a post.")
