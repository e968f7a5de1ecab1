"""An index as tests need one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from video_pipeline.model import Index, IndexSpec
from video_pipeline.ports import OpenIndex

SPEC = IndexSpec(
    provider="minilm",
    model="all-MiniLM-L6-v2",
    dimensions=384,
    store="pgvector",
    collection="embeddings",
    chunk_tokens=240,
    chunk_minimum_tokens=40,
)
INDEX = Index(
    id=UUID(int=7),
    space="a",
    spec=SPEC,
    state="serving",
    requested_by="me",
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def opened(embedder: Any, vectors: Any) -> OpenIndex:
    return OpenIndex(INDEX, embedder, vectors)
