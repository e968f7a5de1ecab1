"""Finds what can be quoted of a passage: its sentences, as ranges of its characters, each timed exactly.

Where sentences end is told by the marks of any script. Recognisers that write no marks leave runs of words; those are
cut where the speakers pause.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from video_pipeline.transcripts.model import Passage, Timing
from video_pipeline.transcripts.scripts import has_unsegmented
from video_pipeline.transcripts.sentences import sentences

_QUOTABLE: Final = 320
"""A longer run of characters is cut, if there is a place to cut it."""
_AROUND_MIDDLE: Final = 0.3
"""How far from its middle, as a share of its length: no piece is a mere scrap."""
_SCRAP_WORDS: Final = 4
"""A sentence of fewer words says nothing alone."""


@dataclass(frozen=True)
class Quote:
    """Characters `[first, last)` of a passage, said from `start` to `end`; None for `speaker` also when several do."""

    text: str
    first: int
    last: int
    start: float
    end: float
    speaker: str | None


def quotes(passage: Passage) -> list[Quote]:
    """In order; together they are the whole passage but for the blanks between them."""
    turns = set(_turns(passage.timings))
    cuts = sorted({0, len(passage.text), *_ends(passage.text), *turns})
    whole = _without_scraps(passage.text, cuts, turns)
    spans = [piece for first, last in whole for piece in _quotable(passage, first, last)]
    return [timed(passage, *trimmed) for span in spans if (trimmed := _trimmed(passage.text, *span))]


def _without_scraps(text: str, cuts: Sequence[int], turns: Set[int]) -> Iterator[tuple[int, int]]:
    """The ranges between the cuts; "And the office." goes with what the same speaker says next of it."""
    first = cuts[0]
    for last in cuts[1:]:
        scrap = len(text[first:last].split()) < _SCRAP_WORDS and not has_unsegmented(text[first:last])
        if not scrap or last in turns or last == len(text):
            yield first, last
            first = last


def _ends(text: str) -> Iterator[int]:
    for _, last in sentences(text):
        # A small letter after a full stop or a closing quote goes on with the sentence; after a bare "?" it need not,
        # since some recognisers write small letters only.
        goes_on = text[last:].lstrip()[:1].islower() and text[last - 1] not in "?!"
        if not goes_on:
            yield last


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
    """Before the word after the longest pause, of equal ones the one nearest to the middle; never at the edges."""
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


def timed(passage: Passage, first: int, last: int) -> Quote:
    """Those characters with their time; the speaker only if a single one says them."""
    text = passage.text[first:last]
    said = _within(passage.timings, first, last)
    if not said:
        # Nothing finer is known than the passage itself.
        return Quote(text, first, last, passage.start, passage.end, _only(passage.speakers))
    end = max(timing.end for timing in said)
    return Quote(text, first, last, said[0].start, end, _only([timing.speaker for timing in said]))


def _only(speakers: Sequence[str | None]) -> str | None:
    return speakers[0] if len(set(speakers)) == 1 else None


def _within(timings: Sequence[Timing], first: int, last: int) -> Sequence[Timing]:
    """The timings that share characters with `[first, last)`."""
    begin = bisect_right(timings, first, key=lambda timing: timing.last)
    end = bisect_left(timings, last, key=lambda timing: timing.first)
    return timings[begin:end]
