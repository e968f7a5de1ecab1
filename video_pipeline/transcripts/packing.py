"""Packs a transcript into passages for search: whole timed segments, up to a budget of tokens, with exact times."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Final, NamedTuple

from video_pipeline.transcripts.model import Passage, Timing, Transcript
from video_pipeline.transcripts.sentences import ends_sentence
from video_pipeline.transcripts.units import Counter, Unit, units_of

# A better place to end may cost this share of the budget, no more.
_GIVE_UP: Final = 0.4


class _Run(NamedTuple):
    """The units `[first, last)` and their tokens."""

    first: int
    last: int
    tokens: int


def pack(transcript: Transcript, counter: Counter, *, budget: int, minimum: int) -> list[Passage]:
    """Passages in order that together hold every word of the transcript once.

    No passage has more than `budget` tokens, except one that is a single word. They end at the end of a sentence or
    where the speaker changes, if such a place is near; one of fewer than `minimum` tokens joins a neighbour if it fits.
    A segment over `budget` is cut at sentence ends, else between words; words of Chinese, Japanese, Thai and the like
    that are longer than that, between letters.

    A passage's text has single spaces, and a new line for each change of speaker; labels stand in `timings` only.
    Times are those of the words. Segments without words count as a whole; the parts of one that had to be cut share
    its time in proportion to their characters, so that those are exact to the segment only.
    """
    units = list(units_of(transcript.segments, counter, budget))
    runs = _merged(units, _runs(units, budget, minimum), budget, minimum)
    return [_passage(position, units[run.first : run.last], run.tokens) for position, run in enumerate(runs)]


def _runs(units: Sequence[Unit], budget: int, minimum: int) -> list[_Run]:
    runs: list[_Run] = []
    first = total = position = 0
    while position < len(units):
        unit = units[position]
        if position > first and (total + unit.tokens > budget or unit.apart):
            run = _best_run(units, _Run(first, position, total), max(minimum, int(budget * (1 - _GIVE_UP))))
            runs.append(run)
            first, total = run.last, total - run.tokens
        else:
            total += unit.tokens
            position += 1
    if units:
        runs.append(_Run(first, position, total))
    return runs


def _best_run(units: Sequence[Unit], full: _Run, least: int) -> _Run:
    """`full`, or a beginning of it with at least `least` tokens that ends at a better place."""
    if units[full.last].apart:
        return full
    best, quality = full, _quality(units, full.last)
    tokens = full.tokens
    for last in range(full.last - 1, full.first, -1):
        tokens -= units[last].tokens
        if quality == 3 or tokens < least:
            break
        if not units[last].apart and _quality(units, last) > quality:
            best, quality = _Run(full.first, last, tokens), _quality(units, last)
    return best


def _quality(units: Sequence[Unit], position: int) -> int:
    """How good it is to end before `position`: 2 for the end of a sentence and 1 for that of a speaker's turn."""
    return 2 * ends_sentence(units[position - 1].text) + (units[position - 1].speaker != units[position].speaker)


def _merged(units: Sequence[Unit], runs: Sequence[_Run], budget: int, minimum: int) -> list[_Run]:
    merged: list[_Run] = []
    for run in runs:
        last = merged[-1] if merged else None
        if (
            last is not None
            and min(last.tokens, run.tokens) < minimum
            and last.tokens + run.tokens <= budget
            and not units[run.first].apart
        ):
            merged[-1] = _Run(last.first, run.last, last.tokens + run.tokens)
        else:
            merged.append(run)
    return merged


def _passage(position: int, units: Sequence[Unit], tokens: int) -> Passage:
    parts: list[str] = []
    timings: list[Timing] = []
    offset = 0
    speaker = units[0].speaker
    for unit in units:
        if parts and not unit.glued:
            parts.append(" " if unit.speaker == speaker else "\n")
            offset += 1
        speaker = unit.speaker
        parts.append(unit.text)
        for first, last, start, end in unit.spans:
            timings.append(Timing(offset + first, offset + last, start, end, speaker))
        offset += len(unit.text)
    # Not validated once more: its times are those of a validated transcript, its characters those of its text.
    return Passage.model_construct(
        position=position,
        text="".join(parts),
        start=min(min(map(itemgetter(2), unit.spans)) for unit in units),
        end=max(max(map(itemgetter(3), unit.spans)) for unit in units),
        tokens=tokens,
        speakers=tuple(dict.fromkeys(unit.speaker for unit in units if unit.speaker)),
        timings=tuple(timings),
    )
