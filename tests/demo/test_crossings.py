"""What the live view makes of the two reports of one activity."""

from datetime import UTC, datetime

from fediverse_support.database.inbox import Arrived
from fediverse_support.demo import story
from fediverse_support.demo.crossings import REMEMBERED, Crossing, Crossings
from fediverse_support.demo.view import introduction, line_of
from fediverse_support.inbox.processing import Processed
from fediverse_support.outbox.reports import DeliveryReport
from fediverse_support.policy.decisions import Decision, Outcome
from fediverse_support.protocol import json_gate

GARDEN, HARBOUR = "http://garden.localhost:8600", "http://harbour.localhost:8600"
HOSTS = {"garden.localhost:8600": "garden", "harbour.localhost:8600": "harbour"}
NOW = datetime(2026, 3, 4, 3, 14, 15, tzinfo=UTC)
SECRET = "what was said at night"
NOTE = {
    "id": f"{GARDEN}/posts/1",
    "type": "Note",
    "attributedTo": f"{GARDEN}/people/maya",
    "audience": f"{HARBOUR}/groups/night_owls",
    "name": SECRET,
    "content": SECRET,
}
CREATE = {"id": f"{GARDEN}/activities/1", "type": "Create", "actor": f"{GARDEN}/people/maya", "object": NOTE}
ACCEPTED = Decision(Outcome.ACCEPT, (), "No rule speaks against it.", frozenset(), 1)
BLOCKED = Decision(Outcome.BLOCK, ("domain",), "We do not exchange anything.", frozenset(), 1)


class Seen(list[Crossing]):
    """What was shown, and the collector that showed it."""

    def __init__(self) -> None:
        super().__init__()
        self.crossings = Crossings(HOSTS, self.append)

    def delivered(self, uri: str = CREATE["id"], outcome="delivered", status: int | None = 202) -> None:
        report = DeliveryReport(
            activity_id=1,
            activity_uri=uri,
            activity_type="Create",
            actor_id=1,
            object_uri=NOTE["id"],
            host="harbour.localhost:8600",
            inbox_url=f"{HARBOUR}/inbox",
            outcome=outcome,
            status=status,
            attempts=1,
            seconds=0.012,
            age=0.1,
        )
        self.crossings.tried("garden", report)

    def processed(self, activity=CREATE, decision=ACCEPTED, state="done", outcome="Stored.") -> None:
        arrived = Arrived(
            id=1,
            activity_uri=activity["id"],
            actor_uri=activity["actor"],
            type=activity["type"],
            host="garden.localhost:8600",
            state="waiting",
            forwarded=False,
            body=json_gate.write(activity),
            request=None,
            received_at=NOW,
        )
        self.crossings.processed("harbour", Processed(arrived, state, outcome, decision, 0.009))


def what(activity: dict[str, object]) -> str:
    seen = Seen()
    seen.processed({"id": f"{GARDEN}/activities/2", "actor": f"{GARDEN}/people/maya"} | activity)
    seen.delivered(f"{GARDEN}/activities/2")
    return seen[0].what


def test_neither_title_nor_text_is_ever_shown():
    seen = Seen()
    seen.processed()
    seen.delivered()
    assert SECRET not in str(line_of(seen[0], NOW)) + repr(seen[0])


def test_both_reports_become_one_line_whichever_comes_first():
    first, second = Seen(), Seen()
    first.delivered()
    first.processed()
    second.processed()
    second.delivered()
    assert list(first) == list(second)
    line = str(line_of(first[0], NOW))
    assert line == (
        "03:14:15   garden → harbour  maya writes in night_owls (Create)  policy: accept  "
        "delivered in 12 ms, processed in 9 ms"
    )


def test_what_went_to_two_inboxes_of_a_community_is_shown_once():
    seen = Seen()
    seen.delivered()
    seen.processed()
    seen.delivered()
    assert len(seen) == 1


def test_what_policy_refuses_is_shown_with_the_reason():
    seen = Seen()
    seen.processed(decision=BLOCKED, state="refused")
    seen.delivered()
    assert seen[0].verdict == "policy: block. We do not exchange anything."
    assert not seen[0].is_good


def test_what_a_handler_refuses_and_what_is_put_off_say_why():
    seen = Seen()
    seen.processed(state="refused", outcome="This is for no group here.")
    seen.delivered()
    seen.processed(decision=None, state="unverified", outcome="The other server did not answer in time.")
    assert [crossing.verdict for crossing in seen] == [
        "refused: This is for no group here.",
        "later: The other server did not answer in time.",
    ]


def test_what_is_turned_away_at_the_door_is_shown_by_its_sender():
    seen = Seen()
    seen.delivered(outcome="blocked", status=403)
    seen.delivered(outcome="retried", status=None)
    assert [f"{crossing.who} {crossing.what}; {crossing.verdict}" for crossing in seen] == [
        "Create: was turned away at the door; not delivered, the answer was 403",
        "Create: will be tried again; not delivered, there was no answer",
    ]
    assert not any(crossing.is_good for crossing in seen)


def test_deeds_are_told_in_words():
    group, maya = f"{HARBOUR}/groups/night_owls", f"{GARDEN}/people/maya"
    follow = {"id": "https://x.example/1", "type": "Follow", "actor": maya, "object": group}
    answer = NOTE | {"inReplyTo": f"{HARBOUR}/posts/9"}
    assert what({"type": "Follow", "object": group}) == "asks to join night_owls (Follow)"
    assert what({"type": "Accept", "object": follow}) == "lets maya in (Accept)"
    assert what({"type": "Create", "object": answer}) == "answers in night_owls (Create)"
    assert what({"type": "Announce", "object": CREATE}) == "passes on: maya writes in night_owls (Announce)"
    assert what({"type": "Announce", "object": NOTE["id"]}) == "boosts a post (Announce)"
    assert what({"type": "Undo", "object": follow}) == "takes something back (Undo)"
    assert what({"type": "Dance", "object": 1}) == "does something (Dance)"
    lock = {"type": "Lock", "actor": f"{HARBOUR}/people/leo", "object": NOTE["id"]}
    assert what({"type": "Announce", "object": lock}) == "passes on: leo closes a conversation (Announce)"
    private = {"type": "Note", "to": [f"{HARBOUR}/people/leo"], "name": "Tea"}
    assert what({"type": "Create", "object": private}) == "writes to somebody alone (Create)"


def test_what_is_never_answered_does_not_pile_up():
    seen = Seen()
    for number in range(REMEMBERED + 10):
        seen.delivered(f"{GARDEN}/activities/{number}")
    seen.processed(CREATE | {"id": f"{GARDEN}/activities/3"})
    assert not seen
    seen.processed(CREATE | {"id": f"{GARDEN}/activities/{REMEMBERED}"})
    assert len(seen) == 1


def test_the_introduction_says_where_to_look_who_to_be_and_how_to_stop():
    text = "\n".join(str(line) for line in introduction(story.read(), 8600, "/folder"))
    for needed in (
        "http://garden.localhost:8600",
        "http://harbour.localhost:8600",
        story.PASSWORD,
        "maya",
        "looks after the whole community",
        "Ctrl-C",
        "/folder",
        "FS_SETTINGS=/folder/garden/settings.toml",
    ):
        assert needed in text
