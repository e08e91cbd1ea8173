"""Prints, after the run, how much of each server's documents was understood."""

from typing import Any

import pytest

UNDERSTOOD = "understood"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line for each type of server, from the properties that `test_corpora.py` recorded."""
    lines = [
        value
        for report in terminalreporter.stats.get("passed", [])
        for name, value in getattr(report, "user_properties", [])
        if name == UNDERSTOOD
    ]
    if lines:
        terminalreporter.section("documents of other servers")
        terminalreporter.write_line(f"{'documents of':<18}{'seen':>6}{'understood':>12}{'shape':>9}  refused")
        for line in sorted(lines):
            terminalreporter.write_line(line)


@pytest.fixture
def record_understood(record_property: Any) -> Any:
    """Call it with a finished line of the table."""
    return lambda line: record_property(UNDERSTOOD, line)
