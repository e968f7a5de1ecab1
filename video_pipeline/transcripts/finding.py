"""Finds words in a transcript as they are typed: letter case, accents and punctuation don't matter.

A phrase is found across segments. It begins at the beginning of a word (in scripts without spaces anywhere) and may
end within one, so that what is typed so far is found already.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from video_pipeline.transcripts.model import Segment
from video_pipeline.transcripts.scripts import has_unsegmented
from video_pipeline.transcripts.units import Span, timed_text

_AROUND: Final = 240
_APOSTROPHES: Final = "'\u2018\u2019\u02bc"
_ACCENTS: Final = range(0x300, 0x370)


@dataclass(frozen=True)
class Match:
    """Characters `[first, last)` of `text` fit. Said from `start` to `end` seconds: of the words themselves if
    `exact`, else of the segments they stand in. `text` is what surrounds them, word for word."""

    text: str
    first: int
    last: int
    start: float
    end: float
    exact: bool
    speakers: tuple[str, ...]


class _Folding(dict[int, str]):
    """What each character is compared as; filled as characters come up. For `str.translate`."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = "".join(map(_folded, unicodedata.normalize("NFKD", chr(code)).casefold()))
        return folded


def _folded(char: str) -> str:
    if char in _APOSTROPHES or ord(char) in _ACCENTS:
        return ""
    # Vowel signs of many scripts are marks and not letters.
    return char if char.isalnum() or unicodedata.category(char).startswith("M") else " "


_FOLDING: Final = _Folding()


class _Said(NamedTuple):
    """A segment that holds a word: as it is written, and how it is compared."""

    raw: Mapping[str, Any]
    folded: str


@dataclass(frozen=True)
class _Within:
    """A segment in which something was found."""

    text: str
    spans: Sequence[Span]
    speaker: str | None
    folded: str
    exact: bool

    @classmethod
    def of(cls, said: _Said) -> _Within:
        segment = Segment.model_validate(said.raw)
        text, spans = timed_text(segment)
        return cls(text, spans, segment.speaker, said.folded, exact=len(spans) > 1 or len(segment.words) == 1)


def folded(text: str) -> str:
    """As it is compared: words of small letters and digits between single spaces; empty if there are none."""
    return " ".join(text.translate(_FOLDING).split())


def find(segments: Iterable[Mapping[str, Any]], query: str, *, skip: int, most: int) -> tuple[list[Match], int]:
    """Where the query stands, in order of time, at most `most` places after the first `skip`; and how many in all.

    `segments` are as `json_format.raw_segments` reads them: only those in which something is found are looked at whole.
    """
    wanted = folded(query)
    said = [each for each in (_Said(raw, folded(raw["text"])) for raw in segments) if each.folded]
    whole = " ".join(each.folded for each in said)
    starts = _starts(said)
    places = list(_places(whole, wanted)) if wanted else []
    shown = [_match(said, starts, first, first + len(wanted)) for first in places[skip : skip + most]]
    return shown, len(places)


def _starts(said: Sequence[_Said]) -> list[int]:
    """Where each begins in all of them joined."""
    starts, position = [], 0
    for each in said:
        starts.append(position)
        position += len(each.folded) + 1
    return starts


def _places(whole: str, wanted: str) -> Iterator[int]:
    anywhere = has_unsegmented(wanted)
    position = whole.find(wanted)
    while position >= 0:
        fits = anywhere or position == 0 or whole[position - 1] == " "
        if fits:
            yield position
        position = whole.find(wanted, position + (len(wanted) if fits else 1))


def _match(said: Sequence[_Said], starts: Sequence[int], first: int, last: int) -> Match:
    begin, end = bisect_right(starts, first) - 1, bisect_right(starts, last - 1) - 1
    within = [_Within.of(each) for each in said[begin : end + 1]]
    opening = _original(within[0], first - starts[begin])[0]
    closing = _original(within[-1], last - 1 - starts[end])[1]
    before = sum(len(each.text) + 1 for each in within[:-1])
    text = " ".join(each.text for each in within)
    from_char, to_char = _window(text, opening, before + closing)
    return Match(
        text=text[from_char:to_char],
        first=opening - from_char,
        last=before + closing - from_char,
        start=_at(within[0].spans, opening)[2],
        end=_at(within[-1].spans, closing - 1)[3],
        exact=all(each.exact for each in within),
        speakers=tuple(dict.fromkeys(each.speaker for each in within if each.speaker)),
    )


def _original(said: _Within, position: int) -> tuple[int, int]:
    """The characters of the text, [first, last), that became the one at `position` of what is compared."""
    made = 0
    for index, char in enumerate(said.text):
        for each in _FOLDING[ord(char)]:
            if each == " " and (made == 0 or said.folded[made - 1] == " "):
                continue
            if made == position:
                return index, index + 1
            made += 1
    raise AssertionError("a place beyond the text that it was found in")


def _window(text: str, first: int, last: int) -> tuple[int, int]:
    """A range around [first, last), cut between words; all of a text that is not long."""
    begin = 0 if first <= _AROUND else text.find(" ", first - _AROUND, first) + 1 or first - _AROUND
    rest = text.rfind(" ", last, last + _AROUND)
    return begin, len(text) if len(text) - last <= _AROUND else max(rest, last)


def _at(spans: Sequence[Span], position: int) -> Span:
    """The part that holds this character, or the one before it."""
    return spans[max(0, bisect_right(spans, position, key=lambda span: span[0]) - 1)]
