"""A space of Pinecone, to be copied from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from uuid import UUID

from video_pipeline.model import SearchFilter, VectorItem
from video_pipeline.vectors.pinecone import PineconeIndex


class PineconeSource:
    """A `VectorSource`. Pages that follow each other go on with one listing; after a restart it begins anew."""

    def __init__(self, index: PineconeIndex) -> None:
        self._index = index
        self._walk: Iterator[str] = iter(())
        self._at: str | None = ""

    @property
    def dimensions(self) -> int:
        return self._index.dimensions

    def count(self) -> int:
        return sum(1 for _ in self._index.names())

    def page(self, after: str | None, limit: int) -> list[tuple[str, VectorItem]]:
        if after is None or after != self._at:
            self._walk = (name for name in self._index.names() if after is None or name > after)
        names = list(islice(self._walk, limit))
        self._at = names[-1] if names else ""
        return self._index.items(names)

    def sample(self, most: int) -> list[VectorItem]:
        names = list(self._index.names())
        return [item for _, item in self._index.items(names[:: max(1, len(names) // most)][:most])]

    def nearest(self, vector: Sequence[float], limit: int) -> list[tuple[UUID, float | None]]:
        return [(hit.chunk_id, hit.score) for hit in self._index.query(vector, limit=limit, where=SearchFilter())]
