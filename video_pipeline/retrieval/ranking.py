"""Ranks the passages of some videos by meaning and by words, with regard to what is said around them.

All weights were set on the validation split of QMSum; docs/retrieval.md says what each is worth.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from statistics import fmean
from typing import Final
from uuid import UUID

from video_pipeline.ports import Outline, Term

# BM25 (Robertson and Zaragoza, 2009): how soon a word said again counts no more, and how much length is held against.
SATURATION: Final = 1.2
_LENGTH: Final = 0.75
_FRAMING: Final = 0.4
_WORDS: Final = 0.8
_VIDEO: Final = 0.7
_REACH: Final = 330.0
_REACH_PASSAGES: Final = 1.6
"""Tokens, or usual passages where those are short, within which what is said belongs together: the standard deviation
of a Gaussian over the distance."""
# Scores that hardly differ say nothing: without these floors the noise of a short video would be blown up.
_LEAST_SPREAD: Final = 0.03

Weights = Mapping[str, Mapping[str, float]]
"""By language and word: how much it counts where it is said."""


@dataclass(frozen=True)
class Ranked:
    """`fit` orders the passages of one question; `meaning` (cosine) and `words` (0..1) are comparable between them."""

    outline: Outline
    fit: float
    meaning: float
    words: float


def weights(terms: Sequence[Term]) -> dict[Term, float]:
    """What each word counts: much if few passages hold it, less if it only frames the question."""
    return {
        term: (1.0 if term.topical else _FRAMING)
        * math.log(1 + (term.passages - term.holding + 0.5) / (term.holding + 0.5))
        for term in terms
        if term.holding
    }


def rank(pool: Sequence[Outline], meaning: Mapping[UUID, float], weighed: Mapping[Term, float]) -> list[Ranked]:
    """Best first. `pool`: all passages of the videos looked at, by video and position; `meaning`: their cosines.

    Scores are compared with those of the whole pool, so that meaning and words can be added whatever their scale.
    """
    if not pool:
        return []
    by_language = _by_language(weighed)
    words = _by_words(pool, by_language)
    closeness = _known([meaning.get(each.chunk_id) for each in pool])
    alone = [m + _WORDS * w for m, w in zip(_standard(closeness), _standard(words), strict=True)]
    whole = _standard(_by_video(pool, by_language))
    fits = [around + _VIDEO * video for around, video in zip(_smoothed(pool, alone), whole, strict=True)]
    ranked = [Ranked(*each) for each in zip(pool, fits, closeness, words, strict=True)]
    return sorted(ranked, key=lambda each: -each.fit)


def _known(values: Sequence[float | None]) -> list[float]:
    """With the mean of the others where there is none."""
    known = [value for value in values if value is not None]
    usual = fmean(known) if known else 0.0
    return [usual if value is None else value for value in values]


def _by_language(weighed: Mapping[Term, float]) -> Weights:
    found: dict[str, dict[str, float]] = {}
    for term, weight in weighed.items():
        found.setdefault(term.config, {})[term.term] = weight
    return found


def _by_words(pool: Sequence[Outline], by_language: Weights) -> list[float]:
    """BM25 of each passage as a share of the most that its language allows."""
    usual = fmean([each.tokens for each in pool]) or 1.0
    return [_share(by_language.get(each.config, {}), each.said, each.tokens / usual) for each in pool]


def _by_video(pool: Sequence[Outline], by_language: Weights) -> list[float]:
    """The same of each passage's whole video."""
    videos = _videos(pool)
    lengths = [sum(each.tokens for each in passages) for passages in videos]
    usual = fmean(lengths) or 1.0
    found: list[float] = []
    for passages, length in zip(videos, lengths, strict=True):
        said: Counter[str] = Counter()
        for each in passages:
            if each.said:
                said.update(each.said)
        share = _share(by_language.get(passages[0].config, {}), said, length / usual)
        found += [share] * len(passages)
    return found


def _videos(pool: Sequence[Outline]) -> list[list[Outline]]:
    return [list(group) for _, group in groupby(pool, key=lambda each: each.video_id)]


def _share(weights_: Mapping[str, float], said: Mapping[str, int], length: float) -> float:
    most = sum(weights_.values())
    if not most:
        return 0.0
    slowness = SATURATION * (1 - _LENGTH + _LENGTH * length)
    return sum(weights_[term] * n / (n + slowness) for term, n in said.items() if term in weights_) / most


def _standard(values: Sequence[float]) -> list[float]:
    """How far each lies from the mean, in standard deviations."""
    mean = fmean(values)
    spread = max(math.sqrt(fmean([(value - mean) ** 2 for value in values])), _LEAST_SPREAD)
    return [(value - mean) / spread for value in values]


def _smoothed(pool: Sequence[Outline], values: Sequence[float]) -> list[float]:
    """Each value with those around it in its video: what a question is about is talked of for some minutes."""
    reach = min(_REACH, _REACH_PASSAGES * (fmean([each.tokens for each in pool]) or 1.0))
    found: list[float] = []
    for passages in _videos(pool):
        found += _around(passages, values[len(found) : len(found) + len(passages)], reach)
    return found


def _around(passages: Sequence[Outline], values: Sequence[float], reach: float) -> list[float]:
    """Each value with those within three standard deviations of it, the nearer ones counting more."""
    ends = list(accumulate(each.tokens for each in passages))
    middles = [end - each.tokens / 2 for end, each in zip(ends, passages, strict=True)]
    sums, masses = list(values), [1.0] * len(values)
    for at, middle in enumerate(middles):
        for other in range(at + 1, len(middles)):
            distance = (middles[other] - middle) / reach
            if distance > 3:
                break
            near = math.exp(-0.5 * distance * distance)
            sums[at] += near * values[other]
            sums[other] += near * values[at]
            masses[at] += near
            masses[other] += near
    # Between a sum and a mean: a short video has few neighbours to add, and none that disagree.
    scale = math.sqrt(max(masses) * _USUAL_MASS)
    return [each / scale for each in sums]


_USUAL_MASS: Final = 3.5
"""The sum of the Gaussian over passages of the usual size."""
