"""Polls that arrive, and their totals: from their own server only, and whatever it says of them."""

from datetime import UTC, datetime

import pytest

from fediverse_support.community.posts import voting
from fediverse_support.core.errors import Missing
from fediverse_support.database import polls
from fediverse_support.database.pool import acquire

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def options(*votes: int, names=("Rose", "Tulip", "Oak")) -> list[dict]:
    return [
        {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": number}}
        for name, number in zip(names, votes, strict=False)
    ]


def question(author, group, **changes):
    given = {"type": "Question", "oneOf": options(0, 0, 0), "endTime": "2027-01-01T00:00:00Z"}
    return author.create(group.actor.uri, **given | changes)


def again(author, create, **changes):
    """An Update of the same poll; without `updated` it is about its numbers only (Mastodon)."""
    return author.wrap("Update", create["object"] | changes)


async def poll_of(world, create):
    post = await world.post(create["object"]["id"])
    async with acquire(world.pool) as db:
        return await polls.of_post(db, post["id"]) if post else None


async def totals(world, create) -> list[int]:
    return [one.votes for one in (await poll_of(world, create)).answers]


async def test_a_poll_is_stored_with_its_answers_and_announced_like_every_post(world):
    ana, lea, group = await world.known(), await world.known("lea", "lemmy"), await world.group()
    await world.pool.execute("insert into hosts (name, software) values ($1, 'lemmy')", lea.actor.host)
    await world.follows_us(lea, group.actor)
    create = question(ana, group, oneOf=options(1, 2, 3), votersCount=6, name="Which?")
    assert (await world.send(ana, create)).state == "done"
    poll = await poll_of(world, create)
    assert [(one.name, one.votes) for one in poll.answers] == [("Rose", 1), ("Tulip", 2), ("Oak", 3)]
    assert (poll.voters, poll.is_multiple, poll.is_ours, poll.hides_totals) == (6, False, False, False)
    assert poll.ends_at == datetime(2027, 1, 1, tzinfo=UTC)
    announced = (await world.sent("Announce"))[0]
    assert announced["body"]["object"] == create


@pytest.mark.parametrize(
    "changes",
    [
        {"oneOf": options(*[0] * 500, names=[str(number) for number in range(500)])},
        {"oneOf": options(0, names=("Only one",))},
        {"oneOf": []},
        {"oneOf": None},
        {"oneOf": [5, None, "x", {}]},
        {"oneOf": options(0, 0, names=("Same", "Same"))},
        {"oneOf": options(0, 0, names=("\u200b", "Other"))},
    ],
    ids=["500 answers", "one", "none", "null", "junk", "the same twice", "an invisible one"],
)
async def test_what_cannot_be_answered_without_doubt_is_a_post_without_a_poll(world, changes):
    ana, group = await world.known(), await world.group()
    create = question(ana, group, **changes)
    assert (await world.send(ana, create)).state == "done"
    assert await poll_of(world, create) is None
    assert (await world.post(create["object"]["id"]))["type"] == "Question"


async def test_numbers_below_zero_and_beyond_all_bounds_are_none(world):
    ana, group = await world.known(), await world.group()
    create = question(ana, group, oneOf=options(-5, 2**60, 1), votersCount=-1)
    await world.send(ana, create)
    assert await totals(world, create) == [0, 2**31 - 1, 1]


@pytest.mark.parametrize("end", ["99999-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "never", None, 5])
async def test_an_end_that_is_no_end_is_none(world, end):
    ana, group = await world.known(), await world.group()
    create = question(ana, group, endTime=end)
    await world.send(ana, create)
    assert (await poll_of(world, create)).ends_at is None


async def test_an_end_that_has_passed_is_an_end(world):
    ana, group = await world.known(), await world.group()
    create = question(ana, group, endTime="2026-01-02T00:00:00Z")
    await world.send(ana, create)
    assert (await poll_of(world, create)).is_over(world.clock())


async def test_nobody_but_the_author_changes_the_numbers(world):
    ana, eve, group = await world.known(), await world.known("eve"), await world.group()
    create = question(ana, group)
    await world.send(ana, create)
    forged = eve.wrap("Update", create["object"] | {"oneOf": options(9, 9, 9)})
    assert (await world.send(eve, forged)).state == "refused"
    claimed = forged | {"object": forged["object"] | {"attributedTo": eve.uri}}
    assert (await world.send(eve, claimed | {"id": eve.id()})).state == "refused"
    assert await totals(world, create) == [0, 0, 0]


async def test_a_group_that_announces_other_numbers_is_not_believed(world):
    mira, garden = await world.member(), await world.known("garden", "lemmy", "Group")
    ana = await world.known()
    await world.join_elsewhere(mira, garden)
    await world.pool.execute("update follows set state = 'accepted'")
    create = ana.create(
        garden.uri, type="Question", oneOf=options(1, 0, 0), audience=garden.uri, to=[PUBLIC, garden.uri]
    )
    world.internet.documents[create["object"]["id"]] = {
        "@context": "https://www.w3.org/ns/activitystreams",
        **create["object"],
    }
    forged = create | {"object": create["object"] | {"oneOf": options(0, 99, 0)}}
    await world.send(garden, garden.does("Announce", forged, to=[PUBLIC]))
    assert await totals(world, create) == [1, 0, 0]


async def test_new_numbers_are_taken_and_handed_on_and_the_post_is_not_edited(world):
    ana, lea, group = await world.known(), await world.known("lea", "lemmy"), await world.group()
    await world.pool.execute("insert into hosts (name, software) values ($1, 'lemmy')", lea.actor.host)
    await world.follows_us(lea, group.actor)
    create = question(ana, group)
    await world.send(ana, create)
    before = len(await world.sent("Announce"))
    update = again(ana, create, oneOf=options(3, 1, 0), votersCount=4)
    await world.send(ana, update)
    assert await totals(world, create) == [3, 1, 0]
    assert (await world.post(create["object"]["id"]))["edited_at"] is None
    handed_on = (await world.sent("Announce"))[before:]
    assert [row["body"]["object"] for row in handed_on] == [update]
    await world.send(ana, again(ana, create, oneOf=options(3, 1, 0), votersCount=4))
    assert len(await world.sent("Announce")) == before + 1  # the same numbers again are no news


async def test_numbers_come_in_any_order_and_end_the_same(world):
    ana, group = await world.known(), await world.group()
    create = question(ana, group)
    await world.send(ana, create)
    for numbers in ((5, 2, 0), (3, 1, 0), (5, 1, 0)):
        await world.send(ana, again(ana, create, oneOf=options(*numbers)))
    assert await totals(world, create) == [5, 2, 0]


async def test_other_answers_in_an_edit_replace_the_poll_and_the_votes(world):
    ana, group, mira = await world.known(), await world.group(), await world.member()
    create = question(ana, group)
    await world.send(ana, create)
    post = await world.post(create["object"]["id"])
    async with acquire(world.pool) as db, db.transaction():
        await voting.vote(db, world.site, mira, post["id"], [1], world.clock())
    names = ("Rose", "Tulip", "Elm")
    quiet = again(ana, create, oneOf=options(7, 7, 7, names=names))
    await world.send(ana, quiet)  # not a newer version: the answers stay what they were
    assert [one.name for one in (await poll_of(world, create)).answers] == ["Rose", "Tulip", "Oak"]
    edited = again(ana, create, oneOf=options(0, 0, 0, names=names), updated="2026-01-03T00:00:00Z")
    await world.send(ana, edited)
    assert [one.name for one in (await poll_of(world, create)).answers] == list(names)
    assert await world.one("select count(*) from poll_votes") == 0


async def test_a_closed_poll_is_closed(world):
    ana, group = await world.known(), await world.group()
    create = question(ana, group)
    await world.send(ana, create)
    await world.send(ana, again(ana, create, oneOf=options(1, 0, 0), closed="2026-02-01T00:00:00Z"))
    assert (await poll_of(world, create)).is_over(world.clock())


async def test_the_end_of_a_poll_elsewhere_is_noted_and_told_to_nobody(world):
    ana, group = await world.known(), await world.group()
    create = question(ana, group, endTime="2027-01-01T00:00:00Z", oneOf=options(4, 0, 0))
    await world.send(ana, create)
    sent = len(await world.sent())
    async with acquire(world.pool) as db, db.transaction():
        assert await voting.close_next(db, world.site, datetime(2027, 1, 2, tzinfo=UTC))
    assert len(await world.sent()) == sent
    assert await totals(world, create) == [4, 0, 0]


async def test_a_vote_of_ours_goes_to_the_author_and_the_numbers_wait_for_their_server(world):
    ana, group, mira = await world.known(), await world.group(), await world.member()
    create = question(ana, group)
    await world.send(ana, create)
    post = await world.post(create["object"]["id"])
    async with acquire(world.pool) as db, db.transaction():
        await voting.vote(db, world.site, mira, post["id"], [2], world.clock())
    [vote] = await world.sent("Create")
    assert vote["body"]["object"]["name"] == "Oak"
    assert vote["inboxes"] == [f"{ana.uri}/inbox"]
    assert not vote["is_public"]
    assert await totals(world, create) == [0, 0, 0]


async def test_a_held_poll_is_not_answered(world):
    ana, group, mira = await world.known(), await world.group(), await world.member()
    world.set_levels(peer="held")
    create = question(ana, group)
    await world.send(ana, create)
    post = await world.post(create["object"]["id"])
    assert post["state"] == "held"
    async with acquire(world.pool) as db, db.transaction():
        with pytest.raises(Missing):
            await voting.vote(db, world.site, mira, post["id"], [0], world.clock())
