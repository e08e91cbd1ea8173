"""What a ring on somebody's device says.

On a locked screen anybody reads along. So a ring says that there is something, and no more, unless its member
has chosen otherwise; what only members of a group may read is not quoted even then (reliability P16). The
application fetches the rest when its owner looks.
"""

from collections.abc import Callable

import msgspec

from fediverse_support.core.markup import excerpt, safe_text
from fediverse_support.database.push_jobs import About, Job
from fediverse_support.policy.wording import N_

Say = Callable[[str, str], str]
"""A sentence of ours (second) in a language (first)."""

LONGEST_TITLE = 100
LONGEST_BODY = 140

NEW = N_("Something new")
IN_GROUP = N_("Something new in one of your groups.")
FOR_YOU = N_("Something new for you.")
WHILE_QUIET = N_("%(number)s new things came while it was quiet.")

_DEEDS = {
    "mention": N_("%(name)s wrote to you"),
    "status": N_("%(name)s wrote something new"),
    "reblog": N_("%(name)s shared your post"),
    "favourite": N_("%(name)s liked your post"),
    "follow": N_("%(name)s follows you"),
    "follow_request": N_("%(name)s asks to follow you"),
    "poll": N_("A poll has ended"),
    "update": N_("%(name)s changed a post that you shared"),
    "admin.sign_up": N_("%(name)s has joined the community"),
    "admin.report": N_("Somebody has reported something"),
    "severed_relationships": N_("You no longer follow some people"),
    "moderation_warning": N_("The moderators have written to you"),
}


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What is encrypted and sent, in the form that applications of the Mastodon API decode."""

    access_token: str
    preferred_locale: str
    notification_id: int
    notification_type: str
    icon: str
    title: str
    body: str


def message_of(job: Job, *, number: int, token: str, icon: str, say: Say) -> Message:
    """The message for a job; `number`: for how many rings it stands after quiet hours. `token`: that of the
    application, which finds by it for whom the ring is."""
    language = job.subscription.language
    title, body = _words(job, number, lambda sentence: say(language, sentence))
    return Message(
        access_token=token,
        preferred_locale=language,
        notification_id=job.notification_id,
        notification_type=job.kind,
        icon=icon,
        title=title,
        body=body,
    )


def _words(job: Job, number: int, say: Callable[[str], str]) -> tuple[str, str]:
    if number > 1:
        return say(NEW), say(WHILE_QUIET) % {"number": number}
    neutral = say(IN_GROUP if job.about.group_id is not None else FOR_YOU)
    if not job.wishes.shows_words:
        return say(NEW), neutral
    title = say(_DEEDS.get(job.kind, NEW)) % {"name": _name(job.about)}
    return safe_text(title, LONGEST_TITLE), _quoted(job.about) or neutral


def _name(about: About) -> str:
    return safe_text(about.from_title or about.from_name or "", 60)


def _quoted(about: About) -> str:
    """The beginning of a post; its warning instead, if it has one; nothing of what only members read."""
    if about.html is None or about.reach in ("members", "sealed"):
        return ""
    return safe_text(about.warning or "", LONGEST_BODY) or excerpt(about.html, LONGEST_BODY)
