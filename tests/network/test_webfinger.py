import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fediverse_support.core.errors import Malformed, Missing, RemoteRefused, RemoteTrouble
from fediverse_support.core.settings import Settings
from fediverse_support.network import webfinger
from fediverse_support.network.budget import FetchBudget
from fediverse_support.network.client import Client
from fediverse_support.network.documents import Documents
from fediverse_support.network.webfinger import Handle
from fediverse_support.protocol.signatures import keys
from fediverse_support.protocol.urls import OPEN_NETWORK, TEST_NETWORK

RSA = keys.generate_rsa()
ACTIVITY = "application/activity+json"
TYPE = "https://www.w3.org/ns/activitystreams#type"


@pytest.fixture
async def documents(test_network: Settings) -> Any:
    async with Client(test_network) as client:
        yield Documents(client, keys.PrivateKey("http://here.localhost:1/actor#main-key", RSA))


@pytest.fixture
def world(peer: Any, answer: Any) -> Callable[..., None]:
    """Fill the peer, which stands for all hosts: what WebFinger says of handles, and the actors."""

    def fill(handles: dict[str, tuple[str, str]], actors: dict[str, str]) -> None:
        def finger(asked: Any) -> bytes:
            resource = asked.target.partition("=")[2].replace("%3A", ":").replace("%40", "@")
            if resource.removeprefix("acct:") not in handles:
                return bytes(answer(404))
            subject, href = handles[resource.removeprefix("acct:")]
            jrd = {"subject": f"acct:{subject}", "links": [{"rel": "self", "type": ACTIVITY, "href": href}]}
            return bytes(answer(body=json.dumps(jrd).encode(), content_type="application/jrd+json"))

        for name in handles:
            user, _, host = name.partition("@")
            resource = f"acct:{user}@{host}".replace(":", "%3A").replace("@", "%40")
            peer.answers[f"/.well-known/webfinger?resource={resource}"] = finger
        for url, name in actors.items():
            path = "/" + url.split("/", 3)[3]
            body = json.dumps({"id": url, "type": "Person", "preferredUsername": name}).encode()
            peer.answers[path] = answer(body=body, content_type=ACTIVITY)

    return fill


async def test_a_handle_that_both_sides_confirm_is_resolved_in_two_requests(
    documents: Documents, peer: Any, world: Any
) -> None:
    good, alice = peer.host("good.localhost"), peer.url("/users/alice", "good.localhost")
    world({f"alice@{good}": (f"alice@{good}", alice)}, {alice: "alice"})
    found = await webfinger.resolve_handle(documents, Handle("alice", good), FetchBudget())
    assert (found.actor["id"], str(found.handle)) == (alice, f"alice@{good}")
    assert len(peer.asked) == 2


async def test_the_case_of_a_handle_does_not_matter(documents: Documents, peer: Any, world: Any) -> None:
    good, alice = peer.host("good.localhost"), peer.url("/users/1", "good.localhost")
    world({f"alice@{good}": (f"Alice@{good}", alice)}, {alice: "Alice"})
    assert await webfinger.resolve_handle(documents, Handle("alice", good), FetchBudget())


async def test_o7_a_server_cannot_name_its_actor_after_another_server(
    documents: Documents, peer: Any, world: Any
) -> None:
    """mallory@evil calls itself alice@good, and good knows nothing of it."""
    good, evil = peer.host("good.localhost"), peer.host("evil.localhost")
    alice, mallory = peer.url("/users/alice", "good.localhost"), peer.url("/m", "evil.localhost")
    world(
        {
            f"alice@{good}": (f"alice@{good}", alice),
            f"alice@{evil}": (f"alice@{good}", mallory),
        },
        {alice: "alice", mallory: "alice"},
    )
    actor = await documents.fetch(mallory, FetchBudget())
    with pytest.raises(RemoteRefused, match="does not confirm"):
        await webfinger.confirm_handle(documents, actor, FetchBudget())
    with pytest.raises(RemoteRefused):
        await webfinger.resolve_handle(documents, Handle("alice", evil), FetchBudget())


async def test_o7_an_actor_whose_server_points_elsewhere_is_refused(
    documents: Documents, peer: Any, world: Any
) -> None:
    evil = peer.host("evil.localhost")
    first, second = peer.url("/a", "evil.localhost"), peer.url("/b", "evil.localhost")
    world({f"alice@{evil}": (f"alice@{evil}", second)}, {first: "alice", second: "alice"})
    actor = await documents.fetch(first, FetchBudget())
    with pytest.raises(RemoteRefused, match="does not confirm"):
        await webfinger.confirm_handle(documents, actor, FetchBudget())


async def test_o7_a_handle_does_not_borrow_an_actor_that_goes_by_another_name(
    documents: Documents, peer: Any, world: Any
) -> None:
    good, evil = peer.host("good.localhost"), peer.host("evil.localhost")
    alice = peer.url("/users/alice", "good.localhost")
    world(
        {f"alice@{good}": (f"alice@{good}", alice), f"bob@{evil}": (f"bob@{evil}", alice)}, {alice: "alice"}
    )
    with pytest.raises(RemoteRefused, match="another name"):
        await webfinger.resolve_handle(documents, Handle("bob", evil), FetchBudget())


async def test_o7_there_is_no_third_hop(documents: Documents, peer: Any, world: Any) -> None:
    one, two, three = (peer.host(f"{name}.localhost") for name in ("one", "two", "three"))
    alice = peer.url("/alice", "one.localhost")
    world(
        {
            f"alice@{one}": (f"alice@{two}", alice),
            f"alice@{two}": (f"alice@{three}", alice),
            f"alice@{three}": (f"alice@{three}", alice),
        },
        {alice: "alice"},
    )
    actor = await documents.fetch(alice, FetchBudget())
    with pytest.raises(RemoteRefused, match="does not confirm"):
        await webfinger.confirm_handle(documents, actor, FetchBudget())


async def test_a_split_domain_is_confirmed_with_one_more_request(
    documents: Documents, peer: Any, world: Any
) -> None:
    short, home = peer.host("good.localhost"), peer.host("social.good.localhost")
    alice = peer.url("/users/alice", "social.good.localhost")
    handles = dict.fromkeys((f"alice@{short}", f"alice@{home}"), (f"alice@{short}", alice))
    world(handles, {alice: "alice"})
    found = await webfinger.resolve_handle(documents, Handle("alice", short), FetchBudget())
    assert (str(found.handle), len(peer.asked)) == (f"alice@{short}", 3)
    confirmed = await webfinger.confirm_handle(documents, found.actor, FetchBudget())
    assert (str(confirmed), len(peer.asked)) == (f"alice@{short}", 5)


async def test_the_handle_domain_may_redirect_its_webfinger(
    documents: Documents, peer: Any, other: Any, world: Any, answer: Any
) -> None:
    short, alice = other.host("good.localhost"), peer.url("/users/alice", "social.good.localhost")
    home = peer.host("social.good.localhost")
    world(dict.fromkeys((f"alice@{short}", f"alice@{home}"), (f"alice@{short}", alice)), {alice: "alice"})
    target = f"/.well-known/webfinger?resource=acct%3Aalice%40good.localhost%3A{other.port}"
    other.answers[target] = answer(301, location=peer.url(target, "social.good.localhost"))
    found = await webfinger.resolve_handle(documents, Handle("alice", short), FetchBudget())
    assert str(found.handle) == f"alice@{short}"


async def test_a_test_network_may_mix_http_and_https(
    tmp_path: Path, authority: Any, make_peer: Any, answer: Any, test_network: Settings
) -> None:
    file, context = authority(tmp_path, ["peer.localhost"])
    secure = make_peer()
    await secure.start(context)
    jrd = json.dumps({"subject": f"acct:a@{secure.host()}", "links": [link(href=secure.url("/a"))]})
    target = f"/.well-known/webfinger?resource=acct%3Aa%40peer.localhost%3A{secure.port}"
    secure.answers[target] = answer(body=jrd.encode(), content_type="application/jrd+json")
    async with Client(msgspec.structs.replace(test_network, outbound_ca_file=str(file))) as client:
        documents = Documents(client, keys.PrivateKey("http://here.localhost:1/actor#main-key", RSA))
        found = await webfinger.look_up(documents, Handle("a", secure.host()), FetchBudget())
    assert found.ids == ((secure.url("/a"), None),)
    await secure.stop()


@pytest.mark.parametrize("name", [None, 7, "", "a b", "a@b", "a/b", "alice\x00"])
async def test_an_actor_without_a_usable_name_has_no_handle(
    documents: Documents, peer: Any, name: object
) -> None:
    actor = {"id": peer.url("/a"), "preferredUsername": name}
    with pytest.raises(RemoteRefused, match="name"):
        await webfinger.confirm_handle(documents, actor, FetchBudget())
    assert peer.asked == []


@pytest.mark.parametrize("content_type", ["text/html", "application/activity+json", "text/plain", ""])
async def test_o7_another_content_type_is_no_webfinger(
    documents: Documents, peer: Any, answer: Any, content_type: str
) -> None:
    body = b'{"subject": "acct:a@b", "links": []}'
    target = f"/.well-known/webfinger?resource=acct%3Aa%40peer.localhost%3A{peer.port}"
    peer.answers[target] = answer(body=body, content_type=content_type)
    with pytest.raises(RemoteTrouble):
        await webfinger.look_up(documents, Handle("a", peer.host()), FetchBudget())


async def test_s4_a_name_cannot_add_parameters(documents: Documents, peer: Any) -> None:
    with pytest.raises((Missing, RemoteTrouble)):
        await webfinger.look_up(documents, Handle("a&resource=acct:b", peer.host()), FetchBudget())
    assert peer.targets[0].startswith("/.well-known/webfinger?resource=acct%3Aa%26resource%3Dacct%3Ab%40")


async def test_webfinger_is_not_signed(documents: Documents, peer: Any, world: Any) -> None:
    good, alice = peer.host("good.localhost"), peer.url("/users/alice", "good.localhost")
    world({f"alice@{good}": (f"alice@{good}", alice)}, {alice: "alice"})
    await webfinger.look_up(documents, Handle("alice", good), FetchBudget())
    assert peer.asked[0].header("signature") is None


async def test_an_unknown_handle_is_missing(documents: Documents, peer: Any) -> None:
    with pytest.raises((Missing, RemoteTrouble)):
        await webfinger.look_up(documents, Handle("nobody", peer.host()), FetchBudget())


def link(**fields: object) -> dict[str, object]:
    return {"rel": "self", "type": ACTIVITY, **fields}


def test_links_that_make_no_sense_are_passed_over() -> None:
    jrd = webfinger.read_jrd(
        {
            "subject": ["acct:a@b.example"],
            "links": [
                7,
                link(href="http://plain.example/a"),
                link(href="https://127.0.0.1/a"),
                link(href=None),
                link(href="https://a.example/html", type="text/html"),
                link(href="https://a.example/json", type="application/json"),
                link(href="https://a.example/a", rel="alternate"),
                link(href="https://a.example/right", properties="odd"),
            ],
        },
        OPEN_NETWORK,
    )
    assert (jrd.subject, jrd.ids) == (None, (("https://a.example/right", None),))


@pytest.mark.parametrize("document", [{}, {"links": {}}, {"links": "self"}, {"links": None}])
def test_a_document_without_links_names_nobody(document: dict[str, Any]) -> None:
    assert webfinger.read_jrd(document, OPEN_NETWORK).ids == ()


@pytest.mark.parametrize(("kind", "expected"), [(None, "/u/x"), ("Group", "/c/x"), ("Person", "/u/x")])
async def test_lemmys_two_actors_of_one_name_are_told_apart(
    documents: Documents, peer: Any, answer: Any, kind: str | None, expected: str
) -> None:
    links = [
        link(href=peer.url("/u/x"), properties={TYPE: "Person"}),
        link(href=peer.url("/c/x"), properties={TYPE: "Group"}),
    ]
    jrd = json.dumps({"subject": f"acct:x@{peer.host()}", "links": links}).encode()
    target = f"/.well-known/webfinger?resource=acct%3Ax%40peer.localhost%3A{peer.port}"
    peer.answers[target] = answer(body=jrd, content_type="application/jrd+json; charset=utf-8")
    for path in ("/u/x", "/c/x"):
        actor = json.dumps({"id": peer.url(path), "preferredUsername": "x"}).encode()
        peer.answers[path] = answer(body=actor, content_type=ACTIVITY)
    found = await webfinger.resolve_handle(documents, Handle("x", peer.host(), kind), FetchBudget())
    assert found.actor["id"] == peer.url(expected)


# "Follow from your own server"


def offers(*templates: tuple[str, object]) -> dict[str, Any]:
    return {"links": [{"rel": rel, "template": template} for rel, template in templates]}


def test_the_subscribe_template_is_found_and_the_newer_intent_goes_first() -> None:
    old = (webfinger.SUBSCRIBE, "https://a.example/authorize_interaction?uri={uri}")
    new = (webfinger.FOLLOW_INTENT, "https://a.example/intents/follow?object={object}")
    assert webfinger.read_jrd(offers(old), OPEN_NETWORK).subscribe == old[1]
    both = webfinger.read_jrd(offers(old, new), OPEN_NETWORK)
    assert both.subscribe == "https://a.example/intents/follow?object={uri}"


@pytest.mark.parametrize(
    "template",
    [
        "javascript:alert({uri})",
        "https://a.example/authorize",
        "https://{uri}/x?y=1",
        "https://a.example/{uri}",
        "//a.example/?uri={uri}",
        "https://a.example/?a={uri}&b={uri}",
        "https://user@a.example/?uri={uri}",
        "https://127.0.0.1/?uri={uri}",
        "data:text/html,?{uri}",
        7,
        None,
    ],
)
def test_a_template_that_leads_astray_is_passed_over(template: object) -> None:
    assert webfinger.read_jrd(offers((webfinger.SUBSCRIBE, template)), OPEN_NETWORK).subscribe is None


async def test_a_server_without_a_template_offers_none(documents: Documents, peer: Any, world: Any) -> None:
    good = peer.host("good.localhost")
    world({f"alice@{good}": (f"alice@{good}", peer.url("/a"))}, {})
    with pytest.raises(Missing):
        await webfinger.subscribe_template(documents, Handle("alice", good), FetchBudget())


# What people type


@pytest.mark.parametrize(
    ("text", "name", "host", "kind"),
    [
        ("@alice@good.example", "alice", "good.example", None),
        (" alice@GOOD.example ", "alice", "good.example", None),
        ("acct:alice@good.example", "alice", "good.example", None),
        ("!sober@good.example", "sober", "good.example", "Group"),
        ("@a.b-c_d@bücher.example", "a.b-c_d", "xn--bcher-kva.example", None),
    ],
)
def test_a_handle_is_read_in_each_of_its_forms(text: str, name: str, host: str, kind: str | None) -> None:
    assert webfinger.parse_handle(text, OPEN_NETWORK) == Handle(name, host, kind)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alice",
        "@alice",
        "@alice@",
        "a@b@c.example",
        "alice@localhost",
        "alice@127.0.0.1",
        "a b@c.example",
        "alice@good.example:8443",
        "alice@good.example/x",
        "@!a@b.example",
        "a?x@good.example",
    ],
)
def test_what_is_no_handle_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        webfinger.parse_handle(text, OPEN_NETWORK)


def test_a_port_is_part_of_a_handle_on_a_test_network() -> None:
    assert webfinger.parse_handle("@a@garden.localhost:3000", TEST_NETWORK).host == "garden.localhost:3000"
