import pytest

from fediverse_support.protocol import peers


@pytest.mark.parametrize("software", ["lemmy", "PieFed", "mbin", "kbin", "nodebb", "discourse", "friendica"])
def test_servers_that_know_groups_are_told_activities(software):
    assert peers.dialect_of(software) == "activity"


@pytest.mark.parametrize("software", ["mastodon", "gotosocial", "misskey", "akkoma", "who-knows", "", None])
def test_everybody_else_is_told_objects(software):
    assert peers.dialect_of(software) == "object"
