"""Tells the story: every deed in it is done as a member would do it, and reaches the others over the wire.

In order: the people and groups of each community; who joins what (a Follow that the other community
accepts); then everything that was said, the oldest first. What somebody answers must have arrived where
they are, so an answer waits for it. Posts carry the time of the story, not of the telling.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from fediverse_support.accounts import members, passwords, sign_up
from fediverse_support.community.groups import groups, ownership, rules
from fediverse_support.community.house import description, topics
from fediverse_support.community.joining import memberships
from fediverse_support.community.posts import posts
from fediverse_support.core.errors import RemoteTrouble
from fediverse_support.core.models import Actor, Post, Viewer
from fediverse_support.database import actors, follows, read_marks
from fediverse_support.database import groups as stored_groups
from fediverse_support.database import posts as stored_posts
from fediverse_support.database.follows import Follow
from fediverse_support.database.pool import Connection, acquire
from fediverse_support.demo import story as stories
from fediverse_support.demo.communities import Community, named
from fediverse_support.demo.story import PASSWORD, Group, Person, Said, Story, Thread
from fediverse_support.moderation import policy
from fediverse_support.network.budget import FetchBudget
from fediverse_support.policy import file as policy_file

PATIENCE = 60.0
"""Seconds to wait for something to arrive: a hundred times what it takes."""

UNREAD = timedelta(minutes=30)
"""How long ago everybody looked in the last time."""

AGE_OF_RULES = timedelta(days=30)
"""How long ago the groups gave themselves their rules."""

Found = TypeVar("Found")


class Tide:
    """Wakes whoever waits for something to arrive, each time that something has."""

    def __init__(self) -> None:
        self._turned = asyncio.Event()

    def turn(self) -> None:
        """Something has arrived somewhere."""
        turned, self._turned = self._turned, asyncio.Event()
        turned.set()

    async def until(self, look: Callable[[], Awaitable[Found | None]], what: str) -> Found:
        """What `look` finds, as soon as it finds something; raises `RemoteTrouble` if it never does."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    turned = self._turned
                    if (found := await look()) is not None:
                        return found
                    await turned.wait()
        except TimeoutError:
            raise RemoteTrouble(f"{what} did not arrive within a minute. Start over with --fresh.") from None


class Teller:
    """Tells one story to the communities; `present` is the moment that the story leads up to."""

    def __init__(self, story: Story, communities: Sequence[Community], tide: Tide, present: datetime) -> None:
        self._story = story
        self._communities = communities
        self._tide = tide
        self._present = present
        self._homes = {person.name: named(communities, person.community) for person in story.people}
        self._homes |= {group.name: named(communities, group.community) for group in story.groups}
        self._said: dict[tuple[int, int], Post] = {}

    async def tell(self) -> None:
        """From the first person to the last word, until everybody has heard of everything."""
        await asyncio.gather(*(self._found(home) for home in self._communities))
        await asyncio.gather(*(self._join(person) for person in self._story.people))
        for said in stories.in_order(self._story):
            if self._story.threads[said.thread].late:
                await self._govern(named(self._communities, stories.POLICY_OF))
            await self._say(said)
        for post in self._said.values():
            await asyncio.gather(*(self._arrival(home, post.uri) for home in self._communities))
        await asyncio.gather(*(self._read(home) for home in self._communities))

    # Who and what there is

    async def _found(self, home: Community) -> None:
        """The community's words about itself, its people, its groups."""
        password_hash = await passwords.hashed(PASSWORD)
        async with acquire(home.foundation.pool) as db:
            await self._describe(db, home)
            for person in self._story.people:
                if person.community == home.name:
                    await self._add_person(db, home, person, password_hash)
            for group in self._story.groups:
                if group.community == home.name:
                    await self._add_group(db, home, group)
            await self._knock(db, home)

    async def _describe(self, db: Connection, home: Community) -> None:
        said = next(found for found in self._story.communities if found.name == home.name)
        await description.edit(db, title=said.title, tagline=said.tagline, about=said.about)

    async def _add_person(self, db: Connection, home: Community, person: Person, password_hash: str) -> None:
        async with db.transaction():
            account = await members.add_hashed(
                db,
                home.foundation.site,
                home.foundation.seal,
                name=person.name,
                email=None,
                password_hash=password_hash,
                role=person.role,
                display_name=person.display_name,
                state="active",
                request="",
                now=self._present,
            )
            await members.describe(db, account, person.display_name, person.about)

    async def _add_group(self, db: Connection, home: Community, group: Group) -> None:
        async with db.transaction():
            made = await groups.create(
                db,
                home.foundation.site,
                home.foundation.seal,
                group.name,
                groups.Answers(title=group.title, summary=group.summary, speaking=group.speaking),
            )
            for name in group.moderators:
                await stored_groups.add_moderator(db, made.actor.id, (await _local(db, name)).id)
            owner = await _local(db, group.moderators[0])
            await ownership.assign(db, home.foundation.site, made, owner)
            words = [rules.Words(line.partition(". ")[2]) for line in group.rules.splitlines()]
            await rules.publish(
                db, home.foundation.site, made, words, by=owner, why="", now=self._present - AGE_OF_RULES
            )
            await topics.add(db, group.topic)
            await topics.put_group(db, made.actor.id, [topics.slug_of(group.topic)])

    async def _knock(self, db: Connection, home: Community) -> None:
        """Those who wait to be let in."""
        for person in self._story.waiting:
            if person.community == home.name:
                request = sign_up.Request(
                    name=person.name,
                    display_name=person.display_name,
                    password=PASSWORD,
                    words=person.words,
                )
                async with db.transaction():
                    await sign_up.ask(
                        db,
                        home.foundation.site,
                        home.foundation.seal,
                        "approval",
                        request,
                        self._present - timedelta(hours=2),
                    )

    # Who joins what

    async def _join(self, person: Person) -> None:
        home = self._homes[person.name]
        for name in person.joins:
            group = await self._met(home, name)
            async with acquire(home.foundation.pool) as db, db.transaction():
                member = await _local(db, person.name)
                if group.is_local:
                    ours = await groups.by_name(db, name)
                    await memberships.join(db, home.foundation.site, member, ours, self._present)
                    await rules.agree(db, ours.actor.id, member.id, ours.rules_version, self._present)
                else:
                    await memberships.join_elsewhere(db, home.foundation.site, member, group)
            await self._membership(home, member, group)

    async def _membership(self, home: Community, member: Actor, group: Actor) -> None:
        """Return once the group has let the member in."""

        async def look() -> Follow | None:
            async with acquire(home.foundation.pool) as db:
                follow = await follows.between(db, member.id, group.id)
            return follow if follow and follow.state == "accepted" else None

        await self._tide.until(look, f"The answer of {group.name}")

    async def _met(self, home: Community, name: str) -> Actor:
        """A group as `home` knows it; a group elsewhere is looked up there the first time."""
        uri = self._homes[name].foundation.site.group(name)
        async with acquire(home.foundation.pool) as db:
            known = await actors.by_uri(db, uri)
        return known or await home.foundation.acquaintance.meet(uri, FetchBudget())

    async def _govern(self, home: Community) -> None:
        """Put the policy of a community in force. Safe to run twice."""
        written = policy_file.read(stories.policy())
        async with acquire(home.foundation.pool) as db:
            async with db.transaction():
                await policy.apply(
                    db, home.foundation.site, written, by=None, why="Agreed in spring.", now=self._present
                )
            await home.foundation.policies.refresh(db)

    # What is said

    async def _say(self, said: Said) -> None:
        thread = self._story.threads[said.thread]
        speaker = thread.answers[said.number - 1].by if said.number else thread.by
        home = self._homes[speaker]
        now = self._present - said.before
        if said.number == 0:
            post = await self._start(home, thread, now)
        else:
            post = await self._answer(home, said, now)
        self._said[said.thread, said.number] = post

    async def _start(self, home: Community, thread: Thread, now: datetime) -> Post:
        group = await self._met(home, thread.group)
        words = posts.Words(
            source=thread.text, title=thread.title, content_warning=thread.warning, language="en"
        )
        async with acquire(home.foundation.pool) as db, db.transaction():
            author = await _local(db, thread.by)
            return await posts.write(
                db, home.foundation.site, author, group, words, now, policy=home.foundation.policies.current()
            )

    async def _answer(self, home: Community, said: Said, now: datetime) -> Post:
        thread = self._story.threads[said.thread]
        answer = thread.answers[said.number - 1]
        parent = await self._arrival(home, self._said[said.thread, answer.to].uri)
        words = posts.Words(source=answer.text, language="en")
        async with acquire(home.foundation.pool) as db, db.transaction():
            author = await _local(db, answer.by)
            viewer = Viewer(actor_id=author.id)
            return await posts.reply(
                db,
                home.foundation.site,
                author,
                viewer,
                parent.id,
                words,
                now,
                policy=home.foundation.policies.current(),
            )

    async def _read(self, home: Community) -> None:
        """Everybody has read what their groups said until a while ago, so that only the newest is new."""
        at = self._present - UNREAD
        async with acquire(home.foundation.pool) as db, db.transaction():
            for person in self._story.people:
                if person.community == home.name:
                    account = await members.by_name(db, person.name)
                    for place, thread in enumerate(self._story.threads):
                        root = await stored_posts.by_uri(db, self._said[place, 0].uri)
                        if root is not None and thread.group in person.joins:
                            await read_marks.set_to(db, account.id, root.id, at)

    async def _arrival(self, home: Community, uri: str) -> Post:
        """A post in the database of `home`, once it is there."""

        async def look() -> Post | None:
            async with acquire(home.foundation.pool) as db:
                return await stored_posts.by_uri(db, uri)

        return await self._tide.until(look, "A post")


async def _local(db: Connection, name: str) -> Actor:
    found = await actors.local_by_name(db, name)
    assert found is not None, name
    return found
