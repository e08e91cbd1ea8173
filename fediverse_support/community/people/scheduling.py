"""Posts that are written now and sent later, by whoever works at that time.

What cannot be sent then, because a rule refuses it or a group is gone, stays as a draft of its author's, who
is told why: nothing that somebody wrote is lost.
"""

from datetime import UTC, datetime, timedelta

import msgspec

from fediverse_support.community.people import posting_by_mention, receipts
from fediverse_support.community.people.posting_by_mention import Deed, Wish
from fediverse_support.community.pictures import media
from fediverse_support.community.posts import posts
from fediverse_support.community.posts.judging import NotTaken
from fediverse_support.core.errors import Conflict, Malformed, Missing, Refused
from fediverse_support.core.models import Actor
from fediverse_support.database import actors, client_accounts, decisions, scheduled_posts
from fediverse_support.database.pool import Connection
from fediverse_support.database.scheduled_posts import Scheduled
from fediverse_support.policy.engine import Policy
from fediverse_support.protocol.site import Site

SOONEST = timedelta(minutes=5)
LATEST = timedelta(days=5 * 365)
MOST = 300
MOST_A_DAY = 25
"""As on Mastodon: what is written for later is no way past the limits on posting."""
NOT_SENT = "What you had scheduled was not sent. It is kept as a draft. The reason:"
NOT_ALLOWED = "You may not write as this group any more."


async def schedule(
    db: Connection, actor_id: int, account_id: int, wish: Wish, at: datetime, now: datetime
) -> Scheduled:
    """Keep a wish until its time. Raises `Malformed`."""
    check_time(at, now)
    if not wish.source.strip() and not wish.content_warning.strip() and not wish.media_ids:
        raise Malformed("There is nothing written yet.")
    if len(wish.source) > posts.LONGEST:
        raise Malformed("This is longer than 20,000 characters. Nothing was lost: shorten it and send again.")
    if await scheduled_posts.count(db, actor_id) >= MOST:
        raise Malformed("You have scheduled 300 posts already.")
    await _check_day(db, actor_id, at)
    return await scheduled_posts.insert(db, actor_id, account_id, msgspec.to_builtins(wish), at, now)


def check_time(at: datetime, now: datetime) -> None:
    """Raise `Malformed` for a time that is too soon, or too far away."""
    if at < now + SOONEST:
        raise Malformed("Validation failed: Scheduled at must be at least five minutes from now.")
    if at > now + LATEST:
        raise Malformed("Validation failed: Scheduled at is too far in the future.")


async def put_off(
    db: Connection, actor_id: int, number: int, at: datetime, now: datetime
) -> Scheduled | None:
    """Let something be sent at another time; None if it is not there. Raises `Malformed`.

    The caller opened the transaction.
    """
    check_time(at, now)
    await _check_day(db, actor_id, at, besides=number)
    return await scheduled_posts.put_off(db, actor_id, number, at)


async def _check_day(db: Connection, actor_id: int, at: datetime, besides: int | None = None) -> None:
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if await scheduled_posts.count_within(db, actor_id, day, day + timedelta(days=1), besides) >= MOST_A_DAY:
        raise Malformed(f"At most {MOST_A_DAY} posts can be scheduled for one day.")


async def publish_next(db: Connection, site: Site, now: datetime, *, policy: Policy) -> bool:
    """Send one post whose time has come; False if there is none.

    The caller opened the transaction. Safe in several workers at once, and safe to run twice.
    """
    due = await scheduled_posts.next_due(db, now)
    if due is None:
        return False
    me = await actors.by_id(db, due.actor_id)
    try:
        async with db.transaction():
            await _publish(db, site, me, due, now, policy)
            await scheduled_posts.remove(db, due.actor_id, due.id)
    except (Refused, Missing, Conflict, msgspec.ValidationError) as trouble:
        if isinstance(trouble, NotTaken):
            await decisions.record(db, trouble.arrival, trouble.decision)
        why = str(trouble.args[0]) if trouble.args else NOT_ALLOWED
        await scheduled_posts.keep_as_draft(db, due.id, why)
        if me is not None:
            await receipts.give(db, site, None, me, [NOT_SENT, why], now)
    return True


async def _publish(
    db: Connection, site: Site, me: Actor | None, due: Scheduled, now: datetime, policy: Policy
) -> None:
    viewer = await scheduled_posts.viewer_of(db, due.account_id, due.actor_id)
    if viewer is None or me is None or me.state != "active":
        raise Missing(NOT_ALLOWED)
    wish = msgspec.convert(due.wish, Wish)
    attachments = await media.attach(db, site, me.id, wish.media_ids)
    defaults = await client_accounts.defaults(db, me.id)
    await posting_by_mention.publish(
        db,
        Deed(
            site=site,
            me=me,
            viewer=viewer,
            wish=wish,
            now=now,
            policy=policy,
            attachments=attachments,
            usual=defaults.reach,
        ),
    )
