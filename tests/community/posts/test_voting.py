"""Polls of ours: who may not answer, what nobody learns, and what is told when."""

import asyncio
import json
from datetime import timedelta

import pytest

from fediverse_support.community.posts import posts, voting
from fediverse_support.community.posts.polls import NewPoll
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Forbidden, Malformed, Missing
from fediverse_support.database import polls
from fediverse_support.database.pool import acquire
from tests.support.remote import RemoteActor

ANSWERS = ("Mornings", "Evenings", "Neither")


async def ask(home, author, group, now=None, **changes):
    given = {"answers": ANSWERS, "ends_after": timedelta(days=3)} | changes
    async with acquire(home.pool) as db, db.transaction():
        words = posts.Words(title="When do we meet?", source="")
        return await posts.write(
            db,
            home.site,
            author,
            group,
            words,
            now or clock.now(),
            addition=NewPoll(**given),
            policy=home.policy,
        )


async def vote(home, voter, post, *positions, now=None):
    async with acquire(home.pool) as db, db.transaction():
        await voting.vote(db, home.site, voter, post.id, positions, now or clock.now())


async def poll_of(home, post):
    async with acquire(home.pool) as db:
        return await polls.of_post(db, post.id)


async def keep_house(home, now) -> int:
    """End and tell whatever is due; how much that was."""
    count = 0
    async with acquire(home.pool) as db:
        for deed in (voting.close_next, voting.tell_next):
            while True:
                async with db.transaction():
                    if not await deed(db, home.site, now):
                        break
                count += 1
    return count


def totals(question) -> list[int]:
    return [one["replies"]["totalItems"] for one in question.get("oneOf") or question["anyOf"]]


async def followed(home, group, software, name="lea"):
    actor = RemoteActor(name, f"https://{software}.example")
    stored = await home.meet(actor)
    await home.pool.execute(
        "insert into hosts (name, software) values ($1, $2) on conflict do nothing", actor.host, software
    )
    await home.pool.execute(
        "insert into follows (follower_id, followed_id, state, activity_uris) "
        "values ($1, $2, 'accepted', '{x}')",
        stored.id,
        group.actor.id,
    )
    return stored


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"answers": ("Only one",)}, "two to eight"),
        ({"answers": ()}, "two to eight"),
        ({"answers": tuple(map(str, range(9)))}, "two to eight"),
        ({"answers": tuple(map(str, range(500)))}, "two to eight"),
        ({"answers": ("Yes", " yes ")}, "the same"),
        ({"answers": ("Yes", "x" * 101)}, "100"),
        ({"answers": ("Yes", "\u200b")}, "two to eight"),
        ({"ends_after": timedelta(minutes=59)}, "one hour"),
        ({"ends_after": timedelta(days=31)}, "thirty days"),
        ({"ends_after": timedelta(days=-1)}, "one hour"),
    ],
    ids=str,
)
async def test_a_poll_that_is_none_is_refused_and_nothing_is_written(home, changes, words):
    member, group = await home.member(), await home.group()
    with pytest.raises(Malformed, match=words):
        await ask(home, member, group.actor, **changes)
    assert await home.pool.fetchval("select count(*) from posts") == 0


async def test_who_may_not_see_a_poll_cannot_answer_it(home):
    group = await home.group(seeing="members", reach="members", speaking="members")
    ada, stranger = await home.member("ada"), await home.member("stranger")
    await home.join(ada, group.actor)
    post = await ask(home, ada, group.actor)
    with pytest.raises(Missing):
        await vote(home, stranger, post, 0)
    assert (await poll_of(home, post)).voters == 0


async def test_who_was_asked_to_stay_away_cannot_answer(home):
    ada, ben, group = await home.member("ada"), await home.member("ben"), await home.group()
    post = await ask(home, ada, group.actor)
    await home.pool.execute(
        "insert into blocks (blocker_uri, blocked_uri, target_uri, activity_uri) values ($1, $2, $1, 'x')",
        group.actor.uri,
        ben.uri,
    )
    with pytest.raises(Forbidden):
        await vote(home, ben, post, 0)


@pytest.mark.parametrize("state", ["held", "hidden", "deleted"])
async def test_a_poll_that_is_not_live_is_not_answered(home, state):
    ada, ben, group = await home.member("ada"), await home.member("ben"), await home.group()
    post = await ask(home, ada, group.actor)
    await home.pool.execute("update posts set state = $1", state)
    with pytest.raises(Missing):
        await vote(home, ben, post, 0)


@pytest.mark.parametrize(
    ("positions", "error"), [((), Malformed), ((3,), Malformed), ((-1,), Malformed), ((0, 1), Malformed)]
)
async def test_what_cannot_be_chosen_is_refused(home, positions, error):
    ada, group = await home.member("ada"), await home.group()
    post = await ask(home, ada, group.actor)
    with pytest.raises(error):
        await vote(home, ada, post, *positions)
    assert (await poll_of(home, post)).voters == 0


async def test_an_answer_is_given_once_and_for_good(home):
    ada, group = await home.member("ada"), await home.group()
    for is_multiple in (False, True):
        post = await ask(home, ada, group.actor, is_multiple=is_multiple)
        await vote(home, ada, post, 1)
        for positions in ((1,), (0,)):
            with pytest.raises(Conflict):
                await vote(home, ada, post, *positions)
        assert [one.votes for one in (await poll_of(home, post)).answers] == [0, 1, 0]


async def test_many_answers_at_the_same_moment_count_once_for_each_person(home):
    ada, group = await home.member("ada"), await home.group()
    post = await ask(home, ada, group.actor)
    results = await asyncio.gather(
        *(vote(home, ada, post, number % 3) for number in range(8)), return_exceptions=True
    )
    assert sum(result is None for result in results) == 1
    assert all(result is None or isinstance(result, Conflict) for result in results)
    assert (await poll_of(home, post)).voters == 1


async def test_after_its_end_nobody_answers(home):
    ada, group = await home.member("ada"), await home.group()
    post = await ask(home, ada, group.actor)
    late = clock.now() + timedelta(days=3)
    with pytest.raises(Conflict, match="ended"):
        await vote(home, ada, post, 0, now=late)
    await keep_house(home, late)
    with pytest.raises(Conflict, match="ended"):
        await vote(home, ada, post, 0)


async def test_nothing_is_said_of_hidden_totals_before_the_end_and_once_at_the_end(home):
    ada, ben, group = await home.member("ada"), await home.member("ben"), await home.group()
    await followed(home, group, "lemmy")
    await followed(home, group, "mastodon")
    post = await ask(home, ada, group.actor)
    await vote(home, ben, post, 1)
    assert await keep_house(home, clock.now() + timedelta(days=1)) == 0
    [create] = await home.published(ada)
    assert totals(create["object"]) == [0, 0, 0]
    served = (await home.get(f"/posts/{post.public_id}")).json()
    assert (totals(served), served["votersCount"]) == ([0, 0, 0], 0)
    end = clock.now() + timedelta(days=3)
    assert await keep_house(home, end) == 1
    assert await keep_house(home, end) == 0
    _, update = await home.published(ada)
    assert update["type"] == "Update"
    assert (totals(update["object"]), update["object"]["votersCount"]) == ([0, 1, 0], 1)
    assert "closed" in update["object"]
    assert "updated" not in update["object"]  # it is not an edit
    passed = (await home.published(group.actor))[-1]
    assert (passed["type"], passed["object"]["type"]) == ("Announce", "Update")
    told = await home.pool.fetch(
        """
        select d.host from deliveries d join activities a on a.id = d.activity_id
         where a.body::jsonb ->> 'type' = 'Update' or a.body::jsonb -> 'object' ->> 'type' = 'Update'
         order by d.host
        """
    )
    assert [row["host"] for row in told] == ["lemmy.example", "mastodon.example"]


async def test_open_totals_are_told_now_and_then_and_not_for_every_vote(home):
    ada, group = await home.member("ada"), await home.group()
    await followed(home, group, "mastodon")
    post = await ask(home, ada, group.actor, hides_totals=False)
    now = clock.now()
    for number in range(12):
        await vote(home, await home.member(f"m{number}"), post, number % 2, now=now)
    assert len(await home.published(ada)) == 1
    assert await keep_house(home, now) == 1
    await vote(home, ada, post, 2, now=now)
    assert await keep_house(home, now + timedelta(minutes=9)) == 0
    assert await keep_house(home, now + timedelta(minutes=11)) == 1
    assert await keep_house(home, now + timedelta(minutes=30)) == 0  # nothing new
    assert [totals(activity["object"]) for activity in await home.published(ada)] == [
        [0, 0, 0],
        [6, 6, 0],
        [6, 6, 1],
    ]


async def test_nobody_is_told_who_chose_what(home):
    ada, ben, group = await home.member("ada"), await home.member("ben"), await home.group()
    await followed(home, group, "lemmy")
    post = await ask(home, ada, group.actor, hides_totals=False)
    await vote(home, ben, post, 1)
    await keep_house(home, clock.now() + timedelta(days=4))
    assert await home.published(ben) == []
    said = await home.pool.fetch("select body from activities")
    assert not any(ben.uri in row["body"] for row in said)


async def test_a_month_after_the_end_nobody_knows_who_chose_what_but_the_result_stays(home):
    ada, group = await home.member("ada"), await home.group()
    post = await ask(home, ada, group.actor)
    await vote(home, ada, post, 2)
    end = clock.now() + timedelta(days=3)
    await keep_house(home, end)
    async with acquire(home.pool) as db:
        await voting.forget_choices(db, end + timedelta(days=29))
        assert await home.pool.fetchval("select count(*) from poll_votes") == 1
        await voting.forget_choices(db, end + timedelta(days=31))
    assert await home.pool.fetchval("select count(*) from poll_votes") == 0
    poll = await poll_of(home, post)
    assert ([one.votes for one in poll.answers], poll.voters) == ([0, 0, 1], 1)


async def test_several_answers_are_counted_by_answer_and_by_person(home):
    ada, group = await home.member("ada"), await home.group()
    post = await ask(home, ada, group.actor, is_multiple=True)
    await vote(home, ada, post, 0, 2, 2)
    poll = await poll_of(home, post)
    assert ([one.votes for one in poll.answers], poll.voters) == ([1, 0, 1], 1)


async def test_two_workers_end_a_poll_once(home):
    ada, group = await home.member("ada"), await home.group()
    await ask(home, ada, group.actor)
    end = clock.now() + timedelta(days=3)
    await asyncio.gather(*(keep_house(home, end) for _ in range(4)))
    assert len(await home.published(ada)) == 2


async def test_a_deleted_poll_is_wiped_with_its_answers_and_votes(home):
    ada, group = await home.member("ada"), await home.group()
    post = await ask(home, ada, group.actor)
    await vote(home, ada, post, 0)
    await home.delete(ada, post)
    for table in ("polls", "poll_options", "poll_votes"):
        assert await home.pool.fetchval(f"select count(*) from {table}") == 0
    assert (await home.published(ada))[-1]["object"]["formerType"] == "Question"


async def test_a_poll_is_edited_without_changing_what_can_be_chosen(home):
    ada, group = await home.member("ada"), await home.group()
    post = await ask(home, ada, group.actor)
    await vote(home, ada, post, 0)
    await home.edit(ada, post, "Say when it suits you.", clock.now() + timedelta(seconds=2))
    update = (await home.published(ada))[-1]
    assert (update["type"], update["object"]["type"]) == ("Update", "Question")
    assert [one["name"] for one in update["object"]["oneOf"]] == list(ANSWERS)
    assert (await poll_of(home, post)).voters == 1


async def test_a_sealed_poll_leaves_no_trace_outside(home):
    group = await home.group(reach="sealed", seeing="members")
    ada = await home.member("ada")
    await home.join(ada, group.actor)
    post = await ask(home, ada, group.actor, hides_totals=False)
    await vote(home, ada, post, 0)
    await keep_house(home, clock.now() + timedelta(days=4))
    assert await home.pool.fetchval("select count(*) from activities") == 0
    assert (await poll_of(home, post)).closed_at is not None


async def test_a_vote_in_a_poll_elsewhere_goes_to_its_author_alone(home):
    ada = await home.member("ada")
    rosa = await home.meet(RemoteActor("rosa", "https://masto.example"))
    await home.pool.execute(
        """
        insert into posts (id, uri, public_id, author_id, root_id, type, reach, title, content_html,
                           published_at, received_at, active_at)
        values (7, 'https://masto.example/polls/1', repeat('7', 32), $1, 7, 'Question', 'open', 'Tea?', '',
                now(), now(), now())
        """,
        rosa.id,
    )
    await home.pool.execute("insert into polls (post_id, is_multiple) values (7, true)")
    await home.pool.execute(
        "insert into poll_options (post_id, position, name, wire_name) "
        "values (7, 0, 'Green tea', 'Green  tea'), (7, 1, 'None', null)"
    )
    async with acquire(home.pool) as db, db.transaction():
        await voting.vote(db, home.site, ada, 7, [0, 1], clock.now())
    sent = await home.published(ada)
    assert [(one["type"], one["object"]["name"]) for one in sent] == [
        ("Create", "Green  tea"),  # as its own server spells it
        ("Create", "None"),
    ]
    for one in sent:
        assert one["to"] == one["object"]["to"] == [rosa.uri]
        assert one["cc"] == one["object"]["cc"] == []
        assert "content" not in one["object"]
        assert (await home.get(one["id"].removeprefix(home.site.origin))).status_code == 404
    rows = await home.pool.fetch("select distinct inbox_url from deliveries")
    assert [row["inbox_url"] for row in rows] == [rosa.inbox_url]
    assert json.dumps(sent).count("Public") == 0
