"""Slideshows beside the plain encode of the same frames, ffmpeg's zoompan and MoviePy: cost, steadiness, memory.

    python -m benchmarks.slideshow [--images 10] [--seconds 4] [--rounds 1]

Each way runs in a process of its own and makes 1080p30, H.264 veryfast crf 23 with AAC, of the same made-up
photographs. The plain encode is given finished frames from a file, so what it costs is the least that any renderer
could: once with the settings of that preset, as the others have them, and once with ours. MoviePy makes two pictures'
time, and what it costs beyond its start is multiplied. What is not installed is left out: ffmpeg, and MoviePy in
`.venv-moviepy` (`make bench` makes it; VIDEO_PIPELINE_MOVIEPY names another Python).
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from benchmarks import steadiness
from benchmarks.spending import Spent, spent_by
from benchmarks.table import print_table
from video_pipeline.slideshow.folder import images_in
from video_pipeline.slideshow.manifest import Manifest, manifest_of
from video_pipeline.slideshow.rendering import frames, planned

WIDTH, HEIGHT, FPS = 1920, 1080, 30
ZOOMS = {"ffmpeg zoompan": "", "ffmpeg zoompan after 4x": "scale=7680:-1:flags=bicubic,"}
PRESET, SAME = "plain encode of the same frames, veryfast", "plain encode, our settings"
HERE = Path(__file__).parent
MOVIEPY = Path(os.environ.get("VIDEO_PIPELINE_MOVIEPY", HERE.parent / ".venv-moviepy" / "bin" / "python"))
PEER = str(HERE / "moviepy_peer.py")
MOVIEPY_PICTURES = 2  # it takes seconds for each second
OURS = """
import sys
from pathlib import Path
from video_pipeline.slideshow.manifest import read_manifest
from video_pipeline.slideshow.rendering import render
folder = Path(sys.argv[1])
render(read_manifest(folder / sys.argv[2]), folder, folder / "ours.mp4")
"""
PLAIN = f"""
import sys
from pathlib import Path
import numpy as np
from av.video.frame import VideoFrame
from video_pipeline.slideshow.film import ENCODERS, film
from video_pipeline.slideshow.sound import sound_frames
folder = Path(sys.argv[1])
if sys.argv[2] == "preset":
    ENCODERS["h264"][1].pop("x264-params")
sheet = np.empty(({HEIGHT * 3 // 2}, {WIDTH}), np.uint8)
frame = VideoFrame.from_numpy_buffer(sheet, format="yuv420p")
with film(folder / "plain.mp4", ({WIDTH}, {HEIGHT}), {FPS}, "h264", sound_frames(folder / "sound.wav")) as out:
    with open(folder / "frames.yuv", "rb", buffering=0) as raw:
        while raw.readinto(sheet):
            out.add(frame)
"""


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
    manifest = manifest_of({"images": images_in(folder), "audio": {"file": "sound.wav"}, "fps": FPS})
    (folder / "manifest.json").write_text(manifest.model_dump_json())
    return manifest


def written(manifest: Manifest, folder: Path, seconds: float) -> None:
    """The frames themselves, for the plain encode."""
    with (folder / "frames.yuv").open("wb") as raw:
        for frame in frames(planned(manifest, folder, seconds), manifest.frame):
            raw.write(frame.to_ndarray().tobytes())


def zoompan(pictures: Sequence[str], seconds: float, before: str, output: Sequence[str]) -> list[str]:
    length = round(seconds * FPS)
    pan = f"z='1+0.15*mod(on,{length})/{length}':x='iw/2-(iw/zoom/2)':y='ih/2-(ih/zoom/2)'"
    shown = f"{before}zoompan={pan}:d={length}:s={WIDTH}x{HEIGHT}:fps={FPS}"
    return ["ffmpeg", "-v", "error", *pictures, "-vf", shown, *output]


def zoomed(folder: Path, seconds: float, before: str) -> list[str]:
    pictures = ["-framerate", f"1/{seconds:g}", "-i", str(folder / "%04d.jpg"), "-i", str(folder / "sound.wav")]
    coded = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p"]
    heard = ["-c:a", "aac", "-b:a", "128k", "-shortest", "-y", str(folder / "zoompan.mp4")]
    return zoompan(pictures, seconds, before, [*coded, *heard])


def moviepy(folder: Path, count: int, seconds: float) -> Spent:
    part = min(count, MOVIEPY_PICTURES)
    made = spent_by([str(MOVIEPY), PEER, "film", str(folder), str(part), str(seconds)])
    start = spent_by([str(MOVIEPY), "-c", "import moviepy"])
    times = count / part
    cpu, real = (made.cpu - start.cpu) * times + start.cpu, (made.real - start.real) * times + start.real
    return Spent(cpu, real, made.peak)


def costs(folder: Path, count: int, seconds: float) -> Iterator[tuple[str, Spent]]:
    manifest = prepared(folder, count, seconds)
    written(manifest, folder, count * seconds)
    yield PRESET, spent_by([sys.executable, "-c", PLAIN, str(folder), "preset"])
    yield SAME, spent_by([sys.executable, "-c", PLAIN, str(folder), "ours"])
    (folder / "frames.yuv").unlink()
    yield "ours", spent_by([sys.executable, "-c", OURS, str(folder), "manifest.json"])
    if shutil.which("ffmpeg"):
        for name, before in ZOOMS.items():
            yield name, spent_by(zoomed(folder, seconds, before))
    if MOVIEPY.exists():
        yield "MoviePy", moviepy(folder, count, seconds)


def jitters(folder: Path, seconds: float) -> Iterator[tuple[str, float]]:
    picture = folder / "dots.png"
    places = steadiness.dots(picture)
    yield "ours", steadiness.ours(picture, seconds, places)
    if shutil.which("ffmpeg"):
        for name, before in ZOOMS.items():
            output = ["-pix_fmt", "gray", "-f", "rawvideo", "-"]
            yield name, steadiness.of_program(zoompan(["-i", str(picture)], seconds, before, output), places)
    if MOVIEPY.exists():
        yield "MoviePy", steadiness.of_program([str(MOVIEPY), PEER, "light", str(picture), str(seconds)], places)


def compared(folder: Path, count: int, seconds: float, rounds: int) -> None:
    """Of several rounds the one counts that took least, since other work on a machine only ever adds."""
    spent: dict[str, Spent] = {}
    for _ in range(rounds):
        for name, now in costs(folder, count, seconds):
            spent[name] = min(now, spent.get(name, now), key=lambda each: each.cpu)
    shaking = dict(jitters(folder, seconds))
    plain = spent[PRESET].cpu
    rows = [
        (
            name,
            f"{each.cpu:.1f}",
            f"{each.cpu / plain:.2f}",
            f"{each.real:.1f}",
            f"{each.peak:.0f}",
            f"{shaking[name]:.3f}" if name in shaking else "-",
        )
        for name, each in spent.items()
    ]
    head = ("way", "CPU s", "of the plain encode", "real s", "peak MiB", "jitter px")
    print_table(f"Slideshow: {count} pictures, {count * seconds:g} s, 1080p30", head, rows)
    print(f"  ours of the plain encode with our settings: {spent['ours'].cpu / spent[SAME].cpu:.2f}")
    if "MoviePy" in spent:
        print(f"  MoviePy of ours: {spent['MoviePy'].cpu / spent['ours'].cpu:.1f}")
    print(f"  load of the machine over the last 5 minutes: {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores")


def crowds(folder: Path) -> None:
    """Short slides of the same pictures, so that only their number differs."""
    seen = images_in(folder)
    rows = []
    for count in (10, 300):
        silence(folder / "sound.wav", count * 0.1)
        images = [seen[n % len(seen)] for n in range(count)]
        manifest = manifest_of({"images": images, "audio": {"file": "sound.wav"}, "fps": FPS, "crossfade": 0})
        (folder / "crowd.json").write_text(manifest.model_dump_json())
        peak = spent_by([sys.executable, "-c", OURS, str(folder), "crowd.json"]).peak
        rows.append((str(count), f"{count * 0.1:g}", f"{peak:.0f}"))
    print_table("Memory, 1080p", ("pictures", "seconds", "peak MiB"), rows)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=1)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        compared(Path(name), chosen.images, chosen.seconds, chosen.rounds)
        crowds(Path(name))


if __name__ == "__main__":
    main()
