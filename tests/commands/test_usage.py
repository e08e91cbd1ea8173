import subprocess
import sys

import pytest

from fediverse_support import cli


def paths(app=cli.app, before: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command there is, by the words that lead to it."""
    found = []
    for name in app:
        if not name.startswith("-"):
            below = paths(app[name], (*before, name))
            found += below or [(*before, name)]
    return found


COMMANDS = paths()
PRINT_DATA = [
    path for path in COMMANDS if path[-1] in ("list", "show", "hosts", "history", "explain", "doctor")
]


def test_every_command_of_the_contract_is_there():
    lines = """
        demo; serve; web; worker; migrate; doctor; backup; restore; keys rotate
        member add; member list; member show; member disable; member enable; member reset-password
        member approve; member decline; group add; group list; group show; group edit
        group moderators list; group moderators add; group moderators remove
        community show; community edit; policy show; policy explain; policy history
        domains list; domains set; domains remove; domains import; domains export
        inbox list; inbox show; inbox replay; deliveries list; deliveries hosts; deliveries retry
    """
    contract = {tuple(command.split()) for command in lines.replace("\n", ";").split(";") if command.strip()}
    assert contract <= set(COMMANDS)


@pytest.mark.parametrize("path", [(), *COMMANDS], ids=" ".join)
def test_every_command_explains_itself(path, capsys):
    assert cli.main([*path, "--help"]) == 0
    shown = capsys.readouterr()
    assert "Usage: fediverse-support" in shown.out
    assert shown.err == ""


@pytest.mark.parametrize("path", PRINT_DATA, ids=" ".join)
def test_what_prints_data_prints_json_too(path, capsys):
    cli.main([*path, "--help"])
    assert "--json" in capsys.readouterr().out


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_no_command_takes_a_password_from_the_command_line(path, capsys):
    cli.main([*path, "--help"])
    words = capsys.readouterr().out.split()
    assert not [
        word for word in words if "password" in word and word.startswith("--") and "stdin" not in word
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        "nonsense",
        "serve now",
        "member add",
        "member ad anna",
        "member add anna --role king",
        "member add anna --password secret",
        "group add carers",
        "group add carers --title Carers --join never",
        "domains set bad.example",
        "domains set bad.example terrible",
        "domains import --all",
        "inbox show seven",
        "inbox list --state lost",
        "demo --port many",
        "backup",
    ],
)
def test_wrong_usage_ends_with_2_and_one_line(arguments, capsys, monkeypatch):
    monkeypatch.delenv("FS_DOMAIN", raising=False)
    assert cli.main(arguments.split()) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert len(shown.err.splitlines()) == 1
    assert "--help" in shown.err


def test_the_version_is_one_line(capsys):
    from fediverse_support import __version__

    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"{__version__}\n"


def test_a_reader_that_has_seen_enough_is_no_error():
    script = f"{sys.executable} -m fediverse_support --help | head -n 1"
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""


def test_the_foreseen_error_among_several_is_told():
    from fediverse_support.core.errors import Misconfigured

    group = ExceptionGroup(
        "tasks", [ExceptionGroup("more", [ValueError("x"), Misconfigured("The port is taken.")])]
    )
    assert cli._trouble_in(group).message == "The port is taken."
    with pytest.raises(ExceptionGroup):
        cli._trouble_in(ExceptionGroup("tasks", [ValueError("x")]))
