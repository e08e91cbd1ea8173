"""The doors of a group close: what was said in it is for fewer people from now on, here and elsewhere.

Here it happens at once, and nothing of it is served any more. Elsewhere there are copies. They cannot be
fetched back, but every server can be told, in the words that it knows:

- the boost is undone, for microblogs;
- who may not keep a copy is asked by its author to delete it: everybody, where the group is sealed now; the
  servers that would go on showing it, where it is for members now. Servers that keep what is said among
  members keep it for theirs. For posts whose author is elsewhere their own server speaks, not ours;
- followers on servers that cannot keep such a group, and all of them if it is sealed, are followers no
  longer, and are told why; those on servers of which nobody knows it wait for the moderators.
"""

from datetime import datetime

from fediverse_support.community import visibility
from fediverse_support.community.joining import memberships, servers
from fediverse_support.community.posts import announcing
from fediverse_support.core.models import REACHES, Actor, Group, Post, Reach
from fediverse_support.database import activities as stored
from fediverse_support.database import actors, follows, join_requests, posts
from fediverse_support.database.pool import Connection
from fediverse_support.outbox.publishing import Followers, Piece, new_activity_uri, publish_all
from fediverse_support.protocol.addressing import audience_for_group_post
from fediverse_support.protocol.peers import keeps_private
from fediverse_support.protocol.rendering import activities
from fediverse_support.protocol.rendering.posts import tombstone
from fediverse_support.protocol.site import Site

AT_ONCE = 200
"""Posts that are read at a time: a group may have very many."""
SEALED = "This group is for members of its own community only, from now on."


async def settle(db: Connection, site: Site, before: Group, after: Group, now: datetime) -> None:
    """Do what follows from the answers of a group having changed; nothing where its doors opened.

    Safe to run twice. The caller opened the transaction.
    """
    if visibility.federates(before):
        await _narrow(db, site, after, now)
    await posts.narrow_group(db, after.actor.id, after.reach)
    if not visibility.federates(after):
        for one in await follows.from_elsewhere(db, after.actor.id):
            await memberships.decline(db, site, one.follower, after.actor, SEALED)
    elif visibility.is_closed(after) and not visibility.is_closed(before):
        await _look_at_followers(db, site, after.actor, now)


async def _narrow(db: Connection, site: Site, group: Group, now: datetime) -> None:
    """Tell others of every post that goes further than its group now."""
    last = 0
    wider = REACHES[REACHES.index(group.reach) + 1 :]
    while found := await posts.live_with_reach(db, group.actor.id, wider, last, AT_ONCE):
        for post in found:
            await _take_back(db, site, group.actor, post, group.reach, now)
        last = found[-1].id


async def _take_back(
    db: Connection, site: Site, group: Actor, post: Post, reach: Reach, now: datetime
) -> None:
    """Tell others that `post` reaches only as far as `reach` from now on."""
    if not visibility.leaves(post):
        return
    await announcing.withdraw(db, site, group, post, now)
    if reach == "quiet":
        await stored.stand_again(db, group.id, post.uri)
        await stored.list_without_boost(db, group.id, post.uri)
        return
    await stored.withdraw_about(db, post.uri, now)
    author = await actors.by_id(db, post.author_id)
    if author is not None and author.is_local:
        await _ask_to_delete(db, site, group, author, post, reach, now)


async def _ask_to_delete(
    db: Connection, site: Site, group: Actor, author: Actor, post: Post, reach: Reach, now: datetime
) -> None:
    """The author's Delete, to those who may not keep a copy: as it is, and wrapped for who wants it so."""
    was_public = visibility.is_public(post)
    keeps = False if reach == "members" else None
    audience = audience_for_group_post(
        group.uri, group.followers_url or f"{group.uri}/followers", "open" if was_public else "members"
    )
    delete = activities.delete(
        new_activity_uri(site),
        actor=author.uri,
        object=tombstone(post.uri, post.type, now),
        audience=audience,
    )
    hosts = await _who_keep(db, site, group, reach)
    mentioned = await actors.by_uris(db, [str(item["href"]) for item in post.mentions])
    to = tuple(one for one in mentioned if not one.is_local and servers.home_of(one) not in hosts)
    told = Piece(document=delete, followers=Followers(group, "object", keeps) if was_public else None, to=to)
    await publish_all(db, site, author, [told], object_uri=post.uri)
    await announcing.pass_on_to(db, site, group, delete, post.uri, now, reach=post.reach, keeps_private=keeps)


async def _who_keep(db: Connection, site: Site, group: Actor, reach: Reach) -> frozenset[str]:
    """The servers that go on holding what is for members."""
    return frozenset(await announcing.hosts_of_members(db, group)) if reach == "members" else frozenset()


async def _look_at_followers(db: Connection, site: Site, group: Actor, now: datetime) -> None:
    """End the follows from servers that would show to others what is said among members; where nobody knows
    what the server does, the moderators decide: until then they wait as if they had just asked.
    """
    for one in await follows.from_elsewhere(db, group.id):
        match keeps_private(one.software, one.version):
            case "no":
                await servers.decline_kindly(db, site, group, one.follower, one.asked_as, now)
                await follows.remove(db, one.follower.id, group.id)
            case "unknown" if one.is_accepted:
                await follows.let_wait(db, one.follower.id, group.id)
                await join_requests.put(db, group.id, one.follower.id, now)
