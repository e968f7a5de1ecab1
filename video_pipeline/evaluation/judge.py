"""Judges what was found for a question, whatever the passages' size.

Systems cut differently, and long passages win any plain count of hits. So a meeting is laid out in cells of about 200
words along its turns, and cells are what is ranked: a passage stands for the cells of which it covers half or more,
else for the one it covers most of. Two layouts, begun 50 and 150 words in, are judged and averaged, so that nobody
gains by cutting where the judge cuts. A cell is relevant if half of it is gold or it holds half of all the gold; if
none is, the one with the most gold.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from statistics import fmean
from typing import Final, Self

from video_pipeline.evaluation.qmsum import Asked, Meeting, Range

_CELL: Final = 200
_FIRST_CELLS: Final = (50, 150)
_READ: Final = 1000
"""Words that a reader, or a model, is given."""


@dataclass(frozen=True)
class Passage:
    """Words of one meeting that were found."""

    meeting: str
    words: Range


@dataclass(frozen=True)
class Figures:
    """`gold_read`: the share of the gold within the first 1,000 words found; the others are over the ranked cells."""

    hit_5: float
    recall_5: float
    ndcg_10: float
    mrr_10: float
    gold_read: float

    @classmethod
    def mean(cls, several: Sequence[Self]) -> Self:
        return cls(**{each.name: fmean(getattr(one, each.name) for one in several) for each in fields(cls)})


class Judge:
    def __init__(self, meetings: Mapping[str, Meeting]) -> None:
        self._layouts = [{name: _cells(meeting, first) for name, meeting in meetings.items()} for first in _FIRST_CELLS]

    def judge(self, asked: Asked, found: Sequence[Passage]) -> Figures:
        """`found`: best first."""
        read = _gold_read(asked, found)
        return Figures.mean([_over_cells(layout, asked, found, read) for layout in self._layouts])


def _over_cells(cells: Mapping[str, Sequence[Range]], asked: Asked, found: Sequence[Passage], read: float) -> Figures:
    relevant = _relevant(cells[asked.meeting], asked.gold)
    ranked = dict.fromkeys((each.meeting, cell) for each in found for cell in _covered(cells[each.meeting], each.words))
    hits = [meeting == asked.meeting and cell in relevant for meeting, cell in ranked]
    first = next((place for place, hit in enumerate(hits[:10], start=1) if hit), None)
    return Figures(
        hit_5=float(any(hits[:5])),
        recall_5=sum(hits[:5]) / len(relevant),
        ndcg_10=_gain(hits[:10]) / _gain([True] * min(10, len(relevant))),
        mrr_10=1 / first if first else 0.0,
        gold_read=read,
    )


def _gain(hits: Iterable[bool]) -> float:
    return sum(1 / math.log2(place + 1) for place, hit in enumerate(hits, start=1) if hit)


def _cells(meeting: Meeting, first: int) -> list[Range]:
    """Whole turns up to 200 words together, the first cell up to `first`; a longer turn is cut into equal parts."""
    cells: list[Range] = []
    for begin, end in _pieces(meeting):
        room = first if len(cells) == 1 else _CELL
        if cells and end - cells[-1][0] <= room:
            cells[-1] = (cells[-1][0], end)
        else:
            cells.append((begin, end))
    return cells


def _pieces(meeting: Meeting) -> Iterator[Range]:
    for turn in meeting.turns:
        begin, words = turn.words[0], turn.words[1] - turn.words[0]
        parts = math.ceil(words / _CELL)
        for part in range(parts):
            yield begin + words * part // parts, begin + words * (part + 1) // parts


def _relevant(cells: Sequence[Range], gold: Sequence[Range]) -> set[int]:
    everything = sum(last - first for first, last in gold)
    held = [sum(_shared(cell, each) for each in gold) for cell in cells]
    enough = {
        number
        for number, (first, last) in enumerate(cells)
        if held[number] and (2 * held[number] >= last - first or 2 * held[number] >= everything)
    }
    return enough or {max(range(len(cells)), key=held.__getitem__)}


def _covered(cells: Sequence[Range], words: Range) -> list[int]:
    shared = {number: amount for number, cell in enumerate(cells) if (amount := _shared(cell, words))}
    half = [number for number, amount in shared.items() if 2 * amount >= cells[number][1] - cells[number][0]]
    return half or [max(shared, key=shared.__getitem__)] if shared else []


def _shared(one: Range, other: Range) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def _gold_read(asked: Asked, found: Sequence[Passage]) -> float:
    words = dict.fromkeys((each.meeting, word) for each in found for word in range(*each.words))
    read = list(words)[:_READ]
    gold = {word for each in asked.gold for word in range(*each)}
    return sum(meeting == asked.meeting and word in gold for meeting, word in read) / len(gold)
