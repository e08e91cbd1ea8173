"""When we look on other servers for the rest of a thread. The looking itself is in `inbox/gathering/`.

- an answer has come, and what it answers has not: a few seconds later, because it often comes by itself;
- a member opens a thread that other servers have a part in: the page is shown as it is, and does not wait;
- a server has come back after it did not answer for long, or we ourselves were away: the threads of the
  last days that may lack something.

Never again within ten minutes for the same thread. What is sealed is on no other server. What people say
outside of groups is not looked for: what was for us has been sent to us.
"""

from datetime import datetime, timedelta

from fediverse_support.community.reading.threads import Thread
from fediverse_support.core.models import Post, Viewer
from fediverse_support.database import community, gatherings, hosts
from fediverse_support.database.gatherings import Gathering
from fediverse_support.database.pool import Connection

COOL_DOWN = timedelta(minutes=10)
PATIENCE = timedelta(seconds=20)
"""How long an answer waits for what it answers before we ask for it."""
ACTIVE = timedelta(days=7)
"""After an outage only threads are looked at in which something was said since then."""
LOOKED_BACK = timedelta(hours=1)
AWAY = timedelta(minutes=15)
"""So long without any worker counts as an outage of ours."""
MOST_AFTER_OUTAGE = 300
MOST_HOSTS = 20
APART = timedelta(seconds=2)
KEPT = timedelta(days=30)


def is_spread(thread: Thread) -> bool:
    """Whether other servers have a part in this thread, so that they may have more of it."""
    root = thread.root
    if root.group_id is None or root.reach == "sealed" or root.state in ("held", "hidden"):
        return False
    return any(not shown.author.is_local for shown in thread.posts)


async def on_opening(db: Connection, viewer: Viewer, thread: Thread, now: datetime) -> Gathering | None:
    """A thread is shown to `viewer`: how far the search for its rest is, begun if it is time.

    Only members begin one. None where there is nothing to look for, and for guests.
    """
    if viewer.account is None or not is_spread(thread):
        return None
    known = await gatherings.of_thread(db, thread.root.id)
    if known is not None and not _is_due_again(known, now):
        return known
    asked = await gatherings.ask(db, [thread.root.id], now, due_at=now, not_since=now - COOL_DOWN)
    return asked[0] if asked else known


async def for_stray(db: Connection, post: Post, now: datetime) -> None:
    """`post` has come without what it answers: ask for that, unless it has come in the meantime."""
    if post.group_id is None:
        return
    if post.in_reply_to is None or post.parent_id is not None or post.state != "live":
        return
    await gatherings.ask(db, [post.root_id], now, due_at=now + PATIENCE, not_since=now - COOL_DOWN)


async def for_new_thread(db: Connection, root_id: int, now: datetime) -> None:
    """A thread was found that began while somebody was away: look for the rest of it, too."""
    await gatherings.ask(db, [root_id], now, due_at=now, not_since=now - COOL_DOWN)


async def after_outages(db: Connection, now: datetime) -> int:
    """Ask for the threads that may lack something since other servers, or we, were away; how many.

    With the last thread of each group elsewhere its outbox is read, for threads that began meanwhile. Call it
    every minute; it notes that we are awake. Safe to run twice.
    """
    lacking: list[int] = []
    outboxes: list[int] = []
    awake_at = await community.stay_awake(db, now)
    if awake_at is not None and now - awake_at > AWAY:
        outboxes += await gatherings.last_of_groups(db, None, awake_at, MOST_AFTER_OUTAGE)
        lacking += await gatherings.spread_anywhere(db, awake_at, now - ACTIVE, MOST_AFTER_OUTAGE)
    for name, back_at in await hosts.recovered_since(db, now - LOOKED_BACK, MOST_HOSTS):
        outboxes += await gatherings.last_of_groups(db, [name], back_at, MOST_AFTER_OUTAGE)
        lacking += await gatherings.spread_over(db, [name], back_at, now - ACTIVE, MOST_AFTER_OUTAGE)
    wanted = list(dict.fromkeys(outboxes + lacking))[:MOST_AFTER_OUTAGE]
    if not wanted:
        return 0
    asked = await gatherings.ask(
        db, wanted, now, due_at=now, not_since=now - COOL_DOWN, apart=APART, outboxes=outboxes
    )
    return len(asked)


async def forget_old(db: Connection, now: datetime) -> None:
    """Forget searches that ended long ago. Safe to run twice."""
    await gatherings.forget_old(db, now - KEPT)


def _is_due_again(known: Gathering, now: datetime) -> bool:
    return known.finished_at is not None and now - known.finished_at > COOL_DOWN
