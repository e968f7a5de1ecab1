"""Photographs and sounds, made on the spot."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Sound = Callable[..., Path]
Photo = Callable[..., Path]


@pytest.fixture
def sound(tmp_path: Path) -> Sound:
    def make(seconds: float, name: str = "sound.wav", rate: int = 44_100) -> Path:
        beat = np.sin(np.arange(round(seconds * rate)) * 2 * np.pi * 330 / rate) * 9_000
        with wave.open(str(tmp_path / name), "wb") as out:
            out.setparams((1, 2, rate, 0, "NONE", ""))
            out.writeframes(beat.astype("<i2").tobytes())
        return tmp_path / name

    return make


@pytest.fixture
def photo(tmp_path: Path) -> Photo:
    def make(name: str, size: tuple[int, int] = (640, 360), seed: int = 1, mode: str = "RGB", **saved: object) -> Path:
        shapes = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
        image = Image.fromarray(shapes).resize(size, Image.Resampling.BICUBIC).convert(mode)
        image.save(tmp_path / name, **saved)
        return tmp_path / name

    return make
