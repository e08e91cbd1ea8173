"""What one kind of server sends and needs, in our own words (federation notes 5.2 and 7).

A `Peer` says what all servers have in common; each file of this folder has the one that differs. Documents
are made here, after the shapes of the real ones; `tests/inbox/test_captured.py` has the real ones themselves.
"""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fediverse_support.core.models import Actor, Group, Post
from tests.support.home import Home
from tests.support.remote import PUBLIC, Asked, RemoteActor, RemoteServer

Document = dict[str, Any]
_MINUTES = itertools.count(1)


@dataclass
class Street:
    """Our community with one group and one member, and a neighbour with somebody who lives there."""

    home: Home
    server: RemoteServer
    group: Group
    ours: Actor
    theirs: RemoteActor
    friend: RemoteActor
    """Somebody else on their server, who follows nobody."""
    seen: int = 0
    kept: dict[str, Any] = field(default_factory=dict)

    async def send(self, activity: Document, sender: RemoteActor | None = None) -> tuple[str, str]:
        """What they send is taken with 202 and processed; its end: (state, sentence)."""
        self.server.serve(activity)
        answer = await self.home.deliver(sender or self.theirs, activity)
        assert answer.status_code == 202, answer.text
        await self.home.process()
        found = await self.home.pool.fetchrow("select state, outcome from inbox order by id desc limit 1")
        return found["state"], found["outcome"]

    async def arrived(self) -> list[Asked]:
        """What has come to their inboxes since we last looked."""
        await self.home.deliver_all()
        posted = self.server.posted
        new, self.seen = posted[self.seen :], len(posted)
        return new

    async def post_of(self, uri: str) -> Any:
        """The row of a post."""
        return await self.home.pool.fetchrow("select * from posts where uri = $1", uri)


def of_type(letters: list[Asked], type: str, inner: str | None = None) -> list[Document]:
    """The activities of one type among what came; `inner` is the type of what they embed."""
    found = [letter.activity for letter in letters if letter.activity["type"] == type]
    return [one for one in found if inner is None or _type_within(one) == inner]


def _type_within(activity: Document) -> str | None:
    inner = activity.get("object")
    return inner.get("type") if isinstance(inner, dict) else None


class Peer:
    """A server of no particular kind: what is the same for most."""

    software = "unknown"
    version = "1.0"
    takes = "object"
    """How it wants to hear of posts: `activity` (Announce{Create}) or `object` (a boost)."""
    has_shared_inbox = True
    person_path, key_part = "/users/", "#main-key"
    post_path = "/posts/"
    reports_by_server = False
    """Whether its reports come from its instance actor."""
    bans_from_groups = False
    edits = True

    def actor(self, server: RemoteServer, name: str) -> RemoteActor:
        """Somebody there."""
        found = RemoteActor(name, server.origin, "Person", path=self.person_path, key_part=self.key_part)
        found.more = self.actor_fields(server, found)
        if not self.has_shared_inbox:
            found.more["endpoints"] = None
        server.show(found)
        return found

    def actor_fields(self, server: RemoteServer, actor: RemoteActor) -> Document:
        """What its actor documents have beside the usual."""
        return {}

    def id(self, street: Street, kind: str) -> str:
        """An id on their server."""
        return f"{street.server.origin}/{kind}/{next(_MINUTES)}"

    def activity(
        self, street: Street, type: str, object: Any, sender: RemoteActor | None = None, **more: Any
    ) -> Document:
        """An activity of theirs."""
        by = sender or street.theirs
        return {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": self.id(street, "activities"),
            "type": type,
            "actor": by.uri,
            "object": object,
        } | more  # fmt: skip

    def follow(self, street: Street) -> Document:
        return self.activity(street, "Follow", street.group.actor.uri)

    def leave(self, street: Street, follow: Document) -> Document:
        return self.activity(
            street, "Undo", {name: follow[name] for name in ("id", "type", "actor", "object")}
        )

    def post(self, street: Street, text: str, sender: RemoteActor | None = None, **more: Any) -> Document:
        """A new thread in our group: the Create."""
        return self._create(street, self.note(street, text, sender) | more, sender)

    def note(self, street: Street, text: str, sender: RemoteActor | None = None) -> Document:
        """A Note that mentions the group, as microblog servers have it."""
        group, by = street.group.actor, sender or street.theirs
        return {
            "id": f"{street.server.origin}{self.post_path}{next(_MINUTES)}",
            "type": "Note",
            "attributedTo": by.uri,
            "to": [PUBLIC],
            "cc": [f"{by.uri}/followers", group.uri],
            "content": f'<p><a href="{group.uri}" class="u-url mention">@{group.name}</a> {text}</p>',
            "published": moment(),
            "tag": [{"type": "Mention", "href": group.uri, "name": f"@{group.handle}"}],
        }  # fmt: skip

    def reply(self, street: Street, parent: Post, text: str) -> Document:
        """An answer to a post of ours: the Create."""
        note = self.note(street, text) | {"inReplyTo": parent.uri}
        return self._create(street, note)

    def _create(self, street: Street, note: Document, sender: RemoteActor | None = None) -> Document:
        addressed = {name: note[name] for name in ("to", "cc", "audience") if name in note}
        return self.activity(street, "Create", note, sender, published=note["published"], **addressed)

    def like(self, street: Street, uri: str) -> Document:
        return self.activity(street, "Like", uri)

    def unlike(self, street: Street, like: Document) -> Document:
        return self.activity(street, "Undo", {name: like[name] for name in ("id", "type", "actor", "object")})

    def edit(self, street: Street, create: Document, text: str) -> Document:
        """The post of `create` says something else."""
        note = create["object"] | {"content": f"<p>{text}</p>", "updated": moment(minutes=60)}
        addressed = {name: note[name] for name in ("to", "cc", "audience") if name in note}
        return self.activity(street, "Update", note, **addressed)

    def delete(self, street: Street, create: Document) -> Document:
        tombstone = {"type": "Tombstone", "id": create["object"]["id"]}
        return self.activity(street, "Delete", tombstone, to=[PUBLIC])

    def report(self, street: Street, post: Post, author: Actor) -> Document:
        """Somebody there asks our moderators to look at a post of ours."""
        return self.activity(street, "Flag", [author.uri, post.uri], content="This worries me.")

    def ban(self, street: Street, person: RemoteActor) -> Document:
        """A moderator there bans somebody from our group."""
        group = street.group.actor.uri
        return self.activity(
            street, "Block", person.uri, to=[PUBLIC], cc=[group], audience=group, target=group,
            summary="Please rest.", removeData=False, endTime="2099-01-01T00:00:00Z",
        )  # fmt: skip

    def title_of(self, text: str) -> str:
        """The title that a post with this text has here: its first line."""
        return text

    def check_actor(self, group: Document) -> None:
        """What the group's document must have for this server."""

    def check_post(self, note: Document) -> None:
        """What a post of ours must have for this server."""


def moment(minutes: int = 0) -> str:
    """A time on the wire, a little later each time, and `minutes` later."""
    at = datetime.now(UTC) - timedelta(hours=1) + timedelta(minutes=minutes, seconds=next(_MINUTES) / 10)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
