"""Reads what Amazon Transcribe writes: batch job output with or without speaker labels, channels and languages."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from statistics import fmean
from typing import Annotated, Any, Final, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from video_pipeline.errors import BadCaptions
from video_pipeline.transcripts.documents import load_object
from video_pipeline.transcripts.model import Seconds, Segment, Transcript, Word

_CODE: Final = "transcribe_malformed"
_WHAT: Final = "The Amazon Transcribe result"
# A silence of this many seconds ends a segment even within a sentence.
_PAUSE: Final = 1.5
_SENTENCE_ENDS: Final = frozenset(".?!。？！।؟")
_OPENING: Final = frozenset("¿¡([{«“„‘「『（")


def _clean(text: object) -> object:
    """Half a surrogate pair is legal in JSON and in nothing else; NUL is refused by PostgreSQL."""
    if not isinstance(text, str):
        return text
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return " ".join(whole.replace("\0", " ").split())


_Text = Annotated[str, BeforeValidator(_clean)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Alternative(_Part):
    content: _Text = ""
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None


class _Item(_Part):
    """A word, or with `type` punctuation a mark that belongs to the word before it."""

    type: str = "pronunciation"
    id: int | None = None
    alternatives: tuple[_Alternative, ...] = ()
    start_time: Seconds | None = None
    end_time: Seconds | None = None
    speaker_label: _Text | None = None
    channel_label: _Text | None = None

    @property
    def best(self) -> _Alternative:
        return self.alternatives[0] if self.alternatives else _Alternative()

    @property
    def is_mark(self) -> bool:
        return self.type == "punctuation"

    @model_validator(mode="after")
    def _timed(self) -> Self:
        if not self.is_mark and self.start_time is None:
            raise ValueError("a word has no start_time")
        return self


class _LabelledSpan(_Part):
    start_time: Seconds
    end_time: Seconds
    speaker_label: _Text | None = None
    items: tuple[_LabelledSpan, ...] = ()


class _SpeakerLabels(_Part):
    segments: tuple[_LabelledSpan, ...] = ()


class _AudioSegment(_Part):
    speaker_label: _Text | None = None
    items: tuple[int, ...] = ()


class _Channel(_Part):
    channel_label: _Text | None = None
    items: tuple[_Item, ...] = ()


class _Channels(_Part):
    channels: tuple[_Channel, ...] = ()


class _Language(_Part):
    code: str | None = None
    language_code: str | None = None
    score: float = 0.0
    duration_in_seconds: float = 0.0

    @property
    def name(self) -> str | None:
        return self.code or self.language_code


class _Results(_Part):
    items: tuple[_Item, ...]
    speaker_labels: _SpeakerLabels | None = None
    channel_labels: _Channels | None = None
    audio_segments: tuple[_AudioSegment, ...] = ()
    language_code: str | None = None
    language_identification: tuple[_Language, ...] = ()
    language_codes: tuple[_Language, ...] = ()


class _Spoken(NamedTuple):
    """A word with its marks, and who said it; `part` is the service's own segment, where it has any."""

    word: Word
    speaker: str | None
    part: int | None


def read_transcribe(data: bytes) -> Transcript:
    """The transcript in Amazon Transcribe's own JSON: word times and confidences, cut into segments where the speaker
    changes, at sentence ends, at pauses and where the service cut. A result without words gives no segments.
    Raises `BadCaptions("transcribe_malformed")` for any other shape.
    """
    return transcribe_from(load_object(data, code=_CODE, what=_WHAT))


def transcribe_from(document: dict[str, Any]) -> Transcript:
    """Like `read_transcribe`, of JSON that is parsed already."""
    try:
        results = _Results.model_validate(document.get("results"))
        root = _Language(language_code=document.get("language_code"))
    except ValidationError as error:
        raise _refusal(error) from error
    segments = [segment for items in _sequences(results) for segment in _segments(results, items)]
    return Transcript(
        segments=tuple(sorted(segments, key=lambda segment: segment.start)),
        language=_language(results) or root.name,
        source="transcribe",
        engine="amazon-transcribe",
        quality="recognised",
        confidence=_mean(word for segment in segments for word in segment.words),
        notes=() if segments else ("Amazon Transcribe heard no words.",),
    )


def _refusal(error: ValidationError) -> BadCaptions:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = ".".join(["results", *map(str, first["loc"])])
    return BadCaptions(
        _CODE,
        f"{_WHAT} does not have the shape that the service writes: {where}: {first['msg']}.",
        hint="Send the JSON file as the service wrote it, with results.items.",
    )


def _sequences(results: _Results) -> Iterable[Sequence[_Item]]:
    """What is said on one channel is one sequence: people on two channels talk at the same time."""
    sequences: dict[str | None, list[_Item]] = {}
    for item in results.items:
        sequences.setdefault(item.channel_label, []).append(item)
    channels = results.channel_labels.channels if results.channel_labels else ()
    if set(sequences) <= {None} and any(channel.items for channel in channels):
        return [[_on_channel(item, channel.channel_label) for item in channel.items] for channel in channels]
    return sequences.values()


def _on_channel(item: _Item, label: str | None) -> _Item:
    return item.model_copy(update={"channel_label": item.channel_label or label})


def _segments(results: _Results, items: Sequence[_Item]) -> Iterator[Segment]:
    group: list[_Spoken] = []
    for each in _spoken(results, items):
        if group and _ends(group[-1], each):
            yield _segment(group)
            group = []
        group.append(each)
    if group:
        yield _segment(group)


def _spoken(results: _Results, items: Sequence[_Item]) -> Iterator[_Spoken]:
    labels = _Speakers(results.speaker_labels)
    parts = {item: number for number, part in enumerate(results.audio_segments) for item in part.items}
    for item, word in _words(items):
        part = parts.get(item.id) if item.id is not None else None
        by_part = results.audio_segments[part].speaker_label if part is not None else None
        speaker = item.speaker_label or labels.at(item) or by_part or item.channel_label
        yield _Spoken(word, speaker or None, part)


def _words(items: Iterable[_Item]) -> Iterator[tuple[_Item, Word]]:
    """Words in order with their marks attached: closing ones to the word before, opening ones to the word after."""
    held: tuple[_Item, Word] | None = None
    opening = ""
    for item in items:
        content = item.best.content
        if item.is_mark and content[:1] in _OPENING:
            opening += content
        elif item.is_mark:
            held = (held[0], held[1].model_copy(update={"text": held[1].text + content})) if held else None
        elif content:
            if held:
                yield held
            held, opening = (item, _word(item, opening + content)), ""
    if held:
        yield held


def _word(item: _Item, text: str) -> Word:
    start = round(item.start_time or 0.0, 3)
    end = start if item.end_time is None else max(start, round(item.end_time, 3))
    return Word(text=text, start=start, end=end, confidence=item.best.confidence)


class _Speakers:
    """Older results label speakers in a list of their own; words are found there by their times."""

    def __init__(self, labels: _SpeakerLabels | None) -> None:
        spans = sorted(labels.segments, key=lambda span: span.start_time) if labels else []
        self._spans = spans
        self._starts = [span.start_time for span in spans]
        self._words = {
            (item.start_time, item.end_time): item.speaker_label or span.speaker_label
            for span in spans
            for item in span.items
        }

    def at(self, item: _Item) -> str | None:
        if item.start_time is None:
            return None
        exact = self._words.get((item.start_time, item.end_time or item.start_time))
        if exact:
            return exact
        before = bisect_right(self._starts, item.start_time)
        span = self._spans[before - 1] if before else None
        return span.speaker_label if span and item.start_time <= span.end_time else None


def _ends(last: _Spoken, following: _Spoken) -> bool:
    return (
        last.speaker != following.speaker
        or last.part != following.part
        or last.word.text[-1] in _SENTENCE_ENDS
        or following.word.start - last.word.end > _PAUSE
    )


def _segment(group: list[_Spoken]) -> Segment:
    words = tuple(each.word for each in group)
    return Segment(
        start=min(word.start for word in words),
        end=max(word.end for word in words),
        text=" ".join(word.text for word in words),
        speaker=group[0].speaker,
        words=words,
        confidence=_mean(words),
    )


def _mean(words: Iterable[Word]) -> float | None:
    known = [word.confidence for word in words if word.confidence is not None]
    return round(fmean(known), 4) if known else None


def _language(results: _Results) -> str | None:
    if results.language_code:
        return results.language_code
    found = [*results.language_identification, *results.language_codes]
    return max(found, key=lambda each: (each.score, each.duration_in_seconds)).name if found else None
