"""Pictures as we keep them: the bounds of what we take in, and what is made of it."""

from typing import Literal

import msgspec

Purpose = Literal["post", "icon", "header", "preview"]
"""What a picture is for: beside a post, for a profile, or in place of the small one that we would make."""
Variant = Literal["original", "preview"]
VARIANTS: tuple[Variant, ...] = ("original", "preview")

LARGEST_FILE = 16 * 1024 * 1024
"""Bytes of a picture that somebody here sends (what Mastodon takes, so that apps shrink to it)."""
LARGEST_REMOTE_FILE = 40 * 1024 * 1024
MOST_PIXELS = 24_000_000
LONGEST_SIDE = 8_000
MOST_FRAMES = 500
MOST_FRAME_PIXELS = 150_000_000
"""Pixels of all frames of an animation together."""

TAKEN = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/avif")
"""What we read; what it is, its first bytes say. Kept is what `EXTENSIONS` names."""
EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


class Sized(msgspec.Struct, frozen=True):
    """One file: its type, its pixels and its bytes."""

    media_type: str
    width: int
    height: int
    body: bytes


class Picture(msgspec.Struct, frozen=True):
    """A picture, made anew from its pixels alone, and a small one of it that never moves."""

    original: Sized
    preview: Sized
    blurhash: str
    is_animated: bool = False
