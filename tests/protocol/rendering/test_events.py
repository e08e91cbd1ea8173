"""Events as they are sent: the way in is in no document at all."""

import json

from fediverse_support.protocol import parsing
from fediverse_support.protocol.urls import OPEN_NETWORK

PIEFED_READS = {
    *("startTime", "endTime", "timezone", "maximumAttendeeCapacity", "participantCount", "onlineLink"),
    *("joinMode", "externalParticipationUrl", "anonymousParticipation", "isOnline", "buyTicketsLink"),
    *("feeCurrency", "feeAmount"),
}
"""Without looking whether they are there."""


def test_the_join_link_is_in_no_document(documents):
    for name, document in documents.items():
        assert "SECRET-LINK" not in json.dumps(document), name


def test_nothing_says_how_many_people_come(world):
    assert world.event()["participantCount"] == 0


def test_everything_that_piefed_reads_is_there(world):
    for event in (world.event(), world.event(place="", ends_at=None, most_people=None)):
        assert set(event) >= PIEFED_READS


def test_time_and_place_stand_in_the_words_too_for_who_knows_no_events(world):
    event = world.event()
    assert event["content"].startswith("<p><strong>First &lt;day&gt; &amp; night</strong></p>")
    assert "<p>2026-09-11 12:00–14:00 (Europe/Berlin) · Old mill &lt;b&gt;</p>" in event["content"]
    assert event["location"] == {"type": "Place", "name": "Old mill <b>"}
    assert event["contentMap"]["en"] == event["content"]


def test_a_cancelled_event_says_so_where_microblogs_look_and_where_calendars_look(world):
    event = world.event(is_cancelled=True)
    assert event["name"].startswith("Cancelled: ")
    assert event["eventStatus"] == "https://schema.org/EventCancelled"
    assert event["ical:status"] == "CANCELLED"


def test_our_own_parser_reads_what_we_send(world):
    found = parsing.post(world.event(), OPEN_NETWORK)
    assert (found.type, found.place, found.time_zone) == ("Event", "Old mill <b>", "Europe/Berlin")
    assert found.end_time > found.start_time
    assert not found.is_cancelled
    assert parsing.post(world.event(is_cancelled=True), OPEN_NETWORK).is_cancelled
