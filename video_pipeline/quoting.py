"""Finds the sentences of a passage, as ranges of its characters, so that each can be quoted and timed exactly.

Works on any script: what ends a sentence is a mark of the text, not a model of a language. Recognisers that write no
marks leave runs of words; those are cut where the speakers pause.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from video_pipeline.transcripts.model import Passage, Timing

_QUOTABLE: Final = 320
"""A longer run of characters is cut, if there is a place to cut it."""
_AROUND_MIDDLE: Final = 0.3
"""How far from its middle, as a share of its length: no piece is a mere scrap."""

_CLOSING = "[\"'”’»›)\\]」』）]*"
_END = re.compile(rf"[.!?…]+{_CLOSING}(?=\s)|[。！？]+{_CLOSING}|[؟।॥።]+{_CLOSING}(?=\s|$)")
_LAST_WORD = re.compile(r"[^\W\d_]+(?:\.[^\W\d_]+)*$")
# Words after which a full stop ends nothing, in the languages most often met.
_SHORTENED: Final = re.compile(
    r"mrs?|ms|dr|prof|sra?|st|vs|approx|inc|ltd|corp|jr|gen|capt|lt|rev|hon|dept|fig|vol|"
    r"e\.g|i\.e|z\.b|d\.h|u\.a|bzw|bspw|ca|nr|mme|mlle|p\.ej",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Sentence:
    """Characters `[first, last)` of a passage, said from `start` to `end` by one speaker."""

    text: str
    first: int
    last: int
    start: float
    end: float
    speaker: str | None


def sentences(passage: Passage) -> list[Sentence]:
    """In order; together they are the whole passage but for the blanks between them."""
    cuts = sorted({0, len(passage.text), *_ends(passage.text), *_turns(passage.timings)})
    spans = [piece for first, last in pairwise(cuts) for piece in _quotable(passage, first, last)]
    return [_timed(passage, *trimmed) for span in spans if (trimmed := _trimmed(passage.text, *span))]


def _ends(text: str) -> Iterator[int]:
    for match in _END.finditer(text):
        # A small letter after a full stop or a closing quote goes on with the sentence; after a bare "?" it need not,
        # since some recognisers write small letters only.
        rest = text[match.end() :].lstrip()
        goes_on = rest[:1].islower() and match.group()[-1] not in "?!"
        if not goes_on and not (match.group() == "." and _is_shortened(text[: match.start()])):
            yield match.end()


def _is_shortened(before: str) -> bool:
    """Whether the full stop after `before` belongs to an abbreviation or an initial."""
    match = _LAST_WORD.search(before[-20:])
    if match is None:
        return False
    word = match.group()
    return _SHORTENED.fullmatch(word) is not None or (len(word) == 1 and word.isupper() and word != "I")


def _turns(timings: Sequence[Timing]) -> Iterator[int]:
    """Where another one begins to speak: a quote has one speaker."""
    for before, after in pairwise(timings):
        if before.speaker != after.speaker:
            yield after.first


def _quotable(passage: Passage, first: int, last: int) -> Iterator[tuple[int, int]]:
    """The range itself, or, if it is too long to quote, its pieces between the longest pauses."""
    cut = _longest_pause(passage.timings, first, last) if last - first > _QUOTABLE else None
    if cut is None:
        yield first, last
    else:
        yield from _quotable(passage, first, cut)
        yield from _quotable(passage, cut, last)


def _longest_pause(timings: Sequence[Timing], first: int, last: int) -> int | None:
    """Before the word that follows the longest pause, of equal ones the one nearest to the middle; never at the edges."""
    middle, reach = (first + last) / 2, (last - first) * _AROUND_MIDDLE
    pauses = [
        (round(after.start - before.end, 1), -abs(after.first - middle), after.first)
        for before, after in pairwise(_within(timings, first, last))
        if abs(after.first - middle) <= reach
    ]
    return max(pauses)[2] if pauses else None


def _trimmed(text: str, first: int, last: int) -> tuple[int, int] | None:
    piece = text[first:last]
    first += len(piece) - len(piece.lstrip())
    last -= len(piece) - len(piece.rstrip())
    return (first, last) if first < last else None


def _timed(passage: Passage, first: int, last: int) -> Sentence:
    text = passage.text[first:last]
    said = _within(passage.timings, first, last)
    if not said:
        # Nothing finer is known than the passage itself.
        speaker = passage.speakers[0] if len(passage.speakers) == 1 else None
        return Sentence(text, first, last, passage.start, passage.end, speaker)
    end = max(timing.end for timing in said)
    return Sentence(text, first, last, said[0].start, end, said[0].speaker)


def _within(timings: Sequence[Timing], first: int, last: int) -> Sequence[Timing]:
    """The timings that share characters with `[first, last)`."""
    begin = bisect_right(timings, first, key=lambda timing: timing.last)
    end = bisect_left(timings, last, key=lambda timing: timing.first)
    return timings[begin:end]
