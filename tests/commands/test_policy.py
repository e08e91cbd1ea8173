"""The policy by command, beside a running `serve`: checked, tried, applied, explained, taken back."""

import asyncio
import json

import pytest

POLICY = """\
[community]
mode = "open"

[domains]
"bad.example" = { level = "blocked", reason = "Harassment" }

[words.gambling]
phrases = ["casino", "roulette"]

[[rule]]
name = "Newcomers with media wait"
when = { sender = "newcomer", has_media = true, domain = "x.example" }
then = "hold"
reason = "A moderator looks at pictures of newcomers first."
review = 2099-01-31

[[rule]]
name = "No gambling"
when = { list = "gambling" }
then = "refuse"
"""
FACTS = {
    "activity_uri": "https://x.example/activities/1",
    "activity_type": "Create",
    "actor_uri": "https://x.example/u/ana",
    "hosts": ["x.example"],
    "object_type": "Note",
    "object_uri": "https://x.example/notes/1",
    "visibility": "open",
    "attachments": 1,
    "media_types": ["image/png"],
    "length": 5,
}


def dsn(program) -> str:
    """The address of the database of the running program."""

    async def ask() -> str:
        async with program.dsn() as found:
            return found

    return asyncio.run(ask())


DEEP = "[[rule]]\nname = 'a'\nwhen = " + "{a=" * 2_000 + "1" + "}" * 2_000


@pytest.fixture(scope="module")
def arrival(program):
    """One arrival of today, of somebody new on x.example, with a picture."""
    for number, at in ((1, "now()"), (2, "now() - interval '3 days'")):
        facts = FACTS | {"activity_uri": f"https://x.example/activities/{number}"}
        program.database(
            f"""
            insert into decisions (id, activity_uri, actor_uri, host, activity_type, outcome, rules, reason,
                                   policy_version, facts, decided_at, object_uri, words)
            select $1, $2, 'https://x.example/u/ana', 'x.example', 'Create', 'accept', '{{}}', 'No rule.', 1,
                   $3::text::jsonb || jsonb_build_object('at', {at}), {at}, 'https://x.example/notes/1',
                   'hello'
            """,
            117_000_000_000_000_000 + number,
            facts["activity_uri"],
            json.dumps(facts),
        )
    return "https://x.example/activities/1"


def the_file(program, text: str) -> str:
    path = program.folder / "policy.toml"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[rule]\nname = 1", "line 1"),
        ("[[rule]]\nname = 'a'\nwhen = { sendr = 'stranger' }\nthen = 'hold'", "line 3"),
        ("[[rule]]\nname = 'a'\nwhen = { matches = '(' }\nthen = 'hold'", "line 3"),
        ("[domains]\n'garden.example' = { level = 'blocked' }", "line 2"),
        ("[domains]\n'127.0.0.1' = { level = 'blocked' }", "line 2"),
        ("# " + "x" * 10_000_100, "larger than"),
        (DEEP, ""),
    ],
    ids=["toml", "word", "pattern", "ours", "address", "large", "deep"],
)
def test_a_file_that_cannot_be_applied_changes_nothing_and_names_the_line(program, text, words):
    path = the_file(program, text)
    before = program.json("policy", "history")
    for command in ("apply", "try"):
        assert words in program.refused("policy", command, path).lower()
    checked = program.run("policy", "check", path)
    assert checked.returncode == 1
    assert words in (checked.stdout + checked.stderr).lower()
    assert len(checked.stderr.splitlines()) == 1
    assert program.json("policy", "history") == before


def test_a_policy_is_checked_tried_applied_explained_exported_and_taken_back(program, arrival):
    path = the_file(program, POLICY)
    assert "error" not in program.done("policy", "check", path)
    assert isinstance(program.json("policy", "check", path), list)

    tried = program.json("policy", "try", path)
    assert (tried["judged"], tried["changed"]) == (2, 2)
    assert [(one["before"], one["after"], one["count"]) for one in tried["changes"]] == [
        ("accept", "hold", 2)
    ]
    assert tried["by_rule"] == [{"name": "instance: Newcomers with media wait", "count": 2}]
    assert program.json("policy", "try", path, "--since", "1d")["judged"] == 1
    said = program.done("policy", "try", path)
    assert "2 arrivals" in said
    assert "2 would have come out otherwise" in said
    assert "x.example" in said
    assert "90m" in program.refused("policy", "try", path, "--since", "soon")

    applied = program.done("policy", "apply", path, "--why", "To begin")
    assert "Version 2 is in force." in applied
    assert "domain bad.example" in applied
    assert "already" in program.done("policy", "apply", path)
    shown = program.json("policy", "show")
    assert (shown["version"], [one["domain"] for one in shown["domains"]]) == (2, ["bad.example"])
    assert shown["rules"][0]["sentence"].startswith("Hold ")
    assert "Newcomers with media wait" in program.done("policy", "show")

    explained = program.done("policy", "explain", arrival)
    assert "Today it would be: hold (instance: Newcomers with media wait)" in explained
    assert "    hosts: x.example\n" in explained, "as words, not as Python writes them"
    assert "{" not in explained
    for given in (arrival, "117000000000000001"):
        (one,) = program.json("policy", "explain", given)["decisions"]
        assert (one["decision"], one["policy_version"], one["today"]["outcome"]) == (
            "117000000000000001",
            1,
            "hold",
        )
    assert "Nothing was decided" in program.refused("policy", "explain", "https://x.example/nothing")

    exported = program.done("policy", "export")
    target = program.folder / "exported.toml"
    program.done("policy", "export", str(target))
    assert target.read_text() == exported
    assert "already" in program.done("policy", "apply", str(target))
    assert "already" in program.done("policy", "apply", "-", said=exported)
    assert "there already" in program.refused("policy", "export", str(target))

    undone = program.done("policy", "undo", "--why", "Too strict")
    assert "Version 2 is taken back; version 3 is in force." in undone
    assert program.json("policy", "show")["rules"] == []
    assert program.json("domains", "list") == []
    history = program.json("policy", "history")
    assert [(one["version"], one["kind"], one["undoes"], one["why"]) for one in history[:2]] == [
        (3, "undo", 2, "Too strict"),
        (2, "change", None, "To begin"),
    ]
    assert "undo of 2" in program.done("policy", "history")
    assert "taken back" in program.refused("policy", "undo")


def test_a_group_has_its_own_policy_and_no_more(program):
    program.done("group", "add", "sober", "--title", "Sober")
    rule = '[[rule]]\nname = "Pictures"\nscope = "group:sober"\nwhen = { has_media = true }\nthen = "hold"\n'
    path = the_file(program, rule)
    assert "no group called" in program.refused("policy", "show", "--group", "nobody")
    assert "is in force" in program.done("policy", "apply", path, "--group", "sober")
    assert rule.splitlines()[1] in program.done("policy", "export", "--group", "sober")
    assert [one["name"] for one in program.json("policy", "show", "--group", "sober")["rules"]] == [
        "Pictures"
    ]
    for text in (POLICY, "[domains]\n'x.example' = { level = 'held' }\n"):
        refusal = program.refused("policy", "apply", the_file(program, text), "--group", "sober")
        assert "group" in refusal
        assert "group" in program.refused("policy", "check", the_file(program, text), "--group", "sober")
    program.done("policy", "check", the_file(program, rule), "--group", "sober")
    assert program.json("policy", "try", the_file(program, rule), "--group", "sober")["judged"] == 0
    assert [one["scope"] for one in program.json("policy", "history", "--group", "sober")] == ["group:sober"]
    assert "is taken back" in program.done("policy", "undo", "--group", "sober")


def test_a_stored_policy_that_cannot_be_read_lets_nobody_in_and_can_be_taken_back(program):
    program.done("policy", "apply", the_file(program, POLICY))
    program.database("update policy_documents set body = '{\"rules\": 1}' where body like '%gambling%'")
    served = program.run("serve", DATABASE_URL=dsn(program), FS_BIND="127.0.0.1:1")
    assert served.returncode == 1
    assert "cannot be put in force" in served.stderr
    assert "policy undo" in served.stderr
    assert "is taken back" in program.done("policy", "undo")
    assert program.json("policy", "show")["rules"] == []
