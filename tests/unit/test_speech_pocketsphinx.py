"""How speech is cut and what is made of the decoder's answers, with an engine that says what the test wants."""

from __future__ import annotations

import sys
import wave
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from video_pipeline.errors import Misconfigured
from video_pipeline.model import ObjectRef
from video_pipeline.ports import SpeechRequest
from video_pipeline.speech import pocketsphinx
from video_pipeline.speech.pocketsphinx import NOTE, PocketsphinxRecogniser

FRAME = 960  # bytes: 30 ms


class LoudEndpointer:
    """Speech is what is not zero; three frames late, as the real one is late."""

    frame_bytes = FRAME
    _LAG = 3

    def __init__(self, *_: object) -> None:
        self.in_speech = False
        self.speech_start = 0.0
        self._queue: list[bytes] = []
        self._done = 0

    def process(self, frame: bytes) -> bytes | None:
        self._queue.append(frame)
        return self._next() if len(self._queue) > self._LAG else None

    def end_stream(self, frame: bytes) -> bytes | None:
        self._queue.append(frame)
        rest = b"".join(filter(None, [self._next() for _ in range(len(self._queue))]))
        self.in_speech = False
        return rest or None

    def _next(self) -> bytes | None:
        frame = self._queue.pop(0)
        loud = any(frame)
        if loud and not self.in_speech:
            self.speech_start = self._done * FRAME / 32_000
        ended = self.in_speech and not loud
        self.in_speech = loud
        self._done += 1
        return frame if loud or ended else None


@dataclass
class ScriptedDecoder:
    """Says `words` of every utterance, and remembers what it was given."""

    words: list[tuple[str, int, int, float]]
    given: list[bytes] = field(default_factory=list)

    def start_utt(self) -> None:
        pass

    def process_raw(self, pcm: bytes, no_search: bool, full: bool) -> None:
        assert full
        assert not no_search
        self.given.append(pcm)

    def end_utt(self) -> None:
        pass

    def hyp(self) -> object | None:
        return object() if self.words else None

    def seg(self) -> list[Any]:
        return [SimpleNamespace(word=w, start_frame=s, end_frame=e, prob=p) for w, s, e, p in self.words]


WORDS = [
    ("<s>", 0, 9, 1.0),
    ("hello", 10, 39, 0.9),
    ("<sil>", 40, 59, 1.0),
    ("[NOISE]", 60, 69, 1.0),
    ("the(2)", 70, 79, 1.0003),
    ("++UH++", 80, 85, 0.5),
    ("</s>", 86, 90, 1.0),
]


@pytest.fixture
def decoder(monkeypatch: pytest.MonkeyPatch) -> ScriptedDecoder:
    made = ScriptedDecoder(list(WORDS))
    engine = SimpleNamespace(Endpointer=LoudEndpointer, Decoder=lambda **_: made)
    monkeypatch.setitem(sys.modules, "pocketsphinx", engine)
    return made


def _request(folder: Path, *parts: tuple[float, int], language: str | None = None) -> SpeechRequest:
    """Sound of (seconds, level) one after the other."""
    samples = np.concatenate([np.full(round(seconds * 16_000), level, "<i2") for seconds, level in parts])
    with wave.open(str(folder / "sound.wav"), "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        out.writeframes(samples.tobytes())
    return SpeechRequest(
        job_id=UUID(int=1),
        audio=folder / "sound.wav",
        media=ObjectRef(bucket="media", key="a.mp4"),
        language=language,
        duration=len(samples) / 16_000,
    )


def test_fillers_go_and_words_stand_on_the_recordings_clock(decoder: ScriptedDecoder, tmp_path: Path) -> None:
    transcript = PocketsphinxRecogniser().transcribe(_request(tmp_path, (3.0, 0), (1.5, 500), (1.5, 0)))
    (segment,) = transcript.segments
    assert segment.text == "hello the"
    assert [(w.text, w.start, w.end) for w in segment.words] == [("hello", 3.1, 3.4), ("the", 3.7, 3.8)]
    assert [w.confidence for w in segment.words] == [0.9, 1.0]
    assert (segment.start, segment.end) == (3.1, 3.8)
    assert segment.confidence == pytest.approx(0.95)


def test_the_transcript_says_how_far_it_can_be_trusted(decoder: ScriptedDecoder, tmp_path: Path) -> None:
    transcript = PocketsphinxRecogniser().transcribe(_request(tmp_path, (1.5, 500)))
    assert (transcript.source, transcript.quality, transcript.language) == ("pocketsphinx", "low", "en-US")
    assert transcript.notes == (NOTE,)
    assert "do not rely" in NOTE


@pytest.mark.parametrize("tail", [0.0, 0.01])
def test_speech_that_ends_with_the_recording_is_heard_to_its_end(
    decoder: ScriptedDecoder, tmp_path: Path, tail: float
) -> None:
    PocketsphinxRecogniser().transcribe(_request(tmp_path, (0.3, 0), (1.5 + tail, 500)))
    assert sum(map(len, decoder.given)) == round((1.5 + tail) * 16_000) * 2


def test_speech_without_a_pause_is_cut_and_nothing_of_it_lost(
    decoder: ScriptedDecoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pocketsphinx, "_LONGEST", 2.0)
    monkeypatch.setattr(pocketsphinx, "_SEARCH", 1.0)
    request = _request(tmp_path, (1.5, 500), (0.1, 3), (3.0, 500))
    transcript = PocketsphinxRecogniser().transcribe(request)
    assert len(decoder.given) == 3
    assert 1.5 < len(decoder.given[0]) / 32_000 < 1.6  # at the quiet moment
    with wave.open(str(request.audio)) as whole:
        assert b"".join(decoder.given) == whole.readframes(whole.getnframes())
    starts = np.cumsum([0, *(len(pcm) / 32_000 for pcm in decoder.given[:-1])]) + 0.1
    assert [s.start for s in transcript.segments] == pytest.approx(list(starts), abs=0.001)


def test_sound_without_words_gives_no_segments(decoder: ScriptedDecoder, tmp_path: Path) -> None:
    decoder.words = [("<s>", 0, 9, 1.0), ("<sil>", 10, 90, 1.0)]
    transcript = PocketsphinxRecogniser().transcribe(_request(tmp_path, (1.5, 500)))
    assert transcript.segments == ()
    assert transcript.confidence is None
    decoder.words = []
    assert PocketsphinxRecogniser().transcribe(_request(tmp_path, (1.5, 500))).segments == ()


def test_progress_rises_while_sound_is_read(decoder: ScriptedDecoder, tmp_path: Path) -> None:
    told: list[float] = []
    PocketsphinxRecogniser().transcribe(_request(tmp_path, (60.0, 0)), progress=told.append)
    assert told == sorted(told)
    assert len(told) >= 5
    assert told[-1] <= 1.0


@pytest.mark.parametrize("language", ["de", "fr-FR", "zh_CN"])
def test_other_languages_are_refused_naming_what_helps(tmp_path: Path, language: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        PocketsphinxRecogniser().transcribe(_request(tmp_path, (0.1, 0), language=language))
    assert refused.value.code == "speech_language_unsupported"
    assert "whisper" in refused.value.hint
    assert "transcribe" in refused.value.hint


@pytest.mark.parametrize("language", [None, "en", "en-US", "en_us", "EN-GB"])
def test_english_is_accepted_however_it_is_written(
    decoder: ScriptedDecoder, tmp_path: Path, language: str | None
) -> None:
    assert PocketsphinxRecogniser().transcribe(_request(tmp_path, (1.0, 500), language=language)).segments


def test_a_missing_engine_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    with pytest.raises(Misconfigured) as refused:
        PocketsphinxRecogniser().transcribe(_request(tmp_path, (0.1, 0)))
    assert refused.value.code == "pocketsphinx_missing"
