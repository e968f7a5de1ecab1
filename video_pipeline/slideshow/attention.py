"""Where people look first in a picture in which nothing is marked.

Two cheap measures, each weak alone, are multiplied: what is unlike its surroundings in light or colour, and what is
unlike the picture's own texture (the spectral residual; X. Hou and L. Zhang, 2007). Places near the middle, a bit above
it, count more: there photographers put faces. Nothing is learnt and nothing random: same picture, same answer.

With a model that finds faces, heads are told beside it; they count more.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from video_pipeline.slideshow.faces import SIDE, Faces
from video_pipeline.slideshow.motion import Face
from video_pipeline.slideshow.pictures import photograph

_SIDE: Final = 96  # pixels of the longer side: enough to tell a head from a wall
_RESIDUAL: Final = 64
_COLOUR: Final = 1.6  # how much a difference of colour weighs beside one of light
_SCALES: Final = ((1.5, 8.0), (3.0, 16.0))  # radii of a thing and of its surroundings
_LIKELY: Final = (0.5, 0.42)
_SPREAD: Final = 0.45
_ANYWAY: Final = 1e-4  # so that a picture with nothing in it is seen from its middle
_SHARP: Final = 2  # a power: few strong places count more than many weak ones

Floats = NDArray[np.float64]


class Attention:
    """How much each place draws the eye, and the people who were found."""

    def __init__(self, strength: Floats, faces: tuple[Face, ...] = ()) -> None:
        self.faces = faces
        self._sums = np.pad(strength.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))

    def middle(self, width: float, height: float) -> tuple[float, float]:
        """Of the window of that size in which there is most to see; all as shares of the picture."""
        deep, wide = (side - 1 for side in self._sums.shape)
        across, down = max(1, round(width * wide)), max(1, round(height * deep))
        sums = self._sums
        held = sums[down:, across:] - sums[:-down, across:] - sums[down:, :-across] + sums[:-down, :-across]
        top, left = np.unravel_index(int(np.argmax(held)), held.shape)
        return (int(left) + across / 2) / wide, (int(top) + down / 2) / deep


def attention_in(path: Path, faces: Faces | None = None) -> Attention:
    """BadMedia as `photograph` says it: the picture is read to its end. With `faces`, people are looked for, too."""
    side = SIDE if faces else _SIDE
    picture = photograph(path, (side, side))
    image = _small(picture, _SIDE)
    unlike = _scaled(_unlike_surroundings(image))
    residual = Image.fromarray(_scaled(_residual(image)).astype(np.float32)).resize(image.size, 2)
    strength = (unlike * np.asarray(residual, float)) ** _SHARP
    return Attention((strength + _ANYWAY) * _likely(unlike.shape), faces.found(picture) if faces else ())


def _small(image: Image.Image, side: int) -> Image.Image:
    scale = side / max(image.size)
    size = max(8, round(image.width * scale)), max(8, round(image.height * scale))
    return image.resize(size, Image.Resampling.BOX)


def _unlike_surroundings(image: Image.Image) -> Floats:
    found = np.zeros(image.size[::-1])
    for channel, weight in zip(image.convert("YCbCr").split(), (1.0, _COLOUR, _COLOUR), strict=True):
        for thing, surroundings in _SCALES:
            found += weight * np.abs(_blurred(channel, thing) - _blurred(channel, surroundings))
    return found


def _residual(image: Image.Image) -> Floats:
    light = np.asarray(_small(image, _RESIDUAL).convert("L"), float)
    spectrum = np.fft.fft2(light)
    size = np.log(np.abs(spectrum) + 1e-9)
    usual = np.lib.stride_tricks.sliding_window_view(np.pad(size, 1, mode="wrap"), (3, 3)).mean(axis=(2, 3))
    odd = np.abs(np.fft.ifft2(np.exp(size - usual + 1j * np.angle(spectrum)))) ** 2
    # What sticks out most may be a single point; it is held down so that areas count.
    return _blurred(Image.fromarray(np.clip(_scaled(odd) * 4 * 255, 0, 255).astype(np.uint8)), 2.5)


def _blurred(image: Image.Image, radius: float) -> Floats:
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), float)


def _scaled(values: Floats) -> Floats:
    """To 0..1."""
    return values / max(float(values.max()), 1e-9)


def _likely(shape: Sequence[int]) -> Floats:
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]]
    x, y = (columns + 0.5) / shape[1] - _LIKELY[0], (rows + 0.5) / shape[0] - _LIKELY[1]
    likely: Floats = np.exp(-(x**2 + y**2) / (2 * _SPREAD**2))
    return likely
