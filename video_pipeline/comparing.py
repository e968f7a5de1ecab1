"""The neighbours of some vectors, before and after they were copied."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from video_pipeline.model import SearchFilter, Value, VectorItem
from video_pipeline.ports import VectorIndex, VectorSource

logger = logging.getLogger(__name__)
_SHOWN: Final = 20
_MOST_SPARE: Final = 500
# Of which some may have been left out.
_MOST_SAMPLED: Final = 2_000
_ANYTHING: Final = SearchFilter()
# Stores keep four bytes of a number and add up in orders of their own; what is nearer than this is a tie.
_TIE: Final = 1e-5


class Difference(Value):
    """A vector whose nearest passages are not the same on both sides. `shared`: how many of them are, 0..1."""

    chunk_id: UUID
    shared: float
    before: tuple[UUID, ...]
    after: tuple[UUID, ...]


class Comparison(Value):
    """The `k` nearest passages of `queries` vectors, before and after. Shares are 0..1.

    `same_first`: how often the nearest one is the same. `score_difference`: the greatest between the scores of one
    passage, None where the source does not measure by cosine. `differences`: the worst twenty.
    """

    queries: int
    k: int
    shared_mean: float
    shared_least: float
    same_first: float
    score_difference: float | None
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class Sides:
    """What is compared. `kept`: which passages are meant to be on both sides; `left_out`: how many are not."""

    source: VectorSource
    target: VectorIndex
    kept: Callable[[Iterable[UUID]], set[UUID]]
    left_out: int = 0


def compare(sides: Sides, *, queries: int, k: int) -> Comparison:
    """Asks both sides with vectors of the source. Which of those that tie stands in a list says nothing.

    With fewer than `queries` vectors, or none, where the source has no more, or almost all were left out.
    """
    sample = sides.source.sample(max(queries, _MOST_SAMPLED) if sides.left_out else queries)
    kept = sides.kept([item.chunk_id for item in sample])
    seen = [_asked(sides, item, k) for item in [each for each in sample if each.chunk_id in kept][:queries]]
    shares = [each.difference.shared for each in seen] or [1.0]
    differing = sorted((each.difference for each in seen if each.difference.shared < 1), key=lambda each: each.shared)
    return Comparison(
        queries=len(seen),
        k=k,
        shared_mean=sum(shares) / len(shares),
        shared_least=min(shares),
        same_first=sum(each.same_first for each in seen) / len(seen) if seen else 1.0,
        score_difference=max((each.gap for each in seen if each.gap is not None), default=None),
        differences=tuple(differing[:_SHOWN]),
    )


def settled(
    sides: Sides, *, queries: int, k: int, patience: float, sleep: Callable[[float], None] = time.sleep
) -> Comparison:
    """Compares again, for `patience` seconds, while not all is found: a store may show late what was put in."""
    pause = 1.0
    while True:
        comparison = compare(sides, queries=queries, k=k)
        if comparison.shared_least == 1 or patience < pause:
            return comparison
        logger.info("not all is found yet", extra={"shared": comparison.shared_mean})
        sleep(pause)
        patience, pause = patience - pause, min(pause * 2, 10.0)


@dataclass(frozen=True)
class _Seen:
    same_first: bool
    gap: float | None
    difference: Difference


def _asked(sides: Sides, item: VectorItem, k: int) -> _Seen:
    before = _before(sides, item, k)
    hits = sides.target.query(item.vector, limit=k, where=_ANYTHING)
    scores = dict(before)
    gaps = [abs(score - hit.score) for hit in hits if (score := scores.get(hit.chunk_id)) is not None]
    last = before[-1][1] if before else None
    shared = [hit for hit in hits if hit.chunk_id in scores or _ties(last, hit.score)]
    first = hits and before and (hits[0].chunk_id == before[0][0] or _ties(before[0][1], hits[0].score))
    difference = Difference(
        chunk_id=item.chunk_id,
        shared=min(1.0, len(shared) / len(before)) if before else 1.0,
        before=tuple(chunk_id for chunk_id, _ in before),
        after=tuple(hit.chunk_id for hit in hits),
    )
    return _Seen(bool(first), max(gaps, default=None), difference)


def _before(sides: Sides, item: VectorItem, k: int) -> Sequence[tuple[UUID, float | None]]:
    """The nearest of those that were to be copied."""
    found = sides.source.nearest(item.vector, k + min(sides.left_out, _MOST_SPARE))
    kept = sides.kept([chunk_id for chunk_id, _ in found]) if sides.left_out else {chunk_id for chunk_id, _ in found}
    return [each for each in found if each[0] in kept][:k]


def _ties(one: float | None, other: float) -> bool:
    return one is not None and abs(one - other) <= _TIE
