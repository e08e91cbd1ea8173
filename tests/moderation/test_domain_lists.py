import pytest

from fediverse_support.core import clock
from fediverse_support.core.errors import Malformed
from fediverse_support.database import deeds, domains, policy_versions
from fediverse_support.moderation import domain_lists
from fediverse_support.protocol.site import site_of

HEADS = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"


@pytest.fixture
def take_over(connection, settings):
    async def take(text: str):
        return await domain_lists.take_over(
            connection, site_of(settings), text, "list.csv", None, clock.now()
        )

    return take


async def levels(db) -> dict[str, str]:
    return {level.domain: level.level for level in await domains.listed(db)}


async def test_what_is_no_list_changes_nothing(take_over, connection):
    with pytest.raises(Malformed):
        await take_over("x.example\n" * 20_001)
    assert (await levels(connection), await policy_versions.latest(connection)) == ({}, 1)


@pytest.mark.parametrize("own", ["garden.example", "example", "GARDEN.example."])
async def test_our_own_domain_is_never_taken_over(take_over, connection, own):
    found = await take_over(f"{own}\nbad.test.example\n")
    assert (found.added, found.unreadable) == (1, 1)
    assert await levels(connection) == {"bad.test.example": "blocked"}


async def test_what_is_no_domain_is_counted(take_over, connection):
    found = await take_over("two words.example\nhttps://bad.example/\n..\nbad.example\n")
    assert (found.added, found.unreadable) == (1, 3)


async def test_what_this_community_decided_itself_stands(take_over, connection):
    await domains.put(connection, "meh.example", "allowed", public_reason="", private_note="", by=None)
    found = await take_over("meh.example\nbad.example\n")
    assert (found.added, found.kept) == (1, 1)
    assert await levels(connection) == {"bad.example": "blocked", "meh.example": "allowed"}


async def test_one_list_is_one_version_and_one_line_on_the_record(take_over, connection):
    await take_over("a.example\nb.example\nc.example\n")
    assert await policy_versions.latest(connection) == 2
    (deed,) = await deeds.latest(connection)
    assert (deed.deed, deed.object, deed.reason) == ("import domains", "list.csv", "3 domains")


async def test_the_same_list_again_changes_nothing(take_over, connection):
    await take_over("a.example\n")
    again = await take_over("a.example\nA.EXAMPLE\n")
    assert (again.added, again.kept) == (0, 1)
    assert await policy_versions.latest(connection) == 2


async def test_names_are_stored_as_they_are_compared(take_over, connection):
    await take_over("bücher.example\n")
    assert await levels(connection) == {"xn--bcher-kva.example": "blocked"}


async def test_what_is_written_out_can_be_taken_over_elsewhere(take_over, connection):
    text = HEADS + "a.example,suspend,false,false,spam,false\nb.example,silence,false,false,,false\n"
    await take_over(text)
    await domains.put(connection, "c.example", "allowed", public_reason="", private_note="secret", by=None)
    assert await domain_lists.written(connection) == text
