from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from video_pipeline.slideshow.motion import Box
from video_pipeline.slideshow.sampling import OnItsSide, Upright

SIZES = st.tuples(st.integers(4, 90), st.integers(4, 90))
SHARES = st.floats(0, 1)


def _cubic(samples: NDArray[np.float64], start: float, length: float, count: int) -> NDArray[np.float64]:
    """The first axis by the book: Catmull's and Rom's cubic, made wider where there are fewer places than samples."""
    step = length / count
    wide = max(step, 1.0)
    places = start + (np.arange(count) + 0.5) * step - 0.5
    off = np.abs(places[:, None] - np.arange(-12, len(samples) + 12)[None, :]) / wide
    near, far = 1 - 2.5 * off**2 + 1.5 * off**3, 2 - 4 * off + 2.5 * off**2 - 0.5 * off**3
    weights = np.where(off < 1, near, np.where(off < 2, far, 0.0))
    weights /= weights.sum(axis=1, keepdims=True)
    return weights @ np.pad(samples, ((12, 12), (0, 0)), mode="edge")


def _exact(samples: NDArray[np.uint8], window: Box, shape: tuple[int, int]) -> NDArray[np.float64]:
    """First along the rows; what shoots over a byte's ends is cut off between."""
    across = np.clip(_cubic(samples.T.astype(float), window.x, window.width, shape[1]), 0, 255).T
    return np.clip(_cubic(across, window.y, window.height, shape[0]), 0, 255)


def _off(seen: NDArray[np.uint8], samples: NDArray[np.uint8], window: Box) -> float:
    """How far from either order of the passes, since Pillow takes the cheaper one."""
    turned = Box(window.y, window.x, window.height, window.width)
    here, there = _exact(samples, window, seen.shape), _exact(samples.T, turned, seen.T.shape).T
    return float(np.minimum(np.abs(seen - here), np.abs(seen - there)).max())


@pytest.mark.parametrize("kind", [OnItsSide, Upright])
@given(seed=st.integers(0, 99), size=SIZES, part=st.tuples(SHARES, SHARES, SHARES, SHARES), step=st.floats(0.5, 1.25))
def test_every_sample_is_read_where_the_window_says(
    kind: type[OnItsSide | Upright],
    seed: int,
    size: tuple[int, int],
    part: tuple[float, float, float, float],
    step: float,
) -> None:
    samples = np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8)
    height, width = 1 + part[2] * (size[0] - 1), 1 + part[3] * (size[1] - 1)
    window = Box(part[0] * (size[1] - width) - 0.25, part[1] * (size[0] - height), width, height)
    into = np.zeros((max(1, round(height / step)), max(1, round(width / step))), np.uint8)
    plane = OnItsSide(samples, height, *into.shape[::-1]) if kind is OnItsSide else Upright(samples)
    plane.read(window, into)
    assert _off(into, samples, window) <= 1.3  # rounded to bytes twice, and the cubic's weights are 1.25 in sum


def test_windows_that_follow_each_other_are_read_from_one_plane() -> None:
    samples = np.random.default_rng(4).integers(0, 256, (400, 60), dtype=np.uint8)
    plane = OnItsSide(samples, 51, 40, 48)
    for n in range(40):
        window, into = Box(3 + n / 9, n * 8.61, 50, 51 - n / 3), np.zeros((48, 40), np.uint8)
        plane.read(window, into)
        assert _off(into, samples, window) <= 1.3


@pytest.mark.parametrize("level", [0, 1, 16, 127, 235, 255])
@pytest.mark.parametrize("kind", [OnItsSide, Upright])
def test_a_flat_plane_stays_flat(kind: type[OnItsSide | Upright], level: int) -> None:
    samples, into = np.full((19, 21), level, np.uint8), np.zeros((8, 9), np.uint8)
    (OnItsSide(samples, 19, 9, 8) if kind is OnItsSide else Upright(samples)).read(Box(-0.3, 0.2, 20.9, 18.8), into)
    assert (into == level).all()


def test_brightness_is_not_shifted() -> None:
    samples = np.random.default_rng(1).integers(0, 256, (300, 300), dtype=np.uint8)
    window, into = Box(0.61, 0.37, 290.2, 288.4), np.zeros((280, 280), np.uint8)
    OnItsSide(samples, 290, 280, 280).read(window, into)
    assert abs((into - _exact(samples, window, (280, 280))).mean()) < 0.05
