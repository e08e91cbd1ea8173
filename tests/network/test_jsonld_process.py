"""Compaction in a process of its own: it ends, whatever it is given."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from fediverse_support.core.errors import Refused
from fediverse_support.network.jsonld_process import compact_apart
from fediverse_support.protocol import jsonld

CORPORA = Path(__file__).parents[2] / "../shared/corpora"
AS = "https://www.w3.org/ns/activitystreams"


async def test_o9_a_context_that_we_do_not_hold_is_refused_without_a_fetch() -> None:
    with pytest.raises(Refused):
        await compact_apart({"@context": "https://evil.example/context", "@type": "Note"})


async def test_o9_the_graph_that_hangs_a_canonicaliser_is_refused() -> None:
    file = CORPORA / "poison/ld-poison-graph-8.json"
    if not file.is_file():
        pytest.skip("the corpus poison is not here")
    with pytest.raises(Refused):
        await compact_apart(json.loads(file.read_bytes()))


async def test_a_compaction_that_takes_too_long_is_killed() -> None:
    document = {"@context": AS, "@type": "Note"}
    with pytest.raises(Refused):
        await compact_apart(document, seconds=0.001)
    children = [task for task in asyncio.all_tasks() if "communicate" in repr(task)]
    assert children == []


async def test_a_document_beyond_all_bounds_is_refused() -> None:
    deep: dict[str, Any] = {"@type": "Note"}
    for _ in range(3000):
        deep = {"object": deep}
    for document in (deep, {"@context": [AS] * 5000}, {"@context": AS, "tag": [{"@type": "Mention"}] * 5000}):
        with pytest.raises(Refused):
            await compact_apart(document)


async def test_a_document_in_other_words_comes_back_in_ours() -> None:
    document = {
        "@context": [AS, {"what": "@type", "who": {"@id": "as:actor", "@type": "@id"}}],
        "@id": "https://a.example/1",
        "what": "Like",
        "who": "https://a.example/u",
        "as:object": {"@id": "https://b.example/2"},
    }
    assert jsonld.needs_compaction(document)
    found = await compact_apart(document)
    assert not jsonld.needs_compaction(found)
    assert (found["type"], found["actor"], found["object"]) == (
        "Like",
        "https://a.example/u",
        "https://b.example/2",
    )
