"""Trying a policy on what has arrived: what would have been decided otherwise.

Both policies, the one in force and the draft, are asked about the same arrivals in their order. What a draft
lets in or keeps out changes how its senders stand when their next arrival comes: `replayed_standing.py`
carries that on for each of the two. So what is predicted is what happens when the same arrivals come again.
The rates of a sender (`this_hour`, `today`) stay as they were recorded: they count what was sent.
"""

import statistics
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import msgspec

from fediverse_support.policy.arrivals import Arrival
from fediverse_support.policy.conditions import OVER_THE_WORDS
from fediverse_support.policy.decisions import Decision, Outcome
from fediverse_support.policy.document import Document
from fediverse_support.policy.engine import Policy, judge
from fediverse_support.policy.replay.standing import Recorded, Standings

MOST_EXAMPLES = 10
MOST_NAMES = 200
"""How many rules, domains and groups a report names: those with the most changes."""


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One arrival of which another thing would have become. Ids, never words. The id is text for JSON."""

    decision_id: str
    at: datetime
    activity_type: str
    actor: str
    host: str
    object_uri: str
    before: str
    after: str
    rules_before: tuple[str, ...]
    rules_after: tuple[str, ...]
    reason: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """How many arrivals would have gone from one outcome to another, the first ten as examples.

    Outcomes are `accept`, `accept with AMENDMENTS`, `hold`, `refuse`, `block`.
    """

    before: str
    after: str
    count: int
    examples: tuple[Example, ...]


class Tally(msgspec.Struct, frozen=True):
    """How many of the changes are due to one rule, or concern one domain or group."""

    name: str
    count: int


class Severed(msgspec.Struct, frozen=True, kw_only=True):
    """What would end because servers would be blocked: see `community/severing.Preview`. `domains` are those
    of the servers concerned.
    """

    domains: tuple[str, ...] = ()
    members: int = 0
    groups: tuple[tuple[str, int], ...] = ()
    unnamed: int = 0
    followers: int = 0


NOTHING_SEVERED = Severed()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a try came to.

    `judged`: how many arrivals were asked about, from `first_at` to `last_at`; `same`: of how many the same
    would have become. `without_words`: of how many the words are gone while one of the policies asks for
    words; they are judged as if there were none. `unreadable`: whose facts are of another form.
    `by_rule`: the rules that make the difference. `microseconds`: what one decision of the draft takes, at
    the median. `totals`: how many of each outcome there would be.
    """

    judged: int
    same: int
    without_words: int
    unreadable: int
    changes: tuple[Change, ...]
    by_rule: tuple[Tally, ...]
    by_domain: tuple[Tally, ...]
    by_group: tuple[Tally, ...]
    totals_before: Mapping[str, int]
    totals_after: Mapping[str, int]
    microseconds: float
    first_at: datetime | None = None
    last_at: datetime | None = None
    severed: Severed = NOTHING_SEVERED

    @property
    def changed(self) -> int:
        """Of how many arrivals another thing would have become."""
        return self.judged - self.same


class Replay:
    """One try while it runs: `see` every arrival in order, then `report`.

    `clock` gives nanoseconds of the time that this thread has worked, for how long a decision takes.
    """

    def __init__(self, before: Policy, after: Policy, *, asks_words: bool, clock: Callable[[], int]) -> None:
        self._before, self._after = before, after
        self._asks_words = asks_words
        self._clock = clock
        self._standing_before, self._standing_after = Standings(), Standings()
        self._let_in: dict[str, datetime] = {}
        self._changes: Counter[tuple[str, str]] = Counter()
        self._examples: dict[tuple[str, str], list[Example]] = {}
        self._by: dict[str, Counter[str]] = {"rule": Counter(), "domain": Counter(), "group": Counter()}
        self._totals: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        self._nanoseconds = array("Q")
        self._judged = self._without_words = self._unreadable = 0
        self._first_at: datetime | None = None
        self._last_at: datetime | None = None

    def see(self, recorded: Recorded, arrival: Arrival) -> tuple[Decision, Decision] | None:
        """Ask both policies about one arrival; gives what each would have decided.

        None for what a moderator had let in when it was judged: it was the same arrival once more.
        """
        let_in_at = self._let_in.get(arrival.activity_uri)
        if let_in_at is not None and arrival.at >= let_in_at:
            return None
        if recorded.let_in_at is not None and arrival.hosts:
            self._let_in[arrival.activity_uri] = recorded.let_in_at
        was, becomes = self._standing_before.adjusted(arrival), self._standing_after.adjusted(arrival)
        before = judge(self._before, was)
        began = self._clock()
        after = judge(self._after, becomes)
        self._nanoseconds.append(self._clock() - began)
        self._standing_before.note(recorded, arrival, was, before.outcome)
        self._standing_after.note(recorded, arrival, becomes, after.outcome)
        self._count(recorded, arrival, before, after)
        return before, after

    def pass_over(self) -> None:
        """Count an arrival whose facts cannot be read any more."""
        self._unreadable += 1

    def _count(self, recorded: Recorded, arrival: Arrival, before: Decision, after: Decision) -> None:
        self._judged += 1
        self._first_at, self._last_at = self._first_at or arrival.at, arrival.at
        self._without_words += self._asks_words and not arrival.text and arrival.length > 0
        self._totals[0][before.outcome.word] += 1
        self._totals[1][after.outcome.word] += 1
        was, becomes = worded(before), worded(after)
        if was == becomes:
            return
        self._changes[was, becomes] += 1
        self._by["domain"][arrival.host] += 1
        if arrival.group:
            self._by["group"][arrival.group] += 1
        self._by["rule"].update(responsible(before, after))
        examples = self._examples.setdefault((was, becomes), [])
        if len(examples) < MOST_EXAMPLES:
            examples.append(_example(recorded, arrival, before, after))

    def report(self, severed: Severed = NOTHING_SEVERED) -> Report:
        """What it came to so far."""
        median = statistics.median(self._nanoseconds) / 1000 if self._nanoseconds else 0.0
        return Report(
            judged=self._judged,
            same=self._judged - self._changes.total(),
            without_words=self._without_words,
            unreadable=self._unreadable,
            changes=tuple(
                Change(before=was, after=becomes, count=count, examples=tuple(self._examples[was, becomes]))
                for (was, becomes), count in self._changes.most_common()
            ),
            by_rule=_tallies(self._by["rule"]),
            by_domain=_tallies(self._by["domain"]),
            by_group=_tallies(self._by["group"]),
            totals_before=dict(self._totals[0]),
            totals_after=dict(self._totals[1]),
            microseconds=round(median, 1),
            first_at=self._first_at,
            last_at=self._last_at,
            severed=severed,
        )


def worded(decision: Decision) -> str:
    """What becomes of an arrival, in one line: amendments count only for what is let in at once."""
    if decision.outcome is Outcome.ACCEPT and decision.amendments:
        return f"accept with {', '.join(sorted(decision.amendments))}"
    return decision.outcome.word


def responsible(before: Decision, after: Decision) -> tuple[str, ...]:
    """The rules that make the difference: those that matched on one side only.

    Where the same rules matched and say something else now, it is all of them.
    """
    old, new = set(before.rules), set(after.rules)
    return tuple(sorted(old ^ new or new))


def asks_for_words(*documents: Document) -> bool:
    """Whether a rule asks for the words of a post, which are kept for a shorter time than the rest."""
    return any(
        OVER_THE_WORDS & {*rule.when, *rule.unless}
        for document in documents
        for rule in document.rules
        if not rule.is_off
    )


def _example(recorded: Recorded, arrival: Arrival, before: Decision, after: Decision) -> Example:
    return Example(
        decision_id=str(recorded.decision_id),
        at=arrival.at,
        activity_type=arrival.activity_type,
        actor=arrival.who,
        host=arrival.host,
        object_uri=arrival.object_uri,
        before=worded(before),
        after=worded(after),
        rules_before=before.rules,
        rules_after=after.rules,
        reason=after.reason,
    )


def _tallies(counted: Counter[str]) -> tuple[Tally, ...]:
    named: Iterable[tuple[str, int]] = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    return tuple(Tally(name, count) for name, count in named)[:MOST_NAMES]
