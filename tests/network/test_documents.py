import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fediverse_support.core.errors import (
    Gone,
    Missing,
    Refused,
    RemoteRefused,
    RemoteTrouble,
    Unauthenticated,
)
from fediverse_support.core.settings import Settings
from fediverse_support.network.budget import FetchBudget
from fediverse_support.network.client import Client
from fediverse_support.network.documents import ACCEPT, AT_ONCE, Documents, is_activity_type
from fediverse_support.protocol.signatures import keys, verification
from fediverse_support.protocol.signatures.requests import SignedRequest

KEY_ID = "http://here.localhost:1/actor#main-key"
RSA = keys.generate_rsa()
PUBLIC = keys.load_public(KEY_ID, "http://here.localhost:1/actor", keys.public_pem(RSA))
ACTIVITY = "application/activity+json"
KINDS = {
    "actor": {"type": "Person", "preferredUsername": "alice", "inbox": "x"},
    "key": {"type": "CryptographicKey", "owner": "x", "publicKeyPem": "x"},
    "note": {"type": "Note", "attributedTo": "x", "content": "x"},
    "collection": {"type": "OrderedCollectionPage", "orderedItems": []},
    "quote stamp": {"type": "QuoteAuthorization", "interactingObject": "x", "interactionTarget": "x"},
}


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.time = datetime(2026, 9, 1, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def documents(test_network: Settings, clock: Clock) -> Any:
    async with Client(test_network, now=clock) as client:
        yield Documents(client, keys.PrivateKey(KEY_ID, RSA))


@pytest.fixture
def budget() -> FetchBudget:
    return FetchBudget()


@pytest.fixture
def document(answer: Any) -> Callable[..., bytes]:
    """A 200 with `fields` as an ActivityPub document."""

    def make(content_type: str = ACTIVITY, **fields: object) -> bytes:
        return bytes(answer(body=json.dumps(fields).encode(), content_type=content_type))

    return make


# Whose word counts (O2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "lie",
    [
        lambda peer: peer.url("/doc", "good.localhost"),  # another host
        lambda peer: peer.url("/other"),  # another path of the same host, which answers something else
        lambda peer: peer.url("/doc", "sub.peer.localhost"),
        lambda peer: peer.url("/doc", "peer.localhost").upper(),
        lambda peer: peer.url("/doc") + "#part",
        lambda peer: peer.url("/doc") + "/",
        lambda peer: None,
        lambda peer: "",
        lambda peer: [peer.url("/doc")],
        lambda peer: {"id": peer.url("/doc")},
        lambda peer: 7,
        lambda peer: True,
    ],
)
async def test_o2_a_document_with_another_id_than_its_address_is_refused(
    documents: Documents,
    peer: Any,
    budget: FetchBudget,
    document: Any,
    kind: str,
    lie: Callable[[Any], object],
) -> None:
    told = lie(peer)
    fields = KINDS[kind] if told is None else {"id": told, **KINDS[kind]}
    peer.answers["/doc"] = document(**fields)
    peer.answers["/other"] = document(**{"id": peer.url("/doc"), **KINDS[kind]})
    with pytest.raises((RemoteRefused, Missing)):
        await documents.fetch(peer.url("/doc"), budget)
    assert {asked.header("host") for asked in peer.asked} == {peer.host()}


@pytest.mark.parametrize("kind", KINDS)
async def test_o2_a_document_at_its_own_id_is_taken(
    documents: Documents, peer: Any, budget: FetchBudget, document: Any, kind: str
) -> None:
    peer.answers["/doc"] = document(**{"id": peer.url("/doc"), **KINDS[kind]})
    assert (await documents.fetch(peer.url("/doc"), budget))["type"] == KINDS[kind]["type"]
    assert len(peer.asked) == 1


async def test_o2_another_id_on_the_same_origin_is_asked_once_and_must_answer_for_itself(
    documents: Documents, peer: Any, budget: FetchBudget, document: Any
) -> None:
    peer.answers["/@alice"] = document(id=peer.url("/users/1"), name="as the page says")
    peer.answers["/users/1"] = document(id=peer.url("/users/1"), name="as the id says")
    assert (await documents.fetch(peer.url("/@alice"), budget))["name"] == "as the id says"
    assert peer.targets == ["/@alice", "/users/1"]


async def test_o2_a_key_id_brings_the_actor(
    documents: Documents, peer: Any, budget: FetchBudget, document: Any
) -> None:
    peer.answers["/actor"] = document(id=peer.url("/actor"), publicKey={})
    assert (await documents.fetch(peer.url("/actor#main-key"), budget))["id"] == peer.url("/actor")
    assert peer.targets == ["/actor"]


async def test_o4_a_document_behind_a_redirect_to_another_origin_is_refused(
    documents: Documents, peer: Any, other: Any, budget: FetchBudget, answer: Any, document: Any
) -> None:
    peer.answers["/doc"] = answer(302, location=other.url("/doc"))
    other.answers["/doc"] = document(id=peer.url("/doc"))
    with pytest.raises(RemoteRefused):
        await documents.fetch(peer.url("/doc"), budget)
    assert other.asked == []


async def test_o4_a_redirect_on_its_origin_must_end_at_the_id(
    documents: Documents, peer: Any, budget: FetchBudget, answer: Any, document: Any
) -> None:
    peer.answers |= {"/old": answer(301, location="/new"), "/new": document(id=peer.url("/new"))}
    assert (await documents.fetch(peer.url("/old"), budget))["id"] == peer.url("/new")


# Content types (O3)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/html",
        "text/html; charset=utf-8",
        "text/plain",
        "",
        "application/ld+json",
        'application/ld+json; profile="https://example.org/other"',
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams.evil"',
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"; profile="x"',
        "application/activity+json, text/html",
        "text/html, application/activity+json",
        "text/html; application/activity+json",
        "application/activity+jsonx",
        "xapplication/activity+json",
        "application/octet-stream",
        "image/png",
        "application/jrd+json",
        "application/activity+json charset=utf-8",
        "*/*",
    ],
)
async def test_o3_other_content_types_are_refused(
    documents: Documents, peer: Any, budget: FetchBudget, document: Any, content_type: str
) -> None:
    assert not is_activity_type(content_type)
    peer.answers["/doc"] = document(content_type, id=peer.url("/doc"))
    with pytest.raises(RemoteRefused, match="ActivityPub document"):
        await documents.fetch(peer.url("/doc"), budget)


async def test_o3_two_content_types_in_two_headers_are_refused(
    documents: Documents, peer: Any, budget: FetchBudget
) -> None:
    body = json.dumps({"id": peer.url("/doc")}).encode()
    types = b"content-type: application/activity+json\r\ncontent-type: text/html\r\n"
    peer.answers["/doc"] = b"HTTP/1.1 200 OK\r\n" + types + b"content-length: %d\r\n\r\n" % len(body) + body
    with pytest.raises(RemoteRefused, match="ActivityPub document"):
        await documents.fetch(peer.url("/doc"), budget)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/activity+json",
        "application/activity+json; charset=utf-8",
        "Application/Activity+JSON;charset=UTF-8",
        'application/activity+json; profile="https://www.w3.org/ns/activitystreams"',
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        'application/ld+json;profile="https://www.w3.org/ns/activitystreams";charset=utf-8',
        'application/ld+json; profile="https://example.org/x https://www.w3.org/ns/activitystreams"',
        "application/ld+json; profile=https://www.w3.org/ns/activitystreams",
    ],
)
async def test_o3_the_two_types_of_activitypub_are_taken(
    documents: Documents, peer: Any, budget: FetchBudget, document: Any, content_type: str
) -> None:
    peer.answers["/doc"] = document(content_type, id=peer.url("/doc"))
    assert (await documents.fetch(peer.url("/doc"), budget))["id"] == peer.url("/doc")


# Bodies


@pytest.mark.parametrize("body", [b"", b"[]", b'"x"', b"{", b"\xff\xfe{}", b"[" * 5000, b'{"a":1e400}'])
async def test_a_body_that_is_no_small_object_is_refused(
    documents: Documents, peer: Any, budget: FetchBudget, answer: Any, body: bytes
) -> None:
    peer.answers["/doc"] = answer(body=body, content_type=ACTIVITY)
    with pytest.raises(RemoteRefused):
        await documents.fetch(peer.url("/doc"), budget)


async def test_every_poisoned_body_of_the_corpus_is_refused_or_lands_nowhere(
    documents: Documents, peer: Any, answer: Any, corpora: Path
) -> None:
    files = sorted((corpora / "poison").glob("*.json"))
    assert files
    for number, file in enumerate(files):
        peer.answers[f"/{number}"] = answer(body=file.read_bytes(), content_type=ACTIVITY)
        with pytest.raises((RemoteTrouble, Missing)):
            await documents.fetch(peer.url(f"/{number}"), FetchBudget())


# What a status means


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, Missing),
        (410, Gone),
        (401, RemoteRefused),
        (403, RemoteRefused),
        (400, RemoteRefused),
        (304, RemoteRefused),
        (408, RemoteTrouble),
        (429, RemoteTrouble),
        (500, RemoteTrouble),
        (503, RemoteTrouble),
    ],
)
async def test_a_status_becomes_the_error_that_fits(
    documents: Documents, peer: Any, budget: FetchBudget, answer: Any, status: int, kind: type[Exception]
) -> None:
    peer.answers["/doc"] = answer(status)
    with pytest.raises(kind) as caught:
        await documents.fetch(peer.url("/doc"), budget)
    assert type(caught.value) is kind


async def test_a_tombstone_is_gone_when_it_answers_at_its_id(
    documents: Documents, peer: Any, budget: FetchBudget, document: Any
) -> None:
    peer.answers["/doc"] = document(id=peer.url("/doc"), type="Tombstone")
    peer.answers["/elsewhere"] = document(id=peer.url("/doc", "good.localhost"), type="Tombstone")
    with pytest.raises(Gone):
        await documents.fetch(peer.url("/doc"), budget)
    with pytest.raises(RemoteRefused):
        await documents.fetch(peer.url("/elsewhere"), budget)


# Signatures (S9)


def verified(asked: Any, origin: str, now: datetime, target: str | None = None) -> str:
    """The key id of a GET whose signature holds."""
    target = target or asked.target
    request = SignedRequest(asked.method, target, origin + target, tuple(asked.headers), asked.body)
    claim = verification.read(request, frozenset({origin.split("://")[1]}), now)
    verification.check(claim, PUBLIC)
    return claim.key_id


async def test_s9_every_look_up_is_signed_by_the_instance_actor(
    documents: Documents, peer: Any, budget: FetchBudget, document: Any, clock: Clock
) -> None:
    peer.answers["/doc?page=1"] = document(id=peer.url("/doc?page=1"))
    await documents.fetch(peer.url("/doc?page=1"), budget)
    assert verified(peer.asked[0], peer.url(""), clock()) == KEY_ID
    assert peer.asked[0].header("accept") == ACCEPT


async def test_s9_a_redirected_look_up_is_signed_for_its_last_address(
    documents: Documents, peer: Any, budget: FetchBudget, answer: Any, document: Any, clock: Clock
) -> None:
    peer.answers |= {"/a": answer(302, location="/b"), "/b": document(id=peer.url("/b"))}
    await documents.fetch(peer.url("/a"), budget)
    assert verified(peer.asked[1], peer.url(""), clock()) == KEY_ID


async def test_after_401_the_other_ways_to_sign_are_tried_and_the_one_that_works_is_kept(
    documents: Documents, peer: Any, budget: FetchBudget, answer: Any, document: Any, clock: Clock
) -> None:
    def only_rfc9421(path: str) -> Callable[[Any], bytes]:
        made: bytes = document(id=peer.url(path))
        return lambda asked: made if asked.header("signature-input") else answer(401)

    peer.answers |= {path: only_rfc9421(path) for path in ("/a?b=1", "/c?d=2")}
    await documents.fetch(peer.url("/a?b=1"), budget)
    first, second, third = peer.asked
    with pytest.raises(Unauthenticated):
        verified(first, peer.url(""), clock(), "/a")
    assert verified(first, peer.url(""), clock()) == KEY_ID
    assert verified(second, peer.url(""), clock(), "/a") == KEY_ID
    assert verified(third, peer.url(""), clock()) == KEY_ID
    await documents.fetch(peer.url("/c?d=2"), budget)
    assert len(peer.asked) == 4


async def test_401_to_every_signature_is_a_refusal(
    documents: Documents, peer: Any, budget: FetchBudget, answer: Any
) -> None:
    peer.answers["/doc"] = answer(401)
    with pytest.raises(RemoteRefused) as caught:
        await documents.fetch(peer.url("/doc"), budget)
    assert caught.value.http_status == 401
    assert len(peer.asked) == 3


async def test_after_401_the_digest_of_no_body_is_signed_too_as_lemmy_wants_it_for_members(
    documents: Documents, peer: Any, budget: FetchBudget, answer: Any, document: Any, clock: Clock
) -> None:
    made = document(id=peer.url("/post/1"))
    peer.answers["/post/1"] = lambda asked: made if asked.header("digest") else answer(401)
    await documents.fetch(peer.url("/post/1"), budget)
    assert verified(peer.asked[-1], peer.url(""), clock()) == KEY_ID
    assert "digest" in peer.asked[-1].header("signature")
    await documents.fetch(peer.url("/post/1"), budget)
    assert len(peer.asked) == 4, "the way that works is tried first the next time"


async def test_s5_our_own_server_is_not_asked(documents: Documents, budget: FetchBudget) -> None:
    with pytest.raises(Refused, match="our own"):
        await documents.fetch("http://here.localhost:1/people/a", budget)


# Budgets (D5, D10)


async def test_d5_a_thread_without_end_ends_at_the_budget(
    documents: Documents, peer: Any, document: Any
) -> None:
    for number in range(40):
        peer.answers[f"/{number}"] = document(id=peer.url(f"/{number}"), inReplyTo=peer.url(f"/{number + 1}"))
    budget = FetchBudget(fetches=20)

    async def walk(url: str) -> None:
        while True:
            url = (await documents.fetch(url, budget))["inReplyTo"]

    with pytest.raises(Refused, match="too many look-ups"):
        await walk(peer.url("/0"))
    assert len(peer.asked) == 20


async def test_d5_a_thread_over_ever_new_hosts_ends_at_the_budget(
    documents: Documents, peer: Any, document: Any
) -> None:
    budget = FetchBudget(hosts=10)

    async def walk() -> None:
        for number in range(20):
            url = peer.url("/doc", f"n{number}.localhost")
            peer.answers["/doc"] = document(id=url)
            await documents.fetch(url, budget)

    with pytest.raises(Refused, match="too many look-ups"):
        await walk()
    assert len(peer.asked) == 10


async def test_d5_a_slow_server_costs_no_more_than_the_budgets_time(documents: Documents, peer: Any) -> None:
    async def hang(writer: asyncio.StreamWriter) -> None:
        await writer.drain()
        await asyncio.sleep(3600)

    peer.answers["/doc"] = hang
    with pytest.raises(RemoteTrouble, match="in time"):
        await asyncio.wait_for(documents.fetch(peer.url("/doc"), FetchBudget(seconds=0.2)), 5)


async def test_a_budget_cut_short_by_one_server_is_not_held_against_another(
    documents: Documents, peer: Any, document: Any
) -> None:
    async def hang(writer: asyncio.StreamWriter) -> None:
        await writer.drain()
        await asyncio.sleep(3600)

    peer.answers["/doc"] = hang
    with pytest.raises(RemoteTrouble):
        await documents.fetch(peer.url("/doc"), FetchBudget(seconds=0.2))
    peer.answers["/doc"] = document(id=peer.url("/doc"))
    assert await documents.fetch(peer.url("/doc"), FetchBudget())


@pytest.mark.parametrize(("status", "minutes"), [(404, 5), (410, 60), (403, 5), (500, 1), (None, 1)])
async def test_d10_what_failed_is_not_asked_again_for_a_while(
    documents: Documents,
    peer: Any,
    answer: Any,
    document: Any,
    clock: Clock,
    status: int | None,
    minutes: int,
) -> None:
    peer.answers["/doc"] = answer(status) if status else None
    errors = []
    for _ in range(5):
        with pytest.raises((Missing, RemoteTrouble)) as caught:
            await documents.fetch(peer.url("/doc"), FetchBudget())
        errors.append((type(caught.value), str(caught.value)))
    asked = len(peer.asked)
    assert asked <= 2
    assert len(set(errors)) == 1
    clock.time += timedelta(minutes=minutes)
    peer.answers["/doc"] = document(id=peer.url("/doc"))
    await documents.fetch(peer.url("/doc"), FetchBudget())
    assert len(peer.asked) == asked + 1


async def test_d10_a_false_document_is_not_asked_again_for_a_while(
    documents: Documents, peer: Any, budget: FetchBudget, document: Any
) -> None:
    peer.answers["/doc"] = document(id=peer.url("/doc", "good.localhost"))
    for _ in range(3):
        with pytest.raises(RemoteRefused):
            await documents.fetch(peer.url("/doc"), budget)
    assert len(peer.asked) == 1


async def test_s6_one_host_has_a_few_look_ups_under_way_and_others_go_on(
    documents: Documents, peer: Any, other: Any, document: Any
) -> None:
    waiting, full, go_on = [], asyncio.Event(), asyncio.Event()

    async def hold(writer: asyncio.StreamWriter) -> None:
        waiting.append(writer)
        if len(waiting) == AT_ONCE:
            full.set()
        await go_on.wait()

    peer.answers |= {f"/{number}": hold for number in range(12)}
    other.answers["/doc"] = document(id=other.url("/doc"))
    urls = [peer.url(f"/{number}") for number in range(12)]
    slow = [asyncio.create_task(documents.fetch(url, FetchBudget())) for url in urls]
    await full.wait()
    assert await documents.fetch(other.url("/doc"), FetchBudget())
    assert len(waiting) == AT_ONCE
    go_on.set()
    results = await asyncio.gather(*slow, return_exceptions=True)
    assert all(isinstance(result, RemoteTrouble) for result in results)


# Listings: hints, whose ids prove nothing


@pytest.mark.parametrize("told", [None, "https://other.example/list", 7])
async def test_a_listing_is_read_whatever_id_it_has(
    documents: Documents, peer: Any, budget: FetchBudget, document: Any, told: object
) -> None:
    """NodeBB's have none."""
    peer.answers["/list"] = document(
        type="OrderedCollection", orderedItems=[], **({"id": told} if told else {})
    )
    found = await documents.fetch_listing(peer.url("/list"), budget)
    assert found["type"] == "OrderedCollection"
    assert budget.bytes > 40, "what came is counted"


async def test_a_listing_on_another_server_or_of_another_type_is_no_listing(
    documents: Documents, peer: Any, budget: FetchBudget, document: Any, answer: Any
) -> None:
    peer.answers["/away"] = answer(302, location=peer.url("/list", "good.localhost"))
    peer.answers["/page"] = document(content_type="text/html", type="OrderedCollection")
    peer.answers["/gone"] = answer(410)
    for path, error in (("/away", RemoteRefused), ("/page", RemoteRefused), ("/gone", Gone)):
        with pytest.raises(error):
            await documents.fetch_listing(peer.url(path), budget)


@pytest.mark.parametrize("status", [429, 503])
async def test_how_long_a_server_wants_to_be_left_alone_is_told_and_remembered(
    documents: Documents, peer: Any, budget: FetchBudget, answer: Any, status: int
) -> None:
    peer.answers["/doc"] = answer(status, retry_after="120")
    for _ in range(2):
        with pytest.raises(RemoteTrouble) as trouble:
            await documents.fetch(peer.url("/doc"), budget)
        assert trouble.value.retry_after == 120
    assert len(peer.asked) == 1
