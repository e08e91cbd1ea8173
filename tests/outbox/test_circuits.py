from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.outbox import circuits
from fediverse_support.outbox.circuits import Circuit

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
HEALTHY = Circuit()


def fail(circuit: Circuit, times: int, now: datetime) -> tuple[Circuit, datetime]:
    """Fail as soon as it is called again, so many times."""
    for _ in range(times):
        now = max(now, circuit.paused_until or now)
        circuit = circuits.after_failure(circuit, now)
    return circuit, now


def test_failures_within_a_minute_count_once():
    circuit = HEALTHY
    for second in range(59):
        circuit = circuits.after_failure(circuit, NOW + timedelta(seconds=second))
    assert circuit.failures == 1
    assert circuits.after_failure(circuit, NOW + timedelta(seconds=60)).failures == 2


def test_a_failure_counts_even_just_after_an_old_one_that_was_forgiven():
    failed = circuits.after_failure(HEALTHY, NOW)
    forgiven = Circuit(last_failure_at=failed.last_failure_at)
    assert circuits.after_failure(forgiven, NOW + timedelta(seconds=5)).failures == 1


def test_it_rests_one_two_four_and_eight_minutes_and_then_opens():
    circuit, now, pauses = HEALTHY, NOW, []
    for _ in range(5):
        circuit, now = fail(circuit, 1, now)
        pauses.append((circuit.paused_until - now) / timedelta(minutes=1))
    assert pauses == [1, 2, 4, 8, 30]
    assert circuit.opened_at == now
    assert circuits.state(circuit, now) == "open"


def test_four_failures_do_not_open_it():
    circuit, now = fail(HEALTHY, 4, NOW)
    assert circuit.opened_at is None
    assert circuits.state(circuit, now) == "resting"
    assert circuits.state(circuit, circuit.paused_until) == "closed"


def test_an_open_circuit_is_probed_after_half_an_hour_then_hourly_then_daily():
    circuit, opened = fail(HEALTHY, 5, NOW)
    probe, now = fail(circuit, 1, opened)
    assert now - opened == timedelta(minutes=30)
    assert probe.paused_until - now == timedelta(hours=1)
    assert probe.opened_at == opened
    late, now = fail(probe, 30, now)
    assert now - opened > timedelta(days=1)
    assert late.paused_until - now == timedelta(days=1)


def test_a_probe_is_one_delivery_and_a_host_that_came_back_gets_few():
    opened, now = fail(HEALTHY, 5, NOW)
    assert circuits.room(opened, now) == 1
    back = circuits.after_answer(opened, now)
    assert circuits.room(back, now) == 5
    assert circuits.room(back, now + timedelta(minutes=10)) == circuits.ROOM == circuits.room(HEALTHY, now)


def test_any_answer_forgives_everything():
    opened, now = fail(HEALTHY, 7, NOW)
    back = circuits.after_answer(opened, now)
    assert (back.failures, back.opened_at, back.paused_until) == (0, None, None)
    assert back.recovered_at == now


def test_an_answer_of_a_healthy_host_changes_nothing():
    assert circuits.after_answer(HEALTHY, NOW) is HEALTHY


def test_a_request_to_wait_is_no_failure():
    rested = circuits.after_request_to_wait(HEALTHY, NOW, 90)
    assert rested.failures == 0
    assert rested.paused_until == NOW + timedelta(seconds=90)


def test_a_request_to_wait_never_shortens_a_pause_and_is_at_most_a_day():
    opened, now = fail(HEALTHY, 5, NOW)
    assert circuits.after_request_to_wait(opened, now, 1).paused_until == opened.paused_until
    assert circuits.after_request_to_wait(HEALTHY, NOW, 1e300).paused_until == NOW + timedelta(days=1)


events = st.lists(
    st.tuples(st.sampled_from(["fail", "answer", "wait"]), st.integers(0, 100_000)), min_size=1, max_size=60
)


@given(events)
def test_whatever_happens_the_circuit_stays_consistent(history):
    circuit, now = HEALTHY, NOW
    for what, seconds in history:
        now += timedelta(seconds=seconds)
        if what == "fail":
            circuit = circuits.after_failure(circuit, now)
        elif what == "answer":
            circuit = circuits.after_answer(circuit, now)
        else:
            circuit = circuits.after_request_to_wait(circuit, now, seconds)
        assert (circuit.opened_at is not None) == (circuit.failures >= circuits.OPENS_AT)
        assert circuit.opened_at is None or circuit.opened_at <= now
        assert circuit.paused_until is None or circuit.paused_until - now <= timedelta(days=1)
        assert 1 <= circuits.room(circuit, now) <= circuits.ROOM


@given(events)
def test_one_answer_undoes_any_history(history):
    circuit, now = HEALTHY, NOW
    for what, seconds in history:
        now += timedelta(seconds=seconds)
        circuit = circuits.after_failure(circuit, now) if what == "fail" else circuit
    circuit = circuits.after_answer(circuit, now)
    assert not circuits.is_paused(circuit, now)
    assert circuits.state(circuit, now) == "closed"
