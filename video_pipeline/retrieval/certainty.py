"""How sure it is that a passage was asked for: what makes `min_score` mean something.

The best passage of a question is as sure as its own evidence allows, whatever the others are; the others are less sure
by how much less well they fit. docs/retrieval.md says how the curve was set.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from video_pipeline.retrieval.ranking import Ranked

_BEST: Final = 5
"""The evidence is that of the best few: a single one may be chance."""
# A logistic regression on QMSum's validation split: half of the questions asked inside their own meeting, half inside
# another one, where nothing can be right.
_MEANING: Final = 7.0
_WORDS: Final = 2.6
_NEEDED: Final = 4.5
_FALL: Final = 0.6


def certainty(ranked: Sequence[Ranked]) -> float:
    """0..1, that the best passage was asked for."""
    best = ranked[:_BEST]
    evidence = _MEANING * max(each.meaning for each in best) + _WORDS * max(each.words for each in best)
    return 1 / (1 + math.exp(_NEEDED - evidence))


def score(certain: float, worse: float) -> float:
    """`worse`: by how much less well than the best it fits, in the unit of `Ranked.fit`."""
    return round(certain * math.exp(-_FALL * max(worse, 0.0)), 4)
