"""Following a members-only group: who is turned away and how, who waits, and who comes in."""

import pytest

from fediverse_support.community.joining import servers
from fediverse_support.community.joining.memberships import MOST_WAITING_OF_A_SERVER
from fediverse_support.database.pool import acquire

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


async def states(world):
    return [row["state"] for row in await world.rows("select state from follows order by created_at")]


async def newcomer(world, software, name="ana", host="peer"):
    if software:
        world.internet.software[host] = software
    return await world.known(name, host)


@pytest.mark.parametrize("software", ["mastodon", "gotosocial", "piefed", "mbin", "nodebb", "Pleroma"])
async def test_software_that_would_show_it_to_others_is_declined_with_an_explanation(world, software):
    ana, group = await newcomer(world, software), await world.group(seeing="members", joining="open")
    follow = ana.does("Follow", group.actor.uri)
    arrived = await world.send(ana, follow)
    assert arrived.outcome == f"Declined: {servers.CANNOT_KEEP}"
    assert await states(world) == []
    (reject,) = await world.sent("Reject")
    assert reject["body"]["object"]["id"] == follow["id"]
    assert reject["body"]["summary"] == servers.CANNOT_KEEP
    assert servers.CANNOT_KEEP in reject["body"]["content"]
    assert not reject["is_public"]
    assert reject["inboxes"] == [f"{ana.uri}/inbox"]


async def test_the_explanation_is_one_letter_to_that_person_and_to_nobody_else(world):
    ana, group = await newcomer(world, "mastodon"), await world.group(seeing="members")
    await world.send(ana, ana.does("Follow", group.actor.uri))
    (create,) = await world.sent("Create")
    note = create["body"]["object"]
    assert (create["body"]["actor"], note["attributedTo"]) == (group.actor.uri, group.actor.uri)
    for document in (create["body"], note):
        assert (document["to"], document["cc"]) == ([ana.uri], [])
    assert note["tag"] == [{"type": "Mention", "href": ana.uri, "name": f"@{ana.actor.handle}"}]
    assert group.actor.uri in note["content"]
    assert "nothing was shared" in note["content"]
    assert not create["is_public"]
    assert create["inboxes"] == [f"{ana.uri}/inbox"]


async def test_asking_again_and_again_brings_one_letter_in_thirty_days(world):
    ana, group = await newcomer(world, "mastodon"), await world.group(seeing="members")
    for _ in range(3):
        await world.send(ana, ana.does("Follow", group.actor.uri))
    assert len(await world.sent("Reject")) == 3
    assert len(await world.sent("Create")) == 1
    world.clock.let_pass(days=31)
    await world.send(ana, ana.does("Follow", group.actor.uri))
    assert len(await world.sent("Create")) == 2


async def test_the_letter_goes_to_no_third_server(world):
    world.internet.software["peer"] = "mastodon"
    victim = world.internet.url("victim", "/inbox")
    group = await world.group(seeing="members")
    eve = await world.known("eve", inbox=victim, endpoints={})
    await world.pool.execute("update actors set inbox_url = $1 where uri = $2", victim, eve.uri)
    await world.send(eve, eve.does("Follow", group.actor.uri))
    assert await world.sent("Create") == []


@pytest.mark.parametrize("type", ["Group", "Application", "Service", "Organization"])
async def test_only_people_join_what_is_for_members(world, type):
    """A group that follows a group passes on what it hears; a server could follow for all of its people."""
    world.internet.software["peer"] = "fediverse-support"
    other, group = await world.known("other", type=type), await world.group(seeing="members")
    arrived = await world.send(other, other.does("Follow", group.actor.uri))
    assert "only people" in arrived.outcome
    assert await states(world) == []
    assert len(await world.sent("Reject")) == 1


async def test_an_open_group_takes_everybody_as_before(world):
    ana, group = await newcomer(world, "mastodon"), await world.group()
    assert (await world.send(ana, ana.does("Follow", group.actor.uri))).outcome == "Let in."
    assert await world.sent("Create") == []


@pytest.mark.parametrize("software", [None, "somethingnew"])
async def test_software_that_nobody_knows_waits_for_a_moderator_who_is_warned(world, software):
    ana, group = await newcomer(world, software), await world.group(seeing="members", joining="open")
    assert (await world.send(ana, ana.does("Follow", group.actor.uri))).outcome == "Waits for a moderator."
    assert await states(world) == ["pending"]
    async with acquire(world.pool) as db:
        found = await servers.warning_about(db, ana.actor, group)
    assert found == servers.Warning(
        host=f"peer.localhost:{world.internet.port}",
        software=software,
        version="1" if software else None,
        keeps_private="unknown",
        level=None,
        members_there=0,
    )


async def test_the_software_is_asked_for_once_a_day_and_not_for_each_follow(world):
    group = await world.group(seeing="members", joining="open")
    ana, lea = await newcomer(world, "mastodon"), await newcomer(world, "mastodon", "lea")
    for one in (ana, lea, ana):
        await world.send(one, one.does("Follow", group.actor.uri))
    assert len([url for url in world.internet.asked if "nodeinfo" in url]) == 1
    world.internet.software["peer"] = "fediverse-support"
    world.clock.let_pass(days=2)
    assert (await world.send(ana, ana.does("Follow", group.actor.uri))).outcome == "Waits for a moderator."


@pytest.mark.parametrize("joining", ["open", "approval"])
async def test_the_first_of_a_server_waits_even_where_the_door_is_open(world, joining):
    ana = await newcomer(world, "fediverse-support")
    group = await world.group(seeing="members", joining=joining)
    assert (await world.send(ana, ana.does("Follow", group.actor.uri))).outcome == "Waits for a moderator."


async def test_the_second_of_a_server_walks_through_an_open_door_and_waits_at_a_closed_one(world):
    ana = await newcomer(world, "fediverse-support")
    lea = await newcomer(world, "fediverse-support", "lea")
    for name, joining, outcome in (
        ("carers", "open", "Let in."),
        ("parents", "approval", "Waits for a moderator."),
    ):
        group = await world.group(name, seeing="members", joining=joining)
        await world.follows_us(ana, group.actor)
        assert (await world.send(lea, lea.does("Follow", group.actor.uri))).outcome == outcome


async def test_a_server_that_is_watched_waits_also_with_members(world):
    ana = await newcomer(world, "fediverse-support")
    lea = await newcomer(world, "fediverse-support", "lea")
    group = await world.group(seeing="members", joining="open")
    await world.follows_us(ana, group.actor)
    world.set_levels(peer="limited")
    await world.pool.execute(
        "insert into domain_levels (domain, level, public_reason, private_note) values"
        " ('peer.localhost', 'limited', '', ''), ('localhost', 'held', '', '')"
    )
    assert (await world.send(lea, lea.does("Follow", group.actor.uri))).outcome == "Waits for a moderator."
    async with acquire(world.pool) as db:
        found = await servers.warning_about(db, lea.actor, group)
    assert found is not None
    assert (found.level, found.members_there, found.is_first_from_server) == ("limited", 1, False)
    assert found.keeps_private == "yes"


async def test_nobody_is_warned_of_our_own_people(world):
    group, mira = await world.group(seeing="members"), await world.member()
    async with acquire(world.pool) as db:
        assert await servers.warning_about(db, mira, group) is None


async def test_a_storm_of_strangers_fills_no_more_than_its_part_of_the_list(world):
    world.internet.software["peer"] = "fediverse-support"
    group = await world.group(seeing="members", joining="approval")
    await world.pool.execute(
        """
        with crowd as (
            insert into actors (id, uri, type, is_local, name, host, inbox_url, created_at)
            select n, $2 || n, 'Person', false, 'p' || n, $3, $2 || n || '/inbox', now()
              from generate_series(1, $4::bigint) n returning id
        ), asked as (
            insert into follows (follower_id, followed_id, state, activity_uris)
            select id, $1, 'pending', '{x}' from crowd
        )
        insert into join_requests (id, group_id, actor_id) select id, $1, id from crowd
        """,
        group.actor.id,
        world.internet.url("peer", "/users/p"),
        f"peer.localhost:{world.internet.port}",
        MOST_WAITING_OF_A_SERVER,
    )
    ana = await world.known()
    arrived = await world.send(ana, ana.does("Follow", group.actor.uri))
    assert "Many people are waiting" in arrived.outcome
    assert len(await states(world)) == MOST_WAITING_OF_A_SERVER
    world.internet.software["other"] = "lemmy"
    world.internet.software["far"] = "fediverse-support"
    lea = await world.known("lea", "far")
    assert (await world.send(lea, lea.does("Follow", group.actor.uri))).outcome == "Waits for a moderator."


async def test_a_lost_answer_of_nodeinfo_does_not_lose_the_follow(world):
    ana = await world.known()
    world.internet.documents[world.internet.url("peer", "/.well-known/nodeinfo")] = 500
    group = await world.group(seeing="members", joining="open")
    arrived = await world.send(ana, ana.does("Follow", group.actor.uri))
    assert (arrived.state, arrived.outcome) == ("done", "Waits for a moderator.")
