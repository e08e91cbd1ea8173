"""The facts of an activity and of what it carries, as policy sees them."""

from collections.abc import Iterator
from datetime import datetime

from fediverse_support.community.arriving.received_posts import cleaned
from fediverse_support.core.errors import Malformed
from fediverse_support.core.markup import linked_hosts, plain_text
from fediverse_support.database.decisions import LONGEST_WORDS
from fediverse_support.database.senders import Surroundings
from fediverse_support.policy.arrivals import Arrival
from fediverse_support.policy.ladder import plain_host
from fediverse_support.policy.warnings import codes_in
from fediverse_support.protocol import parsing
from fediverse_support.protocol.addressing import visibility
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.vocabulary import Activity, Attachment, PostDocument

NOTHING_KNOWN = Surroundings()


def arrival_of(
    activity: Activity,
    post: PostDocument | None,
    activity_uri: str,
    site: Site,
    now: datetime,
    around: Surroundings = NOTHING_KNOWN,
) -> Arrival:
    """The facts of `activity` itself, with those of `post` if it carries one."""
    if post is not None:
        return arrival_of_post(post, activity, activity_uri, site, now, around)
    embedded = activity.object or {}
    kind = embedded.get("type")
    return Arrival(
        activity_uri=activity_uri,
        activity_type=activity.type,
        actor_uri=activity.actor,
        hosts=_hosts(site, *_parties(activity), around.group_uri),
        at=now,
        sender=around.sender,
        object_type=kind[:60] if isinstance(kind, str) else "",
        object_uri=activity.object_id or "",
        group=around.group,
        group_uri=around.group_uri,
        minute=around.minute,
        moderator_is_here=around.moderator_is_here,
    )


def arrival_of_post(
    post: PostDocument,
    activity: Activity,
    activity_uri: str,
    site: Site,
    now: datetime,
    around: Surroundings = NOTHING_KNOWN,
) -> Arrival:
    """The facts of a post that came with `activity`, or was fetched because of it.

    Its hosts are all that have a part in it: who sends, who wrote it, the group, and what it quotes (O14).
    """
    # As it would be shown: what a rule looks at is what a reader would see.
    shown = cleaned(post.content)
    words = plain_text(shown)
    seen = "\n".join(line for line in (post.name, post.content_warning, words, *_more_words(post)) if line)
    media = [item for item in post.attachments if item.is_media]
    return Arrival(
        activity_uri=activity_uri,
        activity_type=activity.type,
        actor_uri=activity.actor,
        hosts=_hosts(site, activity.actor, post.author, post.id, around.group_uri, *post.quoted),
        at=now,
        sender=around.sender,
        author_uri=post.author if post.author != activity.actor else "",
        object_type=post.type,
        object_uri=post.id,
        group=around.group,
        group_uri=around.group_uri,
        is_reply=post.in_reply_to is not None,
        is_edit=around.known is not None and activity.type != "Create",
        thread_of=around.thread_of if post.in_reply_to is not None else "",
        visibility=_visibility(post, around),
        language=post.language,
        text="\n".join([seen, *_descriptions(media)])[:LONGEST_WORDS],
        length=len(seen),
        is_sensitive=post.sensitive,
        content_warning=post.content_warning or "",
        warnings=codes_in(post.hashtags, post.content_warning or ""),
        link_hosts=tuple(_link_hosts(post, shown, site)),
        mentions=len(post.mentions),
        hashtags=post.hashtags,
        attachments=len(media),
        media_types=tuple(item.kind for item in media),
        without_alt=sum(1 for item in media if not item.alt),
        has_quote=bool(post.quoted),
        has_poll=bool(post.options),
        minute=around.minute,
        moderator_is_here=around.moderator_is_here,
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


def hosts_of(activity: Activity, post: PostDocument | None, site: Site) -> tuple[str, ...]:
    """The servers that are known to have a part in it before anything was looked up."""
    if post is None:
        return _hosts(site, *_parties(activity))
    return _hosts(site, activity.actor, post.author, post.id, *post.quoted)


def _visibility(post: PostDocument, around: Surroundings) -> str:
    """How far it reaches; what names its group as `audience` is for the members and no private letter.

    A group's followers are its members, a person's are those who follow them: Mastodon adds those of every
    group that it mentions, so that the author's own count first.
    """
    found = visibility(post.to, post.cc, *around.followers)
    if found == "direct":
        return "members" if around.group_uri in post.audience else found
    if found == "members" and around.author_followers in (*post.to, *post.cc):
        return "followers"
    return found


def _more_words(post: PostDocument) -> Iterator[str]:
    """What is read beside the words: the answers of a poll, where an event is."""
    for option in post.options:
        yield option.name
    if post.place:
        yield post.place


def _descriptions(media: list[Attachment]) -> Iterator[str]:
    """What is read out instead of pictures. A rule finds words there too; they do not make a post long."""
    for item in media:
        if item.alt:
            yield item.alt


def _link_hosts(post: PostDocument, shown: str, site: Site) -> Iterator[str]:
    """Where links lead, with repetition.

    What calls itself a mention or a hashtag is none where it leads to the server of nobody who was mentioned,
    nor to the author's own: `class="mention"` can be written on any link.
    """
    if "://" in shown:
        near = _hosts(site, post.author, *(one.href for one in post.mentions))
        familiar = {plain_host(host) for host in (site.host, *near)}
        for host in linked_hosts(shown, familiar):
            yield plain_host(host)
    for item in post.attachments:
        if not item.is_media:
            yield plain_host(site.gate.host(item.url))


def _parties(activity: Activity) -> tuple[str | None, ...]:
    """Who has a part in an activity. Whom somebody reports or bans has none: that is about them."""
    if activity.type in ("Flag", "Block", "Remove"):
        return (activity.actor,)
    return activity.actor, activity.object_id


def _hosts(site: Site, *uris: str | None) -> tuple[str, ...]:
    """The hosts of these ids other than ours, the sender's first, each once."""
    found: dict[str, None] = {}
    for uri in uris:
        if uri is not None and not site.is_ours(uri):
            found[site.gate.host(uri)] = None
    return tuple(found)
