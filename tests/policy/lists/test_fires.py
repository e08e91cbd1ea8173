import pytest

from fediverse_support.core.errors import Malformed
from fediverse_support.policy.lists import fires

CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://fires.fedimod.org/context/fires.jsonld"]
DATASET = {
    "@context": CONTEXT,
    "type": "Dataset",
    "id": "https://fires.example/datasets/1",
    "endpoints": {
        "snapshot": "https://fires.example/datasets/1/snapshot",
        "changes": "https://fires.example/datasets/1/changes",
    },
}


def change(number, name, policy=None, type="Recommendation", day=None, **more):
    found = {
        "type": type,
        "id": f"https://fires.example/changes/{number}",
        "entityKind": "domain",
        "entityKey": name,
        **more,
    }
    if policy:
        found["recommendedPolicy"] = policy
    if day:
        found["published"] = f"2026-01-{day:02}T00:00:00Z"
    return found


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"type": "Collection"},
        {"type": "Dataset"},
        {"type": "Dataset", "endpoints": {"changes": "https://x"}},
    ],
)
def test_what_is_no_dataset_is_refused(document):
    with pytest.raises(Malformed):
        fires.dataset(document)
    with pytest.raises(Malformed):
        fires.page({"type": "Note"})


def test_a_dataset_says_where_it_is_read():
    found = fires.dataset(DATASET)
    assert (found.snapshot[-8:], (found.changes or "")[-7:]) == ("snapshot", "changes")
    assert fires.is_dataset({"type": ["Collection", "Dataset"]})


def test_advice_becomes_a_level():
    found = fires.reduce(
        [
            change(1, "a.example", "drop", comment="spam"),
            change(2, "b.example", "reject"),
            change(3, "c.example", "filter"),
            change(4, "d.example", "filter", recommendedFilters=["https://f.example/filters#reject-media"]),
            change(5, "e.example", "filter", recommendedFilters=["ignore-reports", "auto-cw"]),
            change(6, "f.example", "accept"),
        ]
    )
    assert {one.domain: (one.level, one.no_media, one.no_reports) for one in found.entries} == {
        "a.example": ("blocked", False, False),
        "b.example": ("blocked", False, False),
        "c.example": ("limited", False, False),
        "d.example": ("limited", True, False),
        "e.example": ("limited", False, True),
        "f.example": ("allowed", False, False),
    }
    assert found.entries[0].public_reason == "spam"
    assert found.last == "https://fires.example/changes/6"


def test_the_newest_change_counts_whatever_the_order():
    series = [
        change(1, "a.example", "drop", day=1),
        change(2, "A.example.", type="Retraction", day=3),
        change(3, "a.example", "filter", day=2),
        change(4, "b.example", "drop", day=4),
        change(5, "c.example", type="Tombstone", day=5),
        change(6, "d.example", "drop", day=1),
        change(7, "d.example", type="Advisory", day=6),
    ]
    for changes in (series, series[::-1]):
        found = fires.reduce(changes)
        assert [one.domain for one in found.entries] == ["b.example"]
        assert found.gone == {"a.example", "c.example", "d.example"}
        assert found.skipped == {"advisory": 1}
        assert found.last == "https://fires.example/changes/7"


def test_what_cannot_be_used_is_counted():
    found = fires.reduce(
        [
            change(1, "https://a.example/users/x", "drop", entityKind="actor"),
            change(2, "garden.example", "drop"),
            change(3, "com", "drop"),
            change(4, "x.example", "explode"),
            change(5, 7, "drop"),
            change(6, "y.example", "drop"),
        ],
        ("garden.example",),
    )
    assert [one.domain for one in found.entries] == ["y.example"]
    assert found.skipped == {"actor": 1, "own": 1, "suffix": 1, "severity": 1}
    # Advice that we do not understand takes the place of what was advised before.
    assert found.gone == {"x.example"}


def test_pages_are_read_in_all_their_shapes():
    item = change(1, "a.example", "drop")
    assert fires.page(
        {"type": "OrderedCollectionPage", "orderedItems": [item, "x"], "next": "https://n"}
    ) == (fires.Page(items=(item,), next="https://n", first=None))
    assert fires.page(
        {"type": "OrderedCollection", "first": {"type": "OrderedCollectionPage", "items": [item]}}
    ).items
    assert fires.page({"type": "OrderedCollection", "first": "https://f"}).first == "https://f"
