"""Who may answer, as other servers are told it."""

import pytest

from fediverse_support.core.models import Actor
from fediverse_support.protocol.rendering.reply_policies import can_reply
from fediverse_support.protocol.vocabulary import PUBLIC
from tests.protocol.rendering.conftest import SOBER

F, M = f"{SOBER.uri}/followers", f"{SOBER.uri}/moderators"


@pytest.mark.parametrize(
    ("outsiders", "members", "automatic", "manual"),
    [
        ("wait", "may", [M, F], [PUBLIC]),
        ("may not", "may", [M, F], []),
        ("may not", "wait", [M], [F]),
        ("wait", "wait", [M], [F, PUBLIC]),
        ("may not", "may not", [M], []),
        ("may", "wait", [M, PUBLIC], [F]),
    ],
)
def test_members_are_named_by_the_followers_of_the_group(
    outsiders: str, members: str, automatic: list[str], manual: list[str]
) -> None:
    said = can_reply(SOBER, outsiders, members)
    assert said is not None
    assert said["automaticApproval"] == automatic
    assert said.get("manualApproval", []) == manual
    assert ("manualApproval" in said) == bool(manual), "an empty list would say something"


def test_where_everybody_may_answer_nothing_is_said() -> None:
    assert can_reply(SOBER, "may", "may") is None


def test_a_group_names_its_own_collections() -> None:
    other = Actor(
        **{
            name: getattr(SOBER, name)
            for name in ("id", "uri", "type", "is_local", "name", "host", "created_at")
        },
        followers_url="https://g.example/f",
        moderators_url="https://g.example/m",
    )
    said = can_reply(other, "may not", "may")
    assert said == {"automaticApproval": ["https://g.example/m", "https://g.example/f"]}
