"""The facts of an arrival in words, for who asks why something was decided."""

from collections.abc import Iterator
from datetime import datetime

from fediverse_support.policy import warnings
from fediverse_support.policy.arrivals import Arrival, Sender
from fediverse_support.policy.sentences import listed
from fediverse_support.policy.standing import standings
from fediverse_support.web.desk import rule_words
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Visit

Fact = tuple[str, object]

KINDS: dict[str, str] = {
    "Create": N_("a new post"),
    "Update": N_("changed words"),
    "Announce": N_("a post passed on"),
    "Follow": N_("a wish to follow or join"),
    "Like": N_("a like"),
    "Dislike": N_("a dislike"),
    "EmojiReact": N_("an emoji"),
    "Flag": N_("a report"),
    "Delete": N_("a deletion"),
    "Undo": N_("something taken back"),
    "Accept": N_("a yes"),
    "Reject": N_("a no"),
    "Join": N_("somebody coming to an event"),
    "Leave": N_("somebody leaving"),
    "Block": N_("somebody asked to stay away"),
    "Move": N_("a move to another server"),
    "Add": N_("something added to a list"),
    "Remove": N_("something taken from a list"),
    "Lock": N_("a closed thread"),
}
"""What arrives, by the type of its activity; types that are not here stand for themselves."""


def kind_of(visit: Visit, activity_type: str) -> str:
    """What arrived, in words."""
    return visit.text(KINDS[activity_type]) if activity_type in KINDS else activity_type


def facts(visit: Visit, arrival: Arrival) -> list[Fact]:
    """Everything that was known, as pairs of what is asked and the answer; what was not is left out."""
    return [(visit.text(label), value) for label, value in _facts(visit, arrival) if value not in ("", None)]


def _facts(visit: Visit, arrival: Arrival) -> Iterator[Fact]:
    text = visit.text
    yield N_("What"), _what(visit, arrival)
    yield N_("Who sent it"), arrival.actor_uri
    yield N_("Who wrote it"), arrival.author_uri
    yield N_("By way of"), ", ".join(arrival.hosts) if arrival.hosts else text(N_("here"))
    yield N_("For the group"), arrival.group
    yield from _sender(visit, arrival)
    if arrival.is_reply:
        yield (
            N_("Answers"),
            text(rule_words.CHOICES.get(("thread_of", arrival.thread_of), N_("somebody else"))),
        )
    yield N_("How far it reaches"), text(rule_words.CHOICES.get(("visibility", arrival.visibility), ""))
    yield N_("Language"), arrival.language or ""
    if arrival.length:
        yield N_("Length"), text(N_("%(number)s characters")) % {"number": arrival.length}
    yield (
        N_("Warnings"),
        ", ".join(text(warnings.label(code)) for code in arrival.warnings) or _warned(visit, arrival),
    )
    yield N_("Hashtags"), ", ".join(f"#{tag}" for tag in arrival.hashtags)
    yield N_("People mentioned"), arrival.mentions or ""
    yield N_("Links to"), ", ".join(dict.fromkeys(arrival.link_hosts))
    yield N_("Comes along"), _attached(visit, arrival)
    if arrival.minute >= 0:
        yield N_("Time of day in the group"), f"{arrival.minute // 60:02}:{arrival.minute % 60:02}"
    if arrival.moderator_is_here is not None:
        yield N_("A moderator was here"), _yes(visit, arrival.moderator_is_here)


def _what(visit: Visit, arrival: Arrival) -> str:
    text = visit.text
    found = [kind_of(visit, arrival.activity_type)]
    if arrival.object_type:
        found.append(arrival.object_type)
    marks = (
        (arrival.is_reply, N_("an answer")),
        (arrival.is_edit, N_("changes what was there")),
        (arrival.has_poll, N_("a poll")),
        (arrival.has_quote, N_("quotes another post")),
        (arrival.is_sensitive, N_("marked as sensitive")),
    )
    return ", ".join([*found, *(text(words) for is_so, words in marks if is_so)])


def _sender(visit: Visit, arrival: Arrival) -> Iterator[Fact]:
    sender, text = arrival.sender, visit.text
    yield N_("How they stood here"), listed([text(one) for one in _standing(arrival)], text)
    yield N_("Posts of theirs shown here then"), _counted(visit, sender)
    yield N_("Their account was made"), _moment(visit, sender.account_made_at)
    yield N_("First heard of"), _moment(visit, sender.first_seen_at)
    yield N_("Their server runs"), sender.software
    if sender.is_bot:
        yield N_("Says that it is a bot"), _yes(visit, True)
    if sender.this_hour or sender.today:
        said = text(N_("%(hour)s in the hour before, %(day)s in the day before"))
        yield N_("Sent"), said % {"hour": sender.this_hour, "day": sender.today}


_STANDING = {
    "stranger": N_("a stranger"),
    "newcomer": N_("a newcomer"),
    "known": N_("known"),
    "approved": N_("approved"),
    "member": N_("a member of the group"),
    "moderator": N_("somebody who looks after the group"),
    "warned": N_("warned"),
}


def _standing(arrival: Arrival) -> list[str]:
    """How they stood as far as the facts say; the level of their server is not among them."""
    found = standings(arrival.sender, "default", arrival.at)
    return [words for name, words in _STANDING.items() if name in found]


def _counted(visit: Visit, sender: Sender) -> str:
    if not sender.accepted:
        return visit.text(N_("none"))
    many = "100" if sender.accepted >= 100 else str(sender.accepted)
    if not sender.accepted_in_group:
        return many
    return visit.text(N_("%(many)s, of them %(here)s in the group")) % {
        "many": many,
        "here": sender.accepted_in_group,
    }


def _moment(visit: Visit, moment: datetime | None) -> object:
    if moment is None:
        return ""
    return visit.services.templates.environment(visit.language).filters["day"](moment)


def _warned(visit: Visit, arrival: Arrival) -> str:
    return visit.text(N_("in words of their own")) if arrival.content_warning else ""


def _attached(visit: Visit, arrival: Arrival) -> str:
    if not arrival.attachments:
        return ""
    kinds = ", ".join(dict.fromkeys(arrival.media_types)) or str(arrival.attachments)
    if not arrival.without_alt:
        return kinds
    said = visit.text(N_("%(kinds)s; %(number)s without a description"))
    return said % {"kinds": kinds, "number": arrival.without_alt}


def _yes(visit: Visit, is_so: bool) -> str:
    return visit.text(N_("yes")) if is_so else visit.text(N_("no"))
