"""The page about policy names every condition, standing and kind of activity that there is, and no other."""

import re
from pathlib import Path

from fediverse_support.policy.conditions import CONDITIONS, STANDINGS
from fediverse_support.policy.decisions import AMENDMENTS, Outcome
from fediverse_support.policy.engine import ONLY_BLOCKED

PAGE = (Path(__file__).parents[2] / "docs/concepts/policy.md").read_text()


def section(heading: str) -> str:
    return PAGE.split(f"# {heading}\n", 1)[1].split("\n#", 1)[0]


def first_cells(heading: str) -> list[str]:
    return re.findall(r"^\| `([a-z_]+)` \|", section(heading), re.MULTILINE)


def test_every_condition_is_in_the_table_in_our_order_and_no_other() -> None:
    assert first_cells("What a rule can ask") == list(CONDITIONS)


def test_the_choices_of_a_condition_are_named_beside_it() -> None:
    for line in section("What a rule can ask").splitlines():
        for condition in CONDITIONS.values():
            if line.startswith(f"| `{condition.name}` |") and condition.name != "sender":
                assert all(f"`{choice}`" in line for choice in condition.choices), condition.name


def test_every_standing_is_explained() -> None:
    assert sorted(first_cells("How a sender stands here")) == sorted(STANDINGS)


def test_outcomes_amendments_and_what_is_never_held_are_named() -> None:
    assert [outcome.word for outcome in Outcome] == re.findall(
        r"^\| (\w+) \|", section("Outcomes"), re.MULTILINE
    )[1:]
    assert all(f"`{amendment}`" in section("Outcomes") for amendment in AMENDMENTS)
    said = re.search(r"by a rule: ([^.]*)\.", section("How a decision is made"))
    assert said is not None
    assert set(re.split(r",\s+", said[1])) == ONLY_BLOCKED
