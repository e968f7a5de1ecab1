"""The bundled recogniser: works everywhere without a key, hears badly, and says so."""

from __future__ import annotations

import importlib
import re
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from video_pipeline.errors import Misconfigured
from video_pipeline.ports import Progress, SpeechRequest
from video_pipeline.speech import wav
from video_pipeline.speech.result import base_language, bounded, mean, overall
from video_pipeline.transcripts.model import Segment, Transcript, Word

NOTE: Final = (
    "Recognised by a simple offline engine: many words are wrong. "
    "Use it to find your way around, do not rely on its wording."
)
_LANGUAGE: Final = "en-US"
_FRAMES_PER_SECOND: Final = 100
# Chosen on recorded speech: shorter windows cut words in half, laxer detection keeps noise.
_WINDOW, _RATIO, _MODE = 0.5, 0.9, 2
_LONGEST: Final = 30.0  # seconds in one go; speech without a pause is cut at its quietest moment
_SEARCH: Final = 5.0
_REPORT_EVERY: Final = 10.0
_FILLER = re.compile(r"[<\[+]")
_ALTERNATIVE = re.compile(r"\(\d+\)$")


@dataclass(frozen=True)
class _Utterance:
    """PCM of speech between two pauses; `start` in seconds."""

    start: float
    pcm: bytes


@dataclass(frozen=True)
class _Heard:
    """A piece of the speech that began at `start`; `ends`: a pause follows."""

    start: float
    pcm: bytes
    ends: bool


class PocketsphinxRecogniser:
    """American English only. Memory does not grow with the length of the audio."""

    name = "pocketsphinx"

    def transcribe(self, request: SpeechRequest, *, progress: Progress | None = None) -> Transcript:
        """A transcript of quality `low`. Raises `Misconfigured("speech_language_unsupported")` for other languages."""
        _check_language(request.language)
        decoder = _engine().Decoder(samprate=wav.RATE, loglevel="FATAL")
        segments = tuple(
            segment
            for utterance in _utterances(request, progress)
            if (segment := _recognise(decoder, utterance)) is not None
        )
        return Transcript(
            segments=segments,
            language=_LANGUAGE,
            source="pocketsphinx",
            engine=f"{self.name} en-us",
            quality="low",
            confidence=overall(segments),
            duration=round(request.duration, 3),
            notes=(NOTE,),
        )


def _engine() -> Any:
    """The library, imported when it is needed: other engines' installations may lack it."""
    try:
        return importlib.import_module("pocketsphinx")
    except ImportError as error:
        raise Misconfigured(
            "pocketsphinx_missing", "The bundled recogniser is not installed.", hint="Install the package pocketsphinx."
        ) from error


def _check_language(language: str | None) -> None:
    if language is not None and base_language(language) != "en":
        raise Misconfigured(
            "speech_language_unsupported",
            f"The bundled recogniser knows English only, and this is {language}.",
            hint="Send captions, or set SPEECH_ENGINE to whisper or transcribe.",
            language=language,
        )


def _utterances(request: SpeechRequest, progress: Progress | None) -> Iterator[_Utterance]:
    speech, start = b"", 0.0
    with wav.opened(request.audio) as audio:
        for heard in _endpoints(audio, progress):
            start = start if speech else heard.start
            speech += heard.pcm
            if heard.ends:
                yield _Utterance(start, speech)
                speech = b""
            elif len(speech) >= _LONGEST * wav.RATE * wav.WIDTH:
                cut = wav.quietest(speech, search=_SEARCH)
                yield _Utterance(start, speech[:cut])
                start, speech = start + cut / wav.WIDTH / wav.RATE, speech[cut:]
    if speech:
        yield _Utterance(start, speech)


def _endpoints(audio: wave.Wave_read, progress: Progress | None) -> Iterator[_Heard]:
    """Speech as it is found, in small pieces. The endpointer lags behind, so the last frame has to flush it."""
    endpointer = _engine().Endpointer(_WINDOW, _RATIO, _MODE, wav.RATE)
    total, reported = audio.getnframes(), 0
    while frame := audio.readframes(endpointer.frame_bytes // wav.WIDTH):
        position = audio.tell()
        pcm = endpointer.process(frame) if position < total else endpointer.end_stream(frame)
        if pcm:
            yield _Heard(endpointer.speech_start, pcm, ends=not endpointer.in_speech)
        if progress and position - reported >= _REPORT_EVERY * wav.RATE:
            progress(position / total)
            reported = position


def _recognise(decoder: Any, utterance: _Utterance) -> Segment | None:
    """One segment for one utterance; None when there are no words in it."""
    decoder.start_utt()
    # The whole utterance at once: levels are then normalised over it, which halves the errors of its first words.
    decoder.process_raw(utterance.pcm, False, True)
    decoder.end_utt()
    if decoder.hyp() is None:
        return None
    words = tuple(_words(decoder, utterance.start))
    if not words:
        return None
    return Segment(
        start=words[0].start,
        end=words[-1].end,
        text=" ".join(word.text for word in words),
        words=words,
        confidence=mean([word.confidence for word in words if word.confidence is not None]),
    )


def _words(decoder: Any, start: float) -> Iterator[Word]:
    for heard in decoder.seg():
        if _FILLER.match(heard.word):
            continue
        yield Word(
            text=_ALTERNATIVE.sub("", heard.word),
            start=round(start + heard.start_frame / _FRAMES_PER_SECOND, 3),
            end=round(start + (heard.end_frame + 1) / _FRAMES_PER_SECOND, 3),
            confidence=bounded(heard.prob),
        )
