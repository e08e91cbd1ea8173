import json
from pathlib import Path
from typing import Any

import pytest

from fediverse_support.core.errors import RemoteTrouble
from fediverse_support.core.settings import Settings
from fediverse_support.network import nodeinfo
from fediverse_support.network.budget import FetchBudget
from fediverse_support.network.client import Client
from fediverse_support.network.documents import Documents
from fediverse_support.network.nodeinfo import Software
from fediverse_support.protocol.signatures import keys

RSA = keys.generate_rsa()
SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"


@pytest.fixture
async def documents(test_network: Settings) -> Any:
    async with Client(test_network) as client:
        yield Documents(client, keys.PrivateKey("http://here.localhost:1/actor#main-key", RSA))


def info(name: str = "lemmy", version: str = "2.0") -> bytes:
    return json.dumps({"version": version, "software": {"name": name, "version": "1.0.0"}}).encode()


async def test_one_get_tells_the_software_of_most_servers(
    documents: Documents, peer: Any, answer: Any
) -> None:
    peer.answers["/nodeinfo/2.0"] = answer(
        body=info("Mastodon"), content_type="application/json; charset=utf-8"
    )
    assert await nodeinfo.software(documents, peer.url(""), FetchBudget()) == Software("mastodon", "1.0.0")
    assert peer.targets == ["/nodeinfo/2.0"]
    assert peer.asked[0].header("signature") is None


async def test_the_standard_way_is_taken_where_that_is_missing(
    documents: Documents, peer: Any, answer: Any
) -> None:
    links = [
        {"rel": f"{SCHEMA}{number}", "href": peer.url(f"/ni-{number}")} for number in ("2.0", "2.1", "1.0")
    ]
    listed = json.dumps({"links": [*links, 7, {"rel": 5}]}).encode()
    peer.answers["/.well-known/nodeinfo"] = answer(body=listed, content_type="application/json")
    profile = f'application/json; profile="{SCHEMA}2.1#"'
    peer.answers["/ni-2.1"] = answer(body=info(version="2.1"), content_type=profile)
    assert await nodeinfo.software(documents, peer.url(""), FetchBudget()) == Software("lemmy", "1.0.0")
    assert peer.targets == ["/nodeinfo/2.0", "/.well-known/nodeinfo", "/ni-2.1"]


async def test_without_thorough_one_get_is_all(documents: Documents, peer: Any) -> None:
    assert await nodeinfo.software(documents, peer.url(""), FetchBudget(), thorough=False) is None
    assert peer.targets == ["/nodeinfo/2.0"]


@pytest.mark.parametrize(
    "href", ["data:application/json,{}", "http://169.254.169.254/", "/nodeinfo/2.1", "file:///etc/passwd", 7]
)
async def test_s3_a_listed_address_elsewhere_is_not_asked(
    documents: Documents, peer: Any, answer: Any, href: object
) -> None:
    listed = json.dumps({"links": [{"rel": f"{SCHEMA}2.0", "href": href}]}).encode()
    peer.answers["/.well-known/nodeinfo"] = answer(body=listed, content_type="application/json")
    assert await nodeinfo.software(documents, peer.url(""), FetchBudget()) is None
    assert len(peer.asked) == 2


async def test_s3_a_listed_address_on_another_server_is_not_asked(
    documents: Documents, peer: Any, other: Any, answer: Any
) -> None:
    listed = json.dumps({"links": [{"rel": f"{SCHEMA}2.0", "href": other.url("/nodeinfo/2.0")}]}).encode()
    peer.answers["/.well-known/nodeinfo"] = answer(body=listed, content_type="application/json")
    assert await nodeinfo.software(documents, peer.url(""), FetchBudget()) is None
    assert other.asked == []


async def test_a_server_that_is_down_is_trouble_and_not_a_server_without_nodeinfo(
    documents: Documents, peer: Any
) -> None:
    await peer.stop()
    with pytest.raises(RemoteTrouble):
        await nodeinfo.software(documents, peer.url(""), FetchBudget())


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"version": "2.0"},
        {"version": 2.0, "software": {"name": "a", "version": "1"}},
        {"version": "1.0", "software": {"name": "a", "version": "1"}},
        {"version": "2.0", "software": "a"},
        {"version": "2.0", "software": {"name": ["a"], "version": "1"}},
        {"version": "2.0", "software": {"name": "<b>", "version": "1"}},
        {"version": "2.0", "software": {"name": "a" * 65, "version": "1"}},
        {"version": "2.0", "software": {"name": "a"}},
    ],
)
def test_what_is_no_nodeinfo_tells_nothing(document: dict[str, Any]) -> None:
    assert nodeinfo.read_software(document) is None


def test_the_examples_of_the_standard_are_read(corpora: Path) -> None:
    examples = list((corpora / "nodeinfo/schemas").glob("2.*/example.json"))
    assert examples
    for example in examples:
        assert nodeinfo.read_software(json.loads(example.read_text())) is not None
