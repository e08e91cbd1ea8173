"""Pictures of others, as our readers see them; and ours, as other servers get them."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from PIL import ExifTags, Image

from fediverse_support.community.pictures import media
from fediverse_support.community.pictures.media_keeping import MediaKeeper
from fediverse_support.community.posts import post_activities
from fediverse_support.core import clock
from fediverse_support.core.models import GUEST
from fediverse_support.database import actors, posts
from fediverse_support.database import media as stored
from fediverse_support.database.pool import acquire
from fediverse_support.network.media_files import COPIES
from fediverse_support.protocol import media_addresses
from tests.support.home import TEST_NETWORK, Home, at_home
from tests.support.remote import Answer, RemoteServer


def photograph() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "quokka"
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[1], gps[2] = "N", (52.0, 31.0, 12.0)
    target = io.BytesIO()
    Image.radial_gradient("L").resize((300, 200)).convert("RGB").save(target, "JPEG", exif=exif)
    return target.getvalue()


PHOTOGRAPH = photograph()


@pytest.fixture
async def home(database_url: str, tmp_path) -> AsyncIterator[Home]:
    async with at_home(TEST_NETWORK, database_url, str(tmp_path / "data")) as found:
        yield found


@pytest.fixture
async def peer() -> AsyncIterator[RemoteServer]:
    async with RemoteServer() as server:
        # What a server says of a file does not count: its first bytes do.
        server.rules["/a.jpg"] = Answer(200, PHOTOGRAPH, {"content-type": "text/html"})
        server.rules["/b.jpg"] = Answer(200, b"<svg onload='alert(1)'/>", {"content-type": "image/jpeg"})
        yield server


@pytest.fixture
def keeper(home: Home) -> MediaKeeper:
    return MediaKeeper(home.pool, home.foundation.pictures, home.foundation.policies.current)


def images(server: RemoteServer, name: str = "/a.jpg") -> int:
    return server.fetched.count(name)


def copies(home: Home) -> int:
    return len([path for path in (home.foundation.settings.data_path / COPIES).rglob("*") if path.is_file()])


async def pictured(home: Home, peer: RemoteServer, *names: str, group_name: str = "sober", **more):
    """A post from elsewhere with these pictures in an open group, and who wrote it."""
    group, rosa = await home.group(group_name), peer.actor(f"rosa_{group_name}")
    await home.meet(rosa)
    attachment = [
        {"type": "Image", "mediaType": "image/jpeg", "url": f"{peer.origin}{name}", "name": "A lamp",
         "focalPoint": [0.5, -0.5], "blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj", "width": 300, "height": 200}
        for name in names
    ]  # fmt: skip
    more = {name: value for name, value in more.items() if value is not None}
    note = rosa.note(group.actor.uri, attachment=attachment, **more)
    await home.deliver(rosa, rosa.create(note))
    await home.process()
    return await home.post_by_uri(note["id"]), rosa, note


async def test_a_picture_from_elsewhere_is_copied_when_somebody_looks_and_goes_with_its_post(
    home, peer, keeper
) -> None:
    post, rosa, note = await pictured(home, peer, "/a.jpg", "/b.jpg")
    first, second = post.attachments
    assert images(peer) == 0
    assert (first["focus"], first["blurhash"], first["alt"]) == (
        [0.5, -0.5], "LEHV6nWB2yk8pyo0adR*.7kCMdnj", "A lamp",
    )  # fmt: skip
    at = media_addresses.of_item(home.site, first, "original", None)
    answers = await asyncio.gather(
        *(
            home.client.get(at, headers={"cookie": "a=b", "referer": "http://x", "user-agent": "me"})
            for _ in "123"
        )
    )
    assert [answer.status_code for answer in answers] == [200] * 3
    assert images(peer) == 1
    asked = next(asked for asked in peer.asked if asked.target == "/a.jpg")
    assert not {"cookie", "referer", "x-forwarded-for"} & set(asked.headers)
    assert "me" not in asked.headers["user-agent"].split()
    shown = answers[0]
    assert shown.headers["content-type"] == "image/jpeg"
    assert "sandbox" in shown.headers["content-security-policy"]
    assert b"quokka" not in shown.content
    assert not Image.open(io.BytesIO(shown.content)).getexif()
    assert (await home.client.get(at.replace("original", "preview"))).status_code == 200
    assert (images(peer), copies(home)) == (1, 2)

    disguised = media_addresses.of_item(home.site, second, "original", None)
    for _ in range(2):
        assert (await home.client.get(disguised)).status_code == 404
    assert images(peer, "/b.jpg") == 1

    await keeper.tidy(clock.now() + timedelta(days=8))
    assert copies(home) == 0
    assert (await home.client.get(at)).status_code == 200
    assert images(peer) == 2
    # A file that is lost, as after a restore, is fetched again.
    for path in (home.foundation.settings.data_path / COPIES).rglob("*.original"):
        path.unlink()
    assert (await home.client.get(at)).status_code == 200

    edited = note | {"updated": "2099-01-01T00:00:00Z", "attachment": note["attachment"][:1]}
    await home.deliver(rosa, rosa.activity("Update", edited, to=note["to"], cc=note["cc"]))
    await home.process()
    again = await home.post_by_uri(note["id"])
    assert list(again.attachments) == [first]
    assert (await home.client.get(disguised)).status_code == 404
    await home.deliver(rosa, rosa.activity("Delete", {"id": note["id"], "type": "Tombstone"}, to=note["to"]))
    await home.process()
    assert (await home.client.get(at)).status_code == 404
    await keeper.clear_away()
    assert copies(home) == 0


async def test_a_page_shows_pictures_from_here_with_their_words_and_folds_what_is_sensitive(
    home, peer
) -> None:
    film = {"type": "Video", "mediaType": "video/mp4", "url": f"{peer.origin}/film.mp4", "name": "A film"}
    for number, (sensitive, warned) in enumerate(((False, None), (True, None), (True, "lamps"))):
        how = {"sensitive": sensitive, "summary": warned, "group_name": f"group_{number}"}
        post, rosa, note = await pictured(home, peer, "/a.jpg", **how)
        edited = note | {"updated": "2099-01-01T00:00:00Z", "attachment": [*note["attachment"], film]}
        await home.deliver(rosa, rosa.activity("Update", edited, to=note["to"], cc=note["cc"]))
        await home.process()
        page = (await home.get(f"/posts/{post.public_id}", accept="text/html")).text
        name = post.attachments[0]["public_id"]
        assert f'<img src="/media/{name}/preview" alt="A lamp" width="300" height="200"' in page
        assert f'src="{peer.origin}' not in page
        assert f'href="{peer.origin}/film.mp4"' in page
        assert ("Pictures that not everybody wants to see" in page) == (sensitive and warned is None)
        assert page.count("<details") >= sensitive
        shown = await home.client.get(f"/media/{name}/preview")
        assert shown.status_code == 200
    assert images(peer, "/film.mp4") == 0


async def test_policy_says_from_where_pictures_are_taken(home, peer, keeper) -> None:
    post, _, _ = await pictured(home, peer, "/a.jpg")
    at = media_addresses.of_item(home.site, post.attachments[0], "original", None)
    assert (await home.client.get(at)).status_code == 200
    await home.set_level("peer.localhost", "no-media")
    assert (await home.client.get(at)).status_code == 404
    assert copies(home) == 2
    await keeper.tidy(clock.now())
    assert copies(home) == 0
    await home.set_level("peer.localhost", "default")
    assert (await home.client.get(at)).status_code == 200


async def test_a_face_from_elsewhere_is_copied_and_only_that(home, peer) -> None:
    rosa = peer.actor("rosa", icon={"type": "Image", "url": f"{peer.origin}/a.jpg"})
    await home.meet(rosa)
    async with acquire(home.pool) as db:
        await db.execute("update actors set icon_url = $1 where uri = $2", f"{peer.origin}/a.jpg", rosa.uri)
        known = await actors.by_uri(db, rosa.uri)
        ada = await home.member("ada")
    at = media.address_on_profile(home.site, known, "icon")
    for _ in range(2):
        shown = await home.client.get(at)
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
        assert Image.open(io.BytesIO(shown.content)).size == (200, 200)
    assert images(peer) == 1
    assert media.address_on_profile(home.site, known, "header") is None
    for wrong in (f"/media/profiles/{known.id}/header-0", f"/media/profiles/{ada.id}/icon-0",
                  "/media/profiles/x/icon", f"/media/profiles/{'9' * 30}/icon", "/media/x/original",
                  f"/media/{'a' * 32}/original", "/media/..%2f..%2fsecret.key/original",
                  f"/media/{post_id()}/raw"):  # fmt: skip
        assert (await home.client.get(wrong)).status_code == 404, wrong
    async with acquire(home.pool) as db:
        await db.execute("update actors set icon_url = null where uri = $1", rosa.uri)
        assert await db.fetchval("select count(*) from media") == 0


def post_id() -> str:
    return "0" * 32


async def own_picture(home: Home, owner_id: int) -> stored.Media:
    async with acquire(home.pool) as db:
        taken = await media.take(
            db, home.foundation.pictures, owner_id, PHOTOGRAPH, media.Description("A lamp"), clock.now()
        )
    made = await media.develop(home.pool, home.foundation.pictures, taken, clock.now())
    assert made.state == "ready"
    return made


async def test_other_servers_get_our_pictures_as_far_as_the_post_goes(home) -> None:
    ada = await home.member("ada")
    for name, answers, opens in (("owls", {}, True), ("circle", {"reach": "members"}, False)):
        group = await home.group(name, **answers)
        await home.join(ada, group.actor)
        made = await own_picture(home, ada.id)
        post = await home.write(ada, group.actor, "Look.")
        async with acquire(home.pool) as db, db.transaction():
            items = await media.attach(db, home.site, ada.id, [made.id])
            await db.execute("update posts set attachments = $2 where id = $1", post.id, list(items))
            now_with = await posts.by_id(db, post.id)
            document = await post_activities.render(db, home.site, now_with, ada, group.actor, None)
        sent = document["attachment"][0]
        assert (sent["type"], sent["mediaType"], sent["name"]) == ("Document", "image/jpeg", "A lamp")
        assert (sent["width"], sent["height"], len(sent["blurhash"])) == (300, 200, 28)
        assert made.secret not in str(document)
        assert "secret" not in str(document)
        assert ("proof=" in sent["url"]) != opens
        assert (await home.client.get(sent["url"])).status_code == 200
        bare = await home.client.get(sent["url"].partition("?")[0])
        assert bare.status_code == (200 if opens else 404)
        # It was for all, and is for members now: what everybody has the address of, opens no more.
        async with acquire(home.pool) as db:
            await posts.narrow_group(db, group.actor.id, "members")
        assert (await home.client.get(sent["url"].partition("?")[0])).status_code == 404


async def test_proofs_end_within_ten_minutes_and_are_for_one_picture() -> None:
    one, other, secret, now = "a" * 32, "b" * 32, "c" * 32, clock.now()
    asked = media_addresses.proven("u", one, secret, now).partition("?")[2]
    until, proof = (part.partition("=")[2] for part in asked.split("&"))
    assert media_addresses.is_proven(one, secret, until, proof, now)
    assert media_addresses.is_proven(one, secret, until, proof, now + timedelta(minutes=4, seconds=59))
    assert not media_addresses.is_proven(one, secret, until, proof, now + timedelta(minutes=10))
    assert not media_addresses.is_proven(other, secret, until, proof, now)
    assert not media_addresses.is_proven(one, "d" * 32, until, proof, now)
    later = str(int(until) + 3600)
    assert not media_addresses.is_proven(one, secret, later, proof, now)
    far = media_addresses.proven("u", one, secret, now + timedelta(days=1)).partition("proof=")[2]
    tomorrow = str((int((now + timedelta(days=1)).timestamp()) // 300 + 2) * 300)
    assert not media_addresses.is_proven(one, secret, tomorrow, far, now)
    for bad in ("", "-1", "9" * 30, "١٢", "1e9"):
        assert not media_addresses.is_proven(one, secret, bad, proof, now)


async def test_a_picture_on_a_profile_takes_the_place_of_the_one_before(home, keeper) -> None:
    ada, pictures = await home.member("ada"), home.foundation.pictures
    seen = []
    for body in (PHOTOGRAPH, PHOTOGRAPH, None):
        picture = await pictures.developed(body, "icon") if body else None
        async with acquire(home.pool) as db, db.transaction():
            url = await media.set_picture(
                db, home.site, pictures, ada.id, "icon", picture, "Ada, laughing", clock.now()
            )
            ada = await actors.by_id(db, ada.id)
        assert (ada.icon_url, ada.icon_alt) == (url, "Ada, laughing" if url else "")
        if url:
            seen.append(url)
            shown = await home.client.get(url)
            assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert [(await home.client.get(url)).status_code for url in seen] == [404, 404]
    await keeper.clear_away()
    assert [
        path for path in (home.foundation.settings.data_path / "media").rglob("*") if path.is_file()
    ] == []
    async with acquire(home.pool) as db:
        assert await stored.shown_to(db, GUEST, "0" * 32) is None
