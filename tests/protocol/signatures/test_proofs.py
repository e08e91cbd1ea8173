import json
import re
from copy import deepcopy
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.errors import Malformed, Refused, Unauthenticated
from fediverse_support.protocol.signatures import proofs
from fediverse_support.protocol.signatures.keys import PrivateKey, PublicKey
from fediverse_support.protocol.signatures.multikey import decode_base58, load_multikey
from fediverse_support.protocol.urls import TEST_NETWORK

AS2 = "https://www.w3.org/ns/activitystreams"
ALICE = "https://peer.example/users/alice"
NOTE = {
    "@context": AS2,
    "id": "https://peer.example/notes/1",
    "type": "Note",
    "attributedTo": ALICE,
    "content": "Hello",
    "tag": [{"type": "Mention", "href": "https://group.example/groups/sober"}],
}


@pytest.fixture
def keys(ed25519, public):
    return {ed25519.key_id: public(ed25519)}


@pytest.fixture
def note(ed25519, now):
    return proofs.make(NOTE, ed25519, now)


def with_proof(document, **changes):
    """`document` with some of its proof's options changed after signing; None removes one."""
    proof = {name: value for name, value in (document["proof"] | changes).items() if value is not None}
    return {**document, "proof": proof}


def resigned(document, key, **changes):
    """`document` with a proof by `key` that is right but for `changes`, made by hand."""
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    options = {
        "@context": unsigned.get("@context"),
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": key.key_id,
        "proofPurpose": "assertionMethod",
        "created": "2026-09-01T10:00:00Z",
    }
    options = {name: value for name, value in (options | changes).items() if value is not None}
    value = proofs.encode_base58(key.sign(proofs.signed_bytes(unsigned, options)))
    return {**unsigned, "proof": {**options, "proofValue": value}}


def test_what_we_prove_is_verified(note, keys, ed25519, now):
    assert proofs.verification_method(note) == ed25519.key_id
    assert proofs.verify(note, keys, now) == ALICE
    assert proofs.covered(note) == {**NOTE, "@context": [AS2, proofs.DATA_INTEGRITY]}


def test_proving_leaves_the_document_given_as_it_was(ed25519, now):
    before = deepcopy(NOTE)
    proofs.make(NOTE, ed25519, now)
    assert before == NOTE


def test_proving_twice_gives_one_proof(note, keys, ed25519, now):
    again = proofs.make({**note, "signature": {"type": "RsaSignature2017"}}, ed25519, now)
    assert again == note


def test_an_rsa_key_cannot_prove(rsa, public, now):
    with pytest.raises(Malformed):
        proofs.make(NOTE, rsa, now)
    with pytest.raises(Unauthenticated):
        proofs.verify(resigned(NOTE, rsa), {rsa.key_id: public(rsa)}, now)


@pytest.mark.parametrize(
    "change",
    [
        {"content": "Goodbye"},
        {"extra": 1},
        {"tag": []},
        {"to": ["https://www.w3.org/ns/activitystreams#Public"]},
        {"id": "https://peer.example/notes/2"},
    ],
)
def test_o10_a_changed_document_is_refused(note, keys, now, change):
    with pytest.raises(Unauthenticated):
        proofs.verify({**note, **change}, keys, now)


def test_o10_a_missing_member_is_refused(note, keys, now):
    for name in set(note) - {"@context", "proof"}:
        with pytest.raises(Refused):
            proofs.verify({k: v for k, v in note.items() if k != name}, keys, now)


@pytest.mark.parametrize(
    "changes",
    [
        {"created": "2026-09-01T09:59:59Z"},
        {"created": None},
        {"domain": "group.example"},
        {"nonce": "1"},
        {"id": "urn:uuid:1"},
        {"expires": "2030-01-01T00:00:00Z"},
        {"@context": None},
        {"@context": AS2},
    ],
)
def test_o10_every_option_of_the_proof_is_authenticated(note, keys, now, changes):
    changed = with_proof(note, **changes)
    if changes == {"@context": None}:
        # Without its own context the proof takes the document's, which is the same one: nothing changed.
        assert proofs.verify(changed, keys, now) == ALICE
    else:
        with pytest.raises(Unauthenticated):
            proofs.verify(changed, keys, now)


@given(data=st.data())
def test_o10_any_other_value_of_the_proof_is_refused(ed25519, public, now, data):
    note = proofs.make(NOTE, ed25519, now)
    raw = bytearray(decode_base58(note["proof"]["proofValue"]))
    raw[data.draw(st.integers(0, 63))] ^= data.draw(st.integers(1, 255))
    changed = with_proof(note, proofValue=proofs.encode_base58(bytes(raw)))
    with pytest.raises(Refused):
        proofs.verify(changed, {ed25519.key_id: public(ed25519)}, now)


@pytest.mark.parametrize("value", [None, 1, "", "z", "z0", "zz", "z" + "2" * 500, "u" + "A" * 86])
def test_a_value_that_cannot_be_read_is_malformed(note, keys, now, value):
    with pytest.raises(Malformed):
        proofs.verify(with_proof(note, proofValue=value), keys, now)


@pytest.mark.parametrize(
    "changes",
    [
        {"proofPurpose": "authentication"},
        {"proofPurpose": None},
        {"previousProof": "urn:uuid:1"},
        {"created": "2026-09-01T11:00:01Z"},
        {"expires": "2026-09-01T09:59:59Z"},
        {"cryptosuite": "eddsa-rdfc-2022"},
        {"type": "Ed25519Signature2020"},
        {"type": "RsaSignature2017"},
        {"type": ["DataIntegrityProof"]},
    ],
)
def test_o10_a_proof_that_is_right_but_for_one_option_is_refused(ed25519, keys, now, changes):
    assert proofs.verify(resigned(NOTE, ed25519), keys, now) == ALICE
    with pytest.raises(Unauthenticated):
        proofs.verify(resigned(NOTE, ed25519, **changes), keys, now)


@pytest.mark.parametrize("name", ["created", "expires"])
@pytest.mark.parametrize("value", ["soon", "2026-09-01", "2026-09-01T10:00:00", 1, [], {}])
def test_a_time_that_cannot_be_read_is_malformed(ed25519, keys, now, name, value):
    with pytest.raises(Malformed):
        proofs.verify(resigned(NOTE, ed25519, **{name: value}), keys, now)


def test_a_proof_holds_until_it_expires(ed25519, keys, now):
    document = resigned(NOTE, ed25519, expires="2026-09-01T10:00:01Z")
    assert proofs.verify(document, keys, now) == ALICE
    with pytest.raises(Unauthenticated):
        proofs.verify(document, keys, now + timedelta(seconds=2))


def test_options_that_nobody_knows_are_taken_if_they_are_signed(ed25519, keys, now):
    assert proofs.verify(resigned(NOTE, ed25519, odd={"a": [1]}), keys, now) == ALICE


def test_o10_an_unknown_key_is_refused(note, now):
    with pytest.raises(Unauthenticated):
        proofs.verify(note, {}, now)


@pytest.mark.parametrize("method", [None, 1, ["https://peer.example/users/alice#ed25519-key"], {}])
def test_a_proof_that_names_no_key_is_malformed(note, keys, now, method):
    with pytest.raises(Malformed):
        proofs.verify(with_proof(note, verificationMethod=method), keys, now)


def test_o10_a_key_that_was_looked_up_under_another_name_is_refused(note, ed25519, public, now):
    wrong = PublicKey("https://peer.example/users/bob#key", ALICE, public(ed25519).key)
    with pytest.raises(Unauthenticated):
        proofs.verify(note, {ed25519.key_id: wrong}, now)


def test_o10_a_key_on_another_server_than_its_owner_is_refused(ed25519, now):
    key = PrivateKey("https://evil.example/users/mallory#key", ed25519.key)
    owned = {key.key_id: PublicKey(key.key_id, ALICE, key.key.public_key())}
    with pytest.raises(Unauthenticated):
        proofs.verify(proofs.make(NOTE, key, now), owned, now)


@pytest.mark.parametrize(
    "change",
    [
        {"attributedTo": "https://peer.example/users/bob"},
        {"attributedTo": [ALICE, "https://peer.example/users/bob"]},
        {"attributedTo": {"id": "https://peer.example/users/bob"}},
        {"actor": "https://peer.example/users/bob"},
        {"attributedTo": None},
        {"id": "https://other.example/notes/1"},
        {"id": "https://peer.example.evil.example/notes/1"},
        {"id": "http://peer.example/notes/1"},
    ],
)
def test_o10_a_document_of_somebody_else_is_refused(ed25519, keys, now, change):
    with pytest.raises(Unauthenticated):
        proofs.verify(resigned({**NOTE, **change}, ed25519), keys, now)


@pytest.mark.parametrize("change", [{"id": None}, {"id": 1}, {"attributedTo": 2}, {"attributedTo": [{}]}])
def test_an_owner_that_cannot_be_read_is_malformed(ed25519, keys, now, change):
    with pytest.raises(Malformed):
        proofs.verify(resigned({**NOTE, **change}, ed25519), keys, now)


@pytest.mark.parametrize("owner", [[ALICE], {"id": ALICE, "type": "Person"}, [{"id": ALICE}]])
def test_the_owner_may_be_written_in_any_usual_shape(ed25519, keys, now, owner):
    assert proofs.verify(resigned({**NOTE, "attributedTo": owner}, ed25519), keys, now) == ALICE


def test_an_actor_proves_its_own_document(ed25519, keys, now):
    actor = {"@context": AS2, "id": ALICE, "type": "Person"}
    assert proofs.verify(resigned(actor, ed25519), keys, now) == ALICE


def test_o10_rsa_signature_2017_is_no_proof_of_anything(keys, now):
    signature = {
        "type": "RsaSignature2017",
        "creator": f"{ALICE}#main-key",
        "created": "2026-09-01T10:00:00Z",
        "signatureValue": "AAAA",
    }
    for document in ({**NOTE, "signature": signature}, {**NOTE, "proof": signature}):
        with pytest.raises(Unauthenticated):
            proofs.verify(document, keys, now)


def test_o9_a_graph_that_is_hard_to_canonicalise_is_refused_without_trying(keys, now):
    graph = [{"@id": f"_:b{i}", "p": [{"@id": f"_:b{j}"} for j in range(8)]} for i in range(8)]
    document = {"@context": {"p": "urn:p"}, "@graph": graph, "signature": {"type": "RsaSignature2017"}}
    with pytest.raises(Unauthenticated):
        proofs.verify(document, keys, now)


def test_the_older_signature_is_taken_off_before_verifying(note, keys, now):
    signed_twice = {**note, "signature": {"type": "RsaSignature2017"}}
    assert proofs.verify(signed_twice, keys, now) == ALICE
    assert "signature" not in proofs.covered(signed_twice)


def test_contexts_added_behind_the_signed_ones_are_cut_off(note, keys, now):
    added = {**note, "@context": [*note["@context"], {"content": "https://evil.example/other-meaning"}]}
    assert proofs.verify(added, keys, now) == ALICE
    assert proofs.covered(added)["@context"] == note["@context"]


@pytest.mark.parametrize(
    "context",
    [[{"content": "https://evil.example/x"}, AS2, proofs.DATA_INTEGRITY], AS2, [proofs.DATA_INTEGRITY, AS2]],
)
def test_o10_a_context_before_or_instead_of_the_signed_ones_is_refused(note, keys, now, context):
    with pytest.raises(Unauthenticated):
        proofs.verify({**note, "@context": context}, keys, now)


def test_a_document_whose_context_was_dropped_gets_the_signed_one(note, keys, now):
    bare = {name: value for name, value in note.items() if name != "@context"}
    assert proofs.verify(bare, keys, now) == ALICE
    assert proofs.covered(bare) == proofs.covered(note)


def test_proofs_without_a_context_of_their_own_are_verified_as_older_makers_hash_them(ed25519, keys, now):
    for hashed in (NOTE["@context"], None):
        made = resigned(NOTE, ed25519, **{"@context": hashed})
        assert proofs.verify(with_proof(made, **{"@context": None}), keys, now) == ALICE


def test_a_proof_of_another_suite_beside_ours_does_no_harm(note, keys, now):
    other = {"type": "DataIntegrityProof", "cryptosuite": "mldsa44-jcs-2024", "proofValue": "u"}
    assert proofs.verify({**note, "proof": [other, note["proof"]]}, keys, now) == ALICE


def test_two_proofs_of_our_suite_are_refused(note, keys, now):
    with pytest.raises(Unauthenticated):
        proofs.verify({**note, "proof": [note["proof"], note["proof"]]}, keys, now)


def test_a_heap_of_proofs_is_refused(note, keys, now):
    with pytest.raises(Malformed):
        proofs.verify({**note, "proof": [note["proof"]] * 5}, keys, now)


@pytest.mark.parametrize("proof", [None, [], {}, "x", 1, [None], [[]]])
def test_a_document_without_a_proof_is_refused(note, keys, now, proof):
    with pytest.raises(Unauthenticated):
        proofs.verify({**note, "proof": proof}, keys, now)


def test_o10_integers_beyond_2_to_the_53_are_refused_not_rounded(note, keys, ed25519, now):
    with pytest.raises(Malformed):
        proofs.make({**NOTE, "votes": 2**53 + 1}, ed25519, now)
    with pytest.raises(Malformed):
        proofs.verify({**note, "votes": 2**53 + 1}, keys, now)


def test_names_with_ports_count_only_on_a_test_network(ed25519, now):
    owner = "http://peer.localhost:8001/users/alice"
    key = PrivateKey(f"{owner}#key", ed25519.key)
    known = {key.key_id: PublicKey(key.key_id, owner, key.key.public_key())}
    document = proofs.make({**NOTE, "id": f"{owner}/1", "attributedTo": owner}, key, now)
    assert proofs.verify(document, known, now, TEST_NETWORK) == owner
    with pytest.raises(Unauthenticated):
        proofs.verify(document, known, now)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=12,
    )
)
def test_any_document_is_verified_or_refused_by_our_errors(ed25519, public, now, value):
    known = {ed25519.key_id: public(ed25519)}
    try:
        made = proofs.make({**NOTE, "value": value}, ed25519, now)
    except Malformed:
        return
    assert proofs.verify(json.loads(json.dumps(made)), known, now) == ALICE
    for name in ("proof", "@context", "id", "attributedTo"):
        if made[name] != value:
            with pytest.raises(Refused):
                proofs.verify({**made, name: value}, known, now)


def test_o10_the_vector_of_the_w3c_is_reproduced_and_verified(corpora):
    folder = corpora / "vc-di-eddsa/TestVectors"
    signed = json.loads((folder / "eddsa-jcs-2022/signedJCS.json").read_text())
    pair = json.loads((folder / "keyPair.json").read_text())
    options = {name: value for name, value in signed["proof"].items() if name != "proofValue"}
    hashes = proofs.signed_bytes(proofs.covered(signed), options)
    assert hashes.hex() == (folder / "eddsa-jcs-2022/combinedHashJCS.txt").read_text().strip()
    key = load_multikey("k", "o", pair["publicKeyMultibase"])
    assert key.signed(decode_base58(signed["proof"]["proofValue"]), hashes)
    with pytest.raises(Refused):
        proofs.verify(signed, {}, datetime.fromisoformat("2023-02-25T00:00:00Z"))


def test_o10_the_vectors_of_fep_8b32_are_reproduced_and_verified(corpora):
    feature = (corpora / "sig-vectors/fep/fep-8b32.feature").read_text()
    document, made, received, actor = (json.loads(text) for text in re.findall(r'"""(.*?)"""', feature, re.S))
    secret = decode_base58(re.search(r'secret key "(\w+)"', feature).group(1))
    method = actor["assertionMethod"][0]
    private = PrivateKey(method["id"], Ed25519PrivateKey.from_private_bytes(secret[2:]))
    created = datetime.fromisoformat(made["proof"]["created"])
    assert proofs.make(document, private, created) == made == received
    known = {method["id"]: load_multikey(method["id"], actor["id"], method["publicKeyMultibase"])}
    assert proofs.verify(received, known, created) == actor["id"]
