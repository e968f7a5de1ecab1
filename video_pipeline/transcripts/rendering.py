"""Passages as they are searched: with the names of those who speak, since questions name them."""

from __future__ import annotations

from itertools import groupby

from video_pipeline.transcripts.model import Passage


def labelled(passage: Passage) -> str:
    """`Name: what was said`, a line for each turn; the bare text where no speaker is known."""
    if not passage.speakers:
        return passage.text
    runs = [(speaker, next(iter(timings)).first) for speaker, timings in groupby(passage.timings, lambda t: t.speaker)]
    if not runs:
        return f"{', '.join(passage.speakers)}: {passage.text}"
    starts = [0, *(first for _, first in runs[1:]), len(passage.text)]
    lines = [
        _line(speaker, passage.text[first:last].strip())
        for (speaker, _), first, last in zip(runs, starts, starts[1:], strict=False)
    ]
    return "\n".join(lines)


def _line(speaker: str | None, said: str) -> str:
    return f"{speaker}: {said}" if speaker else said
