"""The 16 kHz mono 16-bit WAV that recognisers are given, read piece by piece so that its length costs no memory."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import numpy as np

from video_pipeline.errors import BadMedia

RATE: Final = 16_000
WIDTH: Final = 2
_LOUDNESS_WINDOW: Final = RATE // 20


@contextmanager
def opened(path: Path) -> Iterator[wave.Wave_read]:
    """Raises `BadMedia("audio_unreadable")` for anything but 16 kHz mono 16-bit PCM."""
    with ExitStack() as stack:
        try:
            wav = stack.enter_context(wave.open(str(path), "rb"))
        except (wave.Error, EOFError) as error:
            raise _unreadable() from error
        if (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) != (1, WIDTH, RATE):
            raise _unreadable()
        yield wav


def _unreadable() -> BadMedia:
    return BadMedia("audio_unreadable", "The sound given to the recogniser is not 16 kHz mono 16-bit WAV.")


def seconds(wav: wave.Wave_read) -> float:
    return wav.getnframes() / RATE


def pieces(wav: wave.Wave_read, *, length: float, search: float) -> Iterator[tuple[float, bytes]]:
    """Consecutive pieces of at most `length` seconds and where they start; cut at the quietest of the last `search`."""
    done = 0
    while True:
        pcm = wav.readframes(round(length * RATE))
        if not pcm:
            return
        if done + len(pcm) // WIDTH < wav.getnframes():
            pcm = pcm[: quietest(pcm, search=min(search, length / 2))]
            wav.setpos(done + len(pcm) // WIDTH)
        yield done / RATE, pcm
        done += len(pcm) // WIDTH


def quietest(pcm: bytes, *, search: float) -> int:
    """The byte in the middle of the quietest (of equals the latest) twentieth of the last `search` seconds."""
    samples = np.frombuffer(pcm, dtype="<i2")
    first = max(0, len(samples) - round(search * RATE))
    windows = (len(samples) - first) // _LOUDNESS_WINDOW
    if windows == 0:
        return len(pcm)
    tail = samples[first : first + windows * _LOUDNESS_WINDOW].reshape(windows, _LOUDNESS_WINDOW)
    loudness = np.abs(tail.astype(np.int32)).sum(axis=1)
    latest = windows - 1 - int(loudness[::-1].argmin())
    middle = first + latest * _LOUDNESS_WINDOW + _LOUDNESS_WINDOW // 2
    return middle * WIDTH


def floats(pcm: bytes) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Samples from -1 to 1."""
    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768.0
