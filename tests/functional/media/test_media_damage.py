"""Damaged files of every kind give what is left of them or a reason; never another error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from video_pipeline.errors import BadMedia
from video_pipeline.media.reader import PyAvMedia

media = PyAvMedia()

FILMS: dict[str, dict[str, Any]] = {
    "a.mp4": {},
    "fragmented.mp4": {"options": {"movflags": "frag_keyframe+empty_moov"}},
    "a.mov": {"audio": "pcm_s16le"},
    "a.mkv": {},
    "a.webm": {"video": "libvpx", "audio": "libopus", "size": (64, 36)},
    "a.avi": {"video": "mpeg4", "audio": "libmp3lame"},
    "a.ts": {},
    "a.flv": {},
    "a.mp3": {"video": None, "audio": "libmp3lame"},
    "a.flac": {"video": None, "audio": "flac"},
    "a.wav": {"video": None, "audio": "pcm_s16le"},
    "a.aac": {"video": None},
}


def _damaged(content: bytes, seed: int) -> bytes:
    draw = np.random.default_rng(seed)
    changed = bytearray(content)
    for _ in range(draw.integers(1, 12)):
        at, length = int(draw.integers(0, len(changed))), int(draw.choice([1, 8, 300]))
        changed[at : at + length] = draw.bytes(length)
    return bytes(changed[: int(draw.integers(1, len(changed)))] if seed % 4 == 3 else changed)


@pytest.mark.parametrize("name", FILMS)
def test_damage_never_surprises(film: Any, tmp_path: Path, name: str) -> None:
    path = film(name, seconds=2.0, **FILMS[name])
    content = path.read_bytes()
    refusals: list[BadMedia] = []
    for seed in range(8):
        path.write_bytes(_damaged(content, seed))
        calls: list[Callable[[], object]] = [
            lambda: media.probe(path),
            lambda: media.extract_audio(path, tmp_path / "out.wav"),
            lambda: media.thumbnails(path, tmp_path / "thumbs", every=0.5),
            lambda: media.poster(path, tmp_path / "poster.jpg"),
            lambda: media.subtitles(path),
        ]
        for call in calls:
            try:
                call()
            except BadMedia as refused:
                refusals.append(refused)
    assert all(refusal.hint for refusal in refusals)


def test_tracks_that_appear_while_reading_do_no_harm(film: Any, tmp_path: Path) -> None:
    path = film("a.flv", video=None, sound=[(0.0, film.beeps(20.0, 1.0, 18.0))])
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 600] = np.random.default_rng(0).bytes(600)
    path.write_bytes(content)
    assert media.extract_audio(path, tmp_path / "out.wav") == pytest.approx(20.0, abs=0.3)
