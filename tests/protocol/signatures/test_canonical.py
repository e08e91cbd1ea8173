import json

import pytest

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol.signatures.proofs import canonical

NAMES = ["arrays", "french", "structures", "unicode", "values", "weird"]


@pytest.mark.parametrize("name", NAMES)
def test_rfc_8785_pairs_are_written_byte_for_byte(corpora, name):
    folder = corpora / "jcs/testdata"
    value = json.loads((folder / "input" / f"{name}.json").read_bytes())
    written = (folder / "output" / f"{name}.json").read_bytes()
    assert canonical({"value": value}) == b'{"value":' + written.rstrip(b"\n") + b"}"


@pytest.mark.parametrize("number", [2**53, -(2**53), 2**53 + 1, 10**30])
def test_o10_integers_beyond_2_to_the_53_are_refused_not_rounded(number):
    with pytest.raises(Malformed):
        canonical({"id": number})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", {1: 2}, b"bytes"])
def test_what_json_cannot_say_is_malformed(value):
    with pytest.raises(Malformed):
        canonical({"value": value})


def test_a_document_nested_without_end_is_malformed():
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(Malformed):
        canonical({"value": deep})
