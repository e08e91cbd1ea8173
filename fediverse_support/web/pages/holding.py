"""What an author sees of their own that waits for a moderator: where it stands in line, and what was said."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from babel.dates import format_timedelta

from fediverse_support.community.posts import holds
from fediverse_support.community.posts.holds import OwnHold
from fediverse_support.community.posts.judging import NotTaken
from fediverse_support.core import clock
from fediverse_support.core.errors import Trouble
from fediverse_support.core.models import Post
from fediverse_support.database import actors
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Visit

NOT_TAKEN = N_(
    "This was not sent. %(reason)s Nothing of what you wrote is lost: you can change it, and send it again."
)
FIRST = N_("It is the next in line.")
PLACE = N_("It is number %(number)s in line.")
USUALLY = N_("It usually takes about %(time)s.")


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """One thing of the visitor's that waits, was sent back or was not let in.

    `place` tells where it stands and how long it usually takes, in sentences; `fields` are those of the form
    in which it was changed, for a change that waits.
    """

    kind: str
    state: str
    post: Post
    reason: str
    note: str
    place: str
    held_at: datetime
    fields: Mapping[str, str] = {}


async def all_of(visit: Visit) -> list[Waiting]:
    """Everything of the visitor's that waits, was sent back, or was not let in lately."""
    actor = await actors.by_id(visit.db, visit.account.actor_id)
    if actor is None:
        return []
    found = await holds.of_author(visit.db, actor.uri, clock.now())
    return [
        _waiting(visit, one, one.line.post) for one in found if one.line.post is not None and _is_shown(one)
    ]


async def in_thread(visit: Visit, posts: list[Post]) -> dict[int, list[Waiting]]:
    """The same for those of these posts that are the visitor's own, by the number of the post."""
    own = [post.id for post in posts if post.author_id == visit.viewer.actor_id]
    if visit.viewer.account is None or not own:
        return {}
    actor = await actors.by_id(visit.db, visit.account.actor_id)
    assert actor is not None
    found: dict[int, list[Waiting]] = {}
    for one in await holds.of_author(visit.db, actor.uri, clock.now(), own):
        if one.line.post is not None and _is_shown(one):
            found.setdefault(one.line.post.id, []).append(_waiting(visit, one, one.line.post))
    return found


async def changed_words(visit: Visit, post: Post) -> Mapping[str, str]:
    """The fields of the form in which the visitor changed `post`, if the change waits; else none."""
    for one in (await in_thread(visit, [post])).get(post.id, []):
        if one.kind == "edit" and one.state in ("waiting", "returned") and one.fields:
            return one.fields
    return {}


def told(visit: Visit, trouble: Trouble | None) -> str:
    """What a form says of what went wrong; where policy refused, that nothing was lost."""
    if trouble is None:
        return ""
    message = visit.text(trouble.message)
    return visit.text(NOT_TAKEN) % {"reason": message} if isinstance(trouble, NotTaken) else message


def _is_shown(one: OwnHold) -> bool:
    hold, post = one.line.hold, one.line.post
    if post is None or post.state == "deleted":
        return False
    return not (hold.kind == "post" and hold.state == "refused" and post.state != "hidden")


def _waiting(visit: Visit, one: OwnHold, post: Post) -> Waiting:
    hold = one.line.hold
    words = (hold.words or {}).get("post", {})
    fields = {name: str(words.get(name) or "") for name in ("title", "source", "content_warning")}
    tags = {f"tag_{name}": "1" for name in words.get("tags", ())}
    return Waiting(
        kind=hold.kind,
        state=hold.state,
        post=post,
        reason=hold.reason,
        note=hold.note,
        place=_place(visit, one.line.place, one.usual) if hold.state == "waiting" else "",
        held_at=hold.held_at,
        fields={**fields, **tags} if words else {},
    )


def _place(visit: Visit, place: int, usual: timedelta | None) -> str:
    said = visit.text(FIRST) if place == 1 else visit.text(PLACE) % {"number": place}
    if usual is None:
        return said
    # Shorter than a minute would promise too much.
    time = format_timedelta(max(usual, timedelta(minutes=1)), locale=visit.language)
    return f"{said} {visit.text(USUALLY) % {'time': time}}"
