"""Threads that begin again and again: "Monday check-in".

A moderator sets one up, and it is written in that moderator's name, through the door of every other post.
It is written once however many workers there are; after an interruption only the latest is made up for.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import msgspec
from babel import Locale
from babel.dates import format_date

from fediverse_support.community.posts import judging, posts
from fediverse_support.core.errors import Conflict, Malformed, Missing, Refused
from fediverse_support.core.identifiers import new_id
from fediverse_support.core.local_times import is_time_zone, moment_of
from fediverse_support.core.markup import safe_text
from fediverse_support.core.models import Actor
from fediverse_support.database import actors, repeating
from fediverse_support.database.pool import Connection
from fediverse_support.database.repeating import Frequency, Repeating
from fediverse_support.policy.engine import Policy
from fediverse_support.protocol.site import Site

LONGEST_TITLE = 160
"""Leaves room for a date in it."""
MOST_IN_A_GROUP = 20
DATE = "{date}"


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """When: every day, every week on a weekday (Monday is 0), or every month on a day from 1 to 28."""

    frequency: Frequency
    at_time: time
    time_zone: str = "UTC"
    weekday: int | None = None
    day_of_month: int | None = None


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a moderator wants to be written again and again; `{date}` in the title becomes the day.

    `language` is how the date is spelled.
    """

    title: str
    source: str
    content_warning: str = ""
    language: str = "en"
    schedule: Schedule


def next_time(schedule: Schedule, after: datetime) -> datetime:
    """The first time after `after`, in UTC, at which the clock in the time zone shows what it should.

    When clocks change: an hour that is left out is the hour after it, one that comes twice is its first.
    """
    first = after.astimezone(ZoneInfo(schedule.time_zone)).date() - timedelta(days=1)
    for day in _days(schedule, first):
        moment = moment_of(datetime.combine(day, schedule.at_time), schedule.time_zone)
        if moment > after:
            return moment
    raise AssertionError("Days do not end.")


def latest(schedule: Schedule, due: datetime, now: datetime) -> datetime:
    """The last time from `due` on that is not after `now`: what is made up for after an interruption."""
    while (following := next_time(schedule, due)) <= now:
        due = following
    return due


def _days(schedule: Schedule, first: date) -> Iterator[date]:
    """The days of a schedule from `first` on."""
    match schedule.frequency:
        case "daily":
            yield from (first + timedelta(days=number) for number in count())
        case "weekly":
            start = first + timedelta(days=((schedule.weekday or 0) - first.weekday()) % 7)
            yield from (start + timedelta(weeks=number) for number in count())
        case "monthly":
            months = (divmod(first.year * 12 + first.month - 1 + number, 12) for number in count())
            days = (date(year, month + 1, schedule.day_of_month or 1) for year, month in months)
            yield from (day for day in days if day >= first)


def title_on(title: str, moment: datetime, time_zone: str, language: str) -> str:
    """`title` with the day of `moment` in it, as it is written in `language`."""
    day = moment.astimezone(ZoneInfo(time_zone)).date()
    return title.replace(DATE, format_date(day, "long", locale=Locale.parse(language)))


async def set_up(db: Connection, group: Actor, moderator: Actor, wish: Wish, now: datetime) -> Repeating:
    """Let a thread repeat from its next time on. Raises `Malformed` or `Conflict`."""
    if len(await repeating.of_group(db, group.id)) >= MOST_IN_A_GROUP:
        raise Conflict("There are twenty already. Delete one that is not needed any more.")
    thread = _thread(new_id(), group.id, moderator, wish, now)
    await repeating.put(db, thread)
    return thread


async def change(
    db: Connection, group: Actor, number: int, moderator: Actor, wish: Wish, now: datetime
) -> None:
    """Change it; from now on it is written in the name of who changed it. Raises `Missing`, `Malformed`."""
    known = await _known(db, group, number)
    thread = _thread(number, group.id, moderator, wish, now)
    rests = known.is_paused and known.why_paused == "by a moderator"
    await repeating.put(
        db, msgspec.structs.replace(thread, is_paused=rests, why_paused="by a moderator" if rests else "")
    )


async def pause(db: Connection, group: Actor, number: int) -> None:
    """Write no more of it for now. Raises `Missing`. Safe to run twice."""
    await repeating.pause(db, (await _known(db, group, number)).id, "by a moderator")


async def resume(db: Connection, group: Actor, number: int, moderator: Actor, now: datetime) -> None:
    """Write it again from its next time on, in the name of who wants it. Raises `Missing`."""
    known = await _known(db, group, number)
    following = next_time(schedule_of(known), now)
    await repeating.put(
        db,
        msgspec.structs.replace(
            known, author_id=moderator.id, is_paused=False, why_paused="", next_at=following
        ),
    )


async def remove(db: Connection, group: Actor, number: int) -> None:
    """Write it never again; what was written stays. Raises `Missing`."""
    await repeating.remove(db, (await _known(db, group, number)).id)


async def write_next(db: Connection, site: Site, now: datetime, *, policy: Policy) -> bool:
    """Write one thread whose time has come; False if there is none.

    The caller opened the transaction, in which the thread and its next time commit together: no worker writes
    it twice, and one that is killed has not written it. If its author does not look after the group any more,
    or the group or policy does not take it, it rests, and the moderators see why. Where policy wants it to be
    looked at first it waits among what the moderators find there.
    """
    thread = await repeating.due(db, now)
    if thread is None:
        return False
    if not await repeating.may_look_after(db, thread.group_id, thread.author_id):
        await repeating.pause(db, thread.id, "author")
        return True
    author, group = await actors.by_id(db, thread.author_id), await actors.by_id(db, thread.group_id)
    assert author is not None
    assert group is not None
    schedule = schedule_of(thread)
    moment = latest(schedule, thread.next_at, now)
    words = posts.Words(
        title=title_on(thread.title, moment, thread.time_zone, thread.language),
        source=thread.source,
        content_warning=thread.content_warning,
    )
    try:
        async with judging.on_record(db):
            post = await posts.write(db, site, author, group, words, now, policy=policy)
    except (Refused, Missing):
        await repeating.pause(db, thread.id, "refused")
    else:
        await repeating.mark_written(db, thread.id, post.id, next_time(schedule, now))
    return True


def schedule_of(thread: Repeating) -> Schedule:
    """When a stored thread repeats."""
    return Schedule(
        frequency=thread.frequency,
        at_time=thread.at_time,
        time_zone=thread.time_zone,
        weekday=thread.weekday,
        day_of_month=thread.day_of_month,
    )


def _thread(number: int, group_id: int, moderator: Actor, wish: Wish, now: datetime) -> Repeating:
    wish = _checked(wish)
    return Repeating(
        id=number,
        group_id=group_id,
        author_id=moderator.id,
        title=wish.title,
        source=wish.source,
        content_warning=wish.content_warning,
        language=wish.language,
        next_at=next_time(wish.schedule, now),
        **msgspec.structs.asdict(wish.schedule),
    )


def _checked(wish: Wish) -> Wish:
    """`wish` tidied up. Raises `Malformed`, in words for who made it."""
    title, source = safe_text(wish.title, 1_000), wish.source.replace("\x00", "").strip()
    if not 1 <= len(title) <= LONGEST_TITLE:
        raise Malformed("A title has 1 to 160 characters.")
    if not 1 <= len(source) <= posts.LONGEST or len(wish.content_warning) > 300:
        raise Malformed("The text has 1 to 20,000 characters, a warning at most 300.")
    return msgspec.structs.replace(
        wish,
        title=title,
        source=source,
        content_warning=safe_text(wish.content_warning, 300),
        schedule=_checked_schedule(wish.schedule),
    )


def _checked_schedule(schedule: Schedule) -> Schedule:
    if not is_time_zone(schedule.time_zone):
        raise Malformed("Please choose a time zone from the list.")
    weekday = schedule.weekday if schedule.frequency == "weekly" else None
    day = schedule.day_of_month if schedule.frequency == "monthly" else None
    if schedule.frequency == "weekly" and (weekday is None or not 0 <= weekday <= 6):
        raise Malformed("Please choose a day of the week.")
    if schedule.frequency == "monthly" and (day is None or not 1 <= day <= 28):
        raise Malformed("The day of the month goes from 1 to 28, so that every month has it.")
    if schedule.frequency not in ("daily", "weekly", "monthly"):
        raise Malformed("Please choose how often.")
    at_time = schedule.at_time.replace(second=0, microsecond=0, tzinfo=None, fold=0)
    return msgspec.structs.replace(schedule, at_time=at_time, weekday=weekday, day_of_month=day)


async def _known(db: Connection, group: Actor, number: int) -> Repeating:
    found = await repeating.locked(db, group.id, number)
    if found is None:
        raise Missing("There is no such thread here.")
    return found
