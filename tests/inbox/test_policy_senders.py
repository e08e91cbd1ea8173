"""Who sends, and how they stand here: in one look (database/senders.py)."""

from datetime import timedelta
from typing import Any

from fediverse_support.core.identifiers import id_at
from fediverse_support.database import groups, senders
from fediverse_support.database.pool import acquire
from fediverse_support.database.senders import Surroundings


async def look(world: Any, uri: str, *, addressed: tuple[str, ...] = (), **more: Any) -> Surroundings:
    async with acquire(world.pool) as db:
        given: dict[str, Any] = {"author_uri": "", "in_reply_to": None, "now": world.clock()}
        return await senders.look(db, uri=uri, addressed=addressed, **(given | more))


async def test_of_a_stranger_nothing_is_known_and_it_costs_one_round_trip(world: Any) -> None:
    before = world.round_trips()
    found = await look(world, "https://nobody.example/users/x", addressed=("https://nobody.example/g",))
    assert world.round_trips() - before <= 1
    assert found == Surroundings(moderator_is_here=False)


async def test_what_somebody_did_here_is_known(world: Any) -> None:
    ana, bot = await world.known(), await world.known("bot", type="Service")
    group, other = await world.group(), await world.group("sober")
    await world.pool.execute("insert into hosts (name, software) values ($1, 'lemmy')", ana.actor.host)
    first = ana.create(group.actor.uri)
    await world.send(ana, first)
    for place in (group, other, other):
        await world.send(ana, ana.create(place.actor.uri))
    found = await look(world, ana.uri, addressed=(other.actor.uri,))
    sender = found.sender
    assert (found.group, found.group_uri, found.known, found.thread_of) == (
        "sober",
        other.actor.uri,
        None,
        "",
    )
    assert (sender.accepted, sender.accepted_in_group, sender.this_hour, sender.today) == (4, 2, 4, 4)
    assert (sender.software, sender.is_bot, sender.is_local) == ("lemmy", False, False)
    assert sender.handle == ana.actor.handle
    first_at = await world.one("select received_at from posts where uri = $1", first["object"]["id"])
    assert sender.first_accepted_at == first_at
    assert sender.first_seen_at == ana.actor.created_at
    assert not (sender.is_member)
    assert not (sender.is_moderator)
    assert not (sender.is_approved)
    assert not (sender.is_warned)
    assert (await look(world, bot.uri)).sender.is_bot
    # The place of the post, then of what it answers, counts before whomever it addresses.
    about = await look(world, ana.uri, addressed=(other.actor.uri,), object_uri=first["object"]["id"])
    assert (about.group, about.known) == ("carers", "live")
    answer = await look(world, bot.uri, addressed=(other.actor.uri,), in_reply_to=first["object"]["id"])
    assert (answer.group, answer.thread_of) == ("carers", "other")
    own = await look(world, ana.uri, in_reply_to=first["object"]["id"])
    assert own.thread_of == "own"


async def test_how_somebody_stands_in_a_group_and_with_its_moderators_is_known(world: Any) -> None:
    ana, group, mira = await world.known(), await world.group(), await world.member()
    create = ana.create(group.actor.uri)
    await world.send(ana, create)
    await world.follows_us(ana, group.actor)
    async with acquire(world.pool) as db:
        await groups.add_moderator(db, group.actor.id, mira.id)
    await world.pool.execute(
        """
        insert into holds (id, kind, actor_uri, state) values (1, 'arrival', $1, 'refused');
        """.replace("$1", f"'{ana.uri}'")
    )
    member = (await look(world, ana.uri, addressed=(group.actor.uri,))).sender
    assert (member.is_member, member.is_approved, member.is_warned) == (True, False, False)
    await world.pool.execute("update holds set state = 'amended'")
    await world.pool.execute("update posts set state = 'hidden' where uri = $1", create["object"]["id"])
    hidden = "insert into deeds (id, deed, object, done_at) values (1, 'hide post', $1, $2)"
    await world.pool.execute(hidden, create["object"]["id"], world.clock())
    judged = (await look(world, ana.uri, addressed=(group.actor.uri,))).sender
    assert (judged.is_approved, judged.is_warned, judged.accepted) == (True, True, 0)
    # To delete it does not make it unhappened; half a year does.
    await world.send(ana, ana.does("Delete", create["object"]["id"]))
    assert (await look(world, ana.uri)).sender.is_warned
    world.clock.let_pass(days=91)
    assert not (await look(world, ana.uri)).sender.is_warned
    assert (await look(world, mira.uri, addressed=(group.actor.uri,))).sender.is_moderator
    assert not (await look(world, mira.uri)).sender.is_moderator


async def test_the_time_in_the_group_and_whether_a_moderator_is_here_are_known(world: Any) -> None:
    group, mira = await world.group(), await world.member()
    await world.pool.execute(
        "update groups set time_zone = 'Asia/Kolkata' where actor_id = $1", group.actor.id
    )
    async with acquire(world.pool) as db:
        await groups.add_moderator(db, group.actor.id, mira.id)
    await world.pool.execute(
        "insert into accounts (id, actor_id, state) values ($1, $2, 'active')", id_at(world.clock()), mira.id
    )
    await world.pool.execute(
        """
        insert into sessions (token_hash, account_id, csrf_token, seen_at)
        select sha256('x'::bytea), id, 'x', $1 from accounts
        """,
        world.clock() - timedelta(minutes=29),
    )
    now = world.clock()
    found = await look(world, "https://x.example/u", addressed=(group.actor.uri,), now=now)
    assert found.minute == (now.hour * 60 + now.minute + 330) % 1440
    assert found.moderator_is_here is True
    assert (await look(world, "https://x.example/u", now=now)).moderator_is_here is False
    world.clock.let_pass(minutes=2)
    later = await look(world, "https://x.example/u", addressed=(group.actor.uri,))
    assert later.moderator_is_here is False


async def test_the_look_is_answered_from_indexes(world: Any) -> None:
    async with acquire(world.pool) as db, db.transaction():
        # However small the tables of a test are, what has an index must be able to use it.
        await db.execute("set local enable_seqscan = off")
        values = ["u", ["g"], "p", 1, 1, world.clock(), world.clock(), "o"]
        rows = await db.fetch(f"explain {senders._LOOK}", *values)
    plan = "\n".join(row[0] for row in rows)
    assert "Seq Scan" not in plan, plan
