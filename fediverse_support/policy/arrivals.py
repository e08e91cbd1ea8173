"""Everything that a rule may know about one arrival, and what of it is kept."""

from datetime import datetime
from typing import Any, Literal

import msgspec

ThreadOf = Literal["", "own", "member", "moderator", "other"]
"""Whose thread an answer is in: the sender's own, a member's of this community, a moderator's of the group,
or somebody else's; empty for what is no answer, or an answer to what is not known."""


class Sender(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who sends, as they stood here when the arrival was judged. What is not known is None, 0, False or "".

    `handle` is `name@server`, which the id does not always tell. `accepted` counts their posts that are
    shown here, up to 100, `accepted_in_group` those in the group addressed; `is_approved`: a moderator has
    let a held post of theirs in, or who looks after the group has let them join; `is_warned`: a moderator
    has hidden a post of theirs within 90 days. `this_hour` and `today` count what they sent within the hour
    and the day before this arrival.
    """

    handle: str = ""
    is_local: bool = False
    is_bot: bool = False
    software: str = ""
    account_made_at: datetime | None = None
    first_seen_at: datetime | None = None
    followers_here: int = 0
    accepted: int = 0
    accepted_in_group: int = 0
    first_accepted_at: datetime | None = None
    is_member: bool = False
    is_moderator: bool = False
    is_approved: bool = False
    is_warned: bool = False
    this_hour: int = 0
    today: int = 0


class Arrival(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One incoming activity, one object that it brought along, or one deed of a member here.

    `hosts` are all the servers that have a part in it (sender, author, booster), the sender's first; empty
    for what is from here. Each is looked up, so that nothing comes in by way of another server's boost that
    would not come in by itself. `author_uri` is who wrote it, where that is not the sender; `sender` is then
    about the author. `group` is the name of our group that it is for, `group_uri` the id of any group. `text`
    is title, warning and words, one below the other, `length` its number of characters. `link_hosts` has
    the host of each link, with repetition;
    `media_types` that of each attachment. `warnings` are codes of `policy/warnings.py`. `minute` is the time
    of day in the group's zone (0 to 1439), -1 where it is unknown.
    """

    activity_uri: str
    activity_type: str
    actor_uri: str
    hosts: tuple[str, ...]
    at: datetime
    sender: Sender = Sender()
    author_uri: str = ""
    object_type: str = ""
    object_uri: str = ""
    group: str = ""
    group_uri: str | None = None
    is_reply: bool = False
    is_edit: bool = False
    thread_of: ThreadOf = ""
    visibility: str = ""
    language: str | None = None
    text: str = ""
    length: int = 0
    is_sensitive: bool = False
    content_warning: str = ""
    warnings: tuple[str, ...] = ()
    link_hosts: tuple[str, ...] = ()
    mentions: int = 0
    hashtags: tuple[str, ...] = ()
    attachments: int = 0
    media_types: tuple[str, ...] = ()
    without_alt: int = 0
    has_quote: bool = False
    has_poll: bool = False
    minute: int = -1
    moderator_is_here: bool | None = None

    @property
    def host(self) -> str:
        """The sender's host; empty for a member here."""
        return self.hosts[0] if self.hosts else ""

    @property
    def who(self) -> str:
        """The actor whose words these are."""
        return self.author_uri or self.actor_uri

    def facts(self) -> dict[str, Any]:
        """What is kept beside the decision for as long as FS_FACTS_DAYS says: everything but the words.

        The words (`text`, `content_warning`) are kept apart and for a shorter time; here only that there was
        a warning is left of them. `of_facts` makes an arrival of it again.
        """
        kept: dict[str, Any] = msgspec.to_builtins(self)
        kept.pop("text", None)
        if kept.pop("content_warning", ""):
            kept["has_warning"] = True
        return kept


def of_facts(facts: dict[str, Any], words: str | None) -> Arrival:
    """The arrival that `facts` were kept of; `words` are its text if that is still there.

    Raises `msgspec.ValidationError` for facts that are of another form.
    """
    given = dict(facts)
    warning = "…" if given.pop("has_warning", False) else ""
    return msgspec.convert({**given, "text": words or "", "content_warning": warning}, Arrival)
