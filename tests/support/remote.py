"""Other servers, for tests: actors with real keys who sign what they send, and a real HTTP server."""

import asyncio
import functools
import itertools
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from fediverse_support.community.arriving import remote_actors
from fediverse_support.core.models import Actor
from fediverse_support.database.pool import Pool, acquire
from fediverse_support.protocol import parsing
from fediverse_support.protocol.signatures.claims import Style
from fediverse_support.protocol.signatures.keys import PrivateKey, generate_rsa, public_pem
from fediverse_support.protocol.signatures.signing import sign_get, sign_post
from fediverse_support.protocol.site import Site

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ACTIVITY_JSON = "application/activity+json"
_NUMBERS = itertools.count(1)


@functools.cache
def rsa_of(owner: str) -> Any:
    """One RSA key for each name and for the whole run: making one takes a tenth of a second."""
    return generate_rsa()


@dataclass
class Signed:
    """A POST ready to be sent."""

    url: str
    headers: dict[str, str]
    body: bytes


@dataclass
class RemoteActor:
    """Somebody at `origin`, by default a person."""

    name: str = "alice"
    origin: str = "https://peer.example"
    type: str = "Person"
    more: dict[str, Any] = field(default_factory=dict)
    key_name: str = ""
    """Another name gives another key: for rotation and forgery."""
    path: str = "/users/"
    key_part: str = "#main-key"

    @property
    def uri(self) -> str:
        return f"{self.origin}{self.path}{self.name}"

    @property
    def host(self) -> str:
        return urlsplit(self.origin).netloc

    @property
    def key(self) -> PrivateKey:
        return PrivateKey(f"{self.uri}{self.key_part}", rsa_of(self.key_name or self.name))

    def document(self) -> dict[str, Any]:
        return {
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": self.uri,
            "type": self.type,
            "preferredUsername": self.name,
            "name": self.name.capitalize(),
            "inbox": f"{self.uri}/inbox",
            "outbox": f"{self.uri}/outbox",
            "followers": f"{self.uri}/followers",
            "endpoints": {"sharedInbox": f"{self.origin}/inbox"},
            "publicKey": {
                "id": f"{self.uri}{self.key_part}",
                "owner": self.uri,
                "publicKeyPem": public_pem(self.key.key),
            },
        } | self.more

    def webfinger(self) -> dict[str, Any]:
        return {
            "subject": f"acct:{self.name}@{self.host}",
            "links": [{"rel": "self", "type": ACTIVITY_JSON, "href": self.uri}],
        }

    def activity(self, type: str, object: Any, **more: Any) -> dict[str, Any]:
        """An activity of this actor with an id of its own."""
        return {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{self.origin}/activities/{next(_NUMBERS)}",
            "type": type,
            "actor": self.uri,
            "object": object,
        } | more

    def note(self, group: str, content: str = "<p>Good morning.</p>", **more: Any) -> dict[str, Any]:
        """A public Note to a group."""
        return {
            "id": f"{self.origin}/notes/{next(_NUMBERS)}",
            "type": "Note",
            "attributedTo": self.uri,
            "to": [PUBLIC],
            "cc": [group],
            "content": content,
            "published": wire(datetime.now(UTC)),
            "tag": [{"type": "Mention", "href": group, "name": "@group"}],
        } | more

    def create(self, note: dict[str, Any]) -> dict[str, Any]:
        return self.activity("Create", note, to=note["to"], cc=note["cc"])

    def farewell(self) -> dict[str, Any]:
        """The deletion of this account."""
        return self.activity("Delete", self.uri, to=[PUBLIC])

    def sign_post(
        self,
        url: str,
        activity: dict[str, Any] | bytes,
        *,
        style: Style = "cavage",
        age: timedelta = timedelta(),
    ) -> Signed:
        """A POST of `activity` to `url`, signed as if `age` ago."""
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        headers = sign_post(url, body, self.key, datetime.now(UTC) - age, style)
        return Signed(url, headers, body)

    def sign_get(self, url: str, *, style: Style = "cavage") -> dict[str, str]:
        """The headers of a GET of `url`, signed."""
        return {
            name.lower(): value for name, value in sign_get(url, self.key, datetime.now(UTC), style).items()
        }


def wire(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


async def known(pool: Pool, site: Site, actor: RemoteActor, *, met: timedelta = timedelta(hours=1)) -> Actor:
    """Store `actor` with its key, as if we had met it `met` ago."""
    async with acquire(pool) as db, db.transaction():
        stored = await remote_actors.store(
            db,
            site,
            parsing.actor(actor.document(), site.gate),
            handle_confirmed=True,
            now=datetime.now(UTC) - met,
        )
    assert stored is not None
    return stored


@dataclass
class Asked:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def activity(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class Answer:
    """What a path answers; a `wait` lets the other side wait until it is set."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    wait: asyncio.Event | None = None


Rule = Answer | Callable[[Asked], Answer | Awaitable[Answer]]


@dataclass
class RemoteServer:
    """A real HTTP server on loopback, under `name`: it serves documents and takes what is posted.

    `rules` maps a path with query to an answer or a function of the request; other GETs are 404, other POSTs
    202. Everything asked is in `asked`.
    """

    name: str = "peer.localhost"
    address: str = "127.0.0.1"
    software: str = "mastodon"
    rules: dict[str, Rule] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> "RemoteServer":
        self._server = await asyncio.start_server(self._talk, self.address, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self._serve_nodeinfo()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    @property
    def origin(self) -> str:
        return f"http://{self.name}:{self.port}"

    @property
    def posted(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.method == "POST"]

    @property
    def fetched(self) -> list[str]:
        return [asked.target for asked in self.asked if asked.method == "GET"]

    def actor(self, name: str = "alice", type: str = "Person", **more: Any) -> RemoteActor:
        """Somebody on this server, with document and WebFinger answer."""
        actor = RemoteActor(name, self.origin, type, more)
        self.show(actor)
        return actor

    def show(self, actor: RemoteActor) -> None:
        """Serve the document of `actor` as it is now."""
        self.serve(actor.document())
        answer = json_answer(actor.webfinger(), "application/jrd+json")
        for name in (f"{actor.name}@{actor.host}", quote(f"{actor.name}@{actor.host}", safe="")):
            for scheme in ("acct:", "acct%3A"):
                self.rules[f"/.well-known/webfinger?resource={scheme}{name}"] = answer

    def serve(self, document: dict[str, Any], at: str | None = None, status: int = 200) -> str:
        """Serve an ActivityStreams document at its id, or at another URL; the URL."""
        url = at or document["id"]
        document = {"@context": "https://www.w3.org/ns/activitystreams", **document}
        self.rules[url.removeprefix(self.origin)] = json_answer(document, ACTIVITY_JSON, status)
        return url

    def _serve_nodeinfo(self) -> None:
        schema = "http://nodeinfo.diaspora.software/ns/schema/2.0"
        links = {"links": [{"rel": schema, "href": f"{self.origin}/nodeinfo/2.0"}]}
        self.rules["/.well-known/nodeinfo"] = json_answer(links, "application/json")
        info = {"version": "2.0", "software": {"name": self.software, "version": "1"}, "protocols": []}
        self.rules["/nodeinfo/2.0"] = json_answer(info, "application/json")

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await self._exchange(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
        method, target, _ = lines[0].split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        asked = Asked(method, target, headers, body)
        self.asked.append(asked)
        answer = await self._answer(asked)
        if answer.wait is not None:
            await answer.wait.wait()
        fields = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
        head = f"HTTP/1.1 {answer.status} X\r\ncontent-length: {len(answer.body)}\r\n{fields}\r\n"
        writer.write(head.encode("latin-1") + answer.body)
        await writer.drain()

    async def _answer(self, asked: Asked) -> Answer:
        rule = self.rules.get(asked.target, Answer(202 if asked.method == "POST" else 404))
        answer = rule(asked) if callable(rule) else rule
        return await answer if isinstance(answer, Awaitable) else answer


def json_answer(document: dict[str, Any], type: str, status: int = 200) -> Answer:
    return Answer(status, json.dumps(document).encode(), {"content-type": type})
