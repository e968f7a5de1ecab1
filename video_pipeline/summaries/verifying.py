"""Whether somebody said what is quoted, and where: exactly, or with the slips of recognisers and models.

What is shown is always the transcript's own words with their own time.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from video_pipeline.summaries.document import Quote
from video_pipeline.summaries.spoken import Spoken
from video_pipeline.summaries.words import comparable

_LEAST_WORDS: Final = 3
_LIKE_ENOUGH: Final = 0.8
_ANCHORS: Final = 4
_PLACES_TRIED: Final = 40
_SLACK: Final = 3
_MOST_WORDS: Final = 120
# A slip may not turn what was said into its opposite.
_DENIALS: Final = frozenset(
    re.findall(
        r"\w+",
        "no not never none nobody nothing cannot without t kein keine keinen keiner keinem nicht nie niemals "
        "nichts niemand "
        "ohne ne pas jamais aucun aucune rien sans nunca ningún ninguna nada nadie sin",
    )
)


@dataclass(frozen=True, slots=True)
class _Found:
    """Words `[first, last)` of the transcript."""

    first: int
    last: int
    likeness: float


class Verifier:
    """Finds quotes in what was said."""

    def __init__(self, spoken: Spoken) -> None:
        self._spoken = spoken
        self._words = comparable(spoken.text)
        self._plain = [word for word, _, _ in self._words]
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        for at, word in enumerate(self._plain):
            self._places[word].append(at)

    def quote(self, text: str, *, near: tuple[float, float] | None = None) -> Quote | None:
        """The words that were said, or None if nobody said so. Of several, one in the seconds `near` is taken."""
        wanted = [word for word, _, _ in comparable(text)][:_MOST_WORDS]
        if len(wanted) < _LEAST_WORDS:
            return None
        found = list(self._exact(wanted)) or list(self._alike(wanted))
        if not found:
            return None
        return self._quote(max(found, key=lambda each: (self._is_near(each, near), each.likeness, -each.first)))

    def holds(self, text: str) -> bool:
        """Whether these words stand in the transcript, one after the other."""
        wanted = [word for word, _, _ in comparable(text)]
        return bool(wanted) and next(self._exact(wanted), None) is not None

    def _exact(self, wanted: Sequence[str]) -> Iterator[_Found]:
        rarest = min(range(len(wanted)), key=lambda at: len(self._places.get(wanted[at], ())))
        for place in self._places.get(wanted[rarest], ()):
            first = place - rarest
            if first >= 0 and self._plain[first : first + len(wanted)] == list(wanted):
                yield _Found(first, first + len(wanted), 1.0)

    def _alike(self, wanted: Sequence[str]) -> Iterator[_Found]:
        """Around the places of the quote's rarest words that were said at all."""
        known = [at for at, word in enumerate(wanted) if word in self._places]
        anchors = sorted(known, key=lambda at: len(self._places[wanted[at]]))[:_ANCHORS]
        starts = {place - at for at in anchors for place in self._places[wanted[at]][:_PLACES_TRIED]}
        for start in sorted(starts):
            found = self._compared(wanted, max(0, start - _SLACK), start + len(wanted) + _SLACK)
            if found is not None:
                yield found

    def _compared(self, wanted: Sequence[str], first: int, last: int) -> _Found | None:
        window = self._plain[first:last]
        same = [
            block for block in SequenceMatcher(None, wanted, window, autojunk=False).get_matching_blocks() if block.size
        ]
        if not same:
            return None
        begin, end = same[0].b, same[-1].b + same[-1].size
        likeness = 2 * sum(block.size for block in same) / (len(wanted) + end - begin)
        if likeness < _LIKE_ENOUGH or _denials(wanted) != _denials(window[begin:end]):
            return None
        return _Found(first + begin, first + end, likeness)

    def _is_near(self, found: _Found, near: tuple[float, float] | None) -> bool:
        if near is None:
            return True
        start = self._spoken.words(*self._range(found)).start
        return near[0] <= start <= near[1]

    def _range(self, found: _Found) -> tuple[int, int]:
        return self._words[found.first][1], self._words[found.last - 1][2]

    def _quote(self, found: _Found) -> Quote:
        first, last = self._range(found)
        said = self._spoken.words(first, self._with_marks(last))
        return Quote(text=said.text, start=said.start, end=max(said.start, said.end), speaker=said.speaker)

    def _with_marks(self, last: int) -> int:
        """With the punctuation that is attached to the last word."""
        text = self._spoken.text
        while last < len(text) and not text[last].isspace() and not text[last].isalnum():
            last += 1
        return last


def _denials(words: Sequence[str]) -> Counter[str]:
    return Counter(word for word in words if word in _DENIALS)
