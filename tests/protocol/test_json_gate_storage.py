"""Fact 0.7 against the real thing: PostgreSQL keeps whatever the JSON gate lets through, unchanged."""

import json
from contextlib import suppress
from pathlib import Path

import pytest

from fediverse_support.core.errors import Refused
from fediverse_support.database.pool import Connection
from fediverse_support.protocol import json_gate

CORPORA = Path(__file__).parents[2] / "../shared/corpora"

HARD = [
    rb'{"nul":"a\u0000b","lone":"\ud800","k\u0000":"\udfff"}',
    b'{"numbers":[9223372036854775807,-9223372036854775808,9.9e307,-9.9e307,1e-400,5e-324,0.1]}',
    b'{"deep":' + b"[" * 30 + b"]" * 30 + b"}",
    '{"text":"\U0001f600 \u202e \ufeff \ufffe"}'.encode(),
]


def let_through() -> list[dict[str, object]]:
    """What the gate makes of the hard cases above and of the hostile corpora, where they are at hand."""
    found = [json_gate.read(raw) for raw in HARD]
    for pattern in ("poison/*.json", "jsontestsuite/test_parsing/*.json"):
        for file in CORPORA.glob(pattern):
            for raw in (file.read_bytes(), b'{"a":' + file.read_bytes() + b"}"):
                with suppress(Refused):
                    found.append(json_gate.read(raw))
    return found


def number(digits: str) -> float:
    """PostgreSQL writes 9.9e307 with all its digits."""
    return int(digits) if len(digits) <= 20 else float(digits)


async def test_0_7_what_passes_the_gate_is_kept_unchanged(connection: Connection) -> None:
    documents = let_through()
    assert len(documents) >= len(HARD)
    for document in documents:
        written = json_gate.write(document).decode()
        kept = await connection.fetchval("select ($1::text)::jsonb::text", written)
        assert json.loads(kept, parse_int=number) == document


async def test_0_7_what_the_gate_refuses_would_not_have_been_kept(connection: Connection) -> None:
    for raw in ('{"a":1e200000}', '{"a":NaN}', '{"a":"\\ud800"}', '{"a":"\\u0000"}'):
        with pytest.raises(Exception, match=r"invalid|unsupported|out of range|overflow"):
            await connection.fetchval("select ($1::text)::jsonb::text", raw)
