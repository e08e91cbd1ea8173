"""The streams that there are, by the names that clients use, and what a token must cover for each."""

from collections.abc import Collection

from fediverse_support.community.reading import reading_lists
from fediverse_support.core import scopes
from fediverse_support.core.errors import Forbidden, Malformed, Missing
from fediverse_support.database import stream_audiences
from fediverse_support.database.pool import Connection
from fediverse_support.web.client_api.parameters import as_id
from fediverse_support.web.streams import StreamName

USER: StreamName = ("user",)
NOTIFICATIONS: StreamName = ("user:notification",)
DIRECT: StreamName = ("direct",)
PUBLIC = ("public", "public:local", "public:remote")
TAGS = ("hashtag", "hashtag:local")
PLAIN = frozenset(
    (*USER, *NOTIFICATIONS, *DIRECT, *PUBLIC, *(f"{name}:media" for name in PUBLIC)),
)
UNKNOWN = "Unknown stream type"
LONGEST_TAG = 200


async def named(
    db: Connection, who: int, granted: Collection[str], stream: str, tag: str | None, list_id: str | None
) -> StreamName:
    """The stream that a client asks for.

    Raises `Malformed` for one that there is not, `Missing` for a list that is not theirs, `Forbidden` where
    the token does not reach so far.
    """
    wanted = "read:notifications" if (stream,) == NOTIFICATIONS else "read:statuses"
    if not scopes.covers(granted, wanted):
        raise Forbidden("Access token does not cover required scopes")
    if stream in PLAIN:
        return (stream,)
    if stream in TAGS:
        return stream, _tag(tag)
    if stream == "list":
        number = as_id(list_id or "")
        if number is None or not (
            number in (reading_lists.MY_GROUPS, reading_lists.NEEDS_A_REPLY)
            or await stream_audiences.may_follow_list(db, who, number)
        ):
            raise Missing("Not authorized to stream this list")
        return stream, str(number)
    raise Malformed(UNKNOWN)


def hears_of_notifications(granted: Collection[str]) -> bool:
    """Whether a token that follows `user` is told of notifications too."""
    return scopes.covers(granted, "read:notifications")


def _tag(text: str | None) -> str:
    """A tag as it is stored. Raises `Malformed` for none."""
    tag = (text or "").strip().removeprefix("#").lower()
    if not tag or len(tag) > LONGEST_TAG:
        raise Malformed("Missing tag name parameter")
    return tag
