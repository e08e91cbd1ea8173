"""Polls as they are sent: no number before its time, and nothing of who chose what."""

from datetime import timedelta

from fediverse_support.protocol import parsing
from fediverse_support.protocol.rendering import questions
from fediverse_support.protocol.urls import OPEN_NETWORK


def totals(question) -> list[int]:
    found = question.get("oneOf") or question.get("anyOf")
    return [answer["replies"]["totalItems"] for answer in found]


def test_no_number_leaves_while_the_result_is_hidden(world):
    question = world.question(hides_totals=True)
    assert totals(question) == [0, 0]
    assert question["votersCount"] == 0
    assert "closed" not in question


def test_the_numbers_leave_at_the_end_or_if_they_are_not_hidden(world):
    closed = world.question(closed_at=world.now + timedelta(days=3))
    assert (totals(closed), closed["votersCount"]) == ([1, 2], 3)
    assert closed["closed"] == "2026-09-04T10:00:00Z"
    assert totals(world.question(hides_totals=False)) == [1, 2]


def test_one_or_several_is_said_by_the_name_of_the_list(world):
    assert "anyOf" not in world.question()
    assert "oneOf" not in world.question(is_multiple=True)


def test_a_poll_is_a_question_with_its_title_as_name_and_an_end(world):
    question = world.question()
    assert question["type"] == "Question"
    assert question["name"] == world.root.title
    assert question["endTime"] == "2026-09-04T10:00:00Z"
    assert [answer["name"] for answer in question["oneOf"]] == ["Mornings", "Evenings"]


def test_our_own_parser_reads_what_we_send(world):
    found = parsing.post(world.question(hides_totals=False, is_multiple=True), OPEN_NETWORK)
    assert [(option.name, option.votes) for option in found.options] == [("Mornings", 1), ("Evenings", 2)]
    assert (found.multiple, found.voters, found.closed) == (True, 3, False)
    assert found.end_time == (world.now + timedelta(days=3)).replace(microsecond=0)


def test_a_vote_is_for_the_author_alone_and_has_a_name_and_no_words(world):
    vote = questions.vote(
        f"{world.ana.uri}#vote-1",
        voter=world.ana.uri,
        author=world.bo.uri,
        poll_uri="https://p.example/polls/1",
        answer="Evenings",
    )
    assert (vote["to"], vote["cc"]) == ([world.bo.uri], [])
    assert "content" not in vote
    assert parsing.post(vote, OPEN_NETWORK).is_vote


def test_no_answer_of_ours_is_ever_taken_for_a_vote(world):
    assert not parsing.post(world.answer(), OPEN_NETWORK).is_vote
    assert not parsing.post(world.note(), OPEN_NETWORK).is_vote
