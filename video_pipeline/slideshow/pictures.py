"""Opens pictures from strangers: upright, in sRGB, without what is no photograph."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from video_pipeline.errors import BadMedia

logger = logging.getLogger(__name__)

MAX_SIDE: Final = 16_384
MAX_PIXELS: Final = 100_000_000  # 300 MB while it is opened
_MAX_BYTES: Final = 64 * 1024**2
_MIN_SIDE: Final = 16
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "AVIF")
_ACCEPTED: Final = "Send JPEG, PNG, WebP or AVIF."
_SIGNATURES: Final = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF")
_SRGB: Final = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_ORIENTATION: Final = 0x0112


def size_of(path: Path) -> tuple[int, int]:
    """Width and height as it is looked at, from its header. BadMedia says what is wrong with it."""
    with _opened(path) as image:
        try:
            # Of some kinds it takes the whole picture to know which side is up.
            turned = image.getexif().get(_ORIENTATION, 1) in range(5, 9)
        except (OSError, SyntaxError, ValueError) as error:
            raise _damaged(path) from error
        return image.size[::-1] if turned else image.size


def photograph(path: Path, least: tuple[int, int]) -> Image.Image:
    """RGB, upright; a JPEG is read no larger than it takes to be at least as large as `least`. BadMedia as above."""
    with _opened(path) as image:
        needed = max(least)
        image.draft("RGB", (needed, needed))
        try:
            image.load()
            upright = ImageOps.exif_transpose(image)
        except (OSError, SyntaxError, ValueError, MemoryError) as error:
            raise _damaged(path) from error
        return _in_srgb(upright, path.name)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    if path.stat().st_size > _MAX_BYTES:
        raise BadMedia("image_too_large", f"{path.name} has more than {_MAX_BYTES // 1024**2} MiB.", hint="Shrink it.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limits here are our own
            image = Image.open(path, formats=_FORMATS)
    except UnidentifiedImageError as error:
        raise _no_picture(path) from error
    except Image.DecompressionBombError as error:
        raise BadMedia("image_too_large", f"{path.name} has too many pixels.", hint="Shrink it.") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise _damaged(path) from error
    with image:
        _check_shape(image, path.name)
        yield image


def _check_shape(image: Image.Image, name: str) -> None:
    width, height = image.size
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        said = f"{name} is {width} x {height} pixels; {MAX_SIDE} a side and {MAX_PIXELS // 10**6} million are the most."
        raise BadMedia("image_too_large", said, hint="Shrink it.")
    if min(width, height) < _MIN_SIDE:
        said = f"{name} is {width} x {height} pixels, which is nothing to look at."
        raise BadMedia("image_too_small", said, hint=f"At least {_MIN_SIDE} pixels each way.")
    if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:  # JPEG with a second view, as phones make it
        raise BadMedia("image_animated", f"{name} is an animation.", hint="Send one of its frames.")


def _no_picture(path: Path) -> BadMedia:
    with path.open("rb") as file:
        head = file.read(512)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not head:
        return BadMedia("image_empty", f"{path.name} is empty.", hint="Send it again.")
    if head.startswith(_SIGNATURES):
        return _damaged(path)
    if text.startswith((b"<svg", b"<?xml")):
        return BadMedia("not_an_image", f"{path.name} is a drawing (SVG).", hint=_ACCEPTED)
    if text.startswith(b"<"):
        return BadMedia("not_an_image", f"{path.name} is a web page.", hint="Its address may have led to an error.")
    if head.startswith(b"GIF8"):
        return BadMedia("not_an_image", f"{path.name} is a GIF.", hint=_ACCEPTED)
    return BadMedia("not_an_image", f"{path.name} is no picture of a known kind.", hint=_ACCEPTED)


def _damaged(path: Path) -> BadMedia:
    return BadMedia("image_damaged", f"{path.name} is damaged: it can't be read to its end.", hint="Send it again.")


def _in_srgb(image: Image.Image, name: str) -> Image.Image:
    """Colours as they were meant; what shines through stands on black."""
    if image.mode.startswith(("I", "F")):  # 16 bits of grey
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image.convert("RGBA"))
    profile = image.info.get("icc_profile")
    if profile and image.mode in {"RGB", "CMYK", "L"}:
        try:
            ours = ImageCms.profileToProfile(
                image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), _SRGB, outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            logger.info("a colour profile was left out", extra={"image": name}, exc_info=True)
        else:
            return ours if ours is not None else image
    return image.convert("RGB")
