import pytest

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol.signatures.signing import sign_get, sign_post

URL = "https://Group.example:443/inbox#top"


def test_a_post_has_exactly_the_form_that_every_peer_reads(rsa, now):
    headers = sign_post(URL, b"{}", rsa, now, "cavage")
    assert list(headers) == ["Host", "Date", "Digest", "Content-Type", "Signature"]
    assert headers["Host"] == "group.example"
    assert headers["Date"] == "Tue, 01 Sep 2026 10:00:00 GMT"
    assert headers["Digest"] == "SHA-256=RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="
    assert headers["Content-Type"] == "application/activity+json"
    start = (
        f'keyId="{rsa.key_id}",algorithm="rsa-sha256",'
        'headers="(request-target) host date digest content-type",signature="'
    )
    assert headers["Signature"].startswith(start)


def test_piefed_and_nodebb_can_split_the_header_at_commas_and_equal_signs(rsa, now):
    parts = sign_post(URL, b"{}", rsa, now, "cavage")["Signature"].split(",")
    names = [part.partition("=")[0] for part in parts]
    assert names == ["keyId", "algorithm", "headers", "signature"]
    assert all(part.partition("=")[2][0] == part[-1] == '"' for part in parts)


def test_a_get_signs_target_host_and_date(rsa, now):
    headers = sign_get("https://peer.example/users/alice", rsa, now, "cavage")
    assert list(headers) == ["Host", "Date", "Signature"]
    assert 'headers="(request-target) host date"' in headers["Signature"]


def test_a_get_can_carry_the_digest_of_nothing_for_lemmy(rsa, now):
    headers = sign_get("https://peer.example/c/closed", rsa, now, "cavage", with_digest=True)
    assert headers["Digest"] == "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    assert 'headers="(request-target) host date digest"' in headers["Signature"]


def test_the_query_can_be_left_out_of_what_is_signed(ed25519, now):
    url = "https://peer.example/outbox"
    without = sign_get(f"{url}?page=1", ed25519, now, "cavage", with_query=False)
    assert without == sign_get(url, ed25519, now, "cavage")
    assert without != sign_get(f"{url}?page=1", ed25519, now, "cavage")


def test_rfc_9421_says_what_it_is_for_and_never_repeats_its_nonce(rsa, now):
    first, second = (sign_post(URL, b"{}", rsa, now, "rfc9421")["Signature-Input"] for _ in range(2))
    covered = 'sig1=("@method" "@target-uri" "@authority" "content-digest");created=1788256800'
    assert first.startswith(f'{covered};keyid="{rsa.key_id}";alg="rsa-v1_5-sha256";nonce="')
    assert first.endswith(';tag="activitypub"')
    assert first != second


def test_the_two_styles_are_never_in_one_request(rsa, now):
    assert "Signature-Input" not in sign_post(URL, b"{}", rsa, now, "cavage")
    assert "Digest" not in sign_post(URL, b"{}", rsa, now, "rfc9421")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "group.example/inbox",
        "ftp://group.example/",
        "https:///inbox",
        "https://user@group.example/inbox",
        "https://group.example/in box",
        "https://group.example/inbox\r\nx: y",
        "https://groüp.example/",
        "https://group.example/inbox\n",
    ],
)
@pytest.mark.parametrize("style", ["cavage", "rfc9421"])
def test_a_url_that_would_break_the_request_is_refused(rsa, now, url, style):
    with pytest.raises(Malformed):
        sign_get(url, rsa, now, style)
