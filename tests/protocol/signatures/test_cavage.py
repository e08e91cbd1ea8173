import json
from base64 import b64decode
from email.utils import parsedate_to_datetime

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.errors import Malformed, Refused, Unauthenticated
from fediverse_support.protocol.signatures import cavage
from fediverse_support.protocol.signatures.keys import PublicKey
from fediverse_support.protocol.signatures.requests import SignedRequest
from fediverse_support.protocol.signatures.verification import check, read

POST = "(request-target) host date digest"


def with_header(request, name, change):
    headers = tuple((n, change(v) if n == name else v) for n, v in request.headers)
    return msgspec.structs.replace(request, headers=headers)


@pytest.mark.parametrize(
    "covered",
    [
        "date",
        "",
        "host date digest",
        "(request-target) date digest",
        "(request-target) host digest",
        "(request-target) host date",
        "(request-target) host date content-type",
    ],
)
def test_o8_a_post_must_cover_target_host_time_and_digest(crafted, rsa, hosts, now, covered):
    with pytest.raises(Unauthenticated):
        read(crafted(covered=covered).sign(rsa), hosts, now)


@pytest.mark.parametrize("covered", ["date", "(request-target) date", "host date", "(request-target) host"])
def test_o8_a_get_must_cover_target_host_and_time(crafted, rsa, hosts, now, covered):
    with pytest.raises(Unauthenticated):
        read(crafted(method="GET", body=b"", covered=covered).sign(rsa), hosts, now)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "X"])
def test_o8_every_method_but_get_and_head_needs_the_digest(crafted, rsa, hosts, now, method):
    with pytest.raises(Unauthenticated):
        read(crafted(method=method, covered="(request-target) host date").sign(rsa), hosts, now)


def test_o8_a_get_with_a_body_needs_the_digest(crafted, rsa, hosts, now):
    with pytest.raises(Unauthenticated):
        read(crafted(method="GET", covered="(request-target) host date").sign(rsa), hosts, now)


def test_o8_an_unsigned_request_is_refused(hosts, now):
    with pytest.raises(Unauthenticated):
        read(SignedRequest("POST", "/inbox", "https://group.example/inbox", (), b""), hosts, now)


def test_o8_a_digest_that_is_there_but_not_signed_is_refused(crafted, rsa, hosts, now):
    request = crafted(covered="(request-target) host date").sign(rsa)
    assert any(name == "digest" for name, _ in request.headers)
    with pytest.raises(Unauthenticated):
        read(request, hosts, now)


def test_o8_a_digest_of_another_body_is_refused(crafted, rsa, hosts, now):
    request = crafted().sign(rsa)
    with pytest.raises(Unauthenticated):
        read(msgspec.structs.replace(request, body=request.body + b" "), hosts, now)


def test_o8_a_covered_digest_of_a_get_is_checked_too(crafted, rsa, hosts, now):
    request = crafted(method="GET", body=b"", covered=POST).sign(rsa)
    read(request, hosts, now)
    with pytest.raises(Unauthenticated):
        read(msgspec.structs.replace(request, body=b"x"), hosts, now)


@pytest.mark.parametrize("digest", ["SHA-512=abc", "SHA-256", "", "SHA-256=a,SHA-256=a", "md5=a"])
def test_o8_a_digest_without_exactly_one_sha_256_is_refused(crafted, rsa, hosts, now, digest):
    with pytest.raises(Malformed):
        read(crafted(changes={"digest": digest}).sign(rsa), hosts, now)


@pytest.mark.parametrize("header", ["signature", "host", "date", "digest"])
def test_o8_a_covered_header_that_comes_twice_is_refused(crafted, rsa, hosts, now, header):
    request = crafted().sign(rsa)
    again = next((n, v) for n, v in request.headers if n == header)
    with pytest.raises(Malformed):
        read(msgspec.structs.replace(request, headers=(*request.headers, again)), hosts, now)


@pytest.mark.parametrize("parameter", ["keyId", "signature", "headers", "algorithm", "KEYID"])
def test_o8_a_parameter_that_comes_twice_is_refused(crafted, rsa, hosts, now, parameter):
    request = with_header(crafted().sign(rsa), "signature", lambda v: f'{v},{parameter}="x"')
    with pytest.raises(Malformed):
        read(request, hosts, now)


def test_o8_a_name_that_is_covered_twice_is_refused(crafted, rsa, hosts, now):
    with pytest.raises(Malformed):
        read(crafted(covered=f"{POST} date").sign(rsa), hosts, now)


def test_o8_two_signatures_in_two_headers_are_refused(crafted, rsa, hosts, now):
    request = crafted().sign(rsa)
    second = dict(request.headers)["signature"]
    headers = (*request.headers, ("authorization", f"Signature {second}"))
    with pytest.raises(Malformed):
        read(msgspec.structs.replace(request, headers=headers), hosts, now)


def test_a_signature_in_authorization_alone_is_taken(crafted, rsa, public, hosts, now):
    request = crafted().sign(rsa)
    headers = tuple(
        ("authorization", f"Signature {value}") if name == "signature" else (name, value)
        for name, value in request.headers
    )
    check(read(msgspec.structs.replace(request, headers=headers), hosts, now), public(rsa))


@pytest.mark.parametrize(
    "date",
    [
        "Tue, 01 Sep 2026 08:59:59 GMT",
        "Tue, 01 Sep 2026 11:00:01 GMT",
        "Mon, 31 Aug 2026 10:00:00 GMT",
        "Wed, 01 Sep 2027 10:00:00 GMT",
    ],
)
def test_o8_a_date_more_than_an_hour_away_is_refused(crafted, rsa, hosts, now, date):
    with pytest.raises(Unauthenticated):
        read(crafted(changes={"date": date}).sign(rsa), hosts, now)


@pytest.mark.parametrize("date", ["Tue, 01 Sep 2026 09:00:00 GMT", "Tue, 01 Sep 2026 11:00:00 GMT"])
def test_a_date_up_to_an_hour_away_is_taken(crafted, rsa, public, hosts, now, date):
    check(read(crafted(changes={"date": date}).sign(rsa), hosts, now), public(rsa))


@pytest.mark.parametrize("date", ["", "yesterday", "2026-09-01T10:00:00Z", "Tue, 31 Feb 2026 10:00:00 GMT"])
def test_a_date_that_cannot_be_read_is_malformed(crafted, rsa, hosts, now, date):
    with pytest.raises(Malformed):
        read(crafted(changes={"date": date}).sign(rsa), hosts, now)


def lemmy(crafted, created, expires, algorithm="hs2019"):
    return crafted(
        covered="(request-target) (created) (expires) host digest",
        changes={"date": None},
        parameters={"algorithm": algorithm, "created": created, "expires": expires},
    )


def test_created_and_expires_stand_for_the_date_with_hs2019(crafted, rsa, public, hosts, now):
    created = int(now.timestamp())
    request = lemmy(crafted, str(created), str(created + 10)).sign(rsa)
    check(read(request, hosts, now), public(rsa))


@pytest.mark.parametrize(
    ("created", "expires"),
    [(-3601, 0), (3601, 7200), (-3000, -3601), (0, -1)],
    ids=["too old", "from the future", "expired", "expires before it was made"],
)
def test_o8_created_and_expires_are_honoured(crafted, rsa, hosts, now, created, expires):
    base = int(now.timestamp())
    with pytest.raises(Unauthenticated):
        read(lemmy(crafted, str(base + created), str(base + expires)).sign(rsa), hosts, now)


def test_o8_an_expires_that_is_not_signed_still_ends_the_signature(crafted, rsa, hosts, now):
    request = crafted(parameters={"expires": str(int(now.timestamp()) - 3601)}).sign(rsa)
    with pytest.raises(Unauthenticated):
        read(request, hosts, now)


def test_o8_created_means_nothing_with_an_older_algorithm(crafted, rsa, hosts, now):
    created = int(now.timestamp())
    with pytest.raises(Unauthenticated):
        read(lemmy(crafted, str(created), str(created + 10), "rsa-sha256").sign(rsa), hosts, now)


@pytest.mark.parametrize("created", ["soon", "-1", "1e9", "١٢", "9" * 13])
def test_a_created_that_is_no_number_is_malformed(crafted, rsa, hosts, now, created):
    with pytest.raises(Malformed):
        read(crafted(parameters={"created": created}).sign(rsa), hosts, now)


def test_a_covered_created_that_is_not_there_is_refused(crafted, rsa, hosts, now):
    with pytest.raises(Unauthenticated):
        read(crafted(covered=f"{POST} (created)", parameters={"algorithm": "hs2019"}).sign(rsa), hosts, now)


@pytest.mark.parametrize("host", ["evil.example", "group.example.evil.example", "", "group.example:8443"])
def test_o8_a_request_signed_for_another_host_is_refused(crafted, rsa, hosts, now, host):
    with pytest.raises(Unauthenticated):
        read(crafted(changes={"host": host}).sign(rsa), hosts, now)


@pytest.mark.parametrize("host", ["GROUP.example", "group.example:443"])
def test_our_host_may_be_spelled_with_capitals_or_the_default_port(crafted, rsa, public, hosts, now, host):
    check(read(crafted(changes={"host": host}).sign(rsa), hosts, now), public(rsa))


def test_the_query_may_be_signed_or_left_out(crafted, rsa, public, hosts, now):
    for signed in ("/inbox?page=1", "/inbox"):
        request = crafted(target="/inbox?page=1", signed_target=signed).sign(rsa)
        check(read(request, hosts, now), public(rsa))


@pytest.mark.parametrize("signed", ["/outbox", "/inbox?page=2", "/inbox?", "/"])
def test_o8_another_target_than_the_one_signed_is_refused(crafted, rsa, public, hosts, now, signed):
    claim = read(crafted(target="/inbox?page=1", signed_target=signed).sign(rsa), hosts, now)
    with pytest.raises(Unauthenticated):
        check(claim, public(rsa))


def test_o8_the_method_is_signed(crafted, rsa, public, hosts, now):
    request = crafted().sign(rsa)
    claim = read(msgspec.structs.replace(request, method="PUT"), hosts, now)
    with pytest.raises(Unauthenticated):
        check(claim, public(rsa))


@pytest.mark.parametrize("algorithm", ["hs2019", "rsa-sha256", "RSA-SHA256", None])
def test_the_algorithms_that_peers_name_are_taken(crafted, rsa, public, hosts, now, algorithm):
    request = crafted(parameters={"algorithm": algorithm}).sign(rsa)
    check(read(request, hosts, now), public(rsa))


@pytest.mark.parametrize("algorithm", ["hmac-sha256", "none", "rsa-sha1", "rsa-sha512", "ecdsa-sha256"])
def test_o8_an_algorithm_that_is_not_taken_is_refused(crafted, rsa, hosts, now, algorithm):
    with pytest.raises(Unauthenticated):
        read(crafted(parameters={"algorithm": algorithm}).sign(rsa), hosts, now)


def test_o8_an_algorithm_other_than_the_key_has_is_refused(crafted, rsa, ed25519, public, hosts, now):
    for key, lie in ((rsa, "ed25519"), (ed25519, "rsa-sha256")):
        claim = read(crafted(parameters={"algorithm": lie}).sign(key), hosts, now)
        with pytest.raises(Unauthenticated):
            check(claim, public(key))


@pytest.mark.parametrize(
    ("layout", "separator"), [("{}={}", ","), ('{}="{}"', ", "), (' {} = "{}" ', " ,\t"), ('{}="{}"', ",")]
)
def test_quotes_and_spaces_are_tolerated(crafted, rsa, public, hosts, now, layout, separator):
    request = crafted(layout=layout, separator=separator).sign(rsa)
    if layout == "{}={}":
        request = with_header(
            request, "signature", lambda v: v.replace(f"headers={POST}", f'headers="{POST}"')
        )
    check(read(request, hosts, now), public(rsa))


@pytest.mark.parametrize("text", ["keyId", "keyId=", '="x"', 'keyId="x', 'a="b"c="d"', 'a="b";c="d"', "é=1"])
def test_a_header_that_cannot_be_read_is_malformed(rsa, crafted, hosts, now, text):
    with pytest.raises(Malformed):
        read(with_header(crafted().sign(rsa), "signature", lambda _: text), hosts, now)


@pytest.mark.parametrize("signature", ["", "****", "AAA", "QUJD\n", "QUI", "QUJ="])
def test_a_signature_that_is_not_exact_base64_is_malformed(crafted, rsa, hosts, now, signature):
    with pytest.raises(Malformed):
        read(crafted(parameters={"signature": signature}).sign(rsa), hosts, now)


def test_a_covered_header_that_is_not_there_is_refused(crafted, rsa, hosts, now):
    with pytest.raises(Unauthenticated):
        read(crafted(covered=f"{POST} x-missing").sign(rsa), hosts, now)


def test_o8_a_line_break_cannot_smuggle_a_second_line(crafted, rsa, hosts, now):
    request = crafted(covered=f"{POST} content-type", changes={"content-type": "a\nhost: b"}).sign(rsa)
    with pytest.raises(Malformed):
        read(request, hosts, now)


def test_a_huge_header_is_refused_before_it_is_read():
    with pytest.raises(Malformed):
        cavage.parse('keyId="' + "x" * 10_000 + '"')


@given(st.text(max_size=200) | st.text(alphabet='ab=",\\ \t()', max_size=400))
def test_parsing_any_text_gives_parameters_or_malformed(text):
    try:
        parameters = cavage.parse(text)
    except Malformed:
        return
    assert all(name.isascii() and name == name.lower() for name in parameters)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,12}", fullmatch=True),
        st.text(alphabet=st.characters(codec="latin-1", exclude_characters='"\\'), max_size=40),
        max_size=8,
    )
)
def test_parsing_gives_back_what_was_written(parameters):
    header = ",".join(f'{name}="{value}"' for name, value in parameters.items())
    assert cavage.parse(header) == parameters


@given(
    signature=st.text(max_size=80),
    headers=st.lists(
        st.tuples(st.sampled_from(["host", "date", "digest", "x", "authorization"]), st.text(max_size=40)),
        max_size=6,
    ),
    target=st.text(max_size=20),
)
def test_reading_any_request_raises_only_our_errors(hosts, now, signature, headers, target):
    parameters = f'keyId="k",headers="(request-target) host date digest x",signature="AAAA",{signature}'
    fields = (*headers, ("signature", parameters))
    try:
        read(SignedRequest("POST", target, f"https://group.example{target}", fields, b""), hosts, now)
    except Refused:
        return
    raise AssertionError("a request without a proper digest was taken")


def vectors(corpora):
    data = json.loads((corpora / "sig-vectors/cavage-12-appendix-c.json").read_text())
    key = load_der_public_key(b64decode(data["public_key_spki_b64"]))
    return data, PublicKey("Test", "Test", key)


def vector_request(data, vector):
    asked = data["request"]
    covered = f'headers="{vector["headers"]}",' if vector["headers"] else ""
    signature = f'keyId="Test",algorithm="rsa-sha256",{covered}signature="{vector["signature"]}"'
    headers = (*asked["headers"].items(), ("signature", signature))
    return SignedRequest(
        "POST", asked["target"], f"https://example.com{asked['target']}", headers, asked["body"].encode()
    )


def test_o8_appendix_c1_is_valid_cryptography_and_refused_for_its_coverage(corpora):
    data, key = vectors(corpora)
    vector = data["vectors"][0]
    assert key.signed(b64decode(vector["signature"]), vector["signing_string"].encode())
    arrived = read_at(data)
    for vector in data["vectors"][:2]:
        with pytest.raises(Unauthenticated, match="cover"):
            read(vector_request(data, vector), frozenset({"example.com"}), arrived)


def test_appendix_c3_is_verified(corpora):
    data, key = vectors(corpora)
    vector = data["vectors"][2]
    claim = read(vector_request(data, vector), frozenset({"example.com"}), read_at(data))
    assert claim.bases[0] == vector["signing_string"].encode()
    check(claim, key)


def test_the_vectors_signed_strings_are_built_as_the_draft_says(corpora):
    data, key = vectors(corpora)
    vector = data["vectors"][1]
    request = msgspec.structs.replace(vector_request(data, vector), method="GET", body=b"")
    claim = read(request, frozenset({"example.com"}), read_at(data))
    assert claim.bases[0].replace(b": get ", b": post ") == vector["signing_string"].encode()
    assert key.signed(claim.signature, vector["signing_string"].encode())


def read_at(data):
    return parsedate_to_datetime(data["request"]["headers"]["date"])
