"""Our groups: made, changed, closed."""

import pytest

from fediverse_support.core.errors import Conflict, Malformed
from tests.support.remote import RemoteActor


@pytest.mark.parametrize("name", ["", "A", "a b", "a" * 31, "é", "a.b", "../x", "a@b"])
async def test_a_name_that_does_not_fit_into_an_address_is_refused(home, name):
    with pytest.raises(Malformed):
        await home.group(name)


@pytest.mark.parametrize(
    "answers",
    [
        {"title": ""},
        {"title": "x" * 201},
        {"joining": "perhaps"},
        {"reach": "wide"},
        {"summary": "x" * 20_001},
    ],
    ids=["no title", "long title", "joining", "reach", "long summary"],
)
async def test_answers_that_make_no_sense_are_refused(home, answers):
    with pytest.raises(Malformed):
        await home.group("fine", **answers)
    assert await home.pool.fetchval("select count(*) from groups") == 0


async def test_o17_a_name_is_given_out_once_to_people_and_groups_together_and_for_ever(home):
    group = await home.group("carers")
    with pytest.raises(Conflict):
        await home.group("carers")
    await home.pool.execute("update actors set state = 'gone' where id = $1", group.actor.id)
    with pytest.raises(Conflict):
        await home.group("carers")
    await home.member("ada")
    with pytest.raises(Conflict):
        await home.group("ada")


async def test_a_group_that_only_members_see_reaches_no_further(home):
    assert (await home.group("inner", seeing="members", reach="open")).reach == "members"


@pytest.mark.parametrize(
    ("answers", "reach", "usual"),
    [
        ({"default_reach": "quiet"}, "open", "quiet"),
        ({"default_reach": "sealed"}, "open", "sealed"),
        ({"reach": "quiet", "default_reach": "open"}, "quiet", None),
        ({"seeing": "members", "default_reach": "quiet"}, "members", None),
        ({"seeing": "members", "default_reach": "sealed"}, "members", "sealed"),
        ({"reach": "sealed", "default_reach": "members"}, "sealed", None),
    ],
    ids=str,
)
async def test_the_usual_reach_is_never_wider_than_the_widest(home, answers, reach, usual):
    group = await home.group("inner", **answers)
    assert (group.reach, group.default_reach) == (reach, usual)


async def test_a_reach_that_nobody_knows_is_refused(home):
    with pytest.raises(Malformed):
        await home.group("inner", default_reach="friends")


async def test_a_change_is_told_to_the_followers(home):
    group, follower = await home.group(), await home.meet(RemoteActor())
    await home.pool.execute(
        """
        insert into follows (follower_id, followed_id, state, activity_uris)
        values ($1, $2, 'accepted', '{x}')
        """,
        follower.id,
        group.actor.id,
    )
    await home.edit_group(group, title="Another title", summary="*New*")
    (update,) = await home.published(group.actor)
    assert (update["type"], update["object"]["name"]) == ("Update", "Another title")
    assert await home.pool.fetchval("select count(*) from deliveries") == 1
