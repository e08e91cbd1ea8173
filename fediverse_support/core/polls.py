"""A poll as every layer speaks of it: a question with a few answers to choose from."""

from datetime import datetime

import msgspec


class Answer(msgspec.Struct, frozen=True):
    """One answer of a poll, with its votes: counted here if the poll is ours, else as its server says.

    `wire_name` is how the poll's own server spells it: a vote must name it exactly so.
    """

    name: str
    votes: int = 0
    wire_name: str = ""


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    """The poll of a post. `is_ours`: its author is here, so that votes are counted here."""

    post_id: int
    is_ours: bool
    is_multiple: bool = False
    hides_totals: bool = True
    ends_at: datetime | None = None
    closed_at: datetime | None = None
    voters: int = 0
    answers: tuple[Answer, ...] = ()

    def is_over(self, now: datetime) -> bool:
        """Whether nobody may answer any more."""
        return self.closed_at is not None or (self.ends_at is not None and self.ends_at <= now)

    @property
    def tells_totals(self) -> bool:
        """Whether other servers are told how many chose what: if hidden, not before the end."""
        return self.closed_at is not None or not self.hides_totals

    def share(self, answer: Answer) -> int:
        """How much of all votes an answer got, in per cent; 0 while there are none."""
        every = sum(one.votes for one in self.answers)
        return round(100 * answer.votes / every) if every else 0
