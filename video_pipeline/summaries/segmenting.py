"""Where one subject ends and the next begins: what the words on both sides share, and what speakers announce.

For each place between two turns: how different the words on both sides are (cosine of weighted counts, 300 words on
each), and whether what follows announces something new. Of all ways to cut into a number of blocks the one with the
best places is taken, blocks of very uneven length being worth less (dynamic programming).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Final

from video_pipeline.summaries.spoken import Said
from video_pipeline.summaries.words import content_words

# Set on the validation split of QMSum; docs/summaries.md has the figures.
_WINDOW: Final = 300
_ANNOUNCED: Final = 2.0
_ANSWERS: Final = 2.0
_UNEVEN: Final = 4.0
_LONGEST: Final = 3.5
"""Of the even length."""
_SHORTEST_WORDS: Final = 60
_PLACES: Final = 150
_SAMPLE: Final = 100
"""Words of the pieces in which it is counted how widely a term is spread."""
_OPENING: Final = 250
"""Characters in which a new subject is announced."""
_BLOCKS_PER_ROOT_MINUTE: Final = 0.9
_MOST_BLOCKS: Final = 40
_NEW_SUBJECT: Final = re.compile(
    r"\b(?:"
    r"next (?:item|topic|point|thing|question|on)|mov(?:e|ing|ed) on|let'?s (?:start|begin|go (?:on|to)|talk "
    r"about|move)"
    r"|let us (?:start|begin|move)|go on to|get started|agenda|anything else|another (?:thing|topic|point|issue)"
    r"|last (?:thing|item|point)|finally|to summari[sz]e|wrap up|we(?:'ll| will)? now (?:go|move|turn|proceed)"
    r"|turn(?:ing)? (?:now )?to|presentation|first of all|welcome|closing|minutes"
    r"|nächste[rsn]? (?:punkt|thema|frage)|kommen wir zu|tagesordnung|fangen wir an|als nächstes|zum schluss|zuletzt"
    r"|zusammenfass\w+|willkommen|noch ein punkt|letzte[rn]? punkt|gehen wir weiter"
    r"|point suivant|passons à|ordre du jour|commençons|pour finir|enfin|en résumé|bienvenue|dernier point"
    r"|autre (?:point|sujet|question)|prochain (?:point|sujet)|revenons à"
    r"|siguiente (?:punto|tema|pregunta)|pasemos a|pasamos a|orden del día|empecemos|por último|para terminar"
    r"|en resumen|bienvenid[oa]s?|otro (?:punto|tema|asunto)|último punto"
    r")\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Turn:
    """Sentences `[first, last)` of one speaker, or a single one in a monologue."""

    first: int
    last: int
    words: int
    terms: tuple[str, ...]
    announces: bool
    answers: bool
    """Another one spoke before."""


def blocks_for(seconds: float) -> int:
    """How many blocks a video of this length is shown in: two for five minutes, seven for an hour."""
    return max(1, min(_MOST_BLOCKS, round(_BLOCKS_PER_ROOT_MINUTE * math.sqrt(seconds / 60))))


def segment(sentences: Sequence[Said], count: int) -> list[tuple[int, int]]:
    """At most `count` runs of sentences `[first, last)` that together are all of them."""
    if not sentences:
        return []
    turns = _turns(sentences)
    field = _Field(turns)
    cuts = _best(field, min(count, max(1, field.total // _SHORTEST_WORDS)))
    starts = [turns[at].first for at in cuts]
    return list(zip([0, *starts], [*starts, len(sentences)], strict=True))


def _turns(sentences: Sequence[Said]) -> list[_Turn]:
    """A long turn counts in pieces: a lecture is one turn."""
    turns: list[_Turn] = []
    first = 0
    for at in range(1, len(sentences) + 1):
        words = sum(each.words for each in sentences[first:at])
        changed = at < len(sentences) and sentences[at].speaker != sentences[first].speaker
        if at == len(sentences) or changed or words >= _SHORTEST_WORDS:
            answers = first > 0 and sentences[first - 1].speaker != sentences[first].speaker
            turns.append(_turn(sentences, first, at, words, answers))
            first = at
    return turns


def _turn(sentences: Sequence[Said], first: int, last: int, words: int, answers: bool) -> _Turn:
    text = " ".join(each.text for each in sentences[first:last])
    terms = tuple(word.term for word in content_words(text))
    # Where nothing tells words apart, pairs of characters stand for them.
    return _Turn(first, last, max(words, len(terms) // 2), terms, bool(_NEW_SUBJECT.search(text[:_OPENING])), answers)


class _Field:
    """How good each place before a turn is to begin a block, in standard deviations above the mean."""

    def __init__(self, turns: Sequence[_Turn]) -> None:
        self._turns = turns
        self.ends = [0, *accumulate(turn.words for turn in turns)]
        self.total = self.ends[-1]

    @cached_property
    def gains(self) -> list[float]:
        """By turn; the first one's is never used."""
        apart = self._differences()
        known = apart[1:] or [0.0]
        mean = sum(known) / len(known)
        spread = math.sqrt(sum((each - mean) ** 2 for each in known) / len(known)) or 1.0
        return [
            (each - mean) / spread + _ANNOUNCED * turn.announces + _ANSWERS * turn.answers
            for each, turn in zip(apart, self._turns, strict=True)
        ]

    def _differences(self) -> list[float]:
        """1 - cosine of the windows before and after each turn, which slide along."""
        weights, turns, ends = self._weights(), self._turns, self.ends
        before: Counter[str] = Counter()
        after: Counter[str] = Counter()
        oldest = reached = 0
        found: list[float] = []
        for at in range(len(turns)):
            while reached < len(turns) and (reached == at or ends[reached + 1] <= ends[at] + _WINDOW):
                after.update(turns[reached].terms)
                reached += 1
            while oldest < at and ends[oldest] < ends[at] - _WINDOW:
                before.subtract(turns[oldest].terms)
                oldest += 1
            found.append(1 - _cosine(+before, after, weights))
            before.update(turns[at].terms)
            after.subtract(turns[at].terms)
            after = +after
        return found

    def _weights(self) -> Mapping[str, float]:
        """Terms that stand everywhere tell nothing."""
        samples: dict[int, set[str]] = {}
        for turn, end in zip(self._turns, self.ends, strict=False):
            samples.setdefault(end // _SAMPLE, set()).update(turn.terms)
        spread = Counter(term for each in samples.values() for term in each)
        return {term: math.log((len(samples) + 1) / (holding + 0.5)) for term, holding in spread.items()}


def _cosine(one: Mapping[str, int], other: Mapping[str, int], weights: Mapping[str, float]) -> float:
    def strength(term: str, count: int) -> float:
        return (1 + math.log(count)) * weights[term]

    dot = sum(strength(term, count) * strength(term, other[term]) for term, count in one.items() if term in other)
    lengths = [math.sqrt(sum(strength(*item) ** 2 for item in each.items())) for each in (one, other)]
    return dot / (lengths[0] * lengths[1]) if all(lengths) else 1.0


def _best(field: _Field, count: int) -> list[int]:
    """The turns that begin the 2nd, 3rd, ... block."""
    turns = range(1, len(field.ends) - 1)
    places = sorted(sorted(turns, key=lambda at: -field.gains[at])[: max(_PLACES, 8 * count)])
    for blocks in range(min(count, len(places) + 1), 1, -1):
        if cuts := _cut(field, [0, *places, len(field.ends) - 1], blocks):
            return cuts
    return []


def _cut(field: _Field, places: Sequence[int], blocks: int) -> list[int]:
    """The best places for exactly so many blocks; none if there are none."""
    even = field.total / blocks
    last = len(places) - 1
    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for block in range(1, blocks + 1):
        ends = (last,) if block == blocks else range(1, last)
        best.append({at: found for at in ends if (found := _arrival(field, places, best[-1], at, even)) is not None})
    if last not in best[-1]:
        return []
    cuts = [last]
    for reached in reversed(best[1:]):
        cuts.append(reached[cuts[-1]][1])
    return [places[at] for at in reversed(cuts[1:-1])]


def _arrival(
    field: _Field, places: Sequence[int], before: Mapping[int, tuple[float, int]], at: int, even: float
) -> tuple[float, int] | None:
    """The best value with a block that ends at place `at`, and where that block begins."""
    end = field.ends[places[at]]
    worth = field.gains[places[at]] if at < len(places) - 1 else 0.0
    best: tuple[float, int] | None = None
    for start, (value, _) in before.items():
        length = end - field.ends[places[start]]
        if start < at and _SHORTEST_WORDS <= length <= _LONGEST * even:
            found = value + worth - _UNEVEN * math.log(length / even) ** 2
            best = max(best, (found, start)) if best else (found, start)
    return best
