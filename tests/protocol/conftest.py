"""Records how much of each server's documents was understood; `tests/conftest.py` prints it."""

from typing import Any

import pytest

UNDERSTOOD = "understood"


@pytest.fixture
def record_understood(record_property: Any) -> Any:
    """Call it with a finished line of the table."""
    return lambda line: record_property(UNDERSTOOD, line)
