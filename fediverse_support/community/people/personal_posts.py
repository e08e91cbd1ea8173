"""People write outside of groups: to everybody, to those who follow them, or to named people.

What goes where:

- open and quiet: to the followers of the author, to whom it names and to whom it answers;
- for followers: to the followers, except to servers known to show it to others, and to whom it names;
- direct: to whom it names, and to nobody else. It stands in no outbox and in no list, no server may fetch it,
  and nobody who looks after the community reads it.

Policy judges all of it. What is for everybody may have to wait for a moderator; what is private cannot, for
nobody else may read it, and so is refused where policy wants it held. Only a letter to those who look after a
group goes through: they are the moderators.
"""

from datetime import datetime

from fediverse_support.community.posts import posts
from fediverse_support.community.posts.composing import Words, composed
from fediverse_support.community.posts.kinds import Addition
from fediverse_support.core.errors import Malformed
from fediverse_support.core.models import PERSONAL_REACHES, Actor, Post, Reach
from fediverse_support.database.pool import Connection
from fediverse_support.policy.engine import Policy
from fediverse_support.protocol.site import Site

USUAL: Reach = "quiet"
"""How far something goes whose author does not say."""
GROUP_IS_NOBODY = "A group speaks in its own threads, and in private messages. Nothing was sent."


async def write(
    db: Connection,
    site: Site,
    author: Actor,
    words: Words,
    now: datetime,
    *,
    policy: Policy,
    parent: Post | None = None,
    addition: Addition | None = None,
    is_for_team: bool = False,
) -> Post:
    """Write outside of groups, perhaps as an answer to `parent`, which the author has been found to see.

    `is_for_team`: it is a letter to those who look after a group of ours. Raises `Malformed`, or `NotTaken`
    where policy refuses it, changing nothing.
    """
    reach = settle(words.reach, parent)
    if author.is_group and reach != "direct":
        raise Malformed(GROUP_IS_NOBODY)
    post = await composed(db, site, author, None, parent, words, reach, now, addition)
    return await posts.store(
        db, site, author, None, parent, post, now, policy, addition, is_for_team=is_for_team
    )


def settle(asked: Reach | None, parent: Post | None = None) -> Reach:
    """The reach that a post gets whose author asked for `asked`: never wider than that of what it answers.

    What answers something in a group stands in that group, unless it is direct. Raises `Malformed`.
    """
    wanted = asked if asked in PERSONAL_REACHES else USUAL
    if parent is None or wanted == "direct":
        return wanted
    if parent.group_id is not None:
        raise Malformed("This is said in a group, and answered there or in a private message.")
    return min(wanted, parent.reach, key=PERSONAL_REACHES.index)
