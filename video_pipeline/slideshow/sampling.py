"""Reads a window of a picture at fractions of a pixel: numpy alone, at the speed of code written for it.

A window without rotation can be read by rows first and by columns then, and both are weighted means of two
neighbours. What makes this quick: strips of rows that stay in the processor's cache, whole numbers of 16 bits,
differences of rows made once for a picture, and pairs of columns that are fetched at once. Positions are true to
1/128 of a pixel between rows and 1/256 between columns, so nothing jumps from pixel to pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
_Number = TypeVar("_Number", np.int16, np.uint16)
_STRIP: Final = 400_000  # samples; fewer make more calls than sums, more leave the cache of a core
_ROW_BITS: Final = 7  # a difference of bytes times 128 still fits 16 bits with its sign
_COLUMN_ONE: Final = 256  # a byte times 256 still fits 16 bits without a sign
# As arrays, since numpy takes longer over a Python number than over a row.
_ROW_SHIFT: Final = np.array(_ROW_BITS, np.int16)
_EIGHT: Final = np.array(8, np.uint16)
_LOW_BYTE: Final = np.array(255, np.uint16)
_HALF: Final = np.array(_COLUMN_ONE // 2, np.uint16)


@dataclass(frozen=True)
class Line:
    """Where the samples of one axis are read: `start + step * n`, in samples of the source."""

    start: float
    step: float

    def neighbours(self, count: int, limit: int, one: int) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """The lower neighbour of each sample, and how much of `one` the upper has. Edges are repeated."""
        places = np.clip(self.start + self.step * np.arange(count), 0.0, limit - 1.0)
        lower = np.minimum(places.astype(np.intp), limit - 2)
        return lower, np.rint((places - lower) * one).astype(np.int64)


class Plane:
    """One plane of a picture, made ready for reading. At least two samples in each direction."""

    def __init__(self, samples: Bytes) -> None:
        self._height, self._width = samples.shape
        wide = samples.astype(np.int16)
        half = np.int16(1 << (_ROW_BITS - 1))
        self._rows = np.left_shift(wide[:-1], _ROW_BITS) + half
        self._steps = wide[1:] - wide[:-1]

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self._height, self._width

    def read(self, rows: Line, columns: Line, into: Bytes, work: Workspace) -> None:
        """Fills `into` with the window whose samples lie on `rows` and `columns`."""
        height, width = into.shape
        top, row_weights = rows.neighbours(height, self._height, 1 << _ROW_BITS)
        left, column_weights = columns.neighbours(width, self._width, _COLUMN_ONE)
        first, last = int(left[0]), int(left[-1]) + 2
        across = _Columns(left - first, column_weights.astype(np.uint16))
        weights = row_weights.astype(np.int16)[:, None]
        seen = slice(first, last)
        tall = max(1, _STRIP // self._width)
        for begin in range(0, height, tall):
            strip = slice(begin, min(begin + tall, height))
            mixed = self._mix_rows(top[strip], weights[strip], seen, work)
            across.mix(mixed, into[strip], work)

    def _mix_rows(
        self, top: NDArray[np.intp], weights: NDArray[np.int16], seen: slice, work: Workspace
    ) -> NDArray[np.uint16]:
        count = len(top)
        mixed = work.of("rows", count, self._width, np.int16)
        step = work.of("steps", count, self._width, np.int16)
        np.take(self._rows, top, axis=0, out=mixed, mode="clip")
        np.take(self._steps, top, axis=0, out=step, mode="clip")
        mixed, step = mixed[:, seen], step[:, seen]
        np.multiply(step, weights, out=step)
        np.add(mixed, step, out=mixed)
        np.right_shift(mixed, _ROW_SHIFT, out=mixed)
        return mixed.view(np.uint16)


class _Columns:
    """The second half: columns of rows that are already there."""

    def __init__(self, left: NDArray[np.intp], upper: NDArray[np.uint16]) -> None:
        self._left = left
        self._upper = upper
        self._lower = np.uint16(_COLUMN_ONE) - upper

    def mix(self, rows: NDArray[np.uint16], into: Bytes, work: Workspace) -> None:
        count, width = into.shape
        pairs = work.of("pairs", count, rows.shape[1] - 1, np.uint16)
        low = work.of("low", count, width, np.uint16)
        high = work.of("high", count, width, np.uint16)
        np.left_shift(rows[:, 1:], _EIGHT, out=pairs)
        np.bitwise_or(pairs, rows[:, :-1], out=pairs)
        np.take(pairs, self._left, axis=1, out=low, mode="clip")
        np.right_shift(low, _EIGHT, out=high)
        np.bitwise_and(low, _LOW_BYTE, out=low)
        np.multiply(low, self._lower, out=low)
        np.multiply(high, self._upper, out=high)
        np.add(low, high, out=low)
        np.add(low, _HALF, out=low)
        np.right_shift(low, _EIGHT, out=low)
        np.copyto(into, low, casting="unsafe")


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
