"""Which words are said where: written with a video's passages, asked when passages are ranked by words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from video_pipeline.database import Connection, Database, Queries, Row
from video_pipeline.model import Chunk, SearchFilter
from video_pipeline.ports import Outline, Term
from video_pipeline.transcripts.rendering import labelled
from video_pipeline.transcripts.scripts import paired

SQL = Queries(Path(__file__).with_name("lexicon.sql"))
# What tells the language of a text that names none.
_SAMPLE_CHARS: Final = 4000


def write(connection: Connection, index_id: UUID, video_id: UUID, chunks: Sequence[Chunk]) -> None:
    """The words of a video in an index are those of `chunks`, and no others."""
    passages = [chunk.passage for chunk in chunks]
    values = {
        "index_id": index_id,
        "video_id": video_id,
        "sample": " ".join(passage.text for passage in passages[:20])[:_SAMPLE_CHARS],
        "passages": len(passages),
        "tokens": sum(passage.tokens for passage in passages),
        "speakers": sorted({speaker for passage in passages for speaker in passage.speakers}),
        "positions": [passage.position for passage in passages],
        "texts": [paired(labelled(passage)) for passage in passages],
    }
    connection.execute(SQL["forget"], values)
    book = connection.execute(SQL["open"], values).fetchone() if passages else None
    if book is not None:
        connection.execute(SQL["write"], values | book)


def forget(connection: Connection, index_id: UUID, video_id: UUID) -> None:
    connection.execute(SQL["forget"], {"index_id": index_id, "video_id": video_id})


class PostgresLexicon:
    """The part of `ports.Chunks` that knows words."""

    _database: Database

    def sizes(self, where: SearchFilter, *, limit: int) -> dict[UUID, int]:
        values = {**_scope(where), "limit": limit}
        with self._database.transaction() as connection:
            return {row["video_id"]: row["passages"] for row in connection.execute(SQL["sizes"], values)}

    def terms(self, words: str, topic: str) -> list[Term]:
        values = {"words": paired(words), "topic": paired(topic)}
        with self._database.transaction() as connection:
            return [Term(**row) for row in connection.execute(SQL["terms"], values)]

    def by_words(
        self, weights: Mapping[Term, float], *, saturation: float, limit: int, where: SearchFilter
    ) -> list[UUID]:
        values = {
            **_scope(where),
            "configs": [term.config for term in weights],
            "terms": [term.term for term in weights],
            "weights": list(weights.values()),
            "k1": saturation,
            "limit": limit,
        }
        with self._database.transaction() as connection:
            return [row["video_id"] for row in connection.execute(SQL["by_words"], values)]

    def outlines(self, video_ids: Sequence[UUID], terms: Sequence[Term]) -> list[Outline]:
        values = {"video_ids": list(video_ids), "terms": [term.term for term in terms]}
        with self._database.transaction() as connection:
            found = connection.execute(SQL["outlines"], values).fetchall()
            places = connection.execute(SQL["places"], values).fetchall() if terms else []
        said: dict[UUID, dict[int, dict[str, int]]] = {}
        for row in places:
            video = said.setdefault(row["video_id"], {})
            for place in row["places"]:
                video.setdefault(place >> 8, {})[row["term"]] = place & 255
        return [
            _outline(row, video.get(row["position"], {}))
            for video_id, passages in groupby(found, key=itemgetter("video_id"))
            for video in [said.get(video_id, {})]
            for row in passages
        ]


def _outline(row: Row, said: Mapping[str, int]) -> Outline:
    return Outline(
        chunk_id=row["id"],
        video_id=row["video_id"],
        config=row["config"],
        position=row["position"],
        tokens=row["tokens"],
        speakers=tuple(row["speakers"]),
        said=said,
    )


def _scope(where: SearchFilter) -> dict[str, Any]:
    return {
        "video_ids": list(where.video_ids),
        "speakers": list(where.speakers),
        "date_from": where.date_from,
        "date_to": where.date_to,
        "language": where.language,
    }
