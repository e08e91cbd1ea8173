"""One port, two communities."""

import socket

import httpx
import pytest
from starlette.responses import PlainTextResponse

from fediverse_support.core.errors import Misconfigured
from fediverse_support.demo import doors

DOORS = doors.Doors(
    {
        "garden.localhost:8600": PlainTextResponse("garden"),
        "harbour.localhost:8600": PlainTextResponse("harbour"),
    },
    {"garden.localhost:8600": "The <Garden>", "harbour.localhost:8600": "The Harbour"},
)


async def asked(host: str, path: str = "/") -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(DOORS), base_url="http://x") as client:
        return await client.get(path, headers={"host": host})


@pytest.mark.parametrize(
    "host", ["localhost:8600", "127.0.0.1:8600", "garden.localhost", "garden.localhost:1", ""]
)
async def test_who_names_no_community_is_shown_the_way_and_nothing_else(host):
    answer = await asked(host)
    assert answer.status_code == 200
    assert 'href="http://garden.localhost:8600/"' in answer.text
    assert "The &lt;Garden&gt;" in answer.text
    assert (await asked(host, "/inbox")).status_code == 404


@pytest.mark.parametrize("name", ["garden", "harbour"])
async def test_the_host_header_chooses(name):
    assert (await asked(f"{name}.localhost:8600")).text == name
    assert (await asked(f"{name.upper()}.LOCALHOST:8600", "/any")).text == name


def test_a_port_that_is_taken_is_refused_with_the_option_to_use():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(Misconfigured, match=r"cannot be used.*--port"):
            doors.listen(other.getsockname()[1])


@pytest.mark.parametrize("port", [-1, 0, 65_536, 70_000])
def test_a_number_that_is_no_port_is_refused(port):
    with pytest.raises(Misconfigured, match="no such port"):
        doors.listen(port)
