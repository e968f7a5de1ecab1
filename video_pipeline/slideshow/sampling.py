"""Reads a window of a picture at fractions of a pixel, by Catmull's and Rom's cubic.

A window without rotation is read in two passes, and to mix whole rows is several times as quick as to mix the samples
within them. So a picture is kept on its side: its columns are mixed as rows, what comes out is turned upright, and
its rows are mixed then. Where there is no `cykooz_resizer` to do that (there is none for Linux on ARM), Pillow reads
the same in one go, at five times the cost.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Final, Protocol

import numpy as np
from av.filter import Graph
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from numpy.typing import NDArray
from PIL import Image

from video_pipeline.slideshow.motion import Box

try:
    from cykooz_resizer import CropBox, FilterType, ImageData, PixelType, ResizeAlg, ResizeOptions, Resizer
except ImportError:
    _QUICK = False
else:
    _QUICK = True
    _CUBIC: Final = ResizeAlg.convolution(FilterType.catmull_rom)

Bytes = NDArray[np.uint8]
_EDGE: Final = 4  # samples repeated beyond each edge: the cubic reaches for two, times 1.2 where the window is widest


class Plane(Protocol):
    """One plane of a picture."""

    def read(self, window: Box, into: Bytes) -> None:
        """Fills `into` with what lies in the window, which may reach over an edge by less than a sample."""
        ...


def plane_of(samples: Bytes, deepest: float, width: int, height: int) -> Plane:
    """`samples` to read from into that size, through windows that are at most `deepest` rows high."""
    return OnItsSide(samples, deepest, width, height) if _QUICK else Upright(samples)


class OnItsSide:
    """A plane that is mixed by rows only."""

    def __init__(self, samples: Bytes, deepest: float, width: int, height: int) -> None:
        turned = _with_edges(samples).T
        self._columns, self._rows = turned.shape
        self._turned = ImageData(self._rows, self._columns, PixelType.U8, turned.tobytes())
        self._strip = min(self._rows, math.ceil(deepest) + 2 * _EDGE)
        self._resizer = Resizer()
        self._sideways = ImageData(self._strip, width, PixelType.U8)
        self._upright = ImageData(width, height, PixelType.U8)
        self._turner = _Turner(self._strip, width)

    def read(self, window: Box, into: Bytes) -> None:
        height, width = into.shape
        # Of a tall picture that passes by only a part is seen; whole samples, so that nothing is mixed along the rows.
        first = max(0, min(int(window.y), self._rows - self._strip))
        self._mix(self._turned, CropBox(first, window.x + _EDGE, self._strip, window.width), self._sideways)
        turned = self._turner.turned(np.frombuffer(self._sideways.get_buffer(), np.uint8).reshape(width, self._strip))
        rows = ImageData(width, self._strip, PixelType.U8, turned.tobytes())
        self._mix(rows, CropBox(0, window.y - first + _EDGE, width, window.height), self._upright)
        np.copyto(into, np.frombuffer(self._upright.get_buffer(), np.uint8).reshape(height, width))

    def _mix(self, source: ImageData, part: CropBox, target: ImageData) -> None:
        self._resizer.resize(source, target, ResizeOptions(_CUBIC, crop_box=part))


class Upright:
    """A plane that Pillow reads."""

    def __init__(self, samples: Bytes) -> None:
        self._image = Image.fromarray(_with_edges(samples))

    def read(self, window: Box, into: Bytes) -> None:
        height, width = into.shape
        left, top = window.x + _EDGE, window.y + _EDGE
        part = left, top, left + window.width, top + window.height
        np.copyto(into, np.asarray(self._image.resize((width, height), Image.Resampling.BICUBIC, part)))


def samples_of(plane: VideoPlane) -> Bytes:
    """The memory of a plane itself, without what fills its lines up."""
    lines: Bytes = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return lines[:, : plane.width]


class _Turner:
    """Makes columns of rows, which ffmpeg does four times as fast as numpy."""

    def __init__(self, width: int, height: int) -> None:
        self._graph = Graph()
        self._graph.threads = 1
        source = self._graph.add_buffer(
            width=width, height=height, format=VideoFormat("gray", width, height), time_base=Fraction(1)
        )
        self._graph.link_nodes(source, self._graph.add("transpose", "dir=cclock_flip"), self._graph.add("buffersink"))
        self._graph.configure()
        self._count = 0

    def turned(self, samples: Bytes) -> Bytes:
        frame = VideoFrame.from_numpy_buffer(samples, format="gray")
        frame.pts = self._count
        self._count += 1
        self._graph.vpush(frame)
        return samples_of(self._graph.vpull().planes[0])


def _with_edges(samples: Bytes) -> Bytes:
    return np.pad(samples, _EDGE, mode="edge")
