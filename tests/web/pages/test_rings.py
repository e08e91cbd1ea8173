"""When devices ring: the member's own page."""

from datetime import time

from fediverse_support.database import push
from fediverse_support.database.pool import acquire
from fediverse_support.database.push import Wishes


async def test_a_member_chooses_quiet_hours_and_what_a_locked_screen_shows(world, ada) -> None:
    async def kept() -> Wishes:
        async with acquire(world.pool) as db:
            return await push.wishes_of(db, ada.id)

    assert (await world.browser().get("/you/rings")).status_code == 303
    browser = await world.signed_in(ada)
    page = await browser.get("/you")
    assert 'href="/you/rings"' in page.text
    await browser.get("/you/rings")
    assert await kept() == Wishes()
    page = await browser.submit(
        "/you/rings", words="some", is_quiet="yes", begin="22:30", end="06:45", time_zone="Europe/Berlin"
    )
    assert page.status_code == 200
    assert "Saved." in page.text
    chosen = Wishes(
        shows_words=True, quiet_from=time(22, 30), quiet_until=time(6, 45), time_zone="Europe/Berlin"
    )
    assert await kept() == chosen
    page = await browser.get("/you/rings")
    assert 'value="Europe/Berlin" selected' in page.text
    assert 'value="22:30"' in page.text
    for bad in (
        {"begin": "late"},
        {"begin": "08:00", "end": "08:00"},
        {"time_zone": "Moon/Base"},
        {"time_zone": "../../etc/passwd"},
    ):
        fields = {"words": "none", "is_quiet": "yes", "begin": "22:00", "end": "07:00", "time_zone": "UTC"}
        page = await browser.submit("/you/rings", **(fields | bad))
        assert page.status_code == 400
        assert await kept() == chosen
        await browser.get("/you/rings")
    await browser.submit("/you/rings", words="none", is_quiet="", begin="", end="", time_zone="UTC")
    assert await kept() == Wishes()
