import re

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol.signatures.multikey import (
    decode_base58,
    encode_base58,
    encode_multikey,
    load_multikey,
)


def load(text):
    return load_multikey("https://a.example/u#key", "https://a.example/u", text)


def test_fep_521a_both_keys_are_written_and_read(corpora):
    feature = (corpora / "sig-vectors/fep/fep-521a.feature").read_text()
    ed25519_hex, rsa_hex = re.findall(r'hex string "([0-9a-f]+)"', feature)
    ed25519, rsa = re.findall(r'"publicKeyMultibase": "(z\w+)"', feature)
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(ed25519_hex))
    assert encode_multikey(key) == ed25519
    assert load(ed25519).key == key
    assert load(rsa).key.public_bytes(Encoding.DER, PublicFormat.PKCS1).hex() == rsa_hex
    assert encode_multikey(load(rsa).key) == rsa


def test_both_kinds_of_keys_survive(rsa, ed25519):
    for private in (rsa, ed25519):
        loaded = load(encode_multikey(private.key.public_key()))
        assert loaded.key == private.key.public_key()
        assert loaded.algorithm == private.algorithm


@pytest.mark.parametrize("bits", [1_024, 5_000])
def test_d13_the_bounds_of_rsa_keys_hold_for_multikeys(bits):
    key = RSAPublicNumbers(65_537, (1 << bits - 1) | 1).public_key()
    with pytest.raises(Malformed, match="bits"):
        load(encode_multikey(key))


@pytest.mark.parametrize(
    "data", [b"", b"\xed", b"\xed\x01", b"\xed\x01" + b"x" * 31, b"\x80\x24" + b"x" * 33, b"\x85\x24x"]
)
def test_other_keys_and_broken_ones_are_malformed(data):
    with pytest.raises(Malformed):
        load(encode_base58(data))


@pytest.mark.parametrize("text", ["", "z0", "zO", "zl ", "Mabc", "z" + "2" * 2_000, "zé", "z2\n"])
def test_what_is_not_base58_is_malformed(text):
    with pytest.raises(Malformed):
        decode_base58(text)


@given(st.binary(max_size=120))
def test_base58_gives_back_every_byte(data):
    assert decode_base58(encode_base58(data)) == data


@given(st.text(max_size=80))
def test_loading_any_text_raises_only_malformed(text):
    with pytest.raises(Malformed):
        load(text)
    with pytest.raises(Malformed):
        load(f"z{text}")
