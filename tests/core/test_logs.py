import ast
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core import logs

PACKAGE = Path(logs.__file__).parents[1]
START = """
import logging, sys, structlog
from fediverse_support.core import logs
from fediverse_support.core.settings import Settings
logs.configure(Settings(domain="garden.example"))
log = structlog.get_logger("test")
"""


def run(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `script` in a process of its own whose log is set up; what it logs is in `stderr`."""
    return subprocess.run(
        [sys.executable, "-c", START + script],
        capture_output=True,
        text=True,
        env=os.environ | environment,
        timeout=60,
        check=False,
    )


def lines(done: subprocess.CompletedProcess[str]) -> list[dict]:
    return [json.loads(line) for line in done.stderr.splitlines()]


def passed(**event: object) -> dict:
    return logs.only_what_may_pass(None, "info", {"event": "test", **event})


PRIVATE = [
    "body",
    "content",
    "email",
    "token",
    "password",
    "address",
    "ip",
    "source",
    "actor",
    "name",
]


@pytest.mark.parametrize("name", PRIVATE)
def test_a_key_that_is_not_on_the_list_is_withheld(name):
    found = passed(**{name: "I have not told anybody yet"})
    assert "told" not in json.dumps(found)
    assert found["withheld"] == [name]


@pytest.mark.parametrize(
    "value",
    [
        "from anna@garden.example today",
        "from 192.0.2.7 today",
        "from 2001:db8::1 today",
        "at https://garden.example/reset/secret today",
    ],
)
def test_addresses_do_not_pass_even_in_what_may_pass(value):
    found = passed(reason=value)["reason"]
    assert found in ("from … today", "at … today")


def test_of_an_exception_only_kind_and_place_are_logged():
    def confide(words: str) -> None:
        raise ValueError(words)

    try:
        try:
            confide("my husband died in May")
        except ValueError as cause:
            raise KeyError("my husband died in May") from cause
    except KeyError as error:
        found = passed(exc_info=error)
    assert found["error"] == "KeyError from ValueError"
    assert found["at"][-1].startswith("test_logs.py:")
    assert "husband" not in json.dumps(found)


def test_of_several_exceptions_only_the_kinds_are_logged():
    group = ExceptionGroup("my husband", [ValueError("died"), ExceptionGroup("in", [KeyError("May")])])
    assert passed(exc_info=group)["error"] == "ExceptionGroup(ValueError, ExceptionGroup(KeyError))"


def test_of_any_other_object_only_the_kind_is_logged():
    assert passed(reason={"content": "told"})["reason"] == "<dict>"
    assert passed(reason=b"told")["reason"] == "<bytes>"
    assert passed(at=["a", 1])["at"] == "<list>"


@given(st.text())
def test_no_text_makes_a_second_line_or_moves_the_cursor(text):
    found = passed(reason=text)["reason"]
    assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 or sign in "\u2028\u2029\u202e" for sign in found)
    assert len(found) <= logs.LONGEST


def test_a_forged_line_stays_in_its_line():
    done = run('log.warning("inbox", reason="x\\r\\n{\\"event\\": \\"forged\\"}\\x1b[2J")')
    (line,) = lines(done)
    assert line["event"] == "inbox"
    assert "\x1b" not in done.stderr


def test_what_fails_in_a_task_that_nobody_waits_for_is_logged_without_its_words():
    done = run(
        """
import asyncio
async def confide(): raise ValueError("my husband died")
async def main():
    asyncio.create_task(confide())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
asyncio.run(main())
"""
    )
    (line,) = lines(done)
    assert line["event"] == "Task exception was never retrieved"
    assert (line["library"], line["error"]) == ("asyncio", "ValueError")
    assert "husband" not in done.stderr


def test_an_error_that_nobody_catches_ends_the_program_without_its_words():
    done = run('raise ValueError("my husband died")')
    assert done.returncode == 1
    (line,) = lines(done)
    assert (line["event"], line["error"], line["level"]) == ("program.failed", "ValueError", "critical")
    assert "husband" not in done.stderr


def test_an_error_in_a_thread_is_logged_without_its_words():
    done = run(
        """
import threading
def confide(): raise ValueError("my husband died")
thread = threading.Thread(target=confide); thread.start(); thread.join()
"""
    )
    (line,) = lines(done)
    assert (line["event"], line["error"]) == ("thread.failed", "ValueError")


def test_other_libraries_are_heard_from_warnings_on_and_without_their_values():
    names = ["uvicorn.error", "uvicorn.access", "asyncpg", "aiohttp.client", "httpx", "x"]
    done = run(
        f"""
for name in {names}:
    logging.getLogger(name).info("started")
    logging.getLogger(name).warning("cannot parse %s", "my husband died")
    logging.getLogger(name).error("failed\\nDETAIL: my husband died", exc_info=ValueError("in May"))
"""
    )
    found = lines(done)
    warnings, errors = found[::2], found[1::2]
    assert [line["library"] for line in warnings] == [line["library"] for line in errors] == names
    assert {(line["event"], line["level"]) for line in warnings} == {("cannot parse %s", "warning")}
    assert {(line["event"], line["error"]) for line in errors} == {("failed", "ValueError")}
    assert "husband" not in done.stderr
    assert "May" not in done.stderr


def test_debugging_is_not_logged():
    assert run('log.debug("x"); log.info("y")').stderr.count("\n") == 1


def test_the_log_never_mixes_with_what_was_asked_for():
    assert run('log.error("x")').stdout == ""


def test_it_is_text_on_a_terminal_and_json_elsewhere():
    assert lines(run('log.warning("parked", number=3)'))[0]["number"] == 3
    ours, theirs = pty.openpty()
    subprocess.run(
        [sys.executable, "-c", START + 'log.warning("parked", number=3)'],
        stderr=theirs,
        timeout=60,
        check=True,
    )
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert "parked" in shown
    assert not shown.startswith("{")


def test_the_setting_overrules_the_terminal():
    script = 'logs.configure(Settings(domain="garden.example", log="text")); log.warning("parked", number=3)'
    done = run(script)
    assert "parked" in done.stderr
    assert "\x1b" not in done.stderr
    with pytest.raises(json.JSONDecodeError):
        lines(done)


def calls_of_loggers() -> list[tuple[Path, ast.Call]]:
    found = []
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in ("log", "_log", "logger")
            ):
                found.append((file, node))
    return found


def test_our_own_code_logs_only_fixed_sentences_and_keys_that_pass():
    calls = [call for call in calls_of_loggers() if call[0] != Path(logs.__file__)]
    assert len(calls) >= 8
    for file, call in calls:
        where = f"{file.relative_to(PACKAGE)}:{call.lineno}"
        assert isinstance(call.args[0], ast.Constant), f"{where} logs a sentence that is put together"
        keys = {keyword.arg for keyword in call.keywords} - {"exc_info"}
        assert keys <= logs.ALLOWED, f"{where} logs {keys - logs.ALLOWED}, which is withheld"
