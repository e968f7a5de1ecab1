from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from video_pipeline.errors import BadInput, BadMedia
from video_pipeline.slideshow.folder import images_in
from video_pipeline.slideshow.manifest import Manifest, manifest_of
from video_pipeline.slideshow.rendering import frames, planned, render

Make = Callable[..., Path]
STEADY = 0.01  # pixels, RMS


def _manifest(folder: Path, **more: object) -> Manifest:
    return manifest_of({"images": images_in(folder), "audio": {"file": "sound.wav"}, "height": 120, "fps": 24} | more)


def _streams(path: Path) -> dict[str, tuple[str, float, int]]:
    with av.open(str(path)) as film:
        return {
            each.type: (each.codec_context.name, float((each.duration or 0) * each.time_base), each.frames)
            for each in film.streams
        }


@pytest.mark.parametrize("seconds", [0.5, 3.0, 3.021, 4.9999])
def test_the_film_is_as_long_as_its_sound_to_the_frame(
    tmp_path: Path, sound: Make, photo: Make, seconds: float
) -> None:
    for n in range(3):
        photo(f"{n}.jpg", seed=n)
    sound(seconds)
    made = render(_manifest(tmp_path), tmp_path, tmp_path / "out.mp4")
    streams = _streams(tmp_path / "out.mp4")
    assert abs(streams["video"][1] - seconds) <= 1 / 24
    assert abs(streams["audio"][1] - seconds) <= 1 / 24
    assert streams["video"][2] == made.frames == round(seconds * 24)


def test_the_index_comes_first_and_the_same_manifest_gives_the_same_bytes(
    tmp_path: Path, sound: Make, photo: Make
) -> None:
    photo("wide.jpg")
    photo("tall.jpg", (360, 640), 2)
    sound(2)
    for name in ("one.mp4", "two.mp4"):
        render(_manifest(tmp_path), tmp_path, tmp_path / name)
    content = (tmp_path / "one.mp4").read_bytes()
    assert content == (tmp_path / "two.mp4").read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")


@pytest.mark.parametrize(("codec", "shape", "size"), [("hevc", "9:16", (120, 214)), ("av1", "1:1", (120, 120))])
def test_other_codecs_and_shapes_play(
    tmp_path: Path, sound: Make, photo: Make, codec: str, shape: str, size: tuple[int, int]
) -> None:
    photo("a.png")
    sound(1)
    render(_manifest(tmp_path, codec=codec, shape=shape), tmp_path, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as film:
        shown = list(film.decode(video=0))
    assert len(shown) == 24
    assert (shown[0].width, shown[0].height) == size


def test_a_failed_render_leaves_what_was_there(tmp_path: Path, sound: Make, photo: Make) -> None:
    photo("a.jpg")
    broken = photo("b.jpg", seed=2)
    broken.write_bytes(broken.read_bytes()[:-700])
    sound(2)
    (tmp_path / "out.mp4").write_bytes(b"before")
    with pytest.raises(BadMedia, match=r"b\.jpg"):
        render(_manifest(tmp_path), tmp_path, tmp_path / "out.mp4")
    assert (tmp_path / "out.mp4").read_bytes() == b"before"
    assert not list(tmp_path.glob(".*"))


def test_inputs_that_are_not_what_was_meant_are_named(tmp_path: Path, sound: Make, photo: Make) -> None:
    photo("a.jpg")
    sound(1)
    manifest = _manifest(tmp_path)
    for wrong, code in (
        (lambda: photo("a.jpg", seed=9), "input_changed"),
        ((tmp_path / "a.jpg").unlink, "input_missing"),
    ):
        wrong()
        with pytest.raises(BadInput) as refused:
            render(manifest, tmp_path, tmp_path / "out.mp4")
        assert refused.value.code == code
    with pytest.raises(BadInput) as refused:
        images_in(tmp_path)
    assert refused.value.code == "no_images"


def test_a_picture_may_not_lead_out_of_the_folder(tmp_path: Path, sound: Make, photo: Make) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "a.jpg").symlink_to(photo("a.jpg"))
    with pytest.raises(BadInput) as refused:
        render(_manifest(inner), inner, tmp_path / "out.mp4", sound=sound(1))
    assert refused.value.code == "input_outside"


def test_sound_that_is_none_is_refused(tmp_path: Path, photo: Make, sound: Make) -> None:
    photo("a.jpg")
    for name, content, code in (("sound.wav", b"RIFF", "media_damaged"), ("sound.wav", b"", "media_empty")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadMedia) as refused:
            render(_manifest(tmp_path), tmp_path, tmp_path / "out.mp4")
        assert refused.value.code == code
    sound(0.01)
    with pytest.raises(BadMedia, match="tenth of a second"):
        render(_manifest(tmp_path), tmp_path, tmp_path / "out.mp4")


def _dots(path: Path, size: tuple[int, int]) -> list[tuple[float, float]]:
    """Soft dots on black, and where they are."""
    places = [(size[0] * x, size[1] * y) for x in (0.35, 0.5, 0.65) for y in (0.4, 0.6)]
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]]
    light = sum(np.exp(-((columns + 0.5 - x) ** 2 + (rows + 0.5 - y) ** 2) / 60) for x, y in places)
    Image.fromarray(np.clip(light * 220, 0, 255).astype(np.uint8)).save(path)
    return places


def _centre(picture: NDArray[np.uint8], near: tuple[float, float], reach: int = 24) -> tuple[float, float]:
    left, top = int(near[0]) - reach, int(near[1]) - reach
    light = picture[top : top + 2 * reach, left : left + 2 * reach].astype(float) - 16
    rows, columns = np.mgrid[top : top + 2 * reach, left : left + 2 * reach]
    return float((columns * light).sum() / light.sum()) + 0.5, float((rows * light).sum() / light.sum()) + 0.5


@pytest.mark.parametrize("size", [(1600, 900), (1280, 720)])
def test_motion_is_smooth_to_a_hundredth_of_a_pixel(tmp_path: Path, size: tuple[int, int]) -> None:
    """Dots are followed through the frames, and lie where the motion says that they are."""
    places = _dots(tmp_path / "dots.png", size)
    manifest = manifest_of({"images": [{"file": "dots.png"}], "height": 720, "fps": 24})
    [slide] = planned(manifest, tmp_path, 4.0)
    off: list[tuple[float, float]] = []
    for number, frame in enumerate(frames([slide], manifest.frame)):
        window = slide.motion.at(slide.slot.share(number))
        picture = frame.to_ndarray()[: manifest.frame[1]]
        for x, y in places:
            due = (x - window.x) * manifest.frame[0] / window.width, (y - window.y) * manifest.frame[1] / window.height
            seen = _centre(picture, due)
            off.append((seen[0] - due[0], seen[1] - due[1]))
    assert len(off) == 96 * len(places)
    assert np.std(np.array(off), axis=0).max() < STEADY
    assert np.abs(np.mean(off, axis=0)).max() < 0.02


@pytest.mark.parametrize("size", [(1600, 900), (1100, 619)])
def test_colour_stays_where_light_is(tmp_path: Path, size: tuple[int, int]) -> None:
    """Red dots: their colour is found where the motion says, with H.264's places of colour samples."""
    places = _dots(tmp_path / "dots.png", size)
    light = Image.open(tmp_path / "dots.png")
    Image.merge("RGB", (light, Image.new("L", light.size), Image.new("L", light.size))).save(tmp_path / "dots.png")
    manifest = manifest_of({"images": [{"file": "dots.png"}], "height": 720, "fps": 24})
    width, height = manifest.frame
    [slide] = planned(manifest, tmp_path, 4.0)
    off: list[tuple[float, float]] = []
    for number, frame in enumerate(frames([slide], manifest.frame)):
        window = slide.motion.at(slide.slot.share(number))
        red = frame.to_ndarray()[height * 5 // 4 :].reshape(height // 2, width // 2) - np.uint8(128 - 16)
        for x, y in places:
            due = (x - window.x) * width / window.width, (y - window.y) * height / window.height
            seen = _centre(red, ((due[0] + 0.5) / 2, due[1] / 2), reach=14)
            off.append((seen[0] * 2 - 0.5 - due[0], seen[1] * 2 - due[1]))
    assert np.abs(np.mean(off, axis=0)).max() < 0.05
    assert np.std(np.array(off), axis=0).max() < 0.05


@pytest.mark.parametrize(("shape", "height"), [("9:16", 120), ("16:9", 120), ("9:16", 480), ("16:9", 122)])
def test_grey_stays_grey_up_to_the_edge_in_frames_of_any_even_size(tmp_path: Path, shape: str, height: int) -> None:
    Image.new("RGB", (300, 200), (200, 200, 200)).save(tmp_path / "a.png")
    manifest = manifest_of({"images": [{"file": "a.png"}], "shape": shape, "height": height, "fps": 24})
    [shown, *_] = (frame.to_ndarray(format="rgb24") for frame in frames(planned(manifest, tmp_path, 1), manifest.frame))
    assert shown.shape[:2] == manifest.frame[::-1]
    assert np.ptp(shown.astype(int), axis=2).max() <= 2


_PEAK = """
import resource, sys
from pathlib import Path
from video_pipeline.slideshow.manifest import manifest_of
from video_pipeline.slideshow.rendering import frames, planned
folder, count = Path(sys.argv[1]), int(sys.argv[2])
manifest = manifest_of({"images": [{"file": "a.jpg"}] * count, "height": 480, "fps": 24})
assert sum(1 for _ in frames(planned(manifest, folder, count / 8), manifest.frame)) == count * 3
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


_SEEN = """
import sys
from pathlib import Path
if sys.argv[2] == "without":
    sys.modules["cykooz_resizer"] = None
from video_pipeline.slideshow.manifest import manifest_of
from video_pipeline.slideshow.rendering import frames, planned
manifest = manifest_of({"images": [{"file": "a.jpg"}], "height": 240, "fps": 24})
for frame in frames(planned(manifest, Path(sys.argv[1]), 1.0), manifest.frame):
    sys.stdout.buffer.write(frame.to_ndarray().tobytes())
"""


def test_without_the_quick_reader_the_film_looks_the_same(tmp_path: Path, photo: Make) -> None:
    photo("a.jpg")
    quick, slow = (
        subprocess.run([sys.executable, "-c", _SEEN, str(tmp_path), way], check=True, stdout=subprocess.PIPE).stdout
        for way in ("with", "without")
    )
    assert len(quick) == len(slow) == 24 * 426 * 240 * 3 // 2
    off = np.frombuffer(quick, np.uint8).astype(int) - np.frombuffer(slow, np.uint8)
    assert np.abs(off).max() <= 3


@pytest.mark.skipif(sys.platform != "linux", reason="other systems count peaks in other units")
def test_memory_does_not_grow_with_the_number_of_pictures(tmp_path: Path, photo: Make) -> None:
    """Of the whole process, since most of it is held by libraries. Kept, the pictures would be 170 MiB more."""
    photo("a.jpg")

    def peak(count: int) -> float:
        done = subprocess.run(
            [sys.executable, "-c", _PEAK, str(tmp_path), str(count)], check=True, stdout=subprocess.PIPE, text=True
        )
        return int(done.stdout) / 1024

    assert peak(200) - peak(20) < 30


def test_slides_change_softly_and_the_next_takes_over(tmp_path: Path) -> None:
    for n, colour in enumerate(("black", "white")):
        Image.new("RGB", (320, 180), colour).save(tmp_path / f"{n}.png")
    manifest = manifest_of({"images": images_in(tmp_path), "height": 120, "fps": 24, "crossfade": 1})
    light = [int(frame.to_ndarray()[60, 100]) for frame in frames(planned(manifest, tmp_path, 4), manifest.frame)]
    assert light[:36] == [16] * 36
    assert light[60:] == [235] * 36
    assert light == sorted(light)
    assert max(after - before for before, after in pairwise(light)) < 20
