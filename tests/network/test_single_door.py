"""Nothing but `network/` may open connections (S3): a second door is where the guard is missing."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "fediverse_support"
DOORS = {
    "aiohttp",
    "aiosmtplib",
    "ftplib",
    "http.client",
    "httpcore",
    "httpx",
    "httpx_aiohttp",
    "requests",
    "smtplib",
    "socket",
    "ssl",
    "urllib.request",
    "urllib3",
    "websockets",
}
CALLS = {"open_connection", "create_connection", "open_unix_connection", "sock_connect", "urlopen"}
LISTENING = ("database/embedded", "database/pool", "serving", "demo/doors", "demo/running", "cli", "doctor")
"""Parts that look at our own ports and sockets and ask no other server."""


def modules() -> list[Path]:
    return sorted(file for file in PACKAGE.rglob("*.py") if not file.is_relative_to(PACKAGE / "network"))


def doors_in(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Attribute) and node.attr in CALLS:
            names = [f"call of {node.attr}"]
        else:
            continue
        for name in names:
            if name.startswith("call of ") or any(
                name == door or name.startswith(f"{door}.") for door in DOORS
            ):
                yield name


@pytest.mark.parametrize(
    "source",
    [
        "import httpx",
        "from aiohttp import ClientSession",
        "import socket as s",
        "from urllib import request",
        "def f():\n    import urllib.request",
        "import asyncio\nasyncio.open_connection('a', 1)",
    ],
)
def test_the_check_sees_a_second_door(source: str) -> None:
    assert list(doors_in(source))


@pytest.mark.parametrize(
    "source", ["from urllib.parse import quote", "import asyncio", "import socketserver_like"]
)
def test_the_check_lets_other_imports_be(source: str) -> None:
    assert not list(doors_in(source))


def test_s3_nothing_outside_of_network_opens_connections() -> None:
    found = {
        str(file.relative_to(PACKAGE)): doors
        for file in modules()
        if not str(file.relative_to(PACKAGE)).startswith(LISTENING)
        and (doors := list(doors_in(file.read_text())))
    }
    assert modules()
    assert found == {}


def test_s3_within_network_only_the_transport_makes_sessions() -> None:
    """Whoever needs HTTP takes a `Client`; there is one place that makes pools, and it holds the guard."""
    makers = {
        file.name
        for file in (PACKAGE / "network").rglob("*.py")
        if any(word in file.read_text() for word in ("ClientSession(", "AsyncClient(", "TCPConnector("))
    }
    assert makers == {"transport.py"}
