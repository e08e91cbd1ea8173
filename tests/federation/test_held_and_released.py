"""A member's post from another server waits, is let in by a moderator, and is announced then.

harbour hosts the group, garden has the author, lake has somebody who follows the group. All are whole
communities of ours that talk over real HTTP.
"""

from typing import Any

from fediverse_support.community.joining import memberships
from fediverse_support.core import clock
from fediverse_support.core.models import GUEST
from fediverse_support.database import hold_lines
from fediverse_support.database.pool import acquire
from fediverse_support.moderation import holds
from fediverse_support.moderation import policy as rules
from fediverse_support.policy.document import RuleText, Whole

WORDS = "Here I am, and this is how my week was."


async def joins(fediverse: Any, name: str, member: Any, group: Any) -> Any:
    """Somebody on `name` joins the group on harbour; the group as they know it."""
    server = fediverse[name]
    found = await server.find(group.actor.handle)
    async with acquire(server.pool) as db, db.transaction():
        await memberships.join_elsewhere(db, server.site, member, found)
    await fediverse.settle()
    return await server.known(group.actor)


async def holds_strangers(harbour: Any) -> None:
    """A rule of harbour's, in force in its running processes."""
    rule = RuleText(
        name="First words", when={"sender": "stranger"}, then="hold", reason="We look at first words."
    )
    async with acquire(harbour.pool) as db, db.transaction():
        whole = Whole(rules=(rule,))
        await rules.apply(db, harbour.site, whole, by=None, why="", now=clock.now())
    async with acquire(harbour.pool) as db:
        await harbour.home.foundation.policies.refresh(db)


async def test_a_post_of_a_member_elsewhere_waits_and_is_announced_when_it_is_let_in(
    make_fediverse: Any,
) -> None:
    fediverse = await make_fediverse("harbour", "garden", "lake")
    harbour, garden, lake = (fediverse[name] for name in ("harbour", "garden", "lake"))
    group = await harbour.home.group("sober")
    ada, lea = await garden.home.member("ada"), await lake.home.member("lea")
    known = await joins(fediverse, "garden", ada, group)
    await joins(fediverse, "lake", lea, group)
    await holds_strangers(harbour)

    post = await garden.home.write(ada, known, WORDS, title="Hello")
    await fediverse.settle()
    held = await harbour.home.post_by_uri(post.uri)
    written_at = post.published_at.replace(microsecond=0)
    assert (held.state, held.published_at) == ("held", written_at)
    page = f"/posts/{held.public_id}"
    assert (await harbour.home.get(page, accept="text/html")).status_code == 404
    assert WORDS not in (await harbour.home.get("/groups/sober", accept="text/html")).text
    assert WORDS not in (await harbour.home.get("/groups/sober/outbox?page=1")).text
    assert await lake.fetch(f"{harbour.site.origin}{page}") is None
    assert not any(WORDS.encode() in heard.body for heard in lake.heard)
    assert await lake.pool.fetchval("select count(*) from posts") == 0
    async with acquire(harbour.pool) as db:
        (line,) = await holds.waiting(db, None)
        assert await holds.waiting(db, GUEST) == []
    assert (*line.hold.rules, line.hold.reason) == ("instance: First words", "We look at first words.")
    assert (line.hold.group_id, line.hold.actor_uri) == (group.actor.id, ada.uri)
    said = len(garden.heard)

    async with acquire(harbour.pool) as db, db.transaction():
        await holds.accept(db, harbour.site, line.hold.id, None, clock.now())
    await fediverse.settle()
    live = await harbour.home.post_by_uri(post.uri)
    assert (live.state, live.published_at) == ("live", written_at)
    assert WORDS in (await harbour.home.get(page, accept="text/html")).text
    arrived = await lake.home.post_by_uri(post.uri)
    assert (arrived.state, arrived.published_at) == ("live", written_at)
    assert await lake.reads(lea, WORDS)
    assert len(garden.heard) > said, "its author's server hears that the group has announced it"
    async with acquire(harbour.pool) as db:
        assert await hold_lines.number_waiting(db, None) == 0

    # Whom a moderator has let in once is no stranger: the next words are there at once.
    second = await garden.home.write(ada, known, "A second week.", title="Again")
    await fediverse.settle()
    assert (await harbour.home.post_by_uri(second.uri)).state == "live"
    assert (await lake.home.post_by_uri(second.uri)).state == "live"
