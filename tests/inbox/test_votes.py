"""Votes of people elsewhere in polls of ours, in the two forms that there are. Refusals first."""

from datetime import timedelta

import pytest

from fediverse_support.community.posts import posts
from fediverse_support.community.posts.polls import NewPoll
from fediverse_support.database import polls
from fediverse_support.database.pool import acquire

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


async def ask(world, group, author=None, **changes):
    """A poll of a member of ours in a group of ours."""
    author = author or await world.member()
    given = {"answers": ("Green tea", "Black tea", "None"), "ends_after": timedelta(days=3)} | changes
    async with acquire(world.pool) as db, db.transaction():
        words = posts.Words(title="Which tea?", source="")
        return await posts.write(
            db,
            world.site,
            author,
            group,
            words,
            world.clock(),
            addition=NewPoll(**given),
            policy=world.policy,
        )


def mastodon_vote(voter, post, answer, author="http://here.localhost:1/people/mira", **changes):
    note = {
        "id": voter.id("votes"),
        "type": "Note",
        "attributedTo": voter.uri,
        "inReplyTo": post.uri,
        "name": answer,
        "to": author,
    } | changes
    return voter.does("Create", note, to=note["to"])


def piefed_vote(voter, post, answer):
    return voter.does("PollVote", post.uri, choice_text=answer, audience="http://here.localhost:1/groups/x")


FORMS = pytest.mark.parametrize("form", [mastodon_vote, piefed_vote], ids=["Note", "PollVote"])


async def votes(world, post) -> list[int]:
    async with acquire(world.pool) as db:
        poll = await polls.of_post(db, post.id)
    return [one.votes for one in poll.answers]


async def nothing_else_happened(world, before) -> bool:
    """A vote is shown to nobody and told to nobody, whatever became of it."""
    return await world.counts() == before


@FORMS
async def test_a_stranger_cannot_vote_among_members_and_learns_nothing(world, form):
    group = await world.group(seeing="members", reach="members", speaking="members")
    author, ana = await world.member(), await world.known()
    await world.pool.execute(
        "insert into follows (follower_id, followed_id, state, activity_uris) "
        "values ($1, $2, 'accepted', '{x}')",
        author.id,
        group.actor.id,
    )
    post = await ask(world, group.actor, author)
    before = await world.counts()
    arrived = await world.send(ana, form(ana, post, "Green tea"))
    assert arrived.state == "refused"
    assert await votes(world, post) == [0, 0, 0]
    assert await nothing_else_happened(world, before)


@FORMS
async def test_a_member_elsewhere_votes_among_members(world, form):
    group = await world.group(seeing="members", reach="members", speaking="members")
    author, ana = await world.member(), await world.known()
    await world.follows_us(ana, group.actor)
    await world.pool.execute(
        "insert into follows (follower_id, followed_id, state, activity_uris) "
        "values ($1, $2, 'accepted', '{x}')",
        author.id,
        group.actor.id,
    )
    post = await ask(world, group.actor, author)
    assert (await world.send(ana, form(ana, post, "Green tea"))).state == "done"
    assert await votes(world, post) == [1, 0, 0]


@FORMS
@pytest.mark.parametrize("answer", ["Coffee", "green tea", "", "Green tea\x00", "x" * 5_000])
async def test_an_answer_that_there_is_not_is_refused(world, form, answer):
    ana, group = await world.known(), await world.group()
    post = await ask(world, group.actor)
    before = await world.counts()
    await world.receive(ana, form(ana, post, answer))
    await world.process()
    assert await votes(world, post) == [0, 0, 0]
    assert await nothing_else_happened(world, before)


@FORMS
async def test_after_the_end_no_vote_counts(world, form):
    ana, group = await world.known(), await world.group()
    post = await ask(world, group.actor)
    world.clock.let_pass(days=3)
    arrived = await world.send(ana, form(ana, post, "Green tea"))
    assert (arrived.state, arrived.outcome) == ("refused", "This poll has ended.")
    assert await votes(world, post) == [0, 0, 0]


@FORMS
async def test_one_person_has_one_vote_whatever_they_send(world, form):
    ana, group = await world.known(), await world.group()
    post = await ask(world, group.actor)
    assert (await world.send(ana, form(ana, post, "Green tea"))).outcome == "The vote counts."
    assert (await world.send(ana, form(ana, post, "Green tea"))).outcome == "Known."
    assert (await world.send(ana, form(ana, post, "Black tea"))).state == "refused"
    assert await votes(world, post) == [1, 0, 0]


@FORMS
async def test_where_several_may_be_chosen_each_counts_once(world, form):
    ana, group = await world.known(), await world.group()
    post = await ask(world, group.actor, is_multiple=True)
    for answer in ("Green tea", "None", "None"):
        assert (await world.send(ana, form(ana, post, answer))).state == "done"
    assert await votes(world, post) == [1, 0, 1]


def gotosocial_vote(voter, post, *answers):
    """As its documentation has it: one Create for all answers, and ids that carry a URL in the fragment."""
    notes = [
        {
            "attributedTo": voter.uri,
            "id": f"{voter.uri}#01HEN2R65468ZG657C4ZPHJ4EX/votes/{number}",
            "inReplyTo": post.uri,
            "name": answer,
            "to": "http://here.localhost:1/people/mira",
            "type": "Note",
        }
        for number, answer in enumerate(answers, 1)
    ]
    create = voter.does("Create", notes, to="http://here.localhost:1/people/mira")
    return create | {"id": f"{voter.uri}/activity#vote/{post.uri}"}


async def test_several_answers_in_one_activity_all_count(world):
    ana, group = await world.known(), await world.group()
    post = await ask(world, group.actor, is_multiple=True)
    assert (await world.send(ana, gotosocial_vote(ana, post, "Green tea", "None"))).state == "done"
    assert await votes(world, post) == [1, 0, 1]


@pytest.mark.parametrize("second", ["Coffee", "Green tea\u200b and more", "x" * 3_000])
async def test_several_answers_in_one_activity_count_together_or_not_at_all(world, second):
    ana, group = await world.known(), await world.group()
    post = await ask(world, group.actor, is_multiple=True)
    assert (await world.send(ana, gotosocial_vote(ana, post, "Green tea", second))).state == "refused"
    assert await votes(world, post) == [0, 0, 0]


async def test_where_one_may_be_chosen_two_in_one_activity_are_refused(world):
    ana, group = await world.known(), await world.group()
    post = await ask(world, group.actor)
    assert (await world.send(ana, gotosocial_vote(ana, post, "Green tea", "None"))).state == "refused"
    assert await votes(world, post) == [0, 0, 0]


async def test_a_vote_carries_no_vote_of_somebody_else_and_no_post_along(world):
    ana, ben, group = await world.known(), await world.known("ben"), await world.group()
    post = await ask(world, group.actor, is_multiple=True)
    for more in ({"attributedTo": ben.uri}, {"content": "<p>words</p>", "name": None}):
        activity = gotosocial_vote(ana, post, "Green tea", "None")
        activity["object"][1] = {
            key: value for key, value in (activity["object"][1] | more).items() if value is not None
        }
        assert (await world.send(ana, activity)).state == "refused"
    assert await votes(world, post) == [0, 0, 0]
    assert await world.one("select count(*) from posts") == 1


@FORMS
async def test_who_was_asked_to_stay_away_has_no_vote(world, form):
    ana, group = await world.known(), await world.group()
    post = await ask(world, group.actor)
    await world.pool.execute(
        "insert into blocks (blocker_uri, blocked_uri, target_uri, activity_uri) values ($1, $2, $1, 'x')",
        group.actor.uri,
        ana.uri,
    )
    assert (await world.send(ana, form(ana, post, "Green tea"))).state == "refused"
    assert await votes(world, post) == [0, 0, 0]


@FORMS
async def test_nobody_votes_for_somebody_else(world, form):
    ana, eve, group = await world.known(), await world.known("eve", "evil"), await world.group()
    post = await ask(world, group.actor)
    forged = form(ana, post, "Green tea") | {"actor": eve.uri, "id": eve.id()}
    if isinstance(forged["object"], dict):
        assert (await world.send(eve, forged)).state == "refused"
        assert await votes(world, post) == [0, 0, 0]
    else:
        await world.send(eve, forged)
        chosen = await world.rows("select actor_id from poll_votes")
        assert [row["actor_id"] for row in chosen] == [eve.actor.id]


@FORMS
async def test_a_vote_from_a_server_whose_posts_are_looked_at_first_does_not_count(world, form):
    ana, group = await world.known(), await world.group()
    post = await ask(world, group.actor)
    world.set_levels(peer="held")
    assert (await world.send(ana, form(ana, post, "Green tea"))).state == "held"
    assert await votes(world, post) == [0, 0, 0]


@FORMS
async def test_a_vote_is_told_to_nobody_and_shown_in_no_thread(world, form):
    ana, lea, group = await world.known(), await world.known("lea", "lemmy"), await world.group()
    await world.pool.execute("insert into hosts (name, software) values ($1, 'lemmy')", lea.actor.host)
    await world.follows_us(lea, group.actor)
    post = await ask(world, group.actor)
    before = await world.counts()
    assert (await world.send(ana, form(ana, post, "Black tea"))).state == "done"
    assert await votes(world, post) == [0, 1, 0]
    assert await nothing_else_happened(world, before)


async def test_a_storm_of_votes_sends_nothing(world):
    group = await world.group()
    post = await ask(world, group.actor, hides_totals=False)
    before = await world.counts()
    people = [await world.known(f"p{number}") for number in range(40)]
    for number, person in enumerate(people):
        await world.receive(person, mastodon_vote(person, post, ["Green tea", "None"][number % 2]))
    await world.process()
    assert await votes(world, post) == [20, 0, 20]
    after = await world.counts()
    assert {name: after[name] for name in ("activities", "deliveries", "posts")} == {
        name: before[name] for name in ("activities", "deliveries", "posts")
    }


async def test_a_public_note_with_a_name_and_no_words_is_a_vote_and_no_answer(world):
    ana, group = await world.known(), await world.group()
    post = await ask(world, group.actor)
    await world.send(
        ana, mastodon_vote(ana, post, "None", to=[PUBLIC], cc=[group.actor.uri], content="<p></p>")
    )
    assert await votes(world, post) == [0, 0, 1]
    assert await world.one("select count(*) from posts") == 1


async def test_a_note_with_words_is_an_answer_and_no_vote(world):
    ana, group = await world.known(), await world.group()
    post = await ask(world, group.actor)
    answer = ana.create(group.actor.uri, inReplyTo=post.uri, name="Green tea")
    assert (await world.send(ana, answer)).state == "done"
    assert await votes(world, post) == [0, 0, 0]
    assert await world.one("select count(*) from posts") == 2


async def test_a_vote_on_what_is_no_poll_or_not_from_here_is_never_a_post(world):
    ana, group = await world.known(), await world.group()
    thread = ana.create(group.actor.uri)
    await world.send(ana, thread)
    for target in (thread["object"]["id"], f"{world.site.origin}/posts/{'0' * 32}"):
        vote = ana.create(group.actor.uri, inReplyTo=target, name="Green tea", content="")
        assert (await world.send(ana, vote)).state == "refused"
    assert await world.one("select count(*) from posts") == 1


async def test_an_update_that_looks_like_a_vote_is_none(world):
    ana, group = await world.known(), await world.group()
    post = await ask(world, group.actor)
    assert (await world.send(ana, mastodon_vote(ana, post, "None") | {"type": "Update"})).state == "refused"
    assert await votes(world, post) == [0, 0, 0]


async def test_a_group_elsewhere_hands_on_votes_of_its_own_people_and_of_nobody_else(world):
    mira, garden = await world.member(), await world.known("garden", "piefed", "Group")
    bob, eve = await world.known("bob", "piefed"), await world.known("eve", "other")
    await world.join_elsewhere(mira, garden)
    await world.pool.execute("update follows set state = 'accepted'")
    post = await ask(world, garden.actor, mira)
    forged = garden.does("Announce", piefed_vote(eve, post, "None"), to=[PUBLIC])
    assert (await world.send(garden, forged)).state == "refused"
    assert await votes(world, post) == [0, 0, 0]
    assert (
        await world.send(garden, garden.does("Announce", piefed_vote(bob, post, "None"), to=[PUBLIC]))
    ).state == "done"
    assert await votes(world, post) == [0, 0, 1]


async def test_a_group_cannot_pass_a_vote_off_as_a_post(world):
    mira, garden = await world.member(), await world.known("garden", "piefed", "Group")
    bob = await world.known("bob", "piefed")
    await world.join_elsewhere(mira, garden)
    await world.pool.execute("update follows set state = 'accepted'")
    post = await ask(world, garden.actor, mira)
    inner = mastodon_vote(bob, post, "None", to=[PUBLIC, garden.uri])
    assert (await world.send(garden, garden.does("Announce", inner, to=[PUBLIC]))).state == "refused"
    assert await world.one("select count(*) from posts") == 1


async def test_who_deletes_their_account_takes_their_vote_and_their_place_along(world):
    ana, ben, group = await world.known(), await world.known("ben"), await world.group()
    post = await ask(world, group.actor)
    for person in (ana, ben):
        await world.send(person, mastodon_vote(person, post, "None"))
    world.internet.documents[ana.uri] = 410
    await world.send(ana, ana.does("Delete", ana.uri, to=[PUBLIC]))
    assert await votes(world, post) == [0, 0, 1]
