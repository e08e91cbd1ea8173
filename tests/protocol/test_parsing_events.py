"""Events and polls of other servers: whatever they say of time and place, however many answers they have."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fediverse_support.protocol import parsing
from fediverse_support.protocol.urls import OPEN_NETWORK
from fediverse_support.protocol.vocabulary import PostDocument

CORPORA = Path(__file__).parents[2] / "../shared/corpora"


def read(**changes: Any) -> PostDocument:
    document = {
        "id": "https://peer.example/e/1",
        "type": "Event",
        "attributedTo": "https://peer.example/u/ana",
    }
    return parsing.post(document | changes, OPEN_NETWORK)


def corpus(name: str) -> dict[str, Any]:
    if not CORPORA.is_dir():
        pytest.skip("the outside corpora are not here: ../shared/corpora")
    return json.loads((CORPORA / name).read_text())


@pytest.mark.parametrize(
    "value",
    [None, 5, [], {}, "tomorrow", "99999-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "0000-01-01T00:00Z"],
)
def test_a_time_that_is_none_is_left_out(value):
    assert read(startTime=value, endTime=value).start_time is None
    assert read(startTime=value, endTime=value).end_time is None


@pytest.mark.parametrize(
    "value",
    [
        "2027-03-01T10:00:00+00:00",
        "2027-03-01T10:00:00Z",
        "2027-03-01T11:00:00.000+01:00",
        "2027-03-01 10:00",
    ],
)
def test_a_time_is_read_in_every_spelling(value):
    assert read(startTime=value).start_time == datetime(2027, 3, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("location", "place"),
    [
        (None, ""),
        (5, ""),
        ([], ""),
        ({}, ""),
        ("https://meet.example/room", ""),
        ({"type": "VirtualLocation", "url": "https://meet.example/room"}, ""),
        ("The old mill", "The old mill"),
        ({"type": "Place", "name": "The old mill"}, "The old mill"),
        ({"type": "Place", "name": "Mill", "address": "Mill Lane 1"}, "Mill, Mill Lane 1"),
        (
            [
                {"type": "VirtualLocation", "url": "https://meet.example/room"},
                {
                    "type": "Place",
                    "name": "Mill",
                    "address": {"streetAddress": "Mill Lane 1", "addressLocality": "Ulm", "postalCode": None},
                },
            ],
            "Mill, Mill Lane 1, Ulm",
        ),
    ],
)
def test_a_place_is_read_and_a_link_is_none(location, place):
    assert read(location=location).place == place


def test_a_place_is_cut():
    assert len(read(location={"type": "Place", "name": "x" * 5_000}).place) == 500


@pytest.mark.parametrize(
    "more",
    [
        {"eventStatus": "https://schema.org/EventCancelled"},
        {"eventStatus": "EventCancelled"},
        {"ical:status": "CANCELLED"},
    ],
)
def test_a_cancelled_event_is_known_as_such(more):
    assert read(**more).is_cancelled
    assert not read(eventStatus="https://schema.org/EventScheduled").is_cancelled


def test_the_event_that_piefed_sends_is_read():
    name = "captured-piefed/77-event-post--230-to-lemmy-Announce_Create_Event.json"
    event = parsing.post(corpus(name)["object"]["object"], OPEN_NETWORK)
    assert event.start_time == datetime(2027, 3, 1, 10, tzinfo=UTC)
    assert event.end_time == datetime(2027, 3, 1, 12, tzinfo=UTC)
    assert event.time_zone == "Pacific/Auckland"


def test_the_poll_that_piefed_sends_is_read():
    name = "captured-piefed/04-local-poll--020-to-ours-Announce_Create_Question.json"
    poll = parsing.post(corpus(name)["object"]["object"], OPEN_NETWORK)
    assert [option.name for option in poll.options] == ["rose", "tulip"]
    assert not poll.multiple


def test_no_number_of_votes_is_below_zero():
    poll = parsing.post(corpus("poison/negative-poll.json")["object"], OPEN_NETWORK)
    assert [option.votes for option in poll.options] == [0]
    assert read(type="Question", votersCount=-7).voters == 0


def test_of_five_hundred_answers_a_hundred_are_read():
    options = [{"type": "Note", "name": str(number)} for number in range(500)]
    assert len(read(type="Question", oneOf=options).options) == 100


@pytest.mark.parametrize(
    ("more", "is_vote"),
    [
        ({"name": "Yes"}, True),
        ({"name": "Yes", "content": None}, True),
        ({"name": "Yes", "content": "<p> </p>"}, True),
        ({"name": "Yes", "content": "<p>I mean it</p>"}, False),
        ({"name": "Yes", "inReplyTo": None}, False),
        ({"name": None}, False),
        ({"name": "Yes", "attachment": [{"type": "Image", "url": "https://peer.example/1.png"}]}, False),
    ],
)
def test_a_vote_is_a_reply_with_a_name_and_no_words(more, is_vote):
    assert read(**{"type": "Note", "inReplyTo": "https://g.example/posts/1"} | more).is_vote is is_vote
