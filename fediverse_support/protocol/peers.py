"""What the software of another server means for what we send it (federation.md §5.3, §5.7)."""

import re
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


KeepsPrivate = Literal["yes", "no", "unknown"]
"""Whether what only members may see stays among them on a server."""

SHOWS_TO_OTHERS = frozenset(
    """
    activity-relay akkoma birdsitelive bonfire bookwyrm bridgy-fed brighteon calckey castopod catodon
    cherrypick discourse ecko emissary fedibird firefish flipboard forte foundkey friendica funkwhale gancio
    ghost glitch glitch-soc gotosocial guppe hollo hometown honk hubzilla iceshrimp iceshrimp.net kbin kmyblue
    ktistec loops lotide magnetar mastodon mbin meisskey microblogpub misskey mitra mobilizon nodebb owncast
    peertube piefed pixelfed pleroma plume postmarks sharkey smithereen snac streams takahe threads tootik
    vernissage wafrn wordpress writefreely
    """.split()  # noqa: SIM905  (a list with 62 pairs of quotes reads worse)
)
"""NodeInfo names of software that has no groups whose words stay among members, or other ones than these.

Mastodon and its kin would file a member's post as a private message to nobody, and send an answer to the
followers of whoever answers; Mbin, PieFed, NodeBB and Discourse would show it to everybody.
"""

OLD_LEMMY = r"^ *v?0+([^0-9]|$)"
"""The versions of Lemmy before 1.0, which know no private communities: for Python and PostgreSQL alike."""

_NEW_LEMMY = re.compile(r"^ *v?[0-9]")


def keeps_private(software: str | None, version: str | None) -> KeepsPrivate:
    """Whether a server with these NodeInfo names can hold what only members of a group may see.

    `unknown` is for people to decide: whoever approves somebody from there is told what it would mean.
    """
    name = (software or "").strip().lower()
    if name == "fediverse-support":
        return "yes"
    if name == "lemmy":
        if re.match(OLD_LEMMY, version or ""):
            return "no"
        return "yes" if _NEW_LEMMY.match(version or "") else "unknown"
    return "no" if name in SHOWS_TO_OTHERS else "unknown"


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


def takes_reports_of_groups(software: str | None) -> bool:
    """Whether a server puts a report addressed to a group before the moderators of that group (§7.4)."""
    return (software or "").lower() in {"fediverse-support", "kbin", "lemmy", "mbin", "piefed"}
