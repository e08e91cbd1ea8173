"""The facts of what a member here writes, as policy sees them: the same words as for what arrives."""

from datetime import datetime

from fediverse_support.community.posts.events import NewEvent
from fediverse_support.community.posts.kinds import Addition
from fediverse_support.community.posts.polls import NewPoll
from fediverse_support.core.markup import linked_hosts, plain_text
from fediverse_support.core.models import Actor, Post, Reach
from fediverse_support.database import senders
from fediverse_support.database.pool import Connection
from fediverse_support.policy.arrivals import Arrival
from fediverse_support.policy.warnings import codes_in

_VISIBILITY: dict[Reach, str] = {
    "open": "open",
    "quiet": "quiet",
    "members": "members",
    "sealed": "members",
    "followers": "followers",
    "direct": "direct",
}


async def arrival_of(
    db: Connection,
    author: Actor,
    group: Actor | None,
    post: Post,
    now: datetime,
    *,
    is_edit: bool = False,
    addition: Addition | None = None,
) -> Arrival:
    """The facts of a post that `author` is about to write into `group` (None: outside of groups), or of one
    as it shall be.

    `addition` is a poll or an event, whose words count too. The id is that of the deed and not of an
    activity: what is held or refused is never sent, and so never gets one.
    """
    around = await senders.look(
        db,
        uri=author.uri,
        author_uri="",
        addressed=[group.uri] if group is not None else [],
        in_reply_to=post.in_reply_to,
        now=now,
        object_uri=post.uri,
    )
    text = words_of(post, addition)
    return Arrival(
        activity_uri=f"{post.uri}#{'edited' if is_edit else 'written'}",
        activity_type="Update" if is_edit else "Create",
        actor_uri=author.uri,
        hosts=(),
        at=now,
        sender=around.sender,
        object_type=post.type,
        object_uri=post.uri,
        group=around.group,
        group_uri=around.group_uri,
        is_reply=post.in_reply_to is not None,
        is_edit=is_edit,
        thread_of=around.thread_of,
        visibility=_VISIBILITY[post.reach],
        language=post.language,
        text=text,
        length=len(text),
        is_sensitive=post.sensitive,
        content_warning=post.content_warning,
        warnings=codes_in(post.tags, post.content_warning),
        link_hosts=linked_hosts(post.content_html),
        mentions=len(post.mentions),
        hashtags=post.tags,
        attachments=len(post.attachments),
        media_types=tuple(str(item.get("media_type") or "") for item in post.attachments),
        without_alt=sum(1 for item in post.attachments if not item.get("alt")),
        has_poll=post.type == "Question",
        minute=around.minute,
        moderator_is_here=around.moderator_is_here,
    )


def words_of(post: Post, addition: Addition | None = None) -> str:
    """All that somebody reads of a post, one below the other: title, warning, words, answers, place."""
    lines = [post.title, post.content_warning, plain_text(post.content_html)]
    match addition:
        case NewPoll():
            lines += addition.answers
        case NewEvent():
            lines += [addition.place, addition.join_link]
    return "\n".join(line for line in lines if line)
