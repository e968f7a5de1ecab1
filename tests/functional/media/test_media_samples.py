"""The samples that come with the project are what their README says."""

from __future__ import annotations

import hashlib
import wave
from pathlib import Path

import numpy as np
import pytest

from video_pipeline.errors import BadRecord
from video_pipeline.events import QuestionAsked, VideoErasureRequested, VideoSubmitted, read_event
from video_pipeline.media.reader import PyAvMedia
from video_pipeline.model import video_identifier
from video_pipeline.transcripts.captions import read_captions

SAMPLES = Path(__file__).parents[3] / "samples"
media = PyAvMedia()


def test_the_samples_are_small_enough_to_be_committed() -> None:
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()) < 3_000_000


@pytest.mark.parametrize(
    ("name", "seconds", "video"),
    [
        ("town-hall.mp4", (30, 70), True),
        ("no-captions.mp4", (10, 16), True),
        ("embedded-captions.mp4", (5, 10), True),
        ("voice-memo.flac", (8, 14), False),
    ],
)
def test_each_sample_can_be_played(name: str, seconds: tuple[int, int], video: bool) -> None:
    info = media.probe(SAMPLES / name)
    assert seconds[0] < info.duration < seconds[1]
    assert info.has_audio
    assert info.has_video is video


def test_the_town_halls_captions_stand_exactly_where_the_words_are(tmp_path: Path) -> None:
    seconds = media.extract_audio(SAMPLES / "town-hall.mp4", tmp_path / "sound.wav")
    captions = read_captions((SAMPLES / "town-hall.vtt").read_bytes(), filename="town-hall.vtt", duration=seconds)
    with wave.open(str(tmp_path / "sound.wav")) as wav:
        loud = np.abs(np.frombuffer(wav.readframes(wav.getnframes()), np.int16).astype(int)) > 150
    said = np.zeros(len(loud), bool)
    for cue in captions.segments:
        first, last = round(cue.start * 16_000), round(cue.end * 16_000)
        said[max(0, first - 800) : last + 800] = True
        assert loud[first : first + 2400].any()
        assert loud[last - 2400 : last].any()
    assert not loud[~said].any()
    assert captions.speakers == ("Maria Keller", "Daniel Okafor")
    assert 10 <= len(captions.segments) <= 20
    assert captions.notes == ()


def test_only_the_embedded_sample_has_captions_inside() -> None:
    found = media.subtitles(SAMPLES / "embedded-captions.mp4")
    assert found is not None
    assert found.language == "en"
    assert "stairs" in found.text
    assert media.subtitles(SAMPLES / "no-captions.mp4") is None


def test_the_records_can_be_read_and_fit_the_files() -> None:
    records = SAMPLES / "records"
    submitted = read_event((records / "video-submitted.json").read_bytes()).body
    assert isinstance(submitted, VideoSubmitted)
    assert submitted.uri.endswith("/samples/town-hall.mp4")
    assert submitted.captions_uri is not None
    assert submitted.captions_uri.endswith("/samples/town-hall.vtt")
    assert isinstance(read_event((records / "question-asked.json").read_bytes()).body, QuestionAsked)
    erasure = read_event((records / "erasure.json").read_bytes()).body
    assert isinstance(erasure, VideoErasureRequested)
    sha256 = hashlib.sha256((SAMPLES / "town-hall.mp4").read_bytes()).hexdigest()
    assert erasure.video_id == video_identifier(sha256)


def test_the_poison_record_can_not_be_read() -> None:
    with pytest.raises(BadRecord) as refused:
        read_event((SAMPLES / "records" / "poison.json").read_bytes())
    assert refused.value.code == "not_json"
