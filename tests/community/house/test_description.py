import pytest

from fediverse_support.community.house import description
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.database import community


async def test_before_the_first_start_there_is_nothing_to_describe(connection):
    with pytest.raises(Missing):
        await description.edit(connection, title="Garden")


@pytest.mark.parametrize(
    "change", [{"title": " "}, {"title": "x" * 201}, {"tagline": "x" * 501}, {"about": "x" * 20_001}]
)
async def test_what_does_not_fit_changes_nothing(connection, change):
    await community.make(connection, "garden.example")
    with pytest.raises(Malformed):
        await description.edit(connection, **change)
    assert (await description.of(connection)).title == "garden.example"


async def test_what_is_not_named_stays(connection):
    await community.make(connection, "garden.example")
    await description.edit(connection, title=" The  Garden\n", about="For **carers**<script>x</script>")
    await description.edit(connection, tagline="Come in")
    found = await description.of(connection)
    assert (found.title, found.tagline) == ("The Garden", "Come in")
    assert "<strong>carers</strong>" in found.about_html
    assert "<script" not in found.about_html
