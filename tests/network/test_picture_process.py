"""Pictures are made anew in a process with limits: only pixels come through, and nothing breaks us."""

import asyncio
import io
import re
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from fediverse_support.core.errors import Malformed, TooLarge
from fediverse_support.core.pictures import MOST_PIXELS
from fediverse_support.network.picture_making import NotTaken, made
from fediverse_support.network.picture_process import developed

SECRETS = (
    b"Exif",
    b"GPS",
    b"quokka",
    b"http://ns.adobe.com",
    b"xmpmeta",
    b"ICC_PROFILE",
    b"iCCP",
    b"Photoshop",
)


def photograph(width: int = 320, height: int = 200, mode: str = "RGB") -> Image.Image:
    return Image.radial_gradient("L").resize((width, height)).convert(mode)


def written(image: Image.Image, kind: str, **how) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **how)
    return target.getvalue()


def tell_tale() -> dict[str, object]:
    """All that a camera and an editor write beside the pixels."""
    exif = Image.Exif()
    exif[0x010F] = "quokka"
    exif[0x0112] = 6
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[1], gps[2], gps[3], gps[4] = "N", (52.0, 31.0, 12.0), "E", (13.0, 24.0, 18.0)
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><quokka/></x:xmpmeta>"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return {"exif": exif, "xmp": xmp, "icc_profile": profile}


def segments(body: bytes) -> set[int]:
    """The markers of a JPEG up to its pixels."""
    found, at = set(), 2
    while body[at] == 0xFF and body[at + 1] != 0xDA:
        found.add(body[at + 1])
        at += 2 + struct.unpack(">H", body[at + 2 : at + 4])[0]
    return found


def chunks(body: bytes) -> set[bytes]:
    """The chunks of a PNG, or of a WebP."""
    is_png, found = body.startswith(b"\x89PNG"), set()
    at = 8 if is_png else 12
    while at < len(body):
        size = struct.unpack(
            ">I" if is_png else "<I", body[at : at + 4] if is_png else body[at + 4 : at + 8]
        )[0]
        found.add(body[at + 4 : at + 8] if is_png else body[at : at + 4])
        at += 12 + size if is_png else 8 + size + size % 2
    return found


async def test_nothing_but_pixels_comes_through() -> None:
    told = tell_tale()
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "quokka")
    text.add_text("Long", "quokka" * 50, zip=True)
    zipped = b"PK\x03\x04quokka.html<script>quokka</script>"
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0b\x1c\x02\x78\0\x06quokka"
    jpeg = written(photograph(), "JPEG", comment=b"quokka", **told)
    jpeg = jpeg[:2] + b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc + jpeg[2:] + zipped
    gif = written(photograph().convert("P"), "GIF", comment=b"quokka")
    moving = [photograph().rotate(turn) for turn in (0, 90, 180)]
    files = {
        "jpeg": jpeg,
        "png": written(photograph(), "PNG", pnginfo=text, **told) + zipped,
        "png, half transparent": written(photograph(mode="LA"), "PNG", pnginfo=text, exif=told["exif"]),
        "webp": written(photograph(), "WEBP", **told),
        "avif": written(photograph(), "AVIF", **told),
        "gif": gif,
        "moving gif": written(
            moving[0], "GIF", save_all=True, append_images=moving[1:], duration=80, loop=0, comment=b"quokka"
        ),
        "moving webp": written(moving[0], "WEBP", save_all=True, append_images=moving[1:], **told),
    }
    for kind, body in files.items():
        assert kind == "gif" or b"quokka" in body or b"Exif" in body
        found = await developed(body, "post")
        assert found.is_animated == kind.startswith("moving"), kind
        for file in (found.original, found.preview):
            for secret in SECRETS:
                assert secret not in file.body, f"{kind}: {secret!r}"
            image = Image.open(io.BytesIO(file.body))
            image.load()
            assert not image.getexif()
            assert not set(image.info) & {"exif", "xmp", "icc_profile", "comment", "photoshop"}, kind
            assert image.size == (file.width, file.height)
            assert image.get_format_mimetype() == file.media_type
            if file.media_type == "image/jpeg":
                assert segments(file.body) <= {0xE0, 0xDB, 0xC0, 0xC2, 0xC4}, kind
            else:
                # The palettes and the transparency of PNG; for WebP the frames and the flags that say so.
                assert chunks(file.body) <= {
                    b"IHDR", b"IDAT", b"IEND", b"PLTE", b"tRNS",
                    b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF",
                }, kind  # fmt: skip
        is_turned = kind in ("jpeg", "png", "webp", "avif", "png, half transparent")
        assert (found.original.width, found.original.height) == ((200, 320) if is_turned else (320, 200)), (
            kind
        )
        assert not getattr(Image.open(io.BytesIO(found.preview.body)), "is_animated", False)
        assert re.fullmatch(r"[!-~]{28}", found.blurhash)


async def test_the_same_colours_come_out_upright() -> None:
    image = Image.new("RGB", (40, 20), (200, 30, 30))
    image.paste((30, 30, 200), (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 3
    turned = await developed(written(image, "PNG", exif=exif), "post")
    found = Image.open(io.BytesIO(turned.original.body)).convert("RGB")
    assert found.getpixel((5, 10)) == (200, 30, 30)
    assert found.getpixel((35, 10)) == (30, 30, 200)
    grey = await developed(written(Image.new("I;16", (9, 9), 128 * 256), "PNG"), "post")
    assert Image.open(io.BytesIO(grey.original.body)).convert("RGB").getpixel((4, 4)) == (128, 128, 128)
    inks = await developed(written(Image.new("CMYK", (9, 9), (0, 255, 255, 0)), "JPEG"), "post")
    red, green, blue = Image.open(io.BytesIO(inks.original.body)).getpixel((4, 4))
    assert (red > 200, green < 60, blue < 60) == (True, True, True)


async def test_sizes_are_those_of_the_purpose() -> None:
    wide = written(photograph(1800, 600), "JPEG")
    icon, header, small = [await developed(wide, purpose) for purpose in ("icon", "header", "preview")]
    assert (icon.original.width, icon.original.height) == (400, 400)
    assert (header.original.width, header.original.height) == (1500, 500)
    assert small.original.width * small.original.height <= 640 * 360
    tiny = await developed(written(photograph(30, 90, "RGBA"), "PNG"), "icon")
    assert (tiny.original.width, tiny.original.height) == (30, 30)
    big = await developed(written(photograph(4000, 3000), "JPEG"), "post")
    assert big.original.width * big.original.height <= 3840 * 2160
    assert big.original.width / big.original.height == pytest.approx(4 / 3, rel=0.01)
    thin = await developed(written(Image.new("1", (1, 8000)), "PNG"), "post")
    assert (thin.preview.width, thin.preview.height) == (1, 8000)


def bomb_of(width: int, height: int) -> bytes:
    """A PNG that says it is large and has nothing in it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


async def test_bombs_and_what_only_looks_like_a_picture_are_refused(monkeypatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", MOST_PIXELS)
    jpeg = written(photograph(), "JPEG")
    frames = [Image.new("1", (20, 20), n % 2) for n in range(501)]
    too_large = {
        "17.6 kB of 144 million pixels": written(Image.new("1", (12_000, 12_000)), "PNG"),
        "just too long a side": written(Image.new("1", (8_001, 1)), "PNG"),
        "just too many pixels": bomb_of(6_001, 4_000),
        "as large as a header can say": bomb_of(2**31 - 1, 2**31 - 1),
        "too many frames": written(frames[0], "GIF", save_all=True, append_images=frames[1:], optimize=False),
    }
    malformed = {
        "nothing": b"",
        "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "html": b"<!doctype html><script>alert(1)</script>",
        "html after a magic number": b"GIF89a<script>alert(1)</script>",
        "html in a JPEG's clothes": b"\xff\xd8\xff\xe0<html><script>alert(1)</script>",
        "an archive": b"PK\x03\x04" + b"\0" * 60,
        "a pdf": b"%PDF-1.7",
        "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "TIFF": written(photograph(), "TIFF"),
        "BMP": written(photograph(), "BMP"),
        "ICO": written(photograph(32, 32), "ICO"),
        "half of a JPEG": jpeg[: len(jpeg) // 2],
        "half of a GIF": written(photograph().convert("P"), "GIF")[:2000],
        "nothing after a WebP's name": b"RIFF\x40\0\0\0WEBPVP8X" + b"\0" * 60,
    }
    broken = {
        "half of a JPEG", "half of a GIF", "html in a JPEG's clothes", "nothing after a WebP's name",
    }  # fmt: skip
    assert {name: refused(body) for name, body in malformed.items()} == {
        name: "broken" if name in broken else "unknown" for name in malformed
    }
    assert {name: refused(body) for name, body in too_large.items()} == {
        name: "too long" if name == "too many frames" else "too large" for name in too_large
    }
    for body, kind in (
        (malformed["svg"], Malformed),
        (malformed["half of a JPEG"], Malformed),
        (too_large["17.6 kB of 144 million pixels"], TooLarge),
        (_with_text_bomb(), (Malformed, TooLarge)),
    ):
        with pytest.raises(kind):
            await developed(body, "post")


def refused(body: bytes) -> str:
    """Why this is refused, told in this process: starting one for each would take a minute."""
    with pytest.raises(NotTaken) as why:
        made(body, "post")
    return str(why.value)


def _with_text_bomb() -> bytes:
    """A chunk that inflates to 300 MB."""
    packed = zlib.compress(b"\0" * 300_000_000, 9)
    data = b"Comment\0\0" + packed
    chunk = struct.pack(">I", len(data)) + b"zTXt" + data + struct.pack(">I", zlib.crc32(b"zTXt" + data))
    whole = written(photograph(), "PNG")
    return whole[:33] + chunk + whole[33:]


async def test_a_decoder_that_does_not_end_is_killed_and_nobody_is_left() -> None:
    with pytest.raises(TooLarge):
        await developed(written(photograph(), "JPEG"), "post", seconds=0.01)
    assert [task for task in asyncio.all_tasks() if "communicate" in repr(task)] == []


def test_the_process_has_no_files_and_no_network() -> None:
    """What a decoder could do that somebody has taken over: our limits are set, and then it tries."""
    script = """
import socket, os
from fediverse_support.network import picture_process, picture_making
picture_making.prepare()
picture_process._give_up_rights()
for attempt in (
    lambda: open("/etc/hostname"),
    lambda: open("out", "wb"),
    lambda: socket.create_connection(("127.0.0.1", 9)),
    lambda: socket.socket(socket.AF_UNIX),
    lambda: os.pipe(),
    lambda: bytearray(600 << 20),
):
    try:
        attempt()
    except (OSError, MemoryError):
        continue
    raise SystemExit(9)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        timeout=60,
        check=False,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode()
