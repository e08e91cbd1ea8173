"""Trying a policy on what has arrived: what is predicted happens when the same arrivals come again."""

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fediverse_support.policy.arrivals import Arrival, Sender, of_facts
from fediverse_support.policy.decisions import Decision, Outcome
from fediverse_support.policy.document import Document, RuleText, WordList
from fediverse_support.policy.engine import Policy, compile_policy, judge
from fediverse_support.policy.ladder import Rung
from fediverse_support.policy.replay import Replay, asks_for_words, responsible, worded
from fediverse_support.policy.replay.standing import Recorded

START = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
CONDITIONS: list[dict[str, Any]] = [
    {"sender": "stranger"},
    {"sender": "newcomer"},
    {"sender": "known"},
    {"sender": "approved"},
    {"accepted_before": False},
    {"accepted_under": 2},
    {"has_media": True},
    {"words": "casino"},
    {"day_rate_over": 2},
    {"activity": "Like"},
    {"edit": True},
]
SCOPES = ("instance", "group:sober")
HOSTS = ("a.example", "b.example", "sub.b.example")


class Deed(NamedTuple):
    """Something that happens: somebody posts, edits, likes, deletes; or a moderator lets in what is held."""

    kind: str
    who: int = 0
    group: str = ""
    has_media: bool = False
    has_word: bool = False
    about: int = 0
    """How many posts ago was the one edited, deleted or let in."""
    hours: int = 1
    """How much later than what was before."""


class World:
    """A community under one policy, as simple as it can be: who has what shown here, and who was let in."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.at = START
        self.shown: dict[str, Arrival] = {}
        self.came: list[Arrival] = []
        self.sent: Counter[str] = Counter()
        self.approved: set[str] = set()
        self.held: dict[str, Arrival] = {}
        self.deleted: set[str] = set()
        self.edits: dict[str, tuple[int, Arrival]] = {}
        """Edits that wait, each with the number of its decision."""
        self.decided: list[tuple[Recorded, Arrival, Decision]] = []
        self.again: set[int] = set()
        """The numbers of decisions about what a moderator had let in."""
        self.released: dict[str, datetime] = {}
        self.released_edits: dict[int, datetime] = {}

    def does(self, deed: Deed) -> None:
        self.at += deed.hours * HOUR
        if deed.kind in ("post", "like"):
            self._arrives(deed)
        elif deed.about < len(self.came):
            getattr(self, f"_{deed.kind}")(self.came[-1 - deed.about], deed)

    def _delete(self, post: Arrival, deed: Deed) -> None:
        self._judged(self._arrival("Delete", post.who, object_uri=post.object_uri))
        self.deleted.add(post.object_uri)
        for kept in (self.shown, self.held, self.edits):
            kept.pop(post.object_uri, None)

    def _release(self, post: Arrival, deed: Deed) -> None:
        uri = post.object_uri
        if uri in self.held:
            self.shown[uri] = self.held.pop(uri)
            self.released[uri] = self.at
        elif uri in self.edits:
            number, arrival = self.edits.pop(uri)
            self.released_edits[number] = self.at
            self.again.add(len(self.decided))
            self._judged(msgspec.structs.replace(arrival, at=self.at))
        else:
            return
        self.approved.add(post.who)

    def _edit(self, post: Arrival, deed: Deed) -> None:
        uri = post.object_uri
        if uri in self.deleted:
            return
        is_edit = uri in self.shown or uri in self.held
        facts = self._facts(deed) | {"group": post.group, "is_edit": is_edit}
        arrival = self._arrival("Update", post.who, object_uri=uri, **facts)
        decision = self._judged(arrival)
        if not is_edit:
            self._keep(arrival, decision)
        elif decision.is_held and uri in self.shown:
            self.edits[uri] = len(self.decided) - 1, arrival

    def _arrives(self, deed: Deed) -> None:
        who = f"https://{HOSTS[deed.who % len(HOSTS)]}/u/{deed.who}"
        if deed.kind == "like":
            self._judged(self._arrival("Like", who, object_uri="https://here.example/1"))
            return
        uri = f"{who}/{len(self.came)}"
        arrival = self._arrival("Create", who, object_uri=uri, **self._facts(deed))
        self.came.append(arrival)
        self._keep(arrival, self._judged(arrival))

    def _keep(self, arrival: Arrival, decision: Decision) -> None:
        if decision.outcome is Outcome.ACCEPT:
            self.shown[arrival.object_uri] = arrival
        elif decision.is_held:
            self.held[arrival.object_uri] = arrival

    def _facts(self, deed: Deed) -> dict[str, Any]:
        return {
            "object_type": "Note",
            "visibility": "open",
            "group": deed.group,
            "attachments": int(deed.has_media),
            "media_types": ("image/png",) * deed.has_media,
            "text": "a casino" if deed.has_word else "hello",
            "length": 8,
        }

    def _arrival(self, type: str, who: str, **facts: Any) -> Arrival:
        theirs = [post for post in self.shown.values() if post.who == who]
        sender = Sender(
            first_seen_at=START,
            accepted=len(theirs),
            accepted_in_group=sum(post.group == facts.get("group", "") for post in theirs),
            first_accepted_at=min((post.at for post in theirs), default=None),
            is_approved=who in self.approved,
            this_hour=self.sent[who],
            today=self.sent[who],
        )
        self.sent[who] += 1
        return Arrival(
            activity_uri=f"{who}/activities/{self.sent[who]}",
            activity_type=type,
            actor_uri=who,
            hosts=(who.split("/")[2],),
            at=self.at,
            sender=sender,
            **facts,
        )

    def _judged(self, arrival: Arrival) -> Decision:
        decision = judge(self.policy, arrival)
        self.decided.append(
            (Recorded(decision_id=len(self.decided), outcome=decision.outcome), arrival, decision)
        )
        return decision

    def stream(self) -> list[tuple[Recorded, Arrival]]:
        """What is recorded of all this, as the database gives it back."""
        here = self.shown.keys() | self.held.keys() | self.deleted
        found = []
        for recorded, arrival, decision in self.decided:
            let_in_at = self.released_edits.get(recorded.decision_id)
            if decision.is_held and arrival.visibility:
                let_in_at = let_in_at or self.released.get(arrival.object_uri)
            outcome = Outcome.ACCEPT if recorded.decision_id in self.again else recorded.outcome
            is_stored = bool(arrival.visibility) and arrival.object_uri in here
            facts = msgspec.json.decode(msgspec.json.encode(arrival.facts()))
            found.append(
                (
                    Recorded(
                        decision_id=recorded.decision_id,
                        outcome=outcome,
                        is_stored=is_stored,
                        let_in_at=let_in_at,
                    ),
                    of_facts(facts, arrival.text or None),
                )
            )
        return found

    def judged_once(self) -> list[Decision]:
        """What was decided, without what was judged again after a moderator had let it in."""
        return [one for recorded, _, one in self.decided if recorded.decision_id not in self.again]


deeds = st.builds(
    Deed,
    kind=st.sampled_from(["post", "post", "post", "post", "edit", "like", "delete", "release"]),
    who=st.integers(0, 1),
    group=st.sampled_from(["", "sober"]),
    has_media=st.booleans(),
    has_word=st.booleans(),
    about=st.integers(0, 4),
    hours=st.sampled_from([1, 60]),
)
rules = st.builds(
    RuleText,
    name=st.sampled_from("abcdef"),
    scope=st.sampled_from(SCOPES),
    when=st.sampled_from(CONDITIONS),
    then=st.sampled_from(["accept", "hold", "hold", "refuse"]),
    amendments=st.sampled_from([(), (), ("quiet",)]),
    priority=st.integers(0, 1),
)
documents = st.builds(
    lambda found, mode: Document(rules=tuple(found), mode=mode),
    st.lists(rules, max_size=4, unique_by=lambda rule: (rule.scope, rule.name)),
    st.sampled_from(["open", "open", "open", "allow-list"]),
)
ladders = st.dictionaries(
    st.sampled_from(["b.example", "sub.b.example", "a.example"]),
    st.sampled_from(["trusted", "allowed", "limited", "held", "blocked"]),
    max_size=2,
)
policies = st.builds(
    lambda document, levels: compile_policy(
        1, [Rung(name, level, admits=level != "blocked") for name, level in levels.items()], document
    ),
    documents,
    ladders,
)


def ticking() -> Any:
    """A clock on which each reading is 7 microseconds later."""
    ticks = itertools.count()
    return lambda: next(ticks) * 7_000


def replayed(before: Policy, after: Policy, stream: list[tuple[Recorded, Arrival]]) -> Any:
    replay = Replay(before, after, asks_words=False, clock=ticking())
    return [replay.see(*one) for one in stream], replay.report()


def of_rules(*rules: dict[str, Any]) -> Policy:
    texts = [RuleText(**{"name": f"rule {n}", "then": "hold"} | rule) for n, rule in enumerate(rules)]
    return compile_policy(1, [], Document(rules=tuple(texts)))


ALL = of_rules()
NO_MEDIA = of_rules({"when": {"has_media": True}, "then": "refuse"})
MEDIA_WAITS = {"when": {"has_media": True}}
EDITS_WAIT = of_rules({"when": {"edit": True}})
FIRST_TWO = {"when": {"accepted_under": 2}, "then": "accept", "amendments": ("quiet",)}
TWO_IN_GROUP = {**FIRST_TWO, "scope": "group:sober"}
BY_NEWCOMERS = {"when": {"sender": "newcomer"}, "then": "accept", "amendments": ("quiet",)}
POST, PICTURE, LATER = Deed("post", group="sober"), Deed("post", has_media=True), Deed("post", hours=60)
EDIT, DELETE, RELEASE = Deed("edit"), Deed("delete"), Deed("release")


@settings(max_examples=50)
@given(policies, policies, st.lists(deeds, min_size=4, max_size=25))
# Whom a moderator let in only after a hold that there is no more.
@example(
    of_rules({"when": {"sender": "stranger"}}),
    of_rules({"when": {"sender": "approved"}, "then": "refuse"}),
    [POST, RELEASE, POST, POST],
)
# Whose first post would not have come in, and who is a newcomer for longer.
@example(ALL, of_rules(MEDIA_WAITS, BY_NEWCOMERS), [PICTURE, LATER, LATER, LATER, Deed("post", hours=12)])
# What would have come in and was deleted counts no longer.
@example(NO_MEDIA, of_rules(FIRST_TWO), [PICTURE, DELETE, POST, POST, POST])
# What counts in a group counts only there.
@example(NO_MEDIA, of_rules(TWO_IN_GROUP), [PICTURE, POST, POST, Deed("post", group="sober", has_media=True)])
# What came as an edit of what was not here would be one.
@example(NO_MEDIA, EDITS_WAIT, [PICTURE, EDIT, EDIT])
# An edit of what waits shows nothing, in truth or under the draft.
@example(ALL, of_rules(MEDIA_WAITS, FIRST_TWO), [PICTURE, EDIT, POST, POST, POST])
@example(of_rules(MEDIA_WAITS), of_rules(FIRST_TWO), [PICTURE, EDIT, POST, POST, POST])
# What a moderator has let in is judged again, and is no other arrival.
@example(EDITS_WAIT, EDITS_WAIT, [POST, EDIT, RELEASE, POST])
def test_what_is_predicted_is_what_happens_when_the_same_arrivals_come_again(
    before: Policy, after: Policy, deeds: list[Deed]
) -> None:
    was, becomes = World(before), World(after)
    for deed in deeds:
        was.does(deed)
        becomes.does(deed)
    # A moderator lets in only what they see held: what the old policy did not hold, nobody has let in.
    if becomes.released.keys() - was.released.keys() or len(becomes.released_edits) > len(was.released_edits):
        return
    seen, report = replayed(before, after, was.stream())
    assert [one[1] for one in seen if one] == becomes.judged_once()
    assert report.totals_after == Counter(one.outcome.word for one in becomes.judged_once())
    truly_changed = Counter(
        (worded(old), worded(new))
        for old, new in zip(was.judged_once(), becomes.judged_once(), strict=True)
        if worded(old) != worded(new)
    )
    assert {(one.before, one.after): one.count for one in report.changes} == truly_changed


@settings(max_examples=25)
@given(policies, st.lists(deeds, max_size=25))
def test_the_policy_in_force_changes_nothing(policy: Policy, deeds: list[Deed]) -> None:
    world = World(policy)
    for deed in deeds:
        world.does(deed)
    seen, report = replayed(policy, policy, world.stream())
    assert [one[0] for one in seen if one] == world.judged_once()
    assert (report.changes, report.changed, report.same) == ((), 0, len(world.judged_once()))


def test_a_report_says_what_changes_by_rule_domain_and_group_with_ten_examples_of_each() -> None:
    held = Document(
        rules=(RuleText(name="media", scope="group:sober", when={"has_media": True}, then="hold"),)
    )
    world = World(compile_policy(1, []))
    for number in range(14):
        world.does(Deed("post", who=number % 2, group="sober", has_media=number < 12))
    stream = world.stream()
    replay = Replay(compile_policy(1, []), compile_policy(2, [], held), asks_words=False, clock=ticking())
    for one in stream:
        replay.see(*one)
    replay.pass_over()
    report = replay.report()
    (change,) = report.changes
    assert (change.before, change.after, change.count, len(change.examples)) == ("accept", "hold", 12, 10)
    first = change.examples[0]
    assert (first.decision_id, first.rules_after, first.rules_before) == ("0", ("group:sober: media",), ())
    assert first.object_uri == stream[0][1].object_uri
    assert [(one.name, one.count) for one in report.by_rule] == [("group:sober: media", 12)]
    assert [(one.name, one.count) for one in report.by_domain] == [("a.example", 6), ("b.example", 6)]
    assert [(one.name, one.count) for one in report.by_group] == [("sober", 12)]
    assert (report.judged, report.same, report.changed, report.unreadable) == (14, 2, 12, 1)
    assert report.microseconds == 7.0
    assert msgspec.convert(msgspec.json.decode(msgspec.json.encode(report)), type(report)) == report


def test_arrivals_whose_words_are_gone_are_counted_where_words_are_asked_for() -> None:
    world = World(compile_policy(1, []))
    world.does(Deed("post", has_word=True))
    ((recorded, arrival),) = world.stream()
    wordless = of_facts(arrival.facts(), None)
    casino = Document(rules=(RuleText(name="c", when={"words": "casino"}, then="refuse"),))
    replay = Replay(
        compile_policy(1, []),
        compile_policy(2, [], casino),
        asks_words=asks_for_words(Document(), casino),
        clock=ticking(),
    )
    seen = replay.see(recorded, arrival), replay.see(recorded, wordless)
    assert [one[1].outcome for one in seen if one] == [Outcome.REFUSE, Outcome.ACCEPT]
    assert (replay.report().without_words, replay.report().judged) == (1, 2)


@pytest.mark.parametrize(
    ("rule", "asks"),
    [
        (RuleText(name="a", when={"has_media": True}), False),
        (RuleText(name="a", unless={"matches": "x"}), True),
        (RuleText(name="a", when={"list": "w"}), True),
        (RuleText(name="a", when={"words": "x"}, is_off=True), False),
    ],
)
def test_only_rules_that_are_on_ask_for_words(rule: RuleText, asks: bool) -> None:
    assert asks_for_words(Document(), Document(rules=(rule,), words={"w": WordList(phrases=("x",))})) is asks


def test_the_rules_that_make_the_difference_are_those_of_one_side_or_all() -> None:
    def decision(*rules: str) -> Decision:
        return Decision(Outcome.HOLD, rules, "", frozenset(), 1)

    assert responsible(decision("a", "b"), decision("b", "c")) == ("a", "c")
    assert responsible(decision("a"), decision()) == ("a",)
    assert responsible(decision("a"), decision("a")) == ("a",)
