"""Damaged files of every kind give what is left of them or a reason; never another error."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest

from video_pipeline.errors import BadMedia
from video_pipeline.media import opening
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


def test_sound_that_stops_at_a_hole_in_the_index_is_not_taken_for_the_whole(film: Any, tmp_path: Path) -> None:
    path = film(seconds=20.0, fps=5, sound=[(0.0, film.beeps(20.0, 1.0, 18.0))])
    content = bytearray(path.read_bytes())
    table = content.rindex(b"stco")  # where the chunks of the sound lie
    (chunks,) = struct.unpack_from(">I", content, table + 8)
    struct.pack_into(">I", content, table + 12 + chunks // 2 * 4, 0x7FFFFFFF)
    path.write_bytes(content)
    with pytest.raises(BadMedia) as refused:
        media.extract_audio(path, tmp_path / "out.wav")
    assert refused.value.code == "media_damaged"
    assert 5 < float(str(refused.value.facts["readable"])) < 15


class _Stumbling:
    """Fails to read each time after a few packets."""

    streams = ()

    def __init__(self, *runs: int) -> None:
        self._runs = list(runs)

    def demux(self, *_: object) -> Iterator[Any]:
        yield from (SimpleNamespace(size=1) for _ in range(self._runs.pop(0) if self._runs else 0))
        raise av.error.InvalidDataError(1, "damaged")


def test_reading_goes_on_after_damage_and_gives_up_in_the_end() -> None:
    damage = opening.Damage()
    read = opening._read(_Stumbling(3, 0, 2), (), damage)
    assert len(list(read)) == 5
    assert damage.places == 2 + opening._BROKEN_READS
