"""What a group on another server tells one of ours about their request to join, and the answer."""

from datetime import timedelta

import pytest

from fediverse_support.community.joining import join_answers, joining_elsewhere
from fediverse_support.core.errors import Conflict
from fediverse_support.database import actors
from fediverse_support.database.pool import acquire


async def call(world, function, *arguments, **more):
    async with acquire(world.pool) as db, db.transaction():
        return await function(db, *arguments, **more)


async def said(world):
    rows = await world.rows("select from_team, text from join_request_messages order by id")
    return [(row["from_team"], row["text"]) for row in rows]


async def latest(world):
    rows = await world.rows("select state, note from join_requests order by id desc limit 1")
    return (rows[0]["state"], rows[0]["note"]) if rows else None


async def waits(world):
    """A member of ours has asked a group elsewhere; the member, the group, and the id of the Follow."""
    group = await world.known("calm", type="Group")
    mira = await world.member()
    return mira, group, await world.join_elsewhere(mira, group)


def letter(author, mira, content="<p>Since when?</p>", **more):
    return (
        author.note(to=[mira.uri], cc=[], content=content, tag=[{"type": "Mention", "href": mira.uri}]) | more
    )


@pytest.mark.parametrize("author", ["ana", "other"])
async def test_a_letter_of_nobody_whom_one_asked_is_a_message_like_any_other(world, author):
    mira, _, _ = await waits(world)
    stranger = await world.known(author, type="Group" if author == "other" else "Person")
    await world.send(stranger, stranger.wrap("Create", letter(stranger, mira)))
    assert await said(world) == []
    assert (
        await world.one(
            "select count(*) from posts where reach = 'direct' and named = array[$1::bigint]", mira.id
        )
        == 1
    )


async def test_a_letter_of_a_group_that_has_let_one_in_belongs_to_no_request(world):
    mira, group, follow = await waits(world)
    await world.send(group, group.does("Accept", follow))
    await world.send(group, group.wrap("Create", letter(group, mira)))
    assert await said(world) == []


async def test_a_question_back_waits_for_who_asked_to_join(world):
    mira, group, _ = await waits(world)
    create = group.wrap("Create", letter(group, mira))
    assert (await world.send(group, create)).state == "done"
    assert await said(world) == [(True, "Since when?")]
    assert await latest(world) == ("asked", "")
    assert await world.rows("select 1 from posts") == []


async def test_the_answer_is_a_letter_to_the_group_alone(world):
    mira, group, _ = await waits(world)
    question = letter(group, mira)
    await world.send(group, group.wrap("Create", question))
    known = await call(world, actors.by_uri, group.uri)
    await call(world, joining_elsewhere.answer, world.site, mira, known, "Since May.", world.clock())
    (create,) = await world.sent("Create")
    note = create["body"]["object"]
    assert (note["to"], note["cc"], note["inReplyTo"]) == ([group.uri], [], question["id"])
    assert await said(world) == [(True, "Since when?"), (False, "Since May.")]
    with pytest.raises(Conflict):
        await call(world, joining_elsewhere.answer, world.site, mira, known, "Again", world.clock())


@pytest.mark.parametrize(("is_in", "state"), [(False, "declined"), (True, "removed")])
async def test_the_reason_for_a_no_is_kept_for_who_asked(world, is_in, state):
    mira, group, follow = await waits(world)
    if is_in:
        await world.send(group, group.does("Accept", follow))
    await world.send(group, group.does("Reject", follow, summary="We are full until June."))
    assert await latest(world) == (state, "We are full until June.")
    assert await world.rows("select 1 from follows where follower_id = $1", mira.id) == []


async def test_all_of_it_is_gone_thirty_days_after_the_decision(world):
    mira, group, follow = await waits(world)
    await world.send(group, group.wrap("Create", letter(group, mira)))
    known = await call(world, actors.by_uri, group.uri)
    await call(world, joining_elsewhere.answer, world.site, mira, known, "Since May.", world.clock())
    await world.send(group, group.does("Reject", follow, summary="Full."))
    await call(world, join_answers.empty_old_answers, world.clock() + join_answers.KEPT + timedelta(days=1))
    assert await said(world) == []
    assert await latest(world) == ("declined", "")
    assert await world.rows("select 1 from activities where type = 'Create'") == []


async def test_a_no_of_before_is_over_once_somebody_is_let_in(world):
    mira, group, follow = await waits(world)
    await world.send(group, group.does("Reject", follow, summary="Full."))
    again = await world.join_elsewhere(mira, group)
    await world.send(group, group.does("Accept", again))
    assert await latest(world) == ("approved", "")
