"""Who signs what before, during and after a rotation, as the worker would do it."""

import json
from datetime import timedelta

import pytest

from fediverse_support.accounts import members
from fediverse_support.community.groups import groups, rotation
from fediverse_support.community.groups.groups import Answers
from fediverse_support.core import clock
from fediverse_support.core.errors import Missing
from fediverse_support.core.identifiers import new_id
from fediverse_support.core.models import GUEST
from fediverse_support.core.sealing import Seal
from fediverse_support.database import activities, actors, follows, keys
from fediverse_support.outbox.keyring import Keyring
from fediverse_support.outbox.postbag import Postbag
from fediverse_support.outbox.publishing import Followers, new_activity_uri, publish
from fediverse_support.protocol.signatures.keys import load_public
from fediverse_support.protocol.site import site_of

SEAL = Seal(b"k" * 32)
INBOX = "https://harbour.example/inbox"


@pytest.fixture
def site(settings):
    return site_of(settings)


@pytest.fixture
async def group(connection, site):
    """A group that somebody on another server follows."""
    made = await groups.create(connection, site, SEAL, "carers", Answers(title="Carers"))
    follower = new_id()
    await connection.execute(
        """
        insert into actors (id, uri, type, is_local, name, host, inbox_url)
        values ($1, 'https://harbour.example/people/ben', 'Person', false, 'ben', 'harbour.example', $2)
        """,
        follower,
        INBOX,
    )
    await follows.ask(connection, follower, made.actor.id, "https://harbour.example/follows/1")
    await follows.accept(connection, follower, made.actor.id, clock.now())
    return made


@pytest.fixture
def say(connection, site, group):
    """Let the group publish something."""

    async def publish_something() -> str:
        uri = new_activity_uri(site)
        document = {"id": uri, "type": "Announce", "actor": group.actor.uri, "object": uri}
        await publish(
            connection, site, group.actor, document, object_uri=uri, followers=Followers(group.actor)
        )
        return uri

    return publish_something


@pytest.fixture
def rotate(connection, site):
    async def turn(name: str = "carers"):
        async with connection.transaction():
            return await rotation.rotate(connection, site, SEAL, name, clock.now())

    return turn


async def parcels(connection, site, keyring=None) -> dict[str, str]:
    """Type or id of each letter that waits, and the key that it is going to be signed with."""
    bag = Postbag(keyring or Keyring(SEAL, site))
    packed = await bag.pack(connection, clock.now() + timedelta(seconds=5), [("harbour.example", 100)])
    found = {}
    for parcel in packed["harbour.example"]:
        name = "Update" if parcel.letter.type == "Update" else parcel.letter.uri
        assert parcel.key is not None
        found[name] = parcel.key.key_id
    return found


async def announced(connection) -> dict:
    body = await connection.fetchval(
        "select body from activities where type = 'Update' order by id desc limit 1"
    )
    return json.loads(body)["object"]


async def test_a_stranger_has_no_key_to_rotate(rotate):
    with pytest.raises(Missing):
        await rotate("nobody")


async def test_who_is_gone_gets_no_new_key(rotate, connection, group):
    await actors.mark_gone(connection, group.actor.id, clock.now())
    with pytest.raises(Missing):
        await rotate()


async def test_the_announcement_is_signed_with_the_old_key_and_names_the_new_one(
    rotate, connection, site, group
):
    old = f"{group.actor.uri}#main-key"
    done = await rotate()
    assert done.told == 1
    assert done.key_id not in (old, group.actor.uri)
    assert await parcels(connection, site) == {"Update": old}
    assert (await announced(connection))["publicKey"]["id"] == done.key_id


async def test_each_activity_is_signed_with_the_key_of_its_time(rotate, say, connection, site, group):
    before = await say()
    done = await rotate()
    after = await say()
    old = f"{group.actor.uri}#main-key"
    found = await parcels(connection, site)
    assert found == {before: old, "Update": old, after: done.key_id}
    assert list(found) == [before, "Update", after]


async def test_a_worker_that_has_the_old_key_at_hand_turns_to_the_new_one_at_once(
    rotate, say, connection, site
):
    keyring = Keyring(SEAL, site)
    before = await say()
    await parcels(connection, site, keyring)
    done = await rotate()
    after = await say()
    found = await parcels(connection, site, keyring)
    assert found[after] == done.key_id
    assert found[before] != done.key_id


async def test_two_rotations_in_a_row_are_both_announced_rightly(rotate, say, connection, site, group):
    first = await rotate()
    between = await say()
    second = await rotate()
    after = await say()
    found = await parcels(connection, site)
    assert (found[between], found[after]) == (first.key_id, second.key_id)
    updates = await connection.fetch("select id, actor_id from activities where type = 'Update' order by id")
    made = [(row["actor_id"], row["id"]) for row in updates]
    keyring = await Keyring(SEAL, site).of_activities(connection, made)
    assert [keyring[one].key_id for one in made] == [f"{group.actor.uri}#main-key", first.key_id]


async def test_what_is_published_from_now_on_is_the_new_key_and_the_old_proofs_stay(
    rotate, connection, group
):
    before = {key.algorithm: key.id for key in await keys.of_actor(connection, group.actor.id)}
    done = await rotate()
    after = {key.algorithm: key.id for key in await keys.of_actor(connection, group.actor.id)}
    assert after == before | {"rsa": done.key_id}


async def test_the_new_private_key_fits_the_public_one(rotate, say, connection, site, group):
    done = await rotate()
    await say()
    number = await connection.fetchval("select max(id) from activities")
    one = (group.actor.id, number)
    key = (await Keyring(SEAL, site).of_activities(connection, [one]))[one]
    row = await keys.by_id(connection, done.key_id)
    assert row is not None
    assert load_public(row.id, row.actor_uri, row.public_key).signed(key.sign(b"x"), b"x")


async def test_a_key_is_forgotten_when_nothing_can_be_left_to_sign_with_it(rotate, connection, group):
    await rotate()
    await connection.execute(
        "update actor_keys set retired_at = now() - interval '9 days' where retired_at is not null"
    )
    await rotate()
    left = await connection.fetch("select id from actor_keys where algorithm = 'rsa'")
    assert f"{group.actor.uri}#main-key" not in {row["id"] for row in left}
    assert len(left) == 2


async def test_a_group_that_stays_at_home_tells_nobody(rotate, connection, site, group):
    answers = Answers(title="Carers", reach="sealed")
    await groups.edit(connection, site, group, answers)
    assert (await rotate()).told == 0


async def test_a_person_tells_the_groups_elsewhere_that_they_are_in(rotate, connection, site):
    anna = await members.add(
        connection, site, SEAL, name="anna", password="quiet river stones", now=clock.now()
    )
    group_id = new_id()
    await connection.execute(
        """
        insert into actors (id, uri, type, is_local, name, host, inbox_url)
        values ($1, 'https://harbour.example/groups/tea', 'Group', false, 'tea', 'harbour.example', $2)
        """,
        group_id,
        INBOX,
    )
    await follows.ask(connection, anna.actor_id, group_id, "https://garden.example/activities/1")
    await follows.accept(connection, anna.actor_id, group_id, clock.now())
    assert (await rotate("anna")).told == 1
    assert (await announced(connection))["type"] == "Person"


async def test_a_rotation_that_is_rolled_back_has_not_happened(connection, site, group):
    transaction = connection.transaction()
    await transaction.start()
    await rotation.rotate(connection, site, SEAL, "carers", clock.now())
    await transaction.rollback()
    assert [key.id for key in await keys.of_actor(connection, group.actor.id) if key.algorithm == "rsa"] == [
        f"{group.actor.uri}#main-key"
    ]
    assert await activities.outbox_total(connection, GUEST, group.actor.id) == 0
