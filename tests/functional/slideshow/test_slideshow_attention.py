from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from video_pipeline.errors import BadMedia
from video_pipeline.slideshow.attention import attention_in
from video_pipeline.slideshow.faces import Faces
from video_pipeline.slideshow.manifest import manifest_of
from video_pipeline.slideshow.motion import Box, motion_for
from video_pipeline.slideshow.rendering import planned
from video_pipeline.slideshow.yunet import STRIDES, Found

WIDE = (1920, 1080)
SKIN = ((224, 172, 138), (141, 85, 36), (198, 134, 66), (255, 219, 172), (90, 56, 37))


def _scene(random: np.random.Generator) -> tuple[Image.Image, Box]:
    """A made-up person before a made-up wall, and where the head is."""
    width, height = [(800, 600), (900, 600), (640, 480)][random.integers(3)]
    wall = Image.fromarray(random.integers(60, 200, (3, 4, 3), dtype=np.uint8)).resize((width, height), 3)
    calm = Image.new("RGB", wall.size, tuple(int(each) for each in random.integers(60, 200, 3)))
    grain = Image.fromarray(random.integers(0, 256, (height // 6, width // 6), dtype=np.uint8)).resize(wall.size, 3)
    rough = (np.asarray(grain, float)[..., None] - 128) * random.uniform(0.05, 0.5)
    image = Image.fromarray(np.clip(np.asarray(Image.blend(wall, calm, 0.6)) + rough, 0, 255).astype(np.uint8))
    tall = random.uniform(0.08, 0.16) * height
    x, y = random.uniform(0.15, 0.85) * width, random.uniform(0.06, 0.6) * height
    draw = ImageDraw.Draw(image)
    coat = tuple(int(each) for each in random.integers(0, 256, 3))
    draw.rounded_rectangle((x - tall * 0.9, y + tall * 0.9, x + tall * 0.9, y + tall * 4), tall / 2, fill=coat)
    draw.ellipse((x - tall * 0.42, y - tall * 0.1, x + tall * 0.42, y + tall), fill=SKIN[random.integers(5)])
    draw.pieslice((x - tall * 0.46, y - tall * 0.15, x + tall * 0.46, y + tall * 0.75), 180, 360, fill=(40, 25, 15))
    head = Box(x - tall * 0.45, y - tall * 0.12, tall * 0.9, tall * 1.12)
    return image.filter(ImageFilter.GaussianBlur(1.2)), head


def test_heads_are_hardly_ever_cut_off_and_less_than_by_keeping_the_middle(tmp_path: Path) -> None:
    random = np.random.default_rng(8)
    whole = {"middle": 0, "found": 0}
    for turn in range(100):
        image, head = _scene(random)
        image.save(tmp_path / "a.jpg", quality=90)
        for name, drawing in (("middle", None), ("found", attention_in(tmp_path / "a.jpg"))):
            motion = motion_for(image.size, WIDE, (), 4.0, turn, drawing)
            whole[name] += motion.whole or all(window.holds(head) for window in (motion.start, motion.end))
    assert whole["found"] >= 95
    assert whole["found"] > whole["middle"] + 3


def test_the_same_picture_draws_the_eye_to_the_same_place(tmp_path: Path) -> None:
    _scene(np.random.default_rng(1))[0].save(tmp_path / "a.png")
    found = {attention_in(tmp_path / "a.png").middle(0.5, 0.4) for _ in range(3)}
    assert len(found) == 1


def test_a_picture_with_nothing_in_it_is_seen_from_its_middle(tmp_path: Path) -> None:
    for number, size in enumerate([(640, 480), (16, 3000), (3000, 16)]):
        Image.new("RGB", size, (120, 130, 140)).save(tmp_path / f"{number}.png")
        x, y = attention_in(tmp_path / f"{number}.png").middle(0.3, 0.3)
        assert 0.3 < x < 0.7
        assert 0.3 < y < 0.7


def test_a_damaged_picture_is_found_before_anything_is_made(tmp_path: Path) -> None:
    image, _ = _scene(np.random.default_rng(1))
    image.save(tmp_path / "a.jpg")
    (tmp_path / "a.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:-800])
    with pytest.raises(BadMedia, match="damaged"):
        attention_in(tmp_path / "a.jpg")


class _Corner:
    """Finds one face near the upper left corner, 32 pixels wide and high of the 320 that it is shown."""

    def run(self, picture: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Found:
        sizes = [(picture.shape[0] // stride, picture.shape[1] // stride) for stride in STRIDES]
        made = [(np.zeros(size, np.float32), np.zeros((*size, 4), np.float32)) for size in sizes]
        made[2][0][0, 0] = 0.9
        made[2][1][0, 0] = (1, 1, 0, 0)
        return made


def test_heads_that_are_found_stay_in_sight_where_nothing_is_marked(tmp_path: Path) -> None:
    scene, _ = _scene(np.random.default_rng(3))
    scene.resize((1200, 900)).save(tmp_path / "a.jpg")
    images = [{"file": "a.jpg"}, {"file": "a.jpg", "matters": [{"x": 0.9, "y": 0.9}]}]
    manifest = manifest_of({"images": images})
    plain, found = (planned(manifest, tmp_path, 8.0, faces) for faces in (None, Faces(_Corner())))
    face = Box(16, 16, 32, 32).scaled(1200 / 320, 1200 / 320)
    assert all(found[0].motion.at(share).holds(face) for share in (0.0, 0.5, 1.0))
    assert found[0].motion != plain[0].motion
    assert found[1].motion == plain[1].motion
