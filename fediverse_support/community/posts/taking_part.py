"""Who may answer a poll or come to an event: whoever may see the post, and was not asked to stay away."""

from datetime import datetime

from fediverse_support.community.joining import speaking
from fediverse_support.core.errors import Forbidden, Missing
from fediverse_support.core.models import Actor, Post, Standing, Viewer
from fediverse_support.database import actors, follows, groups, places, posts
from fediverse_support.database.pool import Connection

PRIVATE = ("followers", "direct")
"""The reaches of what is for certain people, wherever they are."""


async def post_for(db: Connection, person: Actor, post_id: int, now: datetime) -> Post:
    """The live post, for somebody here or elsewhere who wants to take part in it.

    Raises `Missing` if `person` may not see it, or it is not live; `Forbidden` if they were asked to stay
    away or the group is archived.
    """
    post = await posts.by_id(db, post_id)
    group = await actors.by_id(db, post.group_id) if post is not None and post.group_id else None
    standing = await places.standing(db, group, person, now) if group is not None else Standing()
    if post is not None and post.reach in PRIVATE:
        post = post if await _is_meant(db, person, post) else None
    else:
        post = await posts.seen_by(db, _viewer(person, group, standing), post_id)
    if post is None or post.state != "live":
        raise Missing("There is nothing here.")
    if standing.is_blocked:
        raise Forbidden("The moderators of this group have asked this account to stay away.")
    rules = await groups.by_actor(db, group.id) if group is not None and group.is_local else None
    if rules is not None:
        speaking.check_running(rules)
    return post


async def _is_meant(db: Connection, person: Actor, post: Post) -> bool:
    """Whether what is for followers or for named people is for this person, here or elsewhere."""
    if person.id == post.author_id or person.id in post.named:
        return True
    follow = await follows.between(db, person.id, post.author_id) if post.reach == "followers" else None
    return follow is not None and follow.state == "accepted"


def _viewer(person: Actor, group: Actor | None, standing: Standing) -> Viewer:
    here = (group.id,) if group is not None else ()
    return Viewer(
        actor_id=person.id,
        member_of=here if standing.is_member else (),
        moderates=here if standing.is_moderator else (),
        server=None if person.is_local else person.host,
    )
