from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from video_pipeline.slideshow.sampling import Line, Plane, Workspace


def _read(samples: NDArray[np.uint8], rows: Line, columns: Line, shape: tuple[int, int]) -> NDArray[np.uint8]:
    into = np.zeros(shape, np.uint8)
    Plane(samples).read(rows, columns, into, Workspace())
    return into


def _exact(samples: NDArray[np.uint8], rows: Line, columns: Line, shape: tuple[int, int]) -> NDArray[np.float64]:
    """The same by the book."""
    high, wide = samples.shape
    y = np.clip(rows.start + rows.step * np.arange(shape[0]), 0, high - 1)
    x = np.clip(columns.start + columns.step * np.arange(shape[1]), 0, wide - 1)
    by_rows = np.array([np.interp(y, np.arange(high), samples[:, n].astype(float)) for n in range(wide)]).T
    return np.array([np.interp(x, np.arange(wide), row) for row in by_rows])


@given(
    seed=st.integers(0, 99),
    size=st.tuples(st.integers(2, 70), st.integers(2, 70)),
    shape=st.tuples(st.integers(1, 50), st.integers(1, 50)),
    start=st.tuples(st.floats(-3, 30), st.floats(-3, 30)),
    step=st.tuples(st.floats(0.1, 2), st.floats(0.1, 2)),
)
def test_every_sample_is_the_weighted_mean_of_its_neighbours(
    seed: int, size: tuple[int, int], shape: tuple[int, int], start: tuple[float, float], step: tuple[float, float]
) -> None:
    samples = np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8)
    rows, columns = Line(start[0], step[0]), Line(start[1], step[1])
    off = np.abs(_read(samples, rows, columns, shape) - _exact(samples, rows, columns, shape))
    assert off.max() <= 255 / 256 + 255 / 512 + 1.01  # half a weight's step each way, and two roundings


@pytest.mark.parametrize("level", [0, 1, 16, 127, 235, 255])
def test_a_flat_plane_stays_flat(level: int) -> None:
    samples = np.full((9, 11), level, np.uint8)
    assert (_read(samples, Line(0.3, 0.77), Line(-1.2, 1.13), (8, 9)) == level).all()


def test_brightness_is_not_shifted() -> None:
    samples = np.random.default_rng(1).integers(0, 256, (300, 300), dtype=np.uint8)
    rows, columns = Line(0.37, 1.01), Line(0.61, 1.03)
    off = _read(samples, rows, columns, (280, 280)) - _exact(samples, rows, columns, (280, 280))
    assert abs(off.mean()) < 0.05
