"""A group with a thread in it, and people around it."""

import pytest

from fediverse_support.community import groups, memberships, posts
from fediverse_support.core import clock
from fediverse_support.core.models import Account, Actor, Group, Post
from fediverse_support.database import actors
from fediverse_support.database.pool import acquire


class Village:
    """The world with its inhabitants: deeds by function call, so that a test walks only where it looks."""

    def __init__(self, world) -> None:
        self.world = world

    async def group(self, name: str = "night_owls", **answers: str) -> Group:
        given = {"title": "Night owls", "summary": "For the hours when nobody else is awake."} | answers
        async with acquire(self.world.pool) as db, db.transaction():
            return await groups.create(
                db, self.world.site, self.world.seal, name, groups.Answers(**given)
            )

    async def joins(self, account: Account, group: Group) -> None:
        async with acquire(self.world.pool) as db, db.transaction():
            member = await actors.by_id(db, account.actor_id)
            await memberships.join(db, self.world.site, member, group, clock.now())

    async def writes(self, account: Account, group: Actor, source: str, **words: str) -> Post:
        async with acquire(self.world.pool) as db, db.transaction():
            author = await actors.by_id(db, account.actor_id)
            return await posts.write(
                db, self.world.site, author, group, posts.Words(source=source, **words), clock.now()
            )

    async def remote(self, uri: str, type: str = "Person", name: str = "rosa") -> Actor:
        """An actor of another server, as it is stored after it was met."""
        host = uri.split("/")[2]
        async with acquire(self.world.pool) as db:
            await db.execute(
                """
                insert into actors (id, uri, type, is_local, name, host, display_name, inbox_url,
                                    followers_url, handle_confirmed)
                values ($1, $2, $3, false, $4, $5, $4, $2 || '/inbox', $2 || '/followers', true)
                """,
                abs(hash(uri)) >> 3,
                uri,
                type,
                name,
                host,
            )
            return await actors.by_uri(db, uri)

    async def set_post_state(self, post: Post, state: str) -> None:
        async with acquire(self.world.pool) as db:
            await db.execute("update posts set state = $2 where id = $1", post.id, state)


@pytest.fixture
async def village(world) -> Village:
    return Village(world)


@pytest.fixture
async def ada(world) -> Account:
    return await world.member("ada")


@pytest.fixture
async def ben(world) -> Account:
    return await world.member("ben")
