import json
import re

import pytest

from fediverse_support.protocol.signatures.keys import public_pem
from fediverse_support.protocol.signatures.multikey import encode_multikey
from fediverse_support.protocol.signatures.published import MOST_KEYS, published_keys
from fediverse_support.protocol.urls import OPEN_NETWORK

ALICE = "https://peer.example/users/alice"


@pytest.fixture
def actor(rsa, ed25519):
    return {
        "id": ALICE,
        "type": "Person",
        "publicKey": {"id": rsa.key_id, "owner": ALICE, "publicKeyPem": public_pem(rsa.key)},
        "assertionMethod": [
            {
                "id": ed25519.key_id,
                "type": "Multikey",
                "controller": ALICE,
                "publicKeyMultibase": encode_multikey(ed25519.key.public_key()),
            }
        ],
    }


def ids(actor):
    return [key.key_id for key in published_keys(actor, OPEN_NETWORK)]


def test_both_kinds_of_keys_are_found(actor, rsa, ed25519):
    assert ids(actor) == [rsa.key_id, ed25519.key_id]
    assert {key.owner for key in published_keys(actor, OPEN_NETWORK)} == {ALICE}


def test_one_object_or_a_list_is_the_same(actor):
    turned = {
        **actor,
        "publicKey": [actor["publicKey"]],
        "assertionMethod": actor["assertionMethod"][0],
    }
    assert ids(turned) == ids(actor)


@pytest.mark.parametrize("owner", ["https://peer.example/users/bob", None, "", [ALICE]])
def test_o1_a_key_that_does_not_name_this_actor_is_left_out(actor, ed25519, owner):
    assert ids({**actor, "publicKey": {**actor["publicKey"], "owner": owner}}) == [ed25519.key_id]


def test_o1_a_key_on_another_server_is_left_out(actor, ed25519):
    key = {**actor["publicKey"], "id": "https://evil.example/users/mallory#main-key"}
    assert ids({**actor, "publicKey": key}) == [ed25519.key_id]


@pytest.mark.parametrize("broken", [{}, {"publicKeyPem": 1}, {"publicKeyPem": "junk"}, {"id": 1}])
def test_d13_a_key_that_cannot_be_used_hides_no_other(actor, ed25519, broken):
    key = broken and {**actor["publicKey"], **broken}
    assert ids({**actor, "publicKey": key}) == [ed25519.key_id]


def test_only_linked_keys_and_odd_documents_give_nothing():
    assert ids({"id": ALICE, "assertionMethod": [f"{ALICE}#key", 1, None], "publicKey": "x"}) == []
    assert ids({"publicKey": {}}) == []


def test_d13_only_so_many_keys_are_looked_at(actor):
    assert len(ids({**actor, "publicKey": [actor["publicKey"]] * 50})) == MOST_KEYS


def test_fep_521a_actor_of_fep_8b32_publishes_its_key(corpora):
    feature = (corpora / "sig-vectors/fep/fep-8b32.feature").read_text()
    actor = json.loads(re.findall(r'"""(.*?)"""', feature, re.S)[-1])
    assert ids(actor) == ["https://server.example/users/alice#ed25519-key"]
