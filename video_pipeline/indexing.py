"""Passages become vectors; then the video can be asked about and its job is done."""

from __future__ import annotations

import logging
from uuid import UUID

from video_pipeline.events import ChunksReady, VideoIndexed, announce
from video_pipeline.model import Chunk, Job, VectorItem, Video
from video_pipeline.outcomes import recorded
from video_pipeline.ports import Embedder, Ledger, VectorIndex
from video_pipeline.topology import EMBED

logger = logging.getLogger(__name__)
# Between two of these the progress bar moves; the adapters batch as their services like it.
_AT_ONCE = 64


class Indexing:
    """Embeds what was cut and puts it into the vector index."""

    def __init__(self, ledger: Ledger, embedder: Embedder, vectors: VectorIndex) -> None:
        self._ledger = ledger
        self._embedder = embedder
        self._vectors = vectors

    def index(self, event: ChunksReady) -> None:
        """Does nothing if the job is past that stage. Bad input fails the job; `Unavailable` is for the caller."""
        job = self._ledger.jobs.enter(event.job_id, EMBED, "embedding")
        if job is None:
            logger.info("passages already embedded")
            return
        with recorded(self._ledger, job):
            self._index(job, event.video_id)

    def _index(self, job: Job, video_id: UUID) -> None:
        video = self._ledger.videos.get(video_id)
        chunks = self._ledger.chunks.of_video(video_id)
        # What an earlier attempt with other passages may have left would only be in the way.
        self._vectors.delete_video(video_id)
        for first in range(0, len(chunks), _AT_ONCE):
            some = chunks[first : first + _AT_ONCE]
            vectors = self._embedder.embed([chunk.passage.text for chunk in some])
            self._vectors.upsert([_item(c, video, v) for c, v in zip(some, vectors, strict=True)])
            self._ledger.jobs.report(job.id, EMBED, (first + len(some)) / len(chunks))
        detail = {"vectors": len(chunks), "model": self._embedder.model}
        self._ledger.jobs.end_stage(job.id, EMBED, detail=detail)
        emit = [announce(VideoIndexed(job_id=job.id, video_id=video_id), unique=job.id)]
        self._ledger.jobs.complete(job.id, emit=emit)
        logger.info("video indexed", extra=detail)


def _item(chunk: Chunk, video: Video, vector: tuple[float, ...]) -> VectorItem:
    passage = chunk.passage
    return VectorItem(
        chunk_id=chunk.id,
        video_id=chunk.video_id,
        position=passage.position,
        start=passage.start,
        end=passage.end,
        speakers=passage.speakers,
        date=video.created_at.date().isoformat(),
        vector=vector,
    )
