"""Deciding about what waits, by command: refusals first, and all of it on the record."""

import pytest

NUMBER = 4242


@pytest.fixture(scope="module")
def owls(program):
    """A group in which two posts of a member wait."""
    program.done("member", "add", "owla", "--password-stdin", said="quiet river stones\n")
    program.done("group", "add", "owls", "--title", "Night owls", "--owner", "owla")
    for number, title in ((NUMBER, "First"), (NUMBER + 1, "Second")):
        program.database(
            """
            with post as (
                insert into posts (id, uri, author_id, group_id, root_id, title, content_html, reach, state,
                                   published_at, active_at)
                select $1, 'https://garden.example/posts/' || $2, a.id, g.id, $1, $2, '<p>Words of it.</p>',
                       'open', 'held', now(), now()
                  from actors a, actors g where a.name = 'owla' and g.name = 'owls'
                returning id, author_id, group_id
            )
            insert into holds (id, kind, post_id, group_id, actor_uri, rules, reason, held_at)
            select $1, 'post', p.id, p.group_id, a.uri, array['group:owls: All'], 'Read first.',
                   now() + $1 * interval '1 microsecond'
              from post p join actors a on a.id = p.author_id
            """,
            number,
            title,
        )
    return program


def test_what_is_not_there_or_says_too_little_is_refused(owls):
    assert owls.refused("holds", "show", "7")
    assert owls.refused("holds", "accept", "7")
    assert "Say what to add" in owls.refused("holds", "amend", str(NUMBER))
    assert "a warning, folded" in owls.refused("holds", "amend", str(NUMBER), "--warning", " ")
    assert owls.refused("holds", "return", str(NUMBER), code=2)
    assert "no such group" in owls.refused("holds", "list", "--group", "lost")
    assert len(owls.json("holds", "list")) == 2


def test_what_waits_is_sent_back_let_in_and_refused(owls):
    first, second = owls.json("holds", "list", "--group", "owls")
    assert (first["hold"], first["place"], second["place"]) == (str(NUMBER), 1, 2)
    assert (first["words"], first["rules"]) == ("Words of it.", ["group:owls: All"])
    assert "Read first." in owls.done("holds", "show", str(NUMBER))
    owls.done("holds", "return", str(NUMBER), "--note", "Leave the name out.")
    assert [one["hold"] for one in owls.json("holds", "list")] == [str(NUMBER + 1)]
    (returned,) = owls.json("holds", "list", "--state", "returned")
    assert (returned["note"], returned["place"]) == ("Leave the name out.", None)
    owls.done("holds", "amend", str(NUMBER), "--warning", "sh", "--quiet")
    assert "decided about this already" in owls.refused("holds", "refuse", str(NUMBER))
    owls.done("holds", "refuse", str(NUMBER + 1))
    shown = owls.json("holds", "show", str(NUMBER + 1))
    assert (shown["state"], shown["note"]) == ("refused", "Read first.")
    states = owls.database(
        "select state, content_warning, reach from posts where group_id is not null order by id"
    )
    assert [tuple(row) for row in states] == [("live", "Self-harm", "quiet"), ("hidden", "", "open")]
    deeds = [
        row["deed"] for row in owls.database("select deed from deeds where deed like '% held%' order by id")
    ]
    assert deeds == ["send back held", "let held in", "refuse held"]
    assert "Nothing waits." in owls.done("holds", "list")
