"""Pieces of a WAV: none lost, none doubled, cut where it is quiet."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from video_pipeline.errors import BadMedia
from video_pipeline.speech import wav


def _write(path: Path, samples: np.ndarray, *, rate: int = 16_000, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setparams((channels, 2, rate, 0, "NONE", ""))
        out.writeframes(samples.astype("<i2").tobytes())
    return path


def _noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(1).integers(-9000, 9000, round(seconds * 16_000))


def test_pieces_joined_are_the_whole(tmp_path: Path) -> None:
    samples = _noise(7.3)
    with wav.opened(_write(tmp_path / "a.wav", samples)) as audio:
        pieces = list(wav.pieces(audio, length=2.0, search=0.5))
    assert b"".join(pcm for _, pcm in pieces) == samples.astype("<i2").tobytes()
    assert all(len(pcm) <= 2.0 * 32_000 for _, pcm in pieces)
    starts = np.cumsum([0, *(len(pcm) / 32_000 for _, pcm in pieces[:-1])])
    assert [start for start, _ in pieces] == pytest.approx(list(starts))


def test_a_piece_ends_in_the_quietest_moment_near_its_end(tmp_path: Path) -> None:
    samples = _noise(4.0)
    samples[round(1.6 * 16_000) : round(1.8 * 16_000)] = 0
    with wav.opened(_write(tmp_path / "a.wav", samples)) as audio:
        (_, first), *_ = wav.pieces(audio, length=2.0, search=1.0)
    assert 1.6 < len(first) / 32_000 < 1.8


def test_sound_shorter_than_a_piece_stays_in_one(tmp_path: Path) -> None:
    with wav.opened(_write(tmp_path / "a.wav", _noise(0.01))) as audio:
        assert [start for start, _ in wav.pieces(audio, length=2.0, search=0.5)] == [0.0]


def test_a_piece_too_short_to_search_is_not_cut() -> None:
    assert wav.quietest(b"\1\1" * 10, search=1.0) == 20


def test_samples_become_numbers_between_minus_one_and_one() -> None:
    assert wav.floats(np.array([-32768, 0, 16384], "<i2").tobytes()).tolist() == [-1.0, 0.0, 0.5]


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (16_000, 2)])
def test_other_sound_is_refused(tmp_path: Path, rate: int, channels: int) -> None:
    path = _write(tmp_path / "a.wav", _noise(0.1), rate=rate, channels=channels)
    with pytest.raises(BadMedia), wav.opened(path):
        pass


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no sound at all"])
def test_what_is_no_wav_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(BadMedia) as refused, wav.opened(tmp_path / "a.wav"):
        pass
    assert refused.value.code == "audio_unreadable"
