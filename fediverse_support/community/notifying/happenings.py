"""What happened, told to those here whom it concerns: in the same transaction as the deed.

Each deed calls one function of this module, whoever does it and wherever it came from. It stores
notifications (`database/ringing.py`: to whom, and to whom not) and lets devices ring (`database/push.py`).

Open streams need no call: the database notes itself what becomes of posts, boosts, notifications, filters and
announcements (`stream_events`, migration 0035), so that no way to change them can forget it. For the same
reason a deleted post takes its notifications along without being asked.

Every function is safe to run twice.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from fediverse_support.core.models import Post
from fediverse_support.database import push, reports, ringing
from fediverse_support.database.pool import Connection
from fediverse_support.database.push import Ring
from fediverse_support.protocol.site import Site

NEWS_FOR = timedelta(days=2)
"""A post that was older than this when it arrived was looked up, and is told to nobody."""


async def post_live(db: Connection, site: Site, post: Post, now: datetime) -> None:
    """A post is there for others to see, at once or because a moderator has let it in.

    Told are those whom it names or answers, and, if it begins a thread, those who asked for a ring by its
    author or group. Does nothing for a post that is not live, or was old when it came.
    """
    if post.state != "live" or post.received_at - post.published_at > NEWS_FOR:
        return
    rung = await ringing.for_live_post(
        db,
        author_id=post.author_id,
        post_id=post.id,
        named=post.named,
        mentioned=[str(mention.get("href", "")) for mention in post.mentions],
        reach=post.reach,
        parent_id=post.parent_id,
        group_id=post.group_id,
        is_start=post.is_root and post.in_reply_to is None,
        now=now,
    )
    await push.enqueue(db, rung, now)


async def post_changed(db: Connection, site: Site, post: Post, now: datetime) -> None:
    """A live post says something else: told are those who have boosted it, and whom it names now."""
    if post.state != "live":
        return
    await push.enqueue(db, await ringing.for_boosters(db, "update", post.author_id, post.id, now), now)
    await post_live(db, site, post, now)


async def favourited(db: Connection, actor_id: int, post: Post, now: datetime) -> None:
    """Somebody likes a post: told is its author."""
    await _told(db, [post.author_id], "favourite", actor_id, now, post_id=post.id)


async def unfavourited(db: Connection, actor_id: int, post_id: int) -> None:
    """They have taken it back."""
    await ringing.take_back(db, "favourite", actor_id, post_id=post_id)


async def boosted(db: Connection, actor_id: int, post: Post, now: datetime) -> None:
    """Somebody boosts a post: told is its author. A boost that is taken back takes this along by itself."""
    if actor_id != post.group_id:
        await _told(db, [post.author_id], "reblog", actor_id, now, post_id=post.id)


async def followed(
    db: Connection, follower_id: int, followed_id: int, is_request: bool, now: datetime
) -> None:
    """Somebody follows one of ours, or asks to. What was told goes with the follow, or with the answer."""
    await _told(db, [followed_id], "follow_request" if is_request else "follow", follower_id, now)


async def poll_ended(db: Connection, post: Post, now: datetime) -> None:
    """A poll has ended: told are those here who took part, and who asked."""
    await push.enqueue(db, await ringing.for_voters(db, "poll", post.author_id, post.id, now), now)


async def reported(db: Connection, report_id: int, from_id: int, group_id: int | None, now: datetime) -> None:
    """Somebody has reported something: told are those here who look after the group that it is in, and the
    group for who acts as it; where there is nobody, those who look after the community. Whoever is reported
    is not told; if they look after the group, the community is told in its place."""
    team, staff = await ringing.team(db, group_id), await ringing.staff(db)
    concerned = await reports.concerned(db, report_id, [*team, *staff])
    if concerned & set(team) or not team:
        team = [*(one for one in team if one != group_id), *staff]
    receivers = [one for one in dict.fromkeys(team) if one not in concerned]
    await _told(db, receivers, "admin.report", from_id, now, subject_id=report_id)


async def signed_up(db: Connection, actor_id: int, now: datetime) -> None:
    """Somebody has come to this community or asks to: told are those who look after it."""
    await _told(db, await ringing.staff(db), "admin.sign_up", actor_id, now)


async def severed(
    db: Connection, actor_id: int, severance_id: int, details: Mapping[str, Any], now: datetime
) -> None:
    """Follows of one of ours have ended because a server was blocked. `details`: what the client API tells
    of it (`host`, and how many it was `following` there)."""
    await _told(
        db, [actor_id], "severed_relationships", actor_id, now, subject_id=severance_id, details=details
    )


async def warned(
    db: Connection, actor_id: int, deed_id: int, details: Mapping[str, Any], now: datetime
) -> None:
    """The moderators have done something about one of ours or their posts. `details`: what the client API
    tells of it (`action`, `text`)."""
    await _told(db, [actor_id], "moderation_warning", actor_id, now, subject_id=deed_id, details=details)


async def _told(
    db: Connection,
    receivers: Sequence[int],
    kind: str,
    from_id: int,
    now: datetime,
    *,
    post_id: int | None = None,
    subject_id: int | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    rung: list[Ring] = []
    if receivers:
        rung = await ringing.for_actors(
            db, receivers, kind, from_id, now, post_id=post_id, subject_id=subject_id, details=details
        )
    await push.enqueue(db, rung, now)
