"""The summary of a video as a document. Versioned, since it is kept; times are seconds from the start of the video.

Whatever is quoted in it stands word for word in the transcript at the time that is given.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field, StringConstraints

from video_pipeline.model import Usage, Value
from video_pipeline.transcripts.model import Quality, Seconds

VERSION: Final = 1
EXTRACTIVE: Final = "extractive"
"""The engine that only quotes."""
TITLE_CHARS: Final = 120
TEXT_CHARS: Final = 600
_UNSHOWN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]+"
)

Kind = Literal["meeting", "lecture", "vlog", "other"]


def plain(text: object) -> object:
    """One line without what can't be seen or turns the direction of what follows."""
    return " ".join(_UNSHOWN.sub(" ", text).split()) if isinstance(text, str) else text


def visible(text: str) -> str:
    """The same text with blanks for what can't be seen or turns the direction of what follows."""
    return _UNSHOWN.sub(" ", text)


def shortened(text: str, most: int) -> str:
    """At most so many characters, cut between words if there is a place."""
    line = str(plain(text))
    if len(line) <= most:
        return line
    kept = line[: most - 1]
    return (kept.rpartition(" ")[0] or kept) + "…"


Line = Annotated[str, BeforeValidator(plain), StringConstraints(max_length=TEXT_CHARS)]
Title = Annotated[str, BeforeValidator(plain), StringConstraints(min_length=1, max_length=TITLE_CHARS)]


class Quote(Value):
    """Words of the transcript."""

    text: str
    start: Seconds
    end: Seconds
    speaker: str | None = None


class Statement(Value):
    """A sentence of the summary, and where in the video what it says is told."""

    text: Line
    start: Seconds


class TimeBlock(Value):
    """A part of the video about one subject.

    `points` say what it holds, `quotes` of the same number bear them out; with `engine` extractive both are the same.
    """

    number: Annotated[int, Field(ge=1)]
    start: Seconds
    end: Seconds
    title: Title
    points: tuple[Line, ...] = ()
    speakers: tuple[str, ...] = ()
    quotes: tuple[Quote, ...] = ()
    engine: str = EXTRACTIVE


class ActionItem(Value):
    """Something that somebody is to do. `owner` and `due` only if they were said."""

    text: Line
    owner: str | None = None
    due: str | None = None
    quote: Quote


class Chapter(Value):
    start: Seconds
    end: Seconds
    title: Title


class Summary(Value):
    """`dropped` counts what a model wrote and the transcript does not bear out: quotes not found, and what hung on
    them alone. `overview` is the summary sentence by sentence."""

    version: Literal[1] = VERSION
    video_id: UUID
    kind: Kind
    kind_reason: Line
    summary: str
    overview: tuple[Statement, ...] = ()
    time_blocks: tuple[TimeBlock, ...] = ()
    action_items: tuple[ActionItem, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    speakers: tuple[str, ...] = ()
    language: str | None = None
    quality: Quality
    duration: Seconds
    engine: str
    dropped: Annotated[int, Field(ge=0)] = 0
    usage: Usage | None = None
    notes: tuple[Line, ...] = ()


class KeptSummary(Value):
    """A summary as it is kept: of which transcript (its SHA-256), when, and by which request if somebody asked."""

    summary: Summary
    transcript: str
    request: UUID | None = None
    created_at: datetime

    @property
    def etag(self) -> str:
        """Changes whenever the summary does."""
        return hashlib.sha256(f"{self.created_at.isoformat()} {self.transcript}".encode()).hexdigest()[:32]


def chapters_of(blocks: tuple[TimeBlock, ...], duration: float) -> tuple[Chapter, ...]:
    """Chapters leave no gap: each lasts until the next one begins, the first from the very start."""
    starts = [0.0, *(block.start for block in blocks[1:])]
    ends = [*starts[1:], max(duration, starts[-1])]
    return tuple(
        Chapter(start=start, end=max(start, end), title=block.title)
        for start, end, block in zip(starts, ends, blocks, strict=False)
    )
