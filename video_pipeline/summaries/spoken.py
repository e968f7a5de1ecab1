"""A transcript as sentences, each with its exact time, and as one text in which any words can be found and timed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from video_pipeline.quoting import quotes
from video_pipeline.transcripts.model import Passage, Timing, Transcript
from video_pipeline.transcripts.packing import pack

# Long enough for any sentence, short enough that finding sentences takes time in proportion to their number.
_PASSAGE_CHARS: Final = 1600


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of one speaker: characters `[first, last)` of `Spoken.text`."""

    text: str
    first: int
    last: int
    start: float
    end: float
    speaker: str | None

    @property
    def words(self) -> int:
        return len(self.text.split())


class Spoken:
    """Everything said in one video."""

    def __init__(self, transcript: Transcript) -> None:
        self.language = transcript.language
        self.quality = transcript.quality
        parts: list[str] = []
        self._timings: list[Timing] = []
        self.sentences: list[Said] = []
        offset = 0
        for passage in pack(transcript, _characters, budget=_PASSAGE_CHARS, minimum=0):
            parts.append(passage.text)
            self._timings += _moved(passage.timings, offset)
            self.sentences += _said(passage, offset)
            offset += len(passage.text) + 1
        self.text = "\n".join(parts)
        self.duration = max(transcript.duration or 0.0, self.sentences[-1].end if self.sentences else 0.0)

    def passage(self, first: int, last: int) -> Passage:
        """What stands at characters `[first, last)`, as a passage of its own."""
        begin = bisect_right(self._timings, first, key=lambda timing: timing.last)
        end = bisect_left(self._timings, last, key=lambda timing: timing.first)
        timings = [
            Timing(max(0, each.first - first), min(each.last, last) - first, each.start, each.end, each.speaker)
            for each in self._timings[begin:end]
        ]
        return Passage(
            position=0,
            text=self.text[first:last],
            start=timings[0].start if timings else 0.0,
            end=max((each.end for each in timings), default=0.0),
            tokens=0,
            timings=tuple(timings),
        )

    @cached_property
    def words_of(self) -> dict[str | None, int]:
        """How many words each speaker says, who says most first."""
        counted: dict[str | None, int] = {}
        for each in self.sentences:
            counted[each.speaker] = counted.get(each.speaker, 0) + each.words
        return dict(sorted(counted.items(), key=lambda item: -item[1]))


def _characters(texts: Sequence[str]) -> list[int]:
    return [len(text) - text.count(" ") for text in texts]


def _moved(timings: Sequence[Timing], by: int) -> list[Timing]:
    return [Timing(each.first + by, each.last + by, each.start, each.end, each.speaker) for each in timings]


def _said(passage: Passage, offset: int) -> list[Said]:
    return [
        Said(" ".join(each.text.split()), offset + each.first, offset + each.last, each.start, each.end, each.speaker)
        for each in quotes(passage)
    ]
