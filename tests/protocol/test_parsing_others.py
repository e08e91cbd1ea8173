"""Collections, tombstones, discovery documents, and the O2 matrix over all kinds of documents."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol import parsing
from fediverse_support.protocol.parsing.consistency import is_what_was_asked_for
from fediverse_support.protocol.urls import OPEN_NETWORK, TEST_NETWORK, Gate

ASKED = "https://good.example/x/1"
OWNER = "https://good.example/u/alice"
KINDS: dict[str, tuple[Callable[[Any, Gate], Any], dict[str, Any]]] = {
    "actor": (
        parsing.actor,
        {"type": "Person", "preferredUsername": "alice", "inbox": "https://good.example/inbox"},
    ),
    "key": (parsing.key, {"type": "CryptographicKey", "owner": OWNER, "publicKeyPem": "x"}),
    "post": (parsing.post, {"type": "Note", "attributedTo": OWNER}),
    "collection": (parsing.collection, {"type": "OrderedCollection", "orderedItems": []}),
    "activity": (parsing.activity, {"type": "Like", "actor": OWNER, "object": ASKED}),
    "tombstone": (parsing.tombstone, {"type": "Tombstone"}),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "id",
    [
        *("https://evil.example/x/1", "https://good.example/x/2", "https://sub.good.example/x/1", None),
        *([ASKED], {"id": ASKED}, 5, f"{ASKED}/", f"{ASKED}#a", "https://GOOD.example/x/1"),
    ],
)
def test_o2_a_document_with_another_id_than_the_one_asked_for_is_refused(kind: str, id: object) -> None:
    parse, document = KINDS[kind]
    with pytest.raises(Malformed):
        is_what_was_asked_for(parse(document | {"id": id}, OPEN_NETWORK).id, ASKED)


@pytest.mark.parametrize("kind", KINDS)
def test_o2_a_document_with_the_id_asked_for_is_taken_for_what_it_is(kind: str) -> None:
    parse, document = KINDS[kind]
    is_what_was_asked_for(parse(document | {"id": ASKED}, OPEN_NETWORK).id, ASKED)
    assert parsing.kind(document | {"id": ASKED}) == kind
    other = next(name for name in KINDS if name not in (kind, "key"))
    with pytest.raises(Malformed):
        KINDS[other][0](document | {"id": ASKED}, OPEN_NETWORK)


def test_unknown_things_with_an_actor_are_activities_and_others_posts() -> None:
    assert parsing.kind({"type": "PollVote", "actor": OWNER}) == "activity"
    assert parsing.kind({"type": "Warn", "actor": OWNER}) == "activity"
    assert parsing.kind({"type": "Recipe"}) == "post"
    with pytest.raises(Malformed):
        parsing.kind({"id": ASKED})


def test_a_collection_holds_ids_and_documents_and_skips_the_rest() -> None:
    item = {"type": "Note"}
    found = parsing.collection(
        {"type": "OrderedCollection", "orderedItems": [OWNER, item, 5, None, "x"], "totalItems": -3},
        OPEN_NETWORK,
    )
    assert found.items == (OWNER, item)
    assert found.total == 0
    assert found.id is None


def test_an_embedded_first_page_is_read_and_one_of_another_server_is_not_followed() -> None:
    page = {
        "id": f"{ASKED}?page=1",
        "type": "CollectionPage",
        "items": OWNER,
        "next": "https://evil.example/2",
    }
    found = parsing.collection({"id": ASKED, "type": "Collection", "first": page}, OPEN_NETWORK)
    assert not isinstance(found.first, str)
    assert found.first is not None
    assert found.first.items == (OWNER,)
    assert found.first.next is None
    foreign = {"id": ASKED, "type": "Collection", "first": "https://evil.example/1"}
    assert parsing.collection(foreign, OPEN_NETWORK).first is None
    assert parsing.collection({"id": ASKED, "type": "Collection", "first": f"{ASKED}?p"}, OPEN_NETWORK).first


def test_d2_items_of_a_collection_are_cut() -> None:
    items = [f"https://good.example/x/{number}" for number in range(3000)]
    assert len(parsing.collection({"type": "Collection", "items": items}, OPEN_NETWORK).items) == 1000


def test_a_tombstone_remembers_what_it_was() -> None:
    document = {"id": ASKED, "type": "Tombstone", "formerType": "Note", "deleted": "2026-01-01T00:00:00Z"}
    found = parsing.tombstone(document, OPEN_NETWORK)
    assert (found.former_type, found.deleted is not None) == ("Note", True)


def test_webfinger_gives_actor_ids_in_order() -> None:
    found = parsing.webfinger(
        {
            "subject": "acct:sober@good.example",
            "aliases": [OWNER, 5],
            "links": [
                {"rel": "self", "type": "text/html", "href": "https://good.example/html"},
                {"rel": "self", "type": "application/activity+json", "href": OWNER},
                {
                    "rel": "self",
                    "type": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
                    "href": "https://good.example/c/sober",
                    "properties": {"https://www.w3.org/ns/activitystreams#type": "Group"},
                },
                {"rel": "self", "type": "application/activity+json", "href": "http://good.example/x"},
                {
                    "rel": "http://ostatus.org/schema/1.0/subscribe",
                    "template": "https://good.example/do?uri={uri}",
                },
                "nonsense",
                {"rel": "self"},
            ],
        }
    )
    assert found.actors == (OWNER, "https://good.example/c/sober")
    assert found.groups == ("https://good.example/c/sober",)
    assert found.aliases == (OWNER,)
    assert found.subscribe == "https://good.example/do?uri={uri}"


@pytest.mark.parametrize(
    "template", ["{object}/subscribe", "javascript:{uri}", "https://good.example/none", 5, None]
)
def test_a_subscribe_template_that_leads_nowhere_is_none(template: object) -> None:
    links = [{"rel": "https://w3id.org/fep/3b86/Follow", "template": template}]
    assert parsing.webfinger({"subject": "acct:a@good.example", "links": links}).subscribe is None


@pytest.mark.parametrize("subject", [None, "", 5, []])
def test_webfinger_without_a_subject_is_refused(subject: object) -> None:
    with pytest.raises(Malformed):
        parsing.webfinger({"subject": subject, "links": []})


def test_nodeinfo_names_the_software_in_lower_case() -> None:
    found = parsing.nodeinfo({"software": {"name": "NodeBB", "version": "4.15.1"}})
    assert (found.software, found.version) == ("nodebb", "4.15.1")
    assert parsing.nodeinfo({"software": "x"}).software == ""
    assert parsing.nodeinfo({"software": {"name": 5, "version": None}}).version == ""


def test_the_newest_nodeinfo_that_all_know_is_chosen() -> None:
    links = [
        {"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": "https://good.example/2.0"},
        {"rel": "http://nodeinfo.diaspora.software/ns/schema/2.1", "href": "https://good.example/2.1"},
        {"rel": "x", "href": "https://good.example/x"},
    ]
    assert parsing.nodeinfo_link({"links": links}) == "https://good.example/2.1"
    assert parsing.nodeinfo_link({"links": {"rel": "x"}}) is None


NAMES = (
    *("id", "type", "actor", "object", "target", "to", "cc", "attributedTo", "content", "summary", "name"),
    *("tag", "attachment", "url", "inReplyTo", "published", "publicKey", "owner", "publicKeyPem", "inbox"),
    *(
        "preferredUsername",
        "endpoints",
        "first",
        "items",
        "orderedItems",
        "totalItems",
        "links",
        "rel",
        "href",
    ),
    *("subject", "software", "contentMap", "oneOf", "replies", "icon", "source", "language", "proof"),
    *("assertionMethod", "mediaType", "deleted"),
)
values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(-2, 2)
    | st.sampled_from(
        ["Note", "Person", "Create", "Collection", "Mention", "PropertyValue", "Tombstone", "as:Public"]
    )
    | st.sampled_from(
        [OWNER, ASKED, "https://evil.example/1", "2026-01-01T00:00:00Z", "text/plain", "\ufffd", ""]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=25,
)
READERS = (
    *(parsing.activity, parsing.actor, parsing.post, parsing.collection, parsing.key, parsing.keys),
    *(parsing.tombstone, parsing.webfinger),
)
COMPLETE = [document | {"id": ASKED} for _, document in KINDS.values()] + [{"subject": "acct:a@good.example"}]


@given(st.sampled_from([{}, *COMPLETE]), st.dictionaries(st.sampled_from(NAMES), values, max_size=8))
def test_no_document_raises_anything_but_our_error(start: dict[str, Any], changes: dict[str, Any]) -> None:
    document = start | changes
    for reader in READERS:
        for gate in (OPEN_NETWORK, TEST_NETWORK):
            with suppress(Malformed):
                reader(document, gate)
    parsing.nodeinfo(document)
    parsing.nodeinfo_link(document)
    with suppress(Malformed):
        parsing.kind(document)


def listed(*items: Any) -> list[str]:
    found = parsing.collection({"type": "OrderedCollection", "orderedItems": list(items)}, OPEN_NETWORK)
    return parsing.posts_listed(found, OPEN_NETWORK)


def test_a_collection_lists_posts_by_id_embedded_or_carried_by_activities() -> None:
    one, two, three, four = (f"https://good.example/notes/{n}" for n in range(4))
    note = {"type": "Note", "id": two}
    assert listed(
        one,
        note,
        {"type": "Create", "id": "https://good.example/a/1", "object": {"type": "Page", "id": three}},
        {"type": "Announce", "object": {"type": "Add", "object": four}},
        {"type": "Announce", "object": [one, two]},
        {"type": "Link", "href": four},
    ) == [one, two, three, four]


def test_a_collection_lists_nothing_that_cannot_be_a_post() -> None:
    deep: dict[str, Any] = {"type": "Note", "id": ASKED}
    for _ in range(5):
        deep = {"type": "Announce", "object": deep}
    strange = (7, None, True, 1.5, "", "not a URL", "javascript:alert(1)", {}, {"id": 3}, [])
    assert (
        listed(
            *strange,
            {"type": "Like", "object": ASKED},
            {"type": "Delete", "object": ASKED},
            {"type": "Tombstone", "id": ASKED},
            {"type": "Person", "id": OWNER},
            {"type": "OrderedCollection", "id": ASKED},
            {"type": "Create", "object": 7},
            {"type": "Create", "object": "http://localhost/x"},
            {"type": "Create"},
            deep,
        )
        == []
    )
