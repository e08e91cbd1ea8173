"""Every real document at hand, through the gate and the parsers.

*Understood* means: read as what its file name says, down to the innermost object, with whatever a reader
needs (author, content, date). *Shape* is the same with ids and owners put in where an example leaves them
out, so that it measures tolerance alone.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from fediverse_support.core.errors import Refused
from fediverse_support.protocol import accessors, json_gate, parsing
from fediverse_support.protocol.jsonld import needs_compaction
from fediverse_support.protocol.parsing import consistency
from fediverse_support.protocol.urls import OPEN_NETWORK, TEST_NETWORK, Gate
from fediverse_support.protocol.vocabulary import Activity, Document, PostDocument

CORPORA = Path(__file__).parents[2] / "../shared/corpora"

READERS: dict[str, Callable[[Document, Gate], object]] = {
    "activity": parsing.activity,
    "actor": parsing.actor,
    "collection": parsing.collection,
    "key": parsing.key,
    "post": parsing.post,
    "tombstone": parsing.tombstone,
}


def documents(folder: str, pattern: str) -> list[Path]:
    if not (CORPORA / folder).is_dir():
        pytest.skip(f"the corpus {folder} is not here")
    return sorted(file for file in (CORPORA / folder).rglob(pattern) if not file.name.endswith(".meta.json"))


def chain(document: Document, gate: Gate) -> Iterator[Any]:
    """What `document` is, then what it carries, and so on inwards. Each is what a handler would get."""
    found = READERS[parsing.kind(document)](document, gate)
    yield found
    if isinstance(found, Activity) and found.object is not None:
        yield from chain(found.object, gate)
    for other in found.objects[1:] if isinstance(found, Activity) else ():
        if not isinstance(other, str):
            tuple(chain(other, gate))


def understand(file: Path, document: Document) -> None:
    """Raise unless everything in a captured document is read as what its sender meant."""
    if "webfinger" in file.name:
        assert parsing.webfinger(document).actors
    elif "nodeinfo" in file.name:
        assert parsing.nodeinfo(document).software
    else:
        links = list(chain(document, OPEN_NETWORK))
        said = file.stem.rpartition("-")[2]
        if not file.name.startswith("doc-"):
            assert [link.type for link in links] == said.split("_")
        for outer, inner in pairwise(links):
            if isinstance(inner, PostDocument) and outer.type == "Create":
                consistency.created_by_its_author(outer, inner)
        for link in links:
            if isinstance(link, PostDocument):
                assert link.content
                assert link.published
        assert not needs_compaction(document)


CAPTURED = {
    "PieFed": ("captured-piefed", "*.json", 0.99),
    "NodeBB": ("captured-nodebb", "*.json", 0.98),
    "GoToSocial": ("captured-gts-fedify-to-groups", "gts-*.json", 1.0),
    "Fedify": ("captured-gts-fedify-to-groups", "fedify-*.json", 1.0),
    "Discourse": ("discourse-ap", "*.json", 0.96),
}


@pytest.mark.parametrize("server", CAPTURED)
def test_what_real_servers_send_is_understood(server: str, record_understood: Callable[[str], None]) -> None:
    folder, pattern, floor = CAPTURED[server]
    files = documents(folder, pattern)
    reasons: Counter[str] = Counter()
    for file in files:
        try:
            document = json_gate.read(file.read_bytes())
            understand(file, document) if folder.startswith("captured") else tuple(
                chain(document, OPEN_NETWORK)
            )
        except Refused as error:
            reasons[f"{error.message} ({file.name})"] += 1
    share = 1 - reasons.total() / len(files)
    record_understood(row(server, len(files), share, share, reasons))
    assert len(files) >= 4
    assert share >= floor, reasons


EXAMPLES = {
    "Fedify examples": ("fedify-fixtures", "*.json", 0.95),
    "Granary examples": ("granary-testdata", "*.as2*.json", 0.95),
    "W3C examples": ("as2-w3c", "*.json", 0.95),
}


@pytest.mark.parametrize("source", EXAMPLES)
def test_examples_are_understood_once_they_say_whose_they_are(
    source: str, record_understood: Callable[[str], None]
) -> None:
    folder, pattern, floor = EXAMPLES[source]
    seen, as_they_stand, shapes = 0, 0, 0
    reasons: Counter[str] = Counter()
    for file in documents(folder, pattern):
        document = typed(file)
        if document is None:
            continue
        seen += 1
        with suppress(Refused):
            tuple(chain(document, TEST_NETWORK))
            as_they_stand += 1
        try:
            tuple(chain(completed(document), OPEN_NETWORK))
            shapes += 1
        except Refused as error:
            reasons[f"{error.message} ({file.name})"] += 1
    record_understood(row(source, seen, as_they_stand / seen, shapes / seen, reasons))
    assert seen > 10
    assert shapes / seen >= floor, reasons


def typed(file: Path) -> dict[str, Any] | None:
    """The document in `file`, or None where it is no ActivityStreams object: a context, an array, a Link."""
    with suppress(Refused):
        document = json_gate.read(file.read_bytes(), json_gate.FETCHED)
        if isinstance(document.get("type"), str | list) and document["type"] not in ("Link", "Mention"):
            return document
    return None


def completed(document: Document) -> dict[str, Any]:
    """`document` with an id and an owner of one server, and so for what it carries."""
    mine = "https://peer.example/u/ana"
    filled = dict(document) | {"id": "https://peer.example/x/1"}
    kind = parsing.kind(filled)
    if kind == "activity":
        inner = [completed(item) if is_typed(item) else item for item in accessors.many(filled.get("object"))]
        return filled | {"actor": mine, "object": inner}
    if kind == "actor":
        return filled | {"inbox": f"{mine}/inbox", "preferredUsername": "ana"}
    owner = {"owner": mine, "controller": mine} if kind == "key" else {}
    return filled | owner | ({"attributedTo": mine} if kind == "post" else {})


def is_typed(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("type"), str)


def row(name: str, seen: int, understood: float, shape: float, reasons: Counter[str]) -> str:
    refused = ", ".join(reason for reason, _ in reasons.most_common(1))
    return f"{name:<18}{seen:>6}{understood:>11.1%} {shape:>8.1%}  {refused}"


@pytest.mark.parametrize(
    "folder",
    [
        *("as2-w3c", "captured-gts-fedify-to-groups", "captured-nodebb", "captured-piefed", "discourse-ap"),
        *("fedify-fixtures", "granary-testdata", "jcs", "jsontestsuite", "nodeinfo", "poison"),
        *("vc-di-eddsa", "whatwg-url"),
    ],
)
def test_no_document_at_all_raises_anything_but_our_errors(folder: str) -> None:
    files = [file for file in documents(folder, "*") if file.is_file()]
    assert files
    for file in files:  # Compressed ones too, as they are: nothing here inflates.
        with suppress(Refused):
            document = json_gate.read(file.read_bytes())
            for reader in (*READERS.values(), parsing.keys, parsing.webfinger):
                with suppress(Refused):
                    reader(document, TEST_NETWORK)
            parsing.nodeinfo(document)
            parsing.nodeinfo_link(document)
            needs_compaction(document)


def test_every_poisonous_document_is_refused_or_harmless() -> None:
    seen = set()
    for file in documents("poison", "*.json"):
        try:
            links = list(chain(json_gate.read(file.read_bytes()), OPEN_NETWORK))
        except Refused:
            continue
        seen.add(file.stem)
        outer, inner = links
        consistency.created_by_its_author(outer, inner)
        assert {outer.actor, inner.author} == {"https://peer.example/u/p"}
        assert len(outer.to) <= 1000
        assert all(option.votes >= 0 for option in inner.options)
        assert json.loads(json_gate.write(outer.raw)) == outer.raw
    assert not seen & {
        *(
            "actor-list",
            "attributed-foreign",
            "duplicate-actor",
            "graph-keyword",
            "id-as-list",
            "id-as-object",
        ),
        *("id-int", "object-foreign-origin", "ld-poison-graph-8", "string-root", "array-root"),
    }
    assert {"bom", "negative-poll", "published-year-99999", "html-nested-20000"} <= seen
