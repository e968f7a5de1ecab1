"""Whether somebody said what is quoted, anywhere in hours of speech: the places where it may stand are found by its
words, and `verifying.find` decides, as it does for answers. What is shown are the transcript's own words and times.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from video_pipeline import verifying
from video_pipeline.summaries.document import Quote
from video_pipeline.summaries.spoken import Spoken
from video_pipeline.summaries.words import comparable

_ANCHORS: Final = 4
_PLACES_TRIED: Final = 40
_SLACK: Final = 4
"""Words on both sides: what stands beside a quote may change what it says."""
_MOST_WORDS: Final = 200


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
        wanted = [word for word, _, _ in comparable(text)]
        if not 0 < len(wanted) <= _MOST_WORDS:
            return None
        found = self._found(text, wanted, self._exact(wanted)) or self._found(text, wanted, self._likely(wanted))
        return max(found, key=lambda each: (_is_near(each, near), -each.start), default=None)

    def holds(self, text: str) -> bool:
        """Whether these words stand in the transcript, one after the other."""
        wanted = [word for word, _, _ in comparable(text)]
        return bool(wanted) and bool(self._exact(wanted))

    def _exact(self, wanted: Sequence[str]) -> list[int]:
        """Where exactly these words begin."""
        rarest = min(range(len(wanted)), key=lambda at: len(self._places.get(wanted[at], ())))
        starts = [place - rarest for place in self._places.get(wanted[rarest], ())]
        return [at for at in starts if at >= 0 and self._plain[at : at + len(wanted)] == list(wanted)]

    def _likely(self, wanted: Sequence[str]) -> list[int]:
        """Where they may begin, by those of them that are said most seldom."""
        known = [at for at, word in enumerate(wanted) if word in self._places]
        anchors = sorted(known, key=lambda at: len(self._places[wanted[at]]))[:_ANCHORS]
        return sorted({place - at for at in anchors for place in self._places[wanted[at]][:_PLACES_TRIED]})

    def _found(self, text: str, wanted: Sequence[str], starts: Iterable[int]) -> list[Quote]:
        found: list[Quote] = []
        for at in starts:
            first, last = max(0, at - _SLACK), min(len(self._words), at + len(wanted) + _SLACK)
            said = verifying.find(self._spoken.passage(self._words[first][1], self._words[last - 1][2]), text)
            if said is not None:
                end = max(said.start, said.end)
                found.append(Quote(text=" ".join(said.text.split()), start=said.start, end=end, speaker=said.speaker))
        return found


def _is_near(quote: Quote, near: tuple[float, float] | None) -> bool:
    return near is None or near[0] <= quote.start <= near[1]
