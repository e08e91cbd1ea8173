import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediverse_support.core.errors import Refused
from fediverse_support.network.budget import FetchBudget


def test_d5_the_twenty_first_look_up_is_refused() -> None:
    budget = FetchBudget()
    for _ in range(20):
        budget.take("a.example")
    with pytest.raises(Refused, match="too many look-ups"):
        budget.take("a.example")


def test_d5_the_eleventh_host_is_refused() -> None:
    budget = FetchBudget()
    for number in range(10):
        budget.take(f"{number}.example")
    with pytest.raises(Refused, match="too many look-ups"):
        budget.take("10.example")


def test_d5_nothing_is_drawn_after_the_deadline() -> None:
    time = 0.0
    budget = FetchBudget(seconds=60, clock=lambda: time)
    budget.take("a.example")
    time = 59.0
    assert budget.seconds_left() == 1.0
    time = 61.0
    assert budget.seconds_left() == 0.0
    with pytest.raises(Refused):
        budget.take("a.example")


@given(st.lists(st.sampled_from([f"{number}.example" for number in range(15)]), max_size=60))
@settings(derandomize=True, max_examples=100)
def test_d5_whatever_is_asked_the_bounds_hold(hosts: list[str]) -> None:
    budget, drawn = FetchBudget(fetches=20, hosts=10), []
    for host in hosts:
        try:
            budget.take(host)
        except Refused:
            continue
        drawn.append(host)
    assert len(drawn) <= 20
    assert len(set(drawn)) <= 10
