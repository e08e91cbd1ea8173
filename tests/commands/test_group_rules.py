"""The rules of a group, from a file and back."""

import pytest

RULES = """
[[rule]]
title = "Be kind."

[[rule]]
title = "What is said here stays here."
details = "Also *outside*."
"""


@pytest.fixture(scope="module")
def owls(program):
    program.done("group", "add", "night_owls", "--title", "Night owls")
    return program


@pytest.mark.parametrize(
    "text", ["nonsense", "[[rule]]\ndetails = 'x'", "[[rules]]\ntitle = 'x'", "[[rule]]\ntitle = 7"]
)
def test_a_file_that_has_no_rules_changes_nothing(owls, text):
    assert "[[rule]]" in owls.refused("group", "rules", "night_owls", "--file", "-", said=text)
    assert owls.json("group", "rules", "night_owls") == {"version": 0, "rules": []}


def test_a_group_or_a_file_that_is_not_there_is_one_line(owls):
    owls.refused("group", "rules", "nobody")
    owls.refused("group", "rules", "night_owls", "--file", "nothing.toml")


def test_rules_come_from_a_file_and_are_shown(owls):
    arguments = ("group", "rules", "night_owls")
    assert "no rules" in owls.done(*arguments)
    (owls.folder / "rules.toml").write_text(RULES)
    assert (
        owls.done(*arguments, "--file", "rules.toml", "--why", "A beginning.") == "Version 1 is in force.\n"
    )
    assert owls.done(*arguments, "--file", "-", said=RULES) == "Version 1 is in force.\n"
    assert "What is said here stays here." in owls.done(*arguments)
    assert owls.json(*arguments)["rules"][1] == {
        "title": "What is said here stays here.",
        "details": "Also *outside*.",
    }
    assert "no rules now" in owls.done(*arguments, "--file", "-", said="rule = []")
    (made,) = owls.database("select count(*) as deeds from deeds where deed = 'change rules'")
    assert made["deeds"] == 2
