"""What the software of another server means for what we send it (federation.md §5.3)."""

from typing import Literal

Dialect = Literal["activity", "object"]
"""How a server wants to hear of what happens in a group."""

ACTIVITY_SOFTWARE = frozenset(
    {
        "discourse",
        "fediverse-support",
        "friendica",
        "hubzilla",
        "kbin",
        "lemmy",
        "lotide",
        "mbin",
        "nodebb",
        "piefed",
        "streams",
    }
)
"""NodeInfo names of servers that know groups: they are told every activity by `Announce{activity}`."""


def dialect_of(software: str | None) -> Dialect:
    """How a group's followers on a server with this NodeInfo name are told what happens in it.

    `activity`: whole activities in an Announce (FEP-1b12). `object`: a plain Announce of each new thread,
    as a boost; this is what Mastodon, GoToSocial, Misskey and everybody unknown understand. An Announce of
    an activity would make Mastodon fetch each one and show every comment as a boost; an Announce of an
    object is refused by Lemmy and ignored by PieFed.
    """
    return "activity" if (software or "").lower() in ACTIVITY_SOFTWARE else "object"


def forgets_failed_attempts(software: str | None) -> bool:
    """Whether a second try within 90 seconds is answered with 200 and dropped (PieFed, federation.md §13.2).

    Such a server gets draft-cavage and nothing else: an RFC 9421 try before it would use up the activity.
    """
    return (software or "").lower() == "piefed"
