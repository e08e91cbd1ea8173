"""Where a code may be sent, and what proves who asked for it."""

import base64
import hashlib
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.protocol import oauth


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "blob:https://elk.example/x",
        "file:///etc/passwd",
        "/local",
        "//evil.example/",
        "elk.example/callback",
        "https://",
        "https:///path",
        "https:elk.example",
        "https://elk.example@evil.example/",
        "https://elk.example\\@evil.example/",
        "https://elk.example/#fragment",
        "https://[::1",
        "https://elk.example:0x/",
        "https://elk.example:99999/",
        "https://elk.example/ü",
        "https://elk.example/\x7f",
        "https://elk.example/a b",
        "https://elk.example/\r\nSet-Cookie:x",
        "1app://x",
        "icecubesapp:",
        "app://" + "x" * 2000,
        "",
    ],
)
def test_an_address_that_could_run_or_mislead_is_refused(address):
    assert oauth.trouble_with(address)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("icecubesapp://", "device"),
        ("oauth2redirect://com.keylesspalace.tusky/", "device"),
        ("mastodon://joinmastodon.org/oauth", "device"),
        ("org.joinmastodon.android-auth://callback", "device"),
        ("com.tapbots.Ivory.10217:/request_token/5F2C", "device"),
        ("urn:ietf:wg:oauth:2.0:oob", "shown"),
        ("http://127.0.0.1:8088/", "here"),
        ("http://localhost:5173/", "here"),
        ("http://[::1]:5173/", "here"),
        ("https://elk.zone/api/garden.example/oauth/https%3A%2F%2Felk.zone", "site"),
        ("https://localhost.evil.example/", "site"),
    ],
)
def test_the_addresses_of_apps_are_taken_as_they_are(address, kind):
    assert oauth.trouble_with(address) == ""
    assert oauth.kind_of(address) == kind


def test_a_form_may_lead_to_the_scheme_of_the_address_and_no_other():
    assert oauth.sources_of("icecubesapp://") == "'self' icecubesapp:"
    assert oauth.sources_of("Com.Tapbots.Ivory:/x") == "'self' com.tapbots.ivory:"
    assert oauth.sources_of("https://elk.zone/x") == "'self' https:"
    assert oauth.sources_of(oauth.OUT_OF_BAND) == "'self'"
    assert "http:" in oauth.sources_of("http://127.0.0.1:8088/").split()


@given(
    st.text(), st.sampled_from(["icecubesapp://", "https://a.example/x?y=z", "a.b:/c", "https://a.example"])
)
def test_an_answer_changes_nothing_of_the_address_and_keeps_the_state_to_the_letter(state, address):
    answer = oauth.answer_to(address, "query", [("code", "x"), ("state", state)])
    assert answer.startswith(address)
    assert answer.isascii()
    assert answer.isprintable()
    values = parse_qsl(urlsplit(answer).query or answer.partition("?")[2], keep_blank_values=True)
    assert dict(values)["code"] == "x"
    assert dict(values)["state"] == state


@given(st.text("abcXYZ019-._~", min_size=43, max_size=128), st.text(max_size=130))
def test_only_the_verifier_proves(verifier, other):
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    assert oauth.is_challenge(challenge)
    assert oauth.proves(verifier, challenge)
    assert not oauth.proves(verifier, None)
    assert oauth.proves("", None)
    if other != verifier:
        assert not oauth.proves(other, challenge)


def test_what_is_no_digest_is_no_challenge():
    for text in ("", "x", "a" * 42, "a" * 44, "a" * 42 + "=", "a" * 42 + "+", "ä" * 43):
        assert not oauth.is_challenge(text)
