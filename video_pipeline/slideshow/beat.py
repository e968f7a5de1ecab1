"""The beat of music: where energy rises in all pitches, at a steady pace.

Onsets are positive changes of the logarithmic spectrum; their autocorrelation gives the pace; the beats are the path
through the onsets that keeps this pace best (D. Ellis, Beat Tracking by Dynamic Programming, 2007).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from video_pipeline.slideshow.sound import RATE, sound_frames

_HOP: Final = 480  # 10 ms
_WINDOW: Final = 1024
_A_SECOND: Final = RATE // _HOP
_LOUDNESS: Final = 100.0  # how strongly the logarithm lifts what is quiet
_SLOWEST, _FASTEST, _USUAL = 1.5, 0.3, 0.5  # seconds from beat to beat
_TIGHT: Final = 100.0  # how much an uneven step costs beside an onset
_AT_ONCE: Final = 2_000  # windows
_WEAK: Final = 0.1  # of perfect repetition; less is no beat

Floats = NDArray[np.float64]


def beats_of(sound: Path) -> Sequence[float]:
    """Seconds of the beats; none where nothing repeats."""
    onsets = _onsets(sound)
    period = _period(onsets)
    return [number / _A_SECOND for number in _path(onsets, period)] if period else []


def _onsets(sound: Path) -> Floats:
    """How much louder it becomes, a hundred times a second, freed of its local mean and scaled to its spread."""
    last = np.zeros(_WINDOW // 2 + 1)
    pieces: list[Floats] = []
    window = np.hanning(_WINDOW)
    for block in _windows(sound):
        loud = np.log1p(_LOUDNESS * np.abs(np.fft.rfft(block * window, axis=1)) / _WINDOW)
        pieces.append(np.maximum(np.diff(loud, axis=0, prepend=last[None, :]), 0).sum(axis=1))
        last = loud[-1]
    flux = np.concatenate([np.zeros(_WINDOW // 2 // _HOP), *pieces])
    mean = np.convolve(flux, np.ones(_A_SECOND) / _A_SECOND, mode="same")[: len(flux)]
    rises: Floats = np.maximum(flux - mean, 0)
    spread = float(rises.std())
    return rises / spread if spread > 1e-6 else np.zeros(len(rises))


def _windows(sound: Path) -> Iterator[Floats]:
    """Many at once, so that memory does not grow with the length."""
    step = _AT_ONCE * _HOP
    kept: list[Floats] = []
    held = 0
    for frame in sound_frames(sound):
        kept.append(frame.to_ndarray().mean(axis=0, dtype=np.float64))
        held += len(kept[-1])
        if held >= step + _WINDOW:
            whole = np.concatenate(kept)
            yield _slid(whole[: step + _WINDOW - _HOP])
            kept, held = [whole[step:]], len(whole) - step
    rest = np.concatenate([np.zeros(0), *kept])
    if len(rest) >= _WINDOW:
        yield _slid(rest)


def _slid(samples: Floats) -> Floats:
    return np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP]


def _period(onsets: Floats) -> int | None:
    """Steps from beat to beat."""
    lags = np.arange(round(_FASTEST * _A_SECOND), round(_SLOWEST * _A_SECOND) + 1)
    if len(onsets) < 2 * lags[-1] or not onsets.any():
        return None
    size = 1 << (2 * len(onsets) - 1).bit_length()
    spectrum = np.fft.rfft(onsets - onsets.mean(), size)
    alike = np.fft.irfft(np.abs(spectrum) ** 2, size)
    if alike[lags].max() < _WEAK * alike[0]:
        return None
    usual = np.exp(-0.5 * (np.log2(lags / _A_SECOND / _USUAL) / 0.9) ** 2)
    return int(lags[np.argmax(alike[lags] * usual)])


def _path(onsets: Floats, period: int) -> list[int]:
    steps = np.arange(-2 * period, -(period // 2) + 1)
    costs = -_TIGHT * np.log(-steps / period) ** 2
    score = np.concatenate([np.zeros(2 * period), onsets])  # before the first beat there is silence
    before = np.full(len(score), -1)
    for now in range(2 * period, len(score)):
        reached = score[now + steps] + costs
        best = int(np.argmax(reached))
        if reached[best] > 0:
            score[now] += reached[best]
            before[now] = now + steps[best]
    now = len(score) - period + int(np.argmax(score[-period:]))
    found: list[int] = []
    while now >= 2 * period:
        found.append(now - 2 * period)
        now = int(before[now])
    return found[::-1]
