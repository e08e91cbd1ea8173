"""For whom an arriving post was meant, and whether it may be said there so.

What its author addressed decides, never the place where it turned up:

- into an open group goes what is public, and, below a post for members, what is for members;
- into a members-only group goes what is for its members. What is public already cannot be called back, and
  showing it among members as if it were private would deceive both sides: it is refused, as Lemmy does;
- what is for the author's own followers, or for one person, is never a post in a group. Mastodon writes the
  mentioned group and its followers into such a Note as well, so that they prove nothing (federation.md §10):
  only a server that knows groups says with `audience` that something is meant for one.

What is said among the members of a group elsewhere comes from that group itself, which knows them.
"""

from fediverse_support.community import visibility
from fediverse_support.core.errors import Refused
from fediverse_support.core.models import Actor, Group, Post, Reach
from fediverse_support.protocol.addressing import is_public, is_quiet
from fediverse_support.protocol.vocabulary import PostDocument

NOT_FOR_ALL = "Only public posts are taken: this one was meant for fewer people."
NOT_FOR_MEMBERS = (
    "What is said here is for members only, and this was addressed to everybody. Nothing of it was kept."
)
NOT_FROM_THE_GROUP = "What members of a group on another server say among themselves comes from that group."


def reach_of(document: PostDocument) -> Reach:
    """How far its author lets a post go. What is not public is at most for members."""
    if not is_public(document.to, document.cc):
        return "members"
    return "quiet" if is_quiet(document.to, document.cc) else "open"


def personal_reach_of(document: PostDocument, author: Actor) -> Reach:
    """How far `author` lets a post outside of groups go: to all, to who follows them, or to whom it names."""
    if is_public(document.to, document.cc):
        return "quiet" if is_quiet(document.to, document.cc) else "open"
    is_for_followers = author.followers_url in (*document.to, *document.cc)
    return "followers" if author.followers_url is not None and is_for_followers else "direct"


def is_for_members(document: PostDocument, author: Actor, group: Actor) -> bool:
    """Whether a post is for the members of `group` and nobody else."""
    if is_public(document.to, document.cc) or group.uri not in document.audience:
        return False
    return author.followers_url is None or author.followers_url not in (*document.to, *document.cc)


def check(
    document: PostDocument,
    author: Actor,
    group: Actor | None,
    rules: Group | None,
    parent: Post | None,
    *,
    is_vouched: bool,
) -> None:
    """Raise `Refused` unless what `author` wrote may be kept in this place.

    `rules` are those of the group if it is ours; `is_vouched`: the group itself has passed the post on.
    """
    is_among_members = parent is not None and parent.reach in ("members", "sealed")
    if rules is not None:
        is_among_members = is_among_members or visibility.is_closed(rules)
    if is_public(document.to, document.cc):
        # The group elsewhere has let it in; here it is shown to its members only (`arrivals`).
        if is_among_members and not (is_vouched and rules is None):
            raise Refused(NOT_FOR_MEMBERS)
        return
    is_below_sealed = parent is not None and parent.reach == "sealed"
    if group is None or is_below_sealed or not is_for_members(document, author, group):
        raise Refused(NOT_FOR_ALL)
    if rules is None and not is_vouched:
        raise Refused(NOT_FROM_THE_GROUP)
    if not is_among_members and not (rules is None and group.approves_followers):
        raise Refused(NOT_FOR_ALL)


def check_unchanged(document: PostDocument, known: Post, group: Actor | None) -> None:
    """Raise `Refused` if a new version is for more or for fewer people than what it would take the place of.

    Whoever got the first version gets the next one: words for fewer would go to them all. What is public in
    a group elsewhere may be shown here to its members only, and so is its next version.
    """
    was_public = known.reach in ("open", "quiet")
    now_public = is_public(document.to, document.cc)
    is_narrowed_here = now_public and group is not None and not group.is_local
    if was_public != now_public and not is_narrowed_here:
        raise Refused("An edit does not change who may read a post.")
