"""Everything that a rule may know about one arrival."""

from datetime import datetime

import msgspec


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """One incoming activity, or one object that it brought along, as far as policy is concerned.

    `hosts` are all the servers that have a part in it (sender, author, booster): each is looked up, so
    that nothing comes in by way of another server's boost that would not come in by itself.
    """

    activity_uri: str
    activity_type: str
    actor_uri: str
    hosts: tuple[str, ...]
    at: datetime
    object_type: str = ""
    object_uri: str = ""
    group_uri: str | None = None
    is_reply: bool = False
    visibility: str = ""
    language: str | None = None
    text: str = ""
    content_warning: str = ""
    attachments: int = 0
    mentions: int = 0

    @property
    def host(self) -> str:
        """The sender's host."""
        return self.hosts[0] if self.hosts else ""

    def facts(self) -> dict[str, object]:
        """What is kept beside the decision. Never the text: only how much of it there was."""
        return {
            "object_type": self.object_type,
            "object": self.object_uri,
            "group": self.group_uri,
            "is_reply": self.is_reply,
            "visibility": self.visibility,
            "language": self.language,
            "text_length": len(self.text),
            "has_content_warning": bool(self.content_warning),
            "attachments": self.attachments,
            "mentions": self.mentions,
        }
