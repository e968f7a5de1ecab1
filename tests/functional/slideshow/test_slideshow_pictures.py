from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from video_pipeline.errors import BadMedia
from video_pipeline.slideshow.pictures import photograph, size_of

Photo = Callable[..., Path]


def _refused(path: Path) -> BadMedia:
    with pytest.raises(BadMedia) as refused:
        photograph(path, (64, 64))
    return refused.value


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"", "image_empty", "is empty"),
        (b"<!DOCTYPE html><html>404", "not_an_image", "web page"),
        (b"\xef\xbb\xbf <svg xmlns='http://www.w3.org/2000/svg'/>", "not_an_image", "SVG"),
        (b"<?xml version='1.0'?><svg/>", "not_an_image", "SVG"),
        (b"GIF89a" + bytes(20), "not_an_image", "GIF"),
        (b"%PDF-1.7", "not_an_image", "no picture of a known kind"),
        (b"\xff\xd8\xff\xe0" + bytes(40), "image_damaged", "damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "image_damaged", "damaged"),
    ],
)
def test_what_is_no_photograph_is_refused_with_its_kind(tmp_path: Path, content: bytes, code: str, said: str) -> None:
    (tmp_path / "x.jpg").write_bytes(content)
    refusal = _refused(tmp_path / "x.jpg")
    assert refusal.code == code
    assert said in refusal.message
    assert "x.jpg" in refusal.message


def test_a_jpeg_that_ends_early_is_damaged(photo: Photo) -> None:
    path = photo("cut.jpg")
    path.write_bytes(path.read_bytes()[:-900])
    assert _refused(path).code == "image_damaged"


def test_a_png_that_ends_early_is_damaged_for_whoever_only_asks_its_size(photo: Photo) -> None:
    path = photo("cut.png")
    path.write_bytes(path.read_bytes()[:-900])
    with pytest.raises(BadMedia, match="damaged"):
        size_of(path)


def test_absurd_sizes_are_refused_by_their_header(tmp_path: Path, photo: Photo) -> None:
    assert _refused(photo("dot.png", (1, 1))).code == "image_too_small"
    assert _refused(photo("wide.jpg", (20_000, 100))).code == "image_too_large"
    Image.new("1", (12_000, 9_000)).save(tmp_path / "bomb.png")
    assert _refused(tmp_path / "bomb.png").code == "image_too_large"


def test_an_animation_is_refused(tmp_path: Path) -> None:
    shots = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    shots[0].save(tmp_path / "dance.webp", save_all=True, append_images=shots[1:])
    assert _refused(tmp_path / "dance.webp").code == "image_animated"


@pytest.mark.parametrize(
    ("mode", "name"), [("CMYK", "a.jpg"), ("L", "a.jpg"), ("P", "a.png"), ("1", "a.png"), ("LA", "a.png")]
)
def test_every_kind_of_colour_becomes_rgb(photo: Photo, mode: str, name: str) -> None:
    made = photograph(photo(name, mode=mode), (640, 360))
    assert (made.mode, made.size) == ("RGB", (640, 360))


def test_sixteen_bits_of_grey_keep_their_brightness(tmp_path: Path) -> None:
    Image.fromarray(np.full((40, 40), 0x8000, np.uint16)).save(tmp_path / "deep.png")
    assert photograph(tmp_path / "deep.png", (40, 40)).getpixel((9, 9)) == (128, 128, 128)


def test_what_shines_through_stands_on_black(tmp_path: Path) -> None:
    Image.new("RGBA", (40, 40), (255, 255, 255, 0)).save(tmp_path / "glass.png")
    assert photograph(tmp_path / "glass.png", (40, 40)).getpixel((9, 9)) == (0, 0, 0)


def test_a_turned_photograph_stands_upright(tmp_path: Path) -> None:
    image = Image.new("RGB", (80, 40), "blue")
    image.paste("red", (0, 0, 20, 40))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    made = photograph(tmp_path / "turned.jpg", (40, 80))
    assert size_of(tmp_path / "turned.jpg") == made.size == (40, 80)
    assert made.getpixel((20, 4))[0] > 200
    assert made.getpixel((20, 70))[2] > 200


def test_a_colour_profile_is_obeyed_and_a_broken_one_ignored(tmp_path: Path) -> None:
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = plain.replace(b"rXYZ", b"....").replace(b"bXYZ", b"rXYZ").replace(b"....", b"bXYZ")
    for name, profile in (("swapped.png", swapped), ("broken.png", b"nonsense")):
        Image.new("RGB", (40, 40), (200, 100, 50)).save(tmp_path / name, icc_profile=profile)
    assert photograph(tmp_path / "broken.png", (40, 40)).getpixel((5, 5)) == (200, 100, 50)
    red, _, blue = photograph(tmp_path / "swapped.png", (40, 40)).getpixel((5, 5))
    assert blue > 150 > 100 > red
