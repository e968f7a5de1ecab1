"""What is made of faster-whisper's answers, with its own result classes and a model that says what the test wants."""

from __future__ import annotations

import math
import sys
import wave
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from video_pipeline.errors import Misconfigured, Unavailable
from video_pipeline.model import ObjectRef
from video_pipeline.ports import SpeechRequest
from video_pipeline.speech import whisper
from video_pipeline.speech.whisper import WhisperRecogniser

if find_spec("faster_whisper"):
    from faster_whisper.transcribe import Segment, TranscriptionInfo, Word
else:  # the package is optional
    Segment = TranscriptionInfo = Word = SimpleNamespace

needs_the_package = pytest.mark.skipif(not find_spec("faster_whisper"), reason="faster-whisper is not installed")


def _said(start: float, end: float, words: Sequence[tuple[str, float, float, float]], logprob: float = -0.2) -> Any:
    return Segment(
        id=1,
        seek=0,
        start=start,
        end=end,
        text="".join(word for word, *_ in words),
        tokens=[],
        avg_logprob=logprob,
        compression_ratio=1.0,
        no_speech_prob=0.0,
        words=[Word(word=w, start=s, end=e, probability=p) for w, s, e, p in words],
        temperature=0.0,
    )


@dataclass
class ScriptedModel:
    """Answers each piece of audio with the next of `script`; an error in it is raised."""

    script: list[list[Any] | Exception]
    language: str = "de"
    supported_languages: list[str] = field(default_factory=lambda: ["en", "de"])
    heard: list[dict[str, Any]] = field(default_factory=list)
    speech: float = 1.0

    def transcribe(self, audio: Any, **options: Any) -> tuple[Iterable[Any], Any]:
        self.heard.append({"seconds": len(audio) / 16_000, **options})
        answer = self.script[len(self.heard) - 1]
        if isinstance(answer, Exception):
            raise answer
        info = TranscriptionInfo(
            language=options["language"] or self.language,
            language_probability=0.9,
            duration=len(audio) / 16_000,
            duration_after_vad=self.speech,
            all_language_probs=None,
            transcription_options=None,
            vad_options=None,
        )
        return iter(answer), info


def _request(folder: Path, seconds: float = 5.0, language: str | None = None) -> SpeechRequest:
    path = folder / "sound.wav"
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        out.writeframes(np.zeros(round(seconds * 16_000), "<i2").tobytes())
    media = ObjectRef(bucket="media", key="a.mp4")
    return SpeechRequest(job_id=UUID(int=1), audio=path, media=media, language=language, duration=seconds)


def _recogniser(model: ScriptedModel) -> WhisperRecogniser:
    return WhisperRecogniser("small", load=lambda _name, _type: model)


HELLO = [(" Hello,", 0.5, 0.9, 0.9), (" it", 1.0, 1.2, 0.8), ("'s", 1.2, 1.3, 0.6), (" me.", 1.4, 1.9, 0.7)]


def test_segments_keep_words_times_and_confidence(tmp_path: Path) -> None:
    transcript = _recogniser(ScriptedModel([[_said(0.4, 2.0, HELLO)]])).transcribe(_request(tmp_path))
    assert (transcript.source, transcript.quality, transcript.language) == ("whisper", "recognised", "de")
    (segment,) = transcript.segments
    assert segment.text == "Hello, it's me."
    assert [(w.text, w.start, w.end) for w in segment.words] == [
        ("Hello,", 0.5, 0.9),
        ("it's", 1.0, 1.3),
        ("me.", 1.4, 1.9),
    ]
    assert segment.words[1].confidence == pytest.approx(0.7)
    assert segment.confidence == pytest.approx(math.exp(-0.2), abs=1e-3)
    assert transcript.confidence == segment.confidence
    assert " ".join(w.text for w in segment.words) == segment.text


def test_languages_without_spaces_keep_their_text(tmp_path: Path) -> None:
    words = [("你", 0.0, 0.2, 0.9), ("好", 0.2, 0.4, 0.9), ("。", 0.4, 0.4, 0.9)]
    transcript = _recogniser(ScriptedModel([[_said(0, 1, words)]])).transcribe(_request(tmp_path))
    assert transcript.text == "你好。"
    assert [(w.start, w.end) for w in transcript.segments[0].words] == [(0.0, 0.4)]


def test_long_sound_is_heard_in_pieces_on_one_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whisper, "_PIECE", 10.0)
    monkeypatch.setattr(whisper, "_SEARCH", 1.0)
    model = ScriptedModel([[_said(0.4, 2.0, HELLO)] for _ in range(3)])
    told: list[float] = []
    transcript = _recogniser(model).transcribe(_request(tmp_path, seconds=25.0), progress=told.append)
    offsets = [sum(each["seconds"] for each in model.heard[:n]) for n in range(3)]
    assert sum(each["seconds"] for each in model.heard) == pytest.approx(25.0)
    assert [s.start for s in transcript.segments] == pytest.approx([0.5 + offset for offset in offsets], abs=0.001)
    assert told == sorted(told)


def test_the_language_found_first_holds_for_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whisper, "_PIECE", 10.0)
    model = ScriptedModel([[], []])
    _recogniser(model).transcribe(_request(tmp_path, seconds=15.0))
    assert [each["language"] for each in model.heard] == [None, "de"]


def test_silence_has_no_language_and_no_words(tmp_path: Path) -> None:
    transcript = _recogniser(ScriptedModel([[_said(0, 1, HELLO)]], speech=0.0)).transcribe(_request(tmp_path))
    assert transcript.segments == ()
    assert transcript.language is None


def test_times_stay_within_the_sound(tmp_path: Path) -> None:
    words = [(" late", 4.5, 9.0, 0.9)]
    transcript = _recogniser(ScriptedModel([[_said(4.5, 9.0, words)]])).transcribe(_request(tmp_path, seconds=5.0))
    assert transcript.segments[0].end == 5.0


def test_a_segment_without_words_is_left_out(tmp_path: Path) -> None:
    transcript = _recogniser(ScriptedModel([[_said(0, 1, []), _said(1, 2, HELLO)]])).transcribe(_request(tmp_path))
    assert len(transcript.segments) == 1


def test_a_regional_language_is_asked_for_by_whispers_own_code(tmp_path: Path) -> None:
    model = ScriptedModel([[]])
    transcript = _recogniser(model).transcribe(_request(tmp_path, language="en-GB"))
    assert model.heard[0]["language"] == "en"
    assert model.heard[0]["vad_filter"]
    assert model.heard[0]["word_timestamps"]
    assert transcript.language == "en-GB"


def test_an_unknown_language_is_refused_before_anything_is_heard(tmp_path: Path) -> None:
    model = ScriptedModel([[]])
    with pytest.raises(Misconfigured) as refused:
        _recogniser(model).transcribe(_request(tmp_path, language="tlh"))
    assert refused.value.code == "speech_language_unsupported"
    assert model.heard == []


def test_a_failing_device_is_tried_again_later(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as failed:
        _recogniser(ScriptedModel([RuntimeError("CUDA out of memory")])).transcribe(_request(tmp_path))
    assert failed.value.code == "whisper_failed"


def test_the_model_is_loaded_once_and_only_when_needed(tmp_path: Path) -> None:
    loads: list[tuple[str, str]] = []

    def load(name: str, compute_type: str) -> ScriptedModel:
        loads.append((name, compute_type))
        return ScriptedModel([[], []])

    recogniser = WhisperRecogniser("small", "float32", load=load)
    assert loads == []
    for _ in range(2):
        recogniser.transcribe(_request(tmp_path))
    assert loads == [("small", "float32")]


@needs_the_package
@pytest.mark.parametrize("name", [None, "", "./models/small", "/no/such/folder", "someone/whisper-small", "smal"])
def test_a_folder_that_is_not_there_is_never_taken_for_a_download(tmp_path: Path, name: str | None) -> None:
    with pytest.raises(Misconfigured) as refused:
        WhisperRecogniser(name).transcribe(_request(tmp_path))
    assert refused.value.code == "whisper_model_missing"
    assert "WHISPER_MODEL" in refused.value.hint


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(Misconfigured) as refused:
        WhisperRecogniser("small").transcribe(_request(tmp_path))
    assert refused.value.code == "whisper_missing"


@needs_the_package
def test_a_folder_with_broken_weights_is_unusable(tmp_path: Path) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(Misconfigured) as refused:
        WhisperRecogniser(str(tmp_path)).transcribe(_request(tmp_path))
    assert refused.value.code == "whisper_model_unusable"
