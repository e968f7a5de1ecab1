"""The one transcript model. Times are seconds from the start of the media, as floats rounded to the millisecond."""

from __future__ import annotations

import re
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

# Eleven days: far beyond any recording, and still a time that can be written.
Seconds = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Confidence = Annotated[float, Field(ge=0, le=1)]

TranscriptSource = Literal["sidecar", "embedded", "transcribe", "whisper", "pocketsphinx", "import", "none"]
Quality = Literal["captions", "recognised", "low"]
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,3}")
_NAME = 200


def primary_tag(language: str | None) -> str | None:
    """The language itself of a tag that may say more: `en` of `en-GB`."""
    return re.split("[-_]", language, maxsplit=1)[0].lower() if language else None


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Word(Frozen):
    """A spoken word with its own times; `text` carries attached punctuation."""

    text: str
    start: Seconds
    end: Seconds
    confidence: Confidence | None = None


class Segment(Frozen):
    """What one speaker says in one go. `words`, where the source gives them, joined by spaces are `text`."""

    start: Seconds
    end: Seconds
    text: str
    speaker: str | None = None
    words: tuple[Word, ...] = ()
    confidence: Confidence | None = None

    @field_validator("speaker", mode="before")
    @classmethod
    def _shown(cls, value: object) -> object:
        """A name that can be shown: what strangers' files call speakers may be anything."""
        if not isinstance(value, str) or (value.isprintable() and len(value) <= _NAME):
            return value
        return "".join(each for each in " ".join(value.split()) if each.isprintable())[:_NAME] or None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"segment ends at {self.end} before it starts at {self.start}")
        return self


class Transcript(Frozen):
    """Everything said in one video, in order of time.

    `quality`: `captions` were written or checked by people, `recognised` come from a speech recogniser, `low` from one
    whose text must not be relied on. `notes` are sentences for people about how it came about.
    """

    segments: tuple[Segment, ...]
    language: str | None = None
    source: TranscriptSource
    engine: str = ""
    quality: Quality = "recognised"
    confidence: Confidence | None = None
    duration: Seconds | None = None
    notes: tuple[str, ...] = ()

    @field_validator("language", mode="before")
    @classmethod
    def _tag(cls, value: object) -> object:
        """A language tag, or nothing: files may say anything here."""
        return value if not isinstance(value, str) or _LANGUAGE.fullmatch(value) else None

    @property
    def text(self) -> str:
        return " ".join(segment.text for segment in self.segments)

    @property
    def speakers(self) -> tuple[str, ...]:
        """Speaker labels in order of first appearance."""
        return tuple(dict.fromkeys(s.speaker for s in self.segments if s.speaker))

    @property
    def word_count(self) -> int:
        return sum(len(segment.text.split()) for segment in self.segments)


class Timing(NamedTuple):
    """Characters `[first, last)` of a passage's text were said from `start` to `end` by `speaker`.

    A tuple, since an hour of speech has ten thousand of them; in JSON an array of these five.
    """

    first: int
    last: int
    start: Seconds
    end: Seconds
    speaker: str | None = None


class Passage(Frozen):
    """A run of whole timed pieces of a transcript. `timings` are the finest the source has (words, else segments)."""

    position: int
    text: str
    start: Seconds
    end: Seconds
    tokens: int
    speakers: tuple[str, ...] = ()
    timings: tuple[Timing, ...] = ()
