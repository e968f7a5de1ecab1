"""Which sentences tell most of a run of them, and which few words name it."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from video_pipeline.summaries.document import TITLE_CHARS, shortened
from video_pipeline.summaries.spoken import Said
from video_pipeline.summaries.words import Word, content_words

_SHORT, _FULL, _LONG = 6, 14, 45
"""Words: shorter says little, longer is a ramble."""
_HALTING: Final = re.compile(r"\b(?:u[hm]+|[hm]m+|äh+m?|ehm?|euh|you know|i mean)\b|\b(\w+) \1\b|@", re.IGNORECASE)
_HALTS: Final = 2.5
_LEAST_FLUENT: Final = 0.4
_LEAST_TERMS: Final = 3
_ASKED: Final = 0.75
_DIFFERENT: Final = 0.65
"""How much of a sentence's worth lies in its own weight; the rest is what it adds to those taken before it."""
_MOST_WEIGHED: Final = 60
_QUESTION_MARKS: Final = ("?", "？", "؟")
_NAMES: Final = 3
_PAIR: Final = 1.6

Vector = Mapping[str, float]


class Weights:
    """How much each term of a video tells, by how unevenly it is spread over its parts."""

    def __init__(self, parts: Sequence[Sequence[Said]]) -> None:
        spread = Counter(term for part in parts for term in {w.term for each in part for w in content_words(each.text)})
        self._weights = {term: math.log((len(parts) + 1) / (count + 0.5)) + 0.3 for term, count in spread.items()}

    def vector(self, words: Iterable[Word]) -> Vector:
        counts = Counter(word.term for word in words)
        return {term: (1 + math.log(count)) * self.of(term) for term, count in counts.items()}

    def of(self, term: str) -> float:
        return max(self._weights.get(term, 0.0), 0.05)


def likeness(one: Vector, other: Vector) -> float:
    """Cosine."""
    if len(other) < len(one):
        one, other = other, one
    dot = sum(weight * other[term] for term, weight in one.items() if term in other)
    length = math.sqrt(sum(w * w for w in one.values()) * sum(w * w for w in other.values()))
    return dot / length if length else 0.0


def telling(sentences: Sequence[Said], weights: Weights, most: int) -> list[Said]:
    """The sentences nearest to what all of them are about, unlike each other; in order of time."""
    centre = weights.vector(word for each in sentences for word in content_words(each.text))
    vectors = [weights.vector(content_words(each.text)) for each in sentences]
    worth = {
        at: likeness(vector, centre) * _fitness(each)
        for at, (each, vector) in enumerate(zip(sentences, vectors, strict=True))
        if len(vector) >= _LEAST_TERMS
    }
    likeliest = sorted(worth, key=lambda at: (-worth[at], at))[:_MOST_WEIGHED]
    chosen: list[int] = []
    while likeliest and len(chosen) < most:
        best = max(likeliest, key=lambda at: _gain(at, worth, vectors, chosen))
        likeliest.remove(best)
        chosen.append(best)
    return [sentences[at] for at in sorted(chosen)]


def _gain(at: int, worth: Mapping[int, float], vectors: Sequence[Vector], chosen: Sequence[int]) -> float:
    same = max((likeness(vectors[at], vectors[each]) for each in chosen), default=0.0)
    return _DIFFERENT * worth[at] - (1 - _DIFFERENT) * same


def _fitness(sentence: Said) -> float:
    """Sentences of a usual length, spoken without halting; what is asked tells less than what is said."""
    words = sentence.words if " " in sentence.text else len(sentence.text) // 2
    fit = 1.0
    if words < _FULL:
        fit = 0.4 + 0.6 * max(words - _SHORT, 0) / (_FULL - _SHORT)
    elif words > _LONG:
        fit = _LONG / words
    halting = len(_HALTING.findall(sentence.text)) / max(words, 1)
    return fit * max(_LEAST_FLUENT, 1 - _HALTS * halting) * (_ASKED if sentence.text.endswith(_QUESTION_MARKS) else 1.0)


def title_of(sentences: Sequence[Said], weights: Weights, *, apart: Iterable[str] = ()) -> str:
    """Up to three names of what is spoken of, the most telling first; nothing when there are no words for it.

    `apart`: words that name no subject, such as the speakers' names.
    """
    unwanted = {word.term for text in apart for word in content_words(text)}
    counts, forms = _names(sentences, unwanted)
    ranked = sorted(counts, key=lambda name: (-_weight(name, counts, weights), name))
    chosen: list[tuple[str, ...]] = []
    for name in ranked:
        if len(chosen) < _NAMES and not any(set(name) & set(other) for other in chosen):
            chosen.append(name)
    title = ", ".join(forms[name].most_common(1)[0][0] for name in chosen)
    return shortened(title[:1].upper() + title[1:], TITLE_CHARS)


def _names(
    sentences: Sequence[Said], unwanted: set[str]
) -> tuple[Counter[tuple[str, ...]], Mapping[tuple[str, ...], Counter[str]]]:
    """Words, and pairs of neighbours that are said together more than once; how often, and in which forms."""
    counts: Counter[tuple[str, ...]] = Counter()
    forms: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for each in sentences:
        words = [word for word in content_words(each.text) if word.term not in unwanted]
        for word in words:
            counts[(word.term,)] += 1
            forms[(word.term,)][word.surface] += 1
        for one, other in pairwise(words):
            together = f"{one.surface} {other.surface}"
            if one.term != other.term and together in each.text:
                counts[(one.term, other.term)] += 1
                forms[(one.term, other.term)][together] += 1
    once = [name for name, count in counts.items() if len(name) > 1 and count < 2]
    for name in once:
        del counts[name]
    return counts, forms


def _weight(name: tuple[str, ...], counts: Counter[tuple[str, ...]], weights: Weights) -> float:
    strength = sum(weights.of(term) for term in name) / len(name)
    return (1 + math.log(counts[name])) * strength * (_PAIR if len(name) > 1 else 1.0)
