"""Pictures by app: uploaded, made anew, put into posts, seen by whom the post is for, and gone with it."""

import io
from datetime import timedelta

import httpx
import pytest
from PIL import Image

from fediverse_support.community.pictures import media
from fediverse_support.community.pictures.media_keeping import MediaKeeper
from fediverse_support.community.posts import removals
from fediverse_support.core import clock
from fediverse_support.core.errors import Malformed
from fediverse_support.core.identifiers import new_id, new_public_id
from fediverse_support.core.models import Post
from fediverse_support.database import media as stored
from fediverse_support.database import posts
from fediverse_support.database.pool import acquire
from fediverse_support.network.media_files import SHELVES


def jpeg(width: int = 320, height: int = 200, **how) -> bytes:
    target = io.BytesIO()
    Image.radial_gradient("L").resize((width, height)).convert("RGB").save(target, "JPEG", **how)
    return target.getvalue()


async def upload(app, body: bytes, version: int = 1, name: str = "a.jpg", **fields) -> httpx.Response:
    return await app.call("POST", f"/api/v{version}/media", files={"file": (name, body)}, data=fields)


@pytest.fixture
def keeper(world) -> MediaKeeper:
    return MediaKeeper(world.pool, world.services.pictures, lambda: world.policy)


def files(world) -> list[str]:
    return sorted(
        path.name
        for shelf in SHELVES
        for path in (world.settings.data_path / shelf).rglob("*")
        if path.is_file()
    )


async def posted(world, account, media_ids, reach="open", group=None) -> Post:
    """A personal post with pictures."""
    number, public_id, now = new_id(), new_public_id(), clock.now()
    async with acquire(world.pool) as db, db.transaction():
        post = Post(
            id=number,
            uri=world.site.post(public_id),
            public_id=public_id,
            author_id=account.actor_id,
            root_id=number,
            group_id=group,
            content_html="<p>Look</p>",
            reach=reach,
            attachments=await media.attach(db, world.site, account.actor_id, media_ids),
            published_at=now,
            received_at=now,
            active_at=now,
        )
        await posts.insert(db, post)
    return post


async def test_a_picture_is_uploaded_described_and_had_only_with_proof(world, api, ada, ben) -> None:
    app, other, anyone = await api(ada), await api(ben), world.browser()
    made = (await upload(app, jpeg(), description=" a lamp ", focus="0.5,-0.25")).json()
    assert made["type"] == "image"
    assert made["description"] == "a lamp"
    assert made["id"].isdigit()
    assert made["meta"]["original"] == {"width": 320, "height": 200, "size": "320x200", "aspect": 1.6}
    assert made["meta"]["focus"] == {"x": 0.5, "y": -0.25}
    assert len(made["blurhash"]) > 6
    assert made["remote_url"] is None

    bare = made["url"].partition("?")[0]
    assert bare.startswith(f"{world.site.origin}/media/")
    assert bare.endswith("/original.jpg")
    for refused in (
        bare,
        made["url"][:-1] + "x",
        made["url"].replace("until=", "until=9"),
        bare + "?until=&proof=",
    ):
        assert (await anyone.get(refused)).status_code == 404
    shown = await anyone.get(made["url"])
    assert shown.status_code == 200
    assert shown.headers["content-type"] == "image/jpeg"
    assert "sandbox" in shown.headers["content-security-policy"]
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["access-control-allow-origin"] == "*"
    assert shown.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "no-store" in shown.headers["cache-control"]
    part = await anyone.get(made["url"], range="bytes=0-9")
    assert part.status_code == 206
    assert part.content == shown.content[:10]
    assert (await anyone.get(made["preview_url"])).status_code == 200

    at = f"/api/v1/media/{made['id']}"
    assert (await app.get(at))["id"] == made["id"]
    for method in ("GET", "PUT", "DELETE"):
        await other.refused(404, method, at)
    changed = (await app.call("PUT", at, json={"description": "two lamps"})).json()
    assert changed["description"] == "two lamps"
    assert changed["meta"]["focus"]["x"] == 0.5
    small = {"thumbnail": ("b.jpg", jpeg(64, 64))}
    changed = (await app.call("PUT", at, files=small)).json()
    assert changed["meta"]["small"]["size"] == "64x64"
    assert changed["description"] == "two lamps"
    assert Image.open(io.BytesIO((await anyone.get(changed["preview_url"])).content)).size == (64, 64)
    assert "1500" in await app.refused(422, "PUT", at, json={"description": "x" * 1501})
    assert (await app.call("DELETE", at)).json() == {}
    assert (await anyone.get(made["url"])).status_code == 404
    await app.refused(404, "GET", at)


async def test_what_is_no_picture_is_refused_and_leaves_nothing(world, api, ada, keeper) -> None:
    app = await api(ada)
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    bomb = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(bomb, "PNG")
    for body in (
        b"",
        svg,
        b"<!doctype html><script>1</script>",
        b"GIF89a<script>",
        jpeg()[:900],
        b"%PDF-1.7",
    ):
        await app.refused(422, "POST", "/api/v1/media", files={"file": ("a.jpg", body, "image/jpeg")})
    await app.refused(422, "POST", "/api/v2/media", files={"file": ("a.png", bomb.getvalue())})
    await app.refused(422, "POST", "/api/v2/media", json={})
    await app.refused(413, "POST", "/api/v2/media", files={"file": ("a.jpg", b"x" * (17 << 20))})
    await (await api(ada, ("read",))).refused(403, "POST", "/api/v1/media", files={"file": ("a", jpeg())})
    await (await api()).refused(401, "POST", "/api/v2/media", files={"file": ("a", jpeg())})
    await keeper.round(clock.now())
    assert files(world) == []


async def test_where_there_is_much_to_do_a_worker_makes_it(world, api, ada, keeper) -> None:
    app, pictures = await api(ada), world.services.pictures
    async with pictures._hands, pictures._hands:
        answer = await upload(app, jpeg(), version=2)
    waiting = answer.json()
    assert answer.status_code == 202
    assert waiting["url"] is None
    assert waiting["id"]
    at = f"/api/v1/media/{waiting['id']}"
    assert (await app.call("GET", at)).status_code == 206
    async with acquire(world.pool) as db:
        with pytest.raises(Malformed, match="not finished processing"):
            await media.attach(db, world.site, ada.actor_id, [int(waiting["id"])])
    await keeper.round(clock.now())
    ready = await app.call("GET", at)
    assert ready.status_code == 200
    assert ready.json()["url"]
    assert not [name for name in files(world) if name.endswith(".raw")]
    assert (await upload(app, jpeg(), version=2)).status_code == 200


async def test_a_worker_leaves_alone_what_is_in_other_hands_until_they_are_late(world, ada, keeper) -> None:
    pictures, now = world.services.pictures, clock.now()
    async with acquire(world.pool) as db:
        taken = await media.take(db, pictures, ada.actor_id, jpeg(), media.Description(), now)
    await keeper.round(now)
    async with acquire(world.pool) as db:
        assert (await stored.by_id(db, taken.id)).state == "waiting"
    await keeper.round(now + media.LEASE + timedelta(seconds=1))
    async with acquire(world.pool) as db:
        assert (await stored.by_id(db, taken.id)).state == "ready"


async def test_only_ones_own_loose_pictures_can_be_attached(world, api, ada, ben) -> None:
    mine, theirs = await api(ada), await api(ben)
    first = int((await upload(mine, jpeg())).json()["id"])
    second = int((await upload(theirs, jpeg())).json()["id"])
    post = await posted(world, ada, [first])
    for wanted in ([second], [first], [first, 5], [1, 2, 3, 4, 5]):
        async with acquire(world.pool) as db:
            with pytest.raises(Malformed):
                await media.attach(db, world.site, ada.actor_id, wanted)
    async with acquire(world.pool) as db:
        again = await media.attach(db, world.site, ada.actor_id, [first], post.id)
        assert again == post.attachments
    await mine.refused(404, "PUT", f"/api/v1/media/{first}", json={"description": "later"})
    await mine.refused(422, "DELETE", f"/api/v1/media/{first}")


async def test_pictures_are_seen_by_whom_the_post_is_for_and_go_with_it(world, api, ada, ben, keeper) -> None:
    app = await api(ada)
    anyone, author, other = world.browser(), await world.signed_in(ada), await world.signed_in(ben)
    addresses = {}
    for reach in ("open", "quiet", "followers", "direct"):
        number = int((await upload(app, jpeg())).json()["id"])
        post = await posted(world, ada, [number], reach)
        addresses[reach] = (post, post.attachments[0]["url"])
    for reach, (post, url) in addresses.items():
        is_public = reach in ("open", "quiet")
        expected = 200 if is_public else 404
        assert (await anyone.get(url)).status_code == expected, reach
        assert (await other.get(url)).status_code == expected, reach
        own = await author.get(url)
        assert own.status_code == 200
        assert ("access-control-allow-origin" in own.headers) == is_public
        assert ("no-store" in own.headers["cache-control"]) != is_public
        entity = (await app.get(f"/api/v1/statuses/{post.id}"))["media_attachments"][0]
        assert ("proof=" in entity["url"]) != is_public
        assert (await anyone.get(entity["url"])).status_code == 200
        assert post.attachments[0]["secret"] not in str(entity)
    tag = (await anyone.get(addresses["open"][1])).headers["etag"]
    assert (await anyone.get(addresses["open"][1], **{"if-none-match": tag})).status_code == 304

    post, url = addresses["open"]
    async with acquire(world.pool) as db:
        await posts.set_state(db, post.id, "held", None)
    assert (await anyone.get(url)).status_code == 404
    assert (await author.get(url)).status_code == 200
    for post, url in addresses.values():
        async with acquire(world.pool) as db, db.transaction():
            await removals.erase(db, post)
        assert (await author.get(url)).status_code == 404
    assert len(files(world)) == 8
    await keeper.clear_away()
    assert files(world) == []


async def test_an_edit_takes_away_what_it_leaves_out(world, api, ada, keeper) -> None:
    app = await api(ada)
    ids = [int((await upload(app, jpeg())).json()["id"]) for _ in range(2)]
    post = await posted(world, ada, ids)
    async with acquire(world.pool) as db, db.transaction():
        await media.describe(db, ada.actor_id, ids[1], media.Description("a lamp"))
        kept = await media.attach(db, world.site, ada.actor_id, ids[1:], post.id)
        await db.execute("update posts set attachments = $2 where id = $1", post.id, list(kept))
    assert kept[0]["alt"] == "a lamp"
    anyone = world.browser()
    gone, stays = (item["url"] for item in post.attachments)
    assert (await anyone.get(gone)).status_code == 404
    assert (await anyone.get(stays)).status_code == 200
    await keeper.clear_away()
    assert len(files(world)) == 2


async def test_what_nobody_used_for_a_day_is_purged(world, api, ada, keeper) -> None:
    app = await api(ada)
    made = (await upload(app, jpeg())).json()
    await posted(world, ada, [int((await upload(app, jpeg())).json()["id"])])
    await keeper.tidy(clock.now() + timedelta(hours=23))
    assert (await world.browser().get(made["url"])).status_code == 200
    await keeper.tidy(clock.now() + timedelta(hours=25))
    assert (await world.browser().get(made["url"])).status_code == 404
    assert len(files(world)) == 2
    stray = world.settings.data_path / "media" / "ab" / f"{'ab' * 16}.original"
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"x")
    await keeper.sweep(clock.now())
    assert stray.exists()
    await keeper.sweep(clock.now() + timedelta(hours=25))
    assert not stray.exists()
    assert len(files(world)) == 2


async def test_an_app_posts_edits_deletes_and_posts_again_with_pictures(world, api, ada, ben, keeper) -> None:
    app, reader = await api(ada), await api(ben)
    ids = [(await upload(app, jpeg(), version=2)).json()["id"] for _ in range(2)]
    made = await app.post("/api/v1/statuses", {"status": "", "media_ids": ids, "visibility": "public"})
    assert [one["id"] for one in made["media_attachments"]] == ids
    gone, stays = (one["url"] for one in made["media_attachments"])
    at = f"/api/v1/statuses/{made['id']}"
    words = [{"id": ids[1], "description": "A lamp", "focus": "0,0.5"}]
    edit = {"status": "Look", "media_ids": ids[1:], "media_attributes": words}
    edited = (await app.call("PUT", at, json=edit)).json()
    assert [(one["id"], one["description"]) for one in edited["media_attachments"]] == [(ids[1], "A lamp")]
    history = await reader.get(f"{at}/history")
    assert [len(version["media_attachments"]) for version in history] == [1, 1]
    anyone = world.browser()
    assert (await anyone.get(gone)).status_code == 404
    assert (await anyone.get(stays)).status_code == 200
    deleted = (await app.call("DELETE", at)).json()
    assert [one["id"] for one in deleted["media_attachments"]] == ids[1:]
    assert (await anyone.get(stays)).status_code == 404
    again = await app.post("/api/v1/statuses", {"status": "Look here", "media_ids": ids[1:]})
    assert again["media_attachments"][0]["description"] == "A lamp"
    await app.call("DELETE", f"/api/v1/statuses/{again['id']}", json={"delete_media": True})
    await keeper.clear_away()
    assert files(world) == []
    third = (await upload(app, jpeg())).json()["id"]
    post = await app.post("/api/v1/statuses", {"status": "One more", "media_ids": [third]})
    await app.call("DELETE", f"/api/v1/statuses/{post['id']}")
    await keeper.tidy(clock.now() + timedelta(minutes=61))
    assert files(world) == []
