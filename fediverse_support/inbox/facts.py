"""The facts of an activity, as policy sees them."""

from datetime import datetime

from fediverse_support.core.errors import Malformed
from fediverse_support.core.markup import plain_text
from fediverse_support.policy.arrivals import Arrival
from fediverse_support.protocol import parsing
from fediverse_support.protocol.addressing import visibility
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.vocabulary import Activity, PostDocument


def arrival_of(
    activity: Activity, post: PostDocument | None, activity_uri: str, site: Site, now: datetime
) -> Arrival:
    """The facts of `activity` itself, with those of `post` if it carries one."""
    if post is not None:
        return arrival_of_post(post, activity, activity_uri, site, now)
    return Arrival(
        activity_uri=activity_uri,
        activity_type=activity.type,
        actor_uri=activity.actor,
        hosts=_hosts(site, activity.actor, activity.object_id),
        at=now,
        object_uri=activity.object_id or "",
    )


def arrival_of_post(
    post: PostDocument, activity: Activity, activity_uri: str, site: Site, now: datetime
) -> Arrival:
    """The facts of a post that came with `activity`, or was fetched because of it."""
    return Arrival(
        activity_uri=activity_uri,
        activity_type=activity.type,
        actor_uri=activity.actor,
        hosts=_hosts(site, activity.actor, post.author, post.id),
        at=now,
        object_type=post.type,
        object_uri=post.id,
        is_reply=post.in_reply_to is not None,
        visibility=visibility(post.to, post.cc),
        language=post.language,
        text=(text := plain_text(post.content)),
        length=len(text),
        content_warning=post.content_warning or "",
        attachments=len(post.attachments),
        mentions=len(post.mentions),
    )


def carried(activity: Activity, site: Site) -> PostDocument | None:
    """The post that a Create or an Update brings along, if it can be read."""
    if activity.type not in ("Create", "Update") or activity.object is None:
        return None
    try:
        if parsing.kind(activity.object) != "post":
            return None
        return parsing.post(activity.object, site.gate)
    except Malformed:
        return None


def _hosts(site: Site, *uris: str | None) -> tuple[str, ...]:
    """The hosts of these ids other than ours, the sender's first, each once."""
    found: dict[str, None] = {}
    for uri in uris:
        if uri is not None and not site.is_ours(uri):
            found[site.gate.host(uri)] = None
    return tuple(found)
