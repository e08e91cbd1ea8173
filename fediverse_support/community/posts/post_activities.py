"""What other servers are told of a post of ours: that it is there, has changed, is gone.

Each function runs in the caller's transaction, so that the deed and the telling commit together. What goes
where is told in `posts.py`, and for what is said outside of groups in `personal_posts.py`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fediverse_support.community import visibility
from fediverse_support.community.posts import announcing, kinds
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import activities as stored
from fediverse_support.database import actors, posts
from fediverse_support.database.pool import Connection
from fediverse_support.outbox.publishing import Followers, new_activity_uri, publish
from fediverse_support.protocol.addressing import Audience, Visibility, audience_for_group_post
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.rendering.posts import audience_of, tombstone
from fediverse_support.protocol.rendering.times import precise_time
from fediverse_support.protocol.site import Site


async def tell_of_new(
    db: Connection,
    site: Site,
    author: Actor,
    group: Actor | None,
    parent: Post | None,
    post: Post,
    now: datetime,
) -> None:
    """Send the Create of one of our posts that `visibility.leaves`; a group of ours announces it."""
    parent_author = await actors.by_id(db, parent.author_id) if parent else None
    document = await render(db, site, post, author, group, parent_author)
    create = activities.create(new_activity_uri(site), document)
    if group is None:
        await _publish_personal(db, site, author, post, parent_author, create, is_first=True)
        return
    await publish(
        db,
        site,
        author,
        create,
        object_uri=post.uri,
        is_public=visibility.is_public(post),
        is_listed=True,
        to=await _addressed(db, group, parent_author, post),
    )
    if group.is_local:
        await announcing.announce_post(db, site, group, post, author, create, now)


async def tell_of_change(
    db: Connection,
    site: Site,
    author: Actor,
    post: Post,
    now: datetime,
    *,
    only_numbers: bool = False,
    also: Sequence[Actor] = (),
) -> None:
    """Send an Update of one of our posts that `visibility.leaves`, to the actors `also` too.

    Microblog servers take an Update only from the author; the others take it from the group.
    `only_numbers`: no word of it has changed, only the totals of its poll.
    """
    group = await actors.by_id(db, post.group_id) if post.group_id else None
    parent = await posts.by_id(db, post.parent_id) if post.parent_id else None
    parent_author = await actors.by_id(db, parent.author_id) if parent else None
    document = await render(db, site, post, author, group, parent_author)
    uri = new_activity_uri(site)
    update = (
        activities.refresh(uri, document, precise_time(now))
        if only_numbers
        else activities.update(uri, document)
    )
    if group is None:
        await _publish_personal(db, site, author, post, parent_author, update, also=also)
        return
    await publish(
        db,
        site,
        author,
        update,
        object_uri=post.uri,
        followers=_microblogs(group, post),
        to=[*await _addressed(db, group, parent_author, post), *also],
    )
    if group.is_local:
        await announcing.pass_on(db, site, group, update, post.uri, now, reach=post.reach)


async def tell_of_deletion(
    db: Connection, site: Site, author: Actor, group: Actor | None, post: Post, now: datetime
) -> None:
    """Send the Delete of one of our posts that `visibility.leaves`, before it is wiped."""
    parent = await posts.by_id(db, post.parent_id) if post.parent_id else None
    parent_author = await actors.by_id(db, parent.author_id) if parent else None
    delete = activities.delete(
        new_activity_uri(site),
        actor=author.uri,
        object=tombstone(post.uri, post.type, now),
        audience=_audience_of_deletion(post, author, group, parent_author),
    )
    if group is None:
        await stored.withdraw_about(db, post.uri, now)
        await _publish_personal(db, site, author, post, parent_author, delete)
        return
    to = await _addressed(db, group, parent_author, post)
    if group.is_local:
        await announcing.withdraw(db, site, group, post, now)
    await stored.withdraw_about(db, post.uri, now)
    await publish(
        db,
        site,
        author,
        delete,
        object_uri=post.uri,
        followers=_microblogs(group, post),
        to=to,
    )
    if group.is_local:
        await announcing.pass_on(db, site, group, delete, post.uri, now, reach=post.reach)


async def render(
    db: Connection, site: Site, post: Post, author: Actor, group: Actor | None, parent_author: Actor | None
) -> dict[str, Any]:
    """One of our posts, as it is sent and served. Raises `Missing` or `Gone`."""
    root = await posts.by_id(db, post.root_id) if post.root_id != post.id else None
    mentioned = _answered(post, parent_author)
    return await kinds.document(db, site, post, author, group, mentioned, root.uri if root else None)


def _answered(post: Post, parent_author: Actor | None) -> Actor | None:
    """Who is told that they were answered: what is for named people is for nobody else."""
    is_told = parent_author is not None and (
        post.reach not in ("followers", "direct") or parent_author.id in post.named
    )
    return parent_author if is_told else None


def _audience_of_deletion(
    post: Post, author: Actor, group: Actor | None, parent_author: Actor | None
) -> Audience:
    if group is None:
        return audience_of(post, author, None, _answered(post, parent_author))
    followers = group.followers_url or f"{group.uri}/followers"
    reach: Visibility = "members" if post.reach == "members" else "open"
    return audience_for_group_post(group.uri, followers, reach)


async def _publish_personal(
    db: Connection,
    site: Site,
    author: Actor,
    post: Post,
    parent_author: Actor | None,
    document: dict[str, Any],
    *,
    is_first: bool = False,
    also: Sequence[Actor] = (),
) -> None:
    """Send an activity about a post outside of groups to whom the post is for, and to nobody else.

    The followers, unless it is for named people only; those named; who was answered. It is in the outbox and
    can be fetched if everybody may see it.
    """
    answered = _answered(post, parent_author)
    named = await actors.by_ids(db, post.named)
    followers = None
    if post.reach != "direct":
        # A server that shows to everybody what it gets must not have what is for followers.
        followers = Followers(author, keeps_private=True if post.reach == "followers" else None)
    people = {actor.id: actor for actor in [*named, *([answered] if answered else []), *also]}
    await publish(
        db,
        site,
        author,
        document,
        object_uri=post.uri,
        is_public=is_first and visibility.is_public(post),
        followers=followers,
        to=[actor for actor in people.values() if actor.state == "active"],
    )


def _microblogs(group: Actor, post: Post) -> Followers | None:
    """The followers of our group who take edits and deletions of what is public from its author only."""
    is_told = group.is_local and visibility.is_public(post)
    return Followers(group, "object") if is_told else None


async def _addressed(
    db: Connection, group: Actor, parent_author: Actor | None, post: Post
) -> Sequence[Actor]:
    """Who hears of a post at their own inbox: a group elsewhere, the author answered, those mentioned.

    What is for members only a group elsewhere gets and nobody else: it knows who its members are.
    """
    if post.reach == "members":
        return [] if group.is_local or group.state != "active" else [group]
    mentioned = await actors.by_uris(db, [str(item["href"]) for item in post.mentions])
    found = [group, *([parent_author] if parent_author else []), *mentioned]
    return [actor for actor in found if not actor.is_local and actor.state == "active"]
