"""Activities: strict where tolerance would let one server speak for another, tolerant everywhere else."""

from typing import Any

import pytest

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol import parsing
from fediverse_support.protocol.urls import OPEN_NETWORK
from fediverse_support.protocol.vocabulary import PUBLIC, Activity

ANA = "https://peer.example/u/ana"
POST = "https://us.example/posts/1"


def like(**changes: Any) -> dict[str, Any]:
    document = {"id": "https://peer.example/a/1", "type": "Like", "actor": ANA, "object": POST}
    return {name: value for name, value in (document | changes).items() if value is not ...}


def read(**changes: Any) -> Activity:
    return parsing.activity(like(**changes), OPEN_NETWORK)


@pytest.mark.parametrize(
    "id",
    [
        *("https://evil.example/a/1", "https://sub.peer.example/a/1", "http://peer.example/a/1", "", 5, True),
        *(
            ["https://peer.example/a/1"],
            {"id": "https://peer.example/a/1"},
            "https://PEER.example/a/1",
            "a/1",
        ),
    ],
)
def test_o6_an_activity_id_that_is_not_one_url_of_its_actors_server_is_refused(id: object) -> None:
    with pytest.raises(Malformed):
        read(id=id)


@pytest.mark.parametrize(
    "actor", [..., None, 5, [], [ANA, "https://good.example/u/b"], {"name": "x"}, "ana", {"id": [ANA]}]
)
def test_o1_an_activity_without_exactly_one_actor_is_refused(actor: object) -> None:
    with pytest.raises(Malformed):
        read(actor=actor)


@pytest.mark.parametrize(
    "type", [..., None, 5, "", [], "Note", "Person", "OrderedCollection", "Tombstone", ["Page"]]
)
def test_what_is_no_activity_is_refused(type: object) -> None:
    with pytest.raises(Malformed):
        read(type=type)


@pytest.mark.parametrize("id", [..., None])
def test_an_activity_may_have_no_id(id: object) -> None:
    assert read(id=id).id is None


@pytest.mark.parametrize("actor", [ANA, [ANA], {"id": ANA, "type": "Person", "inbox": "x"}, [{"id": ANA}]])
def test_the_actor_may_be_embedded_or_in_an_array(actor: object) -> None:
    assert read(actor=actor).actor == ANA


@pytest.mark.parametrize("type", ["PollVote", "Lock", "Warn", "QuoteRequest", "x:Poke"])
def test_an_unknown_type_keeps_its_name(type: str) -> None:
    assert read(type=type).type == type


def test_an_object_may_be_an_id_a_document_or_a_link() -> None:
    assert read(object=POST).object_id == POST
    assert read(object=POST).object is None
    whole = {"id": POST, "type": "Note"}
    assert read(object=whole).object == whole
    assert read(object=[whole]).object_id == POST
    assert read(object=whole).is_embedded
    assert not read(object=POST).is_embedded


@pytest.mark.parametrize("object", [..., None, 2, "nonsense", [], [2, None]])
def test_an_object_that_says_nothing_is_no_object(object: object) -> None:
    found = read(object=object)
    assert (found.object_id, found.object, found.objects) == (None, None, ())


def test_numbers_where_ids_belong_are_skipped() -> None:
    found = read(cc=["https://peer.example/category/2/followers", 2], to=2, object=2)
    assert found.cc == ("https://peer.example/category/2/followers",)
    assert found.to == ()


def test_an_embedded_object_without_an_id_is_kept() -> None:
    found = read(type="Accept", object={"type": "Follow", "actor": "https://us.example/u/x", "object": ANA})
    assert found.object_id is None
    assert found.object is not None


def test_piefeds_batches_are_all_there() -> None:
    inner = [like(id=f"https://peer.example/a/{number}") for number in range(3)]
    assert read(type="Announce", object=inner).objects == tuple(inner)
    page = {"type": "OrderedCollection", "orderedItems": inner}
    assert read(type="Announce", object=page).objects == tuple(inner)


def test_a_report_names_a_person_and_posts() -> None:
    assert read(type="Flag", object=[POST, {"id": ANA}, 7]).objects == (POST, {"id": ANA})


def test_d2_objects_and_addressees_are_cut() -> None:
    found = read(object=[f"{POST}/{number}" for number in range(500)])
    assert len(found.objects) == 100


def test_nulls_are_as_if_absent() -> None:
    found = read(to=None, cc=None, target=None, published=None, summary=None, audience=None, endTime=None)
    assert (found.to, found.cc, found.target_id, found.published, found.summary) == ((), (), None, None, None)


def test_public_has_one_spelling() -> None:
    found = read(to="as:Public", cc=["Public", "https://us.example/groups/g"])
    assert found.to == (PUBLIC,)
    assert found.cc == (PUBLIC, "https://us.example/groups/g")


def test_a_block_has_an_end_and_may_take_the_posts_along() -> None:
    found = read(type="Block", target={"id": POST}, expires="2100-01-01T00:00:00+00:00", removeData="true")
    assert found.target_id == POST
    assert found.end_time is not None
    assert found.removes_data


def test_ids_with_fragments_are_ids() -> None:
    id = "https://peer.example/post/https%3A%2F%2Fpeer.example%2F2#activity/announce/17"
    assert read(id=id).id == id
