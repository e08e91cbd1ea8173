"""The JSON gate: D2, and what PostgreSQL cannot store (fact 0.7)."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.errors import Malformed, Refused, TooLarge
from fediverse_support.protocol import json_gate
from fediverse_support.protocol.json_gate import FETCHED, INBOUND, Limits, read, write

CORPORA = Path(__file__).parents[2] / "../shared/corpora"

scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(-1e300, 1e300) | st.text()
trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)
objects = st.dictionaries(st.text(max_size=8), trees, max_size=5)


def storable(value: Any) -> bool:
    """Whether PostgreSQL keeps `value` in jsonb and gives the same back."""
    if isinstance(value, dict):
        return all(storable(item) for pair in value.items() for item in pair)
    if isinstance(value, list):
        return all(map(storable, value))
    if isinstance(value, str):
        return "\0" not in value and not any(0xD800 <= ord(letter) < 0xE000 for letter in value)
    if isinstance(value, bool) or value is None:
        return True
    return -(2**63) <= value < 2**63 if isinstance(value, int) else abs(value) < 1e308


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"x",
        b'"text"',
        b"[]",
        b"7",
        b"null",
        b"{} {}",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":01}',
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":"\x01"}',
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\xc0\xaf"}',
        b'{"a":"\\x"}',
        '{"a":"é"}'.encode("latin-1"),
        '{"a":1}'.encode("utf-16"),
        '{"a":1}'.encode("utf-32"),
    ],
)
def test_what_is_not_one_json_object_in_utf8_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        read(raw)


@pytest.mark.parametrize(
    "number",
    [
        *("1e308", "-1e308", "1e309", "1e400", "-1e400", "1e200000", "1E+00400", "0.1e400"),
        *("9223372036854775808", "-9223372036854775809", "1" + "0" * 400, "9" * 5000, "1" + "0" * 308 + ".5"),
    ],
)
def test_d2_numbers_that_the_database_or_others_would_change_are_refused(number: str) -> None:
    with pytest.raises(Malformed):
        read(b'{"a":[{"b":' + number.encode() + b"}]}")


@pytest.mark.parametrize("number", ["9223372036854775807", "-9223372036854775808", "1e300", "1.5e-400", "-0"])
def test_d2_numbers_within_the_limits_pass(number: str) -> None:
    assert storable(read(b'{"a":' + number.encode() + b"}"))


def test_d2_a_body_beyond_the_size_is_too_large() -> None:
    at_limit = b'{"a":' + b" " * (INBOUND.size - 7) + b"1}"
    assert read(at_limit) == {"a": 1}
    with pytest.raises(TooLarge):
        read(at_limit + b" ")


def test_d2_depth_is_refused_without_a_recursion_error() -> None:
    assert read(b'{"a":' + b"[" * 31 + b"]" * 31 + b"}")
    for opening in (b"[" * 32, b'[{"x":' * 16, b"[" * 15_000, b"[],[[]],{}," * 40 + b"[" * 40):
        with pytest.raises(Malformed):
            read(b'{"a":[' + opening)


def test_d2_brackets_inside_of_strings_are_no_depth() -> None:
    raw = write({"a": '[{"' * 100 + "\\" * 7 + '"', 'k"\\[': "]" * 50})
    assert read(raw)["a"].startswith('[{"[{"')


def test_d2_too_many_parts_are_too_large() -> None:
    assert len(read(b'{"a":[' + b"1," * 9_000 + b"1]}")["a"]) == 9_001
    with pytest.raises(TooLarge):
        read(b'{"a":[' + b"1," * 20_001 + b"1]}")


def test_d2_a_text_beyond_the_limit_is_too_large_as_value_and_as_name() -> None:
    assert len(read(b'{"a":"' + b"x" * 200_000 + b'"}')["a"]) == 200_000
    for raw in (b'{"a":["' + b"x" * 200_001 + b'"]}', b'{"' + b"x" * 200_001 + b'":1}'):
        with pytest.raises(TooLarge):
            read(raw)


def test_d2_nul_and_lone_surrogates_become_the_replacement_character() -> None:
    raw = rb'{"nul":"a\u0000b","high":"\ud800","low":"x\uDC00y","high high":"\ud800\ud800","k\u0000":1}'
    assert read(raw) == {
        "nul": "a\ufffdb",
        "high": "\ufffd",
        "low": "x\ufffdy",
        "high high": "\ufffd\ufffd",
        "k\ufffd": 1,
    }


def test_d2_what_only_looks_like_nul_or_a_surrogate_is_left_alone() -> None:
    raw = rb'{"a":"\\u0000 \\\\ud800 \ud83d\ude00 \uD83D\uDE00 \ud800\ud83d\ude00"}'
    assert read(raw)["a"] == r"\u0000 \\ud800 " + "\U0001f600 \U0001f600 \ufffd\U0001f600"


@pytest.mark.parametrize("name", ["actor", "id", "object", "type", "@context", "whatever"])
def test_d2_a_name_that_stands_twice_in_a_signed_body_is_refused(name: str) -> None:
    raw = f'{{"{name}":"https://a.example","x":{{"y":[1]}},"{name}":"https://b.example"}}'.encode()
    with pytest.raises(Malformed):
        read(raw)
    assert read(raw, FETCHED)[name] == "https://b.example"


def test_d2_a_second_name_hidden_by_an_escape_is_refused() -> None:
    with pytest.raises(Malformed):
        read(rb'{"actor":"https://a.example","\u0061ctor":"https://b.example"}')


def test_lemmys_second_id_inside_of_the_object_is_let_through_and_the_last_one_counts() -> None:
    raw = b'{"id":"https://l.example/a","object":{"id":"https://l.example/1","type":"Page","id":"https://l.example/2"}}'
    assert read(raw)["object"]["id"] == "https://l.example/2"


def test_a_byte_order_mark_is_dropped() -> None:
    assert read(b'\xef\xbb\xbf{"a":1}') == {"a": 1}


def test_what_cannot_be_written_is_our_error() -> None:
    for value in (object(), {"a": 1j}, {"a": "\ud800"}):
        with pytest.raises(Malformed):
            write(value)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_our_errors(raw: bytes) -> None:
    for limits in (INBOUND, FETCHED):
        with suppress(Refused):
            assert storable(read(raw, limits))


@given(
    st.text(alphabet='{}[]",:\\ \n0123456789eE+-.utdfalsrn\u00e9\ud800', max_size=80).map(
        lambda text: text.encode("utf-8", "surrogatepass")
    )
)
def test_nothing_near_json_raises_anything_but_our_errors(raw: bytes) -> None:
    with suppress(Refused):
        assert storable(read(raw))


@given(objects)
def test_what_is_written_is_read_again(document: dict[str, Any]) -> None:
    raw = json.dumps(document).encode()
    found = read(raw, Limits(refuse_duplicates=True))
    assert storable(found)
    assert read(write(found)) == found


def test_the_json_test_suite_holds() -> None:
    folder = CORPORA / "jsontestsuite/test_parsing"
    if not folder.is_dir():
        pytest.skip("the corpus jsontestsuite is not here")
    wrong, seen = [], 0
    for file in sorted(folder.glob("*.json")):
        seen += 1
        raw = b'{"a":' + file.read_bytes() + b"}" if file.name[0] == "y" else file.read_bytes()
        try:
            accepted = storable(read(raw, FETCHED))
        except Refused:
            accepted = False
        if (file.name[0] == "y" and not accepted) or (file.name[0] == "n" and accepted):
            wrong.append(file.name)
    assert seen > 300
    assert wrong == []


def test_every_poisonous_body_is_refused_or_made_storable() -> None:
    folder = CORPORA / "poison"
    if not folder.is_dir():
        pytest.skip("the corpus poison is not here")
    passed = set()
    for file in folder.iterdir():  # The .gz files go in as they are: nothing here inflates anything.
        if file.suffix in (".json", ".gz"):
            try:
                assert storable(json_gate.read(file.read_bytes()))
                passed.add(file.name)
            except Refused:
                pass
    assert {"bom.json", "nul-in-content.json", "lone-surrogate.json"} <= passed
    assert not passed & {
        *("array-root.json", "bigint.json", "bomb-300MiB.gz", "bomb-300MiB.gz.gz", "deep-100000.json"),
        *("deep-5000.json", "duplicate-actor.json", "empty.json", "nan.json", "number-1e200000.json"),
        *("number-1e400.json", "string-root.json", "to-20000.json", "trailing.json", "utf16.json"),
    }
