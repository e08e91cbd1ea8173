"""A group with members on three kinds of servers, people who look after it, and one who does not."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from fediverse_support.core import clock
from fediverse_support.core.models import Account, Actor, Group, Post
from fediverse_support.database import accounts, actors, groups
from fediverse_support.database.pool import acquire
from tests.support.home import TEST_NETWORK, Home, at_home
from tests.support.remote import RemoteActor

SOFTWARE = {"masto.example": "mastodon", "lemmy.example": "lemmy", "piefed.example": "piefed"}


@dataclass
class Scene:
    """Our group `sober`: mo looks after it, rosa (Mastodon) and lea (Lemmy) are in it."""

    home: Home
    group: Group
    mo: Account
    rosa: RemoteActor
    lea: RemoteActor

    async def account(self, name: str, **more: Any) -> Account:
        actor = await self.home.member(name)
        async with acquire(self.home.pool) as db:
            for column, value in more.items():
                await db.execute(f"update accounts set {column} = $1 where actor_id = $2", value, actor.id)
            found = await accounts.by_name(db, name)
        assert found is not None
        return found

    async def actor(self, account: Account) -> Actor:
        return await self.stored(self.home.site.person(account.name))

    async def stored(self, uri: str) -> Actor:
        async with acquire(self.home.pool) as db:
            found = await actors.by_uri(db, uri)
        assert found is not None
        return found

    async def meets(self, name: str, host: str, *, type: str = "Person", joins: bool = True) -> RemoteActor:
        more = (
            {}
            if type == "Person"
            else {
                "featured": f"https://{host}/users/{name}/featured",
                "attributedTo": f"https://{host}/users/{name}/moderators",
            }
        )
        found = RemoteActor(name=name, origin=f"https://{host}", type=type, more=more)
        stored = await self.home.meet(found)
        await self.home.pool.execute(
            """
            insert into hosts (name, software) values ($1, $2) on conflict (name) do update set software = $2
            """,
            host,
            SOFTWARE.get(host),
        )
        if joins:
            await self.home.join(stored, self.group.actor)
        return found

    async def looks_after(self, account: Account, group: Actor, *, owner: bool = False) -> None:
        async with acquire(self.home.pool) as db:
            await groups.add_moderator(db, group.id, account.actor_id)
            await db.execute(
                "update group_moderators set is_owner = $3 where group_id = $1 and actor_id = $2",
                group.id,
                account.actor_id,
                owner,
            )

    async def does(self, deed: Any, *arguments: Any, now: datetime | None = None, **more: Any) -> None:
        """One deed of a moderator, in a transaction of its own."""
        async with acquire(self.home.pool) as db, db.transaction():
            await deed(db, self.home.site, *arguments, now or clock.now(), **more)

    async def arrives(self, sender: RemoteActor, activity: dict[str, Any]) -> None:
        assert (await self.home.deliver(sender, activity)).status_code == 202
        await self.home.process()

    async def post_of(self, sender: RemoteActor, **more: Any) -> Post:
        """A thread that somebody elsewhere has written in our group."""
        note = sender.note(self.group.actor.uri, **more)
        await self.arrives(sender, sender.create(note))
        return await self.home.post_by_uri(note["id"])

    async def again(self, post: Post) -> Post:
        return await self.home.post_by_uri(post.uri)

    async def sent(self, since: int = 0) -> list[tuple[str, str, dict[str, Any]]]:
        """(who, to which hosts, what) of all activities after the first `since`."""
        rows = await self.home.pool.fetch(
            """
            select a.body, p.uri, coalesce(string_agg(distinct d.host, ' ' order by d.host), '') as hosts
              from activities a join actors p on p.id = a.actor_id
              left join deliveries d on d.activity_id = a.id
             group by a.id, p.uri order by a.id
            """
        )
        return [(row["uri"], row["hosts"], json.loads(row["body"])) for row in rows][since:]

    async def deeds(self) -> list[tuple[str, str, str]]:
        rows = await self.home.pool.fetch("select deed, object, reason from deeds order by id")
        return [tuple(row) for row in rows]


@pytest.fixture
async def home(database_url: str, tmp_path: Path) -> AsyncIterator[Home]:
    """A community with nobody in it yet."""
    async with at_home(TEST_NETWORK, database_url, str(tmp_path / "data")) as found:
        yield found


@pytest.fixture
async def scene(home: Home) -> Scene:
    """The group and its people."""
    group = await home.group("sober")
    found = Scene(home, group, mo=None, rosa=None, lea=None)  # type: ignore[arg-type]
    found.mo = await found.account("mo")
    await found.looks_after(found.mo, group.actor)
    found.rosa = await found.meets("rosa", "masto.example")
    found.lea = await found.meets("lea", "lemmy.example")
    return found
