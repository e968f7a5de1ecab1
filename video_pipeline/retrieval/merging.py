"""Passages that follow each other and fit alike are shown as one, from its first second to its last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final
from uuid import UUID

from video_pipeline.model import Chunk
from video_pipeline.retrieval.ranking import Ranked
from video_pipeline.transcripts.model import Passage, Timing

# Passages are of a few minutes at most; what is longer is no citation any more.
_MOST: Final = 3
_ALIKE: Final = 0.05
"""How much less well, in the unit of `Ranked.fit`, a neighbour may fit."""

Run = list[Ranked]
"""Passages of one video in their order there."""
Edges = dict[tuple[int, int], Run]
"""By video, as a number since that is looked up four times as fast, and position."""


def runs(ranked: Iterable[Ranked]) -> list[Run]:
    """In order of the best passage of each."""
    found: list[Run] = []
    edges: Edges = {}
    best: dict[int, float] = {}
    for each in ranked:
        run = _beside(each, edges, best)
        if run is None:
            run = [each]
            found.append(run)
            best[id(run)] = each.fit
        else:
            run.append(each)
            run.sort(key=lambda one: one.outline.position)
        edges[each.outline.video_id.int, each.outline.position] = run
    return found


def _beside(each: Ranked, edges: Edges, best: dict[int, float]) -> Run | None:
    outline = each.outline
    for position in (outline.position - 1, outline.position + 1):
        run = edges.get((outline.video_id.int, position))
        if run is not None and len(run) < _MOST and best[id(run)] - each.fit <= _ALIKE:
            return run
    return None


def joined(chunks: Sequence[Chunk], chunk_id: UUID) -> Chunk:
    """Passages that follow each other as one, under the id and the position of the one named."""
    (named,) = (chunk for chunk in chunks if chunk.id == chunk_id)
    if len(chunks) == 1:
        return named
    passages = [chunk.passage for chunk in chunks]
    text, timings = passages[0].text, list(passages[0].timings)
    for before, passage in pairwise(passages):
        text += "\n" if _turns(before, passage) else " "
        timings += _shifted(passage.timings, len(text))
        text += passage.text
    passage = named.passage.model_copy(
        update={
            "text": text,
            "start": min(passage.start for passage in passages),
            "end": max(passage.end for passage in passages),
            "tokens": sum(passage.tokens for passage in passages),
            "speakers": tuple(dict.fromkeys(name for passage in passages for name in passage.speakers)),
            "timings": tuple(timings),
        }
    )
    return named.model_copy(update={"passage": passage})


def _turns(before: Passage, after: Passage) -> bool:
    """Whether another one goes on, which passages show by a new line."""
    return bool(before.timings and after.timings) and before.timings[-1].speaker != after.timings[0].speaker


def _shifted(timings: Iterable[Timing], offset: int) -> Iterator[Timing]:
    for timing in timings:
        yield timing._replace(first=timing.first + offset, last=timing.last + offset)
