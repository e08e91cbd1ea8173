"""The example file in the documentation is a policy that can be applied."""

import re
from datetime import date
from pathlib import Path

import msgspec
import pytest

from fediverse_support.policy import file, findings
from fediverse_support.policy.document import DomainText, ListText, RuleText, WordList
from fediverse_support.policy.file import tables
from fediverse_support.policy.findings import Known

PAGE = (Path(__file__).parents[2] / "docs/concepts/policy-file.md").read_text()
EXAMPLE = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)[1]


def test_the_example_is_read_and_nothing_is_wrong_with_it():
    whole = file.read(EXAMPLE)
    assert len(whole.rules) == 3
    known = Known(groups=frozenset({"night_owls"}), domain="garden.example", today=date(2026, 12, 1))
    assert [str(one) for one in findings.check(EXAMPLE, known)] == []
    assert file.read(file.write(whole)) == whole


def test_every_table_and_key_is_explained():
    for name in tables.TABLES:
        assert f"`[{name}" in PAGE or f"`[[{name}]]`" in PAGE, name
    for struct in (RuleText, DomainText, ListText, WordList):
        for field in msgspec.structs.fields(struct):
            assert f"`{field.encode_name}`" in PAGE, field.encode_name


@pytest.mark.parametrize("limit", ["8 MiB", "512 KiB", "20,000 rules", "200,000 phrases", "five deep"])
def test_the_limits_are_those_of_the_code(limit):
    assert limit in PAGE
    assert (file.LARGEST, file.LARGEST_IN_BROWSER) == (8 << 20, 512 << 10)
    assert (tables.MOST_RULES, tables.MOST_PHRASES) == (20_000, 200_000)
