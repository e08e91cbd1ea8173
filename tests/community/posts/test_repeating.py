"""Threads that repeat: when, how often, in whose name."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.community.posts import repeating
from fediverse_support.community.posts.repeating import Schedule, Wish, latest, next_time, title_on
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Malformed, Missing
from fediverse_support.database import groups
from fediverse_support.database.pool import acquire

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe")
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
MONDAYS = Schedule(frequency="weekly", weekday=0, at_time=time(9, 0), time_zone="Europe/Berlin")


@st.composite
def schedules(draw) -> Schedule:
    frequency = draw(st.sampled_from(["daily", "weekly", "monthly"]))
    return Schedule(
        frequency=frequency,
        at_time=time(draw(st.integers(0, 23)), draw(st.integers(0, 59))),
        time_zone=draw(st.sampled_from(ZONES)),
        weekday=draw(st.integers(0, 6)) if frequency == "weekly" else None,
        day_of_month=draw(st.integers(1, 28)) if frequency == "monthly" else None,
    )


@given(schedules(), MOMENTS)
def test_times_only_go_forward_and_none_is_left_out(schedule, after):
    longest = {"daily": 2, "weekly": 8, "monthly": 32}[schedule.frequency]
    for _ in range(14):
        following = next_time(schedule, after)
        assert after < following <= after + timedelta(days=longest + 1)
        assert next_time(schedule, following - timedelta(microseconds=1)) == following
        after = following


@given(schedules(), MOMENTS)
def test_the_clock_on_the_wall_shows_what_was_asked_for(schedule, after):
    local = next_time(schedule, after).astimezone(ZoneInfo(schedule.time_zone))
    shown = local.time().replace(fold=0)
    if shown != schedule.at_time:
        # Only in an hour that clocks leave out: then it is shown later on the same day, by what they leap.
        before = (local - timedelta(hours=24)).utcoffset()
        assert before != local.utcoffset()
        return
    if schedule.frequency == "weekly":
        assert local.weekday() == schedule.weekday
    if schedule.frequency == "monthly":
        assert local.day == schedule.day_of_month


def test_nine_in_the_morning_stays_nine_in_the_morning_when_clocks_change():
    before = datetime(2026, 10, 20, tzinfo=UTC)
    first = next_time(MONDAYS, before)
    assert first == datetime(2026, 10, 26, 8, tzinfo=UTC)  # winter time
    assert next_time(MONDAYS, datetime(2026, 10, 12, tzinfo=UTC)) == datetime(2026, 10, 12, 7, tzinfo=UTC)


def test_after_an_interruption_only_the_latest_is_made_up_for():
    due = datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert latest(MONDAYS, due, due) == due
    assert latest(MONDAYS, due, datetime(2026, 1, 29, tzinfo=UTC)) == datetime(2026, 1, 26, 8, tzinfo=UTC)


def test_the_day_in_the_title_is_the_day_there():
    late = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    assert title_on("Check-in, {date}", late, "UTC", "en") == "Check-in, November 30, 2026"
    assert title_on("Runde {date}", late, "Asia/Kolkata", "de") == "Runde 1. Dezember 2026"
    assert title_on("No date {x}", late, "UTC", "en") == "No date {x}"


@pytest.mark.parametrize(
    "changes",
    [
        {"frequency": "monthly", "day_of_month": 29},
        {"frequency": "monthly", "day_of_month": 0},
        {"frequency": "monthly"},
        {"frequency": "weekly", "weekday": 7},
        {"frequency": "weekly"},
        {"frequency": "hourly"},
        {"time_zone": "Mars/Olympus"},
    ],
    ids=str,
)
async def test_a_schedule_that_is_none_is_refused(home, changes):
    group, moderator = await village(home)
    schedule = Schedule(**{"frequency": "daily", "at_time": time(9)} | changes)
    with pytest.raises(Malformed):
        await set_up(home, group, moderator, schedule=schedule)
    assert await home.pool.fetchval("select count(*) from repeating_threads") == 0


async def village(home):
    group, moderator = await home.group(), await home.member()
    async with acquire(home.pool) as db:
        await groups.add_moderator(db, group.actor.id, moderator.id)
    return group, moderator


async def set_up(home, group, moderator, now=None, **changes):
    given = {"title": "Check-in, {date}", "source": "How are you?", "schedule": MONDAYS} | changes
    async with acquire(home.pool) as db, db.transaction():
        return await repeating.set_up(
            db, group.actor, moderator, Wish(**given), now or clock.now() - timedelta(days=30)
        )


async def write_all(home, now) -> int:
    """What the worker does; how many it did."""
    count = 0
    async with acquire(home.pool) as db:
        while True:
            async with db.transaction():
                if not await repeating.write_next(db, home.site, now, policy=home.policy):
                    return count
            count += 1


async def threads(home) -> list[dict]:
    return [dict(row) for row in await home.pool.fetch("select * from posts order by id")]


async def state_of(home) -> tuple[bool, str]:
    return tuple(await home.pool.fetchrow("select is_paused, why_paused from repeating_threads"))


async def test_who_looks_after_the_group_no_more_has_nothing_written_in_their_name(home):
    group, moderator = await village(home)
    await set_up(home, group, moderator)
    await home.pool.execute("delete from group_moderators")
    await write_all(home, clock.now())
    assert await threads(home) == []
    assert await state_of(home) == (True, "author")


async def test_whose_account_was_closed_has_nothing_written_in_their_name(home):
    group, moderator = await village(home)
    await set_up(home, group, moderator)
    await home.pool.execute("update accounts set state = 'disabled'")
    await write_all(home, clock.now())
    assert await threads(home) == []
    assert await state_of(home) == (True, "author")


async def test_an_archived_group_gets_no_more_threads(home):
    group, moderator = await village(home)
    await set_up(home, group, moderator)
    await home.pool.execute("update groups set life = 'archived'")
    await write_all(home, clock.now())
    assert await threads(home) == []
    assert await state_of(home) == (True, "refused")


async def test_a_resting_thread_is_not_written_until_it_is_wanted_again(home):
    group, moderator = await village(home)
    thread = await set_up(home, group, moderator)
    now = clock.now()
    async with acquire(home.pool) as db, db.transaction():
        await repeating.pause(db, group.actor, thread.id)
    await write_all(home, now)
    assert await threads(home) == []
    async with acquire(home.pool) as db, db.transaction():
        await repeating.resume(db, group.actor, thread.id, moderator, now)
    await write_all(home, now)
    assert await threads(home) == []  # what was missed while it rested is not made up for
    await write_all(home, now + timedelta(days=8))
    assert len(await threads(home)) == 1


async def test_after_weeks_of_silence_one_thread_is_written_and_no_burst(home):
    group, moderator = await village(home)
    await set_up(home, group, moderator)
    now = clock.now()
    assert await write_all(home, now) == 1
    [post] = await threads(home)
    assert post["author_id"] == moderator.id
    assert post["title"].startswith("Check-in, ")
    assert "{date}" not in post["title"]
    assert await write_all(home, now) == 0
    assert await write_all(home, now + timedelta(days=7)) == 1


async def test_two_workers_write_it_once(home):
    group, moderator = await village(home)
    await set_up(home, group, moderator)
    now = clock.now()
    async with acquire(home.pool) as one, acquire(home.pool) as other:
        async with one.transaction():
            assert await repeating.write_next(one, home.site, now, policy=home.policy)
            async with other.transaction():
                assert not await repeating.write_next(other, home.site, now, policy=home.policy)
    await asyncio.gather(*(write_all(home, now) for _ in range(4)))
    assert len(await threads(home)) == 1


async def test_a_worker_that_is_killed_in_the_middle_has_written_nothing(home):
    group, moderator = await village(home)
    await set_up(home, group, moderator)
    now = clock.now()

    async def die_in_the_middle() -> None:
        async with acquire(home.pool) as db, db.transaction():
            await repeating.write_next(db, home.site, now, policy=home.policy)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await die_in_the_middle()
    assert await threads(home) == []
    assert await write_all(home, now) == 1


async def test_it_goes_out_like_every_other_thread(home):
    group, moderator = await village(home)
    await set_up(home, group, moderator, content_warning="low mood")
    await write_all(home, clock.now())
    types = [activity["type"] for activity in await home.published(moderator)]
    assert types == ["Create"]
    assert len(await home.published(group.actor)) == 2
    assert (await threads(home))[0]["content_warning"] == "low mood"


async def test_a_group_has_at_most_twenty(home):
    group, moderator = await village(home)
    for _ in range(20):
        await set_up(home, group, moderator)
    with pytest.raises(Conflict):
        await set_up(home, group, moderator)


async def test_one_of_another_group_is_not_to_be_found(home):
    group, moderator = await village(home)
    thread = await set_up(home, group, moderator)
    other = await home.group("other")
    async with acquire(home.pool) as db, db.transaction():
        with pytest.raises(Missing):
            await repeating.pause(db, other.actor, thread.id)
