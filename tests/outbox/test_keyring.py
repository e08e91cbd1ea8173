import pytest

from fediverse_support.core.errors import Misconfigured, Missing
from fediverse_support.core.sealing import Seal
from fediverse_support.core.settings import Settings
from fediverse_support.database import pool
from fediverse_support.outbox.keyring import KEPT_SECONDS, Keyring
from fediverse_support.protocol.site import site_of

SITE = site_of(
    Settings(
        domain="here.localhost:1", origin="http://here.localhost:1", outbound_allow_private="127.0.0.0/8"
    )
)


async def test_a_key_is_opened_once_and_read_again_after_a_while(office):
    time = [0.0]
    keyring = Keyring(Seal(b"k" * 32), SITE, lambda: time[0])
    async with pool.acquire(office.pool) as db:
        first = await keyring.of(db, office.actor_id)
        assert first.key_id == "http://here.localhost:1/groups/group#main-key"
        await db.execute("update actor_keys set retired_at = now()")
        assert await keyring.of(db, office.actor_id) is first
        time[0] = KEPT_SECONDS + 1
        with pytest.raises(Missing):
            await keyring.of(db, office.actor_id)


async def test_a_forgotten_key_is_read_again(office):
    keyring = Keyring(Seal(b"k" * 32), SITE)
    async with pool.acquire(office.pool) as db:
        await keyring.of(db, office.actor_id)
        await db.execute("update actor_keys set retired_at = now()")
        keyring.forget(office.actor_id)
        with pytest.raises(Missing):
            await keyring.of(db, office.actor_id)


async def test_another_seal_opens_nothing(office):
    async with pool.acquire(office.pool) as db:
        with pytest.raises(Misconfigured):
            await Keyring(Seal(b"x" * 32), SITE).of(db, office.actor_id)


async def test_actors_without_a_key_are_left_out(office):
    async with pool.acquire(office.pool) as db:
        found = await Keyring(Seal(b"k" * 32), SITE).of_activities(db, {(office.actor_id, 7), (1, 7)})
    assert set(found) == {(office.actor_id, 7)}


async def test_the_instance_actor_has_a_key_too(office):
    keyring = Keyring(Seal(b"k" * 32), SITE)
    async with pool.acquire(office.pool) as db:
        with pytest.raises(Missing):
            await keyring.instance(db)
        await db.execute("update actors set uri = 'http://here.localhost:1/actor'")
        assert (await keyring.instance(db)).algorithm == "rsa"


async def test_with_the_wrong_seal_nothing_is_sent_and_nothing_is_lost(office, sink):
    await office.publish("create", "a")
    with pytest.raises(Misconfigured):
        await office.worker(keyring=Keyring(Seal(b"x" * 32), SITE)).step()
    assert await office.states() == {"create@a": "waiting"}
