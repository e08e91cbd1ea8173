"""Actors and keys: nobody lends another server's inbox, collections or keys."""

from typing import Any

import pytest

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol import parsing
from fediverse_support.protocol.urls import OPEN_NETWORK
from fediverse_support.protocol.vocabulary import ActorDocument, KeyDocument, ProfileField

ID = "https://peer.example/groups/sober"
PEM = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"
KEY = {"id": f"{ID}#main-key", "owner": ID, "publicKeyPem": PEM}


def group(**changes: Any) -> dict[str, Any]:
    document = {
        "id": ID,
        "type": "Group",
        "preferredUsername": "sober",
        "inbox": f"{ID}/inbox",
        "outbox": f"{ID}/outbox",
        "followers": f"{ID}/followers",
        "attributedTo": f"{ID}/moderators",
        "endpoints": {"sharedInbox": "https://peer.example/inbox"},
        "publicKey": KEY,
    }
    return {name: value for name, value in (document | changes).items() if value is not ...}


def read(**changes: Any) -> ActorDocument:
    return parsing.actor(group(**changes), OPEN_NETWORK)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ...},
        {"id": [ID]},
        {"id": {"id": ID}},
        {"id": 5},
        {"id": "http://peer.example/groups/sober"},
        {"type": "Note"},
        {"type": None},
        {"inbox": ...},
        {"inbox": "https://evil.example/inbox"},
        {"inbox": "https://sub.peer.example/inbox"},
        {"inbox": "/inbox"},
        {"preferredUsername": ...},
        {"preferredUsername": "so ber"},
        {"preferredUsername": "a@b"},
        {"preferredUsername": "a/b"},
        {"preferredUsername": "<b>"},
        {"preferredUsername": "a\u202eb"},
        {"preferredUsername": "x" * 129},
        {"preferredUsername": ["a b"]},
    ],
)
def test_o2_an_actor_without_own_id_name_and_inbox_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read(**changes)


@pytest.mark.parametrize("property", ["outbox", "followers", "following", "featured"])
def test_o2_collections_of_another_server_are_left_out(property: str) -> None:
    assert getattr(read(**{property: f"https://evil.example/{property}"}), property) is None
    assert getattr(read(**{property: {"id": f"{ID}/{property}", "type": "Collection"}}), property) is not None


@pytest.mark.parametrize(
    ("inbox", "kept"),
    [
        ("https://peer.example/inbox", True),
        ("https://in.peer.example/inbox", True),
        ("https://evil.example/inbox", False),
        ("https://evilpeer.example/inbox", False),
        ("https://example/inbox", False),
        (None, False),
        (5, False),
    ],
)
def test_a_shared_inbox_is_on_the_same_host_or_a_related_one(inbox: object, kept: bool) -> None:
    assert (read(endpoints={"sharedInbox": inbox}).shared_inbox is not None) is kept
    assert (read(endpoints=None, sharedInbox=inbox).shared_inbox is not None) is kept


@pytest.mark.parametrize(
    "key",
    [
        None,
        f"{ID}#main-key",
        KEY | {"owner": "https://peer.example/groups/other"},
        KEY | {"owner": ...},
        KEY | {"id": "https://evil.example/key"},
        KEY | {"id": [KEY["id"]]},
        KEY | {"publicKeyPem": ""},
        KEY | {"publicKeyPem": 5},
        KEY | {"publicKeyPem": "x" * 8193},
    ],
)
def test_o1_a_key_that_is_not_the_actors_own_is_left_out(key: object) -> None:
    assert read(publicKey=key).keys == ()


def test_keys_come_as_one_as_several_and_as_multikeys() -> None:
    multikey = {"id": f"{ID}#ed25519", "type": "Multikey", "controller": ID, "publicKeyMultibase": "z6Mk"}
    found = read(publicKey=[KEY, KEY | {"id": f"{ID}#second"}], assertionMethod=["x", multikey])
    assert [key.id for key in found.keys] == [f"{ID}#main-key", f"{ID}#second", f"{ID}#ed25519"]
    assert found.keys[0] == KeyDocument(id=f"{ID}#main-key", owner=ID, pem=PEM)
    assert found.keys[2] == KeyDocument(id=f"{ID}#ed25519", owner=ID, multibase="z6Mk")


def test_d2_keys_aliases_and_fields_are_cut() -> None:
    found = read(
        publicKey=[KEY] * 50,
        alsoKnownAs=[f"https://peer.example/u/{number}" for number in range(100)],
        attachment=[{"type": "PropertyValue", "name": "a", "value": "b"}] * 100,
    )
    assert (len(found.keys), len(found.also_known_as), len(found.fields)) == (10, 32, 50)


@pytest.mark.parametrize(
    "value",
    [ID + "/moderators", {"type": "OrderedCollection", "id": ID + "/moderators"}, [ID + "/moderators"]],
)
def test_moderators_of_a_group(value: object) -> None:
    assert read(attributedTo=..., moderators=value).moderators == f"{ID}/moderators"
    assert read(type="Person", moderators=value).moderators is None


@pytest.mark.parametrize("people", [[{"type": "Person", "id": ID}], {"type": "Person", "id": ID}, [ID], None])
def test_people_in_attributed_to_are_no_collection_of_moderators(people: object) -> None:
    assert read(attributedTo=people).moderators is None


def test_everything_else_may_be_missing_null_or_odd() -> None:
    found = read(
        **dict.fromkeys(
            ["name", "summary", "source", "icon", "image", "url", "endpoints", "tag", "language", "published"]
        ),
        discoverable="true",
        manuallyApprovesFollowers="false",
        indexable=None,
        postingRestrictedToMods=True,
        alsoKnownAs="https://old.example/u/a",
        movedTo={"id": "https://new.example/u/a"},
    )
    assert (found.name, found.source, found.icon, found.shared_inbox) == (None, None, None, None)
    assert (found.discoverable, found.approves_followers, found.indexable) == (True, False, False)
    assert found.posting_restricted_to_moderators
    assert found.also_known_as == ("https://old.example/u/a",)
    assert found.moved_to == "https://new.example/u/a"
    assert read().discoverable is None


@pytest.mark.parametrize(
    "icon",
    [
        "https://media.example/a.png",
        {"type": "Image", "url": "https://media.example/a.png"},
        [{"type": "Image", "url": ["https://media.example/a.png"]}],
        {"type": "Image", "url": {"type": "Link", "href": "https://media.example/a.png"}},
        [None, {"type": "Image"}, {"type": "Image", "url": [{"href": "https://media.example/a.png"}]}],
    ],
)
def test_icons_in_every_form(icon: object) -> None:
    assert read(icon=icon).icon == "https://media.example/a.png"


def test_the_page_for_people_is_on_the_own_host_and_html_if_possible() -> None:
    links = [
        {"type": "Link", "href": "https://cdn.example/x", "mediaType": "text/html"},
        {"type": "Link", "href": "https://peer.example/x.json", "mediaType": "application/json"},
        {"type": "Link", "href": "https://peer.example/x", "mediaType": "text/html"},
    ]
    assert read(url=links).url == "https://peer.example/x"
    assert read(url=links[:1]).url == "https://cdn.example/x"
    assert read(url="javascript:alert(1)").url is None


def test_fields_of_a_profile() -> None:
    attachment = [
        {"type": "PropertyValue", "name": "Home", "value": "<a>x</a>"},
        {"type": "PropertyValue"},
        5,
    ]
    assert read(attachment=attachment).fields == (ProfileField("Home", "<a>x</a>"),)


def test_the_name_may_come_from_webfinger_alone() -> None:
    assert read(preferredUsername=..., webfinger="acct:sober@peer.example").preferred_username == "sober"
    assert read(preferredUsername="ünïcode.name-1").preferred_username == "ünïcode.name-1"


@pytest.mark.parametrize(
    "changes",
    [
        {"owner": "https://evil.example/u/a"},
        {"owner": None},
        {"id": None},
        {"id": [KEY["id"]]},
        {"publicKeyPem": None},
    ],
)
def test_o2_a_bare_key_of_nobody_or_of_another_server_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        parsing.key(KEY | {"type": "CryptographicKey"} | changes, OPEN_NETWORK)


def test_a_bare_key_an_actor_and_a_stub_all_give_keys() -> None:
    expected = (KeyDocument(id=f"{ID}#main-key", owner=ID, pem=PEM),)
    stub = {"id": ID, "type": "Person", "preferredUsername": "sober", "publicKey": KEY}
    assert parsing.keys(dict(KEY), OPEN_NETWORK) == expected
    assert parsing.keys(group(), OPEN_NETWORK) == expected
    assert parsing.keys(stub, OPEN_NETWORK) == expected
    assert parsing.keys({"id": ID, "type": "Person"}, OPEN_NETWORK) == ()
    assert parsing.key({**KEY, "owner": None, "controller": {"id": ID}}, OPEN_NETWORK).owner == ID
