"""Captions that roll: each cue shows the line before once more, or grows by a few words. Said is only what is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from video_pipeline.transcripts.cue_text import Line

# Rows that stay on a screen.
_ROWS: Final = 4
# A pause longer than this (seconds) means that someone really said it again.
_PAUSE: Final = 2.0
_GROWN_CUES: Final = 3


class Shown:
    """What one cue shows and when."""

    __slots__ = ("end", "lines", "rows", "start", "text")

    def __init__(self, start: float, end: float, lines: list[Line]) -> None:
        self.start = start
        self.end = end
        self.lines = lines
        self.rows = [line.text for line in lines]
        self.text = " ".join(self.rows)


def rolls(shown: Sequence[Shown]) -> bool:
    """Whether repeating is how this file works. A few people say a line twice; here a third of the cues or more do."""
    pairs = [(before, after) for before, after in pairwise(shown)]
    repeats = [(before, after) for before, after in pairs if 0 < repeated(before, after) < len(after.text)]
    by_line = any(before.rows[-1] in after.rows[:-1] for before, after in repeats)
    return len(repeats) * 3 >= len(pairs) and (by_line or len(repeats) >= _GROWN_CUES)


def repeated(before: Shown, after: Shown) -> int:
    """How many characters at the beginning of `after` are the last rows of `before` over again."""
    if after.start - before.end > _PAUSE:
        return 0
    longest = 0
    for count in range(1, min(_ROWS, len(before.rows)) + 1):
        rows = " ".join(before.rows[-count:])
        if after.text == rows or after.text.startswith(rows + " "):
            longest = len(rows)
    return longest


def without_repeats(shown: Sequence[Shown]) -> list[list[Line]]:
    """The lines of each cue without what the cue before showed already."""
    kept = [shown[0].lines] if shown else []
    for before, after in pairwise(shown):
        kept.append(_drop(after.lines, repeated(before, after)))
    return kept


def _drop(lines: list[Line], characters: int) -> list[Line]:
    kept: list[Line] = []
    for line in lines:
        if characters >= len(line.text):
            characters -= len(line.text) + 1
        else:
            kept.append(_shortened(line, characters) if characters > 0 else line)
            characters = 0
    return kept


def _shortened(line: Line, characters: int) -> Line:
    gone = len(line.text[:characters].split())
    return replace(line, text=line.text[characters:].strip(), words=line.words[gone:])
