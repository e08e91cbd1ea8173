import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.errors import Malformed, Unauthenticated
from fediverse_support.protocol.signatures.requests import SignedRequest, received
from fediverse_support.protocol.signatures.signing import sign_post
from fediverse_support.protocol.signatures.storage import from_store, to_store
from fediverse_support.protocol.signatures.verification import check, read

URL = "https://group.example/inbox"
PRIVATE = {"Cookie": "session=secret", "X-Forwarded-For": "192.0.2.7", "User-Agent": "Peer/1.0"}


@pytest.mark.parametrize("style", ["cavage", "rfc9421"])
def test_a_stored_request_verifies_at_the_time_it_arrived(rsa, public, arrived, hosts, now, style):
    request = arrived(sign_post(URL, b"{}", rsa, now, style) | PRIVATE, b"{}")
    check(read(from_store(to_store(request)), hosts, now), public(rsa))


@pytest.mark.parametrize("style", ["cavage", "rfc9421"])
def test_nothing_that_the_signature_does_not_need_is_stored(rsa, arrived, now, style):
    request = arrived(sign_post(URL, b"{}", rsa, now, style) | PRIVATE, b"{}")
    stored = to_store(request)
    assert not any(value.encode() in stored for value in PRIVATE.values())


def test_credentials_are_not_stored_even_if_the_signature_names_them(crafted, rsa):
    covered = "(request-target) host date digest cookie authorization x-odd"
    secrets = {"cookie": "a=secret", "authorization": "Bearer secret", "x-odd": "kept"}
    stored = to_store(crafted(covered=covered, changes=secrets).sign(rsa))
    assert b"secret" not in stored
    assert ("x-odd", "kept") in from_store(stored).headers


def test_a_signature_in_authorization_is_stored(crafted, rsa, public, hosts, now):
    request = crafted().sign(rsa)
    headers = tuple(
        ("authorization", f"Signature {value}") if name == "signature" else (name, value)
        for name, value in request.headers
    )
    again = from_store(to_store(msgspec.structs.replace(request, headers=headers)))
    check(read(again, hosts, now), public(rsa))


def test_a_header_that_comes_twice_is_still_refused_after_storing(crafted, rsa, hosts, now):
    request = crafted(extra=(("date", "Tue, 01 Sep 2026 10:00:00 GMT"),)).sign(rsa)
    with pytest.raises(Malformed):
        read(from_store(to_store(request)), hosts, now)


def test_an_unsigned_request_is_not_stored():
    with pytest.raises(Unauthenticated):
        to_store(SignedRequest("POST", "/inbox", URL, (("host", "group.example"),), b"{}"))


@given(st.binary(max_size=60))
def test_other_bytes_are_malformed(data):
    with pytest.raises(Malformed):
        from_store(data)


def test_a_received_request_keeps_order_duplicates_and_bytes():
    raw = [(b"Date", b"a"), (b"X", b"\xe9"), (b"date", b"b")]
    request = received("post", "/inbox?a=%2F", raw, b"\x00", "https://group.example")
    assert request.headers == (("date", "a"), ("x", "é"), ("date", "b"))
    assert (request.method, request.url) == ("POST", "https://group.example/inbox?a=%2F")


def test_a_header_name_that_is_not_ascii_is_malformed():
    with pytest.raises(Malformed):
        received("POST", "/", [(b"\xe9", b"")], b"", "https://group.example")
