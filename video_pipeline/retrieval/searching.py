"""From a question to passages.

Among few videos every passage is compared. Among many, meaning and words first name the videos to look at, each by the
best passage it has; then every passage of those is compared. So the neighbours of a passage are always known, and
a vector store is asked for nothing but the nearest passages of some videos.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Final
from uuid import UUID

from video_pipeline.model import Chunk, Question, SearchFilter
from video_pipeline.ports import Chunks, OpenIndex, Term
from video_pipeline.retrieval.certainty import certainty, score
from video_pipeline.retrieval.clauses import clauses
from video_pipeline.retrieval.merging import Run, joined, runs
from video_pipeline.retrieval.ranking import SATURATION, Ranked, rank, weights
from video_pipeline.retrieval.wording import Wording, worded

# Videos are looked at until they have this many passages together, some 15 hours of speech.
_PASSAGES: Final = 1000
_VIDEOS: Final = 200
# The nearest passages that name videos.
_NEAREST: Final = 100
# The places at which a question's words are looked up: the rare ones first, since they tell most.
_PLACES: Final = 15_000
_MOST_TERMS: Final = 64
_RANK_CONSTANT: Final = 10
"""How slowly lower ranks lose weight when two lists of videos become one."""


@dataclass(frozen=True)
class Found:
    """A passage, or some that follow each other as one. `score`: 0..1, how sure it is that it was asked for."""

    chunk: Chunk
    score: float


class Retrieval:
    def __init__(self, chunks: Chunks) -> None:
        self._chunks = chunks

    def find(self, opened: OpenIndex, question: Question, *, most: int) -> list[Found]:
        """Up to `most`, best first, none below the question's `min_score`. Nothing found is no error.

        Where a question asks for several things, the best for each come by turns.
        """
        found = [self._find(opened, clause, question, most) for clause in clauses(question.query)]
        return list(islice(_by_turns(found), most))

    def _find(self, opened: OpenIndex, query: str, question: Question, most: int) -> list[Found]:
        wording, where = worded(query), question.filter
        vector = _direction(opened, query, wording)
        weighed = _heaviest(weights(self._chunks.terms(wording.words, wording.topic)))
        videos = self._videos(opened, vector, weighed, where)
        if not videos:
            return []
        pool = self._chunks.outlines(videos, list(weighed))
        within = SearchFilter(video_ids=tuple(videos))
        hits = opened.vectors.query(vector, limit=max(1, len(pool)), where=within)
        ranked = rank(pool, {hit.chunk_id: hit.score for hit in hits}, weighed)
        return self._shown(_spoken_by(ranked, where.speakers), question.min_score, most)

    def _videos(
        self, opened: OpenIndex, vector: Sequence[float], weighed: Mapping[Term, float], where: SearchFilter
    ) -> list[UUID]:
        """Those whose passages are compared."""
        sizes = self._chunks.sizes(where, limit=_VIDEOS + 1)
        if len(sizes) <= _VIDEOS and sum(sizes.values()) <= _PASSAGES:
            return list(sizes)
        near = [hit.video_id for hit in opened.vectors.query(vector, limit=_NEAREST, where=where)]
        saying = self._chunks.by_words(_rarest(weighed), saturation=SATURATION, limit=_VIDEOS, where=where)
        likeliest = _fused(near, saying)[:_VIDEOS]
        narrowed = where.model_copy(update={"video_ids": tuple(likeliest)})
        return _as_many(likeliest, self._chunks.sizes(narrowed, limit=_VIDEOS)) if likeliest else []

    def _shown(self, ranked: Sequence[Ranked], least: float | None, most: int) -> list[Found]:
        if not ranked:
            return []
        sure, best = certainty(ranked), ranked[0].fit
        scored = [(run, score(sure, best - max(each.fit for each in run))) for run in runs(ranked)]
        wanted = [(run, value) for run, value in scored if least is None or value >= least]
        return list(islice(self._distinct(wanted, most), most))

    def _distinct(self, scored: Sequence[tuple[Run, float]], most: int) -> Iterator[Found]:
        """Without those that are gone since, and those that say the same as another."""
        seen: set[str] = set()
        for first in range(0, len(scored), most):
            for found in self._whole(scored[first : first + most]):
                if found.chunk.passage.text not in seen:
                    seen.add(found.chunk.passage.text)
                    yield found

    def _whole(self, scored: Sequence[tuple[Run, float]]) -> Iterator[Found]:
        chunks = self._chunks.by_ids([each.outline.chunk_id for run, _ in scored for each in run])
        for run, value in scored:
            if all(each.outline.chunk_id in chunks for each in run):
                best = max(run, key=lambda each: each.fit)
                parts = [chunks[each.outline.chunk_id] for each in run]
                yield Found(joined(parts, best.outline.chunk_id), value)


def _by_turns(lists: Sequence[Sequence[Found]]) -> Iterator[Found]:
    """Without those of which a part has come before."""
    taken: list[Found] = []
    for found in (each for turn in zip_longest(*lists) for each in turn if each is not None):
        if not any(_overlap(found.chunk, each.chunk) for each in taken):
            taken.append(found)
            yield found


def _overlap(one: Chunk, other: Chunk) -> bool:
    first, second = one.passage, other.passage
    return one.id == other.id or (
        one.video_id == other.video_id and first.start < second.end and second.start < first.end
    )


def _direction(opened: OpenIndex, query: str, wording: Wording) -> list[float]:
    """Between the question as it was put and what it is about."""
    texts = [query, wording.topic] if wording.topic != query else [query]
    total = [sum(numbers) for numbers in zip(*opened.embedder.embed(texts), strict=True)]
    length = math.hypot(*total) or 1.0
    return [number / length for number in total]


def _heaviest(weighed: Mapping[Term, float]) -> dict[Term, float]:
    """More words than this add nothing but time."""
    return dict(sorted(weighed.items(), key=lambda each: -each[1])[:_MOST_TERMS])


def _rarest(weighed: Mapping[Term, float]) -> dict[Term, float]:
    """As many words as there is time to look up, at least one."""
    found: dict[Term, float] = {}
    places = 0
    for term in sorted(weighed, key=lambda term: term.holding):
        places += term.holding
        if found and places > _PLACES:
            break
        found[term] = weighed[term]
    return found


def _fused(*rankings: Iterable[UUID]) -> list[UUID]:
    """Videos of several rankings, best first; where one comes again it does not count again."""
    scores: dict[UUID, float] = {}
    for ranking in rankings:
        for place, video_id in enumerate(dict.fromkeys(ranking)):
            scores[video_id] = scores.get(video_id, 0.0) + 1 / (_RANK_CONSTANT + place)
    return sorted(scores, key=lambda video_id: -scores[video_id])


def _as_many(videos: Sequence[UUID], sizes: Mapping[UUID, int]) -> list[UUID]:
    """The first ones, until there is enough to compare."""
    found: list[UUID] = []
    passages = 0
    for video_id in videos:
        if video_id in sizes and passages < _PASSAGES:
            found.append(video_id)
            passages += sizes[video_id]
    return found


def _spoken_by(ranked: Sequence[Ranked], speakers: Sequence[str]) -> list[Ranked]:
    wanted = set(speakers)
    return [each for each in ranked if not wanted or wanted.intersection(each.outline.speakers)]
