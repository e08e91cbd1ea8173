"""Who may see what. There is one rule, the SQL function `may_see` (migrations/0031_people.sql):

- a live post with reach *open* or *quiet* is seen by everyone;
- a live post with reach *members* is seen by its author, the members of its group and who looks after it,
  and by servers that have approved members of the group;
- a live post with reach *sealed* is seen by the same people, and never leaves this server;
- a live post with reach *followers*, which is in no group, is seen by its author, by who follows them and by
  whom it names; one with reach *direct* by its author and whom it names. Nobody looks after those;
- a held or hidden post is seen by its author, by who looks after its group, and by the moderators;
- a deleted post is seen by nobody.

Two people of whom one has blocked the other see nothing that the other wrote, unless they look after it.

Every query that reads posts to show them calls it with a `Viewer`; another server that asks is one too.
"""

from fediverse_support.core.models import Group, Post, Reach, Viewer


def is_public(post: Post) -> bool:
    """Whether everybody may see this post."""
    return post.state == "live" and post.reach in ("open", "quiet")


def leaves(post: Post) -> bool:
    """Whether this post is ever sent to another server: to everybody's, or to those of whom it is for."""
    return post.state == "live" and post.reach != "sealed"


def federates(group: Group) -> bool:
    """Whether this group is known to other servers. A sealed one is not: nothing of it is ever serialised."""
    return group.reach != "sealed"


def is_closed(group: Group) -> bool:
    """Whether what is said in this group stays among its members."""
    return group.seeing == "members" or group.reach in ("members", "sealed")


def reach_of(group: Group) -> Reach:
    """How far a group itself is known, and so the widest reach that anything in it really has."""
    return "members" if is_closed(group) and group.reach != "sealed" else group.reach


def is_hidden(group: Group) -> bool:
    """Whether nobody learns of this group but who is in it, was invited or looks after the community."""
    return is_closed(group) and group.joining == "invite"


def belongs(viewer: Viewer, group: Group) -> bool:
    """Whether `viewer` is a member of this group or looks after it."""
    return group.actor.id in {*viewer.member_of, *viewer.moderates}


def may_know(viewer: Viewer, group: Group, *, is_invited: bool = False) -> bool:
    """Whether there is such a group, as far as `viewer` may learn.

    A hidden one is known to who is in it, was invited or looks after the community, and to the servers of
    such people; a sealed one to the people of this community.
    """
    if is_invited or viewer.is_staff or belongs(viewer, group) or group.actor.id in viewer.knows:
        return True
    if is_hidden(group):
        return False
    return not viewer.is_guest or group.reach != "sealed"


def is_listed(viewer: Viewer, group: Group) -> bool:
    """Whether the directory shows this group to `viewer`: a quiet one is found by its link only."""
    if not may_know(viewer, group):
        return False
    return group.reach != "quiet" or not viewer.is_guest


def may_see_group(viewer: Viewer, group: Group) -> bool:
    """Whether `viewer` may see the threads of `group`."""
    return not is_closed(group) or belongs(viewer, group)
