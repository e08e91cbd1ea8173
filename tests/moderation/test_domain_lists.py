import pytest

from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Malformed
from fediverse_support.database import deeds, domains, policy_versions
from fediverse_support.moderation import domain_lists, ladder
from fediverse_support.policy.document import DomainText
from fediverse_support.policy.levels import level_of, word_of
from fediverse_support.protocol.site import site_of
from tests.support.remote import RemoteActor

HEADS = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"


@pytest.fixture
def take(connection, settings):
    async def take(text: str, **how):
        return await domain_lists.imported(
            connection, site_of(settings), text, "list.csv", None, clock.now(), **how
        )

    return take


@pytest.fixture
def put(connection, settings):
    async def put(**texts: DomainText):
        changes = {name.replace("_", "."): text for name, text in texts.items()}
        await ladder.put(connection, site_of(settings), changes, by=None, why="", now=clock.now())

    return put


async def levels(db) -> dict[str, str]:
    return {one.domain: word_of(one.level, one.no_media, one.no_reports) for one in await domains.listed(db)}


async def test_what_is_no_list_changes_nothing(take, connection):
    for text, how in (
        ("<html>bad.example</html>", {}),
        ("two words\n", {}),
        ("bad.example", {"format": "json"}),
        ("https://fires.example/dataset", {"format": "fires"}),
    ):
        with pytest.raises(Malformed):
            await take(text, **how)
    for text in ("bad.example\n*\n", "bad.example\ncom\n"):
        with pytest.raises(Conflict):
            await take(text)
    assert (await levels(connection), await policy_versions.latest(connection)) == ({}, 1)
    # Whoever is sure gets the rest; nobody ever gets everybody.
    assert (await take("bad.example\ncom\n*\n", is_sure=True)).skipped == {"suffix": 2}
    assert await levels(connection) == {"bad.example": "blocked"}


async def test_what_is_left_out_is_counted_by_its_reason(take, put, connection, settings):
    await put(hand_example=level_of("allowed"))
    site = site_of(settings)
    await ladder.exclude(connection, site, {"safe.example": ""}, by=None, why="", now=clock.now())
    found = await take(
        f"{HEADS}bad.example,suspend\nhand.example,suspend\nx.safe.example,suspend\ngarden.example,suspend\n"
        "sub.garden.example,suspend\nh*d.example,suspend\n192.0.2.1,suspend\ntwo words,suspend\n"
        "n.example,noop\nbad.example,suspend\n"
    )
    assert (found.added, found.changed, found.settled.newly_blocked) == (
        2,
        0,
        ("bad.example", "sub.garden.example"),
    )
    assert found.left_out == (
        "1 hidden by *, 1 our own domain, 1 an IP address, 1 not a domain, 1 without effect, 1 named twice, "
        "1 excluded from lists, 1 set by hand already"
    )
    assert (await levels(connection))["hand.example"] == "allowed"


async def test_one_list_is_one_version_and_one_line_on_the_record(take, put, connection):
    text = DomainText(level="limited", note="asked them twice", reason="old")
    await put(meh_example=text)
    found = await take(f"{HEADS}meh.example,suspend,,,new,true\nB.example,silence,true,,,\n", overwrite=True)
    assert (found.added, found.changed, found.settled.version) == (1, 1, 3)
    assert await levels(connection) == {"b.example": "limited+no-media", "meh.example": "blocked"}
    one = (await domains.entries(connection))["meh.example"]
    assert (one.reason, one.note, one.shown) == ("new", "asked them twice", "partly")
    (deed, *_) = await deeds.latest(connection)
    assert (deed.deed, deed.object, deed.reason) == ("import domains", "list.csv", "2 domains")
    (version, *_) = await policy_versions.history(connection)
    assert version.why == "2 domains from list.csv"
    assert len(await policy_versions.changes(connection, 3)) == 2
    again = await take(f"{HEADS}meh.example,suspend,,,new,true\nb.example,silence,true,,,\n", overwrite=True)
    assert (again.added, again.changed, again.skipped, again.settled.version) == (0, 0, {"present": 2}, 3)


async def test_a_list_of_whom_to_let_in_lets_in(take, connection):
    found = await take("#domain\ngood.example\n", allow=True)
    assert (found.added, await levels(connection)) == (1, {"good.example": "allowed"})
    assert await domain_lists.written(connection, allow=True) == "#domain\ngood.example\n"


async def test_what_is_written_out_can_be_taken_over_elsewhere(take, put, connection):
    text = HEADS + "a.example,suspend,false,false,spam,false\nb.example,silence,true,false,,true\n"
    await take(text)
    await put(
        c_example=DomainText(level="allowed", note="secret"),
        d_example=DomainText(shown="hidden", no_media=True),
    )
    assert await domain_lists.written(connection) == text
    assert await domain_lists.written(connection, "text") == "a.example\n"
    assert "secret" not in await domain_lists.written(connection, "json", allow=True)


async def test_a_list_that_would_cut_us_off_is_asked_about(home):
    ada = await home.member("ada")
    for number, host in enumerate(("one.example", "two.example", "three.example")):
        stranger = await home.meet(RemoteActor(name=f"p{number}", origin=f"https://{host}"))
        await home.join(ada, stranger)
    text = "one.example\ntwo.example\n"
    async with home.pool.acquire() as db, db.transaction():
        with pytest.raises(Conflict, match="2 of the 3"):
            await domain_lists.imported(db, home.site, text, "x", None, clock.now())
        found = await domain_lists.imported(db, home.site, text, "x", None, clock.now(), is_sure=True)
    assert found.settled.newly_blocked == ("one.example", "two.example")
