"""How far a post goes: chosen by its author, never further than its group and what it answers."""

import itertools
import json
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.community.posts import announcing, posts, reaches
from fediverse_support.core import clock
from fediverse_support.core.errors import Malformed
from fediverse_support.core.models import REACHES, Actor, Group, Viewer
from fediverse_support.database.pool import acquire
from tests.support.followers import followed, letters, told

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
choice = st.sampled_from(REACHES)


def actor(**more):
    given = {"id": 1, "uri": "https://a.example/groups/g", "type": "Group", "is_local": True, "name": "g"}
    return Actor(**given, host="a.example", created_at=clock.now(), **more)


@given(st.none() | choice, choice, st.none() | choice)
def test_nothing_goes_further_than_its_group(asked, widest, usual):
    group = Group(actor=actor(), reach=widest, default_reach=usual)
    found = reaches.settle(asked, group.actor, group)
    assert REACHES.index(found) <= REACHES.index(widest)
    if asked is not None:
        assert found == min(asked, widest, key=REACHES.index)
    elif usual is not None:
        assert found == min(usual, widest, key=REACHES.index)
    else:
        assert found == widest
    assert found in reaches.allowed(group.actor, group)


def test_a_group_elsewhere_takes_nothing_that_it_cannot_hold():
    public, closed = actor(), actor(approves_followers=True)
    for asked in ("sealed", "members"):
        with pytest.raises(Malformed):
            reaches.settle(asked, public, None)
    with pytest.raises(Malformed):
        reaches.settle("sealed", closed, None)
    assert reaches.settle("open", closed, None) == reaches.settle(None, closed, None) == "members"
    assert reaches.allowed(public, None) == ("quiet", "open")


async def say(home, author, group, reach, parent=None):
    """Write or answer with a wish for how far it goes."""
    words = posts.Words(source="Good morning.", title="A thread", reach=reach)
    async with acquire(home.pool) as db, db.transaction():
        if parent is None:
            return await posts.write(
                db, home.site, author, group.actor, words, clock.now(), policy=home.policy
            )
        viewer = Viewer(actor_id=author.id, member_of=(group.actor.id,))
        return await posts.reply(
            db, home.site, author, viewer, parent.id, words, clock.now(), policy=home.policy
        )


async def test_who_asks_for_more_gets_what_there_is_and_is_told_so(home):
    ada, group = await home.member(), await home.group(reach="members")
    await home.join(ada, group.actor)
    post = await say(home, ada, group, "open")
    assert post.reach == "members"
    assert reaches.was_narrowed("open", post)
    assert not reaches.was_narrowed("members", post)
    assert not reaches.was_narrowed(None, post)


async def test_an_answer_never_goes_further_than_what_it_answers(home):
    ada, group = await home.member(), await home.group()
    await home.join(ada, group.actor)
    for parent_reach, asked in itertools.product(REACHES, (*REACHES, None)):
        parent = await say(home, ada, group, parent_reach)
        answer = await say(home, ada, group, asked, parent)
        assert answer.reach == min(parent_reach, asked or parent_reach, key=REACHES.index)


async def test_what_is_for_members_goes_to_servers_of_members_that_can_keep_it(home):
    ada, group = await home.member(), await home.group()
    await home.join(ada, group.actor)
    for software, version in (("lemmy", "1.0"), ("mastodon", "4.5"), ("mbin", "1.8"), ("who-knows", "1")):
        await followed(home, group, software=software, version=version)
    await followed(home, group, software="lemmy", version="0.19.5", host="old.example")
    async with acquire(home.pool) as db:
        before = await announcing.hosts_of_members(db, group.actor)
    post = await say(home, ada, group, "members")
    rows = await home.pool.fetch("select distinct host from deliveries order by host")
    assert [row["host"] for row in rows] == before == ["lemmy.example", "who-knows.example"]
    for host in before:
        assert await told(home, host) == [("Announce", "Create")]
        (letter,) = await letters(home, host)
        for document in (letter, letter["object"], letter["object"]["object"]):
            assert PUBLIC not in [*document["to"], *document["cc"]]
            assert document["to"] == [group.actor.uri, f"{group.actor.uri}/followers"]
    assert await home.pool.fetchval("select count(*) from activities where is_public") == 0
    assert post.reach == "members"


async def test_edits_deletions_and_answers_of_members_go_the_same_way(home):
    ada, group = await home.member(), await home.group(seeing="members")
    await home.join(ada, group.actor)
    await followed(home, group, software="fediverse-support")
    await followed(home, group, software="mastodon")
    post = await home.write(ada, group.actor, source="@lea@mastodon.example, are you there?")
    post = await home.edit(ada, post, "changed", clock.now() + timedelta(seconds=2))
    answer = await home.reply(ada, post)
    await home.delete(ada, answer)
    assert await told(home, "fediverse-support.example") == [
        ("Announce", "Create"), ("Announce", "Update"), ("Announce", "Create"), ("Announce", "Delete"),
    ]  # fmt: skip
    assert await told(home, "mastodon.example") == []
    rows = await home.pool.fetch("select body from activities")
    assert not any(PUBLIC in row["body"] for row in rows)


async def test_what_is_quiet_is_passed_on_and_not_boosted(home):
    ada, group = await home.member(), await home.group(reach="quiet")
    await followed(home, group, software="lemmy")
    await followed(home, group, software="mastodon")
    await home.write(ada, group.actor)
    assert await told(home, "lemmy.example") == [("Announce", "Create")]
    assert await told(home, "mastodon.example") == []


async def test_what_members_write_in_a_group_elsewhere_goes_there_and_to_nobody_else(home):
    ada = await home.member()
    there = await followed(home, await home.group("other"), software="lemmy", name="tea")
    await home.pool.execute(
        "update actors set type = 'Group', approves_followers = true where id = $1", there.id
    )
    await followed(home, await home.group("third"), software="mastodon", name="max")
    group = msgspec.structs.replace(there, type="Group", approves_followers=True)
    async with acquire(home.pool) as db, db.transaction():
        words = posts.Words(source="Hello @max@mastodon.example", title="Tea", reach="open")
        post = await posts.write(db, home.site, ada, group, words, clock.now(), policy=home.policy)
    assert post.reach == "members"
    (letter,) = await letters(home, "lemmy.example")
    assert (letter["type"], PUBLIC in json.dumps(letter)) == ("Create", False)
    assert await letters(home, "mastodon.example") == []


DEEDS = ("write", "reply", "edit", "delete")


@pytest.mark.parametrize("answers", [{}, {"reach": "sealed"}], ids=["sealed post", "sealed group"])
async def test_no_row_ever_mentions_what_is_sealed(home, answers):
    """Whatever is done with it, in whatever order: no activity and no delivery knows of a sealed post."""
    ada, group = await home.member(), await home.group(**answers)
    await home.join(ada, group.actor)
    for software in ("lemmy", "mastodon", "fediverse-support"):
        await followed(home, group, software=software)
    moment = clock.now()
    for deeds in itertools.permutations(DEEDS, 3):
        sealed = [await say(home, ada, group, "sealed")]
        for deed in deeds:
            moment += timedelta(seconds=2)
            match deed:
                case "write":
                    sealed.append(await say(home, ada, group, "sealed"))
                case "reply":
                    sealed.append(await say(home, ada, group, "open", sealed[0]))
                case "edit":
                    await home.edit(ada, sealed[-1], "changed", moment)
                case "delete" if len(sealed) > 1:
                    await home.delete(ada, sealed.pop())
    assert await home.pool.fetchval("select count(*) from posts where reach <> 'sealed'") == 0
    assert await home.pool.fetchval("select count(*) from activities") == 0
    assert await home.pool.fetchval("select count(*) from deliveries") == 0
