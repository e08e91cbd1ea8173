"""Making pictures anew from their pixels: nothing else of the file that came is in the files that we keep.

Only `picture_process.py` may run this, in its process with limits: decoders of pictures are where strangers'
bytes have broken servers again and again. What a file is, its first bytes say (only the decoders named here
are asked), never its name. Its size is known, and refused, before a pixel is decoded.

Everything beside the pixels goes: EXIF with its places and serial numbers, XMP, IPTC, comments, colour
profiles (the colours are brought to sRGB first), and whatever is hung on behind the end. Pillow alone does
not do that: it keeps the comment of a JPEG over `convert` and `save`, so pixels are copied into a new image.
"""

import io
import math
import struct
import warnings
from collections.abc import Callable, Iterator

import blurhash  # type: ignore[import-untyped]
from PIL import (
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageOps,
    ImageSequence,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from fediverse_support.core.pictures import (
    LONGEST_SIDE,
    MOST_FRAME_PIXELS,
    MOST_FRAMES,
    MOST_PIXELS,
    Picture,
    Purpose,
    Sized,
)

ORIGINAL_PIXELS = 3840 * 2160
PREVIEW_PIXELS = 640 * 360
ANIMATED_PIXELS = 640 * 640
ALL_FRAMES_PIXELS = 40_000_000
ICON = (400, 400)
HEADER = (1500, 500)
LARGEST_LOSSLESS = 3 * 1024 * 1024
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
"""Several JPEGs in one file (MPO) come in as JPEG too; the first of them counts."""
_ANIMATED = ("GIF", "PNG", "WEBP", "AVIF")
_PLUGINS = (
    AvifImagePlugin, GifImagePlugin, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin,
)  # fmt: skip
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    ArithmeticError,
    IndexError,
    KeyError,
    TypeError,
    EOFError,
    struct.error,
)
"""What decoders raise at broken files."""


class NotTaken(Exception):
    """Why this is no picture that we take: `unknown`, `too large`, `too long` or `broken`."""


def prepare() -> None:
    """Load all that is needed, because afterwards no file can be opened; and let nobody start a thread."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    # So that what is imported or read late has been: each format is written and read once.
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "AVIF"):
        target = io.BytesIO()
        Image.new("RGB", (8, 8)).save(target, kind)
        Image.open(io.BytesIO(target.getvalue()), formats=_FORMATS).load()
    _hash(Image.new("RGB", (8, 8)))
    ImageCms.createProfile("sRGB")


def made(data: bytes, purpose: Purpose) -> Picture:
    """The picture in `data`. Raises `NotTaken`, and `MemoryError` where that ends first."""
    try:
        return _made(data, purpose)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NotTaken("too large") from None
    except _BROKEN:
        raise NotTaken("broken") from None


def _made(data: bytes, purpose: Purpose) -> Picture:
    image = _opened(data)
    frames = getattr(image, "n_frames", 1) if image.format in _ANIMATED else 1
    if frames > 1 and purpose == "post":
        return _animated(image, frames)
    kind = image.format
    if kind in ("JPEG", "MPO"):
        # Decoded smaller at once where only something small is wanted.
        image.draft(image.mode, _within(image.size, ORIGINAL_PIXELS))
    pixels = _upright(image, PREVIEW_PIXELS if purpose == "preview" else ORIGINAL_PIXELS)
    if purpose == "icon" or purpose == "header":
        pixels = _cropped(pixels, ICON if purpose == "icon" else HEADER)
    pixels = _opaque(_bare(pixels))
    original = _profile(pixels) if purpose in ("icon", "header") else _still(pixels, kind)
    small = _shrunk(pixels, PREVIEW_PIXELS)
    return Picture(original, _small(small), _hash(small))


def _opened(data: bytes) -> Image.Image:
    """The file as a picture of which nothing is decoded but its size."""
    try:
        image = Image.open(io.BytesIO(data), formats=_FORMATS)
    except UnidentifiedImageError:
        raise NotTaken("unknown") from None
    width, height = image.size
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise NotTaken("too large")
    return image


def _upright(image: Image.Image, most: int) -> Image.Image:
    """The pixels in sRGB, turned as they are meant to be seen; as early as possible no more than `most`."""
    profile = image.info.get("icc_profile")
    turn = _TURNS.get(image.getexif().get(0x0112, 1))
    pixels = _shrunk(_plain(image, profile), most)
    return pixels.transpose(turn) if turn is not None else pixels


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation, and what brings it upright."""


def _plain(image: Image.Image, profile: bytes | None) -> Image.Image:
    """`image` as RGB or RGBA in sRGB."""
    if image.mode.startswith("I;16"):
        # 16 bits of grey: Pillow would cut them off at 255.
        image = image.point(lambda value: value / 256).convert("L")
    elif image.mode in ("I", "F"):
        image = image.point(lambda value: value / 256 if image.mode == "I" else value).convert("L")
    wanted = "RGBA" if image.has_transparency_data else "RGB"
    if profile and image.mode in ("RGB", "RGBA", "CMYK"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            found = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode=wanted
            )
        except (ImageCms.PyCMSError, *_BROKEN):
            found = None
        if found is not None:
            return found
    return image if image.mode == wanted else image.convert(wanted)


def _bare(image: Image.Image) -> Image.Image:
    """The same pixels in an image that knows nothing else."""
    bare = Image.new(image.mode, image.size)
    bare.paste(image)
    return bare


def _opaque(image: Image.Image) -> Image.Image:
    """`image` without its alpha channel where that says nothing."""
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        return image.convert("RGB")
    return image


def _animated(image: Image.Image, frames: int) -> Picture:
    """A moving picture as WebP; its preview is the first frame."""
    width, height = image.size
    if frames > MOST_FRAMES or frames * width * height > MOST_FRAME_PIXELS:
        raise NotTaken("too long")
    most = min(ANIMATED_PIXELS, ALL_FRAMES_PIXELS // frames)
    durations = list[int]()
    loops = int(image.info.get("loop", 1))
    pictures = list(_frames(image, most, durations))
    target = io.BytesIO()
    pictures[0].save(
        target,
        "WEBP",
        save_all=True,
        append_images=pictures[1:],
        duration=durations,
        loop=loops,
        quality=75,
        method=2,
        minimize_size=False,
    )
    small = _shrunk(_opaque(pictures[0]), PREVIEW_PIXELS)
    size = pictures[0].size
    return Picture(Sized("image/webp", *size, target.getvalue()), _small(small), _hash(small), True)


def _frames(image: Image.Image, most: int, durations: list[int]) -> Iterator[Image.Image]:
    size = None
    for frame in ImageSequence.Iterator(image):
        if frame.width * frame.height > MOST_PIXELS or max(frame.size) > LONGEST_SIDE:
            raise NotTaken("too large")
        durations.append(max(20, min(10_000, int(frame.info.get("duration", 100) or 100))))
        pixels = _bare(frame.convert("RGBA"))
        size = size or _within(pixels.size, most)
        yield pixels if pixels.size == size else pixels.resize(size, Image.Resampling.BILINEAR)


def _cropped(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The middle of `image` in the shape of `size`, and no larger than that."""
    scale = min(1.0, image.width / size[0], image.height / size[1])
    fitting = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    return ImageOps.fit(image, fitting, Image.Resampling.LANCZOS)


def _within(size: tuple[int, int], most: int) -> tuple[int, int]:
    """`size` in its shape with at most `most` pixels."""
    width, height = size
    scale = min(1.0, math.sqrt(most / (width * height)))
    return max(1, int(width * scale)), max(1, int(height * scale))


def _shrunk(image: Image.Image, most: int) -> Image.Image:
    size = _within(image.size, most)
    if size == image.size:
        return image
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _still(image: Image.Image, kind: str | None) -> Sized:
    """As near to what came as it can be: photographs lossy, drawings and screenshots without loss."""
    if kind in ("PNG", "GIF"):
        found = _written(image, "PNG", compress_level=6)
        if len(found.body) <= LARGEST_LOSSLESS:
            return found
    if kind in ("JPEG", "MPO") and image.mode == "RGB":
        return _written(image, "JPEG", quality=88, progressive=True)
    return _written(image, "WEBP", quality=88, method=3)


def _profile(image: Image.Image) -> Sized:
    """What every peer can show beside a name."""
    if image.mode == "RGB":
        return _written(image, "JPEG", quality=88)
    return _written(image, "PNG")


def _small(image: Image.Image) -> Sized:
    if image.mode == "RGB":
        return _written(image, "JPEG", quality=80)
    return _written(image, "WEBP", quality=80)


def _written(image: Image.Image, kind: str, **how: int | bool) -> Sized:
    target = io.BytesIO()
    image.save(target, kind, **how)
    return Sized(f"image/{kind.lower()}", image.width, image.height, target.getvalue())


def _hash(image: Image.Image) -> str:
    """The blurhash: a few letters from which an app paints a blur until the picture has come."""
    tiny = image.convert("RGBA").resize((32, 32), Image.Resampling.BILINEAR, reducing_gap=2.0)
    ground = Image.new("RGBA", tiny.size, (255, 255, 255, 255))
    ground.alpha_composite(tiny)
    flat = list(ground.convert("RGB").tobytes())
    rows = [[flat[at : at + 3] for at in range(y * 96, y * 96 + 96, 3)] for y in range(32)]
    encode: Callable[..., str] = blurhash.encode
    return encode(rows, 4, 3)
