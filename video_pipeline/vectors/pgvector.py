"""Vectors in the table `embeddings` of PostgreSQL with the extension pgvector.

Searched exactly, or, where there are many and all are wanted, by a graph of neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from video_pipeline.database import Connection, Database, Queries, Row
from video_pipeline.model import Hit, SearchFilter, VectorItem
from video_pipeline.vectors.values import check, day, label

SQL = Queries(Path(__file__).with_name("pgvector.sql"))
_ANYTHING: Final = SearchFilter()
# Below, reading every vector takes some 20 ms and misses nothing.
_BY_GRAPH_FROM: Final = 20_000
_BY_GRAPH: Final = {384: "near_narrow", 1536: "near_wide"}
_REACH: Final = 100
_MOST_BY_GRAPH: Final = 1000
"""pgvector's bound on how far it looks around."""


class PgVectorIndex:
    """A `VectorIndex`. Several spaces may share the table; this one sees the vectors of `space`.

    A call is one transaction: everything of an upsert is there, or nothing.
    """

    def __init__(self, database: Database, *, space: str, dimensions: int, by_graph_from: int = _BY_GRAPH_FROM) -> None:
        """With at least `by_graph_from` vectors, a search without a filter may miss a few of the nearest."""
        self._database = database
        self._space = space
        self._dimensions = dimensions
        self._by_graph_from = by_graph_from
        # pgvector's text form, with digits enough for a float4; filling one template is the fastest way to write it.
        self._form = "[" + ",".join(["%.9g"] * dimensions) + "]"

    def upsert(self, items: Sequence[VectorItem]) -> None:
        if not items:
            return
        rows = [self._row(item) for item in items]
        with self._database.transaction() as connection, connection.cursor() as cursor:
            cursor.executemany(SQL["upsert"], rows)

    def query(self, vector: Sequence[float], *, limit: int, where: SearchFilter) -> list[Hit]:
        """Best first, equals in order of their ids; the score is cosine similarity."""
        values = {
            "space": self._space,
            "vector": self._text(vector),
            "limit": limit,
            "video_ids": list(where.video_ids),
            "speakers": [label(each) for each in where.speakers],
            "first_day": day(where.date_from) if where.date_from else None,
            "last_day": day(where.date_to) if where.date_to else None,
            "language": where.language,
        }
        by_graph = _BY_GRAPH.get(self._dimensions)
        with self._database.transaction() as connection:
            if where == _ANYTHING and limit <= _MOST_BY_GRAPH and by_graph and self._large(connection):
                connection.execute(SQL["reach"], {"reach": max(_REACH, limit)})
                found = connection.execute(SQL[by_graph], values)
            else:
                found = connection.execute(SQL["nearest"], values)
            hits = [Hit(**row) for row in found]
        return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))

    def _large(self, connection: Connection) -> bool:
        row = connection.execute(SQL["size"]).fetchone() or {"size": 0}
        return int(row["size"]) >= self._by_graph_from

    # ------------------------------------------------------------------------- for whoever copies them
    @property
    def dimensions(self) -> int:
        return self._dimensions

    def count(self) -> int:
        with self._database.transaction() as connection:
            return int((connection.execute(SQL["count"], {"space": self._space}).fetchone() or {"count": 0})["count"])

    def page(self, after: str | None, limit: int) -> list[tuple[str, VectorItem]]:
        return [(str(item.chunk_id), item) for item in self._items("page", {"after": after, "limit": limit})]

    def sample(self, most: int) -> list[VectorItem]:
        return self._items("sample", {"limit": most})

    def nearest(self, vector: Sequence[float], limit: int) -> list[tuple[UUID, float | None]]:
        return [(hit.chunk_id, hit.score) for hit in self.query(vector, limit=limit, where=SearchFilter())]

    def _items(self, query: str, values: dict[str, Any]) -> list[VectorItem]:
        with self._database.transaction() as connection:
            return [_item(row) for row in connection.execute(SQL[query], {"space": self._space, **values})]

    # ------------------------------------------------------------------------------------- taking away
    def delete_video(self, video_id: UUID) -> int:
        """From every space, not from this one alone: a forgotten video leaves no vector behind."""
        with self._database.transaction() as connection:
            return connection.execute(SQL["delete_video"], {"video_id": video_id}).rowcount

    def clear_video(self, video_id: UUID) -> None:
        with self._database.transaction() as connection:
            connection.execute(SQL["clear_video"], {"video_id": video_id, "space": self._space})

    def drop(self) -> None:
        with self._database.transaction() as connection:
            connection.execute(SQL["drop"], {"space": self._space})

    def _row(self, item: VectorItem) -> dict[str, Any]:
        return {
            "space": self._space,
            "chunk_id": item.chunk_id,
            "video_id": item.video_id,
            "position": item.position,
            "start": item.start,
            "end": item.end,
            "speakers": [label(each) for each in item.speakers],
            "day": day(item.date),
            "language": item.language,
            "vector": self._text(item.vector),
        }

    def _text(self, vector: Sequence[float]) -> str:
        check(vector, self._dimensions)
        return self._form % tuple(vector)


def _item(row: Row) -> VectorItem:
    return VectorItem(
        chunk_id=row["chunk_id"],
        video_id=row["video_id"],
        position=row["position"],
        start=row["start_seconds"],
        end=row["end_seconds"],
        speakers=tuple(row["speakers"]),
        date=row["day"].isoformat(),
        language=row["language"],
        vector=tuple(row["vector"]),
    )
