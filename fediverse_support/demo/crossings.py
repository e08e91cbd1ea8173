"""What crossed between the communities: one activity, as its sender and its receiver report it, in one line.

Only kinds, names and groups are kept, never a title or a text: what people write here is private even
from whoever looks over the shoulder of the person at the terminal.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from fediverse_support.core.errors import Refused
from fediverse_support.inbox.processing import Processed
from fediverse_support.outbox.reports import DeliveryReport
from fediverse_support.protocol import json_gate

REMEMBERED = 2_000
_ANSWERS = {"Accept": "lets {} in", "Reject": "says no to {}"}
_NOT_DELIVERED = {
    "retried": "will be tried again",
    "refused": "was not taken",
    "blocked": "was turned away at the door",
    "gone": "found nobody there",
    "expired": "was given up",
}
_DEEDS = {
    "Update": "changes something",
    "Delete": "deletes something",
    "Undo": "takes something back",
    "Like": "thanks for a post",
    "Block": "asks somebody to stay away",
    "Flag": "reports something",
    "Add": "adds to a list of the group",
    "Remove": "removes from a list of the group",
    "Lock": "closes a conversation",
    "Move": "goes on elsewhere",
    "Join": "would like to come to an event",
}


class Crossing(msgspec.Struct, frozen=True, kw_only=True):
    """One activity that went from one community to the other. Times in milliseconds."""

    source: str
    target: str
    who: str
    what: str
    verdict: str
    is_good: bool
    delivered: float | None = None
    processed: float | None = None


class Crossings:
    """Joins both reports of an activity, whichever comes first, and shows it once.

    `names` tells which community a host is. An activity that goes to two inboxes of one community is
    shown when it had its effect; that it came again is no news.
    """

    def __init__(self, names: Mapping[str, str], show: Callable[[Crossing], None]) -> None:
        self._names = names
        self._show = show
        self._delivered: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._processed: OrderedDict[tuple[str, str], Crossing] = OrderedDict()
        self._shown: OrderedDict[tuple[str, str], None] = OrderedDict()

    def tried(self, source: str, report: DeliveryReport) -> None:
        """The sender has got its 2xx, or another answer, or none."""
        key = (report.activity_uri, self._names.get(report.host, report.host))
        if report.outcome != "delivered":
            self._show(_not_delivered(source, key[1], report))
            return
        crossing = self._processed.pop(key, None)
        if crossing is not None:
            self._finish(key, crossing, report.seconds * 1000)
        elif key not in self._shown:
            _keep(self._delivered, key, report.seconds * 1000)

    def processed(self, target: str, processed: Processed) -> None:
        """The receiver has put it into effect, or not."""
        key = (processed.arrived.activity_uri, target)
        crossing = self._crossing(target, processed)
        if key in self._delivered:
            self._finish(key, crossing, self._delivered.pop(key))
        elif key in self._shown:
            self._show(crossing)
        else:
            _keep(self._processed, key, crossing)

    def _finish(self, key: tuple[str, str], crossing: Crossing, delivered: float) -> None:
        _keep(self._shown, key, None)
        self._show(msgspec.structs.replace(crossing, delivered=delivered))

    def _crossing(self, target: str, processed: Processed) -> Crossing:
        arrived = processed.arrived
        verdict, is_good = _verdict(processed)
        return Crossing(
            source=self._names.get(arrived.host, arrived.host),
            target=target,
            who=_last(arrived.actor_uri),
            what=_what(arrived.type, arrived.body),
            verdict=verdict,
            is_good=is_good,
            processed=processed.seconds * 1000,
        )


def _not_delivered(source: str, target: str, report: DeliveryReport) -> Crossing:
    answer = f"the answer was {report.status}" if report.status else "there was no answer"
    return Crossing(
        source=source,
        target=target,
        who=f"{report.activity_type}:",
        what=_NOT_DELIVERED.get(report.outcome, report.outcome),
        verdict=f"not delivered, {answer}",
        is_good=False,
    )


def _keep(kept: OrderedDict[tuple[str, str], Any], key: tuple[str, str], value: object) -> None:
    kept[key] = value
    if len(kept) > REMEMBERED:
        kept.popitem(last=False)


def _verdict(processed: Processed) -> tuple[str, bool]:
    """What policy said and, where that was not the end of it, why; and whether it came in."""
    decision, state = processed.decision, processed.state
    if decision is not None and not decision.lets_in:
        return f"policy: {decision.outcome.word}. {decision.reason}", False
    if state == "done":
        return f"policy: {decision.outcome.word}" if decision else "done", True
    return f"{'later' if state in ('unverified', 'waiting') else state}: {processed.outcome}", False


def _what(kind: str, body: bytes) -> str:
    """What an activity does, in words, with the word of the protocol behind."""
    try:
        activity = json_gate.read(body)
    except Refused:
        return kind
    return f"{_deed(kind, activity)} ({kind})"


def _deed(kind: str, activity: Mapping[str, Any]) -> str:
    """The deed in words; of an Announce, what the group passes on."""
    inner = activity.get("object")
    if kind == "Announce":
        if isinstance(inner, dict) and inner.get("type") in ("Create", *_DEEDS):
            return f"passes on: {_last(inner.get('actor'))} {_deed(str(inner['type']), inner)}"
        return "boosts a post"
    if kind == "Follow":
        return f"asks to join {_last(inner)}"
    if kind in _ANSWERS:
        return _ANSWERS[kind].format(_last(inner.get("actor")) if isinstance(inner, dict) else "someone")
    if kind == "Create" and isinstance(inner, dict):
        if not inner.get("audience"):
            return "writes to somebody alone"
        return f"{'answers' if inner.get('inReplyTo') else 'writes'} in {_group(inner)}"
    return _DEEDS.get(kind, "does something")


def _group(post: Mapping[str, Any]) -> str:
    audience = post.get("audience")
    return _last(audience[0] if isinstance(audience, list) and audience else audience)


def _last(uri: object) -> str:
    """The name at the end of an id of ours: `…/people/maya` is maya's."""
    return uri.rstrip("/").rpartition("/")[2] if isinstance(uri, str) else "someone"
