"""Slideshows: CPU seconds beside the plain encode of the same frames and beside ffmpeg's zoompan; how steady they are.

    python -m benchmarks.slideshow [--images 3] [--seconds 4]

Each way runs in a process of its own and makes 1080p30, H.264 veryfast crf 23, of the same made-up photographs. The
plain encode is given finished frames from a file, so what it costs is the least that any renderer could. Unsteadiness
is measured before encoding: dots are followed through one picture's frames, and what remains of their path beside a
smooth curve is jitter. ffmpeg is left out where it is not installed.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import wave
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from benchmarks.media import measure
from benchmarks.table import print_table
from video_pipeline.slideshow.folder import images_in
from video_pipeline.slideshow.manifest import Manifest, manifest_of
from video_pipeline.slideshow.rendering import frames, planned

WIDTH, HEIGHT, FPS = 1920, 1080, 30
ZOOMS = {"zoompan": "", "zoompan after 4x": "scale=7680:-1:flags=bicubic,"}
PEAK = 'print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))'
OURS = f"""
import sys
from pathlib import Path
from video_pipeline.slideshow.manifest import read_manifest
from video_pipeline.slideshow.rendering import render
folder = Path(sys.argv[1])
render(read_manifest(folder / "manifest.json"), folder, folder / "ours.mp4")
{PEAK}
"""
PLAIN = f"""
import sys
from pathlib import Path
import numpy as np
from av.video.frame import VideoFrame
from video_pipeline.slideshow.film import film
from video_pipeline.slideshow.sound import sound_frames
folder = Path(sys.argv[1])
sheet = np.empty(({HEIGHT * 3 // 2}, {WIDTH}), np.uint8)
frame = VideoFrame.from_numpy_buffer(sheet, format="yuv420p")
with film(folder / "plain.mp4", ({WIDTH}, {HEIGHT}), {FPS}, "h264", sound_frames(folder / "sound.wav")) as out:
    with open(folder / "frames.yuv", "rb", buffering=0) as raw:
        while raw.readinto(sheet):
            out.add(frame)
{PEAK}
"""


@dataclass(frozen=True)
class Way:
    name: str
    cpu: float
    megabytes: float


def photographs(folder: Path, count: int) -> None:
    """Soft shapes with fine texture, as large as a frame."""
    random = np.random.default_rng(7)
    for number in range(count):
        shapes = Image.fromarray(random.integers(0, 256, (9, 16, 3), dtype=np.uint8)).resize((WIDTH, HEIGHT), 3)
        noise = Image.fromarray(random.integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8))
        texture = np.asarray(noise.filter(ImageFilter.GaussianBlur(1.5)), np.int16)[:, :, None] - 128
        made = np.clip(np.asarray(shapes, np.int16) + texture, 0, 255).astype(np.uint8)
        Image.fromarray(made).save(folder / f"{number:04}.jpg", quality=92)


def silence(target: Path, seconds: float) -> None:
    with wave.open(str(target), "wb") as out:
        out.setparams((2, 2, 48_000, 0, "NONE", ""))
        out.writeframes(bytes(round(seconds * 48_000) * 4))


def prepared(folder: Path, count: int, seconds: float) -> Manifest:
    photographs(folder, count)
    silence(folder / "sound.wav", count * seconds)
    chosen = {"images": images_in(folder), "audio": {"file": "sound.wav"}, "fps": FPS}
    manifest = manifest_of(chosen)
    (folder / "manifest.json").write_text(manifest.model_dump_json())
    return manifest


def written(manifest: Manifest, folder: Path, seconds: float) -> None:
    """The frames themselves, for the plain encode."""
    with (folder / "frames.yuv").open("wb") as raw:
        for frame in frames(planned(manifest, folder, seconds), manifest.frame):
            raw.write(frame.to_ndarray().tobytes())


def zoompan(folder: Path, seconds: float, before: str) -> list[str]:
    length = round(seconds * FPS)
    pan = f"z='1+0.15*mod(on,{length})/{length}':x='iw/2-(iw/zoom/2)':y='ih/2-(ih/zoom/2)'"
    shown = f"{before}zoompan={pan}:d={length}:s={WIDTH}x{HEIGHT}:fps={FPS}"
    pictures = ["-framerate", f"1/{seconds:g}", "-i", str(folder / "%04d.jpg"), "-i", str(folder / "sound.wav")]
    coded = [
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-crf",
        "23",
        "-pix_fmt",
        "yuv420p",
        "-c:a",
        "aac",
        "-b:a",
        "128k",
    ]
    return ["ffmpeg", "-v", "error", *pictures, "-vf", shown, *coded, "-shortest", "-y", str(folder / "zoompan.mp4")]


def compared(folder: Path, count: int, seconds: float) -> None:
    manifest = prepared(folder, count, seconds)
    written(manifest, folder, count * seconds)
    plain = measure([sys.executable, "-c", PLAIN, str(folder)])
    (folder / "frames.yuv").unlink()
    ours = measure([sys.executable, "-c", OURS, str(folder)])
    ways = [Way("plain encode of the same frames", plain.cpu, plain.megabytes), Way("ours", ours.cpu, ours.megabytes)]
    if shutil.which("ffmpeg"):
        for name, before in ZOOMS.items():
            ways.append(Way(f"ffmpeg {name}", measure(zoompan(folder, seconds, before)).cpu, 0.0))
    rows = [
        (way.name, f"{way.cpu:.1f}", f"{way.cpu / plain.cpu:.2f}", f"{way.megabytes:.0f}" if way.megabytes else "-")
        for way in ways
    ]
    title = f"Slideshow: {count} pictures, {count * seconds:g} s, 1080p30"
    print_table(title, ("way", "CPU s", "of the plain encode", "peak MB"), rows)


def dots() -> tuple[Image.Image, list[tuple[float, float]]]:
    """Soft white dots on black, and where they are."""
    places = [(WIDTH * (x + 0.5) / 7, HEIGHT * (y + 0.5) / 4) for x in range(1, 6) for y in range(1, 3)]
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    sky = sum(np.exp(-((columns + 0.5 - x) ** 2 + (rows + 0.5 - y) ** 2) / 50) for x, y in places)
    return Image.fromarray(np.clip(sky * 220, 0, 255).astype(np.uint8)).convert("RGB"), places


def centre(picture: NDArray[np.uint8], near: tuple[float, float], reach: int = 22) -> tuple[float, float]:
    """Of the light round a place."""
    left, top = int(near[0]) - reach, int(near[1]) - reach
    part = picture[top : top + 2 * reach, left : left + 2 * reach].astype(float) - 16
    part[part < 4] = 0
    rows, columns = np.mgrid[top : top + 2 * reach, left : left + 2 * reach]
    return float((columns * part).sum() / part.sum()) + 0.5, float((rows * part).sum() / part.sum()) + 0.5


def followed(pictures: Iterator[NDArray[np.uint8]], first: list[tuple[float, float]]) -> NDArray[np.float64]:
    """The dots' places in every frame: frames x dots x 2."""
    paths, now = [], first
    for picture in pictures:
        now = [centre(picture, place) for place in now]
        paths.append(now)
    return np.array(paths)


def jitter(paths: NDArray[np.float64], degree: int) -> float:
    """RMS of what is left, in pixels, when a polynomial of the time is taken off each path."""
    times = np.linspace(-1, 1, len(paths))
    flat = paths.reshape(len(paths), -1)
    fitted = np.polynomial.chebyshev.chebfit(times, flat, degree)
    return float(np.sqrt(np.mean((flat - np.polynomial.chebyshev.chebval(times, fitted).T) ** 2)))


def steadiness(folder: Path, seconds: float) -> None:
    image, places = dots()
    image.save(folder / "dots.png")
    manifest = manifest_of({"images": [{"file": "dots.png"}], "fps": FPS})
    slides = planned(manifest, folder, seconds)
    first = slides[0].motion.at(0)
    start = [((x - first.x) * WIDTH / first.width, (y - first.y) * HEIGHT / first.height) for x, y in places]
    ours = followed((f.to_ndarray()[:HEIGHT] for f in frames(slides, manifest.frame)), start)
    rows = [("ours", f"{jitter(ours, 14):.4f}")]
    if shutil.which("ffmpeg"):
        rows += [
            (f"ffmpeg {name}", f"{jitter(_zoomed(folder, seconds, before, places), 14):.4f}")
            for name, before in ZOOMS.items()
        ]
    print_table("Unsteadiness before encoding", ("way", "jitter, px RMS"), rows)


def _zoomed(folder: Path, seconds: float, before: str, places: list[tuple[float, float]]) -> NDArray[np.float64]:
    length = round(seconds * FPS)
    pan = f"z='1+0.15*on/{length}':x='iw/2-(iw/zoom/2)':y='ih/2-(ih/zoom/2)'"
    shown = f"{before}zoompan={pan}:d={length}:s={WIDTH}x{HEIGHT}:fps={FPS},format=gray"
    program = ["ffmpeg", "-v", "error", "-i", str(folder / "dots.png"), "-vf", shown, "-f", "rawvideo", "-"]
    with subprocess.Popen(program, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        read: Callable[[], bytes] = lambda: running.stdout.read(WIDTH * HEIGHT)  # noqa: E731
        pictures = (np.frombuffer(data, np.uint8).reshape(HEIGHT, WIDTH) for data in iter(read, b""))
        return followed(pictures, places)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        compared(Path(name), chosen.images, chosen.seconds)
        steadiness(Path(name), chosen.seconds)


if __name__ == "__main__":
    main()
