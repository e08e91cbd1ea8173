"""Requests that real servers sent, verified with the keys that they published in the same recording."""

import json
from datetime import datetime
from urllib.parse import urlsplit

import pytest

from fediverse_support.core.errors import Unauthenticated
from fediverse_support.protocol.signatures.published import published_keys
from fediverse_support.protocol.signatures.requests import SignedRequest
from fediverse_support.protocol.signatures.verification import check, read
from fediverse_support.protocol.urls import OPEN_NETWORK


def objects(value):
    """Every object within a document."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)


@pytest.fixture(scope="module")
def recorded(corpora):
    """All recorded requests with their full headers, and all keys published anywhere in the recording."""
    keys, requests = {}, []
    for path in sorted(corpora.glob("captured-*/*.json")):
        if not path.name.endswith(".meta.json"):
            for document in objects(json.loads(path.read_bytes())):
                keys |= {key.key_id: key for key in published_keys(document, OPEN_NETWORK)}
            continue
        meta = json.loads(path.read_bytes())
        body = path.with_name(path.name.replace(".meta.json", ".json"))
        if "headers" not in meta or not body.exists():
            continue
        url = urlsplit(meta["url"])
        headers = tuple((name.lower(), value) for name, value in meta["headers"].items())
        target = url.path + (f"?{url.query}" if url.query else "")
        request = SignedRequest(meta["method"], target, meta["url"], headers, body.read_bytes())
        requests.append((request, frozenset({url.netloc}), datetime.fromisoformat(meta["time"])))
    return keys, requests


def test_every_recorded_request_of_piefed_and_nodebb_can_be_read(recorded):
    _, requests = recorded
    claims = [read(*request) for request in requests]
    assert len(claims) >= 200
    assert {claim.style for claim in claims} == {"cavage"}


FOREIGN = "https://nodebb.test/actor#key"
"""One recorded request names this key, and was made with another one than the recorded actor publishes."""


def test_every_recorded_request_whose_key_is_known_verifies(recorded):
    keys, requests = recorded
    claims = [claim for claim in (read(*request) for request in requests) if claim.key_id in keys]
    for claim in claims:
        if claim.key_id != FOREIGN:
            check(claim, keys[claim.key_id])
    assert len(claims) >= 170
    assert {claim.key_id.split("/")[2] for claim in claims} == {"piefed.test", "nodebb.test"}


def test_the_one_recorded_request_that_was_made_with_another_key_is_refused(recorded):
    keys, requests = recorded
    foreign = [claim for claim in (read(*request) for request in requests) if claim.key_id == FOREIGN]
    assert len(foreign) == 1
    with pytest.raises(Unauthenticated):
        check(foreign[0], keys[FOREIGN])


def test_no_recorded_request_verifies_with_another_servers_key(recorded):
    keys, requests = recorded
    for request in requests[::20]:
        claim = read(*request)
        for key in keys.values():
            if key.key_id != claim.key_id:
                with pytest.raises(Unauthenticated):
                    check(claim, key)
