"""An event as every layer speaks of it: people come together at some time, in a place or behind a link."""

from datetime import datetime
from typing import Literal

import msgspec

Joining = Literal["open", "approval"]
GuestState = Literal["asked", "accepted", "declined"]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """The event of a post. `join_link` is for people who were accepted, and is never serialised.

    `time_zone` is the IANA name of the zone in which the organiser thinks of it.
    """

    post_id: int
    starts_at: datetime
    ends_at: datetime | None = None
    time_zone: str = "UTC"
    place: str = ""
    join_link: str = ""
    joining: Joining = "open"
    most_people: int | None = None
    is_cancelled: bool = False
