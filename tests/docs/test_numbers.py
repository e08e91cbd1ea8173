"""The numbers in the tables of the documents are those of the code.

A row `| what | how much | [`NAME`](file.py) |` says that the constant NAME in that file is that much.
"""

import importlib
import re
from datetime import timedelta
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
ROW = re.compile(
    r"^\|[^|]+\| *(?P<amount>[\d.]+)(?: *(?P<unit>[a-zA-Z%]+))? *"
    r"\| *\[`(?P<name>[\w.]+)`\]\((?P<file>[^)]+\.py)\) *\|$",
    re.MULTILINE,
)
UNITS = {
    "ms": 0.001,
    "s": 1,
    "min": 60,
    "h": 3600,
    "day": 86400,
    "days": 86400,
    "KiB": 1024,
    "MiB": 1 << 20,
    "%": 0.01,
    None: 1,
}
ROWS = [
    pytest.param(page, match, id=f"{page.stem}-{match['name']}-{match.start()}")
    for page in sorted((HOUSE / "docs").rglob("*.md"))
    for match in ROW.finditer(page.read_text())
]


def test_there_are_numbers_to_compare() -> None:
    assert len(ROWS) > 50


@pytest.mark.parametrize(("page", "row"), ROWS)
def test_a_number_in_the_documents_is_that_of_the_code(page: Path, row: re.Match[str]) -> None:
    file = (page.parent / row["file"]).resolve().relative_to(HOUSE).with_suffix("")
    module = importlib.import_module(".".join(file.parts))
    value = getattr(module, row["name"].rpartition(".")[2])
    found = value.total_seconds() if isinstance(value, timedelta) else float(value)
    assert found == pytest.approx(float(row["amount"]) * UNITS[row["unit"]])
