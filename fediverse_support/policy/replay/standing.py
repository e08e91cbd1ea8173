"""How senders would stand if another policy had decided: carried on from arrival to arrival of a replay.

The facts of an arrival say how its sender stood in truth. Here is kept by how much that would differ: a post
that the other policy keeps out counts no longer, one that it lets in counts from the start, and who was let
in by a moderator only after a hold that there would not have been, is not approved. What moderators and
members did besides (hiding posts, letting people join) is taken as it was.
"""

import heapq
import itertools
from bisect import insort
from collections import Counter
from datetime import datetime

import msgspec

from fediverse_support.policy.arrivals import Arrival, Sender
from fediverse_support.policy.decisions import Outcome

MOST_COUNTED = 100
"""Up to how many posts of a sender are counted: see `Sender`."""


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What is recorded of an arrival beside its facts.

    `is_stored`: there is a post with the id that it is about, also one that was deleted. `let_in_at`: when a
    moderator let it in that was held, if one did.
    """

    decision_id: int
    outcome: Outcome
    is_stored: bool = False
    let_in_at: datetime | None = None


class _Post(msgspec.Struct):
    """A post that came within the replay: whether we have it, and whether it is shown, in truth and under the
    other policy.
    """

    who: str
    group: str
    at: datetime
    is_here: bool = False
    is_shown: bool = False
    would_be_here: bool = False
    would_be: bool = False


class _Release(msgspec.Struct, frozen=True):
    """A moderator let something in, which was a post perhaps; `was_held`: the other policy held it too."""

    who: str
    uri: str | None
    was_held: bool


class Standings:
    """The standing of all senders under one policy."""

    def __init__(self) -> None:
        self._more: Counter[tuple[str, str | None]] = Counter()
        """How many posts more than in truth are shown, by sender (group None), and by sender and group."""
        self._posts: dict[str, _Post] = {}
        self._shown: dict[str, list[tuple[datetime, str]]] = {}
        self._began: dict[str, datetime] = {}
        self._releases: list[tuple[datetime, int, _Release]] = []
        self._numbers = itertools.count()
        self._released: dict[str, bool] = {}
        """Whose held arrivals were let in, and whether the other policy held one of those too."""
        self._approved_otherwise: set[str] = set()
        self._diverged: set[str] = set()
        """Whose standing is not, or was once not, as in truth."""

    def adjusted(self, arrival: Arrival) -> Arrival:
        """The arrival with its sender as they would stand, and as an edit only of what would be here."""
        self._release_until(arrival.at)
        who = arrival.who
        if who not in self._diverged:
            return arrival
        sender = arrival.sender
        post = self._posts.get(arrival.object_uri) if _is_of_post(arrival) else None
        is_edit = arrival.is_edit
        if post is not None and post.is_here != post.would_be_here:
            is_edit = post.would_be_here and arrival.activity_type != "Create"
        changed = msgspec.structs.replace(
            sender,
            accepted=_counted(sender.accepted + self._more[who, None]),
            accepted_in_group=_counted(sender.accepted_in_group + self._more[who, arrival.group]),
            first_accepted_at=self._first(who, sender),
            is_approved=sender.is_approved and not self._is_approved_by_release_alone(who, sender),
        )
        if changed == sender and is_edit == arrival.is_edit:
            return arrival
        return msgspec.structs.replace(arrival, sender=changed, is_edit=is_edit)

    def note(self, recorded: Recorded, arrival: Arrival, judged: Arrival, outcome: Outcome) -> None:
        """Take down what became of an arrival in truth, and what would have.

        `judged` is what `adjusted` made of it, `outcome` what the other policy says to that.
        """
        if arrival.sender.is_approved and arrival.who not in self._released:
            self._approved_otherwise.add(arrival.who)
        if arrival.activity_type == "Delete":
            self._forget(arrival.object_uri)
            return
        post = self._post_of(recorded, arrival)
        if post is not None:
            self._note_post(recorded, arrival, post, judged, outcome)
        if recorded.let_in_at is not None:
            uri = None if post is None or arrival.is_edit else arrival.object_uri
            release = _Release(arrival.who, uri, outcome is Outcome.HOLD)
            heapq.heappush(self._releases, (recorded.let_in_at, next(self._numbers), release))

    def _post_of(self, recorded: Recorded, arrival: Arrival) -> _Post | None:
        """The post that an arrival brought; None for what is none, or was here before the replay began."""
        if not _is_of_post(arrival):
            return None
        known = self._posts.get(arrival.object_uri)
        # Of what was refused nobody knows whether it would have been stored: most of it would.
        if (
            known is None
            and not arrival.is_edit
            and (recorded.is_stored or recorded.outcome >= Outcome.REFUSE)
        ):
            known = self._posts[arrival.object_uri] = _Post(arrival.who, arrival.group, arrival.at)
            self._began.setdefault(arrival.who, arrival.at)
        return known

    def _note_post(
        self, recorded: Recorded, arrival: Arrival, post: _Post, judged: Arrival, outcome: Outcome
    ) -> None:
        # An edit shows nothing that was not shown: what was held before waits on.
        is_shown = post.is_shown or (recorded.outcome is Outcome.ACCEPT and not arrival.is_edit)
        would_be = post.would_be or (outcome is Outcome.ACCEPT and not judged.is_edit)
        post.is_here = post.is_here or recorded.outcome <= Outcome.HOLD
        post.would_be_here = post.would_be_here or outcome <= Outcome.HOLD
        if post.is_here != post.would_be_here:
            self._diverged.add(post.who)
        self._set(arrival.object_uri, is_shown=is_shown, would_be=would_be)

    def _release_until(self, at: datetime) -> None:
        while self._releases and self._releases[0][0] <= at:
            release = heapq.heappop(self._releases)[2]
            self._released[release.who] = self._released.get(release.who, False) or release.was_held
            if not release.was_held:
                self._diverged.add(release.who)
            if release.uri is not None and release.uri in self._posts:
                would_be = self._posts[release.uri].would_be or release.was_held
                self._set(release.uri, is_shown=True, would_be=would_be)

    def _set(self, uri: str, *, is_shown: bool, would_be: bool) -> None:
        post = self._posts[uri]
        before = post.would_be - post.is_shown
        if would_be != post.would_be:
            shown = self._shown.setdefault(post.who, [])
            if would_be:
                insort(shown, (post.at, uri))
            else:
                shown.remove((post.at, uri))
        post.is_shown, post.would_be = is_shown, would_be
        more = post.would_be - post.is_shown - before
        if post.would_be != post.is_shown:
            self._diverged.add(post.who)
        self._more[post.who, None] += more
        self._more[post.who, post.group] += more

    def _forget(self, uri: str) -> None:
        if uri in self._posts:
            self._set(uri, is_shown=False, would_be=False)

    def _first(self, who: str, sender: Sender) -> datetime | None:
        """When their oldest post came that would be shown."""
        began = self._began.get(who)
        if began is None or (sender.first_accepted_at is not None and sender.first_accepted_at < began):
            return sender.first_accepted_at
        shown = self._shown.get(who)
        return shown[0][0] if shown else None

    def _is_approved_by_release_alone(self, who: str, sender: Sender) -> bool:
        by_release = who in self._released and not self._released[who]
        return by_release and who not in self._approved_otherwise and not sender.is_member


def _counted(posts: int) -> int:
    return max(0, min(posts, MOST_COUNTED))


def _is_of_post(arrival: Arrival) -> bool:
    """Whether it brought a post, not only the name of one: only posts say how far they reach."""
    return bool(arrival.visibility and arrival.object_uri)
