"""What the pages of those who look after groups have in common."""

from datetime import UTC, date, datetime, time, timedelta

from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.core.models import Actor
from fediverse_support.database import actors
from fediverse_support.moderation import rights
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.places import known_group
from fediverse_support.web.security import Visit


async def cared_for_group(visit: Visit) -> Actor:
    """The group that the path names, here or elsewhere, for who looks after it. To others there is none."""
    actor, _ = await known_group(visit)
    if not rights.looks_after(visit.viewer, actor):
        raise Missing
    return actor


async def person_named(visit: Visit, handle: str) -> Actor:
    """A person whom we know: a member as `name`, others as `name@server`. Raises `Malformed`."""
    name, _, host = handle.strip().lstrip("@").partition("@")
    if host in ("", visit.services.site.domain):
        found = await actors.local_by_name(visit.db, name)
    else:
        found = await actors.by_handle(visit.db, name, host.lower())
    if found is None or found.type not in ("Person", "Service") or found.state != "active":
        raise Malformed("We know nobody of this name. Write it as name, or as name@server.")
    return found


def last_moment(form: Form, name: str) -> datetime | None:
    """The last second of the day in a date field (in UTC), whose date is still that day; None if it is empty.

    Raises `Malformed`.
    """
    given = form.line(name)
    if not given:
        return None
    try:
        chosen = date.fromisoformat(given)
        return datetime.combine(chosen, time(), UTC) + timedelta(days=1) - timedelta(seconds=1)
    except (ValueError, OverflowError):
        raise Malformed("Please write the day as year-month-day, like 2027-03-31.") from None
