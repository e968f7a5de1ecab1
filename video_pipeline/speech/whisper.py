"""faster-whisper: good transcripts on one's own machine, from a model folder or a model's name."""

from __future__ import annotations

import importlib
import math
import threading
import wave
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from video_pipeline.errors import Misconfigured, Unavailable
from video_pipeline.ports import Progress, SpeechRequest
from video_pipeline.speech import wav
from video_pipeline.speech.result import base_language, bounded, mean, overall
from video_pipeline.transcripts.model import Segment, Transcript, Word

# The library keeps features of all audio it is given in memory, some 700 MB an hour, so it is given ten minutes.
_PIECE: Final = 600.0
_SEARCH: Final = 30.0
_NEEDED_FILES: Final = ("model.bin", "config.json", "tokenizer.json")


class WhisperModel(Protocol):
    """The part of `faster_whisper.WhisperModel` that is used."""

    @property
    def supported_languages(self) -> list[str]: ...
    def transcribe(
        self, audio: Any, *, language: str | None, word_timestamps: bool, vad_filter: bool
    ) -> tuple[Iterable[Any], Any]: ...


class WhisperRecogniser:
    """`model`: a folder with a converted model, or one of faster-whisper's names, whose weights it then downloads.

    The model is loaded at the first use and kept; threads share it.
    """

    name = "whisper"

    def __init__(
        self, model: str | None, compute_type: str = "int8", *, load: Callable[[str, str], WhisperModel] | None = None
    ) -> None:
        self._model_name = model
        self._compute_type = compute_type
        self._load = load or load_model
        self._lock = threading.Lock()
        self._model: WhisperModel | None = None

    def transcribe(self, request: SpeechRequest, *, progress: Progress | None = None) -> Transcript:
        """Raises `Misconfigured` (whisper_missing, whisper_model_missing, speech_language_unsupported)."""
        model = self._loaded()
        listener = _Listener(model, _checked_language(model, request.language))
        segments: list[Segment] = []
        with wav.opened(request.audio) as audio:
            total = wav.seconds(audio)
            for segment in listener.listen(audio):
                segments.append(segment)
                if progress:
                    progress(min(1.0, segment.end / total))
        return Transcript(
            segments=tuple(segments),
            language=request.language or listener.language,
            source="whisper",
            engine=f"faster-whisper {Path(self._model_name or '').name}",
            quality="recognised",
            confidence=overall(segments),
            duration=round(request.duration, 3),
        )

    def _loaded(self) -> WhisperModel:
        with self._lock:
            if self._model is None:
                self._model = self._load(self._model_name or "", self._compute_type)
            return self._model


def load_model(model: str, compute_type: str) -> WhisperModel:
    """Loads a folder or a known name. A folder that does not exist is never taken for the name of a download."""
    try:
        library = importlib.import_module("faster_whisper")
    except ImportError as error:
        raise Misconfigured(
            "whisper_missing", "The recogniser faster-whisper is not installed.", hint="Install faster-whisper."
        ) from error
    names = library.available_models()
    if model not in names:
        _check_folder(model, names)
    try:
        loaded: WhisperModel = library.WhisperModel(model, compute_type=compute_type)
    except (RuntimeError, ValueError, OSError) as error:
        raise Misconfigured(
            "whisper_model_unusable",
            f"The whisper model {model} can't be loaded.",
            hint="Check WHISPER_MODEL and WHISPER_COMPUTE_TYPE; a name needs the network once, a folder does not.",
            cause=str(error),
        ) from error
    return loaded


def _check_folder(model: str, names: Sequence[str]) -> None:
    missing = [name for name in _NEEDED_FILES if not model or not (Path(model) / name).is_file()]
    if missing:
        raise Misconfigured(
            "whisper_model_missing",
            f"There is no whisper model at {model!r}: {', '.join(missing)} not found.",
            hint=f"Set WHISPER_MODEL to the folder of a converted model, or to one of {', '.join(names)}.",
        )


def _checked_language(model: WhisperModel, language: str | None) -> str | None:
    """Whisper's own code of a language."""
    if language is None:
        return None
    base = base_language(language)
    if base not in model.supported_languages:
        raise Misconfigured(
            "speech_language_unsupported",
            f"The whisper model does not know the language {language}.",
            hint="Use a model for many languages, or leave the language out to have it detected.",
            language=language,
        )
    return base


class _Listener:
    """Hears a recording piece by piece; the language found in the first piece with speech holds for the rest."""

    def __init__(self, model: WhisperModel, language: str | None) -> None:
        self.language = language
        self._model = model

    def listen(self, audio: wave.Wave_read) -> Iterator[Segment]:
        latest = 0.0
        for start, pcm in wav.pieces(audio, length=_PIECE, search=_SEARCH):
            end = start + len(pcm) / wav.WIDTH / wav.RATE
            for said in self._hear(pcm):
                segment = _segment(said, start, end)
                if segment is not None and segment.start >= latest:
                    latest = segment.start
                    yield segment

    def _hear(self, pcm: bytes) -> Iterator[Any]:
        """Raises `Unavailable("whisper_failed")`: what goes wrong here is memory or a device, not the recording."""
        try:
            said, info = self._model.transcribe(
                wav.floats(pcm), language=self.language, word_timestamps=True, vad_filter=True
            )
            if info.duration_after_vad > 0:
                self.language = self.language or info.language
                yield from said
        except RuntimeError as error:
            raise Unavailable("whisper_failed", "The speech recogniser failed.", cause=str(error)) from error


def _segment(said: Any, offset: float, limit: float) -> Segment | None:
    """On the recording's clock; None without words."""
    words = tuple(_words(said.words or [], offset, limit))
    text = " ".join(word.text for word in words) if words else said.text.strip()
    if not text:
        return None
    start, end = (words[0].start, words[-1].end) if words else _times(said, offset, limit)
    return Segment(start=start, end=end, text=text, words=words, confidence=bounded(math.exp(said.avg_logprob)))


def _words(heard: Sequence[Any], offset: float, limit: float) -> Iterator[Word]:
    """Whisper's words begin with a space; one that does not belongs to the one before (Chinese has few spaces)."""
    for group in _groups(heard):
        text = "".join(each.word for each in group).strip()
        if text:
            start, _ = _times(group[0], offset, limit)
            _, end = _times(group[-1], offset, limit)
            yield Word(text=text, start=start, end=max(start, end), confidence=mean([e.probability for e in group]))


def _groups(heard: Sequence[Any]) -> Iterator[list[Any]]:
    group: list[Any] = []
    for each in heard:
        if group and each.word.startswith(" "):
            yield group
            group = []
        group.append(each)
    if group:
        yield group


def _times(said: Any, offset: float, limit: float) -> tuple[float, float]:
    start = round(min(limit, max(0.0, offset + said.start)), 3)
    return start, round(max(start, min(limit, offset + said.end)), 3)
