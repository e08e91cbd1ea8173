from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.outbox import backoff

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
chances = st.floats(0, 1)
ages = st.timedeltas(timedelta(0), timedelta(days=8))


@given(st.integers(1, 10_000), ages, chances)
def test_after_seven_days_it_is_over_and_before_that_it_is_not(attempts, age, chance):
    due = backoff.next_try(attempts, age, NOW, chance)
    assert (due is None) == (age >= timedelta(days=7))


@given(st.integers(1, 50), st.timedeltas(timedelta(0), timedelta(days=6)), chances)
def test_a_wait_is_never_under_two_minutes_nor_over_fourteen_and_a_half_hours(attempts, age, chance):
    wait = backoff.next_try(attempts, age, NOW, chance) - NOW
    assert timedelta(minutes=2) <= wait <= timedelta(hours=14.5)


@given(st.integers(1, 50), ages, chances, st.floats(0, 1e12))
def test_no_wait_goes_beyond_the_seventh_day(attempts, age, chance, retry_after):
    due = backoff.next_try(attempts, age, NOW, chance, retry_after)
    assert due is None or age + (due - NOW) <= timedelta(days=7)


@given(st.integers(1, 50), chances, st.floats(0, 86_400))
def test_what_the_peer_asks_for_is_waited_at_least(attempts, chance, retry_after):
    due = backoff.next_try(attempts, timedelta(0), NOW, chance, retry_after)
    assert due - NOW >= timedelta(seconds=retry_after)


@given(st.integers(1, 49), st.timedeltas(timedelta(0), timedelta(days=6)), chances)
def test_waits_do_not_shrink(attempts, age, chance):
    assert backoff.next_try(attempts + 1, age, NOW, chance) >= backoff.next_try(attempts, age, NOW, chance)


def test_the_jitter_spreads_by_a_fifth_to_either_side():
    earliest, middle, latest = (
        backoff.next_try(4, timedelta(0), NOW, chance) - NOW for chance in (0, 0.5, 1)
    )
    assert abs(earliest / middle - 0.8) < 1e-9
    assert abs(latest / middle - 1.2) < 1e-9


@given(chances)
def test_a_dead_host_gets_some_sixteen_to_twenty_four_tries(chance):
    tries, now, queued = 1, NOW, NOW
    while (due := backoff.next_try(tries, now - queued, now, chance)) is not None:
        tries, now = tries + 1, due
    assert 16 <= tries <= 24
    assert now - queued == timedelta(days=7)


def test_a_peer_cannot_put_us_off_for_more_than_a_day():
    assert backoff.next_try(1, timedelta(0), NOW, 0.5, 1e300) == NOW + timedelta(days=1)
