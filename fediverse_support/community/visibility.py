"""Who may see what. There is one rule, the SQL function `may_see` (migrations/0002_posts.sql):

- a live post with reach *open* or *quiet* is seen by everyone;
- a live post with reach *members* or *sealed* is seen by its author and the members of its group;
- a held or hidden post is seen by its author and by the moderators;
- a deleted post is seen by nobody.

Every query that reads posts to show them calls it with a `Viewer`. What other servers may fetch is
decided here too: only what a guest may see.
"""

from fediverse_support.core.models import Group, Post, Viewer


def is_public(post: Post) -> bool:
    """Whether everybody may see this post, so that it may be served to other servers and be announced."""
    return post.state == "live" and post.reach in ("open", "quiet")


def federates(group: Group) -> bool:
    """Whether anything of this group may leave this server.

    A group whose doors are closed stays at home: nothing that it holds is ever serialised.
    """
    return group.seeing == "everyone" and group.reach in ("open", "quiet")


def may_see_group(viewer: Viewer, group: Group) -> bool:
    """Whether `viewer` may see the threads of `group`."""
    return group.seeing == "everyone" or group.actor.id in {*viewer.member_of, *viewer.moderates}
