import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.errors import Malformed, Refused, Unauthenticated
from fediverse_support.protocol.signatures.digests import (
    content_digest_header,
    digest_header,
    require_digest,
    sha256_base64,
)

HELLO = "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="
BODY = b'{"hello": "world"}'


def test_both_headers_have_the_form_of_their_standards():
    assert digest_header(BODY) == f"SHA-256={HELLO}"
    assert content_digest_header(BODY) == f"sha-256=:{HELLO}:"
    assert digest_header(b"") == "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


@pytest.mark.parametrize(
    "header", ["SHA-256={}", "sha-256={}", "Sha-256={}", "MD5=abc, SHA-256={}", "sha-256={},unixsum=1"]
)
def test_a_right_digest_is_taken_in_every_spelling(header):
    require_digest(header.format(HELLO), BODY)


@pytest.mark.parametrize(
    "header", ["", "{}", "SHA-512={}", "SHA-256={0},SHA-256={0}", "SHA-256={0},sha-256=x"]
)
def test_o8_none_or_two_sha_256_digests_are_malformed(header):
    with pytest.raises(Malformed):
        require_digest(header.format(HELLO), BODY)


@pytest.mark.parametrize("value", ["", HELLO.lower(), HELLO[:-1], HELLO + "=", f" {HELLO}", f'"{HELLO}"'])
def test_o8_another_value_is_refused(value):
    with pytest.raises(Unauthenticated):
        require_digest(f"SHA-256={value}", BODY)


@given(st.text(max_size=80), st.binary(max_size=40))
def test_any_other_text_is_refused(text, body):
    if sha256_base64(body) in text:
        return
    with pytest.raises(Refused):
        require_digest(text, body)
