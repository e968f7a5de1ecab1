"""What passages are made of: whole segments, and the parts of segments that are longer than a passage may be."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from video_pipeline.transcripts.model import Segment, Word
from video_pipeline.transcripts.scripts import clusters, has_unsegmented
from video_pipeline.transcripts.sentences import ends_sentence, sentences

Counter = Callable[[Sequence[str]], list[int]]
"""Tokens of each text. Must be additive across white space, as WordPiece is: "a b" has as many as "a" and "b"."""

Span = tuple[int, int, float, float]
"""Characters `[first, last)` of a text and when they were said, `start` and `end` in seconds."""

# Up to here a word of Chinese or Thai is a word; beyond, it is a text.
_WORD: Final = 16


class Unit(NamedTuple):
    """A text with single spaces that goes into a passage whole.

    `spans` are its times: of words where the segment has them, else of all of it. `glued`: no space stands between it
    and the unit before. `apart`: it must begin a passage, since its tokens can't be added to those of the unit before.
    """

    text: str
    tokens: int
    speaker: str | None
    spans: Sequence[Span]
    glued: bool = False
    apart: bool = False


class _Piece(NamedTuple):
    """Characters `[first, last)` of a segment and their tokens."""

    first: int
    last: int
    tokens: int


def units_of(segments: Sequence[Segment], counter: Counter, budget: int) -> Iterator[Unit]:
    """All segments that hold text, in order, counted in one call; those over `budget` in parts."""
    texts = [_single_spaced(segment.text) for segment in segments]
    counts = counter(texts)
    long = [position for position, count in enumerate(counts) if count > budget]
    pieces = dict(zip(long, _pieces([texts[each] for each in long], counter, budget), strict=True)) if long else {}
    for position, (segment, text, count) in enumerate(zip(segments, texts, counts, strict=True)):
        if position in pieces:
            yield from _units(segment, text, pieces[position])
        elif text:
            yield Unit(text, count, segment.speaker, _spans(segment, text))


def timed_text(segment: Segment) -> tuple[str, Sequence[Span]]:
    """A segment's text with single spaces, and the times of its words, or of all of it."""
    text = _single_spaced(segment.text)
    return text, _spans(segment, text)


def _spans(segment: Segment, text: str) -> Sequence[Span]:
    """The times of the words in `text`, or of all of it when there are no words or they are not its words."""
    whole = [(0, len(text), segment.start, segment.end)]
    return (_aligned(segment.words, text) or whole) if segment.words else whole


def _single_spaced(text: str) -> str:
    # Most texts are single spaced already; finding that out is three times quicker than splitting and joining.
    if text.isprintable() and "  " not in text and text[:1] != " " and text[-1:] != " ":
        return text
    return " ".join(text.split())


def _aligned(words: Sequence[Word], text: str) -> list[Span]:
    """Where each word stands in the text; nothing when the text is not made of these words."""
    texts = [word.text for word in words]
    if " ".join(texts) != text:
        return _found(words, text)
    spans: list[Span] = []
    position = 0
    for word, part in zip(words, texts, strict=True):
        last = position + len(part)
        spans.append((position, last, word.start, word.end))
        position = last + 1
    return spans


def _found(words: Sequence[Word], text: str) -> list[Span]:
    """Also for words that come with spaces of their own, or follow each other without any as in Chinese."""
    spans: list[Span] = []
    position = 0
    for word in words:
        part = _single_spaced(word.text)
        if not part:
            continue
        if text.startswith(" ", position):
            position += 1
        if not text.startswith(part, position):
            return []
        spans.append((position, position + len(part), word.start, word.end))
        position += len(part)
    return spans if position == len(text) else []


def _pieces(texts: Sequence[str], counter: Counter, budget: int) -> Iterator[list[_Piece]]:
    """Each text in sentences, all of them counted in one call; those over `budget` in parts."""
    ranges = [list(sentences(text)) for text in texts]
    counts = iter(counter([text[first:last] for text, each in zip(texts, ranges, strict=True) for first, last in each]))
    for text, each in zip(texts, ranges, strict=True):
        pieces: list[_Piece] = []
        for first, last in each:
            tokens = next(counts)
            whole = tokens <= budget
            pieces += [_Piece(first, last, tokens)] if whole else _fills(text, first, last, counter, budget)
        yield pieces


def _fills(text: str, first: int, last: int, counter: Counter, budget: int) -> Iterator[_Piece]:
    """As many words at a time as fit."""
    words = list(_words(text, first, last))
    tokens = counter([text[begin:end] for begin, end in words])
    begin = total = 0
    for position, count in enumerate(tokens):
        if position > begin and total + count > budget:
            yield from _fitted(text, words[begin:position], total, counter, budget)
            begin, total = position, 0
        total += count
    yield from _fitted(text, words[begin:], total, counter, budget)


def _words(text: str, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Words, and within long ones of a script without spaces the clusters of their letters."""
    for word in text[first:last].split(" "):
        if len(word) > _WORD and has_unsegmented(word):
            yield from ((first + begin, first + end) for begin, end in clusters(word))
        elif word:
            yield first, first + len(word)
        first += len(word) + 1


def _fitted(text: str, words: Sequence[tuple[int, int]], total: int, counter: Counter, budget: int) -> Iterator[_Piece]:
    """Where words follow each other without a space their tokens don't add up, so those pieces are counted again."""
    first, last = words[0][0], words[-1][1]
    if any(word[1] == following[0] for word, following in pairwise(words)):
        total = counter([text[first:last]])[0]
        if total > budget:
            half = len(words) // 2
            yield from _fitted(text, words[:half], sum(counter([text[a:b] for a, b in words[:half]])), counter, budget)
            yield from _fitted(text, words[half:], sum(counter([text[a:b] for a, b in words[half:]])), counter, budget)
            return
    yield _Piece(first, last, total)


def _units(segment: Segment, text: str, pieces: Sequence[_Piece]) -> Iterator[Unit]:
    spans = _spans(segment, text)
    ends = [span[1] for span in spans]
    before = -1
    for first, last, tokens in pieces:
        own = _shifted(spans[bisect_right(ends, first) : bisect_left(ends, last) + 1], first, last)
        glued = first == before
        apart = glued and not ends_sentence(text[max(0, first - 24) : first])
        before = last
        yield Unit(text[first:last], tokens, segment.speaker, own, glued, apart)


def _shifted(spans: Sequence[Span], first: int, last: int) -> list[Span]:
    """What lies within `[first, last)`, counted from `first`. The spans at both ends may reach beyond."""
    shifted = [(begin - first, stop - first, start, end) for begin, stop, start, end in spans]
    for edge in {0, len(shifted) - 1}:
        shifted[edge] = _clipped(shifted[edge], last - first)
    return shifted


def _clipped(span: Span, length: int) -> Span:
    """The part of a span within `[0, length)`; its time is in proportion to its characters."""
    begin, stop, start, end = span
    rate = (end - start) / (stop - begin)
    first = start if begin >= 0 else _between(start, start - rate * begin, end)
    last = end if stop <= length else _between(start, start + rate * (length - begin), end)
    return max(begin, 0), min(stop, length), first, last


def _between(least: float, seconds: float, most: float) -> float:
    return min(max(round(seconds, 3), least), most)
