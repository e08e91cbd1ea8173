"""The small questions of `parsing.consistency`: each refuses before it agrees."""

from typing import Any

import pytest

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol import parsing
from fediverse_support.protocol.parsing import consistency
from fediverse_support.protocol.urls import OPEN_NETWORK
from fediverse_support.protocol.vocabulary import Activity, ActorDocument, PostDocument

ANA, BEN = "https://peer.example/u/ana", "https://peer.example/u/ben"
EVE = "https://evil.example/u/eve"
POST = "https://peer.example/posts/1"


def activity(type: str, actor: str = ANA, **more: Any) -> Activity:
    return parsing.activity({"type": type, "actor": actor, **more}, OPEN_NETWORK)


def post(author: str = ANA, id: str = POST) -> PostDocument:
    return parsing.post({"id": id, "type": "Note", "attributedTo": author}, OPEN_NETWORK)


def person(id: str = ANA, **more: Any) -> ActorDocument:
    document = {"id": id, "type": "Person", "preferredUsername": "x", "inbox": f"{id}/inbox", **more}
    return parsing.actor(document, OPEN_NETWORK)


def test_o6_a_create_with_a_post_of_somebody_else_is_refused() -> None:
    consistency.created_by_its_author(activity("Create", object=POST), post())
    for wrong in (post(author=BEN), post(author=EVE, id="https://evil.example/1"), post(id=f"{POST}2")):
        with pytest.raises(Malformed):
            consistency.created_by_its_author(activity("Create", object=POST), wrong)


def test_o6_only_the_owner_changes_or_undoes() -> None:
    consistency.owned_by_actor(activity("Delete", object=POST), ANA)
    consistency.undone_by_its_actor(activity("Undo"), activity("Like", object=POST))
    for other in (BEN, EVE):
        with pytest.raises(Malformed):
            consistency.owned_by_actor(activity("Delete", object=POST), other)
        with pytest.raises(Malformed):
            consistency.undone_by_its_actor(activity("Undo"), activity("Like", other, object=POST))


def test_o16_only_the_followed_answers_a_follow() -> None:
    follow = activity("Follow", BEN, object=ANA)
    consistency.answered_by_the_followed(activity("Accept"), follow)
    for answer, asked in (
        (activity("Accept", EVE), follow),
        (activity("Accept"), activity("Follow", BEN, object=EVE)),
        (activity("Accept"), activity("Follow", BEN)),
        (activity("Accept"), activity("Invite", BEN, object=ANA)),
    ):
        with pytest.raises(Malformed):
            consistency.answered_by_the_followed(answer, asked)


def test_o18_an_actor_moves_only_itself_and_only_where_it_is_claimed() -> None:
    consistency.moves_itself(activity("Move", object=ANA, target=EVE))
    consistency.claims_the_old_name(person(EVE, alsoKnownAs=ANA), ANA)
    for move in (
        activity("Move", object=BEN, target=EVE),
        activity("Move", object=ANA),
        activity("Move", target=EVE),
        activity("Move", object=ANA, target=ANA),
    ):
        with pytest.raises(Malformed):
            consistency.moves_itself(move)
    with pytest.raises(Malformed):
        consistency.claims_the_old_name(person(EVE, alsoKnownAs=[BEN]), ANA)


def test_a_profile_is_changed_by_itself_only() -> None:
    consistency.profile_of_its_actor(activity("Update"), person())
    with pytest.raises(Malformed):
        consistency.profile_of_its_actor(activity("Update"), person(BEN))


def test_names_its_host() -> None:
    consistency.names_its_host(ANA, POST, OPEN_NETWORK)
    with pytest.raises(Malformed):
        consistency.names_its_host(ANA, EVE, OPEN_NETWORK)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"id": POST},
        {"id": [POST], "attributedTo": ANA},
        {"id": {"id": POST}, "attributedTo": ANA},
        {"id": 5, "attributedTo": ANA},
        {"attributedTo": ANA},
        {"id": "https://evil.example/1", "attributedTo": ANA},
        {"id": "https://sub.peer.example/1", "attributedTo": ANA},
        {"id": POST, "attributedTo": BEN},
        {"id": POST, "attributedTo": [ANA, BEN]},
        {"id": POST, "attributedTo": BEN, "actor": ANA},
        {"id": POST, "attributedTo": ANA, "actor": BEN},
        {"id": BEN, "type": "Person"},
    ],
)
def test_o6_an_embedded_thing_of_another_owner_is_only_a_claim(document: dict[str, Any]) -> None:
    assert not consistency.is_vouched_for(document, ANA, OPEN_NETWORK)


@pytest.mark.parametrize(
    "document",
    [{"id": POST, "attributedTo": [ANA]}, {"id": POST, "actor": {"id": ANA}}, {"id": ANA, "type": "Person"}],
)
def test_an_embedded_thing_of_the_sender_may_be_believed(document: dict[str, Any]) -> None:
    assert consistency.is_vouched_for(document, ANA, OPEN_NETWORK)
