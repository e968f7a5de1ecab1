"""Pictures of every kind that strangers send, as bytes."""

from __future__ import annotations

import io
import zlib
from functools import cache
from typing import Any

from PIL import Image


@cache
def picture(size: tuple[int, int] = (320, 240), kind: str = "JPEG", *, mode: str = "RGB", **more: Any) -> bytes:
    """A slope of light, so that no two sizes give the same bytes."""
    slope = Image.linear_gradient("L").resize(size)
    saved = io.BytesIO()
    slope.convert(mode).save(saved, kind, **more)
    return saved.getvalue()


@cache
def animation() -> bytes:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "green", "blue")]
    saved = io.BytesIO()
    frames[0].save(saved, "WEBP", save_all=True, append_images=frames[1:])
    return saved.getvalue()


def corrupt() -> bytes:
    whole = picture((640, 480))
    return whole[: len(whole) // 2]


def promising(width: int, height: int) -> bytes:
    """A header that promises so many pixels, in a few bytes: a bomb."""
    whole = bytearray(picture((16, 16), "PNG"))
    whole[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    whole[29:33] = zlib.crc32(whole[12:29]).to_bytes(4, "big")
    return bytes(whole)


@cache
def vast() -> bytes:
    """42 million pixels of one bit each."""
    saved = io.BytesIO()
    Image.new("1", (7_000, 6_000)).save(saved, "PNG")
    return saved.getvalue()


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
HTML = b"<!doctype html><html><body>Please log in</body></html>"
