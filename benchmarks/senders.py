"""Other servers, as far as the inbox is concerned: known actors, and signed requests from them."""

import asyncio
import itertools
from datetime import UTC, datetime

import asyncpg

from benchmarks.stage import Stage
from fediverse_support.core.identifiers import new_id
from fediverse_support.protocol import json_gate
from fediverse_support.protocol.signatures.keys import PrivateKey, generate_rsa, public_pem
from fediverse_support.protocol.signatures.signing import sign_post

HOSTS = 50
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
_NUMBERS = itertools.count()


class Senders:
    """Actors on `HOSTS` hosts that share one key pair, so that preparing them takes no time."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.key = generate_rsa()
        self.pem = public_pem(self.key)
        self.actors = [f"http://sender{number}.localhost:9/users/ana" for number in range(HOSTS)]

    async def introduce(self, db: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Store the actors with their keys, as if we had met them."""
        for uri in self.actors:
            host = uri.split("/")[2]
            actor_id = new_id()
            await db.execute(
                """
                insert into actors (id, uri, type, is_local, name, host, inbox_url, fetched_at)
                values ($1, $2, 'Person', false, 'ana', $3, $2 || '/inbox', now())
                """,
                actor_id, uri, host,
            )  # fmt: skip
            await db.execute(
                "insert into actor_keys (id, actor_id, algorithm, public_key) values ($1, $2, 'rsa', $3)",
                f"{uri}#main-key", actor_id, self.pem,
            )  # fmt: skip

    def create(self, group: str, actor: str | None = None) -> bytes:
        """A whole HTTP request: a signed Create{Note} into `group`, ready to be written to a socket."""
        number = next(_NUMBERS)
        actor = actor or self.actors[number % HOSTS]
        base = actor.rpartition("/users/")[0]
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        addressed = {"to": [PUBLIC], "cc": [group, f"{actor}/followers"]}
        note = {
            "id": f"{base}/notes/{number}", "type": "Note", "attributedTo": actor, "published": now,
            "content": f"<p>Evening {number}. The house is very quiet.</p><p>{'It helps to say it. ' * 20}</p>",
            "tag": [{"type": "Mention", "href": group, "name": "@group"}], **addressed,
        }  # fmt: skip
        activity = {
            "@context": "https://www.w3.org/ns/activitystreams", "id": f"{base}/notes/{number}/activity",
            "type": "Create", "actor": actor, "published": now, "object": note, **addressed,
        }  # fmt: skip
        return self.request(actor, activity)

    def request(self, actor: str, activity: dict[str, object]) -> bytes:
        """`activity` as a signed POST to the shared inbox."""
        body = json_gate.write(activity)
        url = f"{self.stage.settings.origin}/inbox"
        headers = sign_post(url, body, PrivateKey(f"{actor}#main-key", self.key), datetime.now(UTC), "cavage")
        headers = {name.lower(): value for name, value in headers.items()}
        headers.setdefault("host", self.stage.settings.domain)
        headers.setdefault("content-type", "application/activity+json")
        headers["content-length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST /inbox HTTP/1.1\r\n{head}\r\n".encode() + body


async def post_all(port: int, requests: list[bytes], concurrency: int = 64) -> list[int]:
    """Send every request over keep-alive connections; the statuses."""
    queue = iter(requests)
    statuses: list[int] = []

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in queue:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            statuses.append(int(head.split(b" ", 2)[1]))
            lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            if lengths and int(lengths[0].split(b":")[1]):
                await reader.readexactly(int(lengths[0].split(b":")[1]))
        writer.close()

    await asyncio.gather(*(connection() for _ in range(concurrency)))
    return statuses
