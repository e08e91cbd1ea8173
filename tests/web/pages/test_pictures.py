"""The page where one adds pictures to one's own post, says what they show, and takes them away."""

import io

from PIL import ExifTags, Image

from fediverse_support.core.models import Account
from fediverse_support.database import posts
from fediverse_support.database.pool import acquire


def photograph() -> bytes:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[1] = "quokka"
    target = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").save(target, "JPEG", exif=exif)
    return target.getvalue()


async def add(browser, at: str, body: bytes, **fields: str):
    """Fill in the form with a file, as a browser does."""
    await browser.get(at)
    found = next(values for form, values in browser.forms() if form["action"] == f"{at}/add")
    token = {"csrf_token": found["csrf_token"]}
    browser.page = await browser.client.post(
        f"{at}/add",
        data=token | fields,
        files={"picture": ("DCIM0001 at home.jpg", body, "image/jpeg")},
        headers={"sec-fetch-site": "same-origin", "origin": "null"},
    )
    return browser.page


async def test_pictures_are_added_described_and_taken_away(
    world, village, ada: Account, ben: Account
) -> None:
    group = await village.group("owls", seeing="members", reach="members")
    for account in (ada, ben):
        await village.joins_by_hand(account, group)
    post = await village.writes(ada, group.actor, "Look at this. #lamps", content_warning="bright")
    at = f"/posts/{post.public_id}/pictures"
    author, other, guest = await world.signed_in(ada), await world.signed_in(ben), world.browser()
    for browser, expected in ((other, 404), (guest, 303)):
        assert (await browser.get(at)).status_code == expected
    assert at in (await author.get(f"/posts/{post.public_id}")).text
    assert at not in (await other.get(f"/posts/{post.public_id}")).text

    for body, status in ((b"", 400), (b"<svg onload='alert(1)'/>", 400), (b"x" * (17 << 20), 413)):
        assert (await add(author, at, body, alt="what I wrote")).status_code == status
    sneaked = await other.client.post(
        f"{at}/add",
        data={},
        files={"picture": ("a", photograph())},
        headers={"sec-fetch-site": "same-origin"},
    )
    assert sneaked.status_code in (403, 404)
    across = await author.client.post(
        f"{at}/add", data={}, files={"picture": ("a", photograph())}, headers={"sec-fetch-site": "cross-site"}
    )
    assert across.status_code == 403
    for number in range(4):
        assert (await add(author, at, photograph(), alt=f"Lamp {number}")).status_code == 303
    async with acquire(world.pool) as db:
        now_with = await posts.by_id(db, post.id)
    assert [item["alt"] for item in now_with.attachments] == [f"Lamp {number}" for number in range(4)]
    assert (now_with.source, now_with.content_warning, tuple(now_with.tags)) == (
        post.source,
        post.content_warning,
        post.tags,
    )
    assert "at most 4" in (await author.get(at)).text
    assert "/add" not in author.page.text
    assert "home.jpg" not in str(now_with.attachments)

    name = now_with.attachments[0]["public_id"]
    page = (await other.get(f"/posts/{post.public_id}")).text
    assert f'src="/media/{name}/preview" alt="Lamp 0"' in page
    shown = await other.get(f"/media/{name}/original")
    assert shown.status_code == 200
    assert b"quokka" not in shown.content
    assert (await guest.get(f"/media/{name}/original")).status_code == 404

    ids = [item["media_id"] for item in now_with.attachments]
    await author.get(at)
    fields = {f"alt_{ids[1]}": "A moss-green lamp", f"remove_{ids[0]}": "1"}
    assert (await author.submit(at, **fields, **{f"remove_{one}": "" for one in ids[1:]})).status_code == 303
    page = (await other.get(f"/posts/{post.public_id}")).text
    assert name not in page
    assert 'alt="A moss-green lamp"' in page
    assert 'alt="Lamp 3"' in page
    assert (await author.get(f"/media/{name}/original")).status_code == 404
