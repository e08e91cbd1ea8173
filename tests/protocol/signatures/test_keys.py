import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol.signatures.keys import (
    LONGEST_PEM,
    PrivateKey,
    bounded,
    load_private,
    load_public,
    private_pem,
    public_pem,
    public_text,
)

KEY_ID = "https://peer.example/users/alice#main-key"
OWNER = "https://peer.example/users/alice"


def pem(key):
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def rsa_pem(bits, exponent=65_537):
    """A public key of that size; its modulus need not be a product of primes to be measured."""
    return pem(rsa.RSAPublicNumbers(exponent, (1 << bits - 1) | (1 << 60) | 1).public_key())


@pytest.mark.parametrize("bits", [512, 1_024, 2_047, 4_097, 8_192, 16_384])
def test_d13_an_rsa_key_that_is_too_small_or_too_large_is_refused(bits):
    with pytest.raises(Malformed, match="bits"):
        load_public(KEY_ID, OWNER, rsa_pem(bits))


@pytest.mark.parametrize("bits", [2_048, 3_072, 4_096])
def test_d13_rsa_keys_of_2048_to_4096_bits_are_taken(bits):
    assert load_public(KEY_ID, OWNER, rsa_pem(bits)).algorithm == "rsa"


def test_d13_an_exponent_beyond_32_bits_is_refused():
    with pytest.raises(Malformed, match="exponent"):
        load_public(KEY_ID, OWNER, rsa_pem(2_048, 2**33 + 1))


def test_d13_a_pem_that_is_too_long_is_refused_unread(rsa):
    padded = public_pem(rsa.key) + "\n" * LONGEST_PEM
    with pytest.raises(Malformed, match="too long"):
        load_public(KEY_ID, OWNER, padded)


def test_d13_other_kinds_of_keys_are_refused():
    with pytest.raises(Malformed, match="neither"):
        load_public(KEY_ID, OWNER, pem(ec.generate_private_key(ec.SECP256R1()).public_key()))
    with pytest.raises(Malformed, match="neither"):
        bounded("a key")


def test_a_private_key_is_no_public_key(rsa):
    with pytest.raises(Malformed):
        load_public(KEY_ID, OWNER, private_pem(rsa.key))


@given(st.text(max_size=200) | st.text(max_size=60).map(lambda t: f"-----BEGIN PUBLIC KEY-----\n{t}\n"))
def test_loading_any_text_raises_only_malformed(text):
    with pytest.raises(Malformed):
        load_public(KEY_ID, OWNER, text)
    with pytest.raises(Malformed):
        load_private(KEY_ID, text)


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_a_key_survives_being_written_and_read(request, kind):
    key = request.getfixturevalue(kind)
    again = load_private(key.key_id, private_pem(key.key))
    public = load_public(key.key_id, OWNER, public_pem(key.key))
    assert (again.algorithm, public.algorithm) == (kind, kind)
    assert public_text(public) == public_pem(key.key)
    assert public.signed(again.sign(b"words"), b"words")
    assert not public.signed(again.sign(b"words"), b"other words")
    assert not public.signed(b"", b"words")


def test_a_pkcs1_public_key_is_read_too(rsa):
    old = rsa.key.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
    assert load_public(KEY_ID, OWNER, f"\n{old}\n").key == rsa.key.public_key()


@pytest.mark.parametrize("key_id", ['a"b', "a b", "a\nb", "a\\b", "a,b", "ü"])
def test_a_key_id_that_would_break_a_header_is_refused(rsa, key_id):
    with pytest.raises(Malformed):
        PrivateKey(key_id, rsa.key)


def test_new_rsa_keys_have_2048_bits(rsa):
    assert rsa.key.key_size == 2_048
    assert rsa.key.public_key().public_numbers().e == 65_537
