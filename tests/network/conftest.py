"""A real HTTP server on loopback that answers what a test wants, and clients set up as on a test network."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fediverse_support.core.settings import Settings
from fediverse_support.network.client import Client

CORPORA = Path(__file__).parents[2] / "../shared/corpora"
TEST_NETWORK = Settings(
    domain="here.localhost:1",
    origin="http://here.localhost:1",
    outbound_allow_private="127.0.0.0/8",
    outbound_allow_http=True,
)
OPEN_NETWORK = Settings(domain="here.example", origin="https://here.example")


@dataclass
class Asked:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    connection: int

    def header(self, name: str) -> str | None:
        return dict(self.headers).get(name)


Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]] | None


def reply(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """A whole answer; `content_type="…"` becomes `content-type: …`."""
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@dataclass
class Peer:
    """Another server: `answers` maps a path with query to an answer, or to a function of the request.

    An answer is bytes for the wire, or a coroutine function that writes by itself and then the connection
    is closed, or None to close it at once.
    """

    answers: dict[str, Answer | Callable[[Asked], Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    port: int = 0
    scheme: str = "http"
    connections: int = 0
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    def url(self, path: str = "/", name: str = "peer.localhost") -> str:
        return f"{self.scheme}://{name}:{self.port}{path}"

    def host(self, name: str = "peer.localhost") -> str:
        return f"{name}:{self.port}"

    @property
    def targets(self) -> list[str]:
        return [request.target for request in self.asked]

    async def start(self, context: ssl.SSLContext | None = None, address: str = "127.0.0.1") -> None:
        server = await asyncio.start_server(self._talk, address, 0, ssl=context)
        self._stack.push_async_callback(self._stop, server)
        self.port = server.sockets[0].getsockname()[1]
        self.scheme = "https" if context else "http"

    async def _stop(self, server: asyncio.Server) -> None:
        server.close()

    async def stop(self) -> None:
        await self._stack.aclose()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        try:
            while await self._exchange(reader, writer, number):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
        method, target, _ = head[0].split(" ")
        headers = [(line.partition(": ")[0].lower(), line.partition(": ")[2]) for line in head[1:]]
        size = int(dict(headers).get("content-length", "0"))
        request = Asked(method, target, headers, await reader.readexactly(size), number)
        self.asked.append(request)
        answer = self.answers.get(target, reply(404))
        if callable(answer) and not asyncio.iscoroutinefunction(answer):
            answer = answer(request)
        if answer is None:
            return False
        if isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
            return b"connection: close" not in answer
        await answer(writer)
        return False


class Names(AbstractResolver):
    """A name look-up that answers from a table, one list of addresses after the other, else with loopback."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = {name.replace("_", "."): lists for name, lists in answers.items()}
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        self.asked.append(host)
        lists = self.answers.get(host, [["127.0.0.1"]])
        addresses = lists.pop(0) if len(lists) > 1 else lists[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        pass


def private_authority(folder: Path, names: list[str]) -> tuple[Path, ssl.SSLContext]:
    """A private CA as a file, and the TLS of a server that it vouches for."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    root = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A private authority")])
    start, end = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1)

    def certificate(
        subject: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType
    ) -> bytes:
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(root).public_key(key.public_key())
        )
        builder = (
            builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)
        )
        made = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        return made.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    (folder / "ca.pem").write_bytes(certificate(root, keys[0], x509.BasicConstraints(ca=True, path_length=0)))
    alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    private = keys[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(certificate(x509.Name([]), keys[1], alternatives) + private)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem")
    return folder / "ca.pem", context


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    """Another server over plain http, under any name in `.localhost`."""
    server = Peer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def other() -> AsyncIterator[Peer]:
    """A second one, on another port and so another origin."""
    server = Peer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """Our client on a test network."""
    async with Client(TEST_NETWORK) as opened:
        yield opened


@pytest.fixture
def make_peer() -> type[Peer]:
    return Peer


@pytest.fixture
def answer() -> Callable[..., bytes]:
    return reply


@pytest.fixture
def make_names() -> type[Names]:
    return Names


@pytest.fixture
def test_network() -> Settings:
    return TEST_NETWORK


@pytest.fixture
def open_network() -> Settings:
    return OPEN_NETWORK


@pytest.fixture
def corpora() -> Path:
    """The folder of outside corpora."""
    if not CORPORA.is_dir():
        pytest.skip("the outside corpora are not here: ../shared/corpora")
    return CORPORA


@pytest.fixture
def authority() -> Callable[[Path, list[str]], tuple[Path, ssl.SSLContext]]:
    return private_authority
