"""Where the heads of people are in a picture, if an operator supplies the model that finds faces.

Same picture, same model, same answer: what is found is rounded outwards, far beyond the last digits in which one
processor computes otherwise than another.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from video_pipeline.slideshow.motion import Box, Face
from video_pipeline.slideshow.yunet import STRIDES, Found, read_network

# In this package it goes along into the function's archive and the worker's image.
BROUGHT: Final = Path(__file__).parent / "face_detection_yunet_2023mar.onnx"
SIDE: Final = 320  # pixels of the longer side: a face of a thirtieth of it is found, more pixels cost time
_MULTIPLE: Final = 32
_LIKELY: Final = 0.6
_SURE: Final = 0.8
_SAME: Final = 0.3  # places that share more than this of their area are one face
_LARGEST: Final = 4.0  # a power of e, in strides: 54 of them, and the smallest is one of 54
_GRID: Final = 256
# From hairline to chin is what is found; a head has hair, ears and a neck. Shares of the face's height and width.
_ABOVE, _BELOW, _BESIDE = 0.35, 0.12, 0.15

Places = NDArray[np.float64]


class Network(Protocol):
    def run(self, picture: NDArray[np.float32]) -> Found:
        """As `YuNet.run` says it."""
        ...


class Faces:
    """Finds heads; may be used by many threads."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def found(self, image: Image.Image) -> tuple[Face, ...]:
        """Of an RGB picture, the surest first. Boxes are shares of the picture, with hair and chin."""
        small = _small(image)
        likely, places = _places(self._network.run(_padded(small)))
        kept = _distinct(likely, places)
        return tuple(Face(_head(places[each], small.size), bool(likely[each] >= _SURE)) for each in kept)


def faces_by(model: Path | None) -> Faces | None:
    """By that file, else by the one that was put beside this module. Nobody without either.

    Misconfigured as `read_network` says it.
    """
    model = model or (BROUGHT if BROUGHT.is_file() else None)
    return Faces(read_network(model)) if model else None


def _small(image: Image.Image) -> Image.Image:
    scale = min(1.0, SIDE / max(image.size))
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image.resize(size, Image.Resampling.BILINEAR)


def _padded(image: Image.Image) -> NDArray[np.float32]:
    rows, columns = (-(-side // _MULTIPLE) * _MULTIPLE for side in (image.height, image.width))
    made = np.zeros((rows, columns, 3), np.float32)
    made[: image.height, : image.width] = np.asarray(image)[..., ::-1]
    return made


def _places(found: Found) -> tuple[Places, Places]:
    """Likelihoods, the highest first, and corners in pixels: left, top, right, bottom."""
    likely, places = [], []
    for stride, (shares, offsets) in zip(STRIDES, found, strict=True):
        rows, columns = np.nonzero(shares >= _LIKELY)
        offset = offsets[rows, columns].astype(float)
        middle = (np.stack([columns, rows], axis=1) + offset[:, :2]) * stride
        half = np.exp(np.clip(offset[:, 2:], -_LARGEST, _LARGEST)) * stride / 2
        likely.append(shares[rows, columns].astype(float))
        places.append(np.concatenate([middle - half, middle + half], axis=1))
    all_likely, all_places = np.concatenate(likely), np.concatenate(places)
    order = np.argsort(-all_likely, kind="stable")
    return all_likely[order], all_places[order]


def _distinct(likely: Places, places: Places) -> list[int]:
    """One for each face: the likeliest of those that lie over each other."""
    left, kept = np.arange(len(likely)), []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(int(best))
        left = left[_shared(places[best], places[left]) <= _SAME]
    return kept


def _shared(one: Places, others: Places) -> Places:
    """Of the area that both cover together."""
    sides = np.minimum(one[2:], others[:, 2:]) - np.maximum(one[:2], others[:, :2])
    both = np.prod(np.maximum(sides, 0), axis=1)
    areas = np.prod(one[2:] - one[:2]) + np.prod(others[:, 2:] - others[:, :2], axis=1)
    shared: Places = both / (areas - both)
    return shared


def _head(face: Places, size: tuple[int, int]) -> Box:
    left, top, right, bottom = (float(each) for each in face)
    beside, height = (right - left) * _BESIDE, bottom - top
    corner = (left - beside) / size[0], (top - height * _ABOVE) / size[1]
    opposite = (right + beside) / size[0], (bottom + height * _BELOW) / size[1]
    x, y = (float(np.floor(np.clip(each, 0, 1) * _GRID)) / _GRID for each in corner)
    end, foot = (float(np.ceil(np.clip(each, 0, 1) * _GRID)) / _GRID for each in opposite)
    return Box(x, y, end - x, foot - y)
