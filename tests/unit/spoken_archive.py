"""An archive in memory: the library, the words and the vectors of a few videos, as `Retrieval` asks for them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from video_pipeline.model import Chunk, Hit, ObjectRef, SearchFilter, Video
from video_pipeline.ports import Outline, Term
from video_pipeline.transcripts.model import Passage, Timing

NOW = datetime(2026, 5, 4, tzinfo=UTC)
CONFIG = "simple"


def a_video(title: str = "All hands") -> Video:
    media = ObjectRef(bucket="media", key="k")
    return Video(
        id=uuid4(), sha256="0" * 64, title=title, filename="f.mp4", media=media, job_id=uuid4(), created_at=NOW
    )


def a_chunk(video: Video, text: str = "Some words.", position: int = 0, speaker: str = "ann") -> Chunk:
    start = position * 10 + 0.7
    passage = Passage(
        position=position,
        text=text,
        start=start,
        end=start + 5,
        tokens=200,
        speakers=(speaker,),
        timings=(Timing(0, len(text), start, start + 5, speaker),),
    )
    return Chunk(id=uuid4(), video_id=video.id, passage=passage)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


@dataclass
class Archive:
    """`meaning`: how close each passage is to whatever is asked, 0 where it is not told."""

    chunks: list[Chunk] = field(default_factory=list)
    shown: list[Video] = field(default_factory=list)
    meaning: dict[UUID, float] = field(default_factory=dict)
    asked: list[SearchFilter] = field(default_factory=list)
    embedded: list[str] = field(default_factory=list)
    gone: set[UUID] = field(default_factory=set)
    model = "fake"
    dimensions = 2

    def add(self, *texts: str, meaning: Sequence[float] = (), speaker: str = "ann") -> Video:
        video = a_video()
        chunks = [a_chunk(video, text, position, speaker) for position, text in enumerate(texts)]
        self.shown.append(video)
        self.chunks += chunks
        self.meaning |= {chunk.id: close for chunk, close in zip(chunks, meaning, strict=False)}
        return video

    # the embedder
    def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        self.embedded += texts
        return [(1.0, 0.0) for _ in texts]

    # the vectors
    def query(self, vector: Sequence[float], *, limit: int, where: SearchFilter) -> list[Hit]:
        self.asked.append(where)
        hits = [
            Hit(chunk_id=chunk.id, video_id=chunk.video_id, score=self.meaning.get(chunk.id, 0.0))
            for chunk in self._within(where)
        ]
        return sorted(hits, key=lambda hit: -hit.score)[:limit]

    # the library
    def sizes(self, where: SearchFilter, *, limit: int) -> dict[UUID, int]:
        self.asked.append(where)
        return dict(Counter(chunk.video_id for chunk in self._within(where)).most_common(limit))

    def terms(self, query: str, topic: str) -> list[Term]:
        holding = {word: sum(word in words(chunk.passage.text) for chunk in self.chunks) for word in words(query)}
        return [Term(CONFIG, word, word in words(topic), len(self.chunks), holding[word]) for word in sorted(holding)]

    def by_words(
        self, weights: Mapping[Term, float], *, saturation: float, limit: int, where: SearchFilter
    ) -> list[UUID]:
        self.asked.append(where)
        best: dict[UUID, float] = {}
        for chunk in self._within(where):
            said = words(chunk.passage.text)
            score = sum(weight for term, weight in weights.items() if term.term in said)
            if score:
                best[chunk.video_id] = max(score, best.get(chunk.video_id, 0.0))
        return sorted(best, key=lambda video_id: -best[video_id])[:limit]

    def outlines(self, video_ids: Sequence[UUID], terms: Sequence[Term]) -> list[Outline]:
        wanted = {term.term for term in terms}
        return [
            Outline(
                chunk_id=chunk.id,
                video_id=chunk.video_id,
                config=CONFIG,
                position=chunk.passage.position,
                tokens=chunk.passage.tokens,
                speakers=chunk.passage.speakers,
                said=Counter(word for word in words(chunk.passage.text) if word in wanted),
            )
            for chunk in self.chunks
            if chunk.video_id in video_ids
        ]

    def by_ids(self, ids: Iterable[UUID]) -> dict[UUID, Any]:
        wanted = set(ids) - self.gone
        known: list[Chunk | Video] = [*self.chunks, *self.shown]
        return {each.id: each for each in known if each.id in wanted}

    def _within(self, where: SearchFilter) -> list[Chunk]:
        return [
            chunk
            for chunk in self.chunks
            if (not where.video_ids or chunk.video_id in where.video_ids)
            and (not where.speakers or set(where.speakers) & set(chunk.passage.speakers))
        ]
