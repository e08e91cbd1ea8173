import json
from base64 import b64decode, b64encode
from hashlib import sha256

import msgspec
import pytest
from http_message_signatures import HTTPMessageVerifier, MappingKeyResolver, algorithms
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.errors import Malformed, Refused, Unauthenticated
from fediverse_support.protocol.signatures import rfc9421
from fediverse_support.protocol.signatures.keys import PublicKey, load_public
from fediverse_support.protocol.signatures.requests import SignedRequest, index
from fediverse_support.protocol.signatures.signing import sign_get, sign_post
from fediverse_support.protocol.signatures.verification import check, read

BODY = b'{"type":"Like"}'
URL = "https://group.example/inbox"
USUAL = '("@method" "@target-uri" "content-digest")'


def digest_of(body):
    return f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"


def signed(key, now, covered=USUAL, tail=None, **changes):
    """A request signed by hand over `covered`, independently of the code under test."""
    parts = {"body": BODY, "url": URL, "method": "POST", "digest": digest_of(BODY), "label": "sig1"} | changes
    if tail is None:
        tail = f';created={int(now.timestamp())};keyid="{key.key_id}"'
    values = {
        "@method": parts["method"],
        "@target-uri": parts["url"],
        "@authority": "group.example",
        "@path": "/inbox",
        "content-digest": parts["digest"],
        "content-type": "application/activity+json",
        "date": "Tue, 01 Sep 2026 10:00:00 GMT",
    }
    names = [name.strip('"') for name in covered.strip("()").split()]
    lines = [f'"{name}": {values[name]}' for name in names]
    base = "\n".join([*lines, f'"@signature-params": {covered}{tail}'])
    headers = [("host", "group.example"), *((n, v) for n, v in values.items() if not n.startswith("@"))]
    if parts["digest"] is None:
        headers = [(n, v) for n, v in headers if n != "content-digest"]
    headers.append(("signature-input", f"{parts['label']}={covered}{tail}"))
    headers.append(("signature", f"{parts['label']}=:{b64encode(key.sign(base.encode())).decode()}:"))
    return SignedRequest(parts["method"], "/inbox", URL, tuple(headers), parts["body"])


@pytest.mark.parametrize(
    "covered",
    [
        USUAL,
        '("@method" "@target-uri" "@authority" "content-digest")',
        '("@method" "@target-uri" "@authority" "date" "content-digest" "content-type")',
        '("content-digest" "@path" "@target-uri" "@method")',
    ],
    ids=["Mastodon", "NodeBB", "Fedify", "another order"],
)
@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_what_peers_send_is_verified(request, public, hosts, now, covered, kind):
    key = request.getfixturevalue(kind)
    claim = read(signed(key, now, covered), hosts, now)
    assert (claim.style, claim.key_id) == ("rfc9421", key.key_id)
    check(claim, public(key))


@pytest.mark.parametrize(
    "covered",
    [
        "()",
        '("@method")',
        '("@method" "@target-uri")',
        '("@method" "content-digest")',
        '("@target-uri" "content-digest")',
        '("@method" "@authority" "@path" "content-digest")',
    ],
)
def test_o8_a_post_must_cover_method_target_and_digest(rsa, hosts, now, covered):
    with pytest.raises(Unauthenticated):
        read(signed(rsa, now, covered), hosts, now)


def test_a_get_needs_no_digest_but_method_and_target(rsa, public, hosts, now):
    get = {"method": "GET", "body": b"", "digest": None}
    check(read(signed(rsa, now, '("@method" "@target-uri")', **get), hosts, now), public(rsa))
    with pytest.raises(Unauthenticated):
        read(signed(rsa, now, '("@method")', **get), hosts, now)


def test_o8_a_get_with_a_body_that_is_not_covered_is_refused(rsa, hosts, now):
    request = signed(rsa, now, '("@method" "@target-uri")', method="GET", digest=None)
    with pytest.raises(Unauthenticated):
        read(request, hosts, now)


@pytest.mark.parametrize("digest", [digest_of(b"other"), "sha-256=:AAAA:", "md5=:AAAA:", "sha-256=x", ""])
def test_o8_a_digest_of_another_body_is_refused(rsa, hosts, now, digest):
    with pytest.raises(Unauthenticated):
        read(signed(rsa, now, digest=digest), hosts, now)


def test_o8_one_digest_of_two_is_not_enough(rsa, hosts, now):
    with pytest.raises(Unauthenticated):
        read(signed(rsa, now, digest=f"{digest_of(BODY)}, sha-512=:AAAA:"), hosts, now)


@pytest.mark.parametrize("seconds", [-3601, 3601, -86_400])
def test_o8_created_more_than_an_hour_away_is_refused(rsa, hosts, now, seconds):
    tail = f';created={int(now.timestamp()) + seconds};keyid="{rsa.key_id}"'
    with pytest.raises(Unauthenticated):
        read(signed(rsa, now, tail=tail), hosts, now)


@pytest.mark.parametrize(
    "tail",
    [
        ';keyid="{key}"',
        ";created={now}",
        ';created="{now}";keyid="{key}"',
        ";created={now};keyid=token",
        ';created={now};expires={past};keyid="{key}"',
        ';created={now};keyid="{key}";alg="rsa-pss-sha512"',
        ';created={now};keyid="{key}";alg="hmac-sha256"',
        ';created={now};keyid="{key}";tag="payment"',
        ';created={now};keyid="{key}";unknown=1',
    ],
)
def test_o8_parameters_that_are_missing_wrong_or_not_taken_are_refused(rsa, hosts, now, tail):
    created = int(now.timestamp())
    with pytest.raises(Unauthenticated):
        read(signed(rsa, now, tail=tail.format(key=rsa.key_id, now=created, past=created - 4000)), hosts, now)


def test_o8_an_algorithm_other_than_the_key_has_is_refused(rsa, ed25519, public, hosts, now):
    for key, lie in ((rsa, "ed25519"), (ed25519, "rsa-v1_5-sha256")):
        tail = f';created={int(now.timestamp())};keyid="{key.key_id}";alg="{lie}"'
        claim = read(signed(key, now, tail=tail), hosts, now)
        with pytest.raises(Unauthenticated):
            check(claim, public(key))


def changed(request, name, change):
    headers = tuple((n, change(v) if n == name else v) for n, v in request.headers)
    return msgspec.structs.replace(request, headers=headers)


def test_o8_two_signatures_are_refused(rsa, hosts, now):
    request = signed(rsa, now)
    twice = changed(request, "signature-input", lambda v: f"{v}, sig2{v[4:]}")
    twice = changed(twice, "signature", lambda v: f"{v}, sig2{v[4:]}")
    with pytest.raises(Unauthenticated):
        read(twice, hosts, now)


@pytest.mark.parametrize("name", ["signature", "signature-input"])
def test_o8_a_signature_header_that_comes_twice_is_refused(rsa, hosts, now, name):
    request = signed(rsa, now)
    again = next(pair for pair in request.headers if pair[0] == name)
    with pytest.raises(Malformed):
        read(msgspec.structs.replace(request, headers=(*request.headers, again)), hosts, now)


def test_o8_a_cavage_signature_beside_it_is_refused(rsa, hosts, now):
    request = signed(rsa, now)
    both = (*request.headers, ("authorization", 'Signature keyId="x",signature="AAAA"'))
    with pytest.raises(Malformed):
        read(msgspec.structs.replace(request, headers=both), hosts, now)


@pytest.mark.parametrize("name", ["signature", "signature-input"])
@pytest.mark.parametrize("value", ["", "sig1", "sig1=:AAAA", "sig2=()", "keyId=", "sig1=1", "x" * 5_000])
def test_a_header_that_cannot_be_read_is_refused(rsa, hosts, now, name, value):
    with pytest.raises(Refused):
        read(changed(signed(rsa, now), name, lambda _: value), hosts, now)


def test_o8_the_target_is_the_one_behind_our_own_origin(rsa, public, hosts, now):
    request = signed(rsa, now, url="https://evil.example/inbox")
    with pytest.raises(Unauthenticated):
        check(read(request, hosts, now), public(rsa))


@given(written=st.text(max_size=120), signature=st.text(max_size=60), url=st.text(max_size=30))
def test_reading_any_request_raises_only_our_errors(hosts, now, written, signature, url):
    headers = (("signature-input", written), ("signature", signature))
    with pytest.raises(Refused):
        read(SignedRequest("POST", "/inbox", url, headers, BODY), hosts, now)


@given(tail=st.text(alphabet=';:=*"()abc123?. \\', max_size=40), value=st.text(max_size=30))
def test_reading_almost_right_requests_raises_only_our_errors(hosts, now, tail, value):
    headers = (
        ("content-digest", digest_of(BODY)),
        ("x", value),
        ("signature-input", f'sig1=("@method" "@target-uri" "content-digest" "x"{tail})'),
        ("signature", "sig1=:AAAA:"),
    )
    with pytest.raises(Refused):
        read(SignedRequest("POST", "/inbox", URL, headers, BODY), hosts, now)


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_the_library_verifies_what_we_sign(request, now, kind):
    """The signing code is our own; the library's own verifier, with its own clock off, has to agree."""
    key = request.getfixturevalue(kind)

    class Message:
        method = "POST"
        url = URL
        headers = sign_post(URL, BODY, key, now, "rfc9421")

    class Verifier(HTTPMessageVerifier):
        def validate_created_and_expires(self, sig_input, max_age=None):
            pass

    algorithm = {"rsa": algorithms.RSA_V1_5_SHA256, "ed25519": algorithms.ED25519}[kind]
    keys = MappingKeyResolver(public_keys={key.key_id: key.key.public_key()}, private_keys={})
    required = ("@method", "@target-uri", "@authority", "content-digest")
    results = Verifier(signature_algorithm=algorithm, key_resolver=keys).verify(
        Message, max_age=None, expect_tag="activitypub", require_components=required, body=BODY
    )
    assert results[0].parameters["created"] == int(now.timestamp())
    assert results[0].nonce


def test_our_signed_get_covers_the_query(rsa, public, hosts, now, arrived):
    headers = sign_get(f"{URL}?page=2", rsa, now, "rfc9421")
    right = arrived(headers, method="GET", target="/inbox?page=2")
    check(read(right, hosts, now), public(rsa))
    with pytest.raises(Unauthenticated):
        check(read(arrived(headers, method="GET", target="/inbox?page=3"), hosts, now), public(rsa))


def appendix_b(corpora):
    return json.loads((corpora / "sig-vectors/rfc9421-appendix-b.json").read_text())


def parsed(vector):
    head, _, body = vector["message"].partition("\n\n")
    first, *lines = head.split("\n")
    method, target, _ = first.split(" ")
    headers = [(n.lower(), v.strip()) for n, _, v in (line.partition(":") for line in lines)]
    headers = [(n, v) for n, v in headers if not n.startswith("signature")]
    host = dict(headers).get("host", "example.org")
    headers.append(("signature-input", f"sig1={vector['signature_input']}"))
    headers.append(("signature", f"sig1=:{vector['signature']}:"))
    return SignedRequest(method, target, f"https://{host}{target}", tuple(headers), body.encode())


def test_rfc_9421_appendix_b_requests_give_the_bases_of_the_rfc(corpora):
    seen = 0
    for vector in appendix_b(corpora)["vectors"]:
        if vector["message"].startswith("HTTP/") or 'tag="header-example"' in vector["signature_input"]:
            continue
        request = parsed(vector)
        claim = rfc9421.read(request, index(request), 1_618_884_473, required=())
        assert claim.bases[0].decode() == vector["signature_base"]
        assert claim.signature == b64decode(vector["signature"])
        seen += 1
    assert seen >= 10


def test_rfc_9421_appendix_b_ed25519_signatures_verify_where_they_should(corpora):
    data = appendix_b(corpora)
    pem = data["keys"]["Example Ed25519 Test Key"]["PUBLIC KEY"]
    key = load_public("test-key-ed25519", "https://example.com/actor", pem)
    verdicts = []
    for vector in data["vectors"]:
        if vector["keyid"] != key.key_id:
            continue
        request = parsed(vector)
        claim = rfc9421.read(request, index(request), 1_618_884_473, required=())
        if vector["expect"] == "valid":
            check(claim, key)
        else:
            with pytest.raises(Unauthenticated):
                check(claim, key)
        verdicts.append(vector["expect"])
    assert verdicts.count("valid") >= 4
    assert verdicts.count("INVALID") == 2


def test_o8_no_request_of_appendix_b_covers_enough_for_an_inbox(corpora, hosts, now):
    for vector in appendix_b(corpora)["vectors"]:
        if not vector["message"].startswith("HTTP/"):
            with pytest.raises(Unauthenticated):
                rfc9421.read(parsed(vector), index(parsed(vector)), 1_618_884_473)


def test_a_claim_of_a_key_with_another_id_is_refused(rsa, now, hosts):
    other = PublicKey(f"{rsa.key_id}-2", "https://peer.example/users/alice", rsa.key.public_key())
    with pytest.raises(Unauthenticated):
        check(read(signed(rsa, now), hosts, now), other)
