"""Topics and turns in the life of a group, by command: refusals first, and all of it on the record."""

import pytest


@pytest.fixture(scope="module")
def owls(program):
    """A group with an owner, and a few topics."""
    program.done("member", "add", "owla", "--password-stdin", said="quiet river stones\n")
    program.done("group", "add", "owls", "--title", "Night owls", "--owner", "owla")
    program.done("topics", "add", "Sleepless nights", "--description", "When nobody else is awake.")
    program.done("topics", "add", "Shift work", "--below", "sleepless-nights")
    return program


def test_a_group_gets_no_owner_who_is_not_here(owls):
    assert "no member called nobody" in owls.refused("group", "owner", "owls", "nobody")
    assert "no member called nobody" in owls.refused(
        "group", "add", "lost", "--title", "x", "--owner", "nobody"
    )
    assert "no such group" in owls.refused("group", "show", "lost")
    assert owls.json("group", "show", "owls")["owner"] == "owla@garden.example"


def test_topics_grow_move_and_go(owls):
    assert "already" in owls.refused("topics", "add", "Shift work")
    assert "below itself" in owls.refused("topics", "edit", "sleepless-nights", "--below", "shift-work")
    owls.done("topics", "add", "Jet lag")
    owls.done("topics", "edit", "jet-lag", "--up", "--name", "Far from home", "--new-slug", "travel")
    assert [(one["slug"], one["below"]) for one in owls.json("topics", "list")] == [
        ("travel", ""),
        ("sleepless-nights", ""),
        ("shift-work", "sleepless-nights"),
    ]
    owls.done("topics", "remove", "travel")
    assert "travel" not in owls.done("topics", "list")


def test_a_group_is_listed_under_topics(owls):
    assert "no topic" in owls.refused("group", "topics", "owls", "nowhere")
    assert "shift-work" in owls.done("group", "topics", "owls", "shift-work", "sleepless-nights")
    rows = owls.database("select count(*) from group_topics")
    assert rows[0][0] == 2
    assert "no topic" in owls.done("group", "topics", "owls")


def test_groups_stand_next_door(owls):
    owls.done("group", "add", "birds", "--title", "Early birds")
    assert "another group" in owls.refused("group", "sisters", "owls", "owls")
    assert "no such group" in owls.refused("group", "sisters", "owls", "none")
    for extra in ((), ("--remove",)):
        owls.done("group", "sisters", "owls", "birds", *extra)
    assert owls.database("select count(*) from sister_groups")[0][0] == 0


def test_a_group_is_archived_and_runs_again(owls):
    for command, life in (("archive", "archived"), ("unarchive", "running")):
        owls.done("group", command, "owls")
        assert owls.json("group", "show", "owls")["life"] == life


def test_a_group_moves_nowhere_unasked(owls):
    owls.done("group", "add", "moor", "--title", "Moor")
    for command in ("move", "alias"):
        assert owls.refused("group", command, "owls", "moor@garden.example")
        assert owls.refused("group", command, "owls", "not an address")
    assert "does not say" in owls.refused("group", "alias", "owls", "https://x.example/g", "--remove")
    shown = owls.json("group", "show", "owls")
    assert (shown["moved_to"], shown["also_known_as"]) == ("", [])


def test_a_group_is_deleted_only_when_its_name_is_said_twice(owls):
    owls.done("group", "add", "ended", "--title", "Ended")
    assert "confirm" in owls.refused("group", "delete", "ended", code=2)
    assert "Nothing was deleted" in owls.refused("group", "delete", "ended", "--confirm", "owls")
    owls.done("group", "delete", "ended", "--confirm", "ended")
    assert "no such group" in owls.refused("group", "show", "ended")
    assert "was used before" in owls.refused("group", "add", "ended", "--title", "Again")


def test_all_of_it_is_on_the_record(owls):
    deeds = {row["deed"] for row in owls.database("select deed from deeds")}
    assert deeds >= {
        "assign group", "add topic", "edit topic", "remove topic", "list group", "archive group",
        "reopen group", "add sister group", "remove sister group", "delete group",
    }  # fmt: skip
