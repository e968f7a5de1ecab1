"""Reads a window of a picture at fractions of a pixel: numpy alone, at the speed of code written for it.

A window without rotation can be read by rows first and by columns then, and both are weighted means of two
neighbours. What makes this quick: strips of rows that stay in the processor's cache, whole numbers of 16 bits, and
columns that are fetched two at once. Positions are true to 1/256 of a pixel, so nothing jumps from pixel to pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint16]
_Number = TypeVar("_Number", np.uint8, np.uint16)
_STRIP: Final = 300_000  # samples; fewer make more calls than sums, more leave the cache of a core
_ONE: Final = 256  # a byte times 256 still fits 16 bits
# As arrays, since numpy takes longer over a Python number than over a row.
_EIGHT: Final = np.array(8, np.uint16)
_LOW_BYTE: Final = np.array(0x00FF, np.uint16)
_HIGH_BYTE: Final = np.array(0xFF00, np.uint16)
_HALF: Final = np.array(_ONE // 2, np.uint16)


@dataclass(frozen=True)
class Line:
    """Where the samples of one axis are read: `start + step * n`, in samples of the source."""

    start: float
    step: float

    def neighbours(self, count: int, limit: int) -> tuple[NDArray[np.intp], Words]:
        """The first neighbour of each sample, and how much of 256 the second has. Edges are repeated."""
        places = np.clip(self.start + self.step * np.arange(count), 0.0, limit - 1.0)
        first = np.minimum(places.astype(np.intp), limit - 2)
        return first, np.rint((places - first) * _ONE).astype(np.uint16)


class Plane:
    """One plane of a picture. At least two samples in each direction."""

    def __init__(self, samples: Bytes) -> None:
        self._samples = np.ascontiguousarray(samples)

    def read(self, rows: Line, columns: Line, into: Bytes, work: Workspace) -> None:
        """Fills `into` with the window whose samples lie on `rows` and `columns`."""
        deep, wide = self._samples.shape
        height, width = into.shape
        top, below = rows.neighbours(height, deep)
        left, beside = columns.neighbours(width, wide)
        across = _Weights(beside[None, :])
        seen = slice(int(left[0]), int(left[-1]) + 2)  # of a panorama this is a small part
        left = left - seen.start
        tall = max(1, _STRIP // (seen.stop - seen.start))
        for begin in range(0, height, tall):
            strip = slice(begin, min(begin + tall, height))
            pairs = self._mixed_rows(top[strip], seen, _Weights(below[strip, None]), work)
            _mix_columns(pairs, left, across, into[strip], work)

    def _mixed_rows(self, top: NDArray[np.intp], seen: slice, weights: _Weights, work: Workspace) -> Words:
        """Rows between rows: each sample in the low byte, the one to its right in the high byte."""
        count, wide = len(top), seen.stop - seen.start
        upper, lower = work.of("upper", count, wide, np.uint16), work.of("lower", count, wide, np.uint16)
        for index, target in ((top, upper), (top + 1, lower)):
            np.copyto(target, self._samples[index, seen])
        weights.mix(upper, lower)
        pairs = lower[:, :-1]
        np.bitwise_and(upper[:, 1:], _HIGH_BYTE, out=pairs)
        np.right_shift(upper, _EIGHT, out=upper)
        np.bitwise_or(pairs, upper[:, :-1], out=pairs)
        return lower  # whole, since numpy copies what has gaps before it fetches from it


def _mix_columns(pairs: Words, left: NDArray[np.intp], weights: _Weights, into: Bytes, work: Workspace) -> None:
    height, width = into.shape
    low, high = work.of("low", height, width, np.uint16), work.of("high", height, width, np.uint16)
    np.take(pairs, left, axis=1, out=low, mode="clip")
    np.right_shift(low, _EIGHT, out=high)
    np.bitwise_and(low, _LOW_BYTE, out=low)
    weights.mix(low, high)
    np.right_shift(low, _EIGHT, out=low)
    np.copyto(into, low, casting="unsafe")


class _Weights:
    """How much of 256 the second of two neighbours has."""

    def __init__(self, second: Words) -> None:
        self._second = second
        self._first = np.uint16(_ONE) - second

    def mix(self, first: Words, second: Words) -> None:
        """Makes `first` the mean of both, times 256 and rounded: its high byte is the result."""
        np.multiply(first, self._first, out=first)
        np.multiply(second, self._second, out=second)
        np.add(first, second, out=first)
        np.add(first, _HALF, out=first)


class Workspace:
    """Memory that is used again for each strip: fresh pages cost more than the sums."""

    def __init__(self) -> None:
        self._kept: dict[str, NDArray[np.uint8]] = {}

    def of(self, name: str, rows: int, columns: int, kind: type[_Number]) -> NDArray[_Number]:
        """An array of this shape, whose content is what was left there."""
        size = rows * columns * np.dtype(kind).itemsize
        kept = self._kept.get(name)
        if kept is None or kept.size < size:
            kept = self._kept[name] = np.empty(size, np.uint8)
        return kept[:size].view(kind).reshape(rows, columns)
