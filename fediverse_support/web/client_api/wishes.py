"""What apps send when they post, read out of their parameters. Every function raises `Malformed`."""

from datetime import UTC, datetime, timedelta
from typing import get_args

from fediverse_support.community.people.posting_by_mention import Visibility, Wish
from fediverse_support.community.posts.polls import NewPoll
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.core.models import Actor
from fediverse_support.database import actors
from fediverse_support.database.pool import Connection
from fediverse_support.web.client_api.calls import Call
from fediverse_support.web.client_api.parameters import Params


async def myself(one: Call, db: Connection) -> Actor:
    """The actor as whom this is done."""
    found = await actors.by_id(db, one.me)
    if found is None:
        raise Missing
    return found


def wish_of(one: Call) -> Wish:
    """What an app wants to post. Raises `Malformed`."""
    params = one.params
    media_ids, poll = params.ids("media_ids"), poll_in(params)
    if media_ids and poll is not None:
        raise Malformed("Validation failed: A post has either media or a poll.")
    allowed = params.texts("allowed_mentions") if params.has("allowed_mentions") else None
    return Wish(
        source=params.text("status"),
        content_warning=params.text("spoiler_text"),
        sensitive=bool(params.flag("sensitive", False)),
        language=language_in(params),
        visibility=visibility_in(params),
        in_reply_to=params.id("in_reply_to_id"),
        poll=poll,
        media_ids=tuple(media_ids),
        allowed=tuple(params.ids("allowed_mentions")) if allowed is not None else None,
        application_id=one.grant.application_id if one.grant is not None else None,
    )


def visibility_in(params: Params) -> Visibility | None:
    """One of the four that there are, None if nothing was said. Raises `Malformed`."""
    given = params.maybe("visibility")
    if not given:
        return None
    found: Visibility | None = next((one for one in get_args(Visibility) if one == given), None)
    if found is None:
        raise Malformed("Validation failed: Visibility is not included in the list")
    return found


def language_in(params: Params) -> str | None:
    """A language tag. Raises `Malformed` for what is none."""
    given = params.text("language").strip()
    if len(given) > 35 or (not given.replace("-", "").replace("_", "").isalnum() and given):
        raise Malformed("Validation failed: Language is not a valid language code")
    return given.replace("_", "-") or None


def poll_in(params: Params) -> NewPoll | None:
    """The poll that an app describes. Raises `Malformed`; its bounds are looked at when it is stored."""
    given = params.within("poll")
    options = given.texts("options")
    if not options:
        return None
    return NewPoll(
        answers=tuple(options),
        ends_after=timedelta(seconds=given.number("expires_in", 86_400, 0, 10**9)),
        is_multiple=bool(given.flag("multiple", False)),
        hides_totals=bool(given.flag("hide_totals", False)),
    )


def moment_in(params: Params, name: str) -> datetime | None:
    """A time. Raises `Malformed`."""
    given = params.text(name).strip()
    if not given:
        return None
    try:
        found = datetime.fromisoformat(given)
        return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed(f"Validation failed: {name} is not a time") from None
