"""How steadily a picture moves: dots are followed through the frames before encoding.

What remains of their paths beside a smooth curve of the time is jitter, in pixels, root of the mean square.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from video_pipeline.slideshow.manifest import manifest_of
from video_pipeline.slideshow.rendering import frames, planned

SIZE, FPS = (1920, 1080), 30
_DEGREE = 14  # follows any eased motion, and nothing that happens from frame to frame
Places = Sequence[tuple[float, float]]


def dots(target: Path) -> Places:
    """A picture of soft white dots on black, and where they are."""
    width, height = SIZE
    places = [(width * (x + 0.5) / 7, height * (y + 0.5) / 4) for x in range(1, 6) for y in range(1, 3)]
    rows, columns = np.mgrid[0:height, 0:width]
    sky = sum(np.exp(-((columns + 0.5 - x) ** 2 + (rows + 0.5 - y) ** 2) / 50) for x, y in places)
    Image.fromarray(np.clip(sky * 220, 0, 255).astype(np.uint8)).convert("RGB").save(target)
    return places


def ours(picture: Path, seconds: float, places: Places) -> float:
    manifest = manifest_of({"images": [{"file": picture.name}], "fps": FPS})
    slides = planned(manifest, picture.parent, seconds)
    first = slides[0].motion.at(0)
    start = [((x - first.x) * SIZE[0] / first.width, (y - first.y) * SIZE[1] / first.height) for x, y in places]
    lights = (np.asarray(frame.to_ndarray()[: SIZE[1]], np.uint8) for frame in frames(slides, manifest.frame))
    return jitter(followed(lights, start))


def of_program(command: Sequence[str], places: Places) -> float:
    """`command` writes the light of each frame to its standard output and begins with the whole picture."""
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return jitter(followed(_lights(done.stdout), places))


def followed(lights: Iterable[NDArray[np.uint8]], first: Places) -> NDArray[np.float64]:
    """The dots' places in every frame: frames x dots x 2."""
    paths, now = [], list(first)
    for picture in lights:
        now = [_centre(picture, place) for place in now]
        paths.append(now)
    return np.array(paths)


def jitter(paths: NDArray[np.float64]) -> float:
    times = np.linspace(-1, 1, len(paths))
    flat = paths.reshape(len(paths), -1)
    fitted = np.polynomial.chebyshev.chebfit(times, flat, _DEGREE)
    return float(np.sqrt(np.mean((flat - np.polynomial.chebyshev.chebval(times, fitted).T) ** 2)))


def _lights(data: bytes) -> Iterator[NDArray[np.uint8]]:
    width, height = SIZE
    for start in range(0, len(data), width * height):
        yield np.frombuffer(data, np.uint8, width * height, start).reshape(height, width)


def _centre(picture: NDArray[np.uint8], near: tuple[float, float], reach: int = 22) -> tuple[float, float]:
    """Of the light round a place."""
    left, top = int(near[0]) - reach, int(near[1]) - reach
    part = picture[top : top + 2 * reach, left : left + 2 * reach].astype(float) - 16
    part[part < 4] = 0
    rows, columns = np.mgrid[top : top + 2 * reach, left : left + 2 * reach]
    return float((columns * part).sum() / part.sum()) + 0.5, float((rows * part).sum() / part.sum()) + 0.5
