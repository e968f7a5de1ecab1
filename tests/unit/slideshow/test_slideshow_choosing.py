from __future__ import annotations

import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from video_pipeline.errors import BadInput
from video_pipeline.slideshow.beat import beats_of
from video_pipeline.slideshow.choosing import timed
from video_pipeline.slideshow.manifest import Image, manifest_of
from video_pipeline.slideshow.words import by_words
from video_pipeline.transcripts.model import Segment, Transcript

RATE = 22_050


def _clicks(target: Path, bpm: float, seconds: float, first: float) -> Path:
    """A metronome over soft noise."""
    samples = np.random.default_rng(1).normal(0, 0.02, round(seconds * RATE))
    length = np.arange(round(0.04 * RATE))
    click = np.sin(2 * np.pi * 1000 * length / RATE) * np.exp(-length / RATE * 80) * 0.8
    for time in np.arange(first, seconds - 0.05, 60 / bpm):
        begin = round(time * RATE)
        samples[begin : begin + len(click)] += click
    with wave.open(str(target), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes((np.clip(samples, -1, 1) * 30_000).astype("<i2").tobytes())
    return target


@pytest.mark.parametrize(("bpm", "first"), [(120, 0.3), (72, 0.5), (100, 0.0), (140, 0.05)])
def test_the_beat_of_a_metronome_is_found_to_a_frame(tmp_path: Path, bpm: float, first: float) -> None:
    beats = np.array(beats_of(_clicks(tmp_path / "a.wav", bpm, 20, first)))
    clicks = np.arange(first, 19.95, 60 / bpm)
    assert abs(len(beats) - len(clicks)) <= 1
    assert max(np.abs(clicks - beat).min() for beat in beats) < 0.025


def test_silence_and_a_moment_have_no_beat(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes(bytes(RATE * 20))
    assert beats_of(tmp_path / "a.wav") == []
    assert beats_of(_clicks(tmp_path / "b.wav", 120, 0.4, 0.1)) == []


def test_pictures_change_on_the_beat(tmp_path: Path) -> None:
    sound = _clicks(tmp_path / "a.wav", 90, 12, 0.2)
    images = [{"file": f"{n}.jpg"} for n in range(5)]
    made = timed(manifest_of({"images": images, "timing": "beat"}), sound, 12.0, None)
    starts = [each.start or 0.0 for each in made.images]
    assert starts[0] == 0
    for before, after in pairwise(starts):
        assert 1.7 < after - before < 3.1
        assert abs((after - 0.2) / (60 / 90) - round((after - 0.2) / (60 / 90))) < 0.04
    assert made.timing is None


def _said(*lines: tuple[float, str]) -> Transcript:
    segments = tuple(Segment(start=start, end=start + 1, text=text) for start, text in lines)
    return Transcript(segments=segments, source="sidecar")


SAID = _said(
    (0.5, "Good morning from the town"),
    (4, "In the harbour the boats come home"),
    (9, "The baker of the town opens at five"),
    (14, "and the lighthouses' lamp goes out"),
    (18, "That was the town"),
)


def _order(images: list[Image], seconds: float = 20.0) -> list[tuple[str, float | None]]:
    return [(each.file, each.start) for each in by_words(images, SAID, seconds)]


def test_a_picture_is_seen_when_its_words_are_said() -> None:
    images = [
        Image(file="1.jpg", query="old lighthouse, Brittany"),
        Image(file="2.jpg", title="Bäcker / Baker"),
        Image(file="harbour_at-dawn.jpg"),
    ]
    assert _order(images) == [("harbour_at-dawn.jpg", 0), ("2.jpg", 9), ("1.jpg", 14)]


def test_rare_words_count_more_than_those_that_are_said_all_the_time() -> None:
    images = [Image(file="1.jpg", query="town harbour"), Image(file="2.jpg", query="town")]
    assert _order(images) == [("2.jpg", 0), ("1.jpg", 4)]


def test_pictures_that_nobody_speaks_of_fill_the_longest_times() -> None:
    images = [Image(file=f"x{n}.jpg") for n in range(3)] + [Image(file="1.jpg", query="baker")]
    made = by_words(images, SAID, 20.0)
    assert sorted(each.file for each in made) == sorted(each.file for each in images)
    assert [(each.file, each.start) for each in made if each.query] == [("1.jpg", 9)]
    assert made[0].start == 0
    assert made[-1].end == 20
    assert all(before.end == after.start for before, after in pairwise(made))
    assert all((each.end or 0) - (each.start or 0) > 2 for each in made)


def test_without_a_match_pictures_change_at_pauses() -> None:
    made = _order([Image(file=f"{n}.jpg") for n in range(4)])
    assert made == [("0.jpg", 0), ("1.jpg", 4), ("2.jpg", 9), ("3.jpg", 14)]


def test_words_and_pauses_need_captions_and_times_are_not_given_twice() -> None:
    for document, said in (
        ({"images": [{"file": "a.jpg"}], "timing": "words"}, "needs captions"),
        ({"images": [{"file": "a.jpg", "start": 0, "end": 2}], "timing": "beat"}, "have times"),
    ):
        with pytest.raises(BadInput, match=said):
            manifest_of(document)
