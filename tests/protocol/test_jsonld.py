"""JSON-LD, kept in its place: O9, and contexts that never leave the house."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.errors import Malformed, Refused, TooLarge
from fediverse_support.protocol import jsonld, parsing
from fediverse_support.protocol.contexts import CONTEXTS, OURS
from fediverse_support.protocol.jsonld import compact, expand, needs_compaction
from fediverse_support.protocol.urls import OPEN_NETWORK

CORPORA = Path(__file__).parents[2] / "../shared/corpora"
AS = "https://www.w3.org/ns/activitystreams"
PLAIN = {"@context": AS, "id": "https://a.example/1", "type": "Like", "actor": "https://a.example/u"}


@pytest.mark.parametrize("keyword", ["@graph", "@included", "@reverse", "@nest", "@import"])
def test_o9_keywords_that_restructure_are_refused_wherever_they_stand(keyword: str) -> None:
    for document in (
        {**PLAIN, keyword: []},
        {**PLAIN, "object": {"tag": [{keyword: {}}]}},
        {**PLAIN, "@context": [AS, {"x": keyword}]},
        {**PLAIN, "@context": [AS, {"x": {"@id": "as:object", "@container": keyword}}]},
        {**PLAIN, "@context": [AS, {"x": {"@id": "as:object", "@container": [keyword]}}]},
    ):
        with pytest.raises(Refused):
            compact(document)


@pytest.mark.parametrize(
    "context",
    [
        "https://evil.example/context",
        [AS, "https://evil.example/context"],
        [AS, {"x": {"@id": "as:object", "@context": "https://evil.example/context"}}],
        "file:///etc/passwd",
        "http://127.0.0.1/",
    ],
)
def test_a_context_that_we_do_not_hold_is_refused(context: object) -> None:
    with pytest.raises(Refused):
        compact({**PLAIN, "@context": context})
    with pytest.raises(Refused):
        compact({**PLAIN, "object": {"@context": context, "type": "Note"}})


def test_o9_too_many_contexts_or_members_are_too_large() -> None:
    with pytest.raises(TooLarge):
        compact({**PLAIN, "@context": [AS] * 17})
    with pytest.raises(TooLarge):
        compact({**PLAIN, "tag": [{"type": "Mention"}] * 2000})


@pytest.mark.parametrize(
    "document",
    [
        {"@context": {"@id": 5}, "type": "Note"},
        {"@context": [AS, {"id": "@type"}], "id": 5},
        {"@context": AS, "@id": 7},
        {"@context": [[[AS]], 5]},
        {"@context": AS, "@type": {"x": 1}},
    ],
)
def test_what_is_no_jsonld_is_our_error(document: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        compact(document)


@pytest.mark.parametrize(
    "document",
    [
        {"@context": AS, "@id": "https://a.example/1", "type": "Like"},
        {"@context": AS, "type": "as:Like"},
        {"@context": AS, "type": [f"{AS}#Like"]},
        {"@context": AS, "type": "Create", "as:object": "https://a.example/1"},
        {"@context": AS, "type": "Create", "object": {"@type": "Note"}},
        {"@context": AS, "type": "Create", f"{AS}#object": "https://a.example/1"},
        {"@context": [AS, {"was": "@type"}], "was": "Like"},
        {"@context": [AS, {"who": {"@id": "as:actor", "@type": "@id"}}], "who": "https://a.example/u"},
        {"@context": [AS, {"stream": f"{AS}#"}], "stream:actor": "https://a.example/u"},
        {"type": "Create", "object": {"@context": {"Post": f"{AS}#Note"}, "type": "Post"}},
    ],
)
def test_documents_in_other_words_need_compaction(document: dict[str, Any]) -> None:
    assert needs_compaction(document)


@pytest.mark.parametrize(
    "context",
    [
        None,
        AS,
        [AS, "https://w3id.org/security/v1"],
        [AS, {"@language": "en"}],
        [AS, {"sensitive": "as:sensitive", "movedTo": {"@id": "as:movedTo", "@type": "@id"}}],
        [
            AS,
            {
                "toot": "http://joinmastodon.org/ns#",
                "Emoji": "toot:Emoji",
                "as": f"{AS}#",
                "@vocab": f"{AS}#",
            },
        ],
        [AS, {"id": "@id", "type": "@type"}],
        5,
    ],
)
def test_what_known_peers_send_needs_none(context: object) -> None:
    assert not needs_compaction({**PLAIN, "@context": context})


def test_a_document_in_other_words_says_the_same_in_ours() -> None:
    aliased = {
        "@context": [AS, {"what": "@type", "who": {"@id": "as:actor", "@type": "@id"}, "s": f"{AS}#"}],
        "@id": "https://a.example/1",
        "what": "s:Create",
        "who": "https://a.example/u",
        "to": "as:Public",
        "s:object": {
            "@id": "https://a.example/2",
            "@type": "s:Note",
            "s:attributedTo": {"@id": "https://a.example/u"},
            "s:content": "<p>hello</p>",
        },
    }
    found = parsing.activity(compact(aliased), OPEN_NETWORK)
    assert (found.type, found.actor, found.object_id) == (
        "Create",
        "https://a.example/u",
        "https://a.example/2",
    )
    assert found.to == (f"{AS}#Public",)
    assert found.object is not None
    post = parsing.post(found.object, OPEN_NETWORK)
    assert (post.author, post.content) == ("https://a.example/u", "<p>hello</p>")


def test_expansion_gives_the_terms_of_the_specifications() -> None:
    key = {"id": "https://a.example/u#k", "owner": "https://a.example/u", "publicKeyPem": "x"}
    multikey = {"id": "https://a.example/u#e", "type": "Multikey", "controller": "https://a.example/u"}
    document = {
        "@context": [*OURS, "https://www.w3.org/ns/cid/v1"],
        "id": "https://a.example/u",
        "type": "Group",
        "inbox": "https://a.example/inbox",
        "moderators": "https://a.example/mods",
        "publicKey": key,
        "assertionMethod": [multikey],
    }
    (found,) = expand(document)
    assert found["@type"] == [f"{AS}#Group"]
    assert found["http://www.w3.org/ns/ldp#inbox"] == [{"@id": "https://a.example/inbox"}]
    assert found["https://join-lemmy.org/ns#moderators"] == [{"@id": "https://a.example/mods"}]
    assert found["https://w3id.org/security#publicKey"][0]["https://w3id.org/security#owner"]
    assert found["https://w3id.org/security#assertionMethod"][0]["@type"] == [
        "https://w3id.org/security#Multikey"
    ]


@pytest.mark.parametrize("url", CONTEXTS)
def test_every_context_that_we_hold_is_one(url: str) -> None:
    assert expand({"@context": [AS, url], "id": "https://a.example/1", "type": "Note", "content": "x"})


def test_our_table_agrees_with_the_published_activitystreams_context() -> None:
    file = CORPORA / "fedify-fixtures/packages/fixture/src/fixtures/www.w3.org/ns/activitystreams.json"
    if not file.is_file():
        pytest.skip("the corpus fedify-fixtures is not here")
    published = json.loads(file.read_bytes())["@context"]
    ours = CONTEXTS[AS]
    assert {name: ours.get(name) for name in published} == published


anything: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from([AS, "as:Note", "@id", "@type", "@list", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["@context", "@id", "@type", "@value", "@list", "@set", "id", "x"]), inner
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["@context", "@id", "@type", "type", "object", "as:x"]), anything))
def test_no_document_makes_jsonld_raise_anything_but_our_errors(document: dict[str, Any]) -> None:
    assert needs_compaction(document) in (True, False)
    for function in (compact, expand):
        with suppress(Refused):
            function(document)


def test_o9_no_poisonous_document_is_canonicalised() -> None:
    assert not hasattr(jsonld, "normalize")
    folder = CORPORA / "poison"
    if not folder.is_dir():
        pytest.skip("the corpus poison is not here")
    for name in (
        "ld-poison-graph-8",
        "graph-keyword",
        "included-keyword",
        "reverse-keyword",
        "contexts-2000",
    ):
        with pytest.raises(Refused):
            compact(json.loads((folder / f"{name}.json").read_bytes()))
