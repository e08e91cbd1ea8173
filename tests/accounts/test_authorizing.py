"""Codes and tokens on a real database: at once, twice, and after their owner lost what they stood for."""

import asyncio

import pytest

from fediverse_support.accounts import applications, authorizing, grants, members
from fediverse_support.core import clock
from fediverse_support.core.errors import Forbidden, Missing
from fediverse_support.core.models import Viewer
from fediverse_support.core.sealing import Seal
from fediverse_support.database import actors
from fediverse_support.database.pool import acquire
from fediverse_support.protocol.signatures.keys import generate_rsa
from fediverse_support.protocol.site import site_of

PHONE = "app://x"


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """One key for all: making one takes a tenth of a second."""
    key = generate_rsa()
    monkeypatch.setattr(actors, "generate_rsa", lambda: key)


@pytest.fixture
async def ada(connection, settings):
    """A member, without a password."""
    async with connection.transaction():
        return await members.add_hashed(
            connection,
            site_of(settings),
            Seal(b"k" * 32),
            name="ada",
            email=None,
            password_hash=None,
            role="owner",
            display_name="Ada",
            state="active",
            request="",
            now=clock.now(),
        )


async def asked(db, account, acts_as: int | None = None, **viewer) -> tuple[applications.Application, str]:
    """An application and a code that was made for it."""
    now = clock.now()
    made = (await applications.register(db, "App", "", [PHONE], ["read", "write"], now)).application
    wish = authorizing.wished(made, {"response_type": "code", "redirect_uri": PHONE, "scope": "read"})
    seen = Viewer(actor_id=account.actor_id, account=account, **viewer)
    return made, await authorizing.allow(db, seen, wish, acts_as or account.actor_id, now)


async def test_of_two_who_bring_a_code_at_once_one_is_refused_and_nobody_keeps_a_token(
    database, connection, ada
):
    application, code = await asked(connection, ada)

    async def redeem():
        async with acquire(database) as db, db.transaction():
            return await authorizing.redeem(db, application, code, PHONE, "", clock.now())

    results = await asyncio.gather(*(redeem() for _ in range(4)))
    issued = [one for one in results if one is not None]
    assert len(issued) == 1
    assert await grants.current(connection, issued[0].token, clock.now()) is None
    assert await connection.fetchval("select count(*) from access_tokens") == 0


async def test_a_token_that_acts_as_a_group_stands_and_falls_with_the_group_and_the_office(
    connection, settings, ada
):
    group = await actors.add_local(
        connection,
        site_of(settings),
        Seal(b"k" * 32),
        type="Group",
        name="owls",
        display_name="Owls",
        summary_source="",
        summary_html="",
    )
    await connection.execute("insert into groups (actor_id) values ($1)", group.id)
    with pytest.raises(Forbidden):
        await asked(connection, ada, group.id)
    with pytest.raises(Forbidden):
        await asked(connection, ada, ada.actor_id + 1, moderates=(group.id,))
    await connection.execute(
        "insert into group_moderators (group_id, actor_id) values ($1, $2)", group.id, ada.actor_id
    )
    application, code = await asked(connection, ada, group.id, moderates=(group.id,))
    async with connection.transaction():
        issued = await authorizing.redeem(connection, application, code, PHONE, "", clock.now())
    assert issued is not None

    async def live():
        return await grants.current(connection, issued.token, clock.now())

    grant = await live()
    assert (grant.is_group, grant.viewer.actor_id, grant.viewer.is_staff) == (True, group.id, False)
    assert grant.account.role == ada.role  # for limits only; what is seen is the viewer's
    await connection.execute("update actors set state = 'suspended' where id = $1", group.id)
    assert await live() is None
    await connection.execute("update actors set state = 'active' where id = $1", group.id)
    assert await live() is not None
    await connection.execute("delete from group_moderators")
    assert await live() is None
    assert await connection.fetchval("select count(*) from access_tokens") == 0


async def test_a_token_of_somebody_who_waits_shows_nobody(connection, ada):
    application, code = await asked(connection, ada)
    async with connection.transaction():
        issued = await authorizing.redeem(connection, application, code, PHONE, "", clock.now())
    for state, is_live in (("waiting", True), ("disabled", False), ("declined", False), ("active", True)):
        await connection.execute("update accounts set state = $1", state)
        grant = await grants.current(connection, issued.token, clock.now())
        assert (grant is not None) == is_live, state
        if state == "waiting":
            assert grant.is_waiting
            assert grant.viewer == Viewer()


async def test_the_use_of_a_token_is_noted_and_only_its_owner_ends_it(connection, ada):
    application, code = await asked(connection, ada)
    async with connection.transaction():
        issued = await authorizing.redeem(connection, application, code, PHONE, "", clock.now())
    [line] = await grants.of(connection, ada)
    assert (line.application, line.scopes, line.group, line.used_at) == ("App", ("read",), None, None)
    await grants.current(connection, issued.token, clock.now())
    [line] = await grants.of(connection, ada)
    assert line.used_at is not None
    with pytest.raises(Missing):
        await grants.end(connection, ada, line.id + 1)
    await grants.end(connection, ada, line.id)
    assert await grants.of(connection, ada) == []
    kept = await connection.fetchrow("select secret_hash, client_id from applications")
    assert len(kept["secret_hash"]) == 32
